"""A form about stock that is sent twice does its work once, and says so; nobody's ticks take another's away."""

import re
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from schools import models
from tests import factories
from tests.materials.stores import a_material, received, store_in

TODAY = date(2026, 11, 24)
TWICE = "That is written down already, so nothing was written twice."


@pytest.fixture
def store(area: models.Area) -> models.Store:
    return store_in(area, name="Carlisle office")


@pytest.fixture
def sticker(store: models.Store) -> models.Material:
    made = a_material()
    received(store, made, 40)
    return made


def send(office: Client, address: str, data: dict[str, Any]) -> str:
    return office.post(address, data, follow=True).content.decode()


def lines() -> list[tuple[str, int]]:
    return list(models.Movement.objects.order_by("pk").values_list("kind", "quantity"))


FIRST = ("received", 40)


@pytest.mark.parametrize(
    ("do", "written"),
    [
        ("receive", [("received", 9)]),
        ("move", [("moved", -9), ("moved", 9)]),
        ("lose", [("lost", -9)]),
        ("find", [("found", 9)]),
    ],
)
def test_what_happened_in_a_store_is_written_once(
    do: str, written: list[tuple[str, int]], office: Client, area: models.Area, store: models.Store, sticker: models.Material
) -> None:
    said = {"material": sticker.pk, "quantity": 9, "day": TODAY, "target": store_in(area, name="Hall").pk, "key": uuid4()}
    data = {"do": do, **{f"{do}-{name}": value for name, value in said.items()}}
    address = f"/admin/stock/store/{store.pk}/"
    assert TWICE not in send(office, address, data)
    assert lines() == [FIRST, *written]
    assert TWICE in send(office, address, data)
    assert lines() == [FIRST, *written]
    # Opened anew the same may happen again.
    send(office, address, data | {f"{do}-key": uuid4()})
    assert lines() == [FIRST, *written, *written]


def test_a_form_sent_again_that_says_something_else_asks_first(
    office: Client, store: models.Store, sticker: models.Material
) -> None:
    data = {"receive-material": sticker.pk, "receive-quantity": 60, "receive-day": TODAY, "receive-key": uuid4(), "do": "receive"}
    address = f"/admin/stock/store/{store.pk}/"
    send(office, address, data)
    page = send(office, address, data | {"receive-quantity": 6})
    assert "sent already and said something else" in page
    assert lines() == [FIRST, ("received", 60)]
    key = re.search(r'name="receive-key" value="([^"]+)"', page)
    assert key
    send(office, address, data | {"receive-quantity": 6, "receive-key": key[1]})
    assert lines() == [FIRST, ("received", 60), ("received", 6)]


@pytest.mark.parametrize("key", ["", "nonsense", None])
def test_a_form_without_its_key_is_shown_again_with_one(
    key: str | None, office: Client, store: models.Store, sticker: models.Material
) -> None:
    data = {"receive-material": sticker.pk, "receive-quantity": 60, "receive-day": TODAY, "do": "receive"}
    if key is not None:
        data["receive-key"] = key
    page = send(office, f"/admin/stock/store/{store.pk}/", data)
    assert "did not arrive whole" in page
    assert 'value="60"' in page
    assert lines() == [FIRST]


def test_a_refused_form_may_be_sent_again_when_its_reason_is_gone(
    office: Client, store: models.Store, sticker: models.Material
) -> None:
    data = {"lose-material": sticker.pk, "lose-quantity": 41, "lose-day": TODAY, "lose-key": uuid4(), "do": "lose"}
    address = f"/admin/stock/store/{store.pk}/"
    assert "so 41 cannot leave it" in send(office, address, data)
    received(store, sticker, 1)
    assert "41 Sticker written off" in send(office, address, data)


def test_the_same_key_of_somebody_else_is_not_theirs(store: models.Store, sticker: models.Material, client: Client) -> None:
    data = {"lose-material": sticker.pk, "lose-quantity": 4, "lose-day": TODAY, "lose-key": uuid4(), "do": "lose"}
    address = f"/admin/stock/store/{store.pk}/"
    for answer in ("4 Sticker written off", "sent already and said something else"):
        client.force_login(factories.manager())
        assert answer in send(client, address, data)
    assert lines() == [FIRST, ("lost", -4)]


def test_a_count_is_written_once(office: Client, store: models.Store, sticker: models.Material) -> None:
    data = {f"counted_{sticker.pk}": 38, f"seen_{sticker.pk}": 40, "day": TODAY, "key": uuid4()}
    address = f"/admin/stock/store/{store.pk}/count/"
    assert "1 counted, 1 of them differ" in send(office, address, data)
    assert TWICE in send(office, address, data)
    assert lines() == [FIRST, ("counted", -2)]


