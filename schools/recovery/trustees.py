"""Naming the people outside of the office who may agree, their yes to it, and ending it."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.core.rate_limits import take_slot
from schools.recovery import emails, rules
from schools.recovery.actions import DAY_SECONDS, LINK_OVER, MOST_ASKED, TOO_MANY
from schools.recovery.models import AGREED_WITHIN, Trustee


@transaction.atomic
def name_trustee(name: str, email: str, *, by: User, now: datetime) -> Trustee:
    """Keep somebody who may agree once they have said yes to it; they are asked, and every manager is told. Raises RuleBroken."""
    email = email.strip().lower()
    if reasons := rules.reasons_not_to_name(email):
        raise RuleBroken(reasons)
    if not take_slot(f"trustees of {by.pk}", limit=MOST_ASKED, seconds=DAY_SECONDS):
        raise RuleBroken([TOO_MANY])
    try:
        with transaction.atomic():
            trustee = Trustee.objects.create(name=name, email=email, named_by=by, named_at=now)
    except IntegrityError as twice:
        raise RuleBroken([f"There is a trustee with {email} already."]) from twice
    emails.ask_trustee(trustee, now=now)
    return trustee


def say_yes(trustee: Trustee, *, now: datetime) -> None:
    """Write down that they will be a trustee; a second time changes nothing. Raises RuleBroken where the link is too old."""
    still = Trustee.objects.filter(pk=trustee.pk, ended_at=None)
    open_ones = still.filter(said_yes_at=None, named_at__gt=now - AGREED_WITHIN)
    if not open_ones.update(said_yes_at=now) and not still.exclude(said_yes_at=None).exists():
        raise RuleBroken([_(LINK_OVER)])


def end_trustee(trustee: Trustee, *, now: datetime) -> None:
    """Let them agree to nothing more; what they agreed to and waits is ended when its time comes. Twice changes nothing."""
    Trustee.objects.filter(pk=trustee.pk, ended_at=None).update(ended_at=now)
