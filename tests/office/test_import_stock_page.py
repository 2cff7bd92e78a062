"""What stores hold comes in by the page: counts and pieces, through the ledger, once."""

from collections.abc import Callable
from datetime import date
from itertools import permutations
from typing import Any

import pytest
from django.test import Client

from schools import models
from schools.materials import actions
from schools.materials.queries import stock_of, whereabouts
from tests import factories
from tests.materials.stores import AT, DAY, a_material, received, store_in
from tests.office.test_imports import do, handed_in, shown
from tests.profiles import more_in_the_long_gate

pytestmark = pytest.mark.django_db(transaction=True)

HEADER = "store\tarea\tmaterial\tquantity\tlabels\tday\n"
COUNTED = f"{HEADER}Hall\t\tSticker\t120\t\t2026-11-03\nHall\t\tPoster\t0\t\t2026-11-03\nHall\t\tPuppet\t\tA;B\t2026-11-03\n"


@pytest.fixture
def hall(area: models.Area) -> models.Store:
    a_material()
    a_material("Poster")
    a_material("Puppet", kind="equipment")
    return store_in(area, name="Hall")


def there(store: models.Store) -> dict[str, int]:
    names = dict(models.Material.objects.values_list("pk", "name"))
    return {names[material]: pieces for (place, material), pieces in stock_of().items() if place == store.pk}


def test_counts_and_pieces_come_in_through_the_ledger_and_the_same_again_changes_nothing(
    managers_office: Client, hall: models.Store
) -> None:
    run = handed_in(managers_office, "stock", pasted=COUNTED)
    page = shown(managers_office, run)
    assert "3 rows new, 0 changed, 0 known and the same; 0 refused." in page
    assert "In stock: 120" in page
    assert not models.Movement.objects.exists()
    do(managers_office, run, "apply")
    assert there(hall) == {"Sticker": 120, "Poster": 0, "Puppet": 2}
    assert set(models.Movement.objects.values_list("kind", "quantity", "by_id", "day")) == {
        (kind, quantity, run.asked_by_id, date(2026, 11, 3))
        for kind, quantity in (("counted", 120), ("counted", 0), ("received", 1))
    }
    assert len(whereabouts()) == 2
    again = handed_in(managers_office, "stock", pasted=COUNTED)
    assert "every row of the file was known just so" in shown(managers_office, again)
    do(managers_office, again, "apply")
    # Nor after the stock went on.
    sticker = models.Material.objects.get(name="Sticker")
    actions.lose(hall, sticker, 20, day=DAY.replace(day=5), by=factories.manager(), now=AT.replace(day=5))
    later = handed_in(managers_office, "stock", pasted=COUNTED)
    assert "every row of the file was known just so" in shown(managers_office, later)
    do(managers_office, later, "apply")
    assert there(hall) == {"Sticker": 100, "Poster": 0, "Puppet": 2}
    assert models.Movement.objects.count() == 5


def test_a_count_of_what_the_ledger_has_shows_old_and_new(managers_office: Client, hall: models.Store) -> None:
    received(hall, models.Material.objects.get(name="Sticker"), 90)
    run = handed_in(managers_office, "stock", pasted=COUNTED)
    assert "In stock: 90 → 120" in shown(managers_office, run, part="updated")
    do(managers_office, run, "apply")
    assert there(hall)["Sticker"] == 120


def test_what_moved_after_the_preview_is_left_and_the_rest_comes_in(managers_office: Client, hall: models.Store) -> None:
    run = handed_in(managers_office, "stock", pasted=COUNTED)
    received(hall, models.Material.objects.get(name="Sticker"), 7)
    do(managers_office, run, "apply")
    assert there(hall) == {"Sticker": 7, "Poster": 0, "Puppet": 2}
    assert list(run.changes.filter(state="left").values_list("name", flat=True)) == ["Sticker in Hall"]


REFUSED = [
    ("Shed\t\tSticker\t1\t\t2026-11-03", "No store is called “Shed”"),
    ("Hall\tFylde\tSticker\t1\t\t2026-11-03", "No store in Fylde is called “Hall”"),
    ("Hall\t\tGlue\t1\t\t2026-11-03", "No material is called “Glue”"),
    ("Hall\t\tSticker\t-4\t\t2026-11-03", "whole number"),
    ("Hall\t\tSticker\t\t\t2026-11-03", "quantity is blank"),
    ("Hall\t\tSticker\t2000000\t\t2026-11-03", "whole number"),
    ("Hall\t\tSticker\t4\t\t", "day is blank"),
    ("Hall\t\tSticker\t4\t\t2031-01-01", "is still to come"),
    ("Hall\t\tSticker\t4\t\t1931-01-01", "cannot be right"),
    ("Hall\t\tSticker\t4\tA\t2026-11-03", "has no labels"),
    ("Hall\t\tPuppet\t4\t\t2026-11-03", "is equipment. Give the labels"),
    ("Hall\t\tPuppet\t4\tA;B\t2026-11-03", "quantity is 4 and there are 2 labels"),
    ("Hall\t\tPuppet\t\tC\t2026-11-03", "is known and is elsewhere"),
    ("Hall\t\tPuppet\t\tD\t2026-11-03", "is known and is lost"),
    ("Hall\t\tPoster\t4\t\t2026-11-01", "goes on for “Poster” until Mon 2 November 2026"),
]


