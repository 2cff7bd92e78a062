"""The reasons against asking, agreeing, and against letting it take effect (docs/rules.md, Letting somebody in again)."""

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.utils.translation import gettext as _

from schools.accounts.identity import Check, reasons_not_known, reasons_nothing_is_held
from schools.accounts.models import User
from schools.core.words import joined
from schools.recovery.models import Lost, Recovery, Standing, StepHow, StepKind, Trustee, Why
from schools.recovery.queries import (
    agreements,
    circle_to,
    mail_comes_back,
    may_act,
    open_request_of,
    others_who_may_agree,
    trustees_of_today,
)
from schools.recovery.reach import reach_of

FITS = {
    Lost.SECOND_FACTOR: {Why.PHONE_LOST, Why.PHONE_STOLEN, Why.PHONE_CHANGED},
    Lost.ADDRESS: {Why.ADDRESS_ENDED, Why.ADDRESS_TAKEN, Why.MISTYPED},
    Lost.BOTH: set(Why),
}
"""Why somebody may have lost what."""

NOT_YOURSELF = "This is about you. Ask another manager: nobody acts for themselves."
NOT_MANAGER = "Only a manager who signs in today, and has been one for two weeks, asks and agrees. Ask another one."


@dataclass(frozen=True)
class Wish:
    """What somebody asks for a person who is locked out."""

    lost: str
    why: str
    first: str
    second: str
    new_email: str = ""


def reasons_not_to_ask(user: User, wish: Wish, *, by: User | None, now: datetime) -> list[str]:
    """Return every reason why this cannot be asked for the user; `by` None: by whoever runs the installation."""
    reasons = _of_asker(user, by, now=now) if by else []
    if not user.is_active:
        reasons.append(f"{user} may not sign in at all. A manager ticks “may sign in” on their page first.")
    if open_request_of(user):
        reasons.append(f"Somebody has asked for {user} already. Look at that request, and stop it first if it is wrong.")
    reasons += _of_wish(user, wish) + _of_steps(user, wish)
    of_office, trustees = others_who_may_agree(user, asked_by=by, now=now)
    if len(of_office) + len(trustees) < (1 if by else 2):
        reasons.append(
            "There are not enough people who could agree. Name a trustee, who counts two weeks after saying yes to it, or add "
            "another manager, who counts two weeks after that."
        )
    return reasons


def _of_asker(user: User, by: User, *, now: datetime) -> list[str]:
    if by.pk == user.pk:
        return [NOT_YOURSELF]
    return ([] if may_act(by, now=now) else [NOT_MANAGER]) + _of_circle(user, by, now=now)


def _of_circle(user: User, helper: User, *, now: datetime) -> list[str]:
    """Refuse whoever was let in, lately, by the person or by somebody whom the person let in."""
    people = circle_to(user, helper, now=now)
    if not people:
        return []
    chain = joined(f"{first} acted for {second}" for first, second in pairwise(people))
    return [f"That would be a circle: {chain} in the last 90 days. Ask somebody else to act for {user}."]


def _of_steps(user: User, wish: Wish) -> list[str]:
    """Refuse steps that do not say who somebody is, and those that cannot have been taken: a call without a number.

    Where mail to them comes back, what is said of the wish says so already.
    """
    reach = reach_of(user)
    held = reach.steps | ({str(Check.MAIL)} if reach.comes_back else set())
    return [*reasons_not_known(wish.first, wish.second), *reasons_nothing_is_held(wish.first, wish.second, held=held)]


def _of_wish(user: User, wish: Wish) -> list[str]:
    if wish.lost not in Lost.values or wish.why not in Why.values:
        return ["Choose what they lost, and why, from the lists."]
    lost, reasons = Lost(wish.lost), []
    if wish.why not in FITS[lost]:
        reasons.append("The reason does not fit what they lost. Choose another one of the two.")
    if lost is not Lost.ADDRESS and not Authenticator.objects.filter(user=user).exists():
        reasons.append(f"{user} has no second factor that could be lost. They sign in with a code from their e-mail.")
    if lost is Lost.SECOND_FACTOR:
        if wish.new_email:
            reasons.append("Leave the new address empty, or say that they lost both.")
        if mail_comes_back(user.email):
            reasons.append(f"Mail to {user.email} comes back, so no link would reach them. Ask for both, with another address.")
        return reasons
    if Check.MAIL in {wish.first, wish.second}:
        reasons.append("An answer from the mailbox that they lost says nothing. Choose another step.")
    return reasons + _of_new_address(user, wish.new_email)


def _of_new_address(user: User, new_email: str) -> list[str]:
    if not new_email:
        return ["Give the address with which they will sign in."]
    if new_email == user.email:
        return ["They sign in with this address already. Give the new one."]
    if is_taken(new_email, user):
        return [f"Somebody else signs in as {new_email}, or is a trustee with it. Ask for an address that is theirs alone."]
    return []


