"""Writing down after the report who else was at a session that took place, and taking that back.

Whoever was on the session is marked in its outcome; these are people whom nobody had put on it before it was reported.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.delivery import people_rules as rules
from schools.delivery.actions.recording import Restate, lock_session
from schools.delivery.queries import Difference, covers_of
from schools.visits.models import Cover, CoverState, Session
from schools.volunteers.first_names import called_apart
from schools.volunteers.models import Volunteer

UNANSWERED = (CoverState.OFFERED, CoverState.ASKED)
"""The states of a cover that somebody was asked for, or asked for, and that nobody has answered."""


@transaction.atomic
def add_person(
    session: Session, volunteer: Volunteer, *, role: str, by: User, now: datetime, restate: Restate | None = None
) -> Cover:
    """Write down that the volunteer was at the session too, in the role.

    What they were asked and never answered becomes that. Done twice it is done once. A form about its outcome that was opened
    before leaves them as they are. In a closed period a manager needs `restate` (rule 14). Raises RuleBroken with every reason,
    and TakenAway where the session is gone.
    """
    session = lock_session(session, also=[volunteer.pk])
    volunteer = _as_now(volunteer)
    there = next((each for each in covers_of(session) if each.volunteer_id == volunteer.pk), None)
    if there and (there.role, there.state) == (role, CoverState.ATTENDED) and rules.was_added_afterwards(session, there):
        return there
    restates = restate is not None
    if reasons := rules.reasons_not_to_add_person(session, volunteer, role=role, by=by, now=now, restates=restates):
        raise RuleBroken(reasons)
    if restate is not None:
        restate([Difference(_called(volunteer, session), _("Not written down"), _("Was there"))])
    unanswered = Cover.objects.filter(session=session, volunteer=volunteer, state__in=UNANSWERED).first()
    cover = unanswered or Cover(session=session, volunteer=volunteer)
    cover.role, cover.state, cover.answered_at, cover.news = role, CoverState.ATTENDED, now, ""
    cover.save()
    return cover


def _called(volunteer: Volunteer, session: Session) -> str:
    """Return how an outcome of the session names the volunteer: readers of a return are told no whole names."""
    there = {cover.volunteer_id: cover.volunteer for cover in covers_of(session)} | {volunteer.pk: volunteer}
    return called_apart(there.values())[volunteer.pk]


def _as_now(volunteer: Volunteer) -> Volunteer:
    """Return the volunteer as they are now; raise RuleBroken where their entry is gone."""
    there = Volunteer.objects.filter(pk=volunteer.pk).first()
    if there is None:
        raise RuleBroken([_("They are not on our list any more. Choose somebody from it.")])
    return there


@transaction.atomic
def take_person_back(session: Session, cover_id: int, *, by: User, now: datetime, restate: Restate | None = None) -> bool:
    """Take back that somebody was at the session, which was written down after the report; return False where it is gone already.

    What they had been asked stands unanswered again. Who was on the session before it was reported stays, and is marked in its
    outcome. `restate` as in `add_person`. Raises as it does.
    """
    session = lock_session(session)
    cover = next((each for each in covers_of(session) if each.pk == cover_id), None)
    if cover is None:
        return False
    if reasons := rules.reasons_not_to_take_person_back(session, cover, by=by, now=now, restates=restate is not None):
        raise RuleBroken(reasons)
    if restate is not None:
        state = str(CoverState(cover.state).label)
        restate([Difference(_called(cover.volunteer, session), state, _("Not written down"))])
    before = cover.history.filter(state__in=UNANSWERED).first()
    if before is None:
        cover.delete()
        return True
    cover.role, cover.state, cover.news, cover.answered_at = before.role, before.state, before.news, None
    cover.save()
    return True
