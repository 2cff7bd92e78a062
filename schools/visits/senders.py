"""Whom the mails about visits are from: the coordinators who look after these visits when the mail is sent."""

from datetime import date

from schools.directory.responsible import responsible_for_areas, responsible_for_school
from schools.directory.senders import senders_of
from schools.messages.envelopes import Sender
from schools.messages.kinds import Senders
from schools.messages.models import OutboxMessage
from schools.visits.contact_emails import NEW_CONTACT
from schools.visits.models import VisitRequest
from schools.visits.queries import responsible_by_visit
from schools.visits.request_emails import TO_CONFIRM


def senders_about_visits(message: OutboxMessage, on: date) -> list[Sender]:
    """Return who looks after the visits that the message is about, those of the first visit first."""
    about = message.about.select_related("visit__school", "visit__coordinator").order_by("pk")
    visits = {row.visit_id: row.visit for row in about}
    responsible = responsible_by_visit(visits.values(), on=on)
    return senders_of(row for visit in visits for row in responsible[visit])


def _senders_of_request(message: OutboxMessage, on: date) -> list[Sender]:
    """Return who coordinates the area of the school that is asked for, or of the poster that whoever asks has read."""
    request = VisitRequest.objects.filter(pk=int(message.key.split(":")[1])).select_related("school").first()
    if request is None:
        return []
    if request.school:
        return senders_of(responsible_for_school(request.school, on=on))
    return senders_of(responsible_for_areas([request.area_id] if request.area_id else [], on=on))


OF_DIRECT: dict[str, Senders] = {TO_CONFIRM: _senders_of_request, NEW_CONTACT: senders_about_visits}
"""Whom direct mails are from, by the first part of their keys; a new contact’s is on the log of the visit."""
