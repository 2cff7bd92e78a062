"""Letting somebody in again: asked by one person, agreed to by a second, in effect after a wait in which it can be stopped.

Everything here locks people first, by id, then the request. Until the effect is written down, a stop wins.
"""

from datetime import UTC, datetime, timedelta

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from schools.accounts.actions import end_office_feed, end_sessions
from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.core.rate_limits import take_slot
from schools.messages.hours import opening
from schools.recovery import emails, rules
from schools.recovery.models import (
    LINK_HOLDS,
    Outcome,
    Recovery,
    RecoveryStep,
    Standing,
    StepHow,
    StepKind,
    Trustee,
)
from schools.recovery.queries import agreements, factors_that_end, others_who_may_agree
from schools.volunteers.actions import end_address_change, end_invitations
from schools.volunteers.models import FeedToken, Invitation

MOST_ASKED = 10
"""So many requests one person makes in a day; each mails several people."""
MOST_OF_ONE = 3
"""So many are made about one person in a day."""
DAY_SECONDS = 24 * 60 * 60

TOO_MANY = "There were several requests within a day. Wait until tomorrow, and talk to the other managers meanwhile."
QUICKER = "Somebody else was quicker. Look at how the request stands."
LINK_OVER = gettext_noop(
    "This link was used already, is too old, or has been replaced. Sign in with your e-mail address, or phone a manager."
)


@transaction.atomic
def ask(user: User, wish: rules.Wish, *, by: User | None, now: datetime) -> Recovery:
    """Ask that the user is let in again; nothing is changed before others agree and the wait is over.

    `by` None: whoever runs the installation asks, and two people have to agree. The person is told at the address that they have
    today, the new address is asked whether it is theirs, and everybody who may agree is asked. Raises RuleBroken.
    """
    people = _locked(*{person.pk for person in (user, by) if person})
    user, by = people[user.pk], people[by.pk] if by else None
    _settle_of(user, now=now)
    if reasons := rules.reasons_not_to_ask(user, wish, by=by, now=now):
        raise RuleBroken(reasons)
    limits = ((f"way back by {by.pk if by else 0}", MOST_ASKED), (f"way back of {user.pk}", MOST_OF_ONE))
    if not all(take_slot(key, limit=most, seconds=DAY_SECONDS) for key, most in limits):
        raise RuleBroken([TOO_MANY])
    recovery = Recovery.objects.create(
        user=user,
        lost=wish.lost,
        why=wish.why,
        first_check=wish.first,
        second_check=wish.second,
        asked_by=by,
        asked_at=now,
        old_email=user.email,
        new_email=wish.new_email,
    )
    _write(recovery, StepKind.ASKED, by=by, how=StepHow.OFFICE if by else StepHow.COMMAND, now=now)
    if recovery.changes_address:
        emails.ask_new_address(recovery, user)
    emails.ask_for_yes(recovery, *others_who_may_agree(user, asked_by=by, now=now))
    return recovery


@transaction.atomic
def agree(recovery: Recovery, *, by: User | Trustee, now: datetime) -> Recovery:
    """Say yes as the second person; the wait begins once everybody who is needed has. Raises RuleBroken with every reason."""
    recovery = _locked_request(recovery, by if isinstance(by, User) else None)
    if isinstance(by, Trustee):
        by = Trustee.objects.select_for_update(of=("self",)).get(pk=by.pk)
    if reasons := rules.reasons_not_to_agree(recovery, by=by, now=now):
        raise RuleBroken(reasons)
    recovery.takes_effect_at = _effect(recovery, yeses=agreements(recovery).count() + 1, now=now)
    recovery.save(update_fields=["takes_effect_at"])
    how = StepHow.OFFICE if isinstance(by, User) else StepHow.LINK
    _write(recovery, StepKind.AGREED, by=by, how=how, now=now)
    return recovery


@transaction.atomic
def confirm_new_address(recovery: Recovery, *, now: datetime) -> Recovery:
    """Write down that the new address is the person’s, as whoever reads its mail says. A second time changes nothing.

    Raises RuleBroken where the request does not wait for that any more.
    """
    recovery = _locked_request(recovery)
    if recovery.new_said_yes_at is not None:
        return recovery
    if recovery.standing(now) is not Standing.NEEDS_YES:
        raise RuleBroken([_(LINK_OVER)])
    recovery.new_said_yes_at = now
    recovery.takes_effect_at = _effect(recovery, yeses=agreements(recovery).count(), now=now)
    recovery.save(update_fields=["new_said_yes_at", "takes_effect_at"])
    _write(recovery, StepKind.NEW_ADDRESS, how=StepHow.LINK, now=now)
    return recovery


@transaction.atomic
def stop(recovery: Recovery, *, by: User | Trustee | None, how: StepHow, now: datetime) -> Recovery:
    """End the request; nothing is changed then. `by` None: the person, by the link in a mail. Raises RuleBroken: too late."""
    recovery = _locked_request(recovery)
    if reasons := rules.reasons_not_to_stop(recovery):
        raise RuleBroken(reasons)
    _end(recovery, Outcome.STOPPED, StepKind.STOPPED, by=by, how=how, now=now)
    return recovery


