"""Which indices of deprivation the fifths of schools rest on."""

from schools.core.nations import Nation
from schools.directory.models import Deprivation


def indices_known() -> list[tuple[Nation, int]]:
    """Return nation and year of each index that any small area has, in order; empty where none was imported."""
    pairs = Deprivation.objects.order_by("nation", "year").values_list("nation", "year").distinct()
    return [(Nation(nation), year) for nation, year in pairs]
