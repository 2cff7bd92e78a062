"""The rules of visits: reasons not to cover a session, and not to book, confirm, cancel or change a visit.

Each function returns all reasons, each a sentence that says what to do next. Rule numbers are those of docs/rules.md.
"""

from schools.visits.rules.booking import NewSession, reasons_not_to_book, reasons_not_to_redefine, reasons_of_session
from schools.visits.rules.closed_periods import (
    reasons_days_locked,
    reasons_locked,
    reasons_locked_each,
    reasons_signed_off,
)
from schools.visits.rules.covering import (
    open_days,
    reasons_day_passed,
    reasons_ended,
    reasons_not_clear,
    reasons_not_there,
    reasons_not_to_claim,
    reasons_not_to_cover,
    reasons_not_usually_free,
    reasons_over,
    reasons_session_takes_nobody,
    reasons_sessions_overlap,
    reasons_to_ask_first,
)
from schools.visits.rules.days_off import reasons_not_to_call_off
from schools.visits.rules.moving import (
    Becomes,
    Effect,
    Slot,
    effects_of_moving,
    later,
    reasons_moved,
    reasons_not_to_move,
    slot_of,
)
from schools.visits.rules.redaction import redacted_at, redacted_for, redacted_reason
from schools.visits.rules.sites import reasons_not_to_change_site
from schools.visits.rules.visits import (
    VisitDetails,
    reasons_not_all_theirs,
    reasons_not_theirs,
    reasons_not_to_add,
    reasons_not_to_cancel_session,
    reasons_not_to_cancel_visit,
    reasons_not_to_change_visit,
    reasons_not_to_confirm,
    reasons_not_to_coordinate,
    reasons_not_to_edit,
    reasons_not_to_remove,
    reasons_of_code,
    reasons_of_contacts,
    reasons_parents_told_later,
)
from schools.visits.rules.warnings import Warned, warnings_about_booking, warnings_about_days

__all__ = [
    "Becomes",
    "Effect",
    "NewSession",
    "Slot",
    "VisitDetails",
    "Warned",
    "effects_of_moving",
    "later",
    "open_days",
    "reasons_day_passed",
    "reasons_days_locked",
    "reasons_ended",
    "reasons_locked",
    "reasons_locked_each",
    "reasons_moved",
    "reasons_not_all_theirs",
    "reasons_not_clear",
    "reasons_not_theirs",
    "reasons_not_there",
    "reasons_not_to_add",
    "reasons_not_to_book",
    "reasons_not_to_call_off",
    "reasons_not_to_cancel_session",
    "reasons_not_to_cancel_visit",
    "reasons_not_to_change_site",
    "reasons_not_to_change_visit",
    "reasons_not_to_claim",
    "reasons_not_to_confirm",
    "reasons_not_to_coordinate",
    "reasons_not_to_cover",
    "reasons_not_to_edit",
    "reasons_not_to_move",
    "reasons_not_to_redefine",
    "reasons_not_to_remove",
    "reasons_not_usually_free",
    "reasons_of_code",
    "reasons_of_contacts",
    "reasons_of_session",
    "reasons_over",
    "reasons_parents_told_later",
    "reasons_session_takes_nobody",
    "reasons_sessions_overlap",
    "reasons_signed_off",
    "reasons_to_ask_first",
    "redacted_at",
    "redacted_for",
    "redacted_reason",
    "slot_of",
    "warnings_about_booking",
    "warnings_about_days",
]
