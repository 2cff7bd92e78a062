"""Calls in a browser: from the due list to the next school in two clicks, by keys, on a slow line, without scripts, by
two colleagues."""

import re

import pytest
from playwright.sync_api import expect

from schools import models
from tests.e2e.charity import Charity, may_sign_in
from tests.e2e.conftest import DESK, PHONE, TABLET, Opener
from tests.e2e.jobs import Jobs
from tests.e2e.slow_line import holds_back
from tests.factories import SchoolFactory, coordinator_of

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def schools(charity: Charity) -> list[models.School]:
    """Three schools that are due, in the order of the list; Larkfield is the last."""
    others = [
        SchoolFactory(authority=charity.school.authority, name=f"{name} Primary School", phone=f"01228 49600{number}")
        for number, name in enumerate(("Ash", "Beck"))
    ]
    models.Roll.objects.filter(school=charity.school).delete()
    return [*others, charity.school]


def test_a_call_from_the_due_list_on_to_the_next_is_two_clicks_and_no_load(visitor: Opener, schools: list[models.School]) -> None:
    coordinator = visitor("calls")
    coordinator.signs_in("coordinator@example.org")
    page = coordinator.page
    coordinator.goes_to("/admin/due/?show=never&sort=name")
    coordinator.looks("due-with-calls")
    jobs = Jobs(page)
    by_mouse = jobs.begins()
    page.get_by_role("link", name="Call Ash Primary School").click()
    page.get_by_role("button", name="No answer").click()
    expect(page.get_by_role("heading", name="Beck Primary School")).to_be_visible()
    assert by_mouse.cost == (2, 0, 0)
    assert models.ContactLog.objects.get().school == schools[0]
    coordinator.looks("call-next")
    by_keys = jobs.begins()
    page.keyboard.press("4")
    expect(page.get_by_role("heading", name="Larkfield Primary School")).to_be_visible()
    page.keyboard.press("u")
    expect(page.get_by_role("heading", name="Beck Primary School")).to_be_visible()
    expect(page.get_by_text("Undone: nothing is logged.")).to_be_visible()
    assert by_keys.cost == (0, 2, 0)
    assert models.ContactLog.objects.count() == 1
    page.get_by_label("What was said").fill("1 of 4 classes")
    page.get_by_label("What was said").press("1")
    expect(page.get_by_role("heading", name="Beck Primary School")).to_be_visible()
    assert models.ContactLog.objects.count() == 1
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Call Ash Primary School")).to_be_focused()
    expect(page.locator(".is-called")).to_contain_text("called just now")
    assert page.url.endswith("/admin/due/?show=never&sort=name")


def test_calls_open_at_their_heading_with_the_card_in_focus_and_take_nothing_from_who_types(
    visitor: Opener, schools: list[models.School]
) -> None:
    coordinator = visitor("calls-at-the-top", size=(390, 700))
    coordinator.signs_in("coordinator@example.org")
    page = coordinator.page
    coordinator.goes_to("/admin/calls/?show=never&sort=name")
    expect(page.locator("#call")).to_be_focused()
    assert page.evaluate("window.scrollY") == 0
    note = page.get_by_label("What was said")
    note.fill("She rings back")
    page.evaluate("window.dispatchEvent(new Event('load'))")  # a picture that comes late
    expect(note).to_be_focused()


def test_enter_in_a_box_and_a_key_that_is_held_log_nothing_that_nobody_meant(
    visitor: Opener, schools: list[models.School]
) -> None:
    coordinator = visitor("calls-slips")
    coordinator.signs_in("coordinator@example.org")
    page = coordinator.page
    coordinator.goes_to("/admin/calls/?show=never&sort=name")
    whom = page.get_by_label("With whom")
    whom.fill("Ruth Bowness")
    whom.press("Enter")
    page.locator("#call").focus()
    for _ in range(4):
        page.keyboard.down("1")
    expect(page.get_by_role("heading", name="Beck Primary School")).to_be_visible()
    for _ in range(4):
        page.keyboard.down("1")
    page.keyboard.up("1")
    page.keyboard.press("1")
    expect(page.get_by_role("heading", name="Larkfield Primary School")).to_be_visible()
    assert [log.school for log in models.ContactLog.objects.order_by("pk")] == schools[:2]