def test_new_pieces_a_move_a_loss_and_a_find_of_one_are_written_once(
    office: Client, area: models.Area, store: models.Store
) -> None:
    puppet, hall = a_material("Puppet", kind="equipment"), store_in(area, name="Hall")
    came = {"material": puppet.pk, "labels": "Bear", "day": TODAY, "key": uuid4()}
    data = {"do": "receive_pieces", **{f"receive_pieces-{name}": value for name, value in came.items()}}
    for answer in ("received 1 Puppet", TWICE):
        assert answer in send(office, f"/admin/stock/store/{store.pk}/", data)
    address = f"/admin/stock/equipment/{models.Piece.objects.get().pk}/"
    for do, words in (("move", "is in Hall now"), ("lose", "is lost."), ("find", "was found in Hall")):
        data = {"do": do, f"{do}-store": hall.pk, f"{do}-day": TODAY, f"{do}-key": uuid4()}
        for answer in (words, TWICE):
            assert answer in send(office, address, data), (do, answer)
    assert lines() == [("received", 1), ("moved", -1), ("moved", 1), ("lost", -1), ("found", 1)]


def test_a_parcel_is_sent_once(office: Client, area: models.Area, store: models.Store) -> None:
    visit = factories.SessionFactory(visit__school=factories.SchoolFactory(area=area)).visit
    data = {"do": "send", "store": store.pk, "sent_on": TODAY, "tracking": "", "key": uuid4()}
    for answer in ("The parcel from Carlisle office is written down", TWICE):
        assert answer in send(office, f"/admin/visit/{visit.pk}/parcels/", data)
    assert models.Parcel.objects.count() == 1


class TestTicks:
    """Of the picking list."""

    @pytest.fixture
    def keys(self, area: models.Area, store: models.Store, sticker: models.Material) -> list[str]:
        """The lines of two sessions, as their boxes say them."""
        kind = models.SessionType.objects.get(slug="ks2-assembly")
        models.KitLine.objects.create(session_type=kind, material=sticker, quantity=5)
        sessions = [factories.SessionFactory(visit__school=factories.SchoolFactory(area=area)) for _ in range(2)]
        return [f"{session.pk}-{sticker.pk}-5" for session in sessions]

    def packed(self) -> set[str]:
        rows = models.Packed.objects.values_list("session_id", "material_id", "quantity")
        return {f"{session}-{material}-{pieces}" for session, material, pieces in rows}

    def test_two_who_tick_different_lines_of_one_list_both_keep_theirs(
        self, office: Client, store: models.Store, keys: list[str]
    ) -> None:
        address = f"/admin/stock/store/{store.pk}/picking/"
        for key in keys:
            send(office, address, {"packed": [key], "key": uuid4()})
        assert self.packed() == set(keys)

    def test_what_was_ticked_and_is_not_any_more_is_taken_out(self, office: Client, store: models.Store, keys: list[str]) -> None:
        address = f"/admin/stock/store/{store.pk}/picking/"
        send(office, address, {"packed": keys, "key": uuid4()})
        page = office.get(address).content.decode()
        assert re.findall(r'name="was" value="([^"]+)"', page) == keys
        assert "1 taken out again" in send(office, address, {"packed": keys[:1], "was": keys, "key": uuid4()})
        assert self.packed() == set(keys[:1])

    def test_an_old_sending_that_arrives_again_changes_nothing(
        self, office: Client, store: models.Store, keys: list[str]
    ) -> None:
        address = f"/admin/stock/store/{store.pk}/picking/"
        ticked = {"packed": keys, "key": uuid4()}
        send(office, address, ticked)
        send(office, address, {"packed": [], "was": keys, "key": uuid4()})
        assert TWICE in send(office, address, ticked)
        assert self.packed() == set()

    def test_what_is_stored_is_the_number_that_was_read(
        self, office: Client, store: models.Store, sticker: models.Material, keys: list[str]
    ) -> None:
        models.KitLine.objects.filter(material=sticker).update(quantity=8)
        address = f"/admin/stock/store/{store.pk}/picking/"
        page = send(office, address, {"packed": keys[:1], "key": uuid4()})
        assert self.packed() == {keys[0]}
        assert "5 were packed" in page
        models.Packed.objects.update(quantity=1)
        assert "1 was packed" in office.get(address).content.decode()

    @pytest.mark.parametrize("tick", ["987654321-1-1", "x", "²-1-1", "1-1", "9" * 30 + "-1-1"])
    def test_what_is_no_line_of_the_list_is_left_out(
        self, tick: str, office: Client, store: models.Store, keys: list[str]
    ) -> None:
        assert "0 packed" in send(office, f"/admin/stock/store/{store.pk}/picking/", {"packed": [tick], "key": uuid4()})
        assert self.packed() == set()

    @pytest.mark.parametrize("pieces", ["0", "10001", "999999999"])
    def test_no_box_holds_an_absurd_number(self, pieces: str, office: Client, store: models.Store, keys: list[str]) -> None:
        tick = f"{keys[0].rpartition('-')[0]}-{pieces}"
        page = send(office, f"/admin/stock/store/{store.pk}/picking/", {"packed": [tick], "key": uuid4()})
        assert "cannot lie in one box" in page
        assert self.packed() == set()
