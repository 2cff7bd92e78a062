"""What a school's page shows about the school under all its register numbers, in a constant number of queries."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from schools.accounts.models import User
from schools.core.periods import AcademicYear
from schools.core.year_groups import YEAR_GROUPS, year_group_name
from schools.directory.models import (
    ChangeState,
    Contact,
    ImportChange,
    LinkKind,
    Roll,
    School,
    SchoolAuthority,
    SchoolLink,
    Status,
)
from schools.directory.sources import given_by_owners
from schools.office.frame.chips import chip_of_visit
from schools.office.registers.import_words import lines_of
from schools.visits.models import ContactLog, Headcount, Session, SessionStage, Visit

MOST_SHOWN = 20
"""The most conversations, and the most imports. Visits are all shown."""


def chain_of(school: School) -> list[School]:
    """Return the register entries of the school's chain, this one included, the earliest first."""
    if school.chain is None:
        return [school]
    together = School.objects.filter(chain=school.chain)
    return sorted(together, key=lambda entry: (entry.opened or date.min, entry.closed or date.max, entry.pk))


@dataclass
class VisitLine:
    """A visit to the school, or those sessions of another school's visit in which its pupils were guests."""

    visit: Visit
    chip: str
    may_open: bool
    was_guest: bool
    days: list[date] = field(default_factory=list)
    sessions: list[str] = field(default_factory=list)
    attendances: int | None = None
    """The number of this school's pupils in delivered sessions; None where nobody counted any."""
    uncounted: set[int] = field(default_factory=set)
    """The school years in which nobody counted a year group of a delivered session, by the calendar year in which they began."""
    held: dict[int, int | None] = field(default_factory=dict)
    """Their part in each school year in which a session took place, by the calendar year in which it began; None as before."""
    first_of: list[int] = field(default_factory=list)
    """The school years of which this is the first visit in the list that took place."""

    @property
    def not_counted(self) -> bool:
        """Whether nobody counted a year group of a delivered session."""
        return bool(self.uncounted)

    @property
    def types(self) -> str:
        """The kinds of sessions with their numbers, like “KS1 assembly, 4 × Year 5–6 workshop”."""
        return ", ".join(name if number == 1 else f"{number} × {name}" for name, number in Counter(self.sessions).items())

    @property
    def last_day(self) -> date | None:
        """The last day of a session of the visit; None where it has none."""
        return max(self.days, default=None)


def visits_of(chain: Sequence[School], user: User, *, on: date) -> list[VisitLine]:
    """Return every visit of the chain with the attendances of the chain's own pupils, the newest first."""
    ids = [school.pk for school in chain]
    # Two short lists, each read from an index: with one OR, databases go through every visit ever booked.
    hosted = Visit.objects.filter(school__in=ids).order_by().values("pk")
    seated = Headcount.objects.filter(school__in=ids).order_by().values("session__visit")
    visits = list(Visit.objects.filter(pk__in=hosted.union(seated, all=True)).select_related("school"))
    mine = set(Visit.objects.for_user(user, on=on).filter(pk__in=[visit.pk for visit in visits]).values_list("pk", flat=True))
    lines = {visit.pk: VisitLine(visit, chip_of_visit(visit), visit.pk in mine, visit.school_id not in ids) for visit in visits}
    with_theirs = Exists(Headcount.objects.filter(school__in=ids, session=OuterRef("pk")))
    theirs = Session.objects.filter(Q(visit__school__in=ids) | with_theirs, visit__in=lines)
    for_pupils: set[tuple[int, int]] = set()
    for session in theirs.select_related("type", "visit__school").order_by("day", "starts"):
        line = lines[session.visit_id]
        line.days += [] if session.day in line.days else [session.day]
        if session.stage != SessionStage.CANCELLED:
            line.sessions.append(session.name)
        if session.stage == SessionStage.DELIVERED:
            line.held.setdefault(session.academic_year, None)
            if session.type.is_for_pupils:
                for_pupils.add((session.visit_id, session.academic_year))
    _add_pupils(lines, ids, for_pupils)
    latest_first = sorted(lines.values(), key=lambda line: (line.last_day or date.max, line.visit.pk), reverse=True)
    listed: set[int] = set()
    for line in latest_first:
        line.first_of = sorted(line.held.keys() - listed)
        listed |= line.held.keys()
    return latest_first


