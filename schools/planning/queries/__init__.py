"""Questions about what comes next, by noun."""

from schools.planning.queries.candidates import Candidate, who_could

__all__ = ["Candidate", "who_could"]
