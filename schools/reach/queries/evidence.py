"""What a return's figures rest on besides its lines, as texts: so that anybody can count them again without this database."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from schools.core.periods import AcademicYear
from schools.core.year_groups import YEAR_GROUPS, year_groups_of_ages
from schools.directory.models import School
from schools.reach.fold_rows import RollsInOrder, Stretches
from schools.reach.headcount_codec import year_and_group
from schools.reach.places import Scope
from schools.reach.queries import counting, known
from schools.reach.queries.kin import first_known
from schools.reach.queries.standing import StandingSchool, standing_schools
from schools.reach.rows import ReachTable
from schools.visits.models import Headcount, Session

LINES = ("line", "session", "host_row", "row", "school", "session_has_counts", "session_counts_missing", "stretch")
SCHOOLS = (
    "school", "name", "chain", "lineage", "year_groups", "stands_in_row", "in_cycle", "whole_programme",
    *(f"roll_{group}" for group in YEAR_GROUPS), "roll_estimated",
)  # fmt: skip
ROLLS = ("chain", "academic_year", "year_group", "pupils")
ELSEWHERE = ("session", "school", "session_type", "academic_year", "year_group", "pupils", "pupils_are", "count_basis")
UNREPORTED = ("session", "row", "school", "session_type", "academic_year", "year_group")
TYPES = ("session_type", "channel", "audience", "series", "year_groups")

FILES = {
    "lines": LINES, "schools": SCHOOLS, "rolls": ROLLS, "elsewhere": ELSEWHERE, "unreported": UNREPORTED, "session_types": TYPES,
}  # fmt: skip
"""The columns of each part of the evidence."""

type Lines = list[list[str]]


def evidence(scope: Scope, table: ReachTable, lines: list[tuple[int, list[str]]]) -> dict[str, Lines]:
    """Return the evidence of an area's table by authority and of the session lines behind it.

    `scope` is that of the table. A row is named by its number in the file of figures, from 1; the total is no row.
    """
    rows = {scope.key_of(row.cell): number for number, row in enumerate(table.rows, start=1)}
    standing = standing_schools(scope, one_by_one=True)
    stands = {school.school: school for school in standing.schools}
    elsewhere = list(_elsewhere(scope, standing.chains))
    unreported = list(_unreported(scope, rows))
    written = _lines(scope, rows, lines)
    named = {line[LINES.index("school")] for line in written} | {line[1] for line in elsewhere} | {line[2] for line in unreported}
    schools = list(_schools(named, stands, rows))
    return {
        "lines": written,
        "schools": schools,
        "rolls": _rolls(scope, {int(school[SCHOOLS.index("chain")]) for school in schools}),
        "elsewhere": elsewhere,
        "unreported": unreported,
        "session_types": _types(scope),
    }


def _yes(is_so: object) -> str:
    return "yes" if is_so else "no"


def _texts(*values: Any) -> list[str]:
    return ["" if value is None else str(value) for value in values]


@dataclass(frozen=True)
class _Held:
    """A session behind the return."""

    area: int | None
    authority: int | None
    host: str
    lineage: int
    chain: int
    counts: int
    missing: int


def _code(nation: str, register_id: str) -> str:
    return f"{nation}:{register_id}"


def _lines(scope: Scope, rows: Mapping[Hashable, int], lines: list[tuple[int, list[str]]]) -> Lines:
    """Return what each line of the session file needs besides its cells: its row, its place in time, its session as a whole."""
    ids = {session for session, _ in lines}
    held = _sessions(ids)
    # What stands at a session for adults is counted nowhere, so no row has to be there for it.
    of_pupils = {"session__type__in": scope.for_pupils, "area__in": scope.areas or ()}
    counts: Any = Headcount.objects.filter(session__in=ids, **of_pupils).order_by()
    kin = (first_known("school__lineage", "school_id"), first_known("school__chain", "school_id"))
    columns = ("session_id", "school__nation", "school__register_id", "area_id", "authority_id", *kin)
    of_schools = {(s, _code(nation, number)): rest for s, nation, number, *rest in counts.values_list(*columns).distinct()}
    stretches = known.stretches(scope)
    written = []
    for number, (pk, cells) in enumerate(lines, start=1):
        session, school = held[pk], _code(cells[1], cells[2])
        # Pupils and their session may have been frozen in different places: each counts in its own.
        is_host = school == session.host and session.area in (scope.areas or ())
        host_row = rows[session.area, session.authority] if is_host else None
        area, authority, lineage, chain = of_schools.get((pk, school)) or (None, None, session.lineage, session.chain)
        row = rows[area, authority] if (pk, school) in of_schools else None
        facts = (_yes(session.counts), session.missing, _stretch(stretches, lineage, chain, pk))
        written.append(_texts(number, pk, host_row, row, school, *facts))
    return written


def _stretch(stretches: Stretches, lineage: int, chain: int, session: int) -> str:
    return ".".join(map(str, stretches.of(lineage, chain, session)))


def _sessions(ids: set[int]) -> dict[int, _Held]:
    host = "visit__school"
    sessions: QuerySet[Session, Any] = Session.objects.filter(pk__in=ids).order_by()
    counted = sessions.annotate(counts=Count("headcounts"), missing=Count("headcounts", filter=Q(headcounts__pupils=None)))
    kin = (first_known(f"{host}__lineage", f"{host}_id"), first_known(f"{host}__chain", f"{host}_id"))
    columns = ("pk", "area_id", "authority_id", f"{host}__nation", f"{host}__register_id", *kin, "counts", "missing")
    return {
        pk: _Held(area, authority, _code(nation, number), *rest)
        for pk, area, authority, nation, number, *rest in counted.values_list(*columns)
    }


def _elsewhere(scope: Scope, chains: set[int]) -> Iterator[list[str]]:
    """Yield what was counted, and visits without a count, in chains that stand in the area while they lay elsewhere."""
    chain = first_known("school__chain", "school_id")
    counts = counting.counted(scope, anywhere=True).exclude(area__in=scope.areas or ()).annotate(of=chain).filter(of__in=chains)
    columns = ("session_id", "school__nation", "school__register_id", "session__type__slug", "session__academic_year")
    of_count = ("year_group", "pupils", "session__pupils_are", "session__count_basis")
    for session, nation, number, *rest in counts.order_by("session_id", "school_id", "year_group").values_list(
        *columns, *of_count
    ):
        yield _texts(session, _code(nation, number), *rest)
    host = first_known("visit__school__chain", "visit__school_id")
    bare = counting.without_headcounts(scope, anywhere=True).exclude(area__in=scope.areas or ())
    held = bare.annotate(of=host).filter(of__in=chains).order_by("pk")
    facts = ("pk", "visit__school__nation", "visit__school__register_id", "type__slug", "academic_year")
    for session, nation, number, *rest in held.values_list(*facts):
        yield _texts(session, _code(nation, number), *rest, None, None, None, None)


def _unreported(scope: Scope, rows: Mapping[Hashable, int]) -> Iterator[list[str]]:
    """Yield each session that is over and not reported, and each class that may have been in it."""
    host, overdue = "visit__school", counting.overdue(scope)
    place = ("pk", f"{host}_id", "day", f"{host}__nation", f"{host}__fifth", f"{host}__register_id")
    of_type = ("type_id", "type__slug", "academic_year")
    ages = (f"{host}__low_age", f"{host}__high_age")
    has_counts = Exists(Headcount.objects.filter(session=OuterRef("pk")))
    sessions = list(overdue.annotate(has=has_counts).order_by("pk").values_list(*place, *of_type, *ages, "has"))
    keys = counting.keys_on_the_day(scope, [fact[1:5] for fact in sessions])
    types = {session_type.pk: session_type for session_type in scope.types}
    for (pk, _, _, nation, _, number, kind, slug, year, low, high, has), key in zip(sessions, keys, strict=True):
        if key in rows:
            code = _code(nation, number)
            yield _texts(pk, rows[key], code, slug, year, None)
            taught = () if has else year_groups_of_ages(low, high)
            for group in types[kind].year_groups:
                if group in taught:
                    yield _texts(pk, rows[key], code, slug, year, group)
    counts = Headcount.objects.filter(session__in=[pk for pk, *_ in sessions]).order_by("session_id", "school_id", "year_group")
    columns = ("session_id", "school_id", "session__day", "school__nation", "school__fifth", "school__register_id")
    expected = list(counts.values_list(*columns, "session__type__slug", "session__academic_year", "year_group"))
    keys = counting.keys_on_the_day(scope, [fact[1:5] for fact in expected])
    for (pk, _, _, nation, _, number, slug, year, group), key in zip(expected, keys, strict=True):
        if key in rows:
            yield _texts(pk, rows[key], _code(nation, number), slug, year, group)


def _schools(named: set[str], stands: Mapping[int, StandingSchool], rows: Mapping[Hashable, int]) -> Iterator[list[str]]:
    """Yield every school that is named, and every school that stands in the area."""
    numbers = {code.partition(":")[2] for code in named}
    columns = (
        "pk",
        "nation",
        "register_id",
        "name",
        first_known("chain", "pk"),
        first_known("lineage", "pk"),
        "low_age",
        "high_age",
    )
    known_schools: Any = School.objects.filter(Q(register_id__in=numbers) | Q(pk__in=list(stands)))
    for pk, nation, number, name, chain, lineage, low, high in known_schools.order_by("nation", "register_id").values_list(
        *columns
    ):
        code, standing = _code(nation, number), stands.get(pk)
        if code not in named and standing is None:
            continue
        taught = " ".join(map(str, sorted(year_groups_of_ages(low, high))))
        facts = _texts(code, name, chain, lineage, taught)
        if standing is None:
            yield [*facts, "", "", "", *("" for _ in YEAR_GROUPS), ""]
            continue
        # A roll that is known of some year groups alone is part of no figure of a return.
        rolls = _texts(*(None if standing.lacking else standing.roll.get(group) for group in YEAR_GROUPS))
        estimated = " ".join(map(str, sorted(standing.estimated)))
        flags = [str(rows[standing.place]), _yes(standing.in_cycle), _yes(standing.whole_programme)]
        yield [*facts, *flags, *rolls, estimated]


def _rolls(scope: Scope, chains: set[int]) -> Lines:
    lines = []
    for lineage, chain, text in known.exact_rolls(scope, chains):
        if chain in chains:
            of_chain = RollsInOrder([(lineage, chain, text)]).of(lineage)[chain]
            for of_class, pupils in sorted(of_chain.items()):
                year, group = year_and_group(of_class)
                lines.append(_texts(chain, AcademicYear(year).start, group, pupils))
    return sorted(lines)


def _types(scope: Scope) -> Lines:
    return [
        _texts(kind.slug, kind.channel, kind.audience, _yes(kind.series), " ".join(map(str, kind.year_groups)))
        for kind in scope.types
    ]
