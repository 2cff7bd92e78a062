"""Storing a text of messages in other words, and going back to the built-in ones; the history keeps who did it and when."""

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import translation

from schools.core.errors import RuleBroken
from schools.messages.models import EditedText
from schools.messages.rules import reasons_not_to_say
from schools.messages.texts import Text
from schools.messages.wording import as_typed

MEANWHILE = "Somebody changed this text after you had opened it. Look at what it says now, and store yours if it is right."


class Overtaken(RuleBroken):
    """Somebody else changed the text after the user had opened it."""


def version_of(known: Text, language: str) -> int:
    """Return the number of the text’s latest change in the language; 0: nobody ever changed it."""
    latest: int | None = EditedText.history.filter(key=known.key, language=language).aggregate(it=Max("history_id"))["it"]
    return latest or 0


@transaction.atomic
def store_text(known: Text, language: str, words: str, *, seen: int) -> bool:
    """Let mails in the language say these words from now on; return whether they are others than the built-in ones.

    `seen` is the version that the user looked at. Raises Overtaken, or RuleBroken with every reason.
    """
    words = typed(words)
    with translation.override(language):
        is_built_in = words == as_typed(known)
    if is_built_in:
        go_back(known, language, seen=seen)
        return False
    row = _locked(known, language)
    if row is not None and row.text == words:
        return True
    _refuse_overtaken(known, language, seen=seen)
    if reasons := reasons_not_to_say(known, words):
        raise RuleBroken(reasons)
    if row is not None:
        row.text = words
        row.save()
        return True
    try:
        with transaction.atomic():
            EditedText.objects.create(key=known.key, language=language, text=words)
    except IntegrityError:
        raise Overtaken([MEANWHILE]) from None
    return True


@transaction.atomic
def go_back(known: Text, language: str, *, seen: int) -> bool:
    """Let mails say the built-in text again; return whether there were other words. Raises Overtaken."""
    row = _locked(known, language)
    if row is None:
        return False
    _refuse_overtaken(known, language, seen=seen)
    row.delete()
    return True


def typed(words: str) -> str:
    """Return words as they are kept: browsers send other line breaks, and nobody sees a tab or a space at the end."""
    return "\n".join(line.rstrip() for line in words.replace("\r\n", "\n").replace("\t", " ").split("\n")).strip()


def _locked(known: Text, language: str) -> EditedText | None:
    return EditedText.objects.select_for_update().filter(key=known.key, language=language).first()


def _refuse_overtaken(known: Text, language: str, *, seen: int) -> None:
    if version_of(known, language) != seen:
        raise Overtaken([MEANWHILE])
