"""The volunteer's pages on a phone: my sessions, open sessions, one session, its outcome.

Lives here: the pages of the portal. Not here: rules and actions, which it only calls.
"""
