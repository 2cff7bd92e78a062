"""Who may sign in, and as what: a manager’s tick and choice, which never leave the charity without a manager."""

from typing import Any

import pytest
from django.contrib.sessions.models import Session as BrowserSession
from django.test import Client

from schools import models
from schools.accounts.models import Role
from tests import factories
from tests.browsing import saved
from tests.office.test_visibility import url

pytestmark = pytest.mark.django_db


def stored(office: Client, user: models.User, role: Role, *, ticked: bool = True) -> Any:
    """The answer to the form of the user with this role, and “may sign in” ticked or not."""
    tick = {"is_active": "on"} if ticked else {}
    return saved(office, url(models.User, "change", user.pk), {"name": user.name, "phone": "", "role": role.value, **tick})


def page_of(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_who_may_sign_in_again_is_known_by_no_browser_of_before(managers_office: Client) -> None:
    asha, thief = factories.user_with(Role.VOLUNTEER, name="Asha Rao"), Client()
    thief.force_login(asha)
    assert thief.get("/me/").status_code == 200
    assert stored(managers_office, asha, Role.VOLUNTEER, ticked=False).status_code == 302
    assert BrowserSession.objects.count() == 1, "the manager’s"
    assert stored(managers_office, asha, Role.VOLUNTEER).status_code == 302
    assert models.User.objects.get(pk=asha.pk).is_active
    assert thief.get("/me/").status_code == 302


def test_a_session_that_an_earlier_version_left_lets_nobody_in_once_the_tick_is_back(managers_office: Client) -> None:
    asha, thief = factories.user_with(Role.VOLUNTEER, name="Asha Rao"), Client()
    thief.force_login(asha)
    models.User.objects.filter(pk=asha.pk).update(is_active=False)
    assert stored(managers_office, asha, Role.VOLUNTEER).status_code == 302
    assert models.User.objects.get(pk=asha.pk).is_active
    assert thief.get("/me/").status_code == 302


def test_what_else_is_changed_of_somebody_leaves_them_signed_in(managers_office: Client) -> None:
    ben, browser = factories.coordinator_of(name="Ben Cole"), Client()
    browser.force_login(ben)
    assert stored(managers_office, ben, Role.ANALYST).status_code == 302
    assert browser.get("/me/").status_code == 200


def test_a_manager_who_switches_themselves_off_while_another_is_there_is_out_at_once() -> None:
    bea, office = factories.manager(name="Bea Fell"), Client()
    factories.manager()
    office.force_login(bea)
    assert stored(office, bea, Role.MANAGER, ticked=False).status_code == 302
    assert not models.User.objects.get(pk=bea.pk).is_active
    assert "/login/" in office.get("/admin/").headers["Location"]


@pytest.mark.parametrize(("role", "ticked"), [(Role.COORDINATOR, True), (Role.MANAGER, False), (Role.VOLUNTEER, False)])
def test_the_only_manager_neither_gives_the_role_away_nor_is_switched_off(role: Role, ticked: bool) -> None:
    bea, office = factories.manager(name="Bea Fell"), Client()
    factories.manager(name="Gone Over", is_active=False)
    office.force_login(bea)
    page = page_of(stored(office, bea, role, ticked=ticked))
    assert "Bea Fell is the only programme manager who may sign in" in page
    assert "Give somebody else that role first." in page
    bea = models.User.objects.get(pk=bea.pk)
    assert (bea.is_manager, bea.is_active) == (True, True)
    factories.manager(name="Mo Tarn")
    assert stored(office, bea, role, ticked=ticked).status_code == 302


def test_the_only_manager_changes_everything_else_of_themselves_and_of_others() -> None:
    bea, ben, office = factories.manager(name="Bea Fell"), factories.coordinator_of(name="Ben Cole"), Client()
    office.force_login(bea)
    bea.name = "Bea Hill"
    assert stored(office, bea, Role.MANAGER).status_code == 302
    assert stored(office, ben, Role.ANALYST, ticked=False).status_code == 302
    assert models.User.objects.get(pk=bea.pk).name == "Bea Hill"
    assert not models.User.objects.get(pk=ben.pk).is_active


def test_who_leaves_the_office_and_has_left_as_a_volunteer_is_switched_off(managers_office: Client) -> None:
    gone, still = (factories.coordinator_of(name=name) for name in ("Ben Cole", "Ada Lane"))
    factories.VolunteerFactory(user=gone, status="left")
    factories.VolunteerFactory(user=still)
    browser = Client()
    browser.force_login(gone)
    for user in (gone, still):
        assert stored(managers_office, user, Role.VOLUNTEER).status_code == 302
        shown = page_of(managers_office.get("/admin/schools/user/"))
        assert (f"{user} has left as a volunteer, so they can no longer sign in." in shown) == (user == gone)
    assert not models.User.objects.get(pk=gone.pk).is_active
    assert models.User.objects.get(pk=still.pk).is_active
    assert browser.get("/me/").status_code == 302
