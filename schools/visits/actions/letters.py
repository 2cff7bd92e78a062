"""Opening a letter of assurance: it is made from who is down now, and each look is logged (rule 13)."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from schools.core.errors import RuleBroken
from schools.directory.accesses import used
from schools.directory.models import School, SchoolAccess
from schools.visits.models import Session, Visit
from schools.visits.queries.letters import Letter, letter_of
from schools.visits.rules.letters import of_the_letter, reasons_not_to_make_letter
from schools.volunteers.actions import look_by_letter


def open_letter(visit: Visit, sessions: Sequence[Session], school: School, access: SchoolAccess, *, now: datetime) -> Letter:
    """Return the letter of the visit for the school, and log that its reader saw of each whom it names that they are clear.

    Nobody reads it before that is stored. Raises RuleBroken with every reason.
    """
    on = timezone.localdate(now)
    if reasons := reasons_not_to_make_letter(visit, sessions, school=school.pk, on=on):
        raise RuleBroken(reasons)
    letter = letter_of(visit, of_the_letter(sessions, on=on))
    if not letter.days:
        raise RuleBroken([_("Nobody is down for it yet, so there is no letter. Come back nearer the day, or phone us.")])
    if not letter.named:
        raise RuleBroken([_("This letter would name nobody of those who come. Phone us: we tell you who they are.")])
    with transaction.atomic(savepoint=False):  # nothing is refused any more, so nothing has to be taken back alone
        look_by_letter(letter.named, access, school=school, now=now)
        used(access, now=now)
    return letter
