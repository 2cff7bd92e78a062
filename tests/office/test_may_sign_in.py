"""Who may sign in, and as what: a manager’s tick and choice."""

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
