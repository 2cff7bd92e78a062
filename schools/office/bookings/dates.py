"""Half-days that a coordinator may offer to a school: the term, the template and the rating that the page shows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any

from django.db.models import Exists, JSONField, OuterRef, Subquery

from schools.core.periods import Period
from schools.directory.models import Contact, School
from schools.planning.half_days import Rated, best_of
from schools.planning.queries.candidates import term_of
from schools.planning.queries.half_days import Around, Planned, around, offers_beside, planned_by_template, rated_half_days
from schools.planning.queries.new_days import NOTICE
from schools.visits.half_days import HalfDay
from schools.visits.models import OfferedDates, OfferedState, Visit, VisitRequest, VisitStage, seasons_from
from schools.visits.models.offered_dates import MOST_OFFERED
from schools.visits.models.requests import FIRST_MONTHS, Season
from schools.visits.request_words import season_words

MOST_TERMS = 3
MOST_SHOWN = 5
"""So many of the dates that were offered to the school before."""


@dataclass(frozen=True)
class Term:
    """A term to look at."""

    key: str
    """Such as “spring-2027”, as in a request."""
    words: str
    period: Period


def terms_from(day: date) -> list[Term]:
    """Return the term of the day and the next ones."""
    terms = []
    for season, year in seasons_from(day, most=MOST_TERMS):
        terms.append(Term(f"{season}-{year}", season_words(season, year), term_of(date(year, FIRST_MONTHS[Season(season)], 1))))
    return terms


@dataclass(frozen=True)
class Wishes:
    """What the school wished that asked for a visit; all blank where it did not."""

    half_days: Sequence[str] = ()
    """Half-days of the week, as a request has them."""
    term: str = ""
    """The key of a term."""
    month: date | None = None
    contact: int | None = None
    """Whom the visit asks for."""


def wishes_of_school(school: School) -> Wishes:
    """Return what the school wished with the visit that it asked for and nobody has booked; one query."""
    requests = VisitRequest.objects.filter(visit=OuterRef("pk")).order_by("-pk")
    latest = {name: Subquery(requests.values(name)[:1]) for name in ("season", "season_year")}
    half_days = Subquery(requests.values("half_days")[:1], output_field=JSONField())
    visits = Visit.objects.filter(school=school, stage=VisitStage.REQUESTED).annotate(wished=half_days, **latest)
    row: Any = visits.order_by("pk").first()
    if row is None:
        return Wishes()
    term = f"{row.season}-{row.season_year}" if row.season else ""
    return Wishes(tuple(row.wished or ()), term, row.preferred_month, row.contact_id)


@dataclass(frozen=True)
class Cell:
    """One half-day in the table: whether it can be ticked, and what stands there."""

    rated: Rated
    is_ticked: bool

    @property
    def key(self) -> str:
        """As it is sent."""
        return self.rated.half_day.key

    @property
    def label(self) -> str:
        """The half-day, for whoever hears the page."""
        return str(self.rated.half_day)

    @property
    def words(self) -> str:
        """How many are free; where it cannot be ticked, why."""
        rated = self.rated
        free = "nobody free" if not rated.free else f"{rated.free} free"
        if rated.can_be_staffed or rated.free < rated.people:
            return free
        return f"{free}, all needed elsewhere"


@dataclass
class OfferPage:
    """What the page shows; `ticked`: the keys that somebody ticked, None where the best ones are to be."""

    school: School
    query: Mapping[str, str]
    on: date
    ticked: Sequence[str] | None = None
    wishes: Wishes = field(init=False)
    terms: list[Term] = field(init=False)
    term: Term = field(init=False)
    templates: list[Planned] = field(init=False)
    planned: Planned | None = field(init=False)
    there: Around = field(init=False)
    offers: list[OfferedDates] = field(init=False)
    """What is held for any school, and what was offered to this one."""
    rated: list[Rated] = field(init=False)

    def __post_init__(self) -> None:
        """Read what the address asks for; nonsense counts as nothing."""
        self.wishes = wishes_of_school(self.school)
        self.terms = terms_from(self.on + NOTICE)
        self.term = self._term()
        self.templates = planned_by_template(self.school)
        chosen = [each for each in self.templates if str(each.template) == self.query.get("template")]
        self.planned = next(iter([*chosen, *self.templates]), None)
        self.there = around(self.school, self.term.period, on=self.on)
        self.offers = offers_beside(on=self.on, school=self.school)
        self.rated = self._rated()

    def _term(self) -> Term:
        wanted = self.query.get("term") or self.wishes.term
        by_key = {term.key: term for term in self.terms}
        month = self.wishes.month
        of_month = [term for term in self.terms if month and term.period.first_day <= month <= term.period.last_day]
        return by_key.get(wanted) or next(iter([*of_month, *self.terms]))

    def _rated(self) -> list[Rated]:
        if self.planned is None:
            return []
        types, number = self.planned.types, self.planned.people
        return rated_half_days(
            self.school, self.there, types, number, on=self.on, wishes=self.wishes.half_days, offers=self.offers
        )

    @property
    def weeks(self) -> list[tuple[date, list[tuple[date, list[Cell]]]]]:
        """The days by week, each week with its Monday, each day with its morning and its afternoon."""
        best = {each.half_day.key for each in best_of(self.rated, MOST_OFFERED)} if self.ticked is None else set(self.ticked)
        days = [
            (day, [Cell(each, each.half_day.key in best) for each in of_day])
            for day, of_day in groupby(self.rated, key=lambda each: each.half_day.day)
        ]
        weeks = groupby(days, key=lambda pair: pair[0].isocalendar()[:2])
        return [(date.fromisocalendar(*week, 1), list(of_week)) for week, of_week in weeks]

    @property
    def possible(self) -> int:
        """How many half-days can be offered."""
        return sum(each.can_be_staffed for each in self.rated)


def readers_at(school: School) -> list[Contact]:
    """Return the people at the school who can be mailed, by name; one query."""
    return list(Contact.objects.at([school]).exclude(email="").order_by("name", "pk"))


@dataclass(frozen=True)
class Line:
    """Dates that were offered, as the office reads them."""

    offered: OfferedDates
    is_open: bool
    """Whether the school may still choose."""

    @property
    def half_days(self) -> str:
        """All of them, in order."""
        return "; ".join(str(half_day) for key in self.offered.half_days if (half_day := HalfDay.of(key)))

    @property
    def chosen(self) -> HalfDay | None:
        """The one that the school chose; None: none."""
        return HalfDay.of(self.offered.chosen)

    @property
    def is_held(self) -> bool:
        """Whether somebody has to take it back, should it not be meant any more."""
        return self.offered.state == OfferedState.OPEN


def latest_of(school: School, offers: Iterable[Any]) -> list[Line]:
    """Return what was offered to the school, the latest first; `offers` comes from `offers_beside`."""
    return [Line(each, each.is_open) for each in offers if each.school_id == school.pk][:MOST_SHOWN]


def of_visit(visit: Visit, *, on: date) -> list[Line]:
    """Return the dates that were offered for a visit that is not booked yet; none, and no query, for any other."""
    if visit.stage != VisitStage.REQUESTED:
        return []
    still = OfferedDates.objects.open_on(on).filter(pk=OuterRef("pk"))
    rows = OfferedDates.objects.filter(visit=visit).select_related("contact", "offered_by").annotate(is_open=Exists(still))
    return latest_of(visit.school, rows)
