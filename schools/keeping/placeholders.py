"""How long what is kept, as it is filled into the privacy notice: the notice never says another number than the purge uses."""

from schools.charity.placeholders import Placeholder
from schools.keeping.periods import PERIODS, Period


def _of(period: Period) -> Placeholder:
    # The number alone: what follows it is in the language of the text.
    name = f"{period.unit.value}_{period.name.replace('-', '_')}"
    return Placeholder(name, f"how many {period.unit.value}: {period.of}", lambda: str(period.length))


PLACEHOLDERS = tuple(map(_of, PERIODS))
"""A number for each line of the retention table, such as {months_volunteers}."""
