"""Stock is the sum of the ledger: what the verbs write, what they refuse, and that nothing is ever lost on the way."""

from collections import defaultdict
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from schools import models
from schools.core.errors import RuleBroken
from schools.materials import actions
from schools.materials.queries import shelf_of, stock_of, totals, where_is, whereabouts
from tests import factories
from tests.materials.stores import AT, DAY, a_material, received, store_in
from tests.profiles import examples

pytestmark = pytest.mark.django_db


@pytest.fixture
def when() -> dict[str, Any]:
    return {"day": DAY, "by": factories.manager(), "now": AT}


@pytest.fixture
def hall(area: models.Area) -> models.Store:
    return store_in(area, name="Hall")


@pytest.fixture
def sticker() -> models.Material:
    return a_material()


def there(store: models.Store, material: models.Material) -> int:
    return stock_of().get((store.pk, material.pk), 0)


def test_received_moved_lost_found_and_counted_make_the_stock(
    office: models.Store, hall: models.Store, sticker: models.Material, when: dict[str, Any]
) -> None:
    actions.receive(office, sticker, 100, **when)
    actions.transfer(office, hall, sticker, 30, **when)
    actions.lose(office, sticker, 5, **when)
    actions.find(hall, sticker, 2, **when)
    actions.count(office, {sticker: 60}, **when)
    assert (there(office, sticker), there(hall, sticker), totals()) == (60, 32, {sticker.pk: 92})
    assert sorted(models.Movement.objects.values_list("kind", "quantity")) == [
        ("counted", -5), ("found", 2), ("lost", -5), ("moved", -30), ("moved", 30), ("received", 100),
    ]  # fmt: skip


def test_the_two_lines_of_a_move_share_a_transfer_and_add_up_to_nothing(
    office: models.Store, hall: models.Store, sticker: models.Material, when: dict[str, Any]
) -> None:
    actions.receive(office, sticker, 100, **when)
    away, arrived = actions.transfer(office, hall, sticker, 30, **when)
    assert away.transfer == arrived.transfer
    assert away.quantity + arrived.quantity == 0


def test_a_store_does_not_go_below_nothing_and_the_sentence_says_why(
    office: models.Store, hall: models.Store, sticker: models.Material, when: dict[str, Any]
) -> None:
    actions.receive(office, sticker, 40, **when)
    with pytest.raises(RuleBroken) as broken:
        actions.transfer(office, hall, sticker, 60, **when)
    assert broken.value.reasons == ["Office has 40 of “Sticker”, so 60 cannot leave it. Take fewer, or count the store first."]
    with pytest.raises(RuleBroken, match="Hall has none"):
        actions.lose(hall, sticker, 1, **when)
    assert there(office, sticker) == 40


def test_only_a_count_says_that_there_was_less_than_the_ledger_knew(
    office: models.Store, sticker: models.Material, when: dict[str, Any]
) -> None:
    actions.receive(office, sticker, 40, **when)
    actions.count(office, {sticker: 0}, **when)
    assert there(office, sticker) == 0


def test_a_count_that_agrees_is_remembered_too(office: models.Store, sticker: models.Material, when: dict[str, Any]) -> None:
    actions.receive(office, sticker, 40, **when)
    assert [line.counted_on for line in shelf_of(office)] == [None]
    actions.count(office, {sticker: 40}, **when)
    assert [(line.pieces, line.counted_on) for line in shelf_of(office)] == [(40, DAY)]


def test_a_stock_that_moved_while_it_was_counted_is_counted_again(
    office: models.Store, sticker: models.Material, when: dict[str, Any]
) -> None:
    actions.receive(office, sticker, 40, **when)
    with pytest.raises(RuleBroken, match="it says 40 now"):
        actions.count(office, {sticker: 70}, seen={sticker.pk: 70}, **when)
    assert there(office, sticker) == 40


def test_a_count_of_a_day_after_which_the_ledger_goes_on_is_made_again(
    office: models.Store, hall: models.Store, sticker: models.Material, when: dict[str, Any]
) -> None:
    card, friday, monday = a_material("Card"), when | {"day": date(2026, 10, 30)}, when
    actions.receive(office, sticker, 120, **friday)
    actions.receive(office, card, 8, **friday)
    actions.receive(hall, card, 5, **monday)
    actions.receive(office, sticker, 100, **monday)
    with pytest.raises(RuleBroken) as broken:
        actions.count(office, {sticker: 120, card: 7}, **friday)
    assert broken.value.reasons == [
        "The ledger of Office goes on for “Sticker” until Mon 2 November 2026. Count it again, and give that day."
    ]
    assert (there(office, sticker), there(office, card)) == (220, 8)
    # What moved in another store, or of another material, keeps no count out.
    actions.count(office, {card: 7}, **friday)
    actions.count(office, {sticker: 219}, **monday)
    assert (there(office, sticker), there(office, card), there(hall, card)) == (219, 7, 5)


