"""Whatever is sent to the pages of stock is answered, never an error; another area's rows are neither seen nor touched."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from schools import models
from schools.materials import actions
from tests import factories
from tests.materials.stores import a_material, received, store_in
from tests.profiles import more_in_the_long_gate, turns

pytestmark = pytest.mark.slow

TODAY = date(2026, 11, 24)
NASTY = ("-1", "1.5", "٣", "²", "99999999999999999999", "\x00", "=1+1")
NO_DAYS = ("", "9999-12-31", "2026-02-30", "٢٠٢٦-١١-٢٤")

type Sent = tuple[str, str, str, dict[str, Any]]
"""An address, what its button does, what stands before the names of its boxes, what they say."""


class World:
    """An area with a store, a session and a piece, and another one with the same."""

    def __init__(self, area: models.Area, elsewhere: models.Area) -> None:
        by = factories.manager()
        kind = models.SessionType.objects.get(slug="ks2-assembly")
        self.sticker, self.puppet = a_material(), a_material("Puppet", kind="equipment")
        for material in (self.sticker, self.puppet):
            models.KitLine.objects.create(session_type=kind, material=material, quantity=1)
        self.store, self.far = store_in(area), store_in(elsewhere)
        received(self.store, self.sticker, 40)
        came: dict[str, Any] = {"day": TODAY, "by": by, "now": timezone.now()}
        [self.bear] = actions.receive_pieces(self.store, self.puppet, ["Bear"], **came)
        [self.fox] = actions.receive_pieces(self.far, self.puppet, ["Fox"], **came)
        self.session, self.far_session = (
            factories.SessionFactory(visit__school=factories.SchoolFactory(area=one)) for one in (area, elsewhere)
        )
        self.far_parcel = models.Parcel.objects.create(visit=self.far_session.visit, store=self.far, sent_on=TODAY, by=by)

    def forms(self) -> Iterator[Sent]:
        """Every form of stock; where it names a store, a piece or a parcel it is the other area's."""
        sticker, puppet, far = self.sticker.pk, self.puppet.pk, self.far.pk
        store = f"/admin/stock/store/{self.store.pk}/"
        for do in ("receive", "move", "lose", "find"):
            yield store, do, f"{do}-", {"material": sticker, "quantity": 3, "day": TODAY, "target": far, "note": "n"}
        labels = {"material": puppet, "labels": "Owl", "day": TODAY}
        yield store, "receive_pieces", "receive_pieces-", labels
        yield f"{store}count/", "", "", {f"counted_{sticker}": 5, f"seen_{sticker}": 40, "day": TODAY}
        yield f"{store}picking/", "", "", {"packed": f"{self.session.pk}-{sticker}-1", "was": ""}
        for do in ("move", "lose", "find"):
            yield f"/admin/stock/equipment/{self.bear.pk}/", do, f"{do}-", {"store": far, "day": TODAY}
        kit = f"/admin/session/{self.session.pk}/materials/"
        yield kit, f"decide-{sticker}", f"decide-{sticker}-", {"quantity": 3, "store": far}
        yield kit, f"pieces-{puppet}", f"pieces-{puppet}-", {"pieces": self.fox.pk}
        yield kit, "add", "add-", {"material": sticker, "quantity": 3}
        parcels, arrived = f"/admin/visit/{self.session.visit_id}/parcels/", f"arrived-{self.far_parcel.pk}"
        yield parcels, "send", "", {"store": far, "sent_on": TODAY}
        yield parcels, arrived, f"{arrived}-", {"arrived_on": TODAY}

    def bodies(self, turn: int) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each form whole, and with something nasty in each of its boxes, another thing each turn; each opened anew."""
        for address, do, before, said in self.forms():
            whole = {f"{before}{name}": value for name, value in said.items()}
            yield address, {"do": do}
            for place, name in enumerate(said, start=turn):
                nasty = NO_DAYS if name.endswith(("day", "_on")) else NASTY
                yield address, {**whole, "do": do, f"{before}{name}": nasty[place % len(nasty)], f"{before}key": uuid4()}
            yield address, {**whole, "do": do, f"{before}key": uuid4()}
            for button in ("decide-", "decide-٣", f"decide-{10**20}", "arrived-", "pieces-x", "\x00"):
                yield address, {"do": button}


@pytest.fixture
def world(area: models.Area, elsewhere: models.Area) -> World:
    return World(area, elsewhere)


@pytest.mark.slow
@pytest.mark.parametrize("turn", turns(NASTY))
@pytest.mark.exhaustive
def test_whatever_is_sent_is_answered_and_nothing_of_another_area_is_touched(office: Client, world: World, turn: int) -> None:
    for address, body in world.bodies(turn):
        assert office.post(address, body).status_code in {200, 302}, (address, body)
    assert list(models.Movement.objects.filter(store=world.far).values_list("piece", flat=True)) == [world.fox.pk]
    assert not models.SessionKit.objects.filter(store=world.far).exists()
    assert not models.PieceBooking.objects.filter(piece=world.fox).exists()
    assert list(models.Parcel.objects.filter(store=world.far).values_list("arrived_on", flat=True)) == [None]


@pytest.mark.parametrize("asked", more_in_the_long_gate([*NASTY, *NO_DAYS]))
def test_whatever_the_address_asks_for_is_answered(asked: str, office: Client, world: World) -> None:
    store, story = f"stock/store/{world.store.pk}/picking/", f"stock/material/{world.sticker.pk}/"
    for page in ("stock/", "stock/short/", "stock/forecast/", "stock/used/", "stock/used/csv/", store, f"{store}csv/", story):
        answer = office.get(f"/admin/{page}", dict.fromkeys(("area", "period", "week", "page"), asked))
        assert answer.status_code in {200, 400}, page


def test_pages_of_another_area_are_not_there(office: Client, world: World) -> None:
    far = world.far.pk
    for page in (
        f"stock/store/{far}/",
        f"stock/store/{far}/count/",
        f"stock/store/{far}/picking/",
        f"stock/store/{far}/picking/csv/",
        f"stock/equipment/{world.fox.pk}/",
        f"session/{world.far_session.pk}/materials/",
        f"visit/{world.far_session.visit_id}/parcels/",
        f"stock/store/{10**20}/",
        f"stock/material/{10**20}/",
    ):
        assert office.get(f"/admin/{page}").status_code == 404, page


def test_a_kit_beyond_belief_is_shown_and_cannot_be_packed(office: Client, world: World) -> None:
    models.KitLine.objects.filter(material=world.sticker).update(quantity=10_000, per="pupil")
    factories.HeadcountFactory(session=world.session, expected=900)
    picking = f"/admin/stock/store/{world.store.pk}/picking/"
    for page in (picking, f"/admin/session/{world.session.pk}/materials/", "/admin/stock/short/", "/admin/stock/forecast/"):
        assert "9,000,000" in office.get(page).content.decode(), page
    tick = f"{world.session.pk}-{world.sticker.pk}-9000000"
    assert "9,000,000 cannot lie in one box" in office.post(picking, {"packed": tick, "key": uuid4()}).content.decode()


def test_a_name_that_looks_like_a_formula_is_text_in_the_files(office: Client, area: models.Area, world: World) -> None:
    models.Material.objects.filter(pk=world.sticker.pk).update(name="=HYPERLINK(1)")
    use = {"session": factories.SessionFactory(delivered=True, area=area), "material": world.sticker}
    models.MaterialUse.objects.create(used=3, **use)
    for page in (f"stock/store/{world.store.pk}/picking/csv/", "stock/used/csv/"):
        assert ",'=HYPERLINK(1)," in office.get(f"/admin/{page}").getvalue().decode("utf-8-sig"), page
