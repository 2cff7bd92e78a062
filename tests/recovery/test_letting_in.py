"""Somebody who is locked out is let in by two people, after a wait in which it can be stopped."""

from datetime import UTC, datetime, timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session as BrowserSession
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from schools import models
from schools.accounts.actions import add_user, change_role, new_office_feed
from schools.accounts.models import Role
from schools.messages.suppression import mark
from schools.recovery.actions import agree, ask, come_in, confirm_new_address, settle_due, stop
from schools.recovery.models import Outcome, Recovery, Standing, StepHow, StepKind
from schools.recovery.rules import Wish
from schools.recovery.trustees import end_trustee
from schools.volunteers.actions import invite, new_calendar_address
from schools.volunteers.emails import key_of_invitation
from schools.volunteers.queries import calendar_owner
from tests import factories
from tests.recovery import people
from tests.recovery.people import NOW, PHONE, WAIT, asked, mails, refused

pytestmark = pytest.mark.django_db


def steps(recovery: Recovery) -> list[str]:
    """What happened to the request."""
    return list(recovery.steps.values_list("kind", flat=True))


def agreed(wish: Wish = PHONE) -> Recovery:
    """A request of Bea's for Ravi to which Mo agreed, and the new address too where there is one."""
    mo = people.mo()
    recovery = asked(people.coordinator(), people.bea(), wish)
    if recovery.changes_address:
        confirm_new_address(recovery, now=NOW)
    return agree(recovery, by=mo, now=NOW)


def test_two_managers_let_a_coordinator_in_whose_phone_is_lost() -> None:
    recovery = agreed()
    ravi = recovery.user
    Client().force_login(ravi)
    assert recovery.takes_effect_at == NOW + WAIT
    assert settle_due(now=NOW + WAIT - timedelta(seconds=1)) == 0
    assert Authenticator.objects.filter(user=ravi).count() == 2
    assert settle_due(now=NOW + WAIT) == 1
    assert settle_due(now=NOW + WAIT) == 0
    recovery.refresh_from_db()
    assert (recovery.outcome, steps(recovery)) == (Outcome.DONE, ["asked", "agreed", "done"])
    assert not Authenticator.objects.filter(user=ravi).exists()
    assert not models.User.objects.get(pk=ravi.pk).has_usable_password()
    assert come_in(recovery, now=NOW + WAIT).pk == ravi.pk
    with refused("used already"):
        come_in(recovery, now=NOW + WAIT)


def test_every_session_of_the_person_ends_and_nobody_elses() -> None:
    recovery = agreed()
    theirs, others = Client(), Client()
    theirs.force_login(recovery.user)
    others.force_login(people_of("bea@example.org"))
    for client, user in ((theirs, recovery.user), (others, people_of("bea@example.org"))):
        UserSession.objects.create(user=user, ip="127.0.0.1", session_key=client.session.session_key, user_agent="")
    settle_due(now=NOW + WAIT)
    assert theirs.get("/me/").status_code == 302
    assert others.get("/me/").status_code == 200
    assert (UserSession.objects.count(), BrowserSession.objects.count()) == (1, 1)


def people_of(email: str) -> models.User:
    """Who signs in with the address."""
    return models.User.objects.get(email=email)


def test_each_step_is_told_to_the_old_address_and_the_link_to_come_in_goes_to_the_new_one() -> None:
    recovery = agreed(people.address())
    settle_due(now=NOW + WAIT)
    come_in(Recovery.objects.get(), now=NOW + WAIT)
    told = mails("ravi@example.org")
    assert [mail.body.split("\n\n")[1].split()[0] for mail in told] == ["Bea", "The", "Mo", "It", "Somebody"]
    assert all("ravi.new" not in mail.body for mail in told)
    assert ["/way-back/stop." in mail.body for mail in told] == [True, True, True, False, False]
    assert sum("/way-back/enter." in mail.body for mail in mails("ravi.new@example.org")) == 1
    recovery.refresh_from_db()
    assert recovery.user.email == "ravi.new@example.org"
    assert list(EmailAddress.objects.filter(user=recovery.user).values_list("email", "verified")) == [
        ("ravi.new@example.org", True)
    ]


