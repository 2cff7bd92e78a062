"""The import of past and planned sessions from a spreadsheet, all or nothing (rule 16; docs/imports.md).

A new visit gets the file's reference and is *planned*, because a file does not say on which day a school agreed. A cancelled
session without a reason gets the code *other*. `went_ahead` is yes for a delivered session. The last day of an online window,
the room and safeguarding notices have no column, so an import leaves them alone.
"""

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import batched
from pathlib import Path

from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone

from schools.core.databases import keep_statistics_after_commit
from schools.core.errors import RuleBroken
from schools.core.tables import UnreadableTable, open_table
from schools.core.words import joined
from schools.directory.actions.reading import RowProblem
from schools.directory.models import School
from schools.visits import rules
from schools.visits.models import (
    BOOKED_STAGES,
    HOLDING_STATES,
    LIVE_STATES,
    PRESENTING_ROLES,
    ClosedPeriod,
    Session,
    SessionStage,
    Visit,
    VisitStage,
)
from schools.visits.queries import CoverRecords
from schools.visits.queries.records import Commitment
from schools.visits.session_files.columns import Header
from schools.visits.session_files.diff import StoredVisit, differences, known_names, stored_visits
from schools.visits.session_files.notes import notes_on
from schools.visits.session_files.parse import SessionKey, Sheet, SheetSession
from schools.visits.session_files.sites import DaysAtSites, Named, site_of, sites_named
from schools.visits.session_files.writing import lock, made_visits, places_of, store_batch
from schools.volunteers.models import Volunteer

BATCH = 1000
"""How many sessions are checked and stored at a time."""
ATTEMPTS = 3
NO_NOTE = "A file has no note: leave them out of it and assign them in the office."

type Progress = Callable[[str, int], None]
"""A function that is called with the name of the step and the number of sessions done so far."""


@dataclass(frozen=True, order=True)
class Refusal:
    """A bad line: its number in the file, the visit's reference, and what is wrong and what to do."""

    line: int
    id: str
    reason: str


@dataclass
class SessionImport:
    """The result of an import or of its check, in numbers of sessions; with refusals nothing is stored."""

    created: int = 0
    unchanged: int = 0
    refused: list[Refusal] = field(default_factory=list)
    notes: list[RowProblem] = field(default_factory=list)
    """What is worth a look although it is stored; blank where nothing is."""


class ChangedMeanwhileError(Exception):
    """A signal that what was checked before the lock no longer holds and has to be checked again."""


def _silent(_step: str, _done: int) -> None:
    return None


def check_sessions(path: Path, *, on: date, progress: Progress = _silent) -> SessionImport:
    """Return what import_sessions would do on the day, and change nothing. Raises UnreadableTable for another kind of file."""
    sheet, refused = _read(path, on=on, progress=progress)
    return judged(sheet, refused, progress=progress)[0]


def import_sessions(path: Path, *, now: datetime, progress: Progress = _silent) -> SessionImport:
    """Store every session of the file that is not stored yet, or nothing at all; the day of `now` separates past from future.

    Raises UnreadableTable for another kind of file, and RuleBroken when others keep changing the same visits meanwhile.
    """
    on = timezone.localdate(now)
    for _ in range(ATTEMPTS):
        sheet, refused = _read(path, on=on, progress=progress)
        result, stored = judged(sheet, refused, progress=progress)
        if result.refused or not result.created:
            return result
        try:
            store(sheet, stored, now=now, progress=progress)
        except (ChangedMeanwhileError, IntegrityError, OperationalError):
            continue
        return result
    raise RuleBroken(
        ["Somebody else is changing the same visits at this moment. Nothing was stored; import the file again later."]
    )


def _read(path: Path, *, on: date, progress: Progress) -> tuple[Sheet, list[Refusal]]:
    """Read the file's sessions, and refuse the lines that are wrong by themselves."""
    sheet = Sheet(known_names(), on)
    refused = []
    with open_table(path) as rows:
        first = next(rows, None)
        if first is None:
            raise UnreadableTable(f"{path.name} is empty. Start from the file that export_sessions writes.")
        header = Header(first[1])
        for number, cells in rows:
            line, reasons = header.read(number, cells)
            if line is not None:
                reasons += sheet.leave_out(line) if reasons else sheet.add(line)
            if reasons:
                refused.append(Refusal(number, line.visit if line else header.reference(cells), " ".join(reasons)))
            if not number % BATCH:
                progress("read", len(sheet))
    return sheet, refused


