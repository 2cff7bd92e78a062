"""Adding people who sign in, and the groups that their roles are."""

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from schools.accounts.actions import add_user, end_sessions, keep_roles
from schools.accounts.models import Role, User
from schools.core.errors import RuleBroken

pytestmark = pytest.mark.django_db


def permissions_of(role: Role) -> set[str]:
    return set(Group.objects.get(name=role.value).permissions.values_list("codename", flat=True))


@pytest.mark.parametrize(
    ("role", "opens_the_office"),
    [(Role.MANAGER, True), (Role.COORDINATOR, True), (Role.ANALYST, True), (Role.VOLUNTEER, False)],
)
def test_a_person_is_added_in_their_role_with_an_address_that_counts_as_verified(role: Role, opens_the_office: bool) -> None:
    user = add_user(" Asha@Example.ORG ", "Asha Rahman", role=role, password="a-long-password")
    stored = User.objects.get(pk=user.pk)
    assert (stored.email, stored.name, stored.is_staff, stored.is_superuser) == (
        "asha@example.org", "Asha Rahman", opens_the_office, False,
    )  # fmt: skip
    assert stored.roles == {role.value}
    assert stored.check_password("a-long-password")
    address = EmailAddress.objects.get(user=user)
    assert (address.email, address.verified, address.primary) == ("asha@example.org", True, True)


def test_a_person_without_a_password_cannot_sign_in_by_one() -> None:
    assert not add_user("asha@example.org", "Asha", role=Role.VOLUNTEER).has_usable_password()


def test_an_address_that_somebody_has_is_refused_in_a_sentence_and_changes_nothing() -> None:
    add_user("asha@example.org", "Asha", role=Role.VOLUNTEER)
    with pytest.raises(RuleBroken) as refusal:
        add_user("ASHA@example.org", "Another", role=Role.MANAGER)
    assert refusal.value.reasons == [
        "Somebody already signs in as asha@example.org. Use another address, or change that person's role."
    ]
    assert User.objects.get().name == "Asha"


def test_an_address_in_capitals_is_kept_small_by_the_form_and_refused_by_the_database() -> None:
    user = User(email="Asha@Example.org", name="Asha", password="!")
    user.full_clean()
    assert user.email == "asha@example.org"
    with pytest.raises(IntegrityError, match="user_email_lower_case"), transaction.atomic():
        User.objects.create(email="Asha@Example.org", name="Asha")


def test_the_second_person_with_an_address_reads_a_sentence() -> None:
    add_user("asha@example.org", "Asha", role=Role.VOLUNTEER)
    with pytest.raises(ValidationError) as refusal:
        User(email="asha@example.org", name="Other", password="!").full_clean()
    assert refusal.value.message_dict == {"email": ["Somebody already signs in with this e-mail address."]}


def test_signing_nobody_out_reads_no_sessions(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        end_sessions([])


def test_every_role_has_exactly_its_permissions() -> None:
    everything = set(Permission.objects.filter(content_type__app_label="schools").values_list("codename", flat=True))
    assert permissions_of(Role.MANAGER) == everything
    assert permissions_of(Role.ANALYST) == {"read_reach"}
    assert permissions_of(Role.VOLUNTEER) == set()
    coordinator = permissions_of(Role.COORDINATOR)
    assert coordinator <= everything
    assert {"read_reach", "change_visit", "add_cover", "view_area", "delete_contact"} <= coordinator
    assert not {"change_area", "delete_visit", "delete_school", "view_user", "change_user", "view_outboxmessage"} & coordinator


def test_keeping_the_roles_again_changes_nothing_and_mends_what_somebody_changed() -> None:
    before = {role: permissions_of(role) for role in Role}
    keep_roles()
    assert {role: permissions_of(role) for role in Role} == before
    Group.objects.get(name=Role.ANALYST.value).permissions.set(Permission.objects.all()[:5])
    Group.objects.get(name=Role.COORDINATOR.value).delete()
    keep_roles()
    assert {role: permissions_of(role) for role in Role} == before
    assert Group.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_groups_and_permissions_are_back_after_a_flush() -> None:
    before = {role: permissions_of(role) for role in Role}
    call_command("flush", interactive=False, verbosity=0)
    assert {role: permissions_of(role) for role in Role} == before