def test_who_lost_the_address_alone_keeps_the_second_factor_and_who_lost_both_does_not() -> None:
    ravi = agreed(people.address()).user
    settle_due(now=NOW + WAIT)
    assert Authenticator.objects.filter(user=ravi).count() == 2
    asked(ravi, people_of("bea@example.org"), people.address("third@example.org", "both"), now=NOW + WAIT)
    confirm_new_address(Recovery.objects.open().get(), now=NOW + WAIT)
    agree(Recovery.objects.open().get(), by=people_of("mo@example.org"), now=NOW + WAIT)
    settle_due(now=NOW + 2 * WAIT)
    assert not Authenticator.objects.filter(user=ravi).exists()


def test_the_wait_does_not_begin_before_the_new_address_said_yes() -> None:
    mo = people.mo()
    recovery = agree(asked(people.coordinator(), people.bea(), people.address()), by=mo, now=NOW)
    assert recovery.takes_effect_at is None
    later = NOW + timedelta(days=2)
    assert confirm_new_address(recovery, now=later).takes_effect_at == later + WAIT
    assert confirm_new_address(recovery, now=later + timedelta(hours=1)).takes_effect_at == later + WAIT


def test_a_yes_in_the_night_counts_from_the_morning(settings: Settings) -> None:
    settings.SPEAKOUT_RECOVERY_HOURS = 24
    mo = people.mo()
    recovery = asked(people.coordinator(), people.bea())
    night = NOW.replace(hour=23)
    assert agree(recovery, by=mo, now=night).takes_effect_at == NOW.replace(day=26, hour=7, minute=30)


def test_the_wait_is_as_long_when_clocks_go_forward_in_it(settings: Settings) -> None:
    settings.SPEAKOUT_RECOVERY_HOURS = 48
    night = datetime(2026, 3, 27, 21, 0, tzinfo=UTC)
    mo = people.mo()
    recovery = ask(people.coordinator(), PHONE, by=people.bea(), now=night)
    assert agree(recovery, by=mo, now=night).takes_effect_at == datetime(2026, 3, 30, 7, 30, tzinfo=UTC)


def test_nobody_acts_for_themselves_and_nobody_is_two() -> None:
    ravi, bea, mo = people.coordinator(), people.bea(), people.mo()
    with refused("about you"):
        ask(bea, PHONE, by=bea, now=NOW)
    with refused("Only a manager"):
        ask(mo, PHONE, by=ravi, now=NOW)
    recovery = asked(ravi, bea)
    with refused("You asked for it"):
        agree(recovery, by=bea, now=NOW)
    with refused("about you"):
        agree(recovery, by=ravi, now=NOW)
    agree(recovery, by=mo, now=NOW)
    with refused("needs no yes"):
        agree(recovery, by=mo, now=NOW)


@pytest.mark.parametrize("outcome", ["waits", "done", "stopped"])
def test_who_was_let_in_does_not_act_for_who_let_them_in_unless_it_came_to_nothing(outcome: str) -> None:
    bea, mo, kim = people.bea(), people.mo(), people.with_factor(factories.manager(name="Kim Beck", email="kim@example.org"))
    first = agree(asked(kim, bea), by=mo, now=NOW)
    if outcome == "done":
        settle_due(now=NOW + WAIT)
    if outcome == "stopped":
        stop(first, by=None, how=StepHow.LINK, now=NOW)
        assert ask(bea, PHONE, by=kim, now=NOW)
        return
    with refused("circle: Bea Fell acted for Kim Beck"):
        ask(bea, PHONE, by=kim, now=NOW + WAIT)
    second = asked(bea, mo, now=NOW + WAIT)
    with refused("circle: Bea Fell acted for Kim Beck"):
        agree(second, by=kim, now=NOW + WAIT)


