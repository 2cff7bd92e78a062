"""How long the way between two places takes (DESIGN.md, rule 7): plain values in, minutes out."""

from dataclasses import dataclass

ONE_PLACE_KM = 0.2
"""Within 200 metres is one place: a school and its annexe over the road."""


@dataclass(frozen=True)
class Pace:
    """How fast people get about: roads are `detour` times the straight line, and `around` minutes go for parking."""

    detour: float = 1.3
    km_per_hour: float = 45
    around: float = 15

    def minutes(self, kilometres: float) -> float:
        """Minutes from one place to another that lies so far away in a straight line; none within one place."""
        if kilometres <= ONE_PLACE_KM:
            return 0
        return kilometres * self.detour / self.km_per_hour * 60 + self.around
