"""Materials in a browser: receive, book, see what is lacking, move, pack, bring, use; stock and report agree to the piece."""

import re

import pytest
from django.core.cache import cache
from playwright.sync_api import expect

from schools import models
from tests.e2e.charity import SCHOOL, Charity
from tests.e2e.conftest import BOTH, DESK, NOW, PHONE, Opener, Visitor
from tests.e2e.test_main_job import _book

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
TODAY = NOW.date().isoformat()


def _receive(coordinator: Visitor, store: models.Store, pieces: int) -> None:
    """Stock comes; whoever presses the button twice writes it down once."""
    page = coordinator.page
    coordinator.goes_to(f"/admin/stock/store/{store.pk}/")
    page.get_by_text("Stock came").click()
    page.get_by_label("Material").first.select_option(label="Sticker")
    page.get_by_label("How many").first.fill(str(pieces))
    page.get_by_role("button", name="Receive it here").dblclick()
    said = re.compile(f"received {pieces} Sticker|written down already")
    expect(page.get_by_text(said).first).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Sticker")).get_by_role("cell").first).to_have_text(str(pieces))


def _sees_what_is_lacking(coordinator: Visitor) -> None:
    page = coordinator.page
    # Home keeps for a minute how many sessions lack something; that minute has passed.
    cache.clear()
    coordinator.goes_to("/admin/")
    page.get_by_role("link", name=re.compile("session of the next 14 days lacks materials")).click()
    expect(page.get_by_text("Office has 60 of the 90 “Sticker” for this session. Move 30 there,")).to_be_visible()
    expect(page.get_by_text("No “Hand puppet” is chosen yet. Choose 1.")).to_be_visible()
    coordinator.looks("materials-lacking")
    page.get_by_role("button", name="Choose free equipment for all of them").click()
    expect(page.get_by_text("1 piece of equipment is chosen")).to_be_visible()


def _moves(coordinator: Visitor, store: models.Store, target: models.Store) -> None:
    page = coordinator.page
    coordinator.goes_to(f"/admin/stock/store/{store.pk}/")
    page.get_by_text("Move to another store").click()
    form = page.locator("details").filter(has_text="Move to another store")
    form.get_by_label("Material").select_option(label="Sticker")
    form.get_by_label("How many").fill("61")
    form.get_by_label("To which store").select_option(label=f"{target}, Cumbria")
    form.get_by_role("button", name="Move it").click()
    expect(page.get_by_role("alert")).to_contain_text("Hall has 60 of “Sticker”, so 61 cannot leave it.")
    coordinator.looks("materials-refused")
    form.get_by_label("How many").fill("40")
    form.get_by_role("button", name="Move it").click()
    expect(page.get_by_text("40 Sticker moved from Hall to Office.")).to_be_visible()
    coordinator.looks("store")


def _packs(coordinator: Visitor, store: models.Store) -> None:
    page = coordinator.page
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    coordinator.goes_to(f"/admin/stock/store/{store.pk}/picking/")
    page.get_by_label(re.compile(r"90\s+Sticker")).check()
    page.get_by_label(re.compile("Hand puppet: Bear")).check()
    coordinator.looks("picking-list")
    page.get_by_role("button", name="Store what is packed").click()
    expect(page.get_by_text("Stored: 2 packed.")).to_be_visible()
    expect(page.get_by_text("2 of 2 packed")).to_be_visible()
    expect(page.get_by_label(re.compile(r"90\s+Sticker"))).to_be_checked()
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})


