"""A reporter who lays published tables side by side and works out what the stars stand for, with all that must be true."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

type Key = tuple[str, ...]
"""A number of a table: which table or period, row, column."""
type Sum = dict[Key, Fraction]
"""Numbers, each so many times."""

MANY = 10**6


@dataclass
class Reporter:
    """What is known of each number, and what must be true of several together."""

    bounds: dict[Key, tuple[int, int]] = field(default_factory=dict)
    none_or_more: list[Sum] = field(default_factory=list)
    """Sums that are 0 or more."""
    none: list[Sum] = field(default_factory=list)
    """Sums that are 0."""

    def reads(self, key: Key, low: int, high: int | None = None) -> None:
        """The number lies between these; the first alone where it is printed."""
        self.bounds[key] = (low, low if high is None else high)

    def adds_up(self, whole: Key, parts: Iterable[Key]) -> None:
        """The parts' sum is the whole."""
        self.none.append({whole: Fraction(1)} | {part: Fraction(-1) for part in parts})

    def no_more(self, less: Sequence[Key], more: Sequence[Key]) -> None:
        """The first together are no more than the second together."""
        self.none_or_more.append({key: Fraction(1) for key in more} | {key: Fraction(-1) for key in less})

    def works_out(self) -> dict[Key, tuple[int, int]]:
        """The least and the most that each number can be, after everything was played against everything."""
        sums = [*self.none, *self._eliminated()]
        known = [*self.none_or_more, *sums, *({key: -times for key, times in one.items()} for one in sums)]
        changed = True
        while changed:
            changed = sum(self._narrow(one) for one in known) > 0
        return self.bounds

    def _narrow(self, said: Sum) -> bool:
        """What 0 ≤ the sum says of each of its numbers, the others being what they can be."""
        most = sum(times * self.bounds[key][times > 0] for key, times in said.items())
        changed = False
        for key, times in said.items():
            low, high = self.bounds[key]
            others = most - times * self.bounds[key][times > 0]
            new = (max(low, -(others // times)), high) if times > 0 else (low, min(high, others // -times))
            assert new[0] <= new[1], f"{key} can be nothing any more"
            changed |= new != (low, high)
            self.bounds[key] = (int(new[0]), int(new[1]))
        return changed

    def _eliminated(self) -> list[Sum]:
        """The same sums, solved for one hidden number each as far as that goes: a number alone on its line is found."""
        rows: list[tuple[Key, Sum]] = []
        for one in self.none:
            row = dict(one)
            for pivot, of_pivot in rows:
                _subtract(row, of_pivot, row.get(pivot, Fraction(0)))
            if pivots := [key for key, times in row.items() if times and self.bounds[key][0] != self.bounds[key][1]]:
                pivot = min(pivots)
                row = {key: times / row[pivot] for key, times in row.items() if times}
                for _, of_other in rows:
                    _subtract(of_other, row, of_other.get(pivot, Fraction(0)))
                rows.append((pivot, row))
        return [{key: times for key, times in row.items() if times} for _, row in rows]


def _subtract(row: Sum, other: Sum, so_often: Fraction) -> None:
    if so_often:
        for key, times in other.items():
            row[key] = row.get(key, Fraction(0)) - so_often * times
