"""Coming in: inviting, accepting an invitation or the agreement, the secret address of a calendar."""

from datetime import date, datetime, timedelta

from allauth.account.models import EmailAddress
from django.db import transaction

from schools.accounts.actions import add_user
from schools.accounts.models import Role, User
from schools.core.errors import RuleBroken
from schools.core.secrets import hash_of, new_secret
from schools.volunteers import emails
from schools.volunteers.models import Accepted, Agreement, FeedToken, Invitation, Volunteer
from schools.volunteers.rules import reasons_not_to_invite

INVITATION_HOLDS = timedelta(days=7)
"""How long an invitation lets somebody in."""

NOT_OPEN = "This link was used already, or is too old. Ask your coordinator for a new one, or sign in with your e-mail address."


@transaction.atomic
def invite(volunteer: Volunteer, *, by: User, now: datetime, email: str = "") -> Invitation:
    """Send the volunteer a link that lets them in once within seven days; one sent before lets nobody in any more.

    `email` is needed for somebody who does not sign in yet. Raises RuleBroken with every reason.
    """
    email = email.strip().lower()
    volunteer = Volunteer.objects.select_for_update(of=("self",)).select_related("user").get(pk=volunteer.pk)
    if reasons := reasons_not_to_invite(volunteer, email=email):
        raise RuleBroken(reasons)
    Invitation.objects.open(now=now).filter(volunteer=volunteer, sent_at__lt=now).update(expires_at=now)
    secret = new_secret()
    invitation = Invitation.objects.create(
        volunteer=volunteer,
        email=volunteer.user.email if volunteer.user else email,
        token_hash=hash_of(secret),
        sent_at=now,
        expires_at=now + INVITATION_HOLDS,
        by=by,
    )
    emails.invite(invitation, secret=secret)
    return invitation


@transaction.atomic
def accept_invitation(secret: str, *, now: datetime) -> User:
    """Use the invitation up and return who signs in by it, made now if nobody did; the address counts as theirs.

    Raises RuleBroken when it was used, has expired or never was.
    """
    hashed = hash_of(secret)
    found = Invitation.objects.open(now=now).filter(token_hash=hashed).first()
    if found is None:
        raise RuleBroken([NOT_OPEN])
    volunteer = Volunteer.objects.select_for_update(of=("self",)).select_related("user").get(pk=found.volunteer_id)
    # One statement decides between two who follow the link at the same moment.
    if not Invitation.objects.filter(pk=found.pk, used_at=None).update(used_at=now):
        raise RuleBroken([NOT_OPEN])
    if volunteer.user is None:
        volunteer.user = add_user(found.email, volunteer.name, role=Role.VOLUNTEER)
        volunteer.save(update_fields=["user"])
    # Whoever follows the link reads the mail of its address.
    EmailAddress.objects.update_or_create(
        user=volunteer.user, email=volunteer.user.email, defaults={"verified": True, "primary": True}
    )
    return volunteer.user


@transaction.atomic
def accept_agreement(volunteer: Volunteer, agreement: Agreement, *, now: datetime) -> Accepted:
    """Write down that the volunteer accepts this version; a second time changes nothing."""
    accepted, _ = Accepted.objects.get_or_create(volunteer=volunteer, agreement=agreement, defaults={"at": now})
    return accepted


@transaction.atomic
def publish_agreement(text: str, *, from_day: date) -> Agreement:
    """Store a new version, which every volunteer is asked to accept from the day on."""
    newest = Agreement.objects.order_by("-version").first()
    return Agreement.objects.create(version=newest.version + 1 if newest else 1, text=text, from_day=from_day)


@transaction.atomic
def new_calendar_address(volunteer: Volunteer, *, now: datetime) -> str:
    """Give the volunteer's calendar a new secret, which only they are told, now; whoever has the old one sees nothing more."""
    secret = new_secret()
    FeedToken.objects.update_or_create(volunteer=volunteer, defaults={"token_hash": hash_of(secret), "made_at": now})
    return secret