def test_a_circle_of_three_is_named_and_ends_after_three_months() -> None:
    ann, ben, cat, dot = (people.with_factor(factories.manager(name=name)) for name in ("Ann", "Ben", "Cat", "Dot"))
    agree(asked(ben, ann), by=dot, now=NOW)
    agree(asked(cat, ben), by=dot, now=NOW)
    with refused("Ann acted for Ben and Ben acted for Cat"):
        ask(ann, PHONE, by=cat, now=NOW)
    assert settle_due(now=NOW + WAIT) == 2
    assert ask(ann, PHONE, by=cat, now=NOW + timedelta(days=91))


def test_it_can_be_stopped_until_it_has_taken_effect_and_never_after() -> None:
    recovery = agreed()
    stop(recovery, by=None, how=StepHow.LINK, now=NOW + WAIT)  # the clock is late: a stop wins
    assert settle_due(now=NOW + WAIT) == 0
    assert Authenticator.objects.filter(user=recovery.user).count() == 2
    with refused("has ended already"):
        stop(recovery, by=None, how=StepHow.LINK, now=NOW + WAIT)
    again = agree(asked(recovery.user, people_of("bea@example.org")), by=people_of("mo@example.org"), now=NOW)
    settle_due(now=NOW + WAIT)
    with refused("too late"):
        stop(again, by=people_of("mo@example.org"), how=StepHow.OFFICE, now=NOW + WAIT)


def test_what_nobody_agrees_to_lapses_though_no_clock_runs() -> None:
    ravi, bea, mo = people.coordinator(), people.bea(), people.mo()
    recovery = asked(ravi, bea)
    late = NOW + timedelta(days=7)
    assert recovery.standing(late) is Standing.LAPSING
    with refused("needs no yes"):
        agree(recovery, by=mo, now=late)
    assert asked(ravi, bea, now=late)  # what lapsed is ended by the way
    recovery.refresh_from_db()
    assert (recovery.outcome, steps(recovery)) == (Outcome.LAPSED, ["asked", "lapsed"])


@pytest.mark.parametrize(
    ("happens", "how"),
    [
        ("switched off", StepHow.SWITCHED_OFF),
        ("changed it themselves", StepHow.ADDRESS_CHANGED),
        ("somebody has the address", StepHow.ADDRESS_IN_USE),
        ("who asked is no manager", StepHow.NOT_TWO),
        ("who agreed is switched off", StepHow.NOT_TWO),
    ],
)
def test_what_changed_meanwhile_ends_it_and_nothing_is_taken_away(happens: str, how: StepHow) -> None:
    recovery = agreed(people.address(lost="both"))
    ravi, bea, mo = recovery.user, people_of("bea@example.org"), people_of("mo@example.org")
    if happens == "switched off":
        models.User.objects.filter(pk=ravi.pk).update(is_active=False)
    elif happens == "changed it themselves":
        models.User.objects.filter(pk=ravi.pk).update(email="ravi.third@example.org")
    elif happens == "somebody has the address":
        factories.UserFactory(email="ravi.new@example.org")
    elif happens == "who asked is no manager":
        change_role(bea, Role.ANALYST, now=NOW)
    else:
        models.User.objects.filter(pk=mo.pk).update(is_active=False)
    settle_due(now=NOW + WAIT)
    recovery.refresh_from_db()
    assert (recovery.outcome, recovery.steps.get(kind=StepKind.OVER).how) == (Outcome.OVER, how)
    assert Authenticator.objects.filter(user=ravi).count() == 2
    assert "ended by itself" in mails("ravi@example.org")[-1].body


def test_no_factor_is_taken_from_whom_no_mail_reaches() -> None:
    ravi, bea, mo = people.coordinator(), people.bea(), people.mo()
    recovery = agree(asked(ravi, bea), by=mo, now=NOW)
    mark(ravi.email, models.SuppressedAddress.Reason.BOUNCE, "no such mailbox", at=NOW)
    settle_due(now=NOW + WAIT)
    assert recovery.steps.get(kind=StepKind.OVER).how == StepHow.CAME_BACK
    with refused("comes back"):
        ask(ravi, PHONE, by=bea, now=NOW + WAIT)
    assert ask(ravi, people.address(), by=bea, now=NOW + WAIT)  # an address that is gone is what this is for
    assert mails(ravi.email)[-1].key.startswith("sign-in:")  # so that it is tried all the same


