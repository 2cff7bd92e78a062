"""Trustees are named by a manager, say yes themselves, and count two weeks later; who could let a manager in is looked at."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from schools import models
from schools.core.errors import RuleBroken
from schools.recovery.health import look_at_people
from schools.recovery.queries import trustees_of_today
from schools.recovery.trustees import end_trustee, name_trustee, say_yes
from schools.running.health import Level
from tests.recovery import people
from tests.recovery.people import NOW, mails

pytestmark = pytest.mark.django_db


def test_who_is_named_says_yes_by_a_link_and_counts_two_weeks_later(client: Client) -> None:
    bea, mo = people.bea(), people.mo()
    name_trustee("Tess Hill", "Tess@Example.com", by=bea, now=NOW)
    assert [len(mails(each)) for each in ("tess@example.com", bea.email, mo.email)] == [1, 1, 1]
    link = re.search(r"/way-back/trustee\.\S+", mails("tess@example.com")[0].body)
    assert link
    with time_machine.travel(NOW, tick=False):
        assert "Yes, I will" in client.get(link[0]).content.decode()
        assert models.Trustee.objects.get().said_yes_at is None
        for _ in range(2):
            assert "You count from 8 December 2026" in client.post(link[0], follow=True).content.decode()
    assert not trustees_of_today(now=NOW + timedelta(days=13)).exists()
    assert trustees_of_today(now=NOW + timedelta(days=14)).count() == 1


def test_a_yes_that_comes_too_late_or_after_the_end_does_not_count() -> None:
    bea = people.bea()
    late, ended = (name_trustee(name, f"{name}@example.com", by=bea, now=NOW) for name in ("lou", "sam"))
    end_trustee(ended, now=NOW)
    for trustee, now in ((late, NOW + timedelta(days=7)), (ended, NOW)):
        with pytest.raises(RuleBroken):
            say_yes(trustee, now=now)


def test_nobody_of_the_office_and_nobody_twice_becomes_a_trustee() -> None:
    bea = people.bea()
    name_trustee("Tess Hill", "tess@example.com", by=bea, now=NOW)
    for email in ("bea@example.org", "tess@example.com"):
        with pytest.raises(RuleBroken):
            name_trustee("Somebody", email, by=bea, now=NOW)


def test_the_check_says_when_nobody_could_let_a_manager_in() -> None:
    bea = people.bea()
    people.trustee(bea)
    assert look_at_people(NOW).level is Level.NOTE
    people.trustee(bea, name="Una Lake")
    assert look_at_people(NOW).level is Level.WELL
