"""Whom the mails about visits are from: the coordinators who look after these visits when the mail is sent."""

from collections.abc import Iterable
from datetime import date

from schools.directory.responsible import Responsible, whom_to_ask
from schools.messages.envelopes import Sender
from schools.messages.models import OutboxMessage
from schools.visits.queries import responsible_by_visit


def senders_about_visits(message: OutboxMessage, on: date) -> list[Sender]:
    """Return who looks after the visits that the message is about, those of the first visit first."""
    about = message.about.select_related("visit__school", "visit__coordinator").order_by("pk")
    visits = {row.visit_id: row.visit for row in about}
    responsible = responsible_by_visit(visits.values(), on=on)
    return senders_of(row for visit in visits for row in responsible[visit])


def senders_of(rows: Iterable[Responsible]) -> list[Sender]:
    """Return each person whom the reader may ask, as a mail names them; who has no address is left out."""
    return [
        Sender(
            name=str(row.to_ask),
            email=row.to_ask.email,
            phone=row.to_ask.phone.as_national if row.to_ask.phone else "",
            instead_of=str(row.user) if row.stand_in else "",
        )
        for row in whom_to_ask(rows)
        if row.to_ask.email
    ]