def test_a_trustee_agrees_only_some_weeks_after_their_yes_and_not_once_they_ended() -> None:
    ravi, bea = people.coordinator(), people.bea()
    fresh, tess = people.trustee(bea, name="Fay Wood", since=timedelta(days=13)), people.trustee(bea)
    recovery = asked(ravi, bea)
    with refused("not among the trustees"):
        agree(recovery, by=fresh, now=NOW)
    agree(recovery, by=tess, now=NOW)
    end_trustee(tess, now=NOW)
    settle_due(now=NOW + WAIT)
    assert recovery.steps.get(kind=StepKind.OVER).how == StepHow.NOT_TWO


def new_manager(way: str, *, days: int) -> models.User:
    """Somebody who became a manager so many days before NOW, in one of the ways in which one becomes a manager."""
    since = NOW - timedelta(days=days)
    if way == "added":
        user = add_user("bea.two@example.org", "Bea Two", role=Role.MANAGER)
    elif way == "by whoever runs it":
        user = models.User.objects.create_superuser("bea.two@example.org", name="Bea Two")
    if way in {"added", "by whoever runs it"}:
        models.User.objects.filter(pk=user.pk).update(date_joined=since)
        return user
    came_back = way == "may sign in again"
    user = factories.user_with(Role.MANAGER if came_back else Role.COORDINATOR, email="bea.two@example.org")
    return change_role(user, Role.MANAGER, now=since, comes_back=came_back)


@pytest.mark.parametrize("way", ["added", "by whoever runs it", "another role before", "may sign in again"])
def test_a_second_sign_in_of_the_same_manager_is_no_second_person(way: str) -> None:
    ravi, bea, two = people.coordinator(), people.bea(), new_manager(way, days=13)
    with refused("not enough people"):
        ask(ravi, PHONE, by=bea, now=NOW)
    with refused("has been one for two weeks"):
        ask(ravi, PHONE, by=two, now=NOW)
    people.trustee(bea)
    recovery = asked(ravi, bea)
    assert not mails(two.email), "nobody is asked for a yes that does not count"
    with refused("has been one for two weeks"):
        agree(recovery, by=two, now=NOW)
    later = NOW + timedelta(days=1)
    assert agree(recovery, by=two, now=later).takes_effect_at == later + WAIT


def test_a_manager_who_became_one_anew_meanwhile_ends_it() -> None:
    ravi, bea, mo = people.coordinator(), people.bea(), people.mo()
    recovery = agree(asked(ravi, bea), by=mo, now=NOW)
    for role in (Role.ANALYST, Role.MANAGER, Role.MANAGER):
        change_role(mo, role, now=NOW)
    settle_due(now=NOW + WAIT)
    assert recovery.steps.get(kind=StepKind.OVER).how == StepHow.NOT_TWO


def test_a_change_of_anything_else_makes_nobody_a_new_manager() -> None:
    ravi, bea, mo = people.coordinator(), people.bea(), people.mo()
    change_role(mo, Role.MANAGER, now=NOW)
    change_role(ravi, Role.COORDINATOR, now=NOW, comes_back=True)
    assert (mo.manager_since, ravi.manager_since) == (None, None)
    assert agree(asked(ravi, bea), by=mo, now=NOW).takes_effect_at


