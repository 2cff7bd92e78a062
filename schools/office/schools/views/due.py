"""The due list: which schools to ask next, of one area or of all."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import batched
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import FETCH_PEERS
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.functional import cached_property

from schools.accounts.requests import SignedInRequest
from schools.core.csv import Cell, lines
from schools.core.ids import Ids
from schools.core.snapshot import snapshot
from schools.directory.models import Area, School, SchoolQuerySet
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today
from schools.office.schools.due_columns import HEADER, cells, filtered, is_shown, line, ordered
from schools.office.schools.forms.due import BOOKED, EVERY, SHOWS, TO_ASK, WAITING, DueForm
from schools.planning.cycle import Priority
from schools.planning.queries import DueSchool, due, due_list

A_PAGE = 50
MOST_READ = 1000
"""Of so many schools everything is read, counted and put in order; of more (a nation) the database finds a page by name."""

MOST_FOUND = 500
"""What the database finds is counted and leafed through so far."""

CHUNK = 500


@dataclass(frozen=True)
class DueList:
    """What was asked for, and the schools among which it is looked for."""

    form: DueForm
    asked: dict[str, Any]
    schools: SchoolQuerySet

    @classmethod
    def of(cls, request: SignedInRequest) -> "DueList":
        """Read the address; only schools of the user's areas."""
        on = today()
        form = DueForm(request.GET, areas=Area.objects.for_user(request.user, on=on))
        asked = form.asked
        schools = School.objects.bookable().for_user(request.user, on=on)
        if asked["area"]:
            schools = schools.in_areas(Area.objects.filter(pk=asked["area"].pk), on=on)
        return cls(form, asked, schools.named(asked["q"]))

    @cached_property
    def is_wide(self) -> bool:
        """Whether there are too many schools to look at each."""
        return self.schools.order_by()[: MOST_READ + 1].count() > MOST_READ

    @cached_property
    def every(self) -> list[DueSchool]:
        """All of them as they stand, where there are not too many; those that the other filters leave."""
        return filtered(due(self.schools, on=today()), group=self.asked["group"], near=bool(self.asked["near"]))

    @cached_property
    def rows(self) -> list[DueSchool]:
        """Those that are shown, in order."""
        return ordered((row for row in self.every if is_shown(row, self.asked["show"])), self.asked["sort"])

    @cached_property
    def found(self) -> SchoolQuerySet:
        """The same, found by the database, by name."""
        show, on = self.asked["show"], today()
        if show in set(Priority):
            return due_list.of_priority(self.schools, Priority(show), on=on)
        words = {TO_ASK: due_list.to_ask_now, WAITING: due_list.waiting, BOOKED: due_list.booked}
        return words[show](self.schools, on=on) if show in words else self.schools

    def numbers(self) -> dict[str, int]:
        """How many schools are under each heading, where there are not too many."""
        return {} if self.is_wide else {key: sum(is_shown(row, key) for row in self.every) for key, _ in SHOWS}


class _Found(Paginator):  # type: ignore[type-arg]  # not generic at run time
    """Pages of the ids of what the database finds; beyond MOST_FOUND nobody counts or leafs on."""

    @cached_property
    def _few(self) -> list[int]:
        """All ids, as far as MOST_FOUND and one more, in no order: to put a nation in order costs more than to find them."""
        found: Any = self.object_list
        return list(found.order_by().values_list("pk", flat=True)[: MOST_FOUND + 1])

    @property
    def are_more(self) -> bool:
        """Whether the database would find more than are leafed through."""
        return len(self._few) > MOST_FOUND

    @property
    def count(self) -> int:
        return min(len(self._few), MOST_FOUND)

    def page(self, number: Any) -> Page[int]:
        """The ids of one page, by name."""
        number = self.validate_number(number)
        # Where all are known only they are put in order, and nothing is asked of them again.
        found: Any = self.object_list if self.are_more else School.objects.filter(pk__in=Ids(self._few))
        first = (number - 1) * self.per_page
        last = min(first + self.per_page, self.count)
        return Page(list(found.values_list("pk", flat=True)[first:last]), number, self)


@allowed("view_visit")
def listed(request: SignedInRequest) -> HttpResponse:
    """A page of the list, with how many there are of each kind."""
    asked = DueList.of(request)
    number = request.GET.get("page")
    if asked.is_wide:
        every = _Found(asked.found, A_PAGE)
        pages = every.get_page(number)
        rows = due(School.objects.filter(pk__in=list(pages)), on=today())
        how_many = f"More than {MOST_FOUND:,}" if every.are_more else f"{every.count:,}"
    else:
        pages = Paginator(asked.rows, A_PAGE).get_page(number)
        rows, how_many = list(pages), f"{len(asked.rows):,} of {len(asked.every):,}"
    numbers = asked.numbers()
    query = request.GET.copy()
    query.pop("page", None)
    rest = query.copy()
    rest.pop("show", None)
    return page(
        request,
        "office/schools/due.html",
        "Who is due",
        form=asked.form,
        show=asked.asked["show"],
        shows=[{"key": key, "words": words, "number": numbers.get(key)} for key, words in SHOWS],
        show_words=dict(SHOWS)[asked.asked["show"]],
        has_areas=asked.form.fields["area"].queryset.count() > 1,  # type: ignore[attr-defined]  # a ModelChoiceField
        is_wide=asked.is_wide,
        how_many=how_many,
        lines=[line(row, school) for row, school in _with_schools(rows)],
        pages=pages,
        query=query.urlencode(),
        rest=rest.urlencode(),
        may_book=request.user.has_perm("schools.add_visit"),
        may_log=request.user.has_perm("schools.add_contactlog"),
        every=EVERY,
    )


@allowed("view_visit")
def csv(request: SignedInRequest) -> HttpResponseBase:
    """The whole list as a file: the same filter, the same schools, the same order."""
    asked = DueList.of(request)
    return StreamingHttpResponse(
        lines(HEADER, _cells(asked)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="due_{asked.asked["show"]}_as-of_{today()}.csv"'},
    )


def _cells(asked: DueList) -> Iterator[tuple[Cell, ...]]:
    """Every line of the file, all as they were at one moment."""
    with snapshot():
        for row, school in _with_schools(_all_rows(asked)):
            yield cells(row, school)


def _all_rows(asked: DueList) -> Iterator[DueSchool]:
    """Every school of the list; of a nation so many at a time."""
    if not asked.is_wide:
        yield from asked.rows
        return
    for ids in batched(list(asked.found.values_list("pk", flat=True)), CHUNK):
        yield from due(School.objects.filter(pk__in=ids), on=today())


def _with_schools(rows: Iterable[DueSchool]) -> Iterator[tuple[DueSchool, School]]:
    """The rows with their schools, so many at a time."""
    for some in batched(rows, CHUNK):
        # The page names no authority, the file does.
        schools = School.objects.all().fetch_mode(FETCH_PEERS).in_bulk([row.school_id for row in some])
        yield from ((row, schools[row.school_id]) for row in some if row.school_id in schools)
