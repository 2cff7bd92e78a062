"""The office's pages of stock: what they do, what they refuse, whose rows they show, how many questions they ask."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from schools import models
from schools.core.errors import RuleBroken
from schools.materials import actions
from tests import factories
from tests.materials.stores import a_material, received, store_in
from tests.materials.wants import a_puppet
from tests.materials.wants import a_session as wants_session

type Asserts = Callable[[int], Any]
TODAY = date(2026, 11, 24)


@pytest.fixture
def store(area: models.Area) -> models.Store:
    return store_in(area, name="Carlisle office")


@pytest.fixture
def sticker(store: models.Store) -> models.Material:
    made = a_material()
    kind = models.SessionType.objects.get(slug="ks2-assembly")
    models.KitLine.objects.create(session_type=kind, material=made, quantity=1, per="pupil")
    received(store, made, 40)
    return made


def a_session(area: models.Area, **fields: Any) -> models.Session:
    session: models.Session = factories.SessionFactory(visit__school=factories.SchoolFactory(area=area), **fields)
    factories.HeadcountFactory(session=session, expected=30)
    return session


def stock_of(store: models.Store) -> int:
    return sum(models.Movement.objects.filter(store=store).values_list("quantity", flat=True))


def post(office: Client, address: str, **data: Any) -> str:
    """Send a form that was just opened."""
    keys = {"key": uuid4(), f"{data.get('do', '')}-key": uuid4()}
    answer = office.post(address, keys | data, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_coordinator_receives_moves_and_counts(
    office: Client, area: models.Area, store: models.Store, sticker: models.Material
) -> None:
    hall, address = store_in(area, name="Hall"), f"/admin/stock/store/{store.pk}/"
    came = {"receive-material": sticker.pk, "receive-quantity": 60, "receive-day": TODAY}
    assert "Carlisle office received 60 Sticker." in post(office, address, do="receive", **came)
    moved = {"move-material": sticker.pk, "move-quantity": 30, "move-target": hall.pk, "move-day": TODAY}
    assert "30 Sticker moved" in post(office, address, do="move", **moved)
    counted = {f"counted_{sticker.pk}": 68, f"seen_{sticker.pk}": 70, "day": TODAY}
    assert "1 counted, 1 of them differ" in post(office, f"{address}count/", **counted)
    assert (stock_of(store), stock_of(hall)) == (68, 30)


@pytest.mark.parametrize(
    ("quantity", "why"),
    [
        ("41", "so 41 cannot leave it"),
        ("0", "whole number from 1"),
        ("1.5", "whole number from 1"),
        ("9999999", "from 1 to 1,000,000"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    quantity: str, why: str, office: Client, store: models.Store, sticker: models.Material
) -> None:
    lost = {"lose-material": sticker.pk, "lose-quantity": quantity, "lose-day": TODAY}
    assert why in post(office, f"/admin/stock/store/{store.pk}/", do="lose", **lost)
    assert stock_of(store) == 40


def test_a_coordinator_does_not_move_to_a_store_of_another_area(
    office: Client, elsewhere: models.Area, store: models.Store, sticker: models.Material
) -> None:
    far = store_in(elsewhere)
    moved = {"move-material": sticker.pk, "move-quantity": 1, "move-target": far.pk, "move-day": TODAY}
    assert "not one of the available choices" in post(office, f"/admin/stock/store/{store.pk}/", do="move", **moved)
    assert stock_of(far) == 0


def test_counting_says_when_the_ledger_moved_meanwhile(office: Client, store: models.Store, sticker: models.Material) -> None:
    counted = {f"counted_{sticker.pk}": 68, f"seen_{sticker.pk}": 70, "day": TODAY}
    assert "it says 40 now" in post(office, f"/admin/stock/store/{store.pk}/count/", **counted)
    assert stock_of(store) == 40


def test_a_sessions_kit_is_decided_on_its_page(
    office: Client, area: models.Area, store: models.Store, sticker: models.Material
) -> None:
    session = a_session(area)
    address = f"/admin/session/{session.pk}/materials/"
    data = {f"decide-{sticker.pk}-quantity": 12, f"decide-{sticker.pk}-store": store.pk, "do": f"decide-{sticker.pk}"}
    assert "as you decided" in post(office, address, **data)
    assert list(models.SessionKit.objects.values_list("quantity", "store")) == [(12, store.pk)]
    poster = a_material("Poster")
    assert office.post(address, {"do": "decide-²"}).status_code == 200
    post(office, address, **{"do": "add", "add-material": poster.pk, "add-quantity": 2})
    assert models.SessionKit.objects.get(material=poster).quantity == 2


def test_ticks_are_stored_and_the_file_says_the_same(
    office: Client, area: models.Area, store: models.Store, sticker: models.Material
) -> None:
    session = a_session(area)
    address = f"/admin/stock/store/{store.pk}/picking/"
    assert "Stored: 1 packed." in post(office, f"{address}?week=2026-11-24", packed=f"{session.pk}-{sticker.pk}-30")
    answer = office.get(f"{address}csv/?week=2026-11-24")
    lines = answer.getvalue().decode("utf-8-sig").splitlines()
    assert lines[0] == "day,starts,school,postcode,visit,session,material,pieces,packed"
    assert lines[1].startswith("2026-11-26,09:15,")
    assert lines[1].endswith(",KS2 assembly,Sticker,30,yes")
    assert "Nothing comes out of this store" in office.get(f"{address}?week=2026-12-07").content.decode()
    for week in ("nonsense", "9999-12-31", "0001-01-01", "9998-12-31"):
        assert office.get(f"{address}?week={week}").status_code == 200


def test_a_parcel_is_sent_and_arrives(office: Client, area: models.Area, store: models.Store) -> None:
    visit = a_session(area).visit
    address = f"/admin/visit/{visit.pk}/parcels/"
    assert "on its way" in post(office, address, do="send", store=store.pk, sent_on=TODAY, tracking="AB 12")
    parcel = models.Parcel.objects.get()
    assert "Tracking AB 12" in office.get(address).content.decode()
    day = {f"arrived-{parcel.pk}-arrived_on": TODAY - timedelta(days=3), "do": f"arrived-{parcel.pk}"}
    assert "cannot have arrived before" in post(office, address, **day)
    post(office, address, **(day | {f"arrived-{parcel.pk}-arrived_on": TODAY}))
    assert models.Parcel.objects.get().arrived_on == TODAY


def test_a_piece_is_moved_lost_and_found(office: Client, area: models.Area, store: models.Store) -> None:
    puppet = a_material("Puppet", kind="equipment")
    data = {"receive_pieces-material": puppet.pk, "receive_pieces-labels": "Bear\nFox", "receive_pieces-day": TODAY}
    post(office, f"/admin/stock/store/{store.pk}/", do="receive_pieces", **data)
    bear, hall = models.Piece.objects.get(label="Bear"), store_in(area, name="Hall")
    address = f"/admin/stock/equipment/{bear.pk}/"
    assert "is in Hall now" in post(office, address, **{"do": "move", "move-store": hall.pk, "move-day": TODAY})
    assert "is lost" in post(office, address, **{"do": "lose", "lose-day": TODAY})
    assert "was found in Carlisle office" in post(office, address, **{"do": "find", "find-store": store.pk, "find-day": TODAY})


def test_a_label_leads_to_the_page_after_signing_in(client: Client, coordinator: models.User, store: models.Store) -> None:
    address = f"/admin/stock/store/{store.pk}/"
    assert f"next={address}" in client.get(address).headers["Location"]
    client.force_login(coordinator)
    assert f"http://testserver{address}" in client.get("/admin/stock/labels/").content.decode()


def test_what_was_used_is_a_page_and_a_file(office: Client, area: models.Area, sticker: models.Material) -> None:
    session = factories.SessionFactory(delivered=True, visit__school=factories.SchoolFactory(area=area), area=area)
    factories.HeadcountFactory(session=session, pupils=50, area=area)
    models.MaterialUse.objects.create(session=session, material=sticker, used=25)
    assert "Sticker" in office.get("/admin/stock/used/?period=2026/27").content.decode()
    lines = office.get("/admin/stock/used/csv/?period=2026/27").getvalue().decode("utf-8-sig").splitlines()
    assert lines[1:] == ["Cumberland,KS2 assembly,Sticker,1,25,50,50.0,0,0,1"]
    assert office.get("/admin/stock/used/csv/?period=soon").status_code == 400


def test_what_sessions_lack_is_on_home_and_leads_to_its_page(
    office: Client, area: models.Area, store: models.Store, sticker: models.Material
) -> None:
    a_session(area)
    assert "lacks materials" not in office.get("/admin/").content.decode()
    a_session(area, day=TODAY + timedelta(days=3))
    # Home keeps for some minutes what is worked out from many rows.
    cache.clear()
    assert "session of the next 14 days lacks materials" in office.get("/admin/").content.decode()
    page = office.get("/admin/stock/short/").content.decode()
    assert "Carlisle office has 10 of the 30 “Sticker” for this session." in page


def test_of_a_chosen_area_the_parcels_on_their_way_are_those_of_its_visits(
    managers_office: Client, area: models.Area, elsewhere: models.Area, store: models.Store
) -> None:
    far = store_in(elsewhere)
    sent = {
        place.area: models.Parcel.objects.create(
            visit=a_session(place.area, day=TODAY + timedelta(days=3)).visit, store=place, sent_on=TODAY, by=factories.manager()
        )
        for place in (store, far)
    }

    def shown(query: str) -> list[models.Parcel]:
        return list(managers_office.get(f"{reverse('admin:shortages')}{query}").context["parcels"].order_by("pk"))

    assert shown("") == list(sent.values())
    assert shown(f"?area={area.pk}") == [sent[area]]
    assert shown(f"?area={elsewhere.pk}") == [sent[elsewhere]]


PAGES = {
    "stock/": 9,
    "stock/store/{store}/": 18,
    "stock/store/{store}/count/": 11,
    "stock/store/{store}/picking/": 18,
    "stock/material/{material}/": 11,
    "stock/equipment/": 11,
    "stock/equipment/{piece}/": 12,
    "stock/labels/": 8,
    "stock/short/": 18,
    "stock/forecast/": 13,
    "stock/used/": 14,
    "session/{session}/materials/": 26,
    "visit/{visit}/parcels/": 10,
}
"""Queries of each page, by its address."""


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_the_same_of_one_row_and_of_three(
    path: str,
    office: Client,
    area: models.Area,
    store: models.Store,
    sticker: models.Material,
    django_assert_num_queries: Asserts,
) -> None:
    kind = models.SessionType.objects.get(slug="ks2-assembly")
    puppet = a_material("Puppet", kind="equipment")
    # Of posters there are none, so that every session lacks something.
    for needed in (puppet, a_material("Poster")):
        models.KitLine.objects.create(session_type=kind, material=needed, quantity=1)

    def one_more(number: int) -> tuple[models.Session, models.Piece]:
        session = a_session(area, day=TODAY + timedelta(days=1 + number))
        came: dict[str, Any] = {"day": TODAY, "by": factories.manager(), "now": timezone.now()}
        [piece] = actions.receive_pieces(store, puppet, [f"Bear {number}"], **came)
        models.PieceBooking.objects.create(session=session, piece=piece)
        models.Parcel.objects.create(visit=session.visit, store=store, sent_on=TODAY, by=factories.manager())
        received(store, a_material(f"Booklet {number}"), 10)
        received(store, sticker, 1)
        use = {"session": factories.SessionFactory(delivered=True, area=area), "material": sticker}
        models.MaterialUse.objects.create(used=3, **use)
        return session, piece

    session, piece = one_more(0)
    words = {"store": store.pk, "material": sticker.pk, "piece": piece.pk, "session": session.pk, "visit": session.visit_id}
    address = f"/admin/{path.format(**words)}"
    office.get(address)
    with django_assert_num_queries(PAGES[path]):
        office.get(address)
    one_more(1)
    one_more(2)
    with django_assert_num_queries(PAGES[path]):
        assert office.get(address).status_code == 200


def test_free_equipment_is_chosen_for_the_others_where_one_was_cancelled_meanwhile(
    office: Client, area: models.Area, store: models.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[int] = []

    def choose(session: models.Session, *_: Any, **__: Any) -> int:
        if not refused:
            refused.append(session.pk)
            raise RuleBroken(["This session is over or cancelled."])
        return 1

    a_puppet(store, "Bear")
    for _ in range(2):
        wants_session(area)
    monkeypatch.setattr("schools.materials.actions.choose_free_pieces", choose)
    page = office.post(reverse("admin:shortages"), follow=True).content.decode()
    assert "This session is over or cancelled." in page
    assert "1 piece of equipment is chosen. Of the equipment that is left below no piece is free." in page
    answer = office.post(reverse("admin:session-kit", args=[refused.pop()]), {"do": "free"}, follow=True)
    assert "This session is over or cancelled." in answer.content.decode()


def test_what_is_left_without_equipment_is_spoken_of_only_where_something_is(
    office: Client, area: models.Area, store: models.Store
) -> None:
    a_puppet(store, "Bear")
    wants_session(area)
    page = office.post(reverse("admin:shortages"), follow=True).content.decode()
    assert "1 piece of equipment is chosen." in page
    assert "no piece is free" not in page
    wants_session(area)
    page = office.post(reverse("admin:shortages"), follow=True).content.decode()
    assert "0 pieces of equipment are chosen. Of the equipment that is left below no piece is free." in page


def test_a_store_says_that_its_keeper_has_left_and_gives_no_number_of_theirs(
    office: Client, area: models.Area, store: models.Store
) -> None:
    store.keeper = factories.able_volunteer(area, name="Ben Iqbal", phone="+441900555555")
    store.save()
    page = office.get(reverse("admin:store-stock", args=[store.pk])).content.decode()
    assert "Ben Iqbal, 01900 555555" in page
    models.Volunteer.objects.update(status="left")
    page = office.get(reverse("admin:store-stock", args=[store.pk])).content.decode()
    assert "Ben Iqbal has left: choose another" in page
    assert "555555" not in page


def test_a_piece_of_another_area_that_lies_in_ones_store_is_opened_and_moved_and_is_gone_once_it_is_back(
    office: Client, store: models.Store, elsewhere: models.Area
) -> None:
    theirs = store_in(elsewhere, name="Kettering office")
    bear, fox = a_puppet(theirs, "Bear", "Fox")
    by = factories.manager()
    moved: dict[str, Any] = {"day": TODAY, "by": by, "now": timezone.now(), "piece": bear}
    actions.transfer(theirs, store, bear.material, 1, **moved)
    address = reverse("admin:piece", args=[bear.pk])
    assert f'href="{address}"' in office.get(reverse("admin:store-stock", args=[store.pk])).content.decode()
    hall = store_in(store.area, name="Hall")
    assert "is in Hall now" in post(office, address, do="move", **{"move-store": hall.pk, "move-day": TODAY})
    assert office.get(reverse("admin:piece", args=[fox.pk])).status_code == 404
    actions.transfer(hall, theirs, bear.material, 1, **moved)
    assert office.get(address).status_code == 404


@pytest.mark.parametrize("change", ["language", "kit", "type"])
def test_a_piece_that_the_kit_no_longer_has_is_seen_and_given_back(
    change: str, office: Client, area: models.Area, store: models.Store
) -> None:
    (bear,) = a_puppet(store, "Bear")
    session, puppet = wants_session(area), bear.material
    models.PieceBooking.objects.create(session=session, piece=bear)
    match change:
        case "language":
            models.Material.objects.filter(pk=puppet.pk).update(language="en")
            models.Material.objects.create(name=puppet.name, language="cy", kind=puppet.kind)
            models.Session.objects.filter(pk=session.pk).update(language="cy")
        case "kit":
            models.KitLine.objects.all().delete()
        case "type":
            models.Session.objects.filter(pk=session.pk).update(
                type=models.SessionType.objects.exclude(pk=session.type_id).first()
            )
    address = reverse("admin:session-kit", args=[session.pk])
    page = office.get(address).content.decode()
    assert f'name="pieces-{puppet.pk}-was"' in page
    assert "checked" in page
    do = f"pieces-{puppet.pk}"
    assert "Stored." in office.post(address, {"do": do, f"{do}-was": f"-{bear.pk}-"}, follow=True).content.decode()
    assert not models.PieceBooking.objects.exists()


def test_what_somebody_else_decided_meanwhile_is_read_before_it_is_changed(
    office: Client, area: models.Area, store: models.Store
) -> None:
    bear, fox = a_puppet(store, "Bear", "Fox")
    session, puppet = wants_session(area), bear.material_id
    address = reverse("admin:session-kit", args=[session.pk])

    def post(do: str, **typed: Any) -> str:
        named = {f"{do}-{name}": value for name, value in typed.items()}
        return office.post(address, {"do": do, **named}, follow=True).content.decode()

    def chosen() -> set[int]:
        return set(models.PieceBooking.objects.filter(session=session).values_list("piece", flat=True))

    page = office.get(address).content.decode()
    assert f'name="pieces-{puppet}-was"' in page
    post(f"pieces-{puppet}", pieces=[bear.pk], was="-")
    assert "Stored." in post(f"pieces-{puppet}", pieces=[bear.pk], was="-"), "pressed twice"
    assert "Somebody else chose pieces meanwhile: Bear." in post(f"pieces-{puppet}", pieces=[fox.pk], was="-")
    assert chosen() == {bear.pk}
    post(f"pieces-{puppet}", pieces=[fox.pk], was=f"-{bear.pk}-")
    assert chosen() == {fox.pk}

    post(f"decide-{puppet}", quantity="2", was="-")
    refused = post(f"decide-{puppet}", quantity="3", was="-")
    assert "Somebody else decided about “Puppet” meanwhile: 2." in refused
    assert f'name="decide-{puppet}-was" value="2-"' in " ".join(refused.split())
    post(f"decide-{puppet}", quantity="3", was="2-")
    assert models.SessionKit.objects.get(session=session).quantity == 3
