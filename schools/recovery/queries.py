"""Who may agree, who was let in by whom, and what people said to a request."""

from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from django.db.models import Q, QuerySet

from schools.accounts.models import User
from schools.accounts.queries import managers_since
from schools.messages.models import SuppressedAddress
from schools.recovery.models import Outcome, Recovery, RecoveryStep, StepKind, Trustee, Why

NEW_TRUSTEE_WAITS = timedelta(days=14)
"""So long after saying yes to it a trustee may not agree yet: nobody names a friend for the occasion."""
NEW_MANAGER_WAITS = NEW_TRUSTEE_WAITS
"""So long a new manager neither asks nor agrees: nobody adds a second sign-in of their own for the occasion."""
CIRCLE_WITHIN = timedelta(days=90)
"""So long nobody acts for those who let them in, nor for those who let these in."""


def managers_of_today(*, now: datetime) -> QuerySet[User]:
    """Return the managers who may ask and agree: they have been managers for long enough."""
    return managers_since(now - NEW_MANAGER_WAITS)


def may_act(user: User, *, now: datetime) -> bool:
    """Return whether the user is such a manager, as the database says now, whatever was read of them before."""
    return managers_of_today(now=now).filter(pk=user.pk).exists()


def trustees_of_today(*, now: datetime) -> QuerySet[Trustee]:
    """Return the trustees who may agree: said yes to it long enough ago, and not ended."""
    return Trustee.objects.filter(ended_at=None, said_yes_at__lte=now - NEW_TRUSTEE_WAITS)


def others_who_may_agree(user: User, *, asked_by: User | None, now: datetime) -> tuple[list[User], list[Trustee]]:
    """Return the managers and trustees whom one can ask for a yes, without the person and who asked.

    An address that belongs to either counts as theirs, whoever is said to read it.
    """
    people = [user, asked_by] if asked_by else [user]
    of_office = managers_of_today(now=now).exclude(pk__in=[person.pk for person in people]).order_by("pk")
    theirs = [person.email for person in people]
    return list(of_office), list(trustees_of_today(now=now).exclude(email__in=theirs).order_by("pk"))


def factors_that_end(recovery: Recovery, user: User) -> QuerySet[Authenticator]:
    """Return the passkeys, apps and recovery codes that are taken away when the request takes effect.

    A passkey is a volunteer’s whole way in, and whoever read the mail of the lost address could add one. Staff were asked for the
    second factor before they could, and are asked for it afterwards.
    """
    held: QuerySet[Authenticator] = Authenticator.objects.filter(user=user)
    if recovery.takes_factor or (recovery.why == Why.ADDRESS_TAKEN and not user.is_staff):
        return held
    if user.is_staff:
        return held.none()
    if held.filter(type=Authenticator.Type.TOTP).exists():
        return held.filter(type=Authenticator.Type.WEBAUTHN)
    return held  # recovery codes alone are codes of nothing


def agreements(recovery: Recovery) -> QuerySet[RecoveryStep]:
    """Return the yeses to the request, the first one first."""
    return recovery.steps.filter(kind=StepKind.AGREED).select_related("by", "trustee")


def circle_to(user: User, helper: User, *, now: datetime) -> list[User]:
    """Return the people by whom `user` let `helper` in: the person, those between, the helper; empty where they did not.

    Who asked or agreed counts as having let somebody in as soon as they did, for CIRCLE_WITHIN, unless it was stopped.
    """
    helped: dict[int, set[int]] = {}
    for by, person in _helped_since(now - CIRCLE_WITHIN):
        helped.setdefault(by, set()).add(person)
    before: dict[int, int] = {user.pk: 0}
    waiting = deque([user.pk])
    while waiting and helper.pk not in before:
        by = waiting.popleft()
        for person in helped.get(by, set()) - before.keys():
            before[person] = by
            waiting.append(person)
    if helper.pk not in before or helper.pk == user.pk:
        return []
    path = [helper.pk]
    while before[path[-1]]:
        path.append(before[path[-1]])
    people = User.objects.in_bulk(path)
    return [people[pk] for pk in reversed(path)]


def _helped_since(since: datetime) -> Iterator[tuple[int, int]]:
    """Yield who asked or agreed, and for whom; what came to nothing does not count."""
    counts = Recovery.objects.filter(Q(ended_at=None) | Q(outcome=Outcome.DONE), asked_at__gt=since)
    yield from counts.exclude(asked_by=None).values_list("asked_by", "user")
    yeses = RecoveryStep.objects.filter(kind=StepKind.AGREED, recovery__in=counts).exclude(by=None)
    yield from ((by, user) for by, user in yeses.values_list("by", "recovery__user"))


def mail_comes_back(address: str) -> bool:
    """Return whether mail to the address came back, and nobody has lifted that.

    Who complained of mail, or wants no more of it, has a mailbox that it reaches, and is not locked out for that, unless
    mail came back later.
    """
    return bool(address) and SuppressedAddress.objects.coming_back().of(address).exists()


def open_request_of(user: User) -> Recovery | None:
    """Return the request for the user of which no end is written down; None: there is none."""
    return Recovery.objects.open().filter(user=user).select_related("asked_by").first()
