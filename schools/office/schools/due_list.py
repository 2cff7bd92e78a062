"""The due list: the schools that the filters leave, page by page for the office and whole for the file."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import batched
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import FETCH_PEERS
from django.http import QueryDict

from schools.accounts.models import User
from schools.core.csv import Cell
from schools.core.snapshot import snapshot
from schools.directory.models import Area, School, SchoolQuerySet
from schools.directory.models.deprivation import FIFTHS
from schools.office.schools.due_columns import cells, filtered, is_shown, ordered
from schools.office.schools.forms.due import BOOKED, SHOWS, SORTS, TO_ASK, WAITING, WIDE_SORTS, DueForm
from schools.planning.cycle import Priority
from schools.planning.queries import DueSchool, due, due_list

A_PAGE = 50
A_WIDE_PAGE = 25
"""Schools on a page of so many that nobody works through them: somebody looks which are most due, then chooses an area."""
MOST_READ = 1000
"""Up to so many schools are all read, counted and sorted. Of more (a nation) the database finds one page at a time: the
facts of 25,000, by which the other orders go, are in a million headcounts."""

MOST_FOUND = 250
"""Of what the database finds, so many schools are counted and can be leafed through."""

CHUNK = 500


@dataclass(frozen=True)
class DuePage:
    """One page of the due list."""

    pages: Page[Any]
    rows: list[DueSchool]
    how_many: str
    """The number of schools in words, like “7 of 31” or “More than 250”."""


@dataclass(frozen=True)
class DueList:
    """The filters that somebody chose, and the schools to which they apply."""

    form: DueForm
    filters: dict[str, Any]
    schools: SchoolQuerySet
    on: date

    @classmethod
    def of(cls, user: User, query: QueryDict, *, on: date) -> "DueList":
        """Return the list for the address's query. It has only schools of the user's areas."""
        form = DueForm(query, areas=Area.objects.for_user(user, on=on).only("name"))
        filters = form.filters
        schools = School.objects.bookable().for_user(user, on=on)
        if filters["area"]:
            schools = schools.in_areas(Area.objects.filter(pk=filters["area"].pk), on=on)
        if filters["fifth"]:
            schools = schools.filter(fifth=filters["fifth"])
        return cls(form, filters, schools.named(filters["q"]), on)

    @cached_property
    def is_wide(self) -> bool:
        """Whether there are too many schools to read them all."""
        return self.schools.order_by()[: MOST_READ + 1].count() > MOST_READ

    @property
    def sorts(self) -> tuple[tuple[str, str], ...]:
        """The orders that the list has, each with its words; the first one is that of a list for which none was chosen."""
        return WIDE_SORTS if self.is_wide else SORTS

    @property
    def sort(self) -> str:
        """The order of the list: the chosen one where it has that."""
        orders = dict(self.sorts)
        chosen: str = self.filters["sort"]
        return chosen if chosen in orders else next(iter(orders))

    @cached_property
    def every(self) -> list[DueSchool]:
        """The schools under all headings together. Only for a list that is not wide."""
        return self._filtered(due(self.schools, on=self.on))

    def _filtered(self, rows: Iterable[DueSchool]) -> list[DueSchool]:
        """Return the rows that the filters leave which the database cannot apply."""
        return filtered(rows, group=self.filters["group"], near=bool(self.filters["near"]))

    @property
    def leaves_filters_out(self) -> bool:
        """Whether the page shows more schools than was asked for: of so many the file alone applies every filter."""
        return self.is_wide and (self.filters["group"] is not None or bool(self.filters["near"]))

    @cached_property
    def rows(self) -> list[DueSchool]:
        """The schools under the chosen heading, in the chosen order. Only for a list that is not wide."""
        rows = ordered((row for row in self.every if is_shown(row, self.filters["show"])), self.sort)
        return rows[::-1] if self.filters["turned"] else rows

    @cached_property
    def matches(self) -> SchoolQuerySet:
        """The schools under the chosen heading, as the database finds them."""
        show = self.filters["show"]
        if show in set(Priority):
            return due_list.of_priority(self.schools, Priority(show), on=self.on)
        words = {TO_ASK: due_list.to_ask_now, WAITING: due_list.waiting, BOOKED: due_list.booked}
        return words[show](self.schools, on=self.on) if show in words else self.schools

    @property
    def parts(self) -> list[SchoolQuerySet]:
        """The same in the order of a wide list: part after part, each by name, so that an index leads to the first rows."""
        if self.sort == "priority" and self.filters["show"] not in set(Priority):
            parts = [due_list.of_priority(self.matches, priority, on=self.on) for priority in self._priorities]
        elif self.sort == "fifth" and not self.filters["fifth"]:
            parts = [self.matches.filter(fifth=fifth) for fifth in (*FIFTHS, None)]
        else:
            parts = [self.matches]
        return [part.reverse() for part in reversed(parts)] if self.filters["turned"] else parts

    @property
    def _priorities(self) -> list[Priority]:
        """The priorities that schools under the chosen heading may have."""
        return [priority for priority in Priority if self.filters["show"] != TO_ASK or priority != Priority.NOT_YET]

    def numbers(self) -> dict[str, int]:
        """Return how many schools are under each heading; nothing for a wide list."""
        return {} if self.is_wide else {key: sum(is_shown(row, key) for row in self.every) for key, _ in SHOWS}

    def page(self, number: Any) -> DuePage:
        """Return the page of this number; another page where there is none, as Paginator.get_page chooses it."""
        if not self.is_wide:
            pages = Paginator(self.rows, A_PAGE).get_page(number)
            return DuePage(pages, list(pages), f"{len(self.rows):,} of {len(self.every):,}")
        matches = MatchPaginator(self.parts, A_WIDE_PAGE)
        page_of_ids = matches.get_page(number)
        rows = self._in_order(list(page_of_ids))
        how_many = f"More than {MOST_FOUND:,}" if matches.are_more else f"{matches.count:,}"
        return DuePage(page_of_ids, rows, how_many)

    def file_rows(self) -> Iterator[tuple[Cell, ...]]:
        """Yield every row of the file, all from one moment."""
        with snapshot():
            for row, school in with_schools(self._all_rows()):
                yield cells(row, school)

    def _all_rows(self) -> Iterator[DueSchool]:
        """Yield every school of the list; those of a wide list are read in chunks."""
        if not self.is_wide:
            yield from self.rows
            return
        every = [pk for part in self.parts for pk in part.values_list("pk", flat=True)]
        for ids in batched(every, CHUNK):
            yield from self._filtered(self._in_order(ids))

    def _in_order(self, ids: Sequence[int]) -> list[DueSchool]:
        """Return the schools with these ids in their order."""
        rows = {row.school_id: row for row in due(School.objects.filter(pk__in=ids), on=self.on)}
        return [rows[pk] for pk in ids if pk in rows]


class MatchPaginator(Paginator):  # type: ignore[type-arg]  # not generic at run time
    """Pages of the ids of schools that the database finds. It neither counts nor shows schools beyond MOST_FOUND."""

    @cached_property
    def _first_ids(self) -> list[int]:
        """Ids of at most MOST_FOUND + 1 schools, part by part: an index has each in its order, so few others are looked at."""
        parts: Any = self.object_list
        ids: list[int] = []
        for part in parts:
            if len(ids) <= MOST_FOUND:
                ids += part.values_list("pk", flat=True)[: MOST_FOUND + 1]
        return ids[: MOST_FOUND + 1]

    @property
    def are_more(self) -> bool:
        """Whether there are more schools than can be leafed through."""
        return len(self._first_ids) > MOST_FOUND

    @property
    def count(self) -> int:
        """The number of schools that can be leafed through."""
        return min(len(self._first_ids), MOST_FOUND)

    def page(self, number: Any) -> Page[int]:
        """Return the ids of one page."""
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        return Page(self._first_ids[first : min(first + self.per_page, self.count)], number, self)


def with_schools(rows: Iterable[DueSchool]) -> Iterator[tuple[DueSchool, School]]:
    """Yield each row with its school; schools are read in chunks."""
    for chunk in batched(rows, CHUNK):
        # Only the file names the authorities. They are read together when the first one is asked for.
        schools = School.objects.all().fetch_mode(FETCH_PEERS).in_bulk([row.school_id for row in chunk])
        yield from ((row, schools[row.school_id]) for row in chunk if row.school_id in schools)
