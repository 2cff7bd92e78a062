"""Actions of reach: returns, doubts, likely feeders, monthly mails, tokens of programs."""

from schools.reach.actions.doubts import confirm, withdraw_confirmation
from schools.reach.actions.feeders import accept_feeder, refuse_feeder, take_feeder_back
from schools.reach.actions.mails import send_monthly, subscribe, unsubscribe
from schools.reach.actions.returns import bundle_of, close, figures_file, figures_now, restate, sessions_file, sign_off
from schools.reach.actions.tokens import make_token, note_use, revoke

__all__ = [
    "accept_feeder",
    "bundle_of",
    "close",
    "confirm",
    "figures_file",
    "figures_now",
    "make_token",
    "note_use",
    "refuse_feeder",
    "restate",
    "revoke",
    "send_monthly",
    "sessions_file",
    "sign_off",
    "subscribe",
    "take_feeder_back",
    "unsubscribe",
    "withdraw_confirmation",
]
