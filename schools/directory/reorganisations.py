"""Which authorities of England followed which, by GSS code, and from which day on.

These are facts of public law; `actions.reorganisations` stores those whose authorities are known.
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
