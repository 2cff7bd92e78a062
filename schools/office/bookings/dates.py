"""Half-days that a coordinator may offer to a school: the term, the template and the rating that the page shows."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from itertools import groupby

from schools.core.periods import Period
from schools.directory.models import School
from schools.office.bookings.offers import KnownOfSchool, Wishes, known_of_school
from schools.office.bookings.school_changes import ChangeLine, wish_line
from schools.planning.half_days import Rated, best_of
from schools.planning.queries.candidates import term_of
from schools.planning.queries.chosen import own_hold, to_be_moved
from schools.planning.queries.half_days import Around, Planned, around, planned_of, rated_half_days
from schools.planning.queries.new_days import NOTICE
from schools.planning.rules import to_move_to
from schools.visits.half_days import HalfDay
from schools.visits.models import Session, Visit, seasons_from
from schools.visits.models.offered_dates import MOST_OFFERED
from schools.visits.models.requests import FIRST_MONTHS, Season
from schools.visits.request_words import season_words


@dataclass(frozen=True)
class Term:
    """A term to look at."""

    key: str
    """Such as “spring-2027”, as in a request."""
    words: str
    period: Period


def terms_from(day: date) -> list[Term]:
    """Return the term of the day and the next ones, that which ends in July among them, for which nobody can wish any more."""
    seasons, terms = seasons_from(day), []
    if day in term_of(date(day.year, FIRST_MONTHS[Season.SUMMER], 1)) and (Season.SUMMER, day.year) not in seasons:
        seasons = [(Season.SUMMER, day.year), *seasons]
    for season, year in seasons:
        terms.append(Term(f"{season}-{year}", season_words(season, year), term_of(date(year, FIRST_MONTHS[Season(season)], 1))))
    return terms


@dataclass(frozen=True)
class Cell:
    """One half-day in the table, as it is read."""

    key: str
    """As it is sent."""
    words: str
    """How many are free; where it cannot be ticked, why."""
    can_be_ticked: bool
    is_ticked: bool

    @classmethod
    def of(cls, rated: Rated, ticked: Collection[str]) -> "Cell":
        """Return the cell of a half-day; `ticked`: the keys of those with a tick."""
        half_day = rated.half_day
        words = f"{half_day.part}, {rated.free or 'nobody'} free"
        if rated.free >= rated.people and not rated.can_be_staffed:
            words += ", needed elsewhere"
        if rated.can_be_staffed and rated.is_wished:
            words += ", asked for"
        return cls(half_day.key, words, rated.can_be_staffed, half_day.key in ticked)


type Days = list[tuple[date, list[Cell]]]
"""Days in order, each with its morning and its afternoon."""


@dataclass(frozen=True)
class OfferPage:
    """What the page shows of the half-days; `ticked`: the keys that somebody ticked, None where the best ones are to be."""

    school: School
    query: Mapping[str, str]
    """What the address asks for; nonsense counts as nothing."""
    on: date
    ticked: Collection[str] | None = None

    @cached_property
    def known(self) -> KnownOfSchool:
        """What is known of the school."""
        return known_of_school(self.school, on=self.on)

    @property
    def wishes(self) -> Wishes:
        """What the school wished."""
        return self.known.wishes

    @cached_property
    def terms(self) -> list[Term]:
        """The terms that can be looked at."""
        return terms_from(self.on + NOTICE)

    @cached_property
    def term(self) -> Term:
        """The one that is looked at."""
        wanted, month = self.query.get("term") or self.wishes.term, self.wishes.month
        asked_for = [term for term in self.terms if term.key == wanted]
        of_month = [term for term in self.terms if month and term.period.first_day <= month <= term.period.last_day]
        return next(iter([*asked_for, *of_month, *self.terms]))

    @cached_property
    def planned(self) -> Planned | None:
        """What is planned; None: no template sends anybody to the school."""
        wanted = self.query.get("template")
        chosen = [each for each in self.there.planned if str(each.template) == wanted]
        return next(iter([*chosen, *self.there.planned]), None)

    @cached_property
    def there(self) -> Around:
        """The area of the school, the half-days of the term, and what can be planned."""
        return around(self.school, self.term.period, on=self.on)

    @cached_property
    def rated(self) -> list[Rated]:
        """The half-days, rated; none where nothing can be planned."""
        if self.planned is None:
            return []
        types, number, place = self.planned.types, self.planned.people, self.planned.place
        wishes = self.wishes.half_days
        return rated_half_days(self.school, self.there, types, number, on=self.on, place=place, wishes=wishes, but=self.own_hold)

    @property
    def own_hold(self) -> int | None:
        """The dates, by their id, whose hold does not count, because it is for what is planned; None: nothing is held for it."""
        return None

    @cached_property
    def weeks(self) -> list[tuple[date, Days]]:
        """The days by week, each week with its Monday."""
        ticked = self.ticked
        if ticked is None:
            ticked = {each.half_day.key for each in best_of(self.rated, MOST_OFFERED)}
        days = [
            (day, [Cell.of(each, ticked) for each in of_day])
            for day, of_day in groupby(self.rated, key=lambda each: each.half_day.day)
        ]
        weeks = groupby(days, key=lambda pair: pair[0] - timedelta(days=pair[0].weekday()))
        return [(monday, list(of_week)) for monday, of_week in weeks]

    @property
    def is_awaited(self) -> bool:
        """Whether the school has dates to choose from: it is offered no others then."""
        return any(line.is_open for line in self.known.offers)

    @property
    def possible(self) -> int:
        """How many half-days can be offered."""
        return sum(each.can_be_staffed for each in self.rated)


@dataclass(frozen=True)
class MovePage(OfferPage):
    """The same of half-days to which the school may move a visit that is booked; what is planned are the sessions that it has."""

    visit: Visit = field(kw_only=True)

    @cached_property
    def sessions(self) -> list[Session]:
        """Those to come."""
        return to_be_moved(self.visit, on=self.on)

    @cached_property
    def wish(self) -> ChangeLine | None:
        """What its host asks for by its page; None: no other day."""
        return wish_line(self.visit)

    @property
    def wanted(self) -> list[HalfDay]:
        """The half-days for which its host asked by its page; none where it asked for no other day."""
        return self.wish.change.wanted if self.wish else []

    @property
    def wishes(self) -> Wishes:
        """What the host wished, and whom the visit asks for."""
        first = min((each.day for each in self.wanted), default=None)
        return Wishes([each.key for each in self.wanted], month=first, contact=self.visit.contact_id)

    @cached_property
    def planned(self) -> Planned | None:
        """What the sessions ask of people; None: nobody goes."""
        planned = planned_of(self.sessions)
        return planned if planned.people else None

    @property
    def own_hold(self) -> int | None:
        """The dates of which the school chose one that waits: without such a wish there are none."""
        return own_hold(self.visit, on=self.on) if self.wish else None

    @cached_property
    def rated(self) -> list[Rated]:
        """The half-days of other days into which the sessions fit, rated."""
        return to_move_to(super().rated, self.sessions)
