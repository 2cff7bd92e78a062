"""Who covers a session: assigning, offering, claiming, declining, giving back. Handing on to somebody else is swapping.py."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from schools.accounts.models import User
from schools.core.errors import Reason, RuleBroken
from schools.visits import emails, rules
from schools.visits.actions.storing import (
    Reasons,
    check,
    lock,
    lock_day,
    put,
    replaced_by,
    sessions_of,
    step_aside,
    with_session,
)
from schools.visits.models import Cover, CoverNews, CoverState, Session
from schools.visits.queries import CoverRecords, VisitDay
from schools.volunteers.models import Volunteer


def assign(session: Session, volunteer: Volunteer, *, role: str, by: User, now: datetime, note: str = "") -> Cover:
    """Put the volunteer on one session: assign_all for it alone."""
    day = VisitDay(session.visit, session.day)
    (cover,) = assign_all(day, volunteer, role=role, by=by, now=now, note=note, only=[session.pk])
    return cover


@transaction.atomic
def assign_all(
    visit_day: VisitDay,
    volunteer: Volunteer,
    *,
    role: str,
    by: User,
    now: datetime,
    note: str = "",
    only: Iterable[int] | None = None,
    instead_of: Volunteer | None = None,
) -> list[Cover]:
    """Put the volunteer on the visit day, as agreed with them by phone; an offer they hold becomes the acceptance.

    `note` says why they come although away, not usually free, too far or short of time for the way; nothing else can be
    overridden. `instead_of` leaves in the same moment. Raises RuleBroken with every reason; then nothing has changed.
    """

    def reasons(volunteer: Volunteer, session: Session, records: CoverRecords) -> list[str]:
        hard = rules.reasons_not_to_cover(
            volunteer, session, role=role, on=timezone.localdate(now), records=records, instead_of=instead_of
        )
        return hard if note else hard + rules.reasons_to_ask_first(volunteer, session, records=records)

    people = {volunteer.pk} if instead_of is None else {volunteer.pk, instead_of.pk}
    locked, sessions = lock_day(visit_day, people, only=only)
    check(locked[volunteer.pk], sessions, reasons)
    on = timezone.localdate(now)
    if instead_of is not None:
        theirs = Cover.objects.filter(session__in=sessions, volunteer=instead_of, state=CoverState.ACCEPTED)
        if gone := step_aside(with_session(theirs), now=now):
            emails.tell_taken_off(gone, on=on)
    volunteer = locked[volunteer.pk]
    news = "" if sessions[0].day < on else CoverNews.ASSIGNED
    covers = put(volunteer, sessions, role_on=lambda _: role, state=CoverState.ACCEPTED, now=now, note=note, news=news)
    emails.tell_agreed(covers, on=on)
    return covers


@transaction.atomic
def offer(
    visit_day: VisitDay,
    volunteer: Volunteer,
    *,
    role: str,
    by: User | None,
    now: datetime,
    only: Iterable[int] | None = None,
    note: str = "",
) -> list[Cover]:
    """Ask the volunteer to take the visit day, or the sessions `only` names; an offer holds no place. `by` None: the program.

    With a `note` they are asked although away, not usually free or too far, and may say yes all the same.
    Raises RuleBroken with every reason when they could not say yes.
    """
    return offer_each(visit_day, [volunteer], role=role, by=by, now=now, only=only, note=note)


@transaction.atomic
def offer_each(
    visit_day: VisitDay,
    volunteers: Iterable[Volunteer],
    *,
    role: str,
    by: User | None,
    now: datetime,
    only: Iterable[int] | None = None,
    note: str = "",
) -> list[Cover]:
    """Ask several people at once for the same visit day: the first to accept has it. All are asked, or none.

    Raises RuleBroken with the reasons of everybody who could not say yes.
    """
    locked, sessions = lock_day(visit_day, [volunteer.pk for volunteer in volunteers], only=only)
    refusals: list[str] = []
    covers: list[Cover] = []
    for volunteer in locked.values():
        try:
            check(volunteer, sessions, offerable(lambda _: role, note, now))
        except RuleBroken as broken:
            refusals += broken.reasons
            continue
        asked = put(
            volunteer, sessions, role_on=lambda _: role, state=CoverState.OFFERED, now=now, note=note, news=CoverNews.OFFERED
        )
        emails.tell_offered(asked)
        covers += asked
    if refusals:
        raise RuleBroken(list(dict.fromkeys(refusals)))
    return covers


def offerable(
    role_on: Callable[[Session], str],
    note: str,
    now: datetime,
    instead_of: Callable[[Session], Volunteer | None] = lambda _: None,
) -> Reasons:
    """Why somebody could not say yes to a session. A note says that a coordinator asks all the same, where that can be."""
    on = timezone.localdate(now)

    def reasons(volunteer: Volunteer, session: Session, records: CoverRecords) -> list[str]:
        role, other = role_on(session), instead_of(session)
        hard = rules.reasons_not_to_cover(volunteer, session, role=role, on=on, records=records, instead_of=other)
        soft = [] if note else rules.reasons_to_ask_first(volunteer, session, records=records)
        over = [*rules.reasons_day_passed(session, on=on), *rules.reasons_ended(session, now=now)]
        return [*over, *hard, *soft]

    return reasons


def reasons_as_asked(offers: Iterable[Cover], *, role: str, now: datetime) -> Reasons:
    """Why somebody may not take a session now, in the role that they were asked for, else in `role`; the asker's note holds."""
    held = {offer.session_id: offer for offer in offers}
    leaving = replaced_by(held.values())

    def reasons(volunteer: Volunteer, session: Session, records: CoverRecords) -> list[str]:
        asked = held.get(session.pk)
        other = leaving.get(session.pk)
        reasons_of = offerable(
            lambda _: asked.role if asked else role,
            asked.override_note if asked else "",
            now,
            lambda _: other.volunteer if other else None,
        )
        return reasons_of(volunteer, session, records)

    return reasons