def _brings_and_uses(volunteer: Visitor, session: models.Session) -> None:
    page = volunteer.page
    volunteer.goes_to(f"/mornings/{session.visit_id}/{TODAY}/")
    bring = page.get_by_role("region", name="What to bring")
    expect(bring).to_contain_text("90")
    expect(bring).to_contain_text("packed")
    expect(bring).to_contain_text("Hand puppet: Bear")
    expect(bring).to_contain_text("12 Castle Street")
    volunteer.looks("bring")
    volunteer.goes_to(f"/sessions/{session.pk}/outcome/")
    page.get_by_label("Yes", exact=True).check()
    for year_group, pupils in {"Reception": "28", "Year 1": "30", "Year 2": "29"}.items():
        page.get_by_role("textbox", name=year_group, exact=True).fill(pupils)
    boxes = page.get_by_role("group", name="Sticker", exact=True)
    boxes.get_by_label("Arrived", exact=True).fill("90")
    boxes.get_by_label("Used", exact=True).fill("87")
    page.get_by_role("button", name=re.compile("tell us|store|send|save", re.IGNORECASE)).last.click()
    expect(page.get_by_text("Stored. Thank you.")).to_be_visible()


def _reads(coordinator: Visitor) -> None:
    """60 + 60 came, 87 were used: 33 are left, and the report says the same."""
    page = coordinator.page
    coordinator.goes_to("/admin/stock/")
    expect(page.get_by_role("row", name=re.compile("Sticker"))).to_contain_text("33")
    coordinator.looks("stock")
    page.get_by_role("link", name="Sticker").click()
    used = page.get_by_role("row", name=re.compile("Used"))
    expect(used).to_contain_text("-87")
    expect(used).to_contain_text("90 arrived, 87 used, 3 left over")
    coordinator.looks("story")
    coordinator.goes_to("/admin/stock/used/")
    row = page.get_by_role("row", name=re.compile("Sticker"))
    expect(row.get_by_role("cell")).to_have_text(["KS1 assembly", "Sticker", "1 of 1", "87", "87", "100.0"])
    coordinator.looks("used")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download as CSV").click()
    lines = downloading.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert lines[1] == "Cumbria,KS1 assembly,Sticker,1,87,87,100.0,0,0,1"
    for path, what in (("forecast/", "forecast"), ("equipment/", "equipment"), ("labels/", "labels")):
        coordinator.goes_to(f"/admin/stock/{path}")
        coordinator.looks(what)


@pytest.mark.exhaustive
@pytest.mark.parametrize("scripts", BOTH, ids=["scripts", "no-scripts"])
def test_from_the_delivery_to_the_report_to_the_piece(charity: Charity, visitor: Opener, *, scripts: bool) -> None:
    office = models.Store.objects.create(
        area=charity.area, name="Office", address="12 Castle Street", easting=340_100, northing=555_000
    )
    hall = models.Store.objects.create(area=charity.area, name="Hall", easting=350_000, northing=555_000)
    coordinator = visitor("coordinator", size=DESK, scripts=scripts)
    coordinator.signs_in("coordinator@example.org")
    _receive(coordinator, office, 60)
    _receive(coordinator, hall, 60)
    coordinator.goes_to(f"/admin/stock/store/{office.pk}/")
    coordinator.page.get_by_text("New equipment came").click()
    coordinator.page.get_by_label("Labels").fill("Bear")
    form = coordinator.page.locator("details").filter(has_text="New equipment came")
    form.get_by_label("Material").select_option(label="Hand puppet")
    form.get_by_role("button", name="Receive these pieces here").click()
    _book(coordinator)
    session = models.Session.objects.get(type__slug="ks1-assembly", visit__school__name=SCHOOL)
    models.Cover.objects.create(
        session=session, volunteer=models.Volunteer.objects.get(name="Margaret Airey"), role="lead", state="accepted"
    )
    _sees_what_is_lacking(coordinator)
    _moves(coordinator, hall, office)
    coordinator.goes_to("/admin/stock/short/")
    expect(coordinator.page.get_by_text("Every session of the next 14 days has what it needs.")).to_be_visible()
    _packs(coordinator, office)
    volunteer = visitor("volunteer", size=PHONE, scripts=scripts)
    volunteer.signs_in("margaret@example.org")
    _brings_and_uses(volunteer, session)
    _reads(coordinator)
