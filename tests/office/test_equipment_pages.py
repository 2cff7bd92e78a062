"""Pages of equipment: what each piece offers, and which sessions they name."""

import re
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from schools import models
from schools.materials import actions
from schools.materials.queries import monday
from schools.office.stock.picking import picking_lines
from tests import factories
from tests.materials.stores import store_in
from tests.materials.wants import a_puppet, a_session

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 24)


@pytest.fixture
def store(area: models.Area) -> models.Store:
    return store_in(area, name="Carlisle office")


def press(office: Client, piece: models.Piece, do: str, **typed: object) -> None:
    """Send one form of a piece's page."""
    boxes = {"key": uuid4(), "day": TODAY, **typed}
    office.post(reverse("admin:piece", args=[piece.pk]), {"do": do, **{f"{do}-{name}": value for name, value in boxes.items()}})


def offered(office: Client, piece: models.Piece) -> set[str]:
    """What the buttons of a piece's page do."""
    page = office.get(reverse("admin:piece", args=[piece.pk])).content.decode()
    return {do for do in ("move", "lose", "find") if f'value="{do}"' in page}


def test_a_session_of_another_area_that_has_a_piece_is_neither_named_nor_led_to(
    office: Client, store: models.Store, elsewhere: models.Area
) -> None:
    (bear,) = a_puppet(store, "Bear")
    far, near = (
        factories.SchoolFactory(area=elsewhere, name="Far Primary"),
        factories.SchoolFactory(area=store.area, name="Ashfield"),
    )
    theirs = a_session(elsewhere, day=date(2026, 11, 25), visit__school=far)
    mine = a_session(store.area, day=date(2026, 12, 2), visit__school=near)
    for session in (theirs, mine):
        models.PieceBooking.objects.create(session=session, piece=bear)
    page = office.get(reverse("admin:piece", args=[bear.pk])).content.decode()
    every = office.get(reverse("admin:equipment")).content.decode()
    assert "Wed 25 November, booked in another area" in page
    assert "Wed 25 November, booked in another area" in every
    for address in (reverse("admin:session-kit", args=[theirs.pk]), "Far Primary"):
        assert address not in page
        assert address not in every
    assert reverse("admin:session-kit", args=[mine.pk]) in page
    assert "Ashfield" in page


def test_a_piece_of_another_area_that_lies_in_ones_store_is_among_the_equipment_of_the_area(
    office: Client, store: models.Store, elsewhere: models.Area
) -> None:
    theirs, by = store_in(elsewhere, name="Kettering office"), factories.manager()
    (bear, fox) = a_puppet(theirs, "Bear", "Fox")
    (owl,) = actions.receive_pieces(store, bear.material, ["Owl"], day=TODAY, by=by, now=timezone.now())
    moved: dict[str, Any] = {"day": TODAY, "by": by, "now": timezone.now()}
    actions.transfer(theirs, store, bear.material, 1, piece=bear, **moved)
    actions.transfer(store, theirs, owl.material, 1, piece=owl, **moved)
    assert [str(row["piece"]) for row in office.get(reverse("admin:equipment")).context["rows"]] == ["Puppet Bear", "Puppet Owl"]
    # What is one's own and lies elsewhere says where, and its store is no page of one's own.
    page = office.get(reverse("admin:piece", args=[owl.pk])).content.decode()
    assert "Kettering office" in page
    assert reverse("admin:store-stock", args=[theirs.pk]) not in page
    assert fox.pk not in {row["piece"].pk for row in office.get(reverse("admin:equipment")).context["rows"]}


def test_the_lists_of_two_stores_say_each_what_is_packed_there(office: Client, store: models.Store) -> None:
    hall, day, by = store_in(store.area, name="Hall"), factories.DAY, factories.manager()
    (bear,) = a_puppet(store, "Bear")
    now = timezone.now()
    (fox,) = actions.receive_pieces(hall, bear.material, ["Fox"], day=TODAY, by=by, now=now)
    session = a_session(store.area, day=day)
    actions.choose_pieces(session, bear.material, [bear, fox])

    def is_packed(place: models.Store) -> list[tuple[str, bool]]:
        lines = picking_lines(place, monday(day), on=TODAY)
        return [(line.pieces, line.is_packed) for line in lines]

    actions.pack(store, {(session.pk, bear.material_id): 1}, (), by=by, now=now)
    assert (is_packed(store), is_packed(hall)) == ([("Bear", True)], [("Fox", False)])
    actions.pack(hall, {(session.pk, bear.material_id): 1}, (), by=by, now=now)
    assert (is_packed(store), is_packed(hall)) == ([("Bear", True)], [("Fox", True)])
    page = " ".join(strip_tags(office.get(reverse("admin:session-kit", args=[session.pk])).content.decode()).split())
    assert f"1 in Carlisle office, by {by}" in page
    assert f"1 in Hall, by {by}" in page


def test_pieces_that_were_ticked_stay_so_where_they_are_refused(office: Client, store: models.Store) -> None:
    bear, fox = a_puppet(store, "Bear", "Fox")
    session, puppet = a_session(store.area), bear.material
    address, do = reverse("admin:session-kit", args=[session.pk]), f"pieces-{puppet.pk}"
    actions.choose_pieces(session, puppet, [bear])

    def ticked(answer: Any) -> list[str]:
        page = " ".join(answer.content.decode().split())
        return re.findall(r'id="piece_(\d+)" checked', page)

    assert ticked(office.get(address)) == [str(bear.pk)]
    refused = office.post(address, {"do": do, f"{do}-pieces": [fox.pk], f"{do}-was": "-"})
    assert ticked(refused) == [str(fox.pk)]
    assert "Somebody else chose pieces meanwhile: Bear." in refused.content.decode()
    assert '<details class="office-form" open> <summary>Choose which' in " ".join(refused.content.decode().split())


def test_a_lost_piece_is_written_down_as_found_and_only_what_is_there_is_moved_or_lost(
    office: Client, store: models.Store
) -> None:
    (bear,) = a_puppet(store, "Bear")
    assert offered(office, bear) == {"move", "lose"}
    press(office, bear, "lose")
    assert offered(office, bear) == {"find"}
    press(office, bear, "find", store=store.pk)
    assert offered(office, bear) == {"move", "lose"}