@pytest.mark.parametrize(("row", "words"), more_in_the_long_gate(REFUSED))
def test_a_row_that_cannot_be_used_says_why(row: str, words: str, managers_office: Client, hall: models.Store) -> None:
    shed = store_in(factories.AreaFactory(name="Elsewhere"), name="Other")
    puppet = models.Material.objects.get(name="Puppet")
    _, gone = actions.receive_pieces(shed, puppet, ["C", "D"], day=DAY, by=factories.manager(), now=AT)
    actions.lose(shed, puppet, 1, piece=gone, day=DAY, by=factories.manager(), now=AT)
    received(hall, models.Material.objects.get(name="Poster"), 3)
    before = models.Movement.objects.count()
    run = handed_in(managers_office, "stock", pasted=f"{HEADER}{row}\n")
    assert words in shown(managers_office, run, part="refused").replace("&#x27;", "'")
    do(managers_office, run, "apply")
    assert models.Movement.objects.count() == before


def test_rows_that_contradict_each_other_are_all_refused_in_any_order(managers_office: Client, hall: models.Store) -> None:
    rows = (
        "Hall\t\tSticker\t1\t\t2026-11-03",
        "hall\t\tsticker\t2\t\t2026-11-03",
        "Hall\t\tPuppet\t\tA\t2026-11-03",
        "Hall\t\tPuppet\t\tA;B\t2026-11-04",
        "Hall\t\tPoster\t5\t\t2026-11-03",
        "Hall\t\tPoster\t5\t\t2026-11-03",
    )
    for some in list(permutations(rows))[::240]:
        run = handed_in(managers_office, "stock", pasted=HEADER + "\n".join(some) + "\n")
        assert "1 row new, 0 changed, 0 known and the same; 4 refused." in shown(managers_office, run)
        assert list(run.changes.values_list("name", flat=True)) == ["Poster in Hall"]


def test_a_count_and_a_piece_whose_numbers_are_the_same_both_come_in(managers_office: Client, area: models.Area) -> None:
    sticker = a_material("Sticker", pk=1)
    a_material("Puppet", pk=2, kind="equipment")
    hall = store_in(area, name="Hall", pk=2)
    rows = f"{HEADER}Hall\t\tSticker\t120\t\t2026-11-03\nHall\t\tPuppet\t\t{sticker.pk}\t2026-11-03\n"
    run = handed_in(managers_office, "stock", pasted=rows)
    assert "2 rows new" in shown(managers_office, run)
    do(managers_office, run, "apply")
    assert there(hall) == {"Sticker": 120, "Puppet": 1}


def test_what_somebody_counted_meanwhile_is_left_beside_a_piece_whose_number_is_the_same(
    managers_office: Client, area: models.Area
) -> None:
    sticker = a_material("Sticker", pk=1)
    a_material("Puppet", pk=2, kind="equipment")
    hall = store_in(area, name="Hall", pk=2)
    rows = f"{HEADER}Hall\t\tPuppet\t\t{sticker.pk}\t2026-11-03\nHall\t\tSticker\t120\t\t2026-11-03\n"
    run = handed_in(managers_office, "stock", pasted=rows)
    received(hall, sticker, 7)
    do(managers_office, run, "apply")
    assert there(hall) == {"Sticker": 7, "Puppet": 1}
    assert set(run.changes.values_list("name", "state")) == {("Sticker in Hall", "left"), ("Puppet 1", "done")}


def test_two_stores_of_one_name_need_their_area(managers_office: Client, hall: models.Store) -> None:
    store_in(factories.AreaFactory(name="Fylde"), name="Hall")
    rows = "Hall\t\tSticker\t1\t\t2026-11-03\nHall\tFylde\tPoster\t5\t\t2026-11-03\n"
    run = handed_in(managers_office, "stock", pasted=HEADER + rows)
    assert "2 stores are called “Hall”" in shown(managers_office, run, part="refused")
    do(managers_office, run, "apply")
    assert models.Movement.objects.get().store.area.name == "Fylde"


def test_a_coordinator_counts_in_the_stores_of_their_areas_alone(office: Client, hall: models.Store) -> None:
    store_in(factories.AreaFactory(name="Fylde"), name="Far")
    rows = "Hall\t\tSticker\t1\t\t2026-11-03\nFar\t\tSticker\t5\t\t2026-11-03\n"
    run = handed_in(office, "stock", pasted=HEADER + rows)
    assert "No store of your areas is called “Far”" in shown(office, run, part="refused")
    do(office, run, "apply")
    assert models.Movement.objects.get().store == hall


@pytest.mark.parametrize("rows", [1, 4])
def test_a_preview_asks_the_same_queries_for_one_row_and_for_four(
    rows: int, managers_office: Client, hall: models.Store, django_assert_num_queries: Callable[..., Any]
) -> None:
    names = ["Sticker", *(a_material(f"Card {number}").name for number in range(3))][:rows]
    pasted = HEADER + "".join(f"Hall\t\t{name}\t5\t\t2026-11-03\n" for name in names)
    with django_assert_num_queries(39):
        managers_office.post("/admin/imports/", {"do": "upload", "kind": "stock", "pasted": pasted})
