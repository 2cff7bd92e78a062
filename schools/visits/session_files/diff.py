"""What the database has about the visits that a session file names, and where the file differs from it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, time

from schools.directory.models import School
from schools.directory.models.schools import Status
from schools.programme.models import SessionType
from schools.visits.models import Cover, Headcount, Session, SessionStage, Visit
from schools.visits.queries.merged_people import earlier_names
from schools.visits.session_files.columns import write_because
from schools.visits.session_files.parse import KnownCover, Names, SheetSession
from schools.volunteers.models import Volunteer

CLOSING_OR_CLOSED = {Status.CLOSING, Status.CLOSED}


def known_names() -> Names:
    """Return every school, session type and volunteer by the name that a file uses, in a constant number of queries."""
    volunteers: dict[str, int] = {}
    people = Volunteer.objects.order_by("pk").values_list("reference", "user__email", "email", "pk")
    for reference, signs_in_as, email, volunteer in people.iterator(5000):
        volunteers.setdefault(reference.lower(), volunteer)
        if signs_in_as:
            volunteers[signs_in_as.lower()] = volunteer
        elif email:
            volunteers.setdefault(email.lower(), volunteer)
    schools: dict[tuple[str, str], int] = {}
    chains: dict[int, int] = {}
    closing: set[int] = set()
    facts = School.objects.values_list("nation", "register_id", "pk", "chain", "status", "closed")
    for nation, register_id, school, chain, status, closed in facts.iterator(5000):
        schools[nation, register_id] = school
        if chain is not None:
            chains[school] = chain
        if closed or status in CLOSING_OR_CLOSED:
            closing.add(school)
    return Names(
        schools=schools,
        chains=chains,
        closing=closing,
        types={session_type.slug.lower(): session_type for session_type in SessionType.objects.all()},
        volunteers=volunteers,
        earlier=earlier_names,
    )


@dataclass(slots=True)
class StoredSession:
    """A session as the database has it."""

    starts: time
    ends: time
    language: str
    stage: str
    because: str
    adults: int | None
    pupils_are: str
    count_basis: str
    site: int | None
    """The id of the site at which it is; None: the school's own address."""
    site_name: str | None
    presenters: int
    """How many people go to it; 0: it is shown online."""
    counts: dict[tuple[int, int], tuple[int | None, int | None]] = field(default_factory=dict)
    """The numbers of pupils, expected and counted, by school id and year group; None: not known or not counted."""
    covers: list[KnownCover] = field(default_factory=list)

    @property
    def takes_people(self) -> bool:
        """Whether people go, or went, to it."""
        return self.presenters > 0 and self.stage != SessionStage.CANCELLED

    @property
    def minutes(self) -> int:
        """The length in minutes."""
        return (self.ends.hour - self.starts.hour) * 60 + self.ends.minute - self.starts.minute


@dataclass(slots=True)
class StoredVisit:
    """A visit as the database has it."""

    pk: int
    school_id: int
    stage: str
    sessions: dict[tuple[int, date, time], StoredSession] = field(default_factory=dict)


def stored_visits(references: Iterable[str]) -> dict[str, StoredVisit]:
    """Return the visits with these references, and their sessions, in at most four queries."""
    rows = Visit.objects.filter(reference__in=references).values_list("reference", "pk", "school_id", "stage")
    visits = {reference: StoredVisit(pk, school, stage) for reference, pk, school, stage in rows}
    if not visits:
        return {}
    by_id = {visit.pk: visit for visit in visits.values()}
    sessions: dict[int, StoredSession] = {}
    facts = (
        *("ends", "language", "stage", "cancelled_code", "cancelled_note", "adults", "pupils_are", "count_basis"),
        *("site", "site__name", "type__presenters"),
    )
    for session, visit, type_id, day, starts, *values in Session.objects.filter(visit__in=by_id).values_list(
        "pk", "visit_id", "type_id", "day", "starts", *facts
    ):
        ends, language, stage, code, note, *rest = values
        sessions[session] = StoredSession(starts, ends, language, stage, write_because(code, note), *rest)
        by_id[visit].sessions[type_id, day, starts] = sessions[session]
    for session, school, group, *numbers in Headcount.objects.filter(session__visit__in=by_id).values_list(
        "session_id", "school_id", "year_group", "expected", "pupils"
    ):
        sessions[session].counts[school, group] = (numbers[0], numbers[1])
    covers = Cover.objects.filter(session__visit__in=by_id).values_list("session_id", "volunteer_id", "role", "state")
    for session, volunteer, role, state in covers:
        sessions[session].covers.append((volunteer, role, state))
    return visits


def differences(wanted: SheetSession, stored: StoredSession) -> list[str]:
    """Return the columns in which the file differs from the database; a blank cell does not differ."""
    pairs = {
        "minutes": (wanted.minutes, stored.minutes),
        "language": (wanted.language, stored.language),
        "stage": (wanted.stage, stored.stage),
        "cancelled_because": (wanted.because and write_because(*wanted.because), stored.because),
        "adults": (wanted.adults, stored.adults),
        "covers": (sorted(wanted.covers) or None, sorted(stored.covers)),
        "pupils_are": (wanted.pupils_are, stored.pupils_are),
        "count_basis": (wanted.count_basis, stored.count_basis),
        "site": (wanted.site and wanted.site.casefold(), (stored.site_name or "").casefold()),
    }
    columns = [name for name, (file, ours) in pairs.items() if file is not None and file != ours]
    groups: defaultdict[int, set[int]] = defaultdict(set)
    for school, group, *numbers in wanted.counts:
        groups[school].add(group)
        ours = stored.counts.get((school, group))
        if ours is None:
            columns.append("year_groups")
            continue
        for name, number, our_number in zip(("expected", "pupils"), numbers, ours, strict=True):
            if number is not None and number != our_number:
                columns.append(f"{name}_{group}")
    stored_groups = {school: {group for known, group in stored.counts if known == school} for school in wanted.whole_schools}
    if any(groups[school] != known for school, known in stored_groups.items()):
        columns.append("year_groups")
    return list(dict.fromkeys(columns))
