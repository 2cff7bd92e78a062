"""Onboarding: inviting, accepting an invitation or the agreement, and the secret address of a calendar."""

from datetime import date, datetime, timedelta

from allauth.account.models import EmailAddress
from django.db import transaction

from schools.accounts.actions import add_user, change_role, switch_sign_in
from schools.accounts.models import Role, User
from schools.accounts.queries import managers
from schools.core.errors import RuleBroken
from schools.core.secrets import hash_of, new_secret
from schools.messages.models import OutboxMessage
from schools.volunteers import emails
from schools.volunteers.models import Accepted, Agreement, FeedToken, Invitation, InvitationQuerySet, Volunteer
from schools.volunteers.rules import reasons_not_to_invite

INVITATION_HOLDS = timedelta(days=7)
"""How long an invitation can be used."""

NOT_OPEN = "This link was used already, or is too old. Ask your coordinator for a new one, or sign in with your e-mail address."


@transaction.atomic
def add_person(email: str, name: str, *, role: Role, by: User) -> User:
    """Create a user who signs in as `email` in the role, and mail them how. Raises RuleBroken as `add_user` does."""
    user = add_user(email, name, role=role)
    emails.welcome(user, by=by)
    return user


@transaction.atomic
def add_first_manager(email: str, name: str, *, now: datetime) -> User:
    """Create the first person who signs in, a manager, and mail them a link to the page where they do.

    For the same address again the mail is written once more, in case the first was lost. Where nobody is a manager any more, who
    signs in with the address, or did, becomes one and keeps their name. Raises RuleBroken where another manager is there already.
    """
    email = email.strip().lower()
    if managers().exclude(email=email).exists():
        raise RuleBroken(["There is a manager already. They add everybody else in the office, under People who sign in."])
    user = managers().filter(email=email).first() or _new_manager(email, name, now=now)
    emails.welcome(user, by=None, at=now)
    return user


def _new_manager(email: str, name: str, *, now: datetime) -> User:
    user = User.objects.select_for_update(of=("self",)).filter(email=email).first()
    if user is None:
        return add_user(email, name, role=Role.MANAGER)
    if not user.is_active:
        switch_sign_in(user, may_sign_in=True)
    return change_role(user, Role.MANAGER, now=now, comes_back=True)


@transaction.atomic
def invite(volunteer: Volunteer, *, by: User, now: datetime, email: str = "", not_before: datetime | None = None) -> Invitation:
    """Send the volunteer a link that signs them in once within seven days; earlier links stop working.

    Without an account it goes to `email`, which is kept from then on; blank: to the address that is kept already. With
    `not_before` the mail leaves no sooner. Raises RuleBroken with every reason.
    """
    volunteer = Volunteer.objects.select_for_update(of=("self",)).select_related("user").get(pk=volunteer.pk)
    email = email.strip().lower() or ("" if volunteer.user else volunteer.email.lower())
    if reasons := reasons_not_to_invite(volunteer, email=email):
        raise RuleBroken(reasons)
    if volunteer.user is None and volunteer.email != email:
        volunteer.email = email
        volunteer.save(update_fields=["email"])
    end_invitations(Invitation.objects.filter(volunteer=volunteer), now=now)
    secret = new_secret()
    invitation = Invitation.objects.create(
        volunteer=volunteer,
        email=volunteer.user.email if volunteer.user else email,
        token_hash=hash_of(secret),
        sent_at=now,
        expires_at=now + INVITATION_HOLDS,
        by=by,
    )
    emails.invite(invitation, secret=secret, not_before=not_before)
    return invitation


def end_invitations(invitations: InvitationQuerySet, *, now: datetime) -> None:
    """Let those of the invitations that were sent before now let nobody in, and what has not gone yet of their mails go no more.

    Those to an address that is no longer theirs are ended too: they let nobody in already, but their mails might still go.
    """
    unused = invitations.filter(used_at=None, expires_at__gt=now, sent_at__lt=now)
    earlier = list(unused.values_list("pk", flat=True))
    Invitation.objects.filter(pk__in=earlier).update(expires_at=now)
    mails = OutboxMessage.objects.unsent().filter(key__in=[emails.key_of_invitation(pk) for pk in earlier])
    mails.update(expires_at=now)


@transaction.atomic
def accept_invitation(secret: str, *, now: datetime) -> User:
    """Use the invitation up and return the volunteer's user, created now if there is none; the address counts as verified.

    Raises RuleBroken when the invitation was used, has expired or never existed.
    """
    hashed = hash_of(secret)
    invitation = Invitation.objects.open(now=now).filter(token_hash=hashed).first()
    if invitation is None:
        raise RuleBroken([NOT_OPEN])
    volunteer = Volunteer.objects.select_for_update(of=("self",)).select_related("user").get(pk=invitation.volunteer_id)
    # Asked again behind the lock, because the address may have been corrected meanwhile. Of two who follow the link at the same
    # moment this single statement lets only one in.
    if not Invitation.objects.open(now=now).filter(pk=invitation.pk).update(used_at=now):
        raise RuleBroken([NOT_OPEN])
    if volunteer.user is None:
        volunteer.user = add_user(invitation.email, volunteer.name, role=Role.VOLUNTEER)
        volunteer.email = ""
        volunteer.save(update_fields=["user", "email"])
    # The address is verified, because whoever follows the link reads the mail of that address.
    EmailAddress.objects.update_or_create(
        user=volunteer.user, email=volunteer.user.email, defaults={"verified": True, "primary": True}
    )
    return volunteer.user


@transaction.atomic
def accept_agreement(volunteer: Volunteer, agreement: Agreement, *, now: datetime) -> Accepted:
    """Store that the volunteer accepts this version; a second call changes nothing."""
    accepted, _ = Accepted.objects.get_or_create(volunteer=volunteer, agreement=agreement, defaults={"at": now})
    return accepted


@transaction.atomic
def publish_agreement(text: str, *, from_day: date, names_to_schools: bool = False) -> Agreement:
    """Store a new version of the agreement, which every volunteer is asked to accept from the day on."""
    newest = Agreement.objects.order_by("-version").first()
    version = newest.version + 1 if newest else 1
    return Agreement.objects.create(version=version, text=text, from_day=from_day, names_to_schools=names_to_schools)


@transaction.atomic
def new_calendar_address(volunteer: Volunteer, *, now: datetime) -> str:
    """Give the volunteer's calendar a new secret and return it; the old one stops working.

    Only a hash is stored, so this is the one time at which the secret can be shown.
    """
    secret = new_secret()
    FeedToken.objects.update_or_create(volunteer=volunteer, defaults={"token_hash": hash_of(secret), "made_at": now})
    return secret
