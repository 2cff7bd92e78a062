"""Actions of planning, by noun: asking the next person, and dates that are offered to schools."""

from schools.planning.actions.asking_next import decline_and_ask_next, offer_due, offer_next, withdraw_and_ask_next
from schools.planning.actions.dates import (
    choose_date,
    lapse_dates,
    offer_dates,
    offer_dates_to_move,
    refuse_dates,
    take_back_dates,
)

__all__ = [
    "choose_date",
    "decline_and_ask_next",
    "lapse_dates",
    "offer_dates",
    "offer_dates_to_move",
    "offer_due",
    "offer_next",
    "refuse_dates",
    "take_back_dates",
    "withdraw_and_ask_next",
]
