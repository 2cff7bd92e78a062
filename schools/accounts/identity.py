"""The steps by which the office knows somebody again who is not in front of it: two different ones, always."""

from collections.abc import Collection

from django.db import models
from django.utils.translation import gettext_lazy as _


class Check(models.TextChoices):
    """How somebody who asked was known again. None of these leaves a document with us."""

    MAIL = "mail", _("They answered a mail to the e-mail address that we hold")
    CALL = "call", _("They answered a call to the phone number that we hold")
    LETTER = "letter", _("They read back a word that we sent to the postal address of their school or of themselves")
    SIGNED_IN = "signed_in", _("They asked while they were signed in")
    IN_PERSON = "in_person", _("Somebody who knows them saw them in person")


ONE_STEP = "Choose two different steps: somebody who has got hold of a mailbox or of a phone has passed one."


RESTS_ON = {
    Check.MAIL: "We hold no e-mail address at which mail reaches them, so they cannot have answered a mail. Choose another step.",
    Check.CALL: "We hold no phone number of theirs, so they cannot have answered a call to it. Choose another step.",
    Check.SIGNED_IN: "They do not sign in, so they cannot have asked while they did. Choose another step.",
}
"""Steps that rest on something that we hold, each with the sentence where it is not held."""


def reasons_nothing_is_held(first: str, second: str, *, held: Collection[str]) -> list[str]:
    """Return why a step cannot have been taken: what it rests on is not among the steps whose ground is `held`.

    A number that somebody gave when they asked says nothing: whoever asks for another’s file gives their own.
    """
    return [RESTS_ON[Check(step)] for step in dict.fromkeys((first, second)) if step in RESTS_ON and step not in held]


def reasons_not_known(first: str, second: str) -> list[str]:
    """Return every reason why the two steps do not say who somebody is, each a sentence that says what to do next."""
    if first not in Check.values or second not in Check.values:
        return ["Choose both steps from the list."]
    return [ONE_STEP] if first == second else []
