"""Who covers a session: asking, claiming, assigning, saying no, giving back, handing on.

`claiming` reads top-down and holds each step of a claim; the other verbs take the same steps.
"""

from schools.visits.actions.cover.answering import decline, release, take_off, withdraw
from schools.visits.actions.cover.assigning import assign, assign_all
from schools.visits.actions.cover.claiming import claim
from schools.visits.actions.cover.offering import offer, offer_each
from schools.visits.actions.cover.swapping import end_swap, swap

__all__ = [
    "assign",
    "assign_all",
    "claim",
    "decline",
    "end_swap",
    "offer",
    "offer_each",
    "release",
    "swap",
    "take_off",
    "withdraw",
]
