"""Queries of planning, grouped by noun."""

from schools.planning.queries.candidates import Candidate, Colleague, Guest, candidates_for, guest_candidates_for, substitutes_for
from schools.planning.queries.due_list import DueSchool, due

__all__ = ["Candidate", "Colleague", "DueSchool", "Guest", "candidates_for", "due", "guest_candidates_for", "substitutes_for"]
