"""Setting up in a browser: home of an empty installation, an area, a person, a volunteer, empty lists and guides."""

import pytest
from playwright.sync_api import expect

from schools import models
from schools.accounts.models import Role
from tests.e2e.charity import PASSWORD, may_sign_in
from tests.e2e.conftest import DESK, PHONE, Opener, Visitor
from tests.factories import AuthorityFactory, SchoolFactory, coordinator_of, user_with

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def at_both_widths(visitor: Visitor, what: str) -> None:
    """Look the page over at a desk and on a phone of 390 pixels."""
    visitor.looks(what)
    visitor.page.set_viewport_size({"width": 390, "height": 844})
    visitor.looks(f"{what}-narrow")
    visitor.page.set_viewport_size({"width": DESK[0], "height": DESK[1]})


def adds_a_coordinator(manager: Visitor) -> None:
    """From home to the form of people who sign in, and back."""
    page = manager.page
    manager.goes_to("/admin/schools/user/add/")
    page.get_by_role("textbox", name="Name", exact=True).fill("Cora Nwosu")
    page.get_by_label("E-mail address").fill("cora@example.org")
    page.get_by_label("Role").select_option("Coordinator")
    at_both_widths(manager, "user-add")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("A mail to cora@example.org says how to sign in.")).to_be_visible()


def adds_an_area(manager: Visitor) -> None:
    """The form of an area, first refused, then stored."""
    page = manager.page
    manager.goes_to("/admin/")
    page.get_by_role("link", name="Add an area", exact=True).click()
    page.get_by_label("Name", exact=True).fill("Eden")
    page.get_by_label("Authority of nowhere").check()
    page.get_by_role("button", name="Add this area").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose a region above, or name a new one.")
    at_both_widths(manager, "area-refused")
    page.get_by_label("Name of a new region").fill("North West")
    page.get_by_label("Nation of a new region").select_option("england")
    page.get_by_label("Cora Nwosu").check()
    page.get_by_role("button", name="Add this area").click()
    expect(page.get_by_role("heading", level=1, name="Eden")).to_be_visible()
    at_both_widths(manager, "area")


def adds_a_volunteer(somebody: Visitor) -> None:
    """The one page of a new volunteer."""
    page = somebody.page
    somebody.goes_to("/admin/volunteer/add/")
    page.get_by_label("Name", exact=True).fill("Norma Bell")
    page.get_by_label("E-mail address").fill("norma@example.org")
    page.get_by_label("Mail them an invitation to sign in now").check()
    at_both_widths(somebody, "volunteer-add")
    page.get_by_label("Decision").select_option("clear")
    page.get_by_role("button", name="Add this volunteer").click()
    expect(page.get_by_role("alert")).to_contain_text("A clear decision needs this day.")
    at_both_widths(somebody, "volunteer-refused")
    page.get_by_label("Decision").select_option("")
    page.get_by_role("button", name="Add this volunteer").click()
    expect(page.get_by_text("An invitation went to norma@example.org.")).to_be_visible()


@pytest.mark.exhaustive  # the first hour, which every change walks, comes by most of these pages
@pytest.mark.parametrize("scripts", [True, False])
def test_an_empty_installation_is_set_up_from_home(scripts: bool, transactional_db: None, visitor: Opener) -> None:
    may_sign_in(user_with(Role.MANAGER, email="mo@example.org", name="Mo Manager"))
    manager = visitor("manager", size=DESK, scripts=scripts)
    page = manager.page
    manager.signs_in("mo@example.org", PASSWORD)
    manager.goes_to("/admin/")
    expect(page.get_by_role("heading", name="Setting up, in this order")).to_be_visible()
    expect(page.get_by_text("Nothing needs you now")).to_have_count(0)
    at_both_widths(manager, "home-empty")
    for path in ("schools/school/", "schools/volunteer/", "due/", "calendar/"):
        manager.goes_to(f"/admin/{path}")
        at_both_widths(manager, f"empty-{path.replace('/', '-')}")
    authority = AuthorityFactory(name="Authority of nowhere", nation="england")
    SchoolFactory(authority=authority, name="Fellside Primary School")
    adds_a_coordinator(manager)
    adds_an_area(manager)
    adds_a_volunteer(manager)
    manager.goes_to("/admin/")
    expect(page.locator(".setup-done")).to_have_count(4)
    at_both_widths(manager, "home-half")
    assert models.AreaAuthority.objects.get().area.name == "Eden"


@pytest.mark.exhaustive
def test_each_guide_reads_well_and_the_page_leads_to_its_section(transactional_db: None, visitor: Opener) -> None:
    may_sign_in(user_with(Role.MANAGER, email="mo@example.org", name="Mo Manager"))
    manager = visitor("manager")
    manager.signs_in("mo@example.org", PASSWORD)
    manager.goes_to("/admin/schools/sessiontype/add/")
    at_both_widths(manager, "session-type-add")
    manager.goes_to("/admin/schools/agreement/add/")
    at_both_widths(manager, "agreement-add")
    manager.goes_to("/admin/stock/")
    manager.page.get_by_role("link", name="Guide", exact=True).click()
    expect(manager.page.get_by_role("heading", name="Materials and stock")).to_be_in_viewport()
    at_both_widths(manager, "guide-office")
    manager.page.get_by_role("link", name="All guides").click()
    at_both_widths(manager, "guides")
    for name in ("files", "figures", "words"):
        manager.goes_to(f"/admin/guide/{name}/")
        at_both_widths(manager, f"guide-{name}")
    manager.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    manager.goes_to("/guide/")
    manager.looks("guide-volunteer")


def test_a_coordinators_first_day(transactional_db: None, visitor: Opener) -> None:
    coordinator_of_nothing = may_sign_in(coordinator_of(models.Area.objects.create(
        name="Eden", region=models.Region.objects.create(name="North West", nation="england")
    ), email="cora@example.org", name="Cora Nwosu"))  # fmt: skip
    cora = visitor("coordinator")
    cora.signs_in("cora@example.org")
    cora.goes_to("/admin/")
    expect(cora.page.get_by_role("heading", name="Your first days, in this order")).to_be_visible()
    at_both_widths(cora, "first-day")
    cora.goes_to(f"/admin/area/{models.Area.objects.get().pk}/")
    at_both_widths(cora, "area")
    assert coordinator_of_nothing.pk
