"""Keeping to which authority schools belonged on which days, from all that is known of them (rule 3).

What is known stands on the rows themselves: the days of the registers that name an authority for the school. Everything else on
them follows, so it is worked out again whenever something new is known, and the order in which it became known is of no matter.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from itertools import batched
from typing import NamedTuple

from schools.core.ids import Ids
from schools.directory.belonging import ALWAYS, Authorities, Belonging, Lifetime, Sighting, belongings
from schools.directory.models import Authority, Reorganisation, School, SchoolAuthority

AT_ONCE = 4000
ROWS_A_STATEMENT = 500

NOTHING_NEW: Mapping[int, tuple[int, date]] = {}


class _School(NamedTuple):
    """The authority of today, and the day of the newest register that names it; ALWAYS: not known."""

    authority_id: int | None
    day: date


class _Row(NamedTuple):
    """A row as it is written, without its school."""

    authority_id: int
    from_day: date | None
    to_day: date | None
    first_seen: date | None
    last_seen: date | None
    derived: bool


def known_authorities() -> Authorities:
    """Return what is known of authorities over time, in two queries."""
    rows = list(Authority.objects.order_by().values_list("pk", "opened", "closed", "gss", "name"))
    pairs = Reorganisation.objects.order_by().values_list("old_id", "new_id", "day")
    return Authorities(
        lifetimes={pk: Lifetime(opened, closed) for pk, opened, closed, *_ in rows},
        reorganisations={(old, new): day for old, new, day in pairs},
        names={pk: gss or name for pk, _, _, gss, name in rows},
    )


def work_out(school_ids: Iterable[int], *, seen: Mapping[int, tuple[int, date]] = NOTHING_NEW) -> set[int]:
    """Work out again to which authorities the schools belonged, inside the caller's transaction, under the register's lock.

    `seen` is what a register says newly: of a school, its authority and the day of the register. Returns the schools whose
    authority of today is another one now; the caller writes their history.
    """
    moved: set[int] = set()
    in_order = sorted(set(school_ids))
    if not in_order:
        return moved
    authorities = known_authorities()
    for ids in batched(in_order, AT_ONCE):
        rows_of: defaultdict[int, list[SchoolAuthority]] = defaultdict(list)
        for row in SchoolAuthority.objects.filter(school__in=Ids(ids)).order_by("pk"):
            rows_of[row.school_id].append(row)
        written: dict[int, list[_Row]] = {}
        today: defaultdict[int, list[int]] = defaultdict(list)
        for pk, school in _schools(ids).items():
            known = _known(school, rows_of[pk], seen.get(pk), authorities)
            belonged = belongings(known.values(), authorities)
            rows = [_row(belonging, known, is_today=belonging.to_day is None) for belonging in belonged]
            if set(rows) != {_Row(*(getattr(row, name) for name in _Row._fields)) for row in rows_of[pk]}:
                written[pk] = rows
            if belonged and belonged[-1].authority != school.authority_id:
                today[belonged[-1].authority].append(pk)
        _write(written)
        for authority_id, pks in today.items():
            School.objects.filter(pk__in=Ids(pks)).update(authority=authority_id)
            moved |= set(pks)
    return moved


def schools_of(authority_ids: Collection[int]) -> set[int]:
    """Return the schools that belong, or belonged on any day, to one of the authorities."""
    dated = SchoolAuthority.objects.filter(authority__in=authority_ids).order_by().values_list("school_id", flat=True)
    return {*dated, *School.objects.filter(authority__in=authority_ids).order_by().values_list("pk", flat=True)}


def _schools(ids: Collection[int]) -> dict[int, _School]:
    rows = School.objects.filter(pk__in=Ids(ids)).order_by().values_list("pk", "authority_id", "register_day", "older_facts")
    schools = {}
    for pk, authority_id, day, older in rows:
        named = (older or {}).get("authority")
        schools[pk] = _School(authority_id, date.fromisoformat(named) if named else day or ALWAYS)
    return schools


def _known(
    school: _School, rows: Collection[SchoolAuthority], new: tuple[int, date] | None, authorities: Authorities
) -> dict[int, Sighting]:
    """Return on which days each authority was seen, as they are told: `belongings` keeps them within its lifetime."""
    known: dict[int, Sighting] = {}
    for row in rows:
        if not row.derived:
            _add(known, _sighting(row, school))
    # Until now the newest register named the authority of today, unless that one follows from a reorganisation.
    if school.authority_id is not None and not any(row.derived and row.authority_id == school.authority_id for row in rows):
        _add(known, Sighting(school.authority_id, school.day, school.day))
    if new is not None:
        authority_id, day = new
        day_there = authorities.within(authority_id, day)
        # A register of the same day that says otherwise corrects the earlier one: the school never spent a day there.
        for other, first, last in list(known.values()):
            days = {authorities.within(other, first), authorities.within(other, last)}
            if other != authority_id and days == {day_there}:
                del known[other]
        _add(known, Sighting(authority_id, day, day))
    return known


def _sighting(row: SchoolAuthority, school: _School) -> Sighting:
    """Return on which days the row's authority was seen; rows without such days were typed, or are older than these days."""
    if row.first_seen and row.last_seen:
        return Sighting(row.authority_id, row.first_seen, row.last_seen)
    day = school.day if row.authority_id == school.authority_id and row.to_day is None else ALWAYS
    first = row.from_day or row.to_day or day
    return Sighting(row.authority_id, first, max(first, row.to_day or day))


def _add(known: dict[int, Sighting], seen: Sighting) -> None:
    """Put both together; a known day stands before an unknown one."""
    before = known.get(seen.authority, seen)
    firsts = [day for day in (before.first, seen.first) if day != ALWAYS]
    known[seen.authority] = Sighting(seen.authority, min(firsts, default=ALWAYS), max(before.last, seen.last))


def _row(belonging: Belonging, known: Mapping[int, Sighting], *, is_today: bool) -> _Row:
    """Return the row to write; when a register last named the authority of today stands on the school."""
    seen = known.get(belonging.authority)
    first, last = (seen.first, seen.last) if seen and seen.first != ALWAYS else (None, None)
    return _Row(*belonging, first_seen=first, last_seen=first if is_today else last, derived=seen is None)


def _write(written: Mapping[int, list[_Row]]) -> None:
    """Replace the rows of these schools."""
    if not written:
        return
    SchoolAuthority.objects.filter(school__in=Ids(written)).delete()
    rows = [SchoolAuthority(school_id=pk, **row._asdict()) for pk, rows in written.items() for row in rows]
    SchoolAuthority.objects.bulk_create(rows, batch_size=ROWS_A_STATEMENT)
