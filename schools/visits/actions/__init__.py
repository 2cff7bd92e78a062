"""The actions that change bookings; each is one transaction that locks people first, then sessions, each by id."""

from schools.visits.actions.booking import book, confirm
from schools.visits.actions.cancelling import cancel_session, cancel_visit
from schools.visits.actions.cover import (
    ask_to_observe,
    assign,
    assign_all,
    assign_several,
    claim,
    decline,
    drop_out,
    end_swap,
    let_observe,
    offer,
    offer_each,
    offer_to_several,
    refuse_observing,
    swap,
    take_back_asking,
    take_off,
    withdraw,
)
from schools.visits.actions.days_off import cancel_day
from schools.visits.actions.offboarding import end_membership
from schools.visits.rules import NewSession, VisitDetails

__all__ = [
    "NewSession",
    "VisitDetails",
    "ask_to_observe",
    "assign",
    "assign_all",
    "assign_several",
    "book",
    "cancel_day",
    "cancel_session",
    "cancel_visit",
    "claim",
    "confirm",
    "decline",
    "drop_out",
    "end_membership",
    "end_swap",
    "let_observe",
    "offer",
    "offer_each",
    "offer_to_several",
    "refuse_observing",
    "swap",
    "take_back_asking",
    "take_off",
    "withdraw",
]