def test_of_two_schools_called_on_a_slow_line_the_last_stays_and_the_key_is_for_it(
    visitor: Opener, schools: list[models.School]
) -> None:
    coordinator = visitor("calls-slow-line")
    coordinator.signs_in("coordinator@example.org")
    page = coordinator.page
    coordinator.goes_to("/admin/due/?show=never&sort=name")
    held = holds_back(page, "GET", f"/{schools[0].pk}/")
    page.get_by_role("link", name="Call Ash Primary School").click()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Call Beck Primary School").click()
    expect(page.get_by_role("heading", name="Beck Primary School")).to_be_visible()
    with page.expect_response(lambda answer: f"/{schools[0].pk}/" in answer.url):
        held.pop().continue_()
    page.wait_for_timeout(200)
    expect(page.get_by_role("heading", name="Beck Primary School")).to_be_visible()
    page.keyboard.press("1")
    expect(page.get_by_role("heading", name="Larkfield Primary School")).to_be_visible()
    assert models.ContactLog.objects.get().school == schools[1]


def test_an_outcome_on_its_way_takes_no_second_key_and_can_be_undone_beside_the_next_card(
    visitor: Opener, schools: list[models.School]
) -> None:
    coordinator = visitor("calls-on-the-way")
    coordinator.signs_in("coordinator@example.org")
    page = coordinator.page
    coordinator.goes_to("/admin/due/?show=never&sort=name")
    page.get_by_role("link", name="Call Ash Primary School").click()
    expect(page.get_by_role("heading", name="Ash Primary School")).to_be_visible()
    held = holds_back(page, "POST", f"/{schools[0].pk}/")
    page.keyboard.press("1")
    page.keyboard.press("s")
    page.get_by_role("link", name="Pass over").click()
    page.wait_for_timeout(200)
    expect(page.get_by_role("heading", name="Ash Primary School")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Call Larkfield Primary School").click()
    expect(page.get_by_role("heading", name="Larkfield Primary School")).to_be_visible()
    held.pop().continue_()
    expect(page.get_by_text("Logged for Ash Primary School: no answer.")).to_be_visible()
    expect(page.get_by_role("heading", name="Larkfield Primary School")).to_be_visible()
    coordinator.looks("call-with-an-earlier-undo")
    page.keyboard.press("u")
    expect(page.get_by_role("heading", name="Ash Primary School")).to_be_visible()
    assert not models.ContactLog.objects.exists()
    held = holds_back(page, "POST", f"/{schools[0].pk}/")
    page.keyboard.press("4")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Call Beck Primary School").click()
    expect(page.get_by_role("heading", name="Beck Primary School")).to_be_visible()
    held.pop().abort()
    expect(page.get_by_text("How the call before this one ended may not be logged.")).to_be_visible()
    assert not models.ContactLog.objects.exists()
    coordinator.troubles.clear()  # htmx says in the console that the line failed


def test_of_an_undo_without_an_answer_the_next_card_says_that_nobody_knows(visitor: Opener, schools: list[models.School]) -> None:
    coordinator = visitor("calls-undo-lost")
    coordinator.signs_in("coordinator@example.org")
    page = coordinator.page
    coordinator.goes_to("/admin/due/?show=never&sort=name")
    page.get_by_role("link", name="Call Ash Primary School").click()
    expect(page.get_by_role("heading", name="Ash Primary School")).to_be_visible()
    page.keyboard.press("1")
    expect(page.get_by_text("Logged for Ash Primary School: no answer.")).to_be_visible()
    held = holds_back(page, "POST", "/admin/")
    page.keyboard.press("u")
    page.wait_for_timeout(200)
    held.pop().abort()
    expect(page.get_by_text("it may not be undone. Press once more, or open that school.")).to_be_visible()
    held = holds_back(page, "POST", "/admin/")
    page.keyboard.press("u")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Call Larkfield Primary School").click()
    expect(page.get_by_role("heading", name="Larkfield Primary School")).to_be_visible()
    held.pop().abort()
    expect(page.get_by_text("Nobody knows whether the call before this one was undone.")).to_be_visible()
    assert models.ContactLog.objects.get().school == schools[0]
    coordinator.troubles.clear()  # htmx says in the console that the line failed


def test_what_became_of_a_call_is_said_beside_the_card_that_stays(visitor: Opener, schools: list[models.School]) -> None:
    coordinator = visitor("calls-two-on-the-way")
    coordinator.signs_in("coordinator@example.org")
    page = coordinator.page
    coordinator.goes_to("/admin/due/?show=never&sort=name")
    held = [holds_back(page, "POST", f"/{school.pk}/") for school in schools[:2]]
    for name in ("Ash", "Beck"):
        page.get_by_role("link", name=f"Call {name} Primary School").click()
        expect(page.get_by_role("heading", name=f"{name} Primary School")).to_be_visible()
        page.keyboard.press("1")
        if name == "Ash":
            page.keyboard.press("Escape")
    page.wait_for_timeout(200)
    held[0].pop().abort()
    page.wait_for_timeout(200)
    held[1].pop().abort()
    expect(page.get_by_text("How the call before this one ended may not be logged.")).to_be_visible()
    expect(page.get_by_text("No answer came from the office: it may not be logged. Press once more.")).to_be_visible()
    coordinator.looks("call-with-two-troubles")
    page.keyboard.press("1")
    expect(page.get_by_role("heading", name="Larkfield Primary School")).to_be_visible()
    assert [log.school for log in models.ContactLog.objects.all()] == [schools[1]]
    coordinator.troubles.clear()


def test_what_failed_in_a_closed_drawer_is_said_beside_the_next_card(visitor: Opener, schools: list[models.School]) -> None:
    coordinator = visitor("calls-lost-and-closed")
    coordinator.signs_in("coordinator@example.org")
    page = coordinator.page
    coordinator.goes_to("/admin/due/?show=never&sort=name")
    page.get_by_role("link", name="Call Ash Primary School").click()
    expect(page.get_by_role("heading", name="Ash Primary School")).to_be_visible()
    held = holds_back(page, "POST", f"/{schools[0].pk}/")
    page.keyboard.press("1")
    page.wait_for_timeout(200)
    page.keyboard.press("Escape")
    held.pop().abort()
    page.wait_for_timeout(200)
    page.get_by_role("link", name="Call Beck Primary School").click()
    expect(page.get_by_role("heading", name="Beck Primary School")).to_be_visible()
    expect(page.get_by_text("How the call before this one ended may not be logged.")).to_be_visible()
    held = holds_back(page, "GET", f"after={schools[1].pk}")
    page.get_by_role("link", name="Pass over").click()
    page.wait_for_timeout(200)
    held.pop().abort()
    expect(page.get_by_text("No answer came from the office. Press once more.")).to_be_visible()
    expect(page.get_by_text("it may not be logged")).to_have_count(0)
    coordinator.troubles.clear()  # htmx says in the console that the line failed


@pytest.mark.parametrize("fails_first", ["outcome", "card"])
def test_what_failed_in_a_closed_drawer_is_said_where_the_next_card_does_not_come_either(
    visitor: Opener, schools: list[models.School], fails_first: str
) -> None:
    coordinator = visitor(f"calls-lost-and-no-card-{fails_first}")
    coordinator.signs_in("coordinator@example.org")
    page = coordinator.page
    coordinator.goes_to("/admin/due/?show=never&sort=name")
    page.get_by_role("link", name="Call Ash Primary School").click()
    expect(page.get_by_role("heading", name="Ash Primary School")).to_be_visible()
    posts = holds_back(page, "POST", f"/{schools[0].pk}/")
    page.keyboard.press("1")
    page.wait_for_timeout(200)
    page.keyboard.press("Escape")
    if fails_first == "outcome":
        posts.pop().abort()
        page.wait_for_timeout(200)
    cards = holds_back(page, "GET", f"/{schools[1].pk}/")
    page.get_by_role("link", name="Call Beck Primary School").click()
    page.wait_for_timeout(200)
    cards.pop().abort()
    expect(page.get_by_text("No answer came from the office. Close this and call the school once more.")).to_be_visible()
    if posts:
        posts.pop().abort()
    expect(page.get_by_text("How the call before this one ended may not be logged.")).to_be_visible()
    coordinator.looks("call-that-did-not-come")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Call Beck Primary School").click()
    expect(page.get_by_role("heading", name="Beck Primary School")).to_be_visible()
    expect(page.get_by_text("may not be logged")).to_have_count(0)
    coordinator.troubles.clear()


def test_what_became_of_a_call_is_said_also_where_nobody_is_left(visitor: Opener, schools: list[models.School]) -> None:
    coordinator = visitor("calls-lost-and-nobody-left")
    coordinator.signs_in("coordinator@example.org")
    page = coordinator.page
    coordinator.goes_to("/admin/due/?show=never&sort=name")
    page.get_by_role("link", name="Call Beck Primary School").click()
    expect(page.get_by_role("heading", name="Beck Primary School")).to_be_visible()
    page.keyboard.press("1")
    expect(page.get_by_role("heading", name="Larkfield Primary School")).to_be_visible()
    page.keyboard.press("Escape")
    held = [holds_back(page, "POST", f"/{school.pk}/") for school in (schools[0], schools[2])]
    for name in ("Ash", "Larkfield"):
        page.get_by_role("link", name=f"Call {name} Primary School").click()
        expect(page.get_by_role("heading", name=f"{name} Primary School")).to_be_visible()
        page.keyboard.press("1")
        if name == "Ash":
            page.keyboard.press("Escape")
    page.wait_for_timeout(200)
    lost = held[0].pop()
    lost.fetch()  # the office logs it, and its answer does not come back
    lost.abort()
    page.wait_for_timeout(200)
    held[1].pop().continue_()
    expect(page.get_by_role("heading", name="Nobody is left to call")).to_be_visible()
    expect(page.get_by_text("How the call before this one ended may not be logged.")).to_be_visible()
    coordinator.troubles.clear()


@pytest.mark.parametrize("size", [PHONE, TABLET, DESK])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_card_fits_each_window(visitor: Opener, schools: list[models.School], size: tuple[int, int], theme: str) -> None:
    coordinator = visitor(f"call-{theme}-{size[0]}", size=size)
    coordinator.page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]  # one of the two
    coordinator.signs_in("coordinator@example.org")
    coordinator.goes_to("/admin/calls/")
    coordinator.looks("call-page")
    coordinator.goes_to("/admin/due/?show=never&sort=name")
    coordinator.page.get_by_role("link", name="Call Beck Primary School").click()
    expect(coordinator.page.get_by_role("button", name="Not this school year")).to_be_visible()
    coordinator.looks("call-drawer")


