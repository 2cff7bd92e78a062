"""The jobs of a coordinator's day by keyboard alone: each stop shows, each job ends, and the bar undoes it by Enter."""

from datetime import date, time

import pytest
from playwright.sync_api import Page, expect

from schools import models
from tests.e2e.charity import Charity
from tests.e2e.conftest import NOW, Opener
from tests.e2e.keyboard import Keyboard
from tests.factories import CoverFactory, HeadcountFactory, SchoolFactory, SessionFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

TODAY, COMING = NOW.date(), date(2026, 12, 3)
TUESDAY = date(2027, 2, 2)
"""A day that is typed alike whether the month or the day stands first."""
PATIENCE = 20_000
"""Milliseconds; who goes by keyboard waits for a page as long as it takes."""
TEMPLATE = "KS1 and KS2 assemblies one morning, workshops a week later"
GUEST = "Little Beck Primary School"


def opened(visitor: Opener, name: str, path: str) -> tuple[Page, Keyboard]:
    """Whoever coordinates is signed in and has the page open; from there on they have no mouse."""
    coordinator = visitor(name)
    coordinator.signs_in("coordinator@example.org")
    keyboard = Keyboard(coordinator.page)
    coordinator.goes_to(path)
    return coordinator.page, keyboard


def undoes(page: Page, keyboard: Keyboard) -> None:
    keyboard.presses(page.get_by_role("button", name="Undo this"))
    expect(page.get_by_text("Undone:").first).to_be_visible(timeout=PATIENCE)
    assert keyboard.alone


def agreed(charity: Charity) -> models.Session:
    """An assembly next week, with Asha on it."""
    facts = {"visit__stage": "confirmed", "visit__agreed_on": TODAY, "visit__agreed_with": "Ruth"}
    made: models.Session = SessionFactory(visit__school=charity.school, day=COMING, **facts)
    CoverFactory(session=made, volunteer=models.Volunteer.objects.get(name="Asha Patel"))
    return made


