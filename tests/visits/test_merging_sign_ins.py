"""Which sign-in is that of two entries made one: one that was used gives way to no later one."""

from datetime import UTC, datetime
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.test import Client

from schools import models
from schools.accounts.models import Role
from schools.core.errors import RuleBroken
from schools.visits.actions.merging import undo_merge
from schools.volunteers.actions.steps import write_step
from schools.volunteers.rules import reasons_not_to_replace_sign_in
from tests import factories
from tests.visits.test_merging import NOW, merged, pair

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager() -> models.User:
    return factories.manager()


def test_a_sign_in_that_nobody_uses_any_more_is_switched_off_but_never_one_of_the_office(manager: models.User) -> None:
    kept, gone = pair()
    merged(kept, gone, manager)
    assert not models.User.objects.get(email="asha@example.org").is_active
    third = factories.VolunteerFactory(user=factories.coordinator_of(factories.AreaFactory()))
    merged(kept, third, manager)
    assert models.User.objects.get(pk=third.user_id).is_active


def signing_in(email: str, joined: int, *, used: bool = True) -> models.Volunteer:
    """A volunteer with a sign-in since some day of November."""
    moment = datetime(2026, 11, joined, 9, tzinfo=UTC)
    user = factories.UserFactory(email=email, date_joined=moment, last_login=moment if used else None)
    volunteer: models.Volunteer = factories.VolunteerFactory(name="Asha Bell", user=user)
    return volunteer


def test_a_later_sign_in_never_takes_the_place_of_one_that_was_used(manager: models.User) -> None:
    """Whoever adds a double with a mailbox of their own, and comes in by it, does not become the volunteer."""
    asha, double = signing_in("asha@example.org", 1), signing_in("double@example.org", 20)
    for kept, gone, chosen in ((asha, double, ("user",)), (double, asha, ())):
        with pytest.raises(RuleBroken, match="Somebody is locked out"):
            merged(kept, gone, manager, *chosen)
    plain = factories.VolunteerFactory(name="Asha Bell", user=None)
    with pytest.raises(RuleBroken, match="neither a later one nor none"):
        merged(plain, asha, manager)
    merged(asha, double, manager)
    asha.refresh_from_db()
    assert asha.user is not None
    assert (asha.user.email, asha.user.is_active) == ("asha@example.org", True)


@pytest.mark.parametrize("way", ["switched off", "a role", "a password", "a second factor"])
def test_no_manager_makes_a_used_sign_in_give_way_by_what_one_manager_does(manager: models.User, way: str) -> None:
    """Unticking “may sign in”, or giving a role, would else let one manager be the volunteer in two steps."""
    is_off = way == "switched off"
    asha, double = signing_in("asha@example.org", 1, used=is_off), signing_in("double@example.org", 20)
    user: Any = asha.user
    if is_off:
        models.User.objects.filter(pk=user.pk).update(is_active=False)
    elif way == "a password":
        models.User.objects.filter(pk=user.pk).update(password="md5$a$b")
    elif way == "a second factor":
        Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})
    else:
        user.groups.set([Group.objects.get(name=Role.COORDINATOR.value)])
        models.User.objects.filter(pk=user.pk).update(last_login=NOW)
    for kept, gone, chosen in ((asha, double, ("user",)), (double, asha, ())):
        with pytest.raises(RuleBroken, match="that sign-in stays"):
            merged(kept, gone, manager, *chosen)
    user.refresh_from_db()
    reasons = reasons_not_to_replace_sign_in(user, None)
    assert ["first write down that" in reason for reason in reasons] == [is_off]


def test_who_left_and_came_back_by_a_double_signs_in_as_before_and_who_never_came_in_as_the_double(
    manager: models.User,
) -> None:
    first, double = signing_in("first@example.org", 1), signing_in("double@example.org", 20)
    unused = signing_in("unused@example.org", 2, used=False)
    models.User.objects.filter(volunteer=unused).update(is_active=False)
    merged(double, unused, manager)
    models.User.objects.filter(volunteer=first).update(is_active=False)
    models.Volunteer.objects.filter(pk=first.pk).update(status="left")
    with pytest.raises(RuleBroken, match="first write down that Person"):
        merged(double, first, manager)
    write_step(models.Volunteer.objects.get(pk=first.pk), "returned", day=NOW.date(), by=manager)
    merged(double, first, manager, "user")
    double.refresh_from_db()
    assert double.user is not None
    assert (double.user.email, double.user.is_active) == ("first@example.org", True)


@pytest.mark.parametrize("was_off", [False, True])
def test_who_had_left_and_becomes_active_by_a_merge_signs_in_again_unless_switched_off_before(
    manager: models.User, was_off: bool
) -> None:
    asha: Any = signing_in("asha@example.org", 1)
    models.User.objects.filter(pk=asha.user_id).update(is_active=not was_off)
    write_step(models.Volunteer.objects.get(pk=asha.pk), "left", day=NOW.date(), by=manager)
    double = factories.VolunteerFactory(name="Asha Bell", user=None)
    merge = merged(models.Volunteer.objects.get(pk=asha.pk), double, manager, "status")
    signs_in = models.User.objects.filter(pk=asha.user_id, is_active=True)
    assert (models.Volunteer.objects.get().status, signs_in.exists()) == ("active", not was_off)
    undo_merge(merge, by=manager, now=NOW)
    assert not signs_in.exists()


def test_a_merge_lets_in_no_sign_in_that_a_manager_had_switched_off(manager: models.User) -> None:
    asha: Any = signing_in("asha@example.org", 1)
    models.User.objects.filter(pk=asha.user_id).update(is_active=False)
    double = factories.VolunteerFactory(name="Asha Bell", user=None)
    write_step(models.Volunteer.objects.get(pk=double.pk), "left", day=NOW.date(), by=manager)
    merged(models.Volunteer.objects.get(pk=double.pk), asha, manager, "user", "status")
    kept = models.Volunteer.objects.get()
    assert (kept.status, kept.user_id) == ("active", asha.user_id)
    assert not models.User.objects.get(pk=asha.user_id).is_active


def test_the_sign_in_that_was_used_first_may_take_the_place_of_another(manager: models.User) -> None:
    later, first = signing_in("later@example.org", 20), signing_in("first@example.org", 1)
    merged(later, first, manager, "user")
    later.refresh_from_db()
    assert later.user is not None
    assert (later.user.email, later.user.is_active) == ("first@example.org", True)
    assert not models.User.objects.get(email="later@example.org").is_active
    unused = signing_in("unused@example.org", 2, used=False)
    merged(later, unused, manager)
    assert not models.User.objects.get(email="unused@example.org").is_active


def test_who_is_signed_in_by_the_one_that_gives_way_is_signed_out_also_once_the_two_are_two_again(manager: models.User) -> None:
    later, first = signing_in("later@example.org", 20), signing_in("first@example.org", 1)
    browser = Client()
    browser.force_login(models.User.objects.get(volunteer=later))
    undo_merge(merged(later, first, manager, "user"), by=manager, now=NOW)
    assert models.User.objects.get(email="later@example.org").is_active
    assert browser.get("/me/").status_code == 302
