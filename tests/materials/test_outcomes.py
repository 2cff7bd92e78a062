"""What an outcome says was used leaves the stock with it; a correction writes new lines."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from schools import models
from schools.core.periods import Period
from schools.delivery.actions import amend, record
from schools.delivery.queries import Outcome
from schools.materials import actions
from schools.materials.queries import stock_of, used_in
from tests import factories
from tests.materials.stores import a_material, received, store_in
from tests.profiles import examples

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


class World:
    """A session of yesterday's morning that needs stickers, and a store with some."""

    def __init__(self, pieces: int = 100) -> None:
        self.area = factories.AreaFactory()
        self.by = factories.manager()
        self.store = store_in(self.area)
        self.sticker = a_material()
        models.KitLine.objects.create(
            session_type=models.SessionType.objects.get(slug="ks2-assembly"), material=self.sticker, quantity=1, per="pupil"
        )
        if pieces:
            received(self.store, self.sticker, pieces)
        self.session: models.Session = factories.SessionFactory(visit__school=factories.SchoolFactory(area=self.area))
        factories.HeadcountFactory(session=self.session, expected=30)

    def says(self, used: int | None, *, arrived: int | None = None, went_ahead: str = "yes", pupils: int = 30) -> None:
        """The session's outcome, or its correction."""
        school = self.session.visit.school_id
        counts = {(school, 5): pupils} if went_ahead != "no" else {}
        outcome = Outcome(went_ahead, headcounts=counts, materials={self.sticker.pk: (arrived, used)})
        self.session = models.Session.objects.get(pk=self.session.pk)
        if self.session.went_ahead:
            amend(self.session, outcome, key=uuid4(), version=self.session.version, by=self.by, now=NOW)
        else:
            record(self.session, outcome, key=uuid4(), by=self.by, now=NOW)

    def counted(self, pieces: int, *, days_later: int = 1) -> None:
        """A count of the store, so many days after the session's."""
        day = self.session.day + timedelta(days=days_later)
        actions.count(self.store, {self.sticker: pieces}, day=day, by=self.by, now=NOW + timedelta(days=days_later))

    @property
    def left(self) -> int:
        return stock_of().get((self.store.pk, self.sticker.pk), 0)

    @property
    def lines(self) -> list[tuple[str, int]]:
        return list(models.Movement.objects.filter(session=self.session).order_by("pk").values_list("kind", "quantity"))


def test_what_was_used_leaves_the_store_and_what_is_left_over_stays() -> None:
    world = World()
    world.says(25, arrived=30)
    assert (world.left, world.lines) == (75, [("used", -25)])
    line = models.Movement.objects.get(session=world.session)
    assert (line.note, line.by, line.day) == ("30 arrived, 25 used, 5 left over", world.by, world.session.day)
    assert models.MaterialUse.objects.get().store == world.store


def test_a_late_outcome_takes_nothing_from_what_was_counted_after_its_day() -> None:
    world = World(pieces=150)
    world.counted(120)
    world.says(30)
    assert (world.left, world.lines) == (120, [("found", 30), ("used", -30)])
    assert set(models.Movement.objects.filter(session=world.session, kind="found").values_list("note", "day")) == {
        ("The store was counted after that day, and the count stands", world.session.day)
    }
    assert used_in(Period.parse("2026/27"))[0].used == 30


@pytest.mark.parametrize("used", [40, 10, None])
def test_correcting_a_late_outcome_leaves_what_was_counted(used: int | None) -> None:
    world = World(pieces=150)
    world.counted(120)
    world.says(30)
    world.says(used)
    sums = {kind: sum(pieces for of, pieces in world.lines if of == kind) for kind in ("found", "used")}
    assert (world.left, sums) == (120, {"found": used or 0, "used": -(used or 0)})


def test_what_was_said_before_the_count_is_corrected_without_moving_the_stock() -> None:
    world = World(pieces=150)
    world.says(30)
    world.counted(118)
    world.says(20)
    assert (world.left, world.lines) == (118, [("used", -30), ("used", 10), ("found", -10)])


def test_a_count_of_the_sessions_own_day_or_of_another_store_knows_nothing_of_it() -> None:
    world = World(pieces=150)
    other = store_in(world.area)
    when: dict[str, Any] = {"day": world.session.day + timedelta(days=1), "by": world.by, "now": NOW + timedelta(days=1)}
    actions.count(other, {world.sticker: 7}, **when)
    actions.count(world.store, {a_material("Card"): 7}, **when)
    world.counted(140, days_later=0)
    world.says(30)
    assert (world.left, world.lines) == (110, [("used", -30)])


@pytest.mark.parametrize(("used", "lines"), [(30, [("used", -25), ("used", -5)]), (20, [("used", -25), ("used", 5)])])
def test_a_correction_is_a_new_line(used: int, lines: list[tuple[str, int]]) -> None:
    world = World()
    world.says(25)
    world.says(used)
    assert (world.left, world.lines) == (100 - used, lines)


def test_taking_it_back_altogether_gives_everything_back() -> None:
    world = World()
    world.says(25)
    world.says(None)
    assert (world.left, world.lines) == (100, [("used", -25), ("used", 25)])


def test_saying_the_same_again_writes_nothing() -> None:
    world = World()
    world.says(25)
    world.says(25, pupils=28)
    assert world.lines == [("used", -25)]


