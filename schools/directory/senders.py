"""Whom mails are from: the people who look after something, or who stand in for them, as a mail names them."""

from collections.abc import Iterable
from datetime import date

from schools.accounts.models import User
from schools.directory.responsible import Responsible, StandIns, whom_to_ask
from schools.messages.envelopes import Sender


def senders_of(rows: Iterable[Responsible]) -> list[Sender]:
    """Return each person whom the reader may ask, as a mail names them; who has no address is left out."""
    return [
        Sender(
            name=str(row.to_ask),
            email=row.to_ask.email,
            phone=row.to_ask.phone.as_national if row.to_ask.phone else "",
            instead_of=str(row.user) if row.stand_in else "",
            ids=(row.to_ask.pk, row.user.pk if row.stand_in and row.user else None),
        )
        for row in whom_to_ask(rows)
        if row.to_ask.email
    ]


def sender_of(user: User | None, *, on: date) -> list[Sender]:
    """Return somebody who did something themselves, or who stands in for them everywhere; nobody where they sign in no more."""
    return senders_of([StandIns.on(on).responsible(user, authority=None)] if user and user.is_active else [])
