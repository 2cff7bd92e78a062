"""The verbs of delivery: recording a session's outcome or a whole day's, correcting it, who was there, who was told."""

from schools.delivery.actions.days import DayRefused, Each, Report, Store, came_in, key_of, record_day
from schools.delivery.actions.notices import EarlierNotice, tell
from schools.delivery.actions.people import add_person, take_person_back
from schools.delivery.actions.recording import OutcomeDiffers, Restate, amend, came_before, correct, correct_to_undo, record

__all__ = [
    "DayRefused",
    "Each",
    "EarlierNotice",
    "OutcomeDiffers",
    "Report",
    "Restate",
    "Store",
    "add_person",
    "amend",
    "came_before",
    "came_in",
    "correct",
    "correct_to_undo",
    "key_of",
    "record",
    "record_day",
    "take_person_back",
    "tell",
]