def _add_pupils(lines: Mapping[int, VisitLine], ids: Sequence[int], for_pupils: Iterable[tuple[int, int]]) -> None:
    """Add the pupils of these schools to the lines, by the visit's id; `for_pupils` are visits and the years of their sessions.

    A visit of which nothing was written down in a year was not counted in it.
    """
    delivered = Headcount.objects.filter(session__visit__in=lines, session__stage=SessionStage.DELIVERED, school__in=ids)
    for visit_id, year, pupils in delivered.order_by().values_list("session__visit_id", "session__academic_year", "pupils"):
        line = lines[visit_id]
        if pupils is None:
            line.uncounted.add(year)
        else:
            line.attendances = (line.attendances or 0) + pupils
            line.held[year] = (line.held.get(year) or 0) + pupils
    for visit_id, year in for_pupils:
        if lines[visit_id].held[year] is None:
            lines[visit_id].uncounted.add(year)


@dataclass(frozen=True)
class RollLine:
    """The pupils on roll in one school year, by year group of the programme."""

    year: AcademicYear
    pupils: list[int | None]
    total: int
    sources: str
    age: str


def rolls_of(chain: Sequence[School], *, on: date) -> tuple[list[str], list[RollLine]]:
    """Return the names of the year groups with a known roll, and a line for each school year, the newest first."""
    best: defaultdict[int, dict[int, Roll]] = defaultdict(dict)
    for roll in Roll.objects.filter(school__in=[school.pk for school in chain]).best_first():
        known = best[roll.academic_year].get(roll.year_group)
        if known is None or roll.school_id == chain[-1].pk != known.school_id:
            best[roll.academic_year][roll.year_group] = roll
    groups = [group for group in YEAR_GROUPS if any(group in year for year in best.values())]
    lines = []
    for year, rolls in sorted(best.items(), reverse=True):
        of_groups = [rolls[group].pupils if group in rolls else None for group in groups]
        sources = sorted({str(roll.get_source_display()) for roll in rolls.values()})
        total = sum(roll.pupils for roll in rolls.values())
        lines.append(RollLine(AcademicYear(year), of_groups, total, ", ".join(sources), _age(year, on=on)))
    return [year_group_name(group, chain[-1].nation) for group in groups], lines


def _age(year: int, *, on: date) -> str:
    """Return in words how old the numbers of the school year are."""
    years = AcademicYear.of(on).start - year
    if years <= 0:
        return "this school year" if years == 0 else "a coming school year"
    return "last school year" if years == 1 else f"{years} school years old"


@dataclass(frozen=True)
class LinkLine:
    """A link with another school, which came before or after this one, or feeds it or is fed by it."""

    link: SchoolLink
    other: School
    words: str
    may_open: bool

    @property
    def is_feeder(self) -> bool:
        """Whether the link is a feeder link, which is entered by hand and can be removed."""
        return self.link.kind == LinkKind.FEEDER


def links_of(school: School, user: User, *, on: date) -> list[LinkLine]:
    """Return the school's links with others, each in words."""
    links = SchoolLink.objects.filter(Q(predecessor=school) | Q(successor=school)).select_related("predecessor", "successor")
    pairs = [(link, link.successor if link.predecessor_id == school.pk else link.predecessor) for link in links]
    mine = set(School.objects.for_user(user, on=on).filter(pk__in=[other.pk for _, other in pairs]).values_list("pk", flat=True))
    return [LinkLine(link, other, _link_words(link, school), other.pk in mine) for link, other in pairs]


