"""What somebody can work out of the numbers that are hidden, by playing those that are shown against one another.

Plain values in, plain values out: suppression plays the reporter here, before a real one does.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

type Interval = tuple[int, int]
"""The least and the most that a number can be."""

MOST = 10**9
ROUNDS = 100
"""So often everything is played against everything, unless nothing new is found earlier."""

PLAYED = (
    "attendances", "attendances_estimated", "pupils_reached", "pupils_in_person", "pupils_online", "children_reached",
    "pupils_on_roll", "coverage_percent",
)  # fmt: skip
SEATS, ESTIMATED, REACHED, IN_PERSON, ONLINE, CHILDREN, ROLL, IN_SCHOOLS = range(len(PLAYED))


@dataclass
class Known:
    """One row: what each number can be, in the order of PLAYED."""

    can_be: list[Interval]

    def narrow(self, column: int, low: int, high: int) -> bool:
        """Whether that says anything new; what contradicts itself is not true of this row and says nothing."""
        old_low, old_high = self.can_be[column]
        new = (max(old_low, low), min(old_high, high))
        if new[0] > new[1] or new == self.can_be[column]:
            return False
        self.can_be[column] = new
        return True

    def play(self) -> bool:
        """Attendances ≥ pupils ≥ children; each channel ≤ pupils ≤ both; both ≤ attendances, as the estimates are."""
        seats, estimated, reached, in_person, online, children, _, in_schools = self.can_be
        return any(
            [
                self.narrow(SEATS, max(reached[0], estimated[0], in_person[0] + online[0]), MOST),
                self.narrow(ESTIMATED, 0, seats[1]),
                self.narrow(REACHED, max(in_person[0], online[0], children[0]), min(seats[1], in_person[1] + online[1])),
                self.narrow(IN_PERSON, reached[0] - online[1], min(reached[1], seats[1] - online[0])),
                self.narrow(ONLINE, reached[0] - in_person[1], min(reached[1], seats[1] - in_person[0])),
                self.narrow(CHILDREN, in_schools[0], reached[1]),
                self.narrow(IN_SCHOOLS, 0, children[1]),
            ]
        )

    def most(self) -> dict[str, int]:
        """The most that each number can be, and what two of them leave of one another."""
        most = {name: high for name, (_, high) in zip(PLAYED, self.can_be, strict=True)}
        most["counted"] = most["attendances"] - self.can_be[ESTIMATED][0]
        most["online alone"] = most["pupils_reached"] - self.can_be[IN_PERSON][0]
        most["in person alone"] = most["pupils_reached"] - self.can_be[ONLINE][0]
        return most


def known_of(numbers: Mapping[str, int], hidden: Collection[str], *, at_least: int) -> Known:
    """What is known of a row at first; `at_least` so many attendances where they are hidden."""
    least = {"attendances": at_least}
    known = Known([(least.get(name, 0), MOST) if name in hidden else (numbers[name], numbers[name]) for name in PLAYED])
    if known.can_be[ROLL] == (0, 0):
        known.can_be[IN_SCHOOLS] = (0, 0)
    return known


def play(families: Sequence[tuple[Known, Sequence[Known]]]) -> None:
    """Play rows and sums against one another until nothing more is found; each row is narrowed as far as that goes."""
    rows = {id(one): one for parent, children in families for one in (parent, *children)}.values()
    for _ in range(ROUNDS):
        found = [row.play() for row in rows]
        found += [_sum(parent, children, column) for parent, children in families for column in range(len(PLAYED))]
        if not any(found):
            return


def _sum(whole: Known, parts: Sequence[Known], column: int) -> bool:
    """The parts add up to the whole: what that says of it and of each of them."""
    intervals = [part.can_be[column] for part in parts]
    if all(low == high for low, high in (*intervals, whole.can_be[column])):
        return False
    least, most = sum(low for low, _ in intervals), sum(high for _, high in intervals)
    found = [whole.narrow(column, least, most)]
    low, high = whole.can_be[column]
    for part, (own_low, own_high) in zip(parts, intervals, strict=True):
        if own_low < own_high:
            found.append(part.narrow(column, low - most + own_high, high - least + own_low))
    return any(found)
