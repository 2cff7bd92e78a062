"""What sessions lack, what is forecast, which piece is where: sentences, days and numbers."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from schools import models
from schools.core.errors import RuleBroken
from schools.materials import actions
from schools.materials.models import Material
from schools.materials.queries import (
    WEEKS,
    Claim,
    Reservations,
    booked_twice,
    bring_to,
    contested,
    fetched_from,
    forecast,
    forecasts,
    hand_overs,
    kits_of,
    lacking_soon,
    lacks,
    shelf_of,
    to_order,
)
from schools.visits.actions import cancel_day
from schools.visits.actions.undoing import undo
from tests import factories
from tests.factories import DAY
from tests.materials.stores import a_material, received, store_in

TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)


def a_session(area: models.Area, *, expected: int | None = 30, day: date = DAY, **fields: Any) -> models.Session:
    """A KS2 assembly in the area."""
    fields = {"visit__school": factories.SchoolFactory(area=area), **fields} if "visit" not in fields else fields
    session: models.Session = factories.SessionFactory(day=day, **fields)
    factories.HeadcountFactory(session=session, expected=expected)
    return session


def needs(material: models.Material, *, quantity: int = 1, per: str = "pupil") -> models.Material:
    """The KS2 assembly needs it."""
    kind = models.SessionType.objects.get(slug="ks2-assembly")
    models.KitLine.objects.create(session_type=kind, material=material, quantity=quantity, per=per)
    return material


@pytest.fixture
def area(db: None) -> models.Area:
    return factories.AreaFactory()


@pytest.fixture
def office(area: models.Area) -> models.Store:
    return store_in(area, name="Office")


def reasons(**asked: Any) -> list[str]:
    return [lack.reason for lack in lacks(on=TODAY, **asked)]


def test_a_lack_says_what_is_missing_where_and_what_to_do(area: models.Area, office: models.Store) -> None:
    received(office, needs(a_material()), 20)
    session = a_session(area)
    assert reasons() == [
        "Office has 20 of the 30 “Sticker” for this session. Move 10 there, order more, or choose another store."
    ]
    assert list(lacking_soon(models.Session.objects.all(), TODAY)) == [session]


@pytest.mark.parametrize(
    "change",
    [
        {"stage": "cancelled", "cancelled_code": "school"},
        {"stage": "delivered", "went_ahead": "yes"},
        {"day": DAY + timedelta(days=30)},
        {"day": TODAY - timedelta(days=70)},
    ],
)
def test_what_a_session_held_is_free_by_itself_when_it_is_cancelled_over_or_moved(
    change: dict[str, Any], area: models.Area, office: models.Store
) -> None:
    received(office, needs(a_material()), 30)
    first, _ = a_session(area), a_session(area, day=DAY + timedelta(days=1))
    assert len(reasons()) == 1
    models.Session.objects.filter(pk=first.pk).update(**change)
    assert reasons() == []


def test_a_requested_visit_holds_nothing(area: models.Area, office: models.Store) -> None:
    received(office, needs(a_material()), 30)
    asked = factories.VisitFactory(school=factories.SchoolFactory(area=area), stage="requested")
    a_session(area, visit=asked)
    a_session(area, day=DAY + timedelta(days=1))
    assert reasons() == []


def test_a_past_session_without_an_outcome_still_holds_what_it_needed(area: models.Area, office: models.Store) -> None:
    received(office, needs(a_material()), 30)
    a_session(area, day=TODAY - timedelta(days=5))
    a_session(area)
    assert len(reasons()) == 1


def test_two_weeks_and_no_further(area: models.Area, office: models.Store) -> None:
    needs(a_material())
    a_session(area, day=TODAY + timedelta(days=14))
    a_session(area, day=TODAY + timedelta(days=15))
    assert len(reasons()) == 1


def test_another_areas_stock_does_not_help_and_an_area_without_a_store_is_not_judged(
    area: models.Area, office: models.Store
) -> None:
    received(office, needs(a_material()), 900)
    other = factories.AreaFactory()
    session = a_session(other)
    assert reasons() == []
    store_in(other, name="Hall")
    assert [(lack.session_id, lack.missing) for lack in lacks(on=TODAY)] == [(session.pk, 30)]


def test_a_filter_of_the_list_does_not_change_who_comes_first(area: models.Area, office: models.Store) -> None:
    received(office, needs(a_material()), 30)
    a_session(area)
    later = a_session(area, day=DAY + timedelta(days=1))
    assert list(lacking_soon(models.Session.objects.filter(pk=later.pk), TODAY)) == [later]


def test_the_coordinator_decides_how_many_and_from_where(area: models.Area, office: models.Store) -> None:
    sticker = needs(a_material())
    hall = store_in(area, name="Hall")
    received(office, sticker, 100)
    session = a_session(area)
    actions.decide(session, sticker, quantity=45, store=hall)
    assert reasons() == [
        "Hall has none of the 45 “Sticker” for this session. Move 45 there, order more, or choose another store."
    ]
    actions.decide(session, sticker, quantity=0, store=None)
    assert kits_of([session])[session.pk] == []
    actions.decide(session, sticker, quantity=None, store=None)
    assert [item.quantity for item in kits_of([session])[session.pk]] == [30]
    with pytest.raises(RuleBroken, match="10,001 of “Sticker” cannot be right"):
        actions.decide(session, sticker, quantity=10_001, store=None)


@pytest.mark.parametrize(
    ("language", "versions", "taken"),
    [("en", ["2025"], "2026"), ("cy", [], "2026"), ("cy", ["2025", "2026"], "2026"), ("cy", ["2024", "2025"], "2025")],
)
def test_a_session_takes_the_material_in_its_language(language: str, versions: list[str], taken: str, area: models.Area) -> None:
    needs(a_material("Booklet", version="2026"))
    for version in versions:
        a_material("Booklet", version=version, language="cy")
    session = a_session(area, language=language)
    [item] = kits_of([session])[session.pk]
    expected = language if versions and language == "cy" else "en"
    assert (item.material.language, item.material.version, item.quantity) == (expected, taken, 30)


def a_puppet(office: models.Store, *labels: str) -> list[models.Piece]:
    puppet = needs(a_material("Puppet", kind="equipment"), per="session")
    return actions.receive_pieces(office, puppet, labels, day=TODAY, by=factories.manager(), now=NOW)


def test_equipment_that_nobody_chose_is_lacking(area: models.Area, office: models.Store) -> None:
    [bear] = a_puppet(office, "Bear")
    session = a_session(area)
    assert reasons() == ["No “Puppet” is chosen yet. Choose 1."]
    assert actions.choose_free_pieces(session, [(bear.material, 1)], area=area.pk) == 1
    assert reasons() == []


def test_a_piece_is_refused_where_another_visit_has_it_that_day(area: models.Area, office: models.Store) -> None:
    [bear] = a_puppet(office, "Bear")
    first, second = a_session(area), a_session(area)
    again = a_session(area, visit=first.visit, starts="11:00", ends="11:30")
    actions.choose_pieces(first, bear.material, [bear])
    actions.choose_pieces(again, bear.material, [bear])
    with pytest.raises(RuleBroken) as broken:
        actions.choose_pieces(second, bear.material, [bear])
    assert broken.value.reasons == [f"Puppet Bear is at {first.visit.school} on Thu 26 November 2026. Choose another one."]
    assert actions.choose_free_pieces(second, [(bear.material, 1)], area=area.pk) == 0
    actions.choose_pieces(first, bear.material, [])
    actions.choose_pieces(again, bear.material, [])
    actions.choose_pieces(second, bear.material, [bear])


def test_a_window_of_days_counts_whole(area: models.Area, office: models.Store) -> None:
    [bear] = a_puppet(office, "Bear")
    actions.choose_pieces(a_session(area, until_day=DAY + timedelta(days=5)), bear.material, [bear])
    with pytest.raises(RuleBroken, match="Choose another one"):
        actions.choose_pieces(a_session(area, day=DAY + timedelta(days=5)), bear.material, [bear])
    actions.choose_pieces(a_session(area, day=DAY + timedelta(days=6)), bear.material, [bear])


def test_a_move_that_makes_two_visits_want_one_piece_is_listed(area: models.Area, office: models.Store) -> None:
    [bear] = a_puppet(office, "Bear")
    first, second = a_session(area), a_session(area, day=DAY + timedelta(days=1))
    for session in (first, second):
        actions.choose_pieces(session, bear.material, [bear])
    assert list(booked_twice(models.Session.objects.all(), TODAY)) == []
    models.Session.objects.filter(pk=second.pk).update(day=DAY)
    assert set(booked_twice(models.Session.objects.all(), TODAY)) == {first, second}
    assert set(reasons()) == {
        "Puppet Bear is at another visit on Thu 26 November 2026 too. Choose another one, or move one of the visits."
    }
    models.Visit.objects.filter(pk=second.visit_id).update(stage="cancelled", cancelled_code="school")
    assert list(booked_twice(models.Session.objects.all(), TODAY)) == []


def test_a_piece_that_another_area_has_is_at_two_visits(area: models.Area, office: models.Store) -> None:
    [bear] = a_puppet(office, "Bear")
    here, there = a_session(area), a_session(factories.AreaFactory(), day=DAY + timedelta(days=1))
    for session in (here, there):
        actions.choose_pieces(session, bear.material, [bear])
    models.Session.objects.filter(pk=there.pk).update(day=DAY - timedelta(days=20), until_day=DAY)
    assert list(booked_twice(models.Session.objects.filter(pk=here.pk), TODAY)) == [here]
    assert list(booked_twice(models.Session.objects.filter(pk=here.pk), DAY + timedelta(days=1))) == []
    [reason] = reasons(areas=models.Area.objects.filter(pk=area.pk))
    assert reason.startswith("Puppet Bear is at another visit on Thu 26 November 2026 too.")


def test_a_window_that_is_open_already_has_its_piece(area: models.Area, office: models.Store) -> None:
    [bear] = a_puppet(office, "Bear")
    session = a_session(area)
    actions.choose_pieces(session, bear.material, [bear])
    models.Session.objects.filter(pk=session.pk).update(day=TODAY - timedelta(days=2), until_day=DAY)
    assert reasons() == []


CLAIMS = st.lists(st.tuples(st.integers(1, 2), st.integers(1, 3), st.integers(0, 9), st.integers(0, 4)), max_size=12)


@given(CLAIMS)
def test_contested_pieces_are_those_that_two_visits_have_on_one_day(asked: list[tuple[int, int, int, int]]) -> None:
    every = [
        Claim(number, piece, visit, number, TODAY + timedelta(days=first), TODAY + timedelta(days=first + more))
        for number, (piece, visit, first, more) in enumerate(asked)
    ]
    days = [(one, one.day + timedelta(days=n)) for one in every for n in range((one.ends_on - one.day).days + 1)]
    naive = {
        one for one, day in days for other, same in days if day == same and one.piece == other.piece and one.visit != other.visit
    }
    assert contested(every) == sorted(naive)


def test_a_piece_that_is_lost_is_lacking(area: models.Area, office: models.Store) -> None:
    [bear] = a_puppet(office, "Bear")
    actions.choose_pieces(a_session(area), bear.material, [bear])
    actions.lose(office, bear.material, 1, piece=bear, day=TODAY, by=factories.manager(), now=NOW)
    assert reasons() == ["Puppet Bear is lost. Choose another one, or write down where it was found."]


def test_a_hand_over_is_a_line_on_both_sides(area: models.Area, office: models.Store) -> None:
    [bear] = a_puppet(office, "Bear")
    days = (DAY, DAY + timedelta(days=1), DAY + timedelta(days=20))
    first, second, third = (a_session(area, day=day) for day in days)
    for session in (first, second, third):
        actions.choose_pieces(session, bear.material, [bear])
    told = [(over.before, over.after) for session in (first, second, third) for over in hand_overs([session])]
    assert told == [(None, second), (first, None), (None, None)]


def test_equipment_is_fetched_where_it_is_and_not_where_it_belongs_or_comes_from_another_visit(
    area: models.Area, office: models.Store
) -> None:
    puppet = needs(a_material("Puppet", kind="equipment"), per="session")
    when: dict[str, Any] = {"day": TODAY, "by": factories.manager(), "now": NOW}
    [bear] = actions.receive_pieces(office, puppet, ["Bear"], **when)
    hall = store_in(area, name="Hall")
    first, second = a_session(area), a_session(area, day=DAY + timedelta(days=1))
    for session in (first, second):
        actions.choose_pieces(session, puppet, [bear])

    def fetched() -> tuple[list[Any], ...]:
        pks = [first.pk, second.pk]
        return tuple([booking.session for booking in fetched_from(store, pks)] for store in (office, hall))

    assert fetched() == ([first], [])
    actions.transfer(office, hall, puppet, 1, piece=bear, **when)
    assert fetched() == ([], [first])
    assert [line.stores for session in (first, second) for line in bring_to([session], on=TODAY).lines] == [(hall,), ()]
    actions.lose(hall, puppet, 1, piece=bear, **when)
    assert fetched() == ([], [])
    assert [(line.stores, line.labels) for line in bring_to([first], on=TODAY).lines] == [((), ())]


def test_what_to_bring_says_where_it_is_and_whether_it_is_packed(area: models.Area, office: models.Store) -> None:
    sticker = needs(a_material())
    received(office, sticker, 100)
    [bear] = a_puppet(office, "Bear")
    session = a_session(area)
    actions.choose_pieces(session, bear.material, [bear])
    said = bring_to([session], on=TODAY)
    assert [(line.item.quantity, line.stores, line.labels, line.is_packed) for line in said.lines] == [
        (1, (office,), ("Bear",), False),
        (30, (office,), (), False),
    ]
    key = (session.pk, sticker.pk)
    actions.pack(office, {key: 30}, (), by=factories.manager(), now=NOW)
    assert [line.is_packed for line in bring_to([session], on=TODAY).lines] == [False, True]
    assert bring_to([session], on=TODAY).stores == (office,)


def test_a_tick_stays_with_who_made_it_and_goes_when_it_is_taken_off(area: models.Area, office: models.Store) -> None:
    sticker = needs(a_material())
    session = a_session(area)
    key, first, second = (session.pk, sticker.pk), factories.manager(), factories.manager()
    actions.pack(office, {key: 30}, (), by=first, now=NOW)
    actions.pack(office, {key: 30}, (), by=second, now=NOW)
    assert models.Packed.objects.get().by == first
    actions.pack(office, {key: 32}, (), by=second, now=NOW)
    assert (models.Packed.objects.get().by, models.Packed.objects.get().quantity) == (second, 32)
    actions.pack(office, {}, (), by=second, now=NOW)
    assert models.Packed.objects.count() == 1
    actions.pack(office, {}, {key}, by=second, now=NOW)
    assert models.Packed.objects.count() == 0


def test_what_lies_in_a_box_is_not_promised_to_anybody_else(area: models.Area, office: models.Store) -> None:
    sticker = needs(a_material())
    received(office, sticker, 30)
    later = a_session(area, day=TODAY + timedelta(days=20))
    actions.pack(office, {(later.pk, sticker.pk): 30}, (), by=factories.manager(), now=NOW)
    sooner = a_session(area)
    assert [(lack.session_id, lack.missing) for lack in lacks(on=TODAY)] == [(sooner.pk, 30)]
    held = Reservations(on=TODAY, until=DAY).reserved
    assert [(one.want.session, one.taken) for one in held] == [(sooner.pk, 0), (later.pk, 30)]


@pytest.fixture
def cancelled_and_back(area: models.Area, office: models.Store) -> Iterator[tuple[models.Session, models.Session, Material]]:
    """A session whose 30 stickers were packed, all there are, that was cancelled and is to take place again; and a later one."""
    sticker = needs(a_material())
    received(office, sticker, 30)
    back, later = a_session(area), a_session(area, day=DAY + timedelta(days=1))
    by = factories.manager()
    with time_machine.travel(NOW, tick=False) as clock:
        actions.pack(office, {(back.pk, sticker.pk): 30}, (), by=by, now=timezone.now())
        clock.shift(timedelta(minutes=1))
        batch = cancel_day(back.day, [back.pk], code="weather", note="", by=by, now=timezone.now())
        clock.shift(timedelta(minutes=1))
        undo(batch, by=by, now=timezone.now())
        clock.shift(timedelta(minutes=1))
        back.refresh_from_db()
        assert back.stage == models.Session.Stage.SCHEDULED
        yield back, later, sticker


def test_the_box_of_a_cancelled_session_holds_nothing_and_its_page_says_nothing_of_it(
    area: models.Area, office: models.Store
) -> None:
    sticker = needs(a_material())
    received(office, sticker, 30)
    session, later = a_session(area), a_session(area, day=DAY + timedelta(days=1))
    actions.pack(office, {(session.pk, sticker.pk): 30}, (), by=factories.manager(), now=NOW)
    cancel_day(session.day, [session.pk], code="weather", note="", by=factories.manager(), now=NOW)
    assert lacks(on=TODAY) == []
    assert [(one.want.session, one.taken) for one in Reservations(on=TODAY).reserved] == [(later.pk, 30)]
    assert [(line.pieces, line.packed) for line in shelf_of(office)] == [(30, 0)]
    assert [line.is_packed for line in bring_to([session], on=TODAY).lines] == [False]
    assert not models.Packed.objects.still_in_the_box().exists()


def test_a_session_that_was_cancelled_and_takes_place_again_is_to_be_packed_anew(
    cancelled_and_back: tuple[models.Session, models.Session, Material], office: models.Store
) -> None:
    back, later, sticker = cancelled_and_back
    assert [line.is_packed for line in bring_to([back], on=TODAY).lines] == [False]
    assert [line.packed for line in shelf_of(office)] == [0]
    # What the other one has packed meanwhile is not promised twice.
    actions.pack(office, {(later.pk, sticker.pk): 30}, (), by=factories.manager(), now=timezone.now())
    assert [(lack.session_id, lack.missing) for lack in lacks(on=TODAY)] == [(back.pk, 30)]
    assert [(line.pieces, line.packed) for line in shelf_of(office)] == [(30, 30)]


def test_a_box_that_was_unpacked_is_packed_again_by_whoever_ticks_it(
    cancelled_and_back: tuple[models.Session, models.Session, Material], office: models.Store
) -> None:
    back, _, sticker = cancelled_and_back
    by = factories.manager()
    actions.pack(office, {(back.pk, sticker.pk): 30}, (), by=by, now=timezone.now())
    tick = models.Packed.objects.still_in_the_box().get()
    assert (tick.by, tick.packed_at, tick.quantity) == (by, timezone.now(), 30)
    assert [line.is_packed for line in bring_to([back], on=TODAY).lines] == [True]


def test_a_parcel_arrives_after_it_was_sent(area: models.Area, office: models.Store) -> None:
    visit = factories.VisitFactory(school=factories.SchoolFactory(area=area))
    when: dict[str, Any] = {"by": factories.manager(), "now": NOW}
    parcel = actions.send_parcel(visit, office, sent_on=TODAY, tracking=" AB 12 ", **when)
    assert parcel.tracking == "AB 12"
    with pytest.raises(RuleBroken, match="cannot have arrived before"):
        actions.parcel_arrived(parcel, arrived_on=TODAY - timedelta(days=1), now=NOW)
    actions.parcel_arrived(parcel, arrived_on=TODAY, now=NOW)
    assert models.Parcel.objects.get().arrived_on == TODAY
    visit.stage, visit.cancelled_code = "cancelled", "school"
    with pytest.raises(RuleBroken, match="does not take place"):
        actions.send_parcel(visit, office, sent_on=TODAY, tracking="", **when)


DAYS = st.dictionaries(st.integers(-20, 80).map(lambda days: TODAY + timedelta(days=days)), st.integers(0, 50), max_size=8)


@given(needed=DAYS, stock=st.integers(0, 150), lead=st.none() | st.integers(0, 40))
@settings(max_examples=60, deadline=None)
def test_a_forecast_is_what_a_calendar_says(needed: dict[date, int], stock: int, lead: int | None) -> None:
    row = forecast(Material(name="Sticker", lead_days=lead), needed, area=1, stock=stock, on=TODAY)
    weeks: defaultdict[int, int] = defaultdict(int)
    short = None
    for ahead in range(-20, 81):
        day = TODAY + timedelta(days=ahead)
        monday = date(2026, 11, 23)
        week = 0
        while day >= monday + timedelta(days=7 * (week + 1)):
            week += 1
        weeks[week] += needed.get(day, 0)
        if short is None and sum(pieces for on, pieces in needed.items() if on <= day) > stock:
            short = max(day, TODAY)
    assert row.weeks == tuple(weeks[week] for week in range(WEEKS))
    assert row.first_short == short
    assert row.order_by == (short - timedelta(days=lead) if short and lead is not None else None)
    assert row.left == stock - sum(needed.values())


def test_the_reorder_list_names_what_runs_short_or_low(area: models.Area, office: models.Store) -> None:
    sticker = needs(a_material("Sticker", reorder_level=50, lead_days=10))
    booklet, poster = a_material("Booklet", reorder_level=50), a_material("Poster")
    for material, pieces in ((sticker, 40), (booklet, 20), (poster, 5)):
        received(office, material, pieces)
    a_session(area, expected=30)
    a_session(area, expected=30, day=DAY + timedelta(days=7))
    a_session(area, expected=None)
    rows = {row.material.name: row for row in forecasts(on=TODAY)}
    assert {name: (row.stock, row.needed, row.to_order, row.unknown) for name, row in rows.items()} == {
        "Booklet": (20, 0, 30, 0),
        "Poster": (5, 0, 0, 0),
        "Sticker": (40, 60, 70, 1),
    }
    assert [(row.material.name, row.first_short, row.order_by) for row in to_order(list(rows.values()))] == [
        ("Sticker", DAY + timedelta(days=7), DAY - timedelta(days=3)),
        ("Booklet", None, None),
    ]


@pytest.mark.parametrize("many", [1, 3])
def test_the_same_number_of_questions_however_many_sessions(
    many: int, area: models.Area, office: models.Store, django_assert_num_queries: Any
) -> None:
    received(office, needs(a_material()), 20)
    [bear] = a_puppet(office, "Bear")
    for number in range(many):
        actions.choose_pieces(a_session(area, day=DAY + timedelta(days=number)), bear.material, [bear])
    with django_assert_num_queries(10):
        lacks(on=TODAY)
    with django_assert_num_queries(7):
        forecasts(on=TODAY)