def judged(
    sheet: Sheet, refused: list[Refusal], *, progress: Progress, without: Set[int] = frozenset()
) -> tuple[SessionImport, set[int]]:
    """Check the sheet's sessions but those of some lines; return the result of an import, and which lines are stored already."""
    result = SessionImport(refused=refused)
    known: set[int] = set()
    judge = _Judge(sheet, sheet.on)
    new = 0
    for batch in batched(sheet.sessions(without=without), BATCH):
        stored = stored_visits({session.visit for session in batch})
        fresh = []
        for session in batch:
            reasons, is_new = _compared(session, stored.get(session.visit))
            if reasons:
                result.refused.append(Refusal(session.line, session.visit, " ".join(reasons)))
            elif is_new:
                fresh.append(session)
            else:
                known.add(session.line)
        result.refused += judge.refusals(fresh, stored)
        new += len(fresh)
        progress("checked", new + len(known))
    result.refused = _one_for_each_line(result.refused)
    result.created, result.unchanged = 0 if result.refused else new, len(known)
    result.notes = notes_on(sheet, without=without | known) if result.created else []
    return result, known


def _one_for_each_line(refused: Iterable[Refusal]) -> list[Refusal]:
    by_line: defaultdict[tuple[int, str], list[str]] = defaultdict(list)
    for refusal in refused:
        by_line[refusal.line, refusal.id].append(refusal.reason)
    return [Refusal(line, reference, " ".join(reasons)) for (line, reference), reasons in sorted(by_line.items())]


def _compared(session: SheetSession, visit: StoredVisit | None) -> tuple[list[str], bool]:
    """Return the reasons why the session contradicts what is stored, and whether it is new."""
    if visit is None:
        return [], True
    if visit.school_id != session.school_id:
        return [f"The visit “{session.visit}” exists and is at another school. Use another reference."], False
    stored = visit.sessions.get((session.type.pk, session.day, session.starts))
    if stored is None:
        return [], True
    if columns := differences(session, stored):
        return [f"This session exists and differs in {joined(columns)}. Change it in the office, or take the line out."], False
    return [], False


