"""Which indices of deprivation the fifths of schools rest on."""

from schools.core.nations import Nation
from schools.directory.queries import newest_indices


def indices_known() -> list[tuple[Nation, int]]:
    """Return nation and year of the newest index of each nation, in order; empty where none was imported."""
    return list(newest_indices().items())
