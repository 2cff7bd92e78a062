"""What lies packed for a session, and what was sent to it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from schools import models
from schools.core.errors import RuleBroken
from schools.materials import actions
from schools.materials.models import Material
from schools.materials.queries import Reservations, lacks, shelf_of, things_to_bring
from schools.visits.actions import cancel_day
from schools.visits.actions.undoing import undo
from tests import factories
from tests.factories import DAY
from tests.materials.stores import a_material, received, store_in
from tests.materials.wants import NOW, TODAY, a_puppet, a_session, needs


def test_what_to_bring_says_where_it_is_and_whether_it_is_packed(area: models.Area, office: models.Store) -> None:
    sticker = needs(a_material())
    received(office, sticker, 100)
    [bear] = a_puppet(office, "Bear")
    session = a_session(area)
    actions.choose_pieces(session, bear.material, [bear])
    said = things_to_bring([session], on=TODAY)
    assert [(line.item.quantity, line.stores, line.labels, line.is_packed) for line in said.lines] == [
        (1, (office,), ("Bear",), False),
        (30, (office,), (), False),
    ]
    key = (session.pk, sticker.pk)
    actions.pack(office, {key: 30}, (), by=factories.manager(), now=NOW)
    assert [line.is_packed for line in things_to_bring([session], on=TODAY).lines] == [False, True]
    assert things_to_bring([session], on=TODAY).stores == (office,)


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


def test_each_store_ticks_the_pieces_that_lie_there(area: models.Area, office: models.Store) -> None:
    hall, by = store_in(area), factories.manager()
    (bear,) = a_puppet(office, "Bear")
    (fox,) = actions.receive_pieces(hall, bear.material, ["Fox"], day=TODAY, by=by, now=NOW)
    session = a_session(area)
    actions.decide(session, bear.material, quantity=2, store=None)
    actions.choose_pieces(session, bear.material, [bear, fox])
    line = (session.pk, bear.material.pk)

    def packed() -> list[int]:
        return list(models.Packed.objects.order_by("pk").values_list("store", flat=True))

    actions.pack(office, {line: 1}, (), by=by, now=NOW)
    assert [thing.is_packed for thing in things_to_bring([session], on=TODAY).lines] == [False]
    actions.pack(hall, {line: 1}, (), by=by, now=NOW)
    assert packed() == [office.pk, hall.pk]
    assert [thing.is_packed for thing in things_to_bring([session], on=TODAY).lines] == [True]
    actions.pack(office, {}, {line}, by=by, now=NOW)
    assert packed() == [hall.pk]


def test_what_is_used_up_is_packed_in_one_store_alone(area: models.Area, office: models.Store) -> None:
    sticker, hall, by = needs(a_material()), store_in(area), factories.manager()
    session = a_session(area)
    for store in (office, hall):
        actions.pack(store, {(session.pk, sticker.pk): 30}, (), by=by, now=NOW)
    assert models.Packed.objects.get().store == hall


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
    assert [line.is_packed for line in things_to_bring([session], on=TODAY).lines] == [False]
    assert not models.Packed.objects.still_in_the_box().exists()


def test_a_session_that_was_cancelled_and_takes_place_again_is_to_be_packed_anew(
    cancelled_and_back: tuple[models.Session, models.Session, Material], office: models.Store
) -> None:
    back, later, sticker = cancelled_and_back
    assert [line.is_packed for line in things_to_bring([back], on=TODAY).lines] == [False]
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
    assert [line.is_packed for line in things_to_bring([back], on=TODAY).lines] == [True]


def test_a_parcel_arrives_after_it_was_sent(area: models.Area, office: models.Store) -> None:
    visit = factories.VisitFactory(school=factories.SchoolFactory(area=area))
    when: dict[str, Any] = {"by": factories.manager(), "now": NOW}
    parcel = actions.send_parcel(visit, office, sent_on=TODAY, tracking=" AB 12 ", **when)
    assert parcel.tracking == "AB 12"
    with pytest.raises(RuleBroken, match="cannot have arrived before"):
        actions.record_parcel_arrival(parcel, arrived_on=TODAY - timedelta(days=1), now=NOW)
    actions.record_parcel_arrival(parcel, arrived_on=TODAY, now=NOW)
    assert models.Parcel.objects.get().arrived_on == TODAY
    visit.stage, visit.cancelled_code = "cancelled", "school"
    with pytest.raises(RuleBroken, match="does not take place"):
        actions.send_parcel(visit, office, sent_on=TODAY, tracking="", **when)
