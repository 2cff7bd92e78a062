"""Whom the mails about visits are from: the coordinators who look after these visits when the mail is sent."""

from datetime import date

from schools.directory.senders import senders_of
from schools.messages.envelopes import Sender
from schools.messages.models import OutboxMessage
from schools.visits.keeping import said_by
from schools.visits.queries import responsible_by_visit


def senders_about_visits(message: OutboxMessage, on: date) -> list[Sender]:
    """Return who looks after the visits that the message is about, those of the first visit first."""
    about = said_by(message).select_related("visit__school", "visit__coordinator").order_by("pk")
    visits = {row.visit_id: row.visit for row in about}
    responsible = responsible_by_visit(visits.values(), on=on)
    return senders_of(row for visit in visits for row in responsible[visit])