def test_what_is_written_down_late_is_refused_where_a_later_count_has_it_already(
    office: models.Store, hall: models.Store, sticker: models.Material, when: dict[str, Any]
) -> None:
    friday = when | {"day": date(2026, 10, 30)}
    for store in (office, hall):
        actions.receive(store, sticker, 300, **friday)
    actions.count(office, {sticker: 500}, **when)
    late = (
        lambda: actions.receive(office, sticker, 200, **friday),
        lambda: actions.lose(office, sticker, 20, **friday),
        lambda: actions.find(office, sticker, 20, **friday),
        lambda: actions.transfer(office, hall, sticker, 20, **friday),
        lambda: actions.transfer(hall, office, sticker, 20, **friday),
    )
    for write in late:
        with pytest.raises(RuleBroken, match="was counted in Office after Fri 30 October 2026, so the count has it already"):
            write()
    assert (there(office, sticker), there(hall, sticker)) == (500, 300)
    # What came on the day of the count, after it, is new; so is what moves where nobody has counted.
    actions.receive(office, sticker, 200, **when)
    actions.lose(hall, sticker, 20, **friday)
    assert (there(office, sticker), there(hall, sticker)) == (700, 280)


@pytest.mark.parametrize("quantity", [0, -5, 1_000_001])
def test_absurd_numbers_are_refused(
    quantity: int, office: models.Store, hall: models.Store, sticker: models.Material, when: dict[str, Any]
) -> None:
    for verb in (actions.receive, actions.lose, actions.find):
        with pytest.raises(RuleBroken, match="cannot be right"):
            verb(office, sticker, quantity, **when)
    with pytest.raises(RuleBroken, match="cannot be right"):
        actions.transfer(office, hall, sticker, quantity, **when)
    if quantity:
        with pytest.raises(RuleBroken, match="cannot be right"):
            actions.count(office, {sticker: quantity}, **when)
    assert not models.Movement.objects.exists()


def test_a_store_does_not_fill_up_beyond_belief(
    office: models.Store, hall: models.Store, sticker: models.Material, when: dict[str, Any]
) -> None:
    for store in (office, hall):
        actions.receive(store, sticker, 1_000_000, **when)
    for verb in (actions.receive, actions.find):
        with pytest.raises(RuleBroken, match="Office would have 1,000,001 of “Sticker”, which cannot be right"):
            verb(office, sticker, 1, **when)
    with pytest.raises(RuleBroken, match="Hall would have 1,000,001"):
        actions.transfer(office, hall, sticker, 1, **when)
    assert totals() == {sticker.pk: 2_000_000}


def test_a_ledger_that_no_count_can_mend_says_so(office: models.Store, sticker: models.Material, when: dict[str, Any]) -> None:
    # What outcomes give back is never refused, so that a store can come to more.
    for _ in range(2):
        received(office, sticker, 600_000)
    with pytest.raises(RuleBroken, match="says 1,200,000 of “Sticker”, which no count can mend"):
        actions.count(office, {sticker: 0}, **when)
    actions.lose(office, sticker, 300_000, **when)
    actions.count(office, {sticker: 0}, **when)
    assert there(office, sticker) == 0


@pytest.mark.parametrize(("day", "why"), [(date(2026, 11, 3), "still to come"), (date(1999, 1, 1), "cannot be right")])
def test_what_is_written_down_has_happened(
    day: date, why: str, office: models.Store, sticker: models.Material, when: dict[str, Any]
) -> None:
    with pytest.raises(RuleBroken, match=why):
        actions.receive(office, sticker, 1, **(when | {"day": day}))


def test_a_move_needs_two_stores(office: models.Store, sticker: models.Material, when: dict[str, Any]) -> None:
    actions.receive(office, sticker, 40, **when)
    with pytest.raises(RuleBroken, match="another store"):
        actions.transfer(office, office, sticker, 1, **when)


