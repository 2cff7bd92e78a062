"""Whom the mails to volunteers are from that are about no visit: the coordinators of their areas when the mail is sent."""

from datetime import date

from schools.directory.responsible import responsible_for_areas
from schools.directory.senders import senders_of
from schools.messages.envelopes import Sender
from schools.messages.models import OutboxMessage
from schools.volunteers.models import Volunteer


def senders_to_volunteer(message: OutboxMessage, on: date) -> list[Sender]:
    """Return who coordinates the areas of the volunteer for whom the message is; nobody where they have no area."""
    areas = Volunteer.areas.through.objects.filter(volunteer__messages_to__message=message).values_list("area", flat=True)
    return senders_of(responsible_for_areas(areas, on=on))
