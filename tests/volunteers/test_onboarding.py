"""Invitations, the agreement, a calendar's secret address, changing an e-mail address."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client

from schools.accounts.models import AddressChange, Role, User
from schools.core.errors import RuleBroken
from schools.core.secrets import hash_of, new_secret
from schools.messages.models import OutboxMessage
from schools.volunteers import actions, queries
from schools.volunteers.models import Accepted, Agreement, Invitation, Volunteer
from tests.browsing import saved
from tests.factories import UserFactory, VolunteerFactory, manager, user_with
from tests.processes import together
from tests.volunteers.following import follows

pytestmark = pytest.mark.django_db


@pytest.fixture
def asha() -> Volunteer:
    made: Volunteer = VolunteerFactory(name="Asha Rahman")
    return made


def secret_mailed_to(email: str) -> str:
    body = OutboxMessage.objects.filter(to=email).latest("pk").body
    found = re.search(r"http\S+/([\w-]{40,})/", body)
    assert found, body
    return found[1]


def test_an_invitation_lets_one_person_in_once_and_makes_their_sign_in(asha: Volunteer, now: datetime) -> None:
    actions.invite(asha, by=manager(), now=now, email=" Asha@Example.org ")
    secret = secret_mailed_to("asha@example.org")
    assert secret not in str(list(Invitation.objects.values()))
    user = actions.accept_invitation(secret, now=now + timedelta(days=1))
    asha.refresh_from_db()
    assert asha.user == user
    assert (user.email, user.name, list(user.roles), user.is_staff) == (
        "asha@example.org",
        "Asha Rahman",
        [Role.VOLUNTEER.value],
        False,
    )
    assert EmailAddress.objects.get(user=user).verified
    with pytest.raises(RuleBroken, match="used already, or is too old"):
        actions.accept_invitation(secret, now=now + timedelta(days=1))
    assert User.objects.filter(email="asha@example.org").count() == 1


def test_an_address_that_is_corrected_while_somebody_opens_the_link_lets_them_not_in(asha: Volunteer, now: datetime) -> None:
    actions.invite(asha, by=manager(), now=now, email="asha@example.org")
    secret, corrected = secret_mailed_to("asha@example.org"), list[str]()

    def corrects(execute: Callable[..., Any], sql: str, *call: Any) -> Any:
        # What the office saves while we wait for the lock.
        if sql.startswith('SELECT "schools_volunteer"') and not corrected:
            corrected.append("right@example.org")
            Volunteer.objects.filter(pk=asha.pk).update(email=corrected[0])
        return execute(sql, *call)

    with connection.execute_wrapper(corrects), pytest.raises(RuleBroken, match="used already, or is too old"):
        actions.accept_invitation(secret, now=now)
    asha.refresh_from_db()
    assert corrected
    assert asha.user is None
    assert not User.objects.filter(email="asha@example.org").exists()


def test_an_invitation_goes_to_the_address_that_is_kept_and_the_sign_in_takes_its_place(asha: Volunteer, now: datetime) -> None:
    Volunteer.objects.filter(pk=asha.pk).update(email="asha@example.org")
    assert actions.invite(asha, by=manager(), now=now).email == "asha@example.org"
    user = actions.accept_invitation(secret_mailed_to("asha@example.org"), now=now)
    asha.refresh_from_db()
    assert (asha.user, asha.email, asha.mail_address) == (user, "", "asha@example.org")


def test_an_address_typed_for_an_invitation_is_kept_for_the_next(asha: Volunteer, now: datetime) -> None:
    Volunteer.objects.filter(pk=asha.pk).update(email="old@example.org")
    actions.invite(asha, by=manager(), now=now, email="New@Example.org")
    asha.refresh_from_db()
    assert (asha.email, asha.mail_address) == ("new@example.org", "new@example.org")
    assert actions.invite(asha, by=manager(), now=now + timedelta(days=1)).email == "new@example.org"


@pytest.mark.parametrize(("after", "works"), [(timedelta(days=7, seconds=-1), True), (timedelta(days=7), False)])
def test_an_invitation_holds_for_seven_days(asha: Volunteer, now: datetime, after: timedelta, works: bool) -> None:
    actions.invite(asha, by=manager(), now=now, email="asha@example.org")
    secret = secret_mailed_to("asha@example.org")
    assert (queries.invitation_of(secret, now=now + after) is not None) is works
    if not works:
        with pytest.raises(RuleBroken):
            actions.accept_invitation(secret, now=now + after)


def test_an_invitation_lets_nobody_in_who_has_left_or_was_switched_off(asha: Volunteer, now: datetime) -> None:
    actions.invite(asha, by=manager(), now=now, email="asha@example.org")
    secret = secret_mailed_to("asha@example.org")
    Volunteer.objects.filter(pk=asha.pk).update(status="left")
    with pytest.raises(RuleBroken, match="used already, or is too old"):
        actions.accept_invitation(secret, now=now)
    assert (queries.invitation_of(secret, now=now), User.objects.filter(email="asha@example.org").count()) == (None, 0)
    Volunteer.objects.filter(pk=asha.pk).update(status="active")
    user = actions.accept_invitation(secret, now=now)
    asha.refresh_from_db()
    actions.invite(asha, by=manager(), now=now)
    User.objects.filter(pk=user.pk).update(is_active=False)
    with pytest.raises(RuleBroken):
        actions.accept_invitation(secret_mailed_to("asha@example.org"), now=now)


def test_an_invitation_to_an_address_that_was_given_up_lets_nobody_in(now: datetime) -> None:
    asha = VolunteerFactory(user=UserFactory(email="old@example.org"))
    actions.invite(asha, by=manager(), now=now)
    User.objects.filter(pk=asha.user.pk).update(email="new@example.org")
    secret = secret_mailed_to("old@example.org")
    assert queries.invitation_of(secret, now=now) is None
    with pytest.raises(RuleBroken):
        actions.accept_invitation(secret, now=now)


def test_an_invitation_to_an_address_that_was_corrected_lets_nobody_in_and_they_are_invited_again(
    asha: Volunteer, client: Client, now: datetime
) -> None:
    boss = manager()
    actions.invite(asha, by=boss, now=now, email="asha@exmaple.org")
    wrong = secret_mailed_to("asha@exmaple.org")
    client.force_login(boss)
    typed = {"name": asha.name, "reference": asha.reference, "languages": ["en"], "email": "Asha@example.org"}
    assert saved(client, f"/admin/schools/volunteer/{asha.pk}/change/", typed).status_code == 302
    assert queries.invitation_of(wrong, now=now) is None
    with pytest.raises(RuleBroken, match="used already, or is too old"):
        actions.accept_invitation(wrong, now=now)
    these = Volunteer.objects.filter(pk=asha.pk)
    assert actions.preview_invitations(these, now=now).mailed == [asha]
    assert actions.invite_each(these, by=boss, now=now + timedelta(minutes=1))[1] == []
    user = actions.accept_invitation(secret_mailed_to("asha@example.org"), now=now + timedelta(hours=1))
    assert user.email == "asha@example.org"


@pytest.mark.django_db(transaction=True)
def test_of_several_clicks_at_the_same_moment_one_lets_in(asha: Volunteer, now: datetime) -> None:
    # Not by mail: what was sent has left the outbox once all is committed.
    secret, until = new_secret(), now + timedelta(days=7)
    given = {"token_hash": hash_of(secret), "sent_at": now, "expires_at": until, "by": manager()}
    Volunteer.objects.filter(pk=asha.pk).update(email="Asha@example.org")
    Invitation.objects.create(volunteer=asha, email="asha@example.org", **given)
    assert sorted(together(follows, [(secret, now)] * 4)) == [False, False, False, True]
    assert User.objects.filter(email="asha@example.org").count() == 1


@pytest.mark.parametrize("gone", ["left", "switched off"])
def test_the_calendar_of_somebody_who_is_gone_is_not_found(now: datetime, gone: str) -> None:
    asha = VolunteerFactory(user=UserFactory())
    secret = actions.new_calendar_address(asha, now=now)
    assert queries.calendar_owner(secret) == asha
    if gone == "left":
        Volunteer.objects.filter(pk=asha.pk).update(status="left")
    else:
        User.objects.filter(pk=asha.user.pk).update(is_active=False)
    assert queries.calendar_owner(secret) is None


def test_a_change_of_address_of_somebody_who_was_switched_off_is_over(user: User, now: datetime) -> None:
    actions.request_address_change(user, new_email="new@example.org", now=now)
    User.objects.filter(pk=user.pk).update(is_active=False)
    for address in (user.email, "new@example.org"):
        with pytest.raises(RuleBroken):
            actions.confirm_address_change(secret_mailed_to(address), now=now)


def test_a_new_invitation_ends_the_one_before(asha: Volunteer, now: datetime) -> None:
    actions.invite(asha, by=manager(), now=now, email="wrong@example.org")
    old = secret_mailed_to("wrong@example.org")
    actions.invite(asha, by=manager(), now=now + timedelta(minutes=5), email="asha@example.org")
    assert queries.invitation_of(old, now=now + timedelta(minutes=6)) is None
    assert queries.invitation_of(secret_mailed_to("asha@example.org"), now=now + timedelta(minutes=6)) is not None


def test_somebody_who_signs_in_already_is_sent_a_way_in_to_their_own_address(now: datetime) -> None:
    asha = VolunteerFactory(user=user_with(Role.VOLUNTEER, email="asha@example.org"))
    actions.invite(asha, by=manager(), now=now)
    assert actions.accept_invitation(secret_mailed_to("asha@example.org"), now=now) == asha.user


def test_why_somebody_cannot_be_invited_is_said_with_what_to_do(asha: Volunteer, now: datetime) -> None:
    user_with(Role.VOLUNTEER, email="taken@example.org")
    Volunteer.objects.filter(pk=asha.pk).update(status="left")
    with pytest.raises(RuleBroken) as refusal:
        actions.invite(asha, by=manager(), now=now, email="taken@example.org")
    assert [reason.partition(".")[0] for reason in refusal.value.reasons] == [
        "Asha Rahman has left",
        "Somebody already signs in as taken@example",
    ]
    with pytest.raises(RuleBroken, match="Give the e-mail address"):
        actions.invite(VolunteerFactory(), by=manager(), now=now, email="no address")
    assert not OutboxMessage.objects.exists()


def test_a_new_version_of_the_agreement_is_asked_of_everybody_once_more(asha: Volunteer, today: date, now: datetime) -> None:
    def asked(on: date) -> int | None:
        found = queries.with_agreement(Volunteer.objects.all(), on=on).get(pk=asha.pk)
        return found.asked_agreement

    assert asked(today) is None
    first = actions.publish_agreement("I keep what I hear to myself.", from_day=today)
    assert (first.version, asked(today)) == (1, first.pk)
    actions.accept_agreement(asha, first, now=now)
    actions.accept_agreement(asha, first, now=now)
    assert (asked(today), Accepted.objects.count()) == (None, 1)
    second = actions.publish_agreement("I keep what I hear to myself, and I come on time.", from_day=today + timedelta(days=2))
    assert (second.version, asked(today), asked(today + timedelta(days=2))) == (2, None, second.pk)
    assert Agreement.objects.in_force(on=today).get() == first


def test_a_calendars_address_is_known_to_its_owner_alone_and_a_new_one_ends_it(asha: Volunteer, now: datetime) -> None:
    Volunteer.objects.filter(pk=asha.pk).update(user=UserFactory())
    old = actions.new_calendar_address(asha, now=now)
    assert queries.calendar_owner(old) == asha
    new = actions.new_calendar_address(asha, now=now)
    assert queries.calendar_owner(old) is None
    assert queries.calendar_owner(new) == asha
    assert asha.feed_token.token_hash not in {old, new}


@pytest.fixture
def user() -> User:
    made = user_with(Role.VOLUNTEER, email="old@example.org")
    EmailAddress.objects.create(user=made, email=made.email, verified=True, primary=True)
    return made


@pytest.mark.parametrize("ends", [("old@example.org", "new@example.org"), ("new@example.org", "old@example.org")])
def test_an_address_changes_once_both_ends_have_said_yes(user: User, now: datetime, ends: tuple[str, str]) -> None:
    actions.request_address_change(user, new_email="New@example.org", now=now)
    secrets = [secret_mailed_to(end) for end in ends]
    actions.confirm_address_change(secrets[0], now=now)
    user.refresh_from_db()
    assert user.email == "old@example.org"
    actions.confirm_address_change(secrets[0], now=now)
    user.refresh_from_db()
    assert user.email == "old@example.org"
    actions.confirm_address_change(secrets[1], now=now)
    user.refresh_from_db()
    assert user.email == "new@example.org"
    assert list(EmailAddress.objects.values_list("email", "verified", "primary")) == [("new@example.org", True, True)]
    told = OutboxMessage.objects.filter(subject__contains="is changed").values_list("to", flat=True)
    assert set(told) == {"old@example.org", "new@example.org"}
    assert not AddressChange.objects.exists()


def test_of_two_presses_at_once_of_the_last_yes_the_second_reads_that_it_was_used(
    user: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    actions.request_address_change(user, new_email="new@example.org", now=now)
    first, last = (secret_mailed_to(end) for end in ("old@example.org", "new@example.org"))
    actions.confirm_address_change(first, now=now)
    change = AddressChange.objects.get()
    actions.confirm_address_change(last, now=now)
    monkeypatch.setattr("schools.volunteers.actions.addresses.change_of", lambda *_, **__: (change, "new"))
    with pytest.raises(RuleBroken, match="This link was used already"):
        actions.confirm_address_change(last, now=now)


def test_whose_address_has_just_become_another_asks_the_lost_mailbox_for_nothing(user: User, now: datetime) -> None:
    User.objects.filter(pk=user.pk).update(email="found@example.org")
    with pytest.raises(RuleBroken, match="Sign in and ask for the change again"):
        actions.request_address_change(user, new_email="new@example.org", now=now)
    assert not OutboxMessage.objects.exists()


def test_nobody_has_strangers_written_to_again_and_again(user: User, now: datetime) -> None:
    for number in range(5):
        actions.request_address_change(user, new_email=f"stranger{number}@example.org", now=now)
    before = OutboxMessage.objects.count()
    with pytest.raises(RuleBroken, match="several times within an hour"):
        actions.request_address_change(user, new_email="stranger5@example.org", now=now)
    assert OutboxMessage.objects.count() == before


def test_a_change_that_waits_too_long_is_over(user: User, now: datetime) -> None:
    actions.request_address_change(user, new_email="new@example.org", now=now)
    secret = secret_mailed_to("new@example.org")
    with pytest.raises(RuleBroken, match="too old"):
        actions.confirm_address_change(secret, now=now + timedelta(days=3))


def test_that_the_new_address_is_somebody_elses_is_told_to_them_alone(user: User, now: datetime) -> None:
    user_with(Role.VOLUNTEER, email="other@example.org")
    actions.request_address_change(user, new_email="other@example.org", now=now)
    assert "You sign in with it already" in OutboxMessage.objects.get(to="other@example.org").body
    actions.confirm_address_change(secret_mailed_to("old@example.org"), now=now)
    user.refresh_from_db()
    assert user.email == "old@example.org"


def test_that_the_new_address_is_somebodys_second_one_is_told_to_them_alone(user: User, now: datetime) -> None:
    owner = user_with(Role.VOLUNTEER, email="other@example.org")
    EmailAddress.objects.create(user=owner, email="second@example.org", verified=True, primary=False)
    actions.request_address_change(user, new_email="second@example.org", now=now)
    message = OutboxMessage.objects.get(to="second@example.org")
    assert "You sign in with it already" in message.body
    assert message.key.endswith(f":taken:{owner.pk}")


def test_an_address_taken_while_the_change_waited_is_not_taken_twice(user: User, now: datetime) -> None:
    actions.request_address_change(user, new_email="new@example.org", now=now)
    actions.confirm_address_change(secret_mailed_to("old@example.org"), now=now)
    user_with(Role.VOLUNTEER, email="new@example.org")
    with pytest.raises(RuleBroken):
        actions.confirm_address_change(secret_mailed_to("new@example.org"), now=now)
    user.refresh_from_db()
    assert user.email == "old@example.org"