def _link_words(link: SchoolLink, school: School) -> str:
    is_before = link.predecessor_id == school.pk
    if link.kind == LinkKind.FEEDER:
        return "feeds" if is_before else "is fed by"
    how = {LinkKind.SUCCESSOR: "", LinkKind.MERGED: " in a merger", LinkKind.AMALGAMATED: " in an amalgamation"}
    return f"{'was followed by' if is_before else 'followed'}{how.get(LinkKind(link.kind), ' in a split')}"


def authorities_of(chain: Iterable[School]) -> QuerySet[SchoolAuthority]:
    """Return the authorities to which the school belonged, the latest first."""
    rows = SchoolAuthority.objects.filter(school__in=[school.pk for school in chain])
    return rows.select_related("authority", "school").order_by("-from_day", "-pk")


def imports_of(chain: Iterable[School]) -> list[tuple[ImportChange, list[str]]]:
    """Return what imports changed about the school, each change with its lines of text, the latest first."""
    changes = ImportChange.objects.filter(school__in=[school.pk for school in chain], state=ChangeState.DONE)
    latest = changes.select_related("run").order_by("-run__applied_at", "-pk")[:MOST_SHOWN]
    return [(change, lines_of(change)) for change in latest]


def conversations_with(chain: Iterable[School]) -> QuerySet[ContactLog]:
    """Return the conversations with the school, the latest first."""
    return ContactLog.objects.filter(school__in=[school.pk for school in chain]).select_related("by", "visit")[:MOST_SHOWN]


def warnings_about(school: School, chain: Sequence[School], *, on: date) -> list[str]:
    """Return what somebody should know before booking, each a sentence."""
    warnings = []
    if school.status == Status.CLOSED:
        when = f" on {school.closed.day} {school.closed:%B %Y}" if school.closed else ""
        later = chain[-1]
        become = f" It is {later} now, number {later.register_id}: book there." if later.pk != school.pk else ""
        warnings.append(f"This school closed{when}.{become}")
    elif school.status == Status.PROPOSED:
        warnings.append("This school has not opened yet.")
    elif not school.year_groups:
        warnings.append("This school teaches none of our year groups, by its ages.")
    if school.status == Status.CLOSING and school.closed and school.closed < on:
        day = school.closed
        warnings.append(f"It was to close on {day.day} {day:%B %Y}. Find out whether it has.")
    if school.missing_since and school.status != Status.CLOSED:
        day = school.missing_since
        warnings.append(
            f"The register does not name it since {day.day} {day:%B %Y}. Ask the school, or its authority, whether it is open."
        )
    until = school.ask_again_on or max((each.ask_again_on for each in chain if each.ask_again_on), default=None)
    if until and until > on:
        warnings.append(f"Ask again on {until.day} {until:%B %Y}, not before.")
    return warnings


@dataclass(frozen=True)
class PersonLine:
    """Somebody at a school, as its page shows them."""

    contact: Contact
    under: School | None
    """An earlier entry of the school under which the person was written down; None: under this one."""
    also_at: tuple[School, ...]
    """The other schools of somebody who belongs to several."""
    is_from_list: bool = False
    """Whether their address is from a list, and its owner has not given it to us besides."""


def people_at(school: School, chain: list[School]) -> list[PersonLine]:
    """Return the people at the school and its earlier entries, by name: two queries, two more where one is from a list."""
    entries = {entry.pk for entry in chain}
    contacts = list(Contact.objects.at(chain).select_related("school").prefetch_related("also_at"))
    of_list = {contact.imported_email for contact in contacts if contact.is_from_list}
    of_list -= given_by_owners(of_list) if of_list else set()
    lines = []
    for contact in contacts:
        schools = [contact.school, *contact.also_at.all()]
        here = any(each.pk == school.pk for each in schools)
        under = None if here else next(each for each in schools if each.pk in entries)
        also_at = tuple(each for each in schools if each.pk not in entries)
        lines.append(PersonLine(contact, under, also_at, contact.is_from_list and contact.imported_email in of_list))
    return lines
