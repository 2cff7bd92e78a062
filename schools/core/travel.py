"""How long the way between two places takes (rule 7): plain values in, minutes out."""

from dataclasses import dataclass

ONE_PLACE_KM = 0.2
"""Places within 200 metres count as one, such as a school and its annexe across the road."""


@dataclass(frozen=True)
class Pace:
    """How fast people travel: roads are `detour` times the straight line, and parking takes `around` minutes."""

    detour: float = 1.3
    km_per_hour: float = 45
    around: float = 15

    def minutes(self, kilometres: float) -> float:
        """Return the minutes between two places so many kilometres apart in a straight line; 0 within one place."""
        if kilometres <= ONE_PLACE_KM:
            return 0
        return kilometres * self.detour / self.km_per_hour * 60 + self.around
