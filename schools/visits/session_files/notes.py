"""What is worth a look in a session file although it can be stored: it refuses nothing."""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import date, time
from itertools import batched

from schools.core.words import joined
from schools.directory.actions.reading import RowProblem
from schools.directory.queries import NOWHERE
from schools.visits.models import Session, SessionStage
from schools.visits.session_files.parse import Sheet, SheetSession
from schools.visits.session_files.writing import AT_ONCE, places_of

NO_AREA = (
    "No area holds the authority of its school on that day, so its children count in no area. Import the authorities and areas "
    "of that time first."
)
IF_THE_SAME = "If it is the same session, take it out of the file, or its children count twice."
MOST_NOTES = 1_000
"""So many sessions are named of each kind of note; of the others the number is told."""

type Taught = tuple[int, int, date, time]
"""A school's id, a type's id, a day and a start."""


def notes_on(sheet: Sheet, *, without: Container[int]) -> list[RowProblem]:
    """Return the notes on the sheet's sessions but those of some lines, which are stored already or left out.

    Each AT_ONCE sessions take the same few queries.
    """
    no_area = _without_area(sheet.sessions(without=without))
    there = _there_already(sheet, sheet.sessions(without=without))
    return [
        *_first_of(no_area, f"are so. {NO_AREA}"),
        *_first_of(there, f"are there already under other references. {IF_THE_SAME}"),
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
    for batch in batched((session for session in sessions if session.stage != SessionStage.CANCELLED), AT_ONCE):
        taught = _taught(batch)
        for session in batch:
            references = sorted(
                reference
                for reference in taught[session.school_id, session.type.pk, session.day, session.starts]
                if (reference, session.type.pk, session.day, session.starts) not in sheet
            )
            if references:
                names = joined(f"“{reference}”" for reference in references)
                reason = f"Its school has a session of this type at that time already, under {names}. {IF_THE_SAME}"
                yield RowProblem(session.line, session.visit, reason)


def _taught(sessions: Sequence[SheetSession]) -> defaultdict[Taught, set[str]]:
    """Return the references under which sessions are stored and not cancelled, at these schools on these days; one query."""
    stored = Session.objects.exclude(stage=SessionStage.CANCELLED).filter(
        visit__school__in={session.school_id for session in sessions}, day__in={session.day for session in sessions}
    )
    taught: defaultdict[Taught, set[str]] = defaultdict(set)
    facts = stored.values_list("visit__school_id", "type_id", "day", "starts", "visit__reference")
    for school, type_id, day, starts, reference in facts:
        taught[school, type_id, day, starts].add(reference)
    return taught
