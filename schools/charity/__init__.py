"""The charity that runs this installation: its name and how to reach it, its public texts, its measures.

Lives here: Charity (one row), current() for everybody who needs it, and how a request gets it without a query of its own.
Not here: who signs in (accounts), the cycle of one area (directory), what is in a mail (each slice's emails.py).
"""
