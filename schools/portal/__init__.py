"""The volunteer's pages on a phone: my sessions, open sessions, one session, its outcome.

Lives here: screens of the portal. Not here: rules and verbs, which it only calls.
"""
