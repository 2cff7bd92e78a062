"""Queries of planning, grouped by noun."""

from schools.planning.queries.candidates import (
    Candidate,
    Colleague,
    Guest,
    VisitCandidate,
    candidates_for,
    candidates_for_visit,
    guest_candidates_for,
    substitutes_for,
)
from schools.planning.queries.due_list import DueSchool, due

__all__ = [
    "Candidate",
    "Colleague",
    "DueSchool",
    "Guest",
    "VisitCandidate",
    "candidates_for",
    "candidates_for_visit",
    "due",
    "guest_candidates_for",
    "substitutes_for",
]