def offers_to(visit_day: VisitDay, volunteer: Volunteer, sessions: Iterable[Session]) -> list[Cover]:
    """What the volunteer was asked for of these sessions and has not answered."""
    offers = Cover.objects.filter(volunteer=volunteer, session__in=list(sessions), state=CoverState.OFFERED)
    return list(offers.select_related("instead_of__volunteer__user"))


def claim(
    visit_day: VisitDay, volunteer: Volunteer, *, role: str, by: User, now: datetime, only: Iterable[int] | None = None
) -> list[Cover]:
    """Put the volunteer on every session of the visit day (or those `only` names), or on none; the last place goes to one person.

    An offer they hold becomes the acceptance, in the role that it named; where it asked them to take somebody's place, that one
    leaves in the same moment. Raises RuleBroken with every reason when they may not.
    """
    only = None if only is None else list(only)
    # A plain look first: most of those who come too late need not wait for the lock.
    sessions = sessions_of(visit_day, only=only)
    offers = offers_to(visit_day, volunteer, sessions)
    check(volunteer, sessions, reasons_as_asked(offers, role=role, now=now))
    expected = {cover.volunteer_id for cover in replaced_by(offers).values()}
    with transaction.atomic():
        locked, sessions = lock_day(visit_day, {volunteer.pk, *expected}, only=only)
        volunteer = locked[volunteer.pk]
        offers = offers_to(visit_day, volunteer, sessions)
        leaving = replaced_by(offers)
        if not {cover.volunteer_id for cover in leaving.values()} <= expected:
            raise RuleBroken([_("Somebody has changed %(day)s just now. Look at the day again.") % {"day": visit_day}])
        check(volunteer, sessions, reasons_as_asked(offers, role=role, now=now))
        gone = step_aside(leaving.values(), now=now)
        roles = {offer.session_id: offer.role for offer in offers}
        covers = put(volunteer, sessions, role_on=lambda one: roles.get(one.pk, role), state=CoverState.ACCEPTED, now=now)
        emails.tell_agreed(covers, on=timezone.localdate(now))
        by_pk = {session.pk: session for session in sessions}
        for person in {cover.volunteer_id for cover in gone}:
            handed = [cover for cover in gone if cover.volunteer_id == person]
            for cover in handed:
                cover.session = by_pk[cover.session_id]
            emails.tell_handed_on(handed, to=volunteer)
    return covers


