"""Changing the details of a visit, and adding, changing and removing its sessions."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime

from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.core.words import moment
from schools.directory.models import School, Site
from schools.visits import rules
from schools.visits.actions.batches import Changes
from schools.visits.actions.booking import add_session, end_wait_by, school_days
from schools.visits.actions.conversations import lock_numbers
from schools.visits.actions.locks import hold_off_closing
from schools.visits.actions.new_contacts import leave_named
from schools.visits.actions.waking import reader_of, schools_about_to_change, somebody_else_reads
from schools.visits.models import Headcount, SchoolNews, Session, SessionStage, Visit
from schools.visits.rules import NewSession, VisitDetails

type Expected = Mapping[School, Mapping[int, int | None]]
"""The number of pupils expected, by school and year group; None: not known."""


class ChangedMeanwhile(RuleBroken):
    """A refusal, because somebody else changed the session after the user looked at it."""

    def __init__(self, session: Session) -> None:
        latest = session.history.select_related("history_user").first()
        who = latest.history_user if latest and latest.history_user else "Somebody"
        when = f" on {moment(timezone.localtime(latest.history_date))}" if latest else ""
        ask = "Look at what is stored now, and store yours if it is right."
        super().__init__([f"{who} changed this session{when}, after you had opened it. {ask}"])


class TakenAway(RuleBroken):
    """A refusal, because somebody has taken the session away."""

    def __init__(self) -> None:
        super().__init__(["Somebody has taken this session away meanwhile. Book it again if it is to be."])


def as_stored(session: Session) -> str:
    """Return a short fingerprint of what can be changed about the session: it differs after somebody has changed that.

    The expected pupils count only while the session is scheduled; later the outcome says who was there.
    """
    is_to_come = session.stage == SessionStage.SCHEDULED
    counts = {(row.school_id, row.year_group): row.expected for row in session.headcounts.all()} if is_to_come else {}
    return _fingerprint(session.stage, session.room, session.language, session.until_day, counts)


def schools_expected(session: Session) -> set[int]:
    """Return the schools (ids) of which pupils are expected in the session, as it is stored."""
    return {row.school_id for row in session.headcounts.all()}


def _fingerprint(
    stage: str, room: str, language: str, until_day: date | None, counts: Mapping[tuple[int, int], int | None]
) -> str:
    values = (str(stage), room, str(language), until_day, sorted(counts.items()))
    return hashlib.sha256(repr(values).encode()).hexdigest()[:16]


@transaction.atomic
def add_sessions(
    visit: Visit, sessions: Sequence[NewSession], *, by: User, now: datetime, changes: Changes | None = None
) -> list[Session]:
    """Book more sessions into the visit, all or none. Raises RuleBroken with every reason.

    The day on which to ask the school again is cleared where one of them is to come; `changes` records that.
    """
    # Before the school and without its keys, as by whoever books: who has locked the school may write rows that refer to it.
    visit = Visit.objects.select_for_update(of=("self",), no_key=True).select_related("school").get(pk=visit.pk)
    on, school = timezone.localdate(now), lock_numbers(visit.school)
    hold_off_closing(school_days(visit.school, sessions), on=on)
    if reasons := rules.reasons_not_to_add(visit, sessions, by=by, on=on):
        raise RuleBroken(reasons)
    schools_about_to_change([visit.pk], newcomers={school for school, _ in school_days(visit.school, sessions)})
    end_wait_by(school, sessions, on=on, changes=changes)
    return [add_session(visit, new) for new in sorted(sessions, key=lambda new: (new.day, new.starts))]


@transaction.atomic
def change_visit(visit: Visit, details: VisitDetails, *, by: User, now: datetime) -> Visit:
    """Store the details of the visit; its stage and its sessions stay. Raises RuleBroken with every reason."""
    visit = Visit.objects.select_for_update(of=("self",)).select_related("school").get(pk=visit.pk)
    if reasons := rules.reasons_not_to_change_visit(visit, details, by=by, on=timezone.localdate(now)):
        raise RuleBroken(reasons)
    reader, contact = reader_of(visit), visit.contact_id
    for field in fields(details):
        setattr(visit, field.name, getattr(details, field.name))
    visit.save()
    somebody_else_reads(visit, before=reader, now=now)
    if visit.contact_id != contact:
        leave_named(visit, by=by, now=now)
    return visit


@transaction.atomic
def change_session(
    session: Session,
    *,
    room: str,
    language: str,
    until_day: date | None,
    expected: Expected,
    seen: str,
    by: User,
    now: datetime,
) -> Session:
    """Change what can be changed without asking anybody: room, language, the end of a window, and the expected pupils.

    Year groups that are not in `expected` are removed. actions.moving changes the day and the times. `seen` is what as_stored
    returned when the user looked at the session. Raises ChangedMeanwhile where it differs by now, and RuleBroken with every
    reason.
    """
    session = _locked(session)
    if seen != (stored := as_stored(session)):
        if stored == _fingerprint(SessionStage.SCHEDULED, room, language, until_day, _by_class(expected)):
            return session
        raise ChangedMeanwhile(session)
    new = as_new(session, room=room, language=language, until_day=until_day, expected=expected)
    reasons = rules.reasons_not_theirs(session.visit, by=by, on=timezone.localdate(now))
    reasons += rules.reasons_not_to_edit(session)
    reasons += rules.reasons_locked([session], by=by, schools=[school.pk for school in expected])
    reasons += rules.reasons_of_session(session.visit.school, new, there=schools_expected(session))
    if reasons:
        raise RuleBroken(list(dict.fromkeys(reasons)))
    schools_about_to_change([session.visit_id], newcomers=[school.pk for school in expected])
    if until_day != session.until_day:
        _note_another_end(session, until_day, on=timezone.localdate(now))
    session.room, session.language, session.until_day = room, language, until_day
    session.full_clean()
    session.save()
    _store_expected(session, expected)
    return session


def _note_another_end(session: Session, until_day: date | None, *, on: date) -> None:
    """Note that the school has to be told of another end of its window, unless it is over or news waits already."""
    waits = session.school_news != "" and session.school_told_at is None
    if not waits and max(until_day or session.day, session.last_day) >= on:
        session.school_news, session.school_told_at = SchoolNews.MOVED, None
        session.was_day = session.was_starts = None


@transaction.atomic
def change_site(session: Session, site: Site | None, *, seen: int | None, by: User, now: datetime) -> list[Session]:
    """Say that the whole visit day of the session is at the site, None: at the school's own address; return its sessions.

    Online sessions stay as they are, since nobody goes there. `seen` is the id of the site that the user looked at. Raises
    ChangedMeanwhile where it is another one by now, and RuleBroken with every reason.
    """
    visit = Visit.objects.select_for_update(of=("self",)).select_related("school").get(pk=session.visit_id)
    # As it is now: it may have been moved since the user looked at it.
    day = Session.objects.filter(pk=session.pk).values("day")
    of_day = Session.objects.filter(visit=visit, day__in=day, type__presenters__gt=0).exclude(stage=SessionStage.CANCELLED)
    sessions = list(of_day.select_for_update(of=("self",)).order_by("pk"))
    wanted = site.pk if site else None
    if sessions and all(each.site_id == wanted for each in sessions):
        return sessions
    if other := next((each for each in sessions if each.site_id != seen), None):
        raise ChangedMeanwhile(other)
    reasons = rules.reasons_not_theirs(visit, by=by, on=timezone.localdate(now))
    if reasons := reasons + rules.reasons_not_to_change_site(visit, sessions, site):
        raise RuleBroken(list(dict.fromkeys(reasons)))
    for each in sessions:
        each.site = site
        each.save()
    return sessions


def as_new(session: Session, *, room: str, language: str, until_day: date | None, expected: Expected) -> NewSession:
    """Return the session as one to be booked, so that the same rules judge it."""
    host = session.visit.school
    groups = dict(expected.get(host, {}))
    # Nobody has ever said who comes, and it is not said now either: its type says who could.
    nothing_known = not groups and not any(row.school_id == host.pk for row in session.headcounts.all())
    return NewSession(
        session.type,
        session.day,
        session.starts,
        ends=session.ends,
        until_day=until_day,
        room=room,
        language=language,
        expected=None if nothing_known else groups,
        guests=tuple((school, dict(groups)) for school, groups in expected.items() if school != host),
    )


def _by_class(expected: Expected) -> dict[tuple[int, int], int | None]:
    return {(school.pk, group): pupils for school, groups in expected.items() for group, pupils in groups.items()}


def _store_expected(session: Session, expected: Expected) -> None:
    wanted = _by_class(expected)
    rows = {(row.school_id, row.year_group): row for row in session.headcounts.all()}
    for key, row in rows.items():
        if key not in wanted:
            row.delete()
        elif row.expected != wanted[key]:
            row.expected = wanted[key]
            row.save()
    for key in sorted(wanted.keys() - rows.keys()):
        Headcount.objects.create(session=session, school_id=key[0], year_group=key[1], expected=wanted[key])


@transaction.atomic
def remove_session(session: Session, *, by: User, now: datetime) -> None:
    """Delete a session that was booked by mistake. Raises RuleBroken where somebody was asked for it or it was reported.

    Raises TakenAway where somebody else was faster.
    """
    # The visit first: of two who take away its two sessions, the second has to see that only one is left.
    list(Visit.objects.select_for_update(of=("self",), no_key=True).filter(pk=session.visit_id))
    session = _locked(session)
    reasons = rules.reasons_not_theirs(session.visit, by=by, on=timezone.localdate(now))
    reasons += rules.reasons_not_to_remove(session, now=now)
    if reasons := reasons + rules.reasons_locked([session], by=by):
        raise RuleBroken(reasons)
    schools_about_to_change([session.visit_id])
    try:
        session.delete()
    except ProtectedError as error:
        raise RuleBroken(["Something was already sent or set aside for this session. Cancel it instead."]) from error


def _locked(session: Session) -> Session:
    sessions = Session.objects.select_for_update(of=("self",)).select_related("type", "visit__school")
    if (locked := sessions.filter(pk=session.pk).first()) is None:
        raise TakenAway
    return locked