class _Judge:
    """The check of one file's sessions by rules that need the database: closed periods, and people on sessions to come."""

    def __init__(self, sheet: Sheet, on: date) -> None:
        self._on = on
        self._days = DaysAtSites(on=on, names_sites=sheet.names_sites)
        self._closed: defaultdict[int, list[ClosedPeriod]] = defaultdict(list)
        for period in ClosedPeriod.objects.select_related("area"):
            self._closed[period.area_id].append(period)
        self._said_yes: defaultdict[int, list[Commitment]] = defaultdict(list)

    def refusals(self, sessions: Sequence[SheetSession], stored: dict[str, StoredVisit]) -> list[Refusal]:
        """Return the reasons why these new sessions may not be stored; `stored` are those of their visits that exist."""
        to_come = [session for session in sessions if session.stage == SessionStage.SCHEDULED and session.day >= self._on]
        not_planned = {reference: visit.stage for reference, visit in stored.items() if visit.stage not in BOOKED_STAGES}
        named = sites_named(sessions)
        reasons = [
            *self._days.refusals(sessions, named, stored),
            *(
                (session, _reason_not_planned(session, not_planned[session.visit]))
                for session in to_come
                if session.visit in not_planned
            ),
            *self._not_coverable([session for session in to_come if session.visit not in not_planned], named, stored),
            *self._locked(sessions),
        ]
        return [Refusal(session.line, session.visit, reason) for session, reason in reasons]

    def _locked(self, sessions: Sequence[SheetSession]) -> Iterator[tuple[SheetSession, str]]:
        """Yield a reason for each session in a closed period.

        A return counts the sessions that took place and those that nobody reported, so cancelled ones are left out.
        """
        if not self._closed:
            return
        counted = [session for session in sessions if session.stage != SessionStage.CANCELLED]
        places = places_of(counted)
        for session in counted:
            area_days = {(places[school, session.day].area_id, session.day) for school in session.school_ids}
            periods = [period for area, _ in area_days if area for period in self._closed.get(area, ())]
            yield from ((session, reason) for reason in rules.reasons_signed_off(area_days, periods))

    def _not_coverable(
        self, sessions: Sequence[SheetSession], named: Named, stored: dict[str, StoredVisit]
    ) -> Iterator[tuple[SheetSession, str]]:
        """Yield the reasons against the people on scheduled sessions from today on (rules 6 to 9)."""
        covered = [session for session in sessions if any(state in LIVE_STATES for _, _, state in session.covers)]
        if not covered:
            return
        people = Volunteer.objects.in_bulk({volunteer for session in covered for volunteer, _, _ in session.covers})
        rows = _as_rows(covered, named, stored)
        records = CoverRecords.of(people.values(), rows.values())
        for person in people:
            records.also(person, self._said_yes[person])
        for session in covered:
            row = rows[session.key]
            for volunteer, role, state in session.covers:
                if state in LIVE_STATES:
                    person = people[volunteer]
                    ask = rules.reasons_to_ask_first(person, row, records=records)
                    yield from ((session, f"{reason} {NO_NOTE}") for reason in ask)
                    why = rules.reasons_not_to_cover(person, row, role=role, on=self._on, records=records)
                    yield from ((session, reason) for reason in why)
            yield from ((session, reason) for reason in _too_many(session, row))
            # By its line, because what is not stored yet has no id.
            here = Commitment.of(row)
            here = replace(here, session_id=-session.line, school=f"{here.school} (line {session.line})")
            for volunteer, _, state in session.covers:
                if state in HOLDING_STATES:
                    self._said_yes[volunteer].append(here)
                    records.also(volunteer, [here])


def _as_rows(sessions: Sequence[SheetSession], named: Named, stored: dict[str, StoredVisit]) -> dict[SessionKey, Session]:
    """Return each of the sessions as it would be stored, by its key; one query."""
    schools = School.objects.in_bulk({session.school_id for session in sessions})
    return {
        session.key: Session(
            visit=Visit(
                school=schools[session.school_id],
                stage=stored[session.visit].stage if session.visit in stored else VisitStage.PLANNED,
            ),
            type=session.type,
            day=session.day,
            starts=session.starts,
            ends=session.ends,
            site=site_of(session, named),
        )
        for session in sessions
    }


def _too_many(session: SheetSession, row: Session) -> Iterator[str]:
    """Yield the reason where the file has more people on the session than it has places for (rule 9)."""
    presenting = sum(role in PRESENTING_ROLES and state in HOLDING_STATES for _, role, state in session.covers)
    if presenting > session.type.presenters > 0:
        yield (
            f"{presenting} people lead or present but “{row.name}” needs {session.type.presenters}. "
            "Make the others trainees or observers."
        )


def _reason_not_planned(session: SheetSession, stage: str) -> str:
    if stage == VisitStage.REQUESTED:
        return f"The school has asked for the visit “{session.visit}”, which has no day yet. Book it in the office."
    return f"The visit “{session.visit}” was {stage} in the office. Use another reference, or book it there."


@transaction.atomic
def store(sheet: Sheet, without: Container[int], *, now: datetime, progress: Progress) -> None:
    """Store the sheet's sessions but those of some lines. Raises ChangedMeanwhileError when the check no longer holds."""
    keep_statistics_after_commit()
    on = timezone.localdate(now)
    lock(sheet.sessions(without=without), on=on)
    judge = _Judge(sheet, on)
    done = 0
    for batch in batched(sheet.sessions(without=without), BATCH):
        visits = stored_visits({session.visit for session in batch})
        if any(_compared(session, visits.get(session.visit)) != ([], True) for session in batch) or judge.refusals(batch, visits):
            raise ChangedMeanwhileError
        ids = {reference: visit.pk for reference, visit in visits.items()}
        ids |= made_visits({session.visit: session.school_id for session in batch if session.visit not in ids}, now=now)
        store_batch(batch, ids, now=now)
        done += len(batch)
        progress("stored", done)
