"""Booking a visit, and marking it as agreed with the school."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import Any, TypedDict, Unpack

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.core.periods import AcademicYear
from schools.core.words import long_day, moment
from schools.directory.models import Contact, School
from schools.directory.queries import expected_pupils
from schools.visits import rules
from schools.visits.actions.batches import Changes
from schools.visits.actions.conversations import end_wait, lock_numbers
from schools.visits.actions.locks import hold_off_closing
from schools.visits.actions.waking import schools_about_to_change
from schools.visits.models import BOOKED_STAGES, Headcount, Session, SessionQuerySet, Visit, VisitStage
from schools.visits.queries import new_reference
from schools.visits.queries.requests import numbers_of
from schools.visits.rules import NewSession, VisitDetails

NO_DETAILS = VisitDetails()
KEPT_WHERE_BLANK = frozenset({"coordinator", "contact", "parents_told_on", "preferred_month"})
"""The details that a booking leaves as they are where it gives none, such as the contact that the school named when it asked."""


class BookedMeanwhile(RuleBroken):
    """A refusal, because somebody else acted first: they booked, declined or cancelled the visit, or booked it again.

    Or the school has asked for a visit, beside which no other is booked. `visit` is the visit as they left it. `again` is the
    cancelled visit that it replaces; None: it replaces none.
    """

    def __init__(self, visit: Visit, *, again: Visit | None = None) -> None:
        self.visit, self.again = visit, again
        first = f"Visit {again.reference} was booked again already. " if again else ""
        super().__init__([f"{first}{_sentence_on_who_was_first(visit)}"])


def booked_already(
    school: School, sessions: Sequence[NewSession], *, details: VisitDetails, reference: str, replaces: Visit | None
) -> Visit | None:
    """Return the school's visit with the reference, where it is what would be booked; None: there is none, or only a request.

    The school is one under all of its register numbers. Raises BookedMeanwhile where the visit differs, or was called off, so
    that nothing that somebody typed is lost unseen; and where there is none while the school has asked for another one, so that
    its request does not wait beside what is booked.
    """
    which = Q(reference=reference) | Q(stage=VisitStage.REQUESTED)
    visits = list(Visit.objects.filter(which, school__in=numbers_of(school)).select_related("school").order_by("pk"))
    visit = next((each for each in visits if each.reference == reference), None)
    if visit is not None and visit.stage != VisitStage.REQUESTED:
        if visit.stage in BOOKED_STAGES and _is_as_typed(visit, sessions, details, replaces):
            return visit
        raise BookedMeanwhile(visit)
    if replaces and (made_good := Visit.objects.filter(replaces=replaces).first()):
        raise BookedMeanwhile(made_good, again=replaces)
    if visit is None and visits:
        raise BookedMeanwhile(visits[0])
    return None


def _is_as_typed(visit: Visit, sessions: Sequence[NewSession], details: VisitDetails, replaces: Visit | None) -> bool:
    """Whether the visit has exactly these sessions, and these details."""
    return _has_details(visit, details, replaces) and are_exactly(visit.sessions.all(), visit, sessions)


def _has_details(visit: Visit, details: VisitDetails, replaces: Visit | None) -> bool:
    """Whether the visit has these details already."""
    return visit.replaces == replaces and all(getattr(visit, name) == value for name, value in _given(details).items())


def _given(details: VisitDetails) -> dict[str, object]:
    """Return the details by name, without those that the booking leaves as they are."""
    values = {field.name: getattr(details, field.name) for field in fields(details)}
    return {name: value for name, value in values.items() if value is not None or name not in KEPT_WHERE_BLANK}


type _Sessions = dict[tuple[Any, ...], dict[tuple[int, int], int | None]]
"""By all that says what a session is: who is expected there, by school and year group."""


def are_exactly(stored: SessionQuerySet, visit: Visit, sessions: Sequence[NewSession]) -> bool:
    """Whether these stored sessions of the visit are exactly those of the form, with as many pupils expected."""
    return _stored(stored) == _typed(visit, sessions)


def has_among_others(visit: Visit, sessions: Sequence[NewSession]) -> bool:
    """Whether all of these sessions are to come at the visit, with as many pupils expected."""
    stored = _stored(visit.sessions.scheduled())
    return bool(sessions) and all(stored.get(key) == expected for key, expected in _typed(visit, sessions).items())


def _stored(sessions: SessionQuerySet) -> _Sessions:
    return {
        (row.type_id, row.day, row.starts, row.ends, row.until_day, row.room, row.language, row.site_id): {
            (count.school_id, count.year_group): count.expected for count in row.headcounts.all()
        }
        for row in sessions.prefetch_related("headcounts")
    }


def _typed(visit: Visit, sessions: Sequence[NewSession]) -> _Sessions:
    return {
        (new.type.pk, new.day, new.starts, new.end, new.until_day, new.room, new.language, new.day_at_site[1]): {
            (school.pk, group): pupils
            for school, groups in _pupils_expected(visit.school, new)
            for group, pupils in groups.items()
        }
        for new in sessions
    }


def _sentence_on_who_was_first(visit: Visit) -> str:
    if visit.stage == VisitStage.REQUESTED:
        when = f" on {long_day(visit.requested_on)}" if visit.requested_on else ""
        return (
            f"{visit.school} asked for a visit{when}, {visit.reference}, which did not wait yet when you opened this form. "
            "Nothing of yours is stored yet: look at that visit, then book once more here, and it is the one that is booked."
        )
    verb = "booked" if visit.stage in BOOKED_STAGES else visit.get_stage_display().lower()
    then = visit.history.filter(stage__in=BOOKED_STAGES if verb == "booked" else (visit.stage,)).select_related("history_user")
    first = then.order_by("history_date", "history_id").first()
    who = first.history_user if first and first.history_user else "Somebody"
    when = f" on {moment(timezone.localtime(first.history_date))}" if first else ""
    return (
        f"{who} {verb} visit {visit.reference}{when}, after you had opened this form. Nothing of yours is stored yet: "
        "look at that visit, and change it there, or carry on here to book another."
    )


@transaction.atomic
def book(
    school: School,
    sessions: Sequence[NewSession],
    *,
    by: User,
    now: datetime,
    details: VisitDetails = NO_DETAILS,
    reference: str = "",
    replaces: Visit | None = None,
    changes: Changes | None = None,
) -> Visit:
    """Store a planned visit with its sessions and expected headcounts, all or nothing.

    `reference` makes a form that is posted twice book once: the visit with the reference is returned unchanged. It is that of the
    visit that the school asked for, which keeps it when it is planned, else a new one. Without a coordinator in `details`, `by`
    becomes the coordinator. `replaces` is the cancelled visit of the school that this visit replaces. Expected pupils come from
    the session, else from rolls, else from the register's total. Raises BookedMeanwhile where the visit with the reference
    differs, or the school has asked for another one, and RuleBroken with every reason. What was asked for under another number of
    the school becomes a visit of this one. The day on which to ask the school again is cleared where it agreed to a day to come;
    `changes` records that.
    """
    asked_for, replaced, school = lock_to_book(school, reference=reference, replaces=replaces)
    if same := booked_already(school, sessions, details=details, reference=reference, replaces=replaces):
        return same
    on = timezone.localdate(now)
    hold_off_closing(school_days(school, sessions), on=on)
    if reasons := _reasons_not_to_book(school, sessions, details, asked_for, replaced, by=by, on=on):
        raise RuleBroken(reasons)
    visit = asked_for or Visit(reference=reference or new_reference(), school=school)
    bring_under(visit, school)
    for name, value in _given(details).items():
        setattr(visit, name, value)
    visit.coordinator = details.coordinator or by
    visit.stage = VisitStage.PLANNED
    visit.replaces = replaces
    visit.save()
    for new in sorted(sessions, key=lambda session: (session.day, session.starts)):
        add_session(visit, new)
    end_wait_by(school, sessions, on=on, changes=changes)
    return visit


def end_wait_by(school: School, sessions: Iterable[NewSession], *, on: date, changes: Changes | None = None) -> None:
    """Let the school, locked by all its numbers, wait no more where one of the sessions is to come: it has agreed to that.

    `changes` records what was written.
    """
    if any((new.until_day or new.day) >= on for new in sessions):
        end_wait(school, on=on, changes=changes)


def lock_to_book(school: School, *, reference: str, replaces: Visit | None) -> tuple[Visit | None, Visit | None, School]:
    """Lock and return the visit with the reference, if there is one, the visit that is replaced, and the school, by all numbers.

    Visits are locked before the school, as by whoever declines one. Without their keys: whoever has locked the school writes rows
    that refer to them, such as a conversation, without waiting.
    """
    which = (Q(reference=reference) if reference else Q(pk=None)) | Q(pk=replaces.pk if replaces else None)
    rows = Visit.objects.select_for_update(of=("self",), no_key=True).select_related("school").filter(which).order_by("pk")
    visits = list(rows) if reference or replaces else []
    asked_for = next((visit for visit in visits if visit.reference == reference), None)
    replaced = next((visit for visit in visits if visit == replaces), None)
    return asked_for, replaced, lock_numbers(school)


def bring_under(visit: Visit, school: School, *, contact: Contact | None = None) -> bool:
    """Let a visit that was asked for be that of this number of its school; return whether that is news. The caller saves it.

    `contact` is whom it asks for then, unless its own is at this number, too.
    """
    if visit.school_id == school.pk:
        if visit.contact is not None or contact is None:
            return False
        visit.contact = contact
        return True
    visit.school = school
    if visit.contact is None or not visit.contact.is_at(school):
        visit.contact = contact
    return True


def _reasons_not_to_book(
    school: School,
    sessions: Sequence[NewSession],
    details: VisitDetails,
    asked_for: Visit | None,
    replaced: Visit | None,
    *,
    by: User,
    on: date,
) -> list[str]:
    """Return the reasons why the visit cannot be booked; `asked_for` and `replaced` are as `lock_to_book` returns them."""
    reasons = rules.reasons_not_to_book(school, sessions)
    if asked_for is not None and asked_for.school_id not in numbers_of(school):
        reasons.append(f"Another visit has the reference {asked_for.reference}. Open the booking form again.")
    reasons += reasons_locked_for(school, sessions, by=by)
    reasons += rules.reasons_of_contacts(school, details.contact, details.safeguarding_contact)
    reasons += rules.reasons_not_to_coordinate_at(details.coordinator, [school], on=on) if details.coordinator else []
    return reasons + (_reasons_not_to_replace(school, replaced) if replaced is not None else [])


def school_days(host: School, sessions: Iterable[NewSession]) -> set[tuple[int, date]]:
    """Return the id of each school with pupils in the sessions, host or guest, with each of its days."""
    return {(school.pk, new.day) for new in sessions for school in (host, *(guest for guest, _ in new.guests))}


def reasons_locked_for(school: School, sessions: Sequence[NewSession], *, by: User) -> list[str]:
    """Return a reason where a signed-off return of the host's area, or of a guest's, rests on one of the days."""
    days: dict[School, set[date]] = {school: set()}
    for session in sessions:
        for host_or_guest in (school, *(guest for guest, _ in session.guests)):
            days.setdefault(host_or_guest, set()).add(session.day)
    reasons = [
        reason for host_or_guest, its_days in days.items() for reason in rules.reasons_days_locked(host_or_guest, its_days, by=by)
    ]
    return list(dict.fromkeys(reasons))


def _reasons_not_to_replace(school: School, visit: Visit) -> list[str]:
    reasons = []
    if visit.stage != VisitStage.CANCELLED:
        reasons.append(f"Visit {visit.reference} was not cancelled, so nothing makes it good. Book a visit of its own.")
    if (visit.school.chain or visit.school_id) != (school.chain or school.pk):
        reasons.append(f"Visit {visit.reference} was at {visit.school}. Book it again there.")
    if Visit.objects.filter(replaces=visit).exists():
        reasons.append(f"Visit {visit.reference} was booked again already. Look at the new visit.")
    return reasons


def add_session(visit: Visit, new: NewSession) -> Session:
    """Store one session, which the rules have been asked about before, with its expected pupils."""
    if new.end is None:  # the rules refuse it before it comes here
        raise RuleBroken([f"{new.named_at(visit.school)}: it must end on the day on which it starts."])
    session = Session.objects.create(
        visit=visit,
        type=new.type,
        day=new.day,
        starts=new.starts,
        ends=new.end,
        until_day=new.until_day,
        room=new.room,
        language=new.language,
        site=new.site,
    )
    for school, groups in _pupils_expected(visit.school, new):
        for year_group, expected in groups.items():
            Headcount.objects.create(session=session, school=school, year_group=year_group, expected=expected)
    return session


def _pupils_expected(host: School, new: NewSession) -> tuple[tuple[School, dict[int, int | None]], ...]:
    """Return the schools with pupils in the session, the host first, each with the pupils expected by year group."""
    return (host, _expected(host, new)), *new.guests


def _expected(school: School, new: NewSession) -> dict[int, int | None]:
    if not new.type.is_for_pupils:
        return {}
    if new.expected is not None:
        return new.expected
    known = expected_pupils(school, academic_year=AcademicYear.of(new.day).start)
    return {group: pupils for group, pupils in known.items() if group in new.type.year_groups}


class AlsoAgreed(TypedDict, total=False):
    """What a school may say when it agrees; None: not known, and what is left out stays as it is stored."""

    parents_told_on: date | None
    safeguarding_contact: Contact | None


@transaction.atomic
def confirm(visit: Visit, *, agreed_on: date, agreed_with: str, by: User, now: datetime, **also: Unpack[AlsoAgreed]) -> Visit:
    """Mark the visit as agreed with the school, on a day and with somebody; call it again to correct these.

    What is still missing then (rules.conversations.missing_at_confirming) never blocks. Raises RuleBroken with every reason.
    """
    visit = Visit.objects.select_for_update(of=("self",)).select_related("school").get(pk=visit.pk)
    reasons = rules.reasons_not_theirs(visit, by=by, on=timezone.localdate(now)) + rules.reasons_not_to_confirm(visit)
    if agreed_on > timezone.localdate(now):
        reasons.append("The school cannot have agreed on a day to come. Give the day on which it said yes.")
    reasons += rules.reasons_parents_told_later(also.get("parents_told_on"), on=timezone.localdate(now))
    reasons += rules.reasons_of_contacts(visit.school, also.get("safeguarding_contact"))
    if reasons:
        raise RuleBroken(reasons)
    schools_about_to_change([visit.pk])
    visit.stage = VisitStage.CONFIRMED
    visit.agreed_on = agreed_on
    visit.agreed_with = agreed_with
    visit.declined_on = None
    for name, value in also.items():
        setattr(visit, name, value)
    visit.save()
    return visit
