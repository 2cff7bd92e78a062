"""Whom mails are from that are about no visit: the coordinators of a volunteer’s areas, or who invited, when the mail is sent."""

from datetime import date

from schools.accounts.models import User
from schools.directory.responsible import responsible_for_areas
from schools.directory.senders import sender_of, senders_of
from schools.messages.envelopes import Sender
from schools.messages.kinds import Senders
from schools.messages.models import OutboxMessage
from schools.volunteers.models import Invitation, Volunteer


def senders_to_volunteer(message: OutboxMessage, on: date) -> list[Sender]:
    """Return who coordinates the areas of the volunteer for whom the message is; nobody where they have no area."""
    return _of_areas(on, volunteer__messages_to__message=message)


def _senders_of_invitation(message: OutboxMessage, on: date) -> list[Sender]:
    """Return the same of an invitation; where the volunteer has no area, whoever invited them."""
    invitation = Invitation.objects.filter(pk=_number(message, 1)).select_related("by").first()
    return senders_to_volunteer(message, on) or sender_of(invitation.by if invitation else None, on=on)


def _sender_of_welcome(message: OutboxMessage, on: date) -> list[Sender]:
    """Return who has added the person; nobody where the operator has."""
    return sender_of(User.objects.filter(pk=_number(message, 2)).first(), on=on)


def _senders_about_address(message: OutboxMessage, on: date) -> list[Sender]:
    """Return who coordinates the areas of the person who reads of their address; nobody where they are no volunteer.

    Nobody either at the new address: until it says yes it is anybody's.
    """
    if message.key.split(":")[-2:-1] == ["new"]:
        return []
    return _of_areas(on, volunteer__user=_number(message, -1))


def _of_areas(on: date, **of_volunteer: object) -> list[Sender]:
    areas = Volunteer.areas.through.objects.filter(**of_volunteer).order_by("area").values_list("area", flat=True)
    return senders_of(responsible_for_areas(areas, on=on))


def _number(message: OutboxMessage, place: int) -> int:
    """Return the number that stands there in the message’s key; 0, which nobody has: there is none, as before an upgrade."""
    number = ":".join(message.key.split(":")[place:]).partition(":")[0]
    return int(number) if number.isdecimal() else 0


OF_DIRECT: dict[str, Senders] = {
    "invitation": _senders_of_invitation,
    "welcome": _sender_of_welcome,
    "address": _senders_about_address,
}
"""Whom direct mails are from, by the first part of their keys."""