def test_equipment_goes_by_the_piece_from_where_it_is(
    office: models.Store, hall: models.Store, sticker: models.Material, when: dict[str, Any]
) -> None:
    puppet = a_material("Puppet", kind="equipment")
    bear, fox = actions.receive_pieces(office, puppet, ["Bear", "", " Fox "], **when)
    assert [str(bear), str(fox)] == ["Puppet Bear", "Puppet Fox"]
    actions.transfer(office, hall, puppet, 1, piece=bear, **when)
    actions.lose(office, puppet, 1, piece=fox, **when)
    assert whereabouts() == {bear.pk: hall.pk}
    with pytest.raises(RuleBroken, match="Puppet Bear is not in Office"):
        actions.transfer(office, hall, puppet, 1, piece=bear, **when)
    with pytest.raises(RuleBroken, match="Choose which piece"):
        actions.lose(hall, puppet, 1, **when)
    with pytest.raises(RuleBroken, match="another thing than “Sticker”"):
        actions.find(hall, sticker, 1, piece=fox, **when)
    with pytest.raises(RuleBroken, match="Puppet Bear is not lost"):
        actions.find(office, puppet, 1, piece=bear, **when)
    actions.find(hall, puppet, 1, piece=fox, **when)
    assert where_is(fox) == hall.pk
    with pytest.raises(RuleBroken, match="Say of each piece"):
        actions.count(hall, {puppet: 2}, **when)


def test_each_piece_has_a_label_of_its_own(office: models.Store, sticker: models.Material, when: dict[str, Any]) -> None:
    puppet = a_material("Puppet", kind="equipment")
    actions.receive_pieces(office, puppet, ["Bear"], **when)
    for labels, why in (
        (["Bear"], "a piece Bear already"),
        (["Owl", "Owl"], "twice"),
        ([" "], "Give the label"),
        (["x" * 41], "long"),
    ):
        with pytest.raises(RuleBroken, match=why):
            actions.receive_pieces(office, puppet, labels, **when)
    with pytest.raises(RuleBroken, match="has no labels"):
        actions.receive_pieces(office, sticker, ["One"], **when)
    assert models.Piece.objects.count() == 1


STEPS = st.lists(
    st.tuples(
        st.sampled_from(("receive", "transfer", "lose", "find", "count")),
        st.integers(0, 1),
        st.integers(0, 1),
        st.integers(0, 60),
    ),
    max_size=12,
)


class TestReplay(TestCase):
    """Against a shelf kept by hand."""

    @given(steps=STEPS)
    @settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_replaying_the_ledger_from_nothing_gives_the_stock_of_a_shelf_kept_by_hand(
        self, steps: list[tuple[str, int, int, int]]
    ) -> None:
        area = factories.AreaFactory()
        stores = [store_in(area), store_in(area)]
        materials = [a_material("Sticker"), a_material("Booklet")]
        when: dict[str, Any] = {"day": DAY, "by": factories.UserFactory(), "now": AT}
        shelf: defaultdict[tuple[int, int], int] = defaultdict(int)
        for verb, which, of, pieces in steps:
            store, other, material = stores[which], stores[1 - which], materials[of]
            key = (store.pk, material.pk)
            is_allowed = pieces >= 1 and (verb in {"receive", "find"} or shelf[key] >= pieces)
            try:
                if verb == "count":
                    actions.count(store, {material: pieces}, **when)
                    shelf[key] = pieces
                    continue
                if verb == "transfer":
                    actions.transfer(store, other, material, pieces, **when)
                else:
                    getattr(actions, verb)(store, material, pieces, **when)
            except RuleBroken:
                assert not is_allowed
                continue
            assert is_allowed
            shelf[key] += pieces if verb in {"receive", "find"} else -pieces
            if verb == "transfer":
                shelf[other.pk, material.pk] += pieces
        by_hand = {key: pieces for key, pieces in shelf.items() if pieces}
        assert {key: pieces for key, pieces in stock_of().items() if pieces} == by_hand
        replayed: defaultdict[tuple[int, int], int] = defaultdict(int)
        transfers: defaultdict[Any, int] = defaultdict(int)
        for line in models.Movement.objects.order_by("pk"):
            replayed[line.store_id, line.material_id] += line.quantity
            assert replayed[line.store_id, line.material_id] >= 0
            transfers[line.transfer] += line.quantity if line.transfer else 0
        assert {key: pieces for key, pieces in replayed.items() if pieces} == by_hand
        assert set(transfers.values()) <= {0}


def test_written_at_is_when_it_was_written(office: models.Store, sticker: models.Material, when: dict[str, Any]) -> None:
    line = actions.receive(office, sticker, 4, **(when | {"day": date(2026, 10, 1)}))
    line.refresh_from_db()
    assert (line.day, line.written_at, isinstance(line.written_at, datetime)) == (date(2026, 10, 1), AT, True)


def test_a_store_is_placed_by_its_postcode(office: models.Store) -> None:
    models.Postcode.objects.create(postcode="CA1 1AA", easting=340_000, northing=556_000)
    office.postcode = "ca11aa"
    actions.place_store(office)
    office.refresh_from_db()
    assert (office.postcode, office.place) == ("CA1 1AA", (340_000, 556_000))
    office.postcode = ""
    assert actions.place_store(office).place == (None, None)
    office.postcode = "nowhere"
    with pytest.raises(RuleBroken, match="not a postcode"):
        actions.place_store(office)
