"""By which steps somebody can be known again, as what is held on them allows."""

from datetime import timedelta

import pytest

from schools import models
from schools.core.errors import RuleBroken
from schools.messages.suppression import mark
from schools.recovery.actions import ask
from schools.recovery.models import Recovery
from schools.recovery.reach import Reach, reach_of
from schools.recovery.rules import Wish
from tests import factories
from tests.recovery import people
from tests.recovery.people import NOW, PHONE, refused

pytestmark = pytest.mark.django_db


def test_a_step_of_which_nothing_is_held_lets_nobody_in() -> None:
    ravi, bea = people.coordinator(), people.bea()
    people.trustee(bea)
    mail = Wish("second-factor", "phone-lost", "mail", "in_person")
    row = models.SuppressedAddress.objects.create(address=ravi.email, reason="bounce", since=NOW)
    with pytest.raises(RuleBroken) as broken:
        ask(ravi, mail, by=bea, now=NOW)
    assert [reason for reason in broken.value.reasons if "mail" in reason.lower()] == [
        "Mail to ravi@example.org comes back, so no link would reach them. Ask for both, with another address."
    ]
    row.delete()
    models.User.objects.filter(pk=ravi.pk).update(phone="")
    ravi.refresh_from_db()
    with refused("We hold no phone number of theirs"):
        ask(ravi, PHONE, by=bea, now=NOW)
    assert not Recovery.objects.exists()
    factories.VolunteerFactory(user=ravi, phone="+447400123457")
    assert ask(ravi, PHONE, by=bea, now=NOW).first_check == "call"
    assert reach_of(ravi) == Reach("ravi@example.org", comes_back=False, numbers=("07400 123457",), signs_in=True)


@pytest.mark.parametrize("reason", ["complaint", "objection"])
def test_who_wants_no_mail_is_let_in_all_the_same(reason: str) -> None:
    ravi, bea = people.coordinator(), people.bea()
    people.trustee(bea)
    models.SuppressedAddress.objects.create(address=ravi.email, reason=reason, since=NOW)
    assert not reach_of(ravi).comes_back
    assert ask(ravi, Wish("second-factor", "phone-lost", "mail", "in_person"), by=bea, now=NOW).first_check == "mail"


@pytest.mark.parametrize("reason", ["complaint", "objection"])
def test_mail_that_came_back_after_somebody_wanted_none_is_answered_by_nobody(reason: str) -> None:
    ravi, bea = people.coordinator(), people.bea()
    people.trustee(bea)
    mark(ravi.email, models.SuppressedAddress.Reason(reason), "", at=NOW - timedelta(days=2))
    mark(ravi.email, models.SuppressedAddress.Reason.BOUNCE, "550 No such user", at=NOW - timedelta(days=3))
    assert not reach_of(ravi).comes_back
    mark(ravi.email, models.SuppressedAddress.Reason.BOUNCE, "550 No such user", at=NOW - timedelta(days=1))
    row = models.SuppressedAddress.objects.get()
    assert (row.reason, row.words) == (reason, "It came back: 550 No such user")
    assert reach_of(ravi).comes_back
    # Reports come in any order: that nobody may write there is known after that mail came back.
    models.SuppressedAddress.objects.all().delete()
    mark(ravi.email, models.SuppressedAddress.Reason.BOUNCE, "550 No such user", at=NOW - timedelta(days=1))
    mark(ravi.email, models.SuppressedAddress.Reason(reason), "", at=NOW - timedelta(days=2))
    assert models.SuppressedAddress.objects.filter(reason=reason, words=row.words, since=row.since).exists()
    assert reach_of(ravi).comes_back
    with pytest.raises(RuleBroken, match="so no link would reach them"):
        ask(ravi, Wish("second-factor", "phone-lost", "mail", "in_person"), by=bea, now=NOW)


def test_the_address_of_who_was_erased_is_none() -> None:
    ravi = people.coordinator()
    ravi.email = f"erased-{ravi.pk}@erased.invalid"
    assert (reach_of(ravi).email, "mail" in reach_of(ravi).steps) == ("", False)


def test_a_meeting_and_a_letter_need_nothing_that_is_held() -> None:
    ravi, bea = people.coordinator(), people.bea()
    people.trustee(bea)
    models.User.objects.filter(pk=ravi.pk).update(phone="")
    ravi.refresh_from_db()
    assert ask(ravi, Wish("second-factor", "phone-lost", "letter", "in_person"), by=bea, now=NOW).second_check == "in_person"
