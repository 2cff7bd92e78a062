"""Reasons not to make a letter of assurance, in the words of the school that would read it."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.utils.translation import gettext as _

from schools.visits.models import CALLED_OFF_STAGES, Session, Visit, VisitStage
from schools.visits.rules.school_answers import is_called_off, to_come


def of_the_letter(sessions: Iterable[Session], *, on: date) -> list[Session]:
    """Return the sessions to come to which somebody goes."""
    return [each for each in to_come(sessions, on=on) if each.type.is_gone_to]


def reasons_not_to_make_letter(visit: Visit, sessions: Sequence[Session], *, school: int, on: date) -> list[str]:
    """Return why the school, host or guest, gets no letter with the names of those who come to the visit.

    Names go to the host alone, whose gate they pass, and only where a day is agreed.
    """
    if visit.stage in CALLED_OFF_STAGES or is_called_off(sessions):
        return [_("This visit was cancelled, so there is no letter.")]
    reasons = []
    if visit.school_id != school:
        reasons.append(_("The letter is for the school where it takes place. Ask somebody there to open it."))
    if visit.stage != VisitStage.CONFIRMED:
        reasons.append(_("This visit is not agreed yet, so there is no letter. Come back when it is, or phone us."))
    coming = to_come(sessions, on=on)
    if not coming:
        reasons.append(_("Nothing of this visit is to come, so there is no letter. Phone us if you need one."))
    elif not of_the_letter(sessions, on=on):
        reasons.append(_("Nobody comes to the school for it, so there is no letter."))
    return reasons
