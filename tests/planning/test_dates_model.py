"""Histories of dates that are offered, chosen, refused, taken back, let go and booked, in any order, while time passes.

There are people for one visit on each half-day, so no two schools may ever hold the same one; and whoever answers twice, or late,
makes no second visit.
"""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from schools import models
from schools.core.errors import RuleBroken
from schools.planning.actions import choose_date, lapse_dates, refuse_dates, take_back_dates
from schools.planning.actions.answers import Chooser
from schools.visits.actions.cancelling import cancel_visit
from schools.visits.actions.undoing import undo
from schools.visits.half_days import HalfDay
from tests import factories
from tests.planning.offering import a_school, offered, people
from tests.profiles import examples

BEGIN = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
HALF_DAYS = [HalfDay(date(2027, 1, day), is_afternoon) for day in range(18, 23) for is_afternoon in (False, True)]
HISTORIES = 40

numbers = st.integers(0, 2)
PAT = Chooser("Pat Head")


class Offering(RuleBasedStateMachine):
    """One history: what office and schools do with dates."""

    by: ClassVar[models.User]
    schools: ClassVar[list[models.School]]
    seen: ClassVar[Counter[str]] = Counter()
    """How often each thing happened, over all histories."""

    @initialize()
    def begin(self) -> None:
        """Begin with nothing offered."""
        self.now = BEGIN
        self.outer = transaction.atomic()
        self.outer.__enter__()

    def teardown(self) -> None:
        """Forget the history."""
        if hasattr(self, "outer"):
            transaction.set_rollback(True)
            self.outer.__exit__(None, None, None)

    def does(self, name: str, verb: Callable[[], object]) -> None:
        """Do it, if the rules allow it."""
        try:
            with transaction.atomic():
                verb()
        except RuleBroken:
            self.seen[f"no {name}"] += 1
        else:
            self.seen[name] += 1

    def latest(self, school: int) -> models.OfferedDates | None:
        return models.OfferedDates.objects.filter(school=self.schools[school]).order_by("pk").last()

    @rule(school=numbers, first=st.integers(0, 7))
    def offers(self, school: int, first: int) -> None:
        """The office offers dates."""
        half_days = HALF_DAYS[first : first + 3]
        self.does("offer", lambda: offered(self.schools[school], half_days, by=self.by, now=self.now))

    @rule(school=numbers, number=numbers, are_people_left=st.booleans())
    def chooses(self, school: int, number: int, are_people_left: bool) -> None:
        """Somebody at the school chooses one of the latest, whatever became of them, and of the people who might go there."""
        if self.latest(school) is None:
            self.offers(school, 2 * school)
        if not are_people_left:
            self.goes_away(0, is_back=False)
        if row := self.latest(school):
            self.does("choice", lambda: choose_date(row, HalfDay.of(row.half_days[number]), PAT, now=self.now))
            row.refresh_from_db()
            self.seen[f"choice {row.visit.stage}" if row.visit else "no visit"] += 1

    @rule(school=numbers, how=st.sampled_from(["none", "back", "undo"]))
    def ends(self, school: int, how: str) -> None:
        """The school says that none of the latest suits, or the office takes them back, or undoes its last offer."""
        row, batch = self.latest(school), models.Batch.objects.filter(undone_at=None, kind="dates").order_by("pk").last()
        if how == "undo" and batch:
            self.does(how, lambda: undo(batch, by=self.by, now=self.now))
        elif row and how == "none":
            self.does(how, lambda: refuse_dates(row, PAT, now=self.now))
        elif row and how == "back":
            self.does(how, lambda: take_back_dates(row, now=self.now))

    @precondition(lambda self: models.Visit.objects.filter(stage="requested").exists())
    @rule(stage=st.sampled_from(["planned", "declined"]))
    def books(self, stage: str) -> None:
        """The office books, or declines, the first that a school asked for."""
        visit = models.Visit.objects.filter(stage="requested").order_by("pk")[0]
        declined_on = self.now.date() if stage == "declined" else None
        models.Visit.objects.filter(pk=visit.pk).update(stage=stage, declined_on=declined_on)
        if stage == "planned":
            factories.SessionFactory(visit=visit, day=date(2027, 2, 1))
        self.seen[stage] += 1

    @precondition(lambda self: models.Visit.objects.filter(stage="confirmed").exists())
    @rule()
    def calls_off(self) -> None:
        """The office cancels the first that was booked, so that the school can be offered dates again."""
        visit = models.Visit.objects.filter(stage="confirmed").order_by("pk")[0]
        self.does("cancelled", lambda: cancel_visit(visit, code="school", note="", by=self.by, now=self.now))

    @rule(first=st.integers(0, 4), is_back=st.booleans())
    def goes_away(self, first: int, is_back: bool) -> None:
        """Two of the people are away from one of the days on, or all are back."""
        models.Away.objects.all().delete()
        day = HALF_DAYS[2 * first].day
        for person in () if is_back else models.Volunteer.objects.order_by("pk")[:2]:
            models.Away.objects.create(volunteer=person, first_day=day, last_day=HALF_DAYS[-1].day)

    @rule(days=st.integers(1, 12))
    def waits(self, days: int) -> None:
        """Days pass, and the job of the night comes by, twice."""
        self.now += timedelta(days=days)
        self.seen["lapsed"] += lapse_dates(now=self.now)[0]
        assert lapse_dates(now=self.now) == (0, 0)

    @invariant()
    def no_half_day_is_held_for_two(self) -> None:
        """Each half-day is held for one school at most."""
        rows = models.OfferedDates.objects.holding(on=self.now.date())
        held = Counter(key for row in rows for key in ([row.chosen] if row.chosen else row.half_days))
        assert max(held.values(), default=0) <= 1, held

    @invariant()
    def no_half_day_is_booked_for_two_by_a_choice(self) -> None:
        """There are people for one visit on each half-day, so a choice books none where another did."""
        booked = models.Visit.objects.filter(stage="confirmed")
        slots = Counter(booked.values_list("sessions__day", "sessions__starts"))
        assert max(slots.values(), default=0) <= 1, slots
        assert not booked.filter(sessions=None).exists()

    @invariant()
    def each_choice_has_its_visit(self) -> None:
        """Who chose has asked for one visit, and nobody else has."""
        chosen = models.OfferedDates.objects.filter(state="chosen")
        assert not chosen.filter(visit=None).exists()
        asked_for = Counter(models.Visit.objects.filter(stage="requested").values_list("school", flat=True))
        assert max(asked_for.values(), default=0) <= 1
        assert set(models.Visit.objects.values_list("pk", flat=True)) == set(chosen.values_list("visit", flat=True))


@pytest.mark.exhaustive
@pytest.mark.django_db
def test_no_history_holds_a_half_day_twice_or_makes_a_second_visit() -> None:
    area = factories.AreaFactory()
    people(area, 3)
    Offering.by, Offering.schools = factories.manager(), [a_school(area, name=f"School {number}") for number in range(3)]
    Offering.seen.clear()
    of_histories = settings(
        max_examples=examples(HISTORIES),
        stateful_step_count=30,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )
    run_state_machine_as_test(Offering, settings=of_histories)
    if examples(HISTORIES) == HISTORIES:
        done = {"offer", "no offer", "choice", "no choice", "none", "back", "undo", "lapsed", "planned", "declined"}
        done |= {"choice requested", "choice confirmed", "cancelled"}
        assert {name for name in done if not Offering.seen[name]} == set(), Offering.seen
