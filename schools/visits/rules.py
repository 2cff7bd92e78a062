"""Reasons not to: cover a session, book, confirm, cancel, touch what a signed-off return rests on.

Each function returns all reasons, each a sentence that says what to do next. Rule numbers are DESIGN.md's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from itertools import pairwise

from django.db.models import Q, prefetch_related_objects

from schools.accounts.models import User
from schools.core.grid import kilometres_between
from schools.core.nations import Language, Scheme, scheme_of
from schools.core.words import joined, long_day, time_range
from schools.core.year_groups import MOST_PUPILS, YEAR_GROUPS, year_group_name
from schools.directory.models import School
from schools.directory.queries import places_on
from schools.programme.models import SessionType
from schools.visits.columns import FIRST_DAY, LAST_DAY
from schools.visits.models import CancelCode, ClosedPeriod, CoverRole, Headcount, Session, SessionStage, Visit, VisitStage
from schools.visits.models.covers import PRESENTING_ROLES
from schools.visits.queries import CoverRecords, OpenDay, bookings_of, by_visit_day, needing_people
from schools.volunteers.models import Volunteer, VolunteerStatus


@dataclass(frozen=True)
class NewSession:
    """A session to be booked. `ends` None: after the type's minutes. `expected` None: from rolls; else year group → pupils."""

    type: SessionType
    day: date
    starts: time
    ends: time | None = None
    until_day: date | None = None
    room: str = ""
    language: str = "en"
    expected: dict[int, int | None] | None = field(default=None, hash=False)

    @property
    def end(self) -> time | None:
        """When it ends; None where the type's minutes run past midnight."""
        if self.ends is not None:
            return self.ends
        minutes = self.starts.hour * 60 + self.starts.minute + self.type.minutes
        return time(minutes // 60, minutes % 60) if minutes < 24 * 60 else None

    def __str__(self) -> str:
        return f"{self.type}, {long_day(self.day)}, {self.starts:%H:%M}"


def reasons_not_to_cover(
    volunteer: Volunteer, session: Session, *, role: str, on: date, records: CoverRecords | None = None
) -> list[str]:
    """Rules 5 to 7 and 9: why the volunteer may not be on the session in the role; nothing here can be overridden.

    `records` holds what is known of many people and sessions at once; None: it is looked up for these two.
    """
    records = records or CoverRecords.of([volunteer], [session])
    reasons = [*reasons_session_takes_nobody(session), *_reasons_of_person(volunteer, session, role=role, records=records)]
    for other in records.commitments(volunteer, session):
        times = time_range(other.starts, other.ends)
        reasons.append(f"{volunteer} is at {other.school} on {long_day(other.day)}, {times}. Choose somebody who is free then.")
    if records.is_on(volunteer, session):
        reasons.append(f"{volunteer} is on this session already.")
    elif role in PRESENTING_ROLES:
        taken = records.places_taken(session, but=volunteer)
        if taken >= session.type.presenters:
            reasons.append(_full(session))
        if role == CoverRole.LEAD and records.has_lead(session, but=volunteer):
            reasons.append("The session has a lead already. Choose presenter.")
    return reasons


def _full(session: Session) -> str:
    if not session.type.presenters:
        return f"The school shows “{session.type}” by itself; nobody needs to come."
    return f"{session} has all the people it needs now. Choose another session."


def reasons_session_takes_nobody(session: Session) -> list[str]:
    """Why nobody can be put on the session: it is over, cancelled, or the school has not been asked yet."""
    if session.stage == SessionStage.CANCELLED:
        return ["This session was cancelled. Choose another one."]
    if session.stage == SessionStage.DELIVERED:
        return ["This session has been reported. Correct its outcome to change who was there."]
    if session.visit.stage not in {VisitStage.PLANNED, VisitStage.CONFIRMED}:
        return [f"The visit is {session.visit.get_stage_display().lower()}. Plan it with the school first."]
    return []


def _reasons_of_person(volunteer: Volunteer, session: Session, *, role: str, records: CoverRecords) -> list[str]:
    """Rule 6: active, clear on the day under the nation's scheme, and signed off to lead or present."""
    reasons = []
    may_learn = role not in PRESENTING_ROLES and volunteer.status == VolunteerStatus.IN_TRAINING
    if volunteer.status != VolunteerStatus.ACTIVE and not may_learn:
        reasons.append(f"{volunteer} is {volunteer.get_status_display().lower()}. Only active volunteers are put on sessions.")
    scheme = scheme_of(session.nation)
    if not records.is_clear(volunteer, scheme=scheme, day=session.day):
        reasons.append(
            f"{volunteer} has no clear {Scheme(scheme).label} decision on {long_day(session.day)}. Record the new decision first."
        )
    signed_off = not session.type.needs_sign_off or records.is_signed_off(volunteer, session)
    if role in PRESENTING_ROLES and not signed_off:
        reasons.append(f"{volunteer} is not signed off for “{session.type}”. Record the sign-off first, or choose trainee.")
    if session.visit.school_id in records.conflicts(volunteer):
        reasons.append(f"{volunteer} has a conflict with {session.visit.school}. Choose somebody else.")
    return reasons


def reasons_sessions_overlap(sessions: Sequence[Session]) -> list[str]:
    """Rule 7 within one visit day: sessions at the same time in two rooms cannot be taken by one person."""
    ordered = sorted(sessions, key=lambda session: (session.day, session.starts))
    return [
        f"{one} and {other} are at the same time. Untick one of them."
        for one, other in pairwise(ordered)
        if one.day == other.day and other.starts < one.ends
    ]


def reasons_to_ask_first(volunteer: Volunteer, session: Session, *, records: CoverRecords | None = None) -> list[str]:
    """Rule 8, what a coordinator can override with a note: away on the day, or further than they go."""
    records = records or CoverRecords.of([volunteer], [session])
    reasons = []
    if records.is_away(volunteer, day=session.day):
        reasons.append(f"{volunteer} is away on {long_day(session.day)}. Ask them, and say so in the note.")
    distance = kilometres_between(volunteer.place, session.visit.school.place)
    if volunteer.furthest_km is not None and distance is not None and distance > volunteer.furthest_km:
        reasons.append(
            f"{session.visit.school} is {distance:.0f} km from {volunteer}, who goes up to {volunteer.furthest_km} km. "
            "Ask them, and say so in the note."
        )
    return reasons


def reasons_not_to_claim(
    volunteer: Volunteer, session: Session, *, role: str, on: date, records: CoverRecords | None = None
) -> list[str]:
    """Why the volunteer may not take or be offered the session by themselves: any reason at all, or its day is past."""
    records = records or CoverRecords.of([volunteer], [session])
    past = ["This session's day has passed. Tell your coordinator if you were there."] if session.day < on else []
    return [
        *past,
        *reasons_not_to_cover(volunteer, session, role=role, on=on, records=records),
        *reasons_to_ask_first(volunteer, session, records=records),
    ]


def open_days(volunteer: Volunteer, *, on: date) -> list[OpenDay]:
    """The visit days of the next half year of which the volunteer may take one session or more; constant queries."""
    sessions = list(needing_people(volunteer, on=on))
    records = CoverRecords.of([volunteer], sessions)
    open_to_me = [
        session
        for session in sessions
        if not reasons_not_to_claim(volunteer, session, role=CoverRole.PRESENTER, on=on, records=records)
    ]
    return [OpenDay(day.visit, day.day, tuple(rows)) for day, rows in by_visit_day(open_to_me)]


def reasons_not_to_book(school: School, sessions: Sequence[NewSession]) -> list[str]:
    """Why these sessions cannot be booked at the school; warnings are reasons_to_wonder."""
    reasons = []
    if not school.is_bookable:
        state = school.get_status_display().lower() if school.year_groups else "without Reception to Year 6"
        reasons.append(f"{school} is {state}, so nothing can be booked there. Look for its successor.")
    if not sessions:
        reasons.append("Add at least one session.")
    seen = set()
    for session in sessions:
        key = (session.type.pk, session.day, session.starts)
        if key in seen:
            reasons.append(f"{session} is there twice. Change the time of one of them.")
        seen.add(key)
        reasons += _reasons_of_session(school, session)
    return reasons


def _reasons_of_session(school: School, session: NewSession) -> list[str]:
    reasons = []
    if not session.type.active:
        reasons.append(f"“{session.type}” is no longer offered. Choose another type.")
    if session.end is None or session.end <= session.starts:
        reasons.append(f"{session}: it must end after it starts, on the same day. Change the times.")
    reasons += _reasons_of_days(session)
    if session.language not in Language.values:
        reasons.append(f"{session}: “{session.language}” is no language of ours. Choose one of the languages.")
    groups = session.type.year_groups if session.expected is None else session.expected
    if session.type.is_for_pupils and not set(groups) & set(school.year_groups):
        reasons.append(f"{session}: {school} teaches none of its year groups. Choose another type.")
    for group, pupils in (session.expected or {}).items():
        if group not in YEAR_GROUPS:
            reasons.append(f"{session}: there is no year group {group}. A year group is 0 (Reception or P1) to 6.")
        elif pupils is not None and not 0 <= pupils <= MOST_PUPILS:
            name = year_group_name(group, school.nation)
            reasons.append(
                f"{session}: {pupils:,} pupils in {name} cannot be right. Give 0 to {MOST_PUPILS:,}, or leave it empty."
            )
    return reasons


def _reasons_of_days(session: NewSession) -> list[str]:
    reasons = [
        f"{session}: {day} is not between {FIRST_DAY.year} and {LAST_DAY.year}. Look the year up."
        for day in (session.day, session.until_day)
        if day is not None and not FIRST_DAY <= day <= LAST_DAY
    ]
    if session.until_day is not None and session.until_day < session.day:
        reasons.append(f"{session}: the last day of the window is before its first. Change the days.")
    if session.until_day is not None and not session.type.is_online:
        reasons.append(f"{session}: it takes place on one day. Only online sessions have a window; leave the last day empty.")
    return reasons


def reasons_to_wonder(school: School, sessions: Sequence[NewSession], *, on: date) -> list[str]:
    """What may be all right but deserves a second look before booking (rule 11): warnings never block."""
    warnings = []
    for session in sessions:
        if session.day.weekday() >= 5:
            warnings.append(f"{long_day(session.day)} is a weekend.")
        if session.day < on:
            warnings.append(f"{long_day(session.day)} has passed.")
        expected = sum(pupils or 0 for pupils in (session.expected or {}).values())
        if session.type.largest_group and expected > session.type.largest_group:
            warnings.append(
                f"{session}: {expected:,} pupils are more than the {session.type.largest_group} meant for one group. "
                "Several sessions may be better."
            )
    booked = [visit.reference for visit in bookings_of([school.pk], on=on)]
    if booked:
        warnings.append(f"{school} has a visit booked already: {joined(booked)}.")
    return list(dict.fromkeys(warnings))


def reasons_not_to_confirm(visit: Visit) -> list[str]:
    """Why the visit cannot be marked as agreed with the school."""
    if visit.stage == VisitStage.CANCELLED:
        return ["This visit was cancelled. Book a new one."]
    if not visit.sessions.exclude(stage=SessionStage.CANCELLED).exists():
        return ["This visit has no session that could take place. Add one first."]
    return []


def _reasons_of_code(code: str) -> list[str]:
    return [] if code in CancelCode.values else ["Say why it is cancelled. Choose a reason from the list."]


def reasons_not_to_cancel_session(session: Session, *, code: str, by: User) -> list[str]:
    """Why the session cannot be cancelled for this reason."""
    if session.stage == SessionStage.CANCELLED:
        return ["This session was cancelled already."]
    if session.stage == SessionStage.DELIVERED:
        return ["This session took place. If that is wrong, correct its outcome."]
    return [*_reasons_of_code(code), *reasons_locked([session], by=by)]


def reasons_not_to_cancel_visit(visit: Visit, *, code: str, by: User) -> list[str]:
    """Why the visit cannot be cancelled for this reason; what took place on an earlier day of it stays as it is."""
    if visit.stage == VisitStage.CANCELLED:
        return ["This visit was cancelled already."]
    # One whose sessions were all cancelled singly stands still, and can be called off.
    if visit.sessions.delivered().exists() and not visit.sessions.scheduled().exists():
        return ["Every session of this visit took place or was cancelled already."]
    return [*_reasons_of_code(code), *reasons_locked(visit.sessions.scheduled().select_related("visit"), by=by)]


def reasons_locked(sessions: Iterable[Session], *, by: User, schools: Iterable[int] = ()) -> list[str]:
    """Why the sessions cannot be changed by this person: a signed-off return rests on their days (rule 14).

    It rests on them in the host's area and in every guest's; `schools` are more schools that are to have pupils in them.
    """
    if by.is_manager:
        return []
    return _reasons_signed_off(_areas_of(list(sessions), set(schools)))


def reasons_days_locked(school: School, days: Iterable[date], *, by: User) -> list[str]:
    """Why this person cannot add sessions at the school on the days: each would be missing from a signed-off return."""
    if by.is_manager:
        return []
    return _reasons_signed_off({(place.area_id, day) for (_, day), place in places_on((school.pk, day) for day in days).items()})


def _reasons_signed_off(area_days: Iterable[tuple[int | None, date]]) -> list[str]:
    closed = Q(pk__in=[])
    for area_id, day in area_days:
        # No area (None) has no return.
        closed |= Q(area=area_id, first_day__lte=day, last_day__gte=day)
    return [
        f"The return of {period.area} for {long_day(period.first_day)} to {long_day(period.last_day)} is signed off. "
        "Ask a manager to restate it."
        for period in ClosedPeriod.objects.filter(closed).select_related("area")
    ]


def _areas_of(sessions: Sequence[Session], schools: set[int]) -> set[tuple[int | None, date]]:
    """Area and day of each school in each session: frozen where it was delivered (be it in no area), else as of the day."""
    prefetch_related_objects(sessions, "headcounts")
    frozen: set[tuple[int | None, date]] = set()
    unfrozen: set[tuple[int, date]] = set()
    for session in sessions:
        rows: list[tuple[int, Session | Headcount]] = [(session.visit.school_id, session)]
        rows += [(count.school_id, count) for count in session.headcounts.all()]
        for school_id, row in rows:
            if session.stage == SessionStage.DELIVERED or row.authority_id:
                frozen.add((row.area_id, session.day))
            else:
                unfrozen.add((school_id, session.day))
        unfrozen |= {(school_id, session.day) for school_id in schools - {school_id for school_id, _ in rows}}
    return frozen | {(place.area_id, day) for (_, day), place in places_on(unfrozen).items()}


def reasons_not_to_redefine(session_type: SessionType) -> list[str]:
    """Why the type's audience, channel and series are fixed: past figures rest on them."""
    if session_type.pk and session_type.sessions.exists():
        return [f"Sessions of “{session_type}” exist, so its audience, channel and series stay. Make a new type instead."]
    return []
