"""How many pupils were reached: each figure defined once (REACH.md), and its exports.

Lives here: figures and CSV. Not here: pages (office); nothing here changes a session.
"""
