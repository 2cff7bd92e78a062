"""Published texts of the charity, for tests."""

from datetime import UTC, datetime

from schools.charity.models import PublicText

PUBLISHED = datetime(2026, 9, 1, 9, tzinfo=UTC)


def published(key: str, words: str = "We keep little.", *, language: str = "en-gb") -> PublicText:
    """Publish the words as the text's next version."""
    row, _ = PublicText.objects.get_or_create(key=key, language=language)
    row.words, row.version, row.published_at = words, row.version + 1, PUBLISHED
    row.save()
    return row
