"""People of the tests about being locked out: a coordinator with a second factor, two managers, a trustee."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator

from schools import models
from schools.accounts.actions import add_user
from schools.accounts.models import Role
from schools.core.errors import RuleBroken
from schools.recovery import actions
from schools.recovery.models import Recovery
from schools.recovery.rules import Wish

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
"""A Tuesday morning."""
WAIT = timedelta(hours=48)

PHONE = Wish("second-factor", "phone-lost", "call", "in_person")


def address(new_email: str = "ravi.new@example.org", lost: str = "address") -> Wish:
    """A wish for another address."""
    return Wish(lost, "address-ended", "call", "in_person", new_email)


def with_factor(user: models.User) -> models.User:
    """Give somebody a phone with an authenticator app, and recovery codes."""
    user.phone = "+447400123456"
    user.save(update_fields=["phone"])
    for kind in (Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES):
        Authenticator.objects.create(user=user, type=kind, data={})
    return user


def long_known(user: models.User) -> models.User:
    """Let the user have been added years before NOW."""
    user.date_joined = NOW - timedelta(days=5 * 366)
    user.save(update_fields=["date_joined"])
    return user


def coordinator() -> models.User:
    """Ravi, who has a second factor."""
    return with_factor(add_user("ravi@example.org", "Ravi Low", role=Role.COORDINATOR))


def bea() -> models.User:
    """The manager who asks."""
    return with_factor(long_known(add_user("bea@example.org", "Bea Fell", role=Role.MANAGER)))


def mo() -> models.User:
    """The manager who agrees."""
    return with_factor(long_known(add_user("mo@example.org", "Mo Tarn", role=Role.MANAGER)))


def trustee(by: models.User, *, name: str = "Tess Hill", since: timedelta = timedelta(days=30)) -> models.Trustee:
    """Somebody who said yes to being a trustee so long before NOW."""
    email = f"{name.split(maxsplit=1)[0].lower()}@example.com"
    return models.Trustee.objects.create(name=name, email=email, named_by=by, named_at=NOW - since, said_yes_at=NOW - since)


def asked(user: models.User, by: models.User | None, wish: Wish = PHONE, *, now: datetime = NOW) -> Recovery:
    """A request for the user."""
    return actions.ask(user, wish, by=by, now=now)


def mails(to: str) -> list[models.OutboxMessage]:
    """What was written to the address, the first one first."""
    return list(models.OutboxMessage.objects.filter(to=to).order_by("pk"))


def links(to: str, word: str = "/way-back/") -> list[str]:
    """The paths of the links in mails to the address."""
    return [
        line.partition("example.org")[2] or line.partition("localhost:8000")[2] or line[line.index(word) :]
        for mail in mails(to)
        for line in mail.body.splitlines()
        if word in line
    ]


def refused(*words: str) -> Any:
    """What is refused with these words."""
    return pytest.raises(RuleBroken, match="|".join(words))
