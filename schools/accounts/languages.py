"""The language of a person's pages and mails, whoever causes the mail."""

from contextlib import AbstractContextManager

from django.conf import settings
from django.utils import translation

from schools.accounts.models import User


def language_of(user: object) -> str:
    """Return the language that the user chose, if it is offered; "" for none, and for anonymous users."""
    chosen = getattr(user, "language", "")
    return chosen if chosen in dict(settings.LANGUAGES) else ""


def in_language_of(user: User | None) -> AbstractContextManager[None]:
    """Translate texts inside into the user's language; into English where they chose none or have no sign-in."""
    return translation.override(language_of(user) or settings.LANGUAGE_CODE)