def test_without_scripts_each_press_is_a_page_and_the_filters_stay(visitor: Opener, schools: list[models.School]) -> None:
    coordinator = visitor("calls-plain", scripts=False)
    coordinator.signs_in("coordinator@example.org")
    page = coordinator.page
    coordinator.goes_to("/admin/due/?show=never&sort=name")
    page.get_by_role("link", name="Call Ash Primary School").click()
    page.get_by_label("In which month they want it").select_option(label="January 2027")
    page.get_by_role("button", name="Wants a visit").click()
    expect(page.get_by_text("Logged for Ash Primary School: wants a visit in January 2027.")).to_be_visible()
    expect(page.get_by_role("heading", name="Beck Primary School")).to_be_visible()
    assert "show=never&sort=name" in page.url
    page.get_by_role("button", name="Undo this").click()
    expect(page.get_by_role("heading", name="Ash Primary School")).to_be_visible()
    assert not models.ContactLog.objects.exists()
    page.get_by_role("link", name="Who is due").last.click()
    assert re.search(r"/admin/due/\?show=never&sort=name#due-\d+$", page.url), "at its row"


def test_the_second_of_two_colleagues_sees_that_it_was_just_called(
    visitor: Opener, charity: Charity, schools: list[models.School]
) -> None:
    may_sign_in(coordinator_of(charity.area, email="gwen@example.org", name="Gwen Holme"))
    windows = []
    for name, email in (("first", "coordinator@example.org"), ("second", "gwen@example.org")):
        window = visitor(name)
        window.signs_in(email)
        window.goes_to("/admin/calls/?sort=name")
        windows.append(window)
    first, second = windows
    first.page.get_by_role("button", name="No answer").click()
    expect(first.page.get_by_role("heading", name="Beck Primary School")).to_be_visible()
    second.page.get_by_role("button", name="No answer").click()
    expect(second.page.get_by_role("alert").first).to_contain_text(
        "Ravi Carruthers logged a conversation with Ash Primary School"
    )
    second.looks("called-meanwhile")
    assert models.ContactLog.objects.count() == 1
