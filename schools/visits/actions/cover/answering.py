"""Declining an offer, giving a place back, and giving back everything at once."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from schools.accounts.models import User
from schools.core.errors import Reason, RuleBroken
from schools.visits.actions.batches import Changes, field_values
from schools.visits.actions.cover.claiming import check_not_moved, news_to_phone, with_session
from schools.visits.actions.cover.written import record_cover
from schools.visits.actions.locks import lock_people_and_sessions
from schools.visits.actions.waking import they_heard
from schools.visits.models import Cover, CoverQuerySet, CoverRole, CoverState
from schools.visits.queries import VisitDay
from schools.visits.queries.standings import VOLUNTEER
from schools.visits.rules import Slot
from schools.visits.rules.days_off import has_ended
from schools.volunteers.models import Volunteer

ENDED = ("state", "answered_at", "gave_back", "gave_back_why", "ended_by", "news", "news_why", "told_at")
"""The fields of a cover that a no writes."""


@transaction.atomic
def decline(
    visit_day: VisitDay,
    volunteer: Volunteer,
    *,
    by: User,
    now: datetime,
    only: Iterable[int] | None = None,
    shown: Mapping[int, Slot] | None = None,
    changes: Changes | None = None,
) -> list[Cover]:
    """Decline what the volunteer was offered on the visit day (or of the sessions `only` names by id).

    If they were asked to take somebody's place, that person is told. The portal calls
    planning.actions.decline_and_ask_next, which also asks the next person. `shown` and `changes` are as in claim. Raises
    RuleBroken when nothing was offered.
    """
    return answer_no(
        visit_day,
        volunteer,
        was=CoverState.OFFERED,
        becomes=CoverState.DECLINED,
        by=by,
        now=now,
        only=only,
        shown=shown,
        changes=changes,
    )


@transaction.atomic
def withdraw(
    visit_day: VisitDay,
    volunteer: Volunteer,
    *,
    by: User,
    now: datetime,
    only: Iterable[int] | None = None,
    why: str = "",
    shown: Mapping[int, Slot] | None = None,
) -> list[Cover]:
    """Give the visit day (or the sessions `only` names by id) back, for a volunteer who can't make it.

    The office's home page shows the sessions until others cover them. The visit's coordinator is told, with `why` (a WhyNot,
    blank where nothing was said); the volunteer is told if somebody else did it. Office and portal call
    planning.actions.withdraw_and_ask_next, which also asks the next person where the area switched that on. `shown` is as in
    claim. Raises RuleBroken when the volunteer is on none of the sessions.
    """
    return answer_no(
        visit_day,
        volunteer,
        was=CoverState.ACCEPTED,
        becomes=CoverState.WITHDRAWN,
        by=by,
        now=now,
        only=only,
        gave_back=True,
        why=why,
        shown=shown,
    )


# Longer than 40 lines: each of its steps stands once, in the order of every action.
def answer_no(
    visit_day: VisitDay,
    volunteer: Volunteer,
    *,
    was: CoverState,
    becomes: CoverState,
    by: User,
    now: datetime,
    only: Iterable[int] | None,
    gave_back: bool = False,
    why: str = "",
    news: str = "",
    shown: Mapping[int, Slot] | None = None,
    beside: Iterable[int] = (),
    changes: Changes | None = None,
) -> list[Cover]:
    """Give the volunteer's covers in the state `was`, on the visit day's scheduled sessions, the state `becomes`.

    `only` names sessions by id; None: all of the day. `gave_back`, `why` and `news` are written on the covers, the news only
    where the session has not ended: then nobody is told. `beside` are the ids of others who are locked
    with them, because the same transaction changes something of them too. `changes` records what was written.
    Raises RuleBroken when the volunteer has none in that state.
    """
    named = {} if only is None else {"session__in": list(only)}
    # The covers of sessions that were reported or cancelled stay as a record; VisitDay.sessions leaves these sessions out.
    mine = Cover.objects.filter(volunteer=volunteer, session__in=visit_day.sessions().order_by().values("pk"), state=was)
    mine = mine.filter(**named)
    _people, sessions = lock_people_and_sessions([volunteer.pk, *beside], mine.values_list("session", flat=True))
    held = {cover.session_id: cover for cover in mine.select_related("volunteer__user", "instead_of__volunteer__user")}
    if not held:
        words = _("%(name)s has nothing to answer at %(day)s. Look at the day again.") % {"name": volunteer, "day": visit_day}
        raise RuleBroken([Reason(words, to_them=_("You have answered this already, or it has changed since. Look at it again."))])
    check_not_moved((session for session in sessions if session.pk in held), shown)
    covers = []
    for session in sessions:
        if cover := held.get(session.pk):
            cover.session = session
            before = field_values(cover, ENDED)
            cover.state, cover.answered_at = becomes, now
            cover.gave_back, cover.gave_back_why = gave_back, why
            # Whoever refuses a wish to watch is kept (queries.standings); a no to a question is the volunteer's own.
            cover.ended_by = None if was == CoverState.OFFERED and cover.role == CoverRole.OBSERVER else by
            cover.news, cover.news_why, cover.told_at = "" if has_ended(session, now=now) else news, "", None
            cover.save()
            covers.append(cover)
            if changes is not None:
                record_cover(changes, cover, before)
    # Whoever answers has read what they were mailed of the visit, so nobody has to phone them.
    they_heard(VOLUNTEER, {(visit_day.visit.pk, volunteer.pk): None}, changes=changes)
    return covers


def release(covers: CoverQuerySet, *, by: User | None, now: datetime) -> list[Cover]:
    """Withdraw somebody's covers, accepted or offered; the caller has locked their sessions.

    What they had accepted is given back: each visit's coordinator is told, and the home page shows it until others come.
    """
    released = list(with_session(covers).order_by("session__day", "session__visit_id", "session__starts"))
    for cover in released:
        cover.gave_back = cover.state == CoverState.ACCEPTED
        cover.state, cover.answered_at = CoverState.WITHDRAWN, now
        cover.ended_by = by if cover.gave_back else None
        cover.news, cover.news_why, cover.told_at = news_to_phone(cover), "", None
        cover.save()
    return released
