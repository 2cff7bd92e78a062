"""What is worth a look in a session file although it can be stored: it refuses nothing."""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import date, time
from itertools import batched

from schools.core.words import joined
from schools.directory.actions.reading import RowProblem
from schools.directory.models import School
from schools.directory.queries import NOWHERE
from schools.visits.models import Session, SessionStage
from schools.visits.rules.closing_schools import is_closed_by, warning_of_closing
from schools.visits.session_files.parse import Sheet, SheetSession
from schools.visits.session_files.writing import AT_ONCE, places_of

NO_AREA = (
    "No area holds the authority of its school on that day, so its children count in no area. Import the authorities and areas "
    "of that time first."
)
IF_THE_SAME = "If it is the same session, take it out of the file, or its children count twice."
ASK_IT = "Ask the school, and call it off or book it elsewhere."
MOST_NOTES = 1_000
"""So many sessions are named of each kind of note; of the others the number is told."""

type Taught = tuple[int, int, date, time]
"""The lowest id of a school's numbers, a type's id, a day and a start."""


def notes_on(sheet: Sheet, *, without: Container[int]) -> list[RowProblem]:
    """Return the notes on the sheet's sessions but those of some lines, which are stored already or left out.

    Each AT_ONCE sessions take the same few queries.
    """
    no_area = _without_area(sheet.sessions(without=without))
    there = _there_already(sheet, sheet.sessions(without=without))
    closed = _closed_by_then(sheet, sheet.sessions(without=without))
    return [
        *_first_of(no_area, f"are so. {NO_AREA}"),
        *_first_of(there, f"are there already under other references. {IF_THE_SAME}"),
        *_first_of(closed, f"are booked at schools that are closed by then. {ASK_IT}"),
    ]


def _first_of(notes: Iterable[RowProblem], others: str) -> Iterator[RowProblem]:
    """Yield the first MOST_NOTES notes; after more, one that tells the number of the others and what they are."""
    number = 0
    for number, note in enumerate(notes, start=1):
        if number <= MOST_NOTES:
            yield note
    if number > MOST_NOTES:
        yield RowProblem(0, "", f"{number - MOST_NOTES:,} sessions more {others}")


def _without_area(sessions: Iterable[SheetSession]) -> Iterator[RowProblem]:
    """Yield a note for each delivered session whose children would count in no area."""
    for batch in batched((session for session in sessions if session.stage == SessionStage.DELIVERED), AT_ONCE):
        places = places_of(batch)
        for session in batch:
            if places.get((session.school_id, session.day), NOWHERE).area_id is None:
                yield RowProblem(session.line, session.visit, NO_AREA)


def _there_already(sheet: Sheet, sessions: Iterable[SheetSession]) -> Iterator[RowProblem]:
    """Yield a note for each session that is there under a reference by which the file does not name it.

    Two classes are often taught in parallel, so that is no reason to refuse one; where the file itself has both, it says so.
    """
    chains = sheet.names.chains
    for batch in batched((session for session in sessions if session.stage != SessionStage.CANCELLED), AT_ONCE):
        taught = _taught(batch, chains)
        for session in batch:
            chain = chains.get(session.school_id, session.school_id)
            references = sorted(
                reference
                for reference in taught[chain, session.type.pk, session.day, session.starts]
                if (reference, session.type.pk, session.day, session.starts) not in sheet
            )
            if references:
                names = joined(f"“{reference}”" for reference in references)
                reason = f"Its school has a session of this type at that time already, under {names}. {IF_THE_SAME}"
                yield RowProblem(session.line, session.visit, reason)


def _taught(sessions: Sequence[SheetSession], chains: Mapping[int, int]) -> defaultdict[Taught, set[str]]:
    """Return the references under which sessions are stored and not cancelled, at these schools on these days; one query.

    A school's sessions under its earlier and later numbers are its own: `chains` has the lowest id by the id of each number.
    """
    schools = {session.school_id for session in sessions}
    here = {chains[school] for school in schools if school in chains}
    schools |= {school for school, chain in chains.items() if chain in here}
    stored = Session.objects.exclude(stage=SessionStage.CANCELLED).filter(
        visit__school__in=schools, day__in={session.day for session in sessions}
    )
    taught: defaultdict[Taught, set[str]] = defaultdict(set)
    facts = stored.values_list("visit__school_id", "type_id", "day", "starts", "visit__reference")
    for school, type_id, day, starts, reference in facts:
        taught[chains.get(school, school), type_id, day, starts].add(reference)
    return taught


def _closed_by_then(sheet: Sheet, sessions: Iterable[SheetSession]) -> Iterator[RowProblem]:
    """Yield a note for each school of a session to come that is closed by then, or may be."""
    to_come = (session for session in sessions if session.stage == SessionStage.SCHEDULED and session.day >= sheet.on)
    for batch in batched(to_come, AT_ONCE):
        # The others are not read: hardly any school is closed or is to close.
        closing = School.objects.in_bulk({pk for session in batch for pk in session.school_ids & sheet.names.closing})
        for session in batch:
            guests = sorted(session.school_ids - {session.school_id})
            for pk, is_guest in [(session.school_id, False), *((guest, True) for guest in guests)]:
                if pk in closing and is_closed_by(closing[pk], session.day):
                    warning = warning_of_closing(closing[pk], [session.day], is_guest=is_guest)
                    yield RowProblem(session.line, session.visit, f"{warning} {ASK_IT}")
