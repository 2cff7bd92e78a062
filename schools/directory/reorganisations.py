"""Which authorities of England followed which, by GSS code, from which day on, and what all of them are called.

These are facts of public law. `actions.reorganisations` stores those whose later authority is known; the earlier ones come
with it, because schools were theirs before.
"""

from datetime import date

REORGANISATIONS: tuple[tuple[str, str, date], ...] = (
    ("E06000028", "E06000058", date(2019, 4, 1)),  # Bournemouth → Bournemouth, Christchurch and Poole
    ("E06000029", "E06000058", date(2019, 4, 1)),  # Poole → Bournemouth, Christchurch and Poole
    ("E10000009", "E06000059", date(2019, 4, 1)),  # Dorset, which kept its name
    ("E10000002", "E06000060", date(2020, 4, 1)),  # Buckinghamshire, which kept its name
    ("E10000021", "E06000061", date(2021, 4, 1)),  # Northamptonshire → North Northamptonshire
    ("E10000021", "E06000062", date(2021, 4, 1)),  # Northamptonshire → West Northamptonshire
    ("E10000006", "E06000063", date(2023, 4, 1)),  # Cumbria → Cumberland
    ("E10000006", "E06000064", date(2023, 4, 1)),  # Cumbria → Westmorland and Furness
    ("E10000023", "E06000065", date(2023, 4, 1)),  # North Yorkshire, which kept its name
    ("E10000027", "E06000066", date(2023, 4, 1)),  # Somerset, which kept its name
    ("E08000016", "E08000038", date(2025, 5, 1)),  # Barnsley, a new code
    ("E08000019", "E08000039", date(2025, 5, 1)),  # Sheffield, a new code
)

NAMES: dict[str, tuple[str, str]] = {
    "E06000028": ("837", "Bournemouth"),
    "E06000029": ("836", "Poole"),
    "E06000058": ("839", "Bournemouth, Christchurch and Poole"),
    "E06000059": ("838", "Dorset"),
    "E06000060": ("825", "Buckinghamshire"),
    "E06000061": ("940", "North Northamptonshire"),
    "E06000062": ("941", "West Northamptonshire"),
    "E06000063": ("942", "Cumberland"),
    "E06000064": ("943", "Westmorland and Furness"),
    "E06000065": ("815", "North Yorkshire"),
    "E06000066": ("933", "Somerset"),
    "E08000016": ("370", "Barnsley"),
    "E08000019": ("373", "Sheffield"),
    "E08000038": ("370", "Barnsley"),
    "E08000039": ("373", "Sheffield"),
    "E10000002": ("825", "Buckinghamshire"),
    "E10000006": ("909", "Cumbria"),
    "E10000009": ("835", "Dorset"),
    "E10000021": ("928", "Northamptonshire"),
    "E10000023": ("815", "North Yorkshire"),
    "E10000027": ("933", "Somerset"),
}
"""The LA code and the name of each of these authorities, as England's register writes them."""

ONLY_PREDECESSORS = {new: old for old, new, _ in REORGANISATIONS if sum(new == after for _, after, _ in REORGANISATIONS) == 1}
"""The authority out of which each came, by GSS codes; those into which several were joined are left out."""
