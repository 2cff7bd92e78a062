"""Inviting many people at once, such as those of an import: who gets a mail is looked at first, and nobody gets two."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.volunteers.actions.onboarding import invite
from schools.volunteers.models import Invitation, Volunteer, VolunteerQuerySet

MOST_NAMED = 5
"""People who are named in a sentence about why they got no invitation."""


@dataclass
class InvitePreview:
    """What inviting these people would do."""

    mailed: list[Volunteer] = field(default_factory=list)
    """People who would get an invitation, each to their `email`."""
    without_address: list[Volunteer] = field(default_factory=list)
    invited: list[Volunteer] = field(default_factory=list)
    """People whose invitation can still be used."""
    taken: list[Volunteer] = field(default_factory=list)
    """People whose address somebody else signs in with, or two of them have."""


def preview_invitations(volunteers: VolunteerQuerySet, *, now: datetime) -> InvitePreview:
    """Return who of these volunteers would get an invitation; who signs in already, or has left, is in none of its lists."""
    people = list(volunteers.filter(user=None).exclude(status=Volunteer.Status.LEFT).order_by("name", "pk"))
    addresses = [person.email.lower() for person in people if person.email]
    taken = set(User.objects.filter(email__in=addresses).values_list("email", flat=True))
    taken |= {address for address in addresses if addresses.count(address) > 1} if len(set(addresses)) < len(addresses) else set()
    invited = set(Invitation.objects.open(now=now).filter(volunteer__user=None).values_list("volunteer_id", flat=True))
    preview = InvitePreview()
    for person in people:
        if person.pk in invited:
            preview.invited.append(person)
        elif not person.email:
            preview.without_address.append(person)
        elif person.email.lower() in taken:
            preview.taken.append(person)
        else:
            preview.mailed.append(person)
    return preview


@transaction.atomic
def invite_each(
    volunteers: Iterable[Volunteer], *, by: User, now: datetime, not_before: datetime | None = None
) -> tuple[list[Invitation], list[str]]:
    """Invite these people to their own address; return the invitations, and why others got none: a sentence for each reason.

    Somebody whose invitation can still be used gets no second one, also where two people press the button at the same moment.
    With `not_before` no mail leaves sooner.
    """
    people = list(volunteers)
    # In the order in which every action locks people, so that no two wait for one another.
    locked = Volunteer.objects.select_for_update(of=("self",)).filter(pk__in=[person.pk for person in people]).order_by("pk")
    now_locked = {volunteer.pk: volunteer for volunteer in locked}
    invitations: list[Invitation] = []
    without: dict[str, list[str]] = {}
    for volunteer in (now_locked[person.pk] for person in people if person.pk in now_locked):
        try:
            invitations.append(_invite_once(volunteer, by=by, now=now, not_before=not_before))
        except RuleBroken as broken:
            without.setdefault(" ".join(broken.reasons), []).append(str(volunteer))
    return invitations, [f"{_named(names)}: {reason}" for reason, names in without.items()]


def _named(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _invite_once(volunteer: Volunteer, *, by: User, now: datetime, not_before: datetime | None) -> Invitation:
    if Invitation.objects.open(now=now).filter(volunteer=volunteer).exists():
        raise RuleBroken(["They were invited already. Wait for them, or send another link on their page."])
    if volunteer.user_id is not None:
        raise RuleBroken(["They sign in already. There is nothing to do."])
    return invite(volunteer, by=by, now=now, not_before=not_before)