def test_a_call_is_logged_from_the_due_list_and_the_next_school_follows(visitor: Opener, charity: Charity) -> None:
    for name in ("Ash", "Beck"):
        SchoolFactory(authority=charity.school.authority, name=f"{name} Primary School", phone="01228 496000")
    page, keyboard = opened(visitor, "keys-calls", "/admin/due/?show=never&sort=name")
    keyboard.presses(page.get_by_role("link", name="Call Ash Primary School"))
    expect(page.get_by_role("heading", name="Ash Primary School")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#call")).to_be_focused(timeout=PATIENCE)
    page.keyboard.press("1")
    expect(page.get_by_role("heading", name="Beck Primary School")).to_be_visible(timeout=PATIENCE)
    assert models.ContactLog.objects.get().school.name == "Ash Primary School"
    expect(page.locator("#call")).to_be_focused(timeout=PATIENCE)
    page.keyboard.press("u")
    expect(page.get_by_role("heading", name="Ash Primary School")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("Undone: nothing is logged.")).to_be_visible(timeout=PATIENCE)
    assert keyboard.alone
    assert not models.ContactLog.objects.exists()


@pytest.mark.exhaustive
def test_a_visit_with_a_guest_is_booked_from_a_template(visitor: Opener, charity: Charity) -> None:
    guest = SchoolFactory(name=GUEST, register_id="223345", authority=charity.school.authority)
    models.Roll.objects.create(school=guest, academic_year=2025, year_group=3, pupils=6, source="register")
    page, keyboard = opened(visitor, "keys-book", f"/admin/book/{charity.school.pk}/")
    # The templates are choices of one group: Tab leads to the group, the arrows from one to the next.
    chosen, choices = page.locator("#id_template input:checked"), page.locator("#id_template input")
    keyboard.to(chosen if chosen.count() else choices.first)
    wanted = page.get_by_label(TEMPLATE)
    for _ in range(choices.count()):
        page.keyboard.press("Space")
        if wanted.is_checked():
            break
        page.keyboard.press("ArrowDown")
    expect(wanted).to_be_checked()
    keyboard.presses(page.get_by_role("button", name="Begin on Thu 10 December 2026"))
    expect(page.get_by_role("group", name="Session 4", exact=True).get_by_label("Day", exact=True)).to_have_value("2026-12-17")
    keyboard.to(page.get_by_label("Find the guest school"))
    keyboard.types("little beck")
    keyboard.presses(page.get_by_role("button", name=f"Add {GUEST}"))
    expect(page.get_by_role("group", name="Session 1", exact=True).get_by_role("group", name=GUEST)).to_be_visible(
        timeout=PATIENCE
    )
    keyboard.presses(page.get_by_role("button", name="Book this visit"))
    expect(page.get_by_text("is booked. Next: find people for its sessions.")).to_be_visible(timeout=PATIENCE)
    assert models.Session.objects.filter(visit__school=charity.school).count() == 4
    undoes(page, keyboard)
    assert not models.Visit.objects.filter(school=charity.school).exists()


def test_two_people_are_put_on_a_two_day_visit(visitor: Opener, charity: Charity) -> None:
    visit = models.Visit.objects.create(reference="VTWODAY", school=charity.school, stage="planned")
    for day in (date(2026, 12, 10), date(2026, 12, 11)):
        SessionFactory(visit=visit, day=day)
    page, keyboard = opened(visitor, "keys-two-days", f"/admin/visit/{visit.pk}/")
    first = page.get_by_label("Asha Patel", exact=True)
    second = page.get_by_label("Margaret Airey", exact=True)
    # Whoever stands first on the page is reached first.
    for box in sorted((first, second), key=lambda box: (box.bounding_box() or {"y": 0})["y"]):
        keyboard.presses(box, "Space")
    keyboard.presses(page.get_by_role("button", name="Put them on these 2 sessions"))
    expect(page.get_by_text("Put 2 people on 2 sessions at Larkfield Primary School.")).to_be_visible(timeout=PATIENCE)
    assert models.Cover.objects.filter(state="accepted").count() == 4
    undoes(page, keyboard)
    assert not models.Cover.objects.exists()


def test_what_few_need_of_a_visit_opens_under_more(visitor: Opener, charity: Charity) -> None:
    session = agreed(charity)
    page, keyboard = opened(visitor, "keys-more", f"/admin/visit/{session.visit_id}/")
    link = page.get_by_role("link", name="Guest schools")
    expect(link).to_be_hidden()
    keyboard.presses(page.locator(".more-links summary"))
    keyboard.presses(link)
    expect(page.get_by_role("heading", name="Guest schools of visit")).to_be_visible(timeout=PATIENCE)
    assert keyboard.alone


def test_a_visit_is_moved(visitor: Opener, charity: Charity) -> None:
    session = agreed(charity)
    page, keyboard = opened(visitor, "keys-move", f"/admin/visit/{session.visit_id}/")
    keyboard.presses(page.get_by_role("link", name="Move it"))
    expect(page.get_by_label("To which day")).to_be_focused(timeout=PATIENCE)
    keyboard.types("02022027")
    look = page.locator("#move-look")
    expect(look).to_contain_text("Of the people on it, 1 is asked again.", timeout=PATIENCE)
    page.keyboard.press("Enter")
    expect(look).to_contain_text("Tue 2 February 2027", timeout=PATIENCE)
    keyboard.presses(look.get_by_role("button", name="Move it"))
    expect(page.get_by_role("button", name="Undo this")).to_be_visible(timeout=PATIENCE)
    session.refresh_from_db()
    assert session.day == TUESDAY
    undoes(page, keyboard)
    session.refresh_from_db()
    assert session.day == COMING


def test_somebody_drops_out_and_is_replaced(visitor: Opener, charity: Charity) -> None:
    session = agreed(charity)
    page, keyboard = opened(visitor, "keys-drops-out", f"/admin/visit/{session.visit_id}/{session.day}/")
    keyboard.presses(page.get_by_role("link", name="Asha can’t make it"))
    panel = page.get_by_role("region", name="Asha Patel can’t make it")
    expect(panel).to_be_focused(timeout=PATIENCE)
    keyboard.presses(panel.get_by_role("button", name="Put Tom Reid on"))
    expect(page.get_by_text("Asha Patel can’t make it. Tom Reid is on it now.")).to_be_visible(timeout=PATIENCE)
    undoes(page, keyboard)
    assert [cover.volunteer.name for cover in models.Cover.objects.filter(state="accepted")] == ["Asha Patel"]


def test_the_outcomes_of_a_morning_of_three_are_typed(visitor: Opener, charity: Charity) -> None:
    visit = SessionFactory(visit__school=charity.school, day=TODAY, starts=time(8), ends=time(8, 30)).visit
    for hour in (9, 10):
        SessionFactory(visit=visit, day=TODAY, starts=time(hour), ends=time(hour, 20))
    for session in visit.sessions.all():
        HeadcountFactory(session=session, expected=30)
    page, keyboard = opened(visitor, "keys-outcomes", f"/admin/visit/{visit.pk}/{TODAY}/")
    keyboard.presses(page.get_by_role("link", name="Record how it went"))
    keyboard.presses(page.get_by_label("All 3 went ahead"), "Space")
    for number, box in zip(("28", "29", "31"), page.locator("[data-most]:visible").all(), strict=False):
        keyboard.to(box)
        keyboard.types(number)
    keyboard.presses(page.get_by_role("button", name="Store how it went"))
    expect(page.get_by_text("Stored.")).to_be_visible(timeout=PATIENCE)
    assert keyboard.alone
    assert list(models.Headcount.objects.order_by("session__starts").values_list("pupils", flat=True)) == [28, 29, 31]


def test_a_day_is_called_off_for_snow(visitor: Opener, charity: Charity) -> None:
    session = SessionFactory(visit=agreed(charity).visit, day=TUESDAY)
    page, keyboard = opened(visitor, "keys-snow", "/admin/")
    keyboard.to(page.get_by_label("Snow, or nobody can go?"))
    keyboard.types("02022027")
    keyboard.presses(page.get_by_role("button", name="Call off a day"))
    expect(page.get_by_role("checkbox", name=charity.school.name, checked=True)).to_have_count(1, timeout=PATIENCE)
    keyboard.presses(page.get_by_role("button", name="Call off what is ticked"))
    expect(page.get_by_role("heading", name="What became of them")).to_be_visible(timeout=PATIENCE)
    session.refresh_from_db()
    assert session.stage == "cancelled"
    undoes(page, keyboard)
    session.refresh_from_db()
    assert session.stage == "scheduled"
