"""What a person may do is read together with their roles, and is what Django's own backend says."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group, Permission

from schools.accounts.models import Role, User
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

NEW_ROLE = "Treasurer"


@pytest.fixture
def person() -> User:
    user: User = UserFactory()
    return user


def read(person: User) -> User:
    """Return the person as the next request reads them."""
    return User.objects.get(pk=person.pk)


def assert_as_django_says(person: User) -> None:
    """Each permission that there is, one that there is not, and each app are answered as by the backend of Django."""
    ours, backend = read(person), ModelBackend()
    names = [f"{app}.{name}" for app, name in Permission.objects.values_list("content_type__app_label", "codename")]
    assert "schools.add_visit" in names
    for name in [*names, "schools.fly"]:
        assert ours.has_perm(name) == backend.has_perm(read(person), name), name
    for app in {name.partition(".")[0] for name in names} | {"school"}:
        assert ours.has_module_perms(app) == backend.has_module_perms(read(person), app), app


@pytest.mark.parametrize("roles", [(), *((role,) for role in Role), (Role.ANALYST, Role.VOLUNTEER), (NEW_ROLE,)])
def test_every_role_may_do_what_django_says(person: User, roles: tuple[str, ...]) -> None:
    for role in roles:
        person.groups.add(Group.objects.get_or_create(name=role)[0])
    assert_as_django_says(person)
    assert read(person).rights or set(roles) <= {NEW_ROLE, Role.VOLUNTEER}


def test_what_somebody_was_allowed_by_themselves_counts_and_is_no_role(person: User) -> None:
    person.user_permissions.add(Permission.objects.get(codename="read_reach"))
    assert_as_django_says(person)
    again = read(person)
    assert again.has_perm("schools.read_reach")
    assert again.roles == set()


def test_who_may_not_sign_in_may_do_nothing_and_keeps_the_role(person: User) -> None:
    person.groups.add(Group.objects.get(name=Role.MANAGER))
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert_as_django_says(person)
    again = read(person)
    assert not again.has_perm("schools.add_visit")
    assert again.roles == {Role.MANAGER}


def test_a_superuser_may_do_everything(person: User) -> None:
    User.objects.filter(pk=person.pk).update(is_superuser=True)
    again = read(person)
    assert again.has_perm("schools.fly")
    assert again.has_module_perms("schools")


def test_rights_are_asked_of_no_single_row(person: User) -> None:
    person.groups.add(Group.objects.get(name=Role.MANAGER))
    again = read(person)
    assert again.has_perm("schools.view_user")
    assert again.has_perm("schools.view_user", person) == ModelBackend().has_perm(read(person), "schools.view_user", person)


def test_roles_and_rights_are_one_query(person: User, django_assert_num_queries: Callable[[int], Any]) -> None:
    person.groups.add(Group.objects.get(name=Role.COORDINATOR), Group.objects.get_or_create(name=NEW_ROLE)[0])
    again = read(person)
    with django_assert_num_queries(1):
        assert again.has_perm("schools.add_visit")
        assert again.roles == {Role.COORDINATOR, NEW_ROLE}
        assert again.has_module_perms("schools")
    again = read(person)
    with django_assert_num_queries(1):
        assert again.roles == {Role.COORDINATOR, NEW_ROLE}
