"""Verbs of reach: returns, doubts, monthly mails, tokens of programs that read."""

from schools.reach.actions.doubts import confirm, doubt_again
from schools.reach.actions.mails import send_monthly, subscribe, unsubscribe
from schools.reach.actions.returns import close, figures_file, restate, sessions_file, sign_off
from schools.reach.actions.tokens import make_token, note_use, revoke

__all__ = [
    "close",
    "confirm",
    "doubt_again",
    "figures_file",
    "make_token",
    "note_use",
    "restate",
    "revoke",
    "send_monthly",
    "sessions_file",
    "sign_off",
    "subscribe",
    "unsubscribe",
]
