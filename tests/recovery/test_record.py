"""The record of who was let in stays as it is on both databases, until the purge; and the command asks and does no more."""

from datetime import timedelta
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.utils import timezone

from schools import models
from schools.accounts.models import Role
from schools.erasing.actions import erase
from schools.keeping.actions import purge
from schools.recovery.actions import agree, settle_due
from schools.recovery.models import Outcome, Recovery
from tests import factories
from tests.recovery import people
from tests.recovery.people import NOW, PHONE, WAIT, asked

pytestmark = pytest.mark.django_db


def test_nobody_changes_or_deletes_the_record_by_any_statement() -> None:
    mo = people.mo()
    recovery = agree(asked(people.coordinator(), people.bea()), by=mo, now=NOW)
    ways = (
        lambda: Recovery.objects.update(why="phone-stolen"),
        lambda: Recovery.objects.update(asked_by=mo),
        lambda: recovery.steps.update(by=None),
        lambda: recovery.steps.all().delete(),
        lambda: models.RecoveryStep.objects.filter(pk=0).union(models.RecoveryStep.objects.all()) and recovery.delete(),
    )
    for way in ways:
        with pytest.raises(DatabaseError), transaction.atomic():
            way()
    assert list(recovery.steps.values_list("kind", flat=True)) == ["asked", "agreed"]


def test_the_purge_ends_what_was_kept_long_enough_with_its_steps() -> None:
    now = timezone.now()
    long_ago = now - timedelta(days=3 * 366 + 10)
    mo, bea = people.mo(), people.bea()
    for at in (long_ago, now - timedelta(days=400)):
        agree(asked(people.with_factor(factories.UserFactory()), bea, now=at), by=mo, now=at)
        settle_due(now=at + timedelta(days=4))
    tess = people.trustee(bea)
    models.Trustee.objects.filter(pk=tess.pk).update(ended_at=long_ago)
    purge(clock=lambda: now)
    assert Recovery.objects.count() == 1
    assert models.RecoveryStep.objects.count() == 3
    tess.refresh_from_db()
    assert (tess.name, tess.email, str(tess)) == ("", "", f"Former trustee {tess.pk}")


def test_who_is_erased_is_let_in_no_more_and_their_addresses_are_nowhere() -> None:
    mo, bea = people.mo(), people.bea()
    ravi = people.coordinator()
    agree(asked(ravi, bea), by=mo, now=NOW)
    models.User.objects.filter(pk=ravi.pk).update(is_active=False)
    erase(models.User.objects.get(pk=ravi.pk), by=bea, now=NOW)
    settle_due(now=NOW + WAIT)
    recovery = Recovery.objects.get()
    assert (recovery.old_email, recovery.outcome, recovery.user_id) == ("", Outcome.OVER, ravi.pk)
    assert not models.OutboxMessage.objects.filter(to="").exists()
    assert not models.OutboxMessage.objects.filter(body__contains="Ravi").exists()


def test_the_command_asks_and_two_others_have_to_agree() -> None:
    bea, mo, ravi = people.bea(), people.mo(), people.coordinator()
    out = StringIO()
    options = {"lost": PHONE.lost, "why": PHONE.why, "known_by": [PHONE.first, PHONE.second]}
    call_command("locked_out", "Ravi@example.org", **options, stdout=out)
    assert "2 managers or trustees have to agree" in out.getvalue()
    recovery = Recovery.objects.get()
    assert Authenticator.objects.filter(user=ravi).exists()
    assert agree(recovery, by=bea, now=timezone.now()).takes_effect_at is None
    assert agree(recovery, by=mo, now=timezone.now()).takes_effect_at is not None


@pytest.mark.parametrize("email", ["nobody@example.org", "asha@example.org"])
def test_the_command_says_in_a_line_why_not(email: str) -> None:
    people.bea(), people.mo(), factories.user_with(Role.VOLUNTEER, email="asha@example.org")
    options = {"lost": PHONE.lost, "why": PHONE.why, "known_by": [PHONE.first, PHONE.second]}
    with pytest.raises(CommandError) as refusal:
        call_command("locked_out", email, **options)
    assert refusal.value.returncode == 2
