"""The registry of the figures of reach: each is declared once, and page, files, JSON, returns and drill-down read it here.

How figures are computed is not here: see the fold (schools.reach.fold) and the table (schools.reach.queries.tables).
"""

from schools.reach.figures.declaration import DrillDown, Figure, LineKind, Publication, Reads, Total
from schools.reach.figures.dose import DOSE
from schools.reach.figures.feedback import FEEDBACK
from schools.reach.figures.registry import BY_NAME, FIGURES, FILE_FIGURES, SHORT_TABLE

__all__ = [
    "BY_NAME",
    "DOSE",
    "FEEDBACK",
    "FIGURES",
    "FILE_FIGURES",
    "SHORT_TABLE",
    "DrillDown",
    "Figure",
    "LineKind",
    "Publication",
    "Reads",
    "Total",
]