def _answer_no(
    visit_day: VisitDay,
    volunteer: Volunteer,
    *,
    was: CoverState,
    becomes: CoverState,
    now: datetime,
    only: Iterable[int] | None,
    gave_back: bool = False,
    why: str = "",
    news: str = "",
) -> list[Cover]:
    named = {} if only is None else {"session__in": list(only)}
    # Of a session that was reported or cancelled the covers stay as the record.
    mine = Cover.objects.filter(volunteer=volunteer, session__in=visit_day.sessions().order_by().values("pk"), state=was)
    mine = mine.filter(**named)
    _people, sessions = lock([volunteer.pk], mine.values_list("session", flat=True))
    held = {cover.session_id: cover for cover in mine.select_related("volunteer__user", "instead_of__volunteer__user")}
    if not held:
        words = _("%(name)s has nothing to answer at %(day)s. Look at the day again.") % {"name": volunteer, "day": visit_day}
        raise RuleBroken([Reason(words, to_them=_("You have answered this already, or it has changed since. Look at it again."))])
    covers = []
    for session in sessions:
        if cover := held.get(session.pk):
            cover.session, cover.state, cover.answered_at = session, becomes, now
            cover.gave_back, cover.news, cover.news_why, cover.told_at = gave_back, news, "", None
            cover.gave_back_why = why
            cover.save()
            covers.append(cover)
    return covers


@transaction.atomic
def decline(
    visit_day: VisitDay, volunteer: Volunteer, *, by: User, now: datetime, only: Iterable[int] | None = None
) -> list[Cover]:
    """Say no to what was offered for the visit day (or the sessions `only` names). Raises RuleBroken when nothing was.

    Whose place they were asked to take is told. Offices and portal call planning.actions.say_no, which asks the next person.
    """
    covers = _answer_no(visit_day, volunteer, was=CoverState.OFFERED, becomes=CoverState.DECLINED, now=now, only=only)
    emails.tell_not_handed_on([cover for cover in covers if cover.session_id in replaced_by(covers)])
    return covers


@transaction.atomic
def withdraw(
    visit_day: VisitDay, volunteer: Volunteer, *, by: User, now: datetime, only: Iterable[int] | None = None, why: str = ""
) -> list[Cover]:
    """“Can’t make it”: give the visit day (or the sessions `only` names) back; the office's home shows it until others come.

    Tells its coordinator, with `why` (a WhyNot) where they said so; the volunteer, if somebody else does it. Raises RuleBroken
    when not on it. Office and portal call
    planning.actions.cannot_make_it, which also asks the next person where the area switched that on.
    """
    covers = _answer_no(
        visit_day, volunteer, was=CoverState.ACCEPTED, becomes=CoverState.WITHDRAWN, now=now, only=only, gave_back=True, why=why
    )
    _tell_gone(covers, by=by, now=now)
    return covers


@transaction.atomic
def take_off(
    visit_day: VisitDay, volunteer: Volunteer, *, by: User, now: datetime, only: Iterable[int] | None = None
) -> list[Cover]:
    """Take the volunteer off the visit day because somebody else is to come, say; nobody is asked by itself.

    Tells the volunteer and who coordinates the visit, but not whoever does it. Raises RuleBroken when not on it.
    """
    covers = _answer_no(
        visit_day,
        volunteer,
        was=CoverState.ACCEPTED,
        becomes=CoverState.WITHDRAWN,
        now=now,
        only=only,
        news=CoverNews.TAKEN_OFF,
    )
    _tell_gone(covers, by=by, now=now)
    return covers


def _tell_gone(covers: Sequence[Cover], *, by: User, now: datetime) -> None:
    on = timezone.localdate(now)
    emails.tell_given_back(covers, by=by, on=on)
    if covers[0].volunteer.user != by:
        emails.tell_taken_off(covers, on=on)
