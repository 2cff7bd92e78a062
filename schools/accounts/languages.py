"""In which language somebody reads: their pages, and what they are mailed whoever sets it off."""

from contextlib import AbstractContextManager

from django.conf import settings
from django.utils import translation

from schools.accounts.models import User


def language_of(user: object) -> str:
    """The language that the user chose, as long as it is offered; "" for none, and for nobody."""
    chosen = getattr(user, "language", "")
    return chosen if chosen in dict(settings.LANGUAGES) else ""


def in_language_of(user: User | None) -> AbstractContextManager[None]:
    """Within it texts are in the language of the user; who chose none, and who has no sign-in, is written to in English."""
    return translation.override(language_of(user) or settings.LANGUAGE_CODE)
