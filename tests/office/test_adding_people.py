"""Adding somebody who signs in: no role is chosen beforehand, and they are mailed how to sign in."""

from typing import Any
from unittest import mock

import pytest
from django.test import Client

from schools import models
from schools.core.errors import RuleBroken
from tests import factories
from tests.office.conftest import NOW
from tests.office.test_visibility import url

pytestmark = pytest.mark.django_db

ADD = url(models.User, "add")
NIA = {"name": "Nia Jones", "email": "Nia@Example.org", "role": "Coordinator"}


def form_of(answer: Any) -> Any:
    return answer.context["adminform"].form


def test_no_role_is_chosen_beforehand_and_none_is_refused(managers_office: Client) -> None:
    assert 'value="" selected>Choose a role' in managers_office.get(ADD).content.decode()
    answer = managers_office.post(ADD, NIA | {"role": ""})
    assert form_of(answer).errors["role"] == ["Choose a role. It decides what they see."]
    assert 'value="Nia@Example.org"' in answer.content.decode()
    assert not models.User.objects.filter(email="nia@example.org").exists()
    assert not models.OutboxMessage.objects.exists()


@pytest.mark.parametrize("role", ["Programme manager", "Coordinator", "Analyst", "Volunteer"])
def test_they_are_mailed_how_to_sign_in_without_any_secret(role: str, managers_office: Client) -> None:
    answer = managers_office.post(ADD, NIA | {"role": role}, follow=True)
    assert "A mail to nia@example.org says how to sign in." in answer.content.decode()
    assert ("add the area that they look after" in answer.content.decode()) == (role == "Coordinator")
    mail = models.OutboxMessage.objects.get(to="nia@example.org")
    assert "/accounts/login/code/" in mail.body
    assert f"as {role.lower()}" in mail.body
    assert ("second step" in mail.body) == (role != "Volunteer")
    assert mail.expires_at is None


def test_the_first_coordinator_leads_on_to_an_area_and_the_next_one_to_those_that_are_there(managers_office: Client) -> None:
    coordinator = NIA | {"role": "Coordinator", "_save": "Save"}
    assert managers_office.post(ADD, coordinator).headers["Location"] == "/admin/area/add/"
    analyst = coordinator | {"role": "Analyst", "email": "ada@example.org"}
    assert managers_office.post(ADD, analyst).headers["Location"] == "/admin/schools/user/"
    factories.AreaFactory()
    second = managers_office.post(ADD, coordinator | {"email": "cora@example.org"}, follow=True)
    assert second.redirect_chain[0][0] == "/admin/schools/user/"
    assert "name them on the page of the area" in second.content.decode()


def test_a_coordinator_is_named_for_areas_in_the_same_form(managers_office: Client) -> None:
    assert "areas" not in managers_office.get(ADD).context["adminform"].fieldsets[0][1]["fields"]
    north, south, other = factories.AreaFactory(name="North"), factories.AreaFactory(name="South"), factories.AreaFactory()
    before = factories.coordinator_of(north)
    answer = managers_office.post(ADD, NIA | {"areas": [north.pk, south.pk]}, follow=True)
    assert "From today on they look after North and South." in " ".join(answer.content.decode().split())
    nia = models.User.objects.get(email="nia@example.org")
    named = models.AreaCoordinator.objects.filter(user=nia)
    assert set(named.values_list("area", "from_day", "to_day")) == {(north.pk, NOW.date(), None), (south.pk, NOW.date(), None)}
    assert models.AreaCoordinator.objects.get(user=before).to_day is None
    assert not other.area_coordinators.exists()


def test_nobody_else_is_named_for_areas_and_nothing_is_half_done(managers_office: Client) -> None:
    area = factories.AreaFactory()
    for wrong in ({"role": "Analyst", "areas": [area.pk]}, {"areas": ["999"]}, {"areas": ["9" * 30]}):
        answer = managers_office.post(ADD, NIA | wrong)
        assert form_of(answer).errors["areas"]
        assert not models.User.objects.filter(email="nia@example.org").exists()
        assert not models.OutboxMessage.objects.exists()
        assert not models.AreaCoordinator.objects.exists()


def test_the_same_form_twice_adds_and_mails_once(managers_office: Client) -> None:
    managers_office.post(ADD, NIA)
    answer = managers_office.post(ADD, NIA)
    assert "Somebody already signs in with this e-mail address." in answer.content.decode()
    assert models.OutboxMessage.objects.count() == 1


def test_what_somebody_stores_at_the_same_moment_is_said_and_nothing_is_lost(managers_office: Client) -> None:
    found_while_storing = [RuleBroken(["Somebody already signs in."]), factories.UserFactory()]
    with mock.patch("schools.office.accounts.admin.add_person", side_effect=found_while_storing) as add:
        assert managers_office.post(ADD, NIA).status_code == 302
    assert add.call_count == 2, "the form was checked once more"


def test_changing_a_role_mails_nobody(managers_office: Client) -> None:
    managers_office.post(ADD, NIA)
    person = models.User.objects.get(email="nia@example.org")
    page = managers_office.get(url(models.User, "change", person.pk))
    seen = form_of(page).seen
    changed = {"name": "Nia Jones", "role": "Analyst", "is_active": "on", "seen": seen}
    assert managers_office.post(url(models.User, "change", person.pk), changed).status_code == 302
    assert models.OutboxMessage.objects.count() == 1


def test_the_number_that_is_typed_with_them_is_kept(managers_office: Client) -> None:
    assert managers_office.post(ADD, NIA | {"phone": "07400 123456"}).status_code == 302
    assert models.User.objects.get(email="nia@example.org").phone.as_e164 == "+447400123456"
