"""Queries of planning, grouped by noun."""

from schools.planning.queries.candidates import Candidate, Colleague, Guest, guests_who_could, who_could, who_could_instead
from schools.planning.queries.due_list import DueSchool, due

__all__ = ["Candidate", "Colleague", "DueSchool", "Guest", "due", "guests_who_could", "who_could", "who_could_instead"]
