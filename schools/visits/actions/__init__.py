"""Verbs that change bookings, by noun; each is one transaction that locks people first, then sessions, each by id."""

from schools.visits.actions.booking import book, cancel_session, cancel_visit, confirm
from schools.visits.actions.covering import assign, claim, decline, offer, withdraw
from schools.visits.rules import NewSession

__all__ = [
    "NewSession",
    "assign",
    "book",
    "cancel_session",
    "cancel_visit",
    "claim",
    "confirm",
    "decline",
    "offer",
    "withdraw",
]