def test_where_nobody_of_the_office_asked_two_have_to_agree() -> None:
    bea = people.bea()
    with refused("not enough people"):
        ask(bea, PHONE, by=None, now=NOW)
    one, two = people.trustee(bea), people.trustee(bea, name="Una Lake")
    recovery = asked(bea, None)
    assert agree(recovery, by=one, now=NOW).takes_effect_at is None
    with refused("agreed already"):
        agree(recovery, by=one, now=NOW)
    assert agree(recovery, by=two, now=NOW).takes_effect_at == NOW + WAIT
    settle_due(now=NOW + WAIT)
    assert not Authenticator.objects.filter(user=bea).exists()


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (Wish("second-factor", "address-ended", "call", "in_person"), "does not fit"),
        (Wish("second-factor", "phone-lost", "call", "call"), "two different steps"),
        (Wish("second-factor", "phone-lost", "call", "passport"), "both steps from the list"),
        (Wish("everything", "phone-lost", "call", "mail"), "from the lists"),
        (Wish("address", "address-ended", "call", "mail", "ravi.new@example.org"), "mailbox that they lost"),
        (Wish("address", "address-ended", "call", "in_person"), "Give the address"),
        (Wish("address", "address-ended", "call", "in_person", "ravi@example.org"), "already"),
        (Wish("both", "address-ended", "call", "in_person", "bea@example.org"), "Somebody else signs in"),
        (Wish("both", "address-ended", "call", "in_person", "tess@example.com"), "Somebody else signs in"),
        (Wish("second-factor", "phone-lost", "call", "mail", "x@example.org"), "Leave the new address empty"),
    ],
)
def test_each_wrong_wish_says_what_to_do(wish: Wish, words: str) -> None:
    bea = people.bea()
    people.trustee(bea)
    with refused(words):
        ask(people.coordinator(), wish, by=bea, now=NOW)
    assert not models.OutboxMessage.objects.filter(key__contains="way-back").exists()


def test_who_has_no_second_factor_loses_none_and_one_person_is_asked_for_once() -> None:
    bea, mo, ravi = people.bea(), people.mo(), people.coordinator()
    with refused("no second factor"):
        ask(factories.user_with(Role.VOLUNTEER), PHONE, by=bea, now=NOW)
    asked(ravi, bea)
    with refused("asked for Ravi Low already"):
        ask(ravi, PHONE, by=mo, now=NOW)


def test_nobody_is_pestered_with_requests() -> None:
    bea, ravi, mo = people.bea(), people.coordinator(), people.mo()
    for _ in range(3):
        stop(asked(ravi, bea), by=mo, how=StepHow.OFFICE, now=NOW)
    with refused("several requests within a day"):
        ask(ravi, PHONE, by=mo, now=NOW)


def test_secret_addresses_of_calendars_from_before_show_nothing_any_more() -> None:
    ravi, bea, mo = people.coordinator(), people.bea(), people.mo()
    volunteer = factories.VolunteerFactory(user=ravi)
    other = factories.VolunteerFactory(user=factories.UserFactory())
    own, of_another = (new_calendar_address(person, now=NOW) for person in (volunteer, other))
    office = new_office_feed(ravi, now=NOW)
    assert calendar_owner(own) == volunteer
    assert Client().get(reverse("admin:calendar-feed", args=[office])).status_code == 200
    agree(asked(ravi, bea), by=mo, now=NOW)
    settle_due(now=NOW + WAIT)
    assert calendar_owner(own) is None
    assert Client().get(reverse("admin:calendar-feed", args=[office])).status_code == 404
    assert calendar_owner(of_another) == other
    assert any("nor do the addresses of your calendars" in mail.body for mail in mails(ravi.email))


def test_a_link_that_lets_in_from_before_works_no_more() -> None:
    asha = factories.user_with(Role.VOLUNTEER, email="asha@example.org")
    volunteer = factories.VolunteerFactory(user=asha, phone="+447400123456")
    bea, mo = people.bea(), people.mo()
    invitation = invite(volunteer, by=bea, now=NOW + WAIT - timedelta(hours=1))
    assert volunteer.user is not None
    recovery = asked(volunteer.user, bea, people.address("asha.new@example.org"))
    confirm_new_address(recovery, now=NOW)
    agree(recovery, by=mo, now=NOW)
    settle_due(now=NOW + WAIT)
    assert models.Invitation.objects.get(pk=invitation.pk).expires_at == NOW + WAIT
    assert models.OutboxMessage.objects.get(key=key_of_invitation(invitation.pk)).expires_at == NOW + WAIT, "nor is it sent"
    assert models.Volunteer.objects.get().mail_address == "asha.new@example.org"
