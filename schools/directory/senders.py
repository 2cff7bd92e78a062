"""Whom mails are from: the people who look after something, or who stand in for them, as a mail names them."""

from collections.abc import Iterable

from schools.directory.responsible import Responsible, whom_to_ask
from schools.messages.envelopes import Sender


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
