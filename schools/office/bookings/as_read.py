"""What a page showed of something that a school can replace: what its form posts with its button, and reading that again."""

from collections.abc import Iterable

from schools.core.row_ids import row_id


def to_post(pk: int, shown: str) -> str:
    """Return the id of a row and the short text of what the page shows of it, as a form posts them; `posted` reads them."""
    return f"{pk} {shown}"


def posted(texts: Iterable[str]) -> dict[int, str]:
    """Return by the ids of the rows what the page showed of them; blank where it posted the id alone."""
    parts = [text.partition(" ") for text in texts]
    return {pk: shown for text, _space, shown in parts if (pk := row_id(text)) is not None}
