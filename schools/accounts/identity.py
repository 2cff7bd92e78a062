"""The steps by which the office knows somebody again who is not in front of it: two different ones, always."""

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


def reasons_not_known(first: str, second: str) -> list[str]:
    """Return every reason why the two steps do not say who somebody is, each a sentence that says what to do next."""
    if first not in Check.values or second not in Check.values:
        return ["Choose both steps from the list."]
    return [ONE_STEP] if first == second else []
