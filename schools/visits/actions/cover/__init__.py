"""The actions on covers: offer, claim, assign, decline, withdraw, drop out, take off, swap.

`claiming` holds each step of a claim, in order, and reads top-down; the other actions use the same steps.
"""

from schools.visits.actions.cover.answering import decline, release, withdraw
from schools.visits.actions.cover.assigning import assign, assign_all
from schools.visits.actions.cover.claiming import claim
from schools.visits.actions.cover.dropping import drop_out, take_off
from schools.visits.actions.cover.observing import ask_to_observe, let_observe, refuse_observing, take_back_asking
from schools.visits.actions.cover.offering import offer, offer_each, offer_to_several
from schools.visits.actions.cover.several import assign_several
from schools.visits.actions.cover.swapping import end_swap, swap

__all__ = [
    "ask_to_observe",
    "assign",
    "assign_all",
    "assign_several",
    "claim",
    "decline",
    "drop_out",
    "end_swap",
    "let_observe",
    "offer",
    "offer_each",
    "offer_to_several",
    "refuse_observing",
    "release",
    "swap",
    "take_back_asking",
    "take_off",
    "withdraw",
]
