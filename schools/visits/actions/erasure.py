"""Erasing what we know about somebody who has left and asks for it; what was counted stays."""

from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.db.models import Q

from schools.accounts.models import AddressChange, Role, User
from schools.core.errors import RuleBroken
from schools.messages.models import OutboxMessage
from schools.visits.models import Batch, Cover
from schools.volunteers.models import Accepted, Clearance, FeedToken, Invitation, Volunteer, VolunteerStatus

NOTES = ("override_note", "news_why")
"""The fields of a cover that hold somebody's own words, or say why something changed."""


@transaction.atomic
def erase(volunteer: Volunteer, *, by: User, now: datetime) -> Volunteer:
    """Erase who the volunteer was: name, addresses, phone, home and clearances, in tables, histories, logs and the outbox.

    Sessions, covers, hours and steps stay, under the reference alone. Raises RuleBroken unless they have left.
    """
    volunteer = Volunteer.objects.select_for_update(of=("self",)).select_related("user").get(pk=volunteer.pk)
    if volunteer.status != VolunteerStatus.LEFT:
        raise RuleBroken([f"{volunteer} has not left. End the membership first."])
    name = volunteer.name
    _erase_what_belongs(volunteer)
    _erase_words_about(name)
    if volunteer.email:
        OutboxMessage.objects.filter(to__iexact=volunteer.email).delete()
    if volunteer.user is not None:
        _erase_user(volunteer, volunteer.user)
    volunteer.name = f"Former volunteer {volunteer.reference}"
    volunteer.email = volunteer.phone = volunteer.emergency_contact = volunteer.home_postcode = volunteer.place_precision = ""
    volunteer.easting = volunteer.northing = volunteer.furthest_km = None
    volunteer.share_phone = False
    volunteer.save()
    return volunteer


def _erase_what_belongs(volunteer: Volunteer) -> None:
    Clearance.history.filter(volunteer=volunteer.pk).delete()
    volunteer.clearances.all().delete()
    # The deletion has just written a last row into the history.
    Clearance.history.filter(volunteer=volunteer.pk).delete()
    for rows in (volunteer.availabilities, volunteer.aways, volunteer.conflicts):
        rows.all().delete()
    for model in (Invitation, FeedToken, Accepted):
        model.objects.filter(volunteer=volunteer).delete()
    for covers in (Cover.objects.filter(volunteer=volunteer), Cover.history.filter(volunteer=volunteer.pk)):
        covers.update(**dict.fromkeys(NOTES, ""))
    _erase_from_batches(volunteer)


def _erase_from_batches(volunteer: Volunteer) -> None:
    """Erase notes and names from batches: they keep the notes of covers, and name who could not be put back."""
    theirs = set(Cover.objects.filter(volunteer=volunteer).values_list("pk", flat=True))
    for batch in Batch.objects.order_by("pk").iterator():
        changes = [
            _without_notes(change) if change["table"] == "cover" and change["pk"] in theirs else change
            for change in batch.changes
        ]
        left_alone = [line.replace(volunteer.name, f"Former volunteer {volunteer.reference}") for line in batch.left_alone]
        if (changes, left_alone) != (batch.changes, batch.left_alone):
            batch.changes, batch.left_alone = changes, left_alone
            batch.save(update_fields=["changes", "left_alone"])


def _without_notes(change: dict[str, Any]) -> dict[str, Any]:
    """Return the change of a cover with blank notes before and after, as in the cover itself."""
    states = {name: change[name] for name in ("before", "after") if name in change}
    return change | {when: {name: "" if name in NOTES else value for name, value in was.items()} for when, was in states.items()}


def _erase_words_about(name: str) -> None:
    """Delete the mails and the lines of the admin's log that name the person."""
    OutboxMessage.objects.filter(Q(body__icontains=name) | Q(subject__icontains=name)).delete()
    LogEntry.objects.filter(Q(object_repr__icontains=name) | Q(change_message__icontains=name)).delete()


def _erase_user(volunteer: Volunteer, user: User) -> None:
    OutboxMessage.objects.filter(to=user.email).delete()
    LogEntry.objects.filter(object_repr__icontains=user.email).delete()
    if user.is_superuser or user.roles - {Role.VOLUNTEER}:
        # Somebody who works in the office can still sign in; a manager ends that.
        volunteer.user = None
        return
    AddressChange.objects.filter(user=user).delete()
    EmailAddress.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()
    UserSession.objects.filter(user=user).delete()
    user.email = f"erased-{user.pk}@erased.invalid"
    user.name = f"Former volunteer {volunteer.reference}"
    user.is_active = False
    user.set_unusable_password()
    user.save()
