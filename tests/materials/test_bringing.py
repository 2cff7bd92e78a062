"""What people bring to a morning: whose address they read, and what it costs to ask."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from schools import models
from schools.materials.actions import pack, receive_pieces
from schools.materials.queries import reservations_around, things_to_bring
from tests import factories
from tests.factories import DAY
from tests.materials.stores import a_material, received, store_in
from tests.portal.pages import client_of, morning_at, school_in, text_of

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)


@pytest.mark.parametrize(
    ("postcode", "home", "is_shown"),
    [
        ("LA9 4XX", "LA9 4XX", False),
        ("LA9 4XX", "la94xx", False),
        ("", "LA9 4XX", False),
        ("LA9 4XX", "", False),
        ("LA9 4XX", "CA13 9AB", True),
        ("LA9 4XX", None, True),
    ],
)
@time_machine.travel(NOW)
def test_nobody_reads_the_address_of_a_store_that_may_be_its_keepers_home(
    postcode: str, home: str | None, *, is_shown: bool
) -> None:
    area = factories.AreaFactory()
    asha = factories.able_volunteer(area, signs_in=True)
    keeper = None
    if home is not None:
        keeper = factories.VolunteerFactory(name="Ben Iqbal", home_postcode=home, phone="+441900555555", share_phone=True)
    store = store_in(area, keeper=keeper, address="3 Fell View", postcode=postcode)
    [session, _] = morning_at(school_in(area), asha)
    sticker = a_material()
    models.KitLine.objects.create(session_type=session.type, material=sticker, quantity=1, per="pupil")
    received(store, sticker, 500)

    page = text_of(client_of(asha).get(reverse("morning", args=[session.visit_id, session.day])))

    assert str(store) in page
    assert ("3 Fell View" in page) is is_shown
    assert ("LA9 4XX" in page) is (is_shown and bool(postcode))
    if keeper:
        assert "Ben lets you in." in page
        assert "tel:+44-1900-555555" in page
        assert "Iqbal" not in page


@pytest.mark.parametrize("name", ["Ben Iqbal", "Former volunteer V1"])
@time_machine.travel(NOW)
def test_who_has_left_or_was_erased_lets_nobody_in(name: str) -> None:
    area = factories.AreaFactory()
    asha = factories.able_volunteer(area, signs_in=True)
    status = "left" if name == "Ben Iqbal" else "active"
    keeper = factories.VolunteerFactory(
        name=name, reference="V1", status=status, home_postcode="CA13 9AB", phone="+441900555555", share_phone=True
    )
    store = store_in(area, keeper=keeper, address="3 Fell View", postcode="LA9 4XX", access_notes="Ring twice")
    [session, _] = morning_at(school_in(area), asha)
    sticker = a_material()
    models.KitLine.objects.create(session_type=session.type, material=sticker, quantity=1, per="pupil")
    received(store, sticker, 500)

    page = text_of(client_of(asha).get(reverse("morning", args=[session.visit_id, session.day])))

    assert "Ring twice" in page
    assert "lets you in" not in page
    assert "555555" not in page


def test_what_to_bring_costs_the_same_however_many_hand_overs(django_assert_num_queries: Any) -> None:
    area = factories.AreaFactory()
    store = store_in(area)
    puppet = a_material("Puppet", kind="equipment")
    sticker = a_material()
    received(store, sticker, 500)
    school = school_in(area)
    session = morning_at(school, factories.able_volunteer(area))[0]
    for material in (puppet, sticker):
        models.KitLine.objects.create(session_type=session.type, material=material, quantity=1, per="session")
    pieces: list[models.Piece] = []
    for how_many in (1, 3):
        for number in range(how_many):
            came: dict[str, Any] = {"day": TODAY, "by": factories.manager(), "now": NOW}
            [piece] = receive_pieces(store, puppet, [f"{how_many}-{number}"], **came)
            other = morning_at(school, factories.able_volunteer(area), day=DAY + timedelta(days=1 + number))[0]
            for booked in (session, other):
                models.PieceBooking.objects.create(session=booked, piece=piece)
            pieces.append(piece)
        asked = models.Session.objects.select_related("visit__school", "type").prefetch_related("headcounts").get(pk=session.pk)
        with django_assert_num_queries(1):
            said = things_to_bring([asked], on=TODAY)
        assert len(said.passing) == len(pieces)
        assert all(one.after and one.after.people for one in said.passing)


@pytest.mark.parametrize("pieces", [(40, 200), (200, 40), (10, 10), (0, 0)])
def test_people_read_of_the_same_stores_as_the_office(pieces: tuple[int, int]) -> None:
    area, elsewhere = factories.AreaFactory(), factories.AreaFactory()
    near = store_in(area, easting=350_000, northing=520_000)
    far = store_in(area, easting=360_000, northing=520_000)
    foreign = store_in(elsewhere, easting=350_000, northing=520_000)
    sticker, cards, puppet = a_material(), a_material("Cards"), a_material("Puppet", kind="equipment")
    for store, number in zip((near, far), pieces, strict=True):
        if number:
            received(store, sticker, number)
    for store in (far, foreign):
        received(store, cards, 500)
    mornings = [
        morning_at(
            school_in(area, easting=350_000 + 4_000 * number, northing=520_000),
            factories.able_volunteer(area),
            day=DAY + timedelta(days=number),
        )
        for number in range(4)
    ]
    for material in (sticker, cards, puppet):
        models.KitLine.objects.create(session_type=mornings[0][0].type, material=material, quantity=1, per="pupil")
    models.KitLine.objects.create(session_type=mornings[0][1].type, material=sticker, quantity=1, per="class")
    models.SessionKit.objects.create(session=mornings[1][0], material=sticker, quantity=7, store=far)
    models.SessionKit.objects.create(session=mornings[2][0], material=cards, store=foreign)
    # Lies in a box already, though others go sooner.
    pack(near, {(mornings[3][0].pk, sticker.pk): 20}, (), by=factories.manager(), now=NOW)
    for sessions in mornings:
        said = things_to_bring(sessions, on=TODAY)
        office = reservations_around(sessions[0], on=TODAY)
        for line in said.lines:
            reserved = [office.by_session[session.pk].get(line.material.pk) for session in sessions]
            where = [office.stores[one.store] for one in reserved if one and one.store]
            assert line.stores == tuple(dict.fromkeys(where))
        assert {line.material for line in said.lines} == {sticker, cards, puppet}