def is_taken(email: str, user: User) -> bool:
    """Return whether the address belongs to somebody else: who signs in, is about to, or is a trustee."""
    return (
        User.objects.filter(email=email).exclude(pk=user.pk).exists()
        or EmailAddress.objects.filter(email__iexact=email).exclude(user=user).exists()
        or Recovery.objects.open().filter(new_email=email).exclude(user=user).exists()
        or Trustee.objects.filter(ended_at=None, email=email).exists()
    )


def reasons_not_to_agree(recovery: Recovery, *, by: User | Trustee, now: datetime) -> list[str]:
    """Return every reason why this person cannot say yes to the request now."""
    if recovery.standing(now) is not Standing.NEEDS_YES:
        return [_("This request needs no yes any more. Look at how it stands.")]
    given = list(agreements(recovery))
    if len(given) >= recovery.needs:
        words = _("%(names)s said yes already. It waits for the new address, which was written to.")
        return [words % {"names": joined(step.actor for step in given)}]
    if isinstance(by, Trustee):
        return _of_trustee(recovery, by, [step.by.email for step in given if step.by], now=now)
    if by.pk == recovery.user_id:
        return [NOT_YOURSELF]
    reasons = [] if may_act(by, now=now) else [NOT_MANAGER]
    if by.pk == recovery.asked_by_id:
        reasons.append("You asked for it. Somebody else has to agree: another manager, or a trustee.")
    if by.pk in {step.by_id for step in given}:
        reasons.append(_("You have agreed already. Somebody else has to agree as well."))
    if by.email in {step.trustee.email for step in given if step.trustee}:
        reasons.append("A trustee with your address has agreed already. Somebody else has to agree as well.")
    return reasons + _of_circle(recovery.user, by, now=now)


def _of_trustee(recovery: Recovery, trustee: Trustee, addresses: list[str], *, now: datetime) -> list[str]:
    if not trustees_of_today(now=now).filter(pk=trustee.pk).exists():
        return [_("You are not among the trustees who may agree today. A manager can tell you why.")]
    if agreements(recovery).filter(trustee=trustee).exists():
        return [_("You have agreed already. Somebody else has to agree as well.")]
    theirs = {recovery.old_email, recovery.new_email, recovery.user.email, *addresses}
    if recovery.asked_by:
        theirs.add(recovery.asked_by.email)
    return [_("Your address belongs to somebody who has a part in this already. Somebody else has to agree.")] * (
        trustee.email in theirs
    )


def why_it_ends(recovery: Recovery, user: User, *, now: datetime) -> StepHow | None:
    """Return why the request must not take effect now although its time has come; None: it may."""
    if not user.is_active:
        return StepHow.SWITCHED_OFF
    if user.email != recovery.old_email:
        return StepHow.ADDRESS_CHANGED
    if recovery.changes_address and is_taken(recovery.new_email, user):
        return StepHow.ADDRESS_IN_USE
    if not recovery.changes_address and mail_comes_back(user.email):
        return StepHow.CAME_BACK
    return None if _are_two(recovery, now=now) else StepHow.NOT_TWO


def _are_two(recovery: Recovery, *, now: datetime) -> bool:
    """Whether everybody who asked and agreed may still do so."""
    if recovery.asked_by is not None and not may_act(recovery.asked_by, now=now):
        return False
    yeses = list(agreements(recovery))
    good = [step for step in yeses if (may_act(step.by, now=now) if step.by else step.trustee and not step.trustee.ended_at)]
    return len(good) >= recovery.needs


def reasons_not_to_stop(recovery: Recovery) -> list[str]:
    """Return every reason why the request cannot be stopped: it has ended. Until that is written down anybody stops it."""
    if recovery.ended_at is None:
        return []
    if recovery.outcome == Recovery.Outcome.DONE:
        return [_("It is too late to stop it: it took effect. Phone a manager, who can end every sign-in of the person at once.")]
    return [_("It has ended already, and nothing was changed.")]


def may_come_in(recovery: Recovery, *, now: datetime, holds_until: datetime) -> bool:
    """Return whether the link that lets the person in may still be used."""
    done = recovery.outcome == Recovery.Outcome.DONE and now < holds_until
    return done and recovery.user.is_active and not recovery.steps.filter(kind=StepKind.CAME_IN).exists()


def reasons_not_to_name(email: str) -> list[str]:
    """Return every reason why nobody becomes a trustee with this address."""
    if Trustee.objects.filter(ended_at=None, email=email).exists():
        return [f"There is a trustee with {email} already."]
    if User.objects.filter(email=email, is_staff=True).exists() or EmailAddress.objects.filter(email=email, user__is_staff=True):
        return [f"Somebody of the office signs in as {email}. A trustee is somebody else, with an address of their own."]
    return ["This address is about to be somebody’s who is locked out."] * Recovery.objects.open().filter(
        new_email=email
    ).exists()