def test_an_outcome_is_not_refused_for_the_stock_and_no_store_goes_below_nothing() -> None:
    world = World(pieces=10)
    world.says(25)
    assert (world.left, world.lines) == (0, [("found", 15), ("used", -25)])
    world.says(5)
    assert (world.left, world.lines[2:]) == (5, [("used", 20), ("found", -15)])


def test_a_session_that_did_not_go_ahead_may_have_used_some() -> None:
    world = World()
    world.says(3, went_ahead="no")
    assert (world.left, world.lines) == (97, [("used", -3)])


def test_it_comes_from_where_it_was_packed_else_chosen_else_reserved() -> None:
    world = World()
    other = store_in(world.area)
    received(other, world.sticker, 50)
    actions.decide(world.session, world.sticker, quantity=None, store=other)
    world.says(25)
    assert stock_of() == {(world.store.pk, world.sticker.pk): 100, (other.pk, world.sticker.pk): 25}


def test_packed_goes_before_chosen() -> None:
    world = World()
    other = store_in(world.area)
    received(other, world.sticker, 50)
    actions.decide(world.session, world.sticker, quantity=None, store=other)
    key = (world.session.pk, world.sticker.pk)
    actions.pack(world.store, {key: 30}, (), by=world.by, now=NOW)
    world.says(25)
    assert world.left == 75


def test_a_cancelled_session_that_took_place_after_all_was_supplied_from_its_box() -> None:
    world = World()
    received(nearest := store_in(world.area), world.sticker, 50)
    key = (world.session.pk, world.sticker.pk)
    actions.pack(world.store, {key: 30}, (), by=world.by, now=NOW)
    actions.decide(world.session, world.sticker, quantity=None, store=nearest)
    models.Session.objects.filter(pk=world.session.pk).update(stage="cancelled", cancelled_code="weather")
    world.says(25)
    assert (world.left, world.lines) == (75, [("used", -25)])


def test_an_area_without_a_store_keeps_what_was_used_and_writes_no_line() -> None:
    world = World(pieces=0)
    world.store.delete()
    world.says(25)
    assert (models.MaterialUse.objects.get().used, models.Movement.objects.count()) == (25, 0)


def test_none_that_becomes_some_leaves_the_store() -> None:
    world = World()
    for used, left in ((0, 100), (25, 75), (0, 100)):
        world.says(used)
        assert world.left == left


def test_what_was_used_before_the_area_kept_stock_stays_out_of_the_ledger() -> None:
    world = World(pieces=0)
    world.store.delete()
    world.says(25)
    received(store_in(world.area), world.sticker, 50)
    world.says(24)
    assert world.lines == []


def test_equipment_comes_back() -> None:
    world = World()
    models.Material.objects.update(kind="equipment")
    world.says(1)
    assert world.lines == []


def test_the_report_agrees_with_the_ledger_to_the_piece() -> None:
    world = World()
    world.says(25, pupils=50)
    [row] = used_in(Period.parse("2026/27"))
    assert row.cells == (world.area.name, "KS2 assembly", "Sticker", 1, 25, 50, 50.0, 0, 0, 1)
    assert row.used == 100 - world.left
    assert used_in(Period.parse("2025/26")) == []
    assert used_in(Period.parse("2026/27"), areas=models.Area.objects.none()) == []


class TestCorrections(TestCase):
    """Whatever is said one after the other, the last word counts."""

    @given(said=st.lists(st.none() | st.integers(0, 40), min_size=1, max_size=5), pieces=st.integers(0, 30))
    @settings(max_examples=examples(10), deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_the_lines_of_used_add_up_to_what_was_said_last(self, said: list[int | None], pieces: int) -> None:
        world = World(pieces)
        for used in said:
            world.says(used)
            running = 0
            for line in models.Movement.objects.filter(material=world.sticker).order_by("pk"):
                running += line.quantity
                assert running >= 0
        sums = {"used": 0, "found": 0}
        for kind, quantity in world.lines:
            sums[kind] += quantity
        assert -sums["used"] == (said[-1] or 0)
        assert sums["found"] >= 0
        assert world.left == pieces + sums["found"] + sums["used"]

    @given(
        steps=st.lists(st.tuples(st.sampled_from(("says", "counted")), st.integers(0, 40)), min_size=1, max_size=6),
        pieces=st.integers(0, 30),
    )
    @settings(max_examples=examples(10), deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_once_it_was_counted_the_stock_is_what_was_counted_last(self, steps: list[tuple[str, int]], pieces: int) -> None:
        world = World(pieces)
        counted: int | None = None
        used = 0
        for what, number in steps:
            if what == "counted":
                world.counted(number)
                counted = number
            else:
                world.says(number)
                used = number
        assert -sum(quantity for kind, quantity in world.lines if kind == "used") == used
        if counted is not None:
            assert world.left == counted
        running = 0
        for quantity in models.Movement.objects.filter(material=world.sticker).order_by("pk").values_list("quantity", flat=True):
            running += quantity
            assert running >= 0


def test_the_day_of_the_line_is_the_sessions() -> None:
    world = World()
    world.says(2)
    assert models.Movement.objects.get(session=world.session).day == factories.DAY