def settle_due(*, now: datetime) -> int:
    """Let every request take effect, or lapse, whose time has come, and return how many did.

    The clock does it, and so does every page of signing in: nobody stays locked out because a process died. Any number at once.
    """
    return sum(settle(pk, now=now) for pk in Recovery.objects.due(now=now).order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def settle(recovery_id: int, *, now: datetime) -> bool:
    """Write down what time has made of the request; False where there was nothing to write."""
    recovery = _locked_request(Recovery.objects.get(pk=recovery_id))
    standing = recovery.standing(now)
    if standing is Standing.LAPSING:
        _end(recovery, Outcome.LAPSED, StepKind.LAPSED, how=StepHow.TIME, now=now)
    elif standing is Standing.DUE:
        _let_happen(recovery, now=now)
    return standing in {Standing.LAPSING, Standing.DUE}


@transaction.atomic
def come_in(recovery: Recovery, *, now: datetime) -> User:
    """Use up the link that lets the person in, and return them. Raises RuleBroken where it works no more."""
    recovery = _locked_request(recovery)
    holds_until = (recovery.ended_at or now) + LINK_HOLDS
    if not rules.may_come_in(recovery, now=now, holds_until=holds_until):
        raise RuleBroken([_(LINK_OVER)])
    EmailAddress.objects.update_or_create(
        user=recovery.user, email=recovery.user.email, defaults={"verified": True, "primary": True}
    )
    _write(recovery, StepKind.CAME_IN, by=recovery.user, how=StepHow.LINK, now=now)
    return recovery.user


def _effect(recovery: Recovery, *, yeses: int, now: datetime) -> datetime | None:
    """Return when it takes effect, now that so many have agreed; None: somebody, or the new address, has to say yes first.

    The hours count from when people read their mail, so a yes in the night gives nobody's sleep away.
    """
    if yeses < recovery.needs or (recovery.changes_address and recovery.new_said_yes_at is None):
        return None
    # In UTC: hours that are added to a local time are those of the clock on the wall, which is set forward in spring.
    return opening(opening(now).astimezone(UTC) + timedelta(hours=settings.SPEAKOUT_RECOVERY_HOURS))


def _let_happen(recovery: Recovery, *, now: datetime) -> None:
    user = recovery.user
    why_not = rules.why_it_ends(recovery, user, now=now)
    if why_not is None:
        try:
            with transaction.atomic():
                _take_away(recovery, user, now=now)
        except IntegrityError:  # somebody was given the address at this very moment
            user.refresh_from_db()
            why_not = StepHow.ADDRESS_IN_USE
    if why_not is not None:
        _end(recovery, Outcome.OVER, StepKind.OVER, how=why_not, now=now)
        return
    _end(recovery, Outcome.DONE, StepKind.DONE, how=StepHow.TIME, now=now)
    emails.let_in(recovery, user, now=now)


def _take_away(recovery: Recovery, user: User, *, now: datetime) -> None:
    """End every way in but the mailbox that holds from now on."""
    # Without the password, whoever got hold of it is not the first to set up a second factor.
    user.set_unusable_password()
    factors_that_end(recovery, user).delete()
    if recovery.changes_address:
        user.email = recovery.new_email
        EmailAddress.objects.filter(user=user).delete()
        SocialAccount.objects.filter(user=user).delete()
    user.save(update_fields=["email", "password"])
    if recovery.changes_address:
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    end_address_change(user)
    end_invitations(Invitation.objects.filter(volunteer__user=user), now=now)
    # Whoever read the mail of before may have made an address of a calendar, or read one.
    end_office_feed(user)
    FeedToken.objects.filter(volunteer__user=user).delete()
    end_sessions([user.pk])


def _settle_of(user: User, *, now: datetime) -> None:
    for pk in Recovery.objects.due(now=now).filter(user=user).values_list("pk", flat=True):
        settle(pk, now=now)


def _end(
    recovery: Recovery, outcome: Outcome, kind: StepKind, *, how: StepHow, now: datetime, by: User | Trustee | None = None
) -> None:
    recovery.ended_at, recovery.outcome = now, outcome
    recovery.save(update_fields=["ended_at", "outcome"])
    _write(recovery, kind, by=by, how=how, now=now)


def _write(recovery: Recovery, kind: StepKind, *, how: StepHow, now: datetime, by: User | Trustee | None = None) -> None:
    """Write the step into the record and tell the person of it. Raises RuleBroken where the step was done already."""
    who = {"trustee": by} if isinstance(by, Trustee) else {"by": by}
    try:
        with transaction.atomic():
            step = RecoveryStep.objects.create(recovery=recovery, kind=kind, at=now, how=how, **who)
    except IntegrityError as twice:
        raise RuleBroken([QUICKER]) from twice
    emails.tell_of_step(step, recovery.user)


def _locked(*ids: int) -> dict[int, User]:
    """Lock these people, by id, and return them as they are now."""
    return {user.pk: user for user in User.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")}


def _locked_request(recovery: Recovery, *others: User | None) -> Recovery:
    """Lock the person, whoever else has a part in it, and then the request; return it as it is now."""
    ids = {recovery.user_id, *(other.pk for other in others if other)}
    ids |= {pk for pk in (recovery.asked_by_id, *recovery.steps.values_list("by", flat=True)) if pk}
    people = _locked(*ids)
    recovery = Recovery.objects.select_for_update(of=("self",)).get(pk=recovery.pk)
    recovery.user = people[recovery.user_id]
    if recovery.asked_by_id:
        recovery.asked_by = people[recovery.asked_by_id]
    return recovery
