"""Which database a benchmark takes: a full one of its size, or an empty one. On any other its numbers would say nothing."""

import sys

NATIONAL_DEMO = 60_000
"""Sessions that `manage.py demo --size national` makes at least."""
TEN_YEARS = 250_000
"""Sessions that `tests/bench/national.py` makes at least."""


def refuse_fewer_sessions(least: int, *, made_by: str) -> None:
    """Exit with 2 where the database has fewer sessions; `made_by` fills an empty one."""
    from schools.models import Session

    if (sessions := Session.objects.count()) < least:
        print(f"The database has {sessions:,} sessions; this benchmark needs {least:,}. Name an empty one: {made_by} fills it.")
        sys.exit(2)


def refuse_what_is_not_empty() -> None:
    """Exit with 2 where the database has a school: the benchmark fills it to sizes of its own."""
    from schools.models import School

    if School.objects.exists():
        print("The database has schools already; this benchmark fills it to sizes of its own. Name an empty one.")
        sys.exit(2)
