"""Keeping the one row about the charity, and the texts that it publishes."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from schools.charity.models import THE_ROW, Charity, PublicText
from schools.charity.placeholders import values
from schools.charity.queries import forget
from schools.charity.rules import reasons_not_to_keep, reasons_not_to_publish
from schools.core.errors import RuleBroken

MEANWHILE = "Somebody changed this text after you had opened it. Read what it says now; yours still stands in the box."

EARLIER_COLUMNS = {PublicText.Key.PRIVACY: "privacy_notice", PublicText.Key.ACCESSIBILITY: "accessibility_statement"}
"""Where the version before kept the texts: published ones, in the usual language."""


class TextOvertaken(RuleBroken):
    """Somebody else changed the text after the user had opened it."""


def keep_charity(*, using: str = "default") -> None:
    """Make the row where it is missing, with nothing but defaults; an existing one stays as people filled it in."""
    # By its id alone: where somebody goes back to an earlier version, columns of this one are gone by then.
    Charity.objects.using(using).only("pk").get_or_create(pk=THE_ROW)


def keep_public_texts(*, using: str = "default") -> None:
    """Carry over what the version before had published; a text that has a row already stays as it is."""
    for key, column in EARLIER_COLUMNS.items():
        words = Charity.objects.using(using).exclude(**{column: ""}).values_list(column, flat=True).first()
        if words and not PublicText.objects.using(using).filter(key=key).exists():
            since = _since(column, words, using=using)
            PublicText.objects.using(using).create(
                key=key, language=settings.LANGUAGE_CODE, words=words, version=1, published_at=since
            )


def _since(column: str, words: str, *, using: str) -> datetime:
    """Return since when the column has these words, as its history says; where it says nothing, now."""
    since = timezone.now()
    for at, before in Charity.history.using(using).order_by("-history_id").values_list("history_date", column):
        if before != words:
            break
        since = at
    return since


def version_of(key: str, language: str) -> int:
    """Return the number of the latest change of the text in the language; 0: nobody ever changed it."""
    latest: int | None = PublicText.history.filter(key=key, language=language).aggregate(it=Max("history_id"))["it"]
    return latest or 0


@transaction.atomic
def keep_draft(key: str, language: str, words: str, *, seen: int) -> PublicText:
    """Keep the words as the draft of what comes next; what is published stays.

    `seen` is the change that the user looked at (`version_of`). Raises TextOvertaken, or RuleBroken with every reason.
    """
    row = _locked(key, language)
    if row is not None and row.draft == words:
        return row
    _refuse_overtaken(key, language, seen=seen)
    if reasons := reasons_not_to_keep(words):
        raise RuleBroken(reasons)
    draft = "" if row is not None and row.words == words else words
    return _stored(row, key, language, draft=draft)


@transaction.atomic
def publish(key: str, language: str, words: str, *, seen: int, now: datetime) -> PublicText:
    """Publish the words, which the user has read as a whole; a draft has become them.

    Publishing the same twice changes nothing. Raises TextOvertaken, or RuleBroken with every reason.
    """
    # Whoever is just blanking what the text fills in holds this row, and sees the text once it is published.
    list(Charity.objects.select_for_update().values_list("pk"))
    forget()
    row = _locked(key, language)
    if row is not None and row.words == words and not row.draft:
        return row
    _refuse_overtaken(key, language, seen=seen)
    if reasons := reasons_not_to_publish(words, values()):
        raise RuleBroken(reasons)
    version = row.version + 1 if row is not None else 1
    return _stored(row, key, language, draft="", words=words, version=version, published_at=now)


@transaction.atomic
def take_down(key: str, language: str, *, seen: int) -> PublicText | None:
    """Let the text stand no longer; its words become the draft where there is none. Twice is once. Raises TextOvertaken."""
    row = _locked(key, language)
    if row is None or not row.words:
        return row
    _refuse_overtaken(key, language, seen=seen)
    return _stored(row, key, language, draft=row.draft or row.words, words="")


def _locked(key: str, language: str) -> PublicText | None:
    return PublicText.objects.select_for_update().filter(key=key, language=language).first()


def _refuse_overtaken(key: str, language: str, *, seen: int) -> None:
    if version_of(key, language) != seen:
        raise TextOvertaken([MEANWHILE])


def _stored(row: PublicText | None, key: str, language: str, **facts: Any) -> PublicText:
    """Store the text with these facts. Raises TextOvertaken where somebody else made the row at this very moment."""
    row = row or PublicText(key=key, language=language)
    for name, value in facts.items():
        setattr(row, name, value)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise TextOvertaken([MEANWHILE]) from None
    return row
