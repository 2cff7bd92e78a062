"""Works out what somebody can learn about hidden numbers from those that are shown.

Plain values in, plain values out: suppression does here what a curious reporter would do later.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

type Interval = tuple[int, int]
"""The least and the most that a number can be."""

MOST = 10**9
ROUNDS = 100
"""The most rounds in which everything is compared with everything; it ends earlier when a round finds nothing new."""

PLAYED = (
    "attendances", "attendances_estimated", "pupils_reached", "pupils_in_person", "pupils_online", "children_reached",
    "pupils_on_roll", "coverage_percent",
)  # fmt: skip
SEATS, ESTIMATED, REACHED, IN_PERSON, ONLINE, CHILDREN, ROLL, IN_SCHOOLS = range(len(PLAYED))


@dataclass
class Known:
    """What is known of one row."""

    can_be: list[Interval]
    """The interval of each number, in the order of PLAYED."""

    def narrow(self, column: int, low: int, high: int) -> bool:
        """Narrow the interval of a number, and return whether that was new.

        An interval that would become empty contradicts the row, so it says nothing and is left as it was.
        """
        old_low, old_high = self.can_be[column]
        new = (max(old_low, low), min(old_high, high))
        if new[0] > new[1] or new == self.can_be[column]:
            return False
        self.can_be[column] = new
        return True

    def play(self) -> bool:
        """Narrow by what is true of every row, and return whether anything was new.

        Attendances ≥ pupils ≥ children; each channel ≤ pupils ≤ both channels together ≤ attendances; estimates ≤ attendances.
        """
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
        """Return the most that each number can be, and the most of the differences between two of them."""
        most = {name: high for name, (_, high) in zip(PLAYED, self.can_be, strict=True)}
        most["counted"] = most["attendances"] - self.can_be[ESTIMATED][0]
        most["online alone"] = most["pupils_reached"] - self.can_be[IN_PERSON][0]
        most["in person alone"] = most["pupils_reached"] - self.can_be[ONLINE][0]
        return most


def known_row(numbers: Mapping[str, int], hidden: Collection[str], *, at_least: int) -> Known:
    """Return what is known of a row at first; where attendances are hidden, they are known to be `at_least` this number."""
    least = {"attendances": at_least}
    known = Known([(least.get(name, 0), MOST) if name in hidden else (numbers[name], numbers[name]) for name in PLAYED])
    if known.can_be[ROLL] == (0, 0):
        known.can_be[IN_SCHOOLS] = (0, 0)
    return known


def play(families: Sequence[tuple[Known, Sequence[Known]]]) -> None:
    """Compare rows and sums with one another until nothing new is found; each row's intervals are narrowed on the way."""
    rows = {id(row): row for parent, children in families for row in (parent, *children)}.values()
    for _ in range(ROUNDS):
        changes = [row.play() for row in rows]
        changes += [_sum(parent, children, column) for parent, children in families for column in range(len(PLAYED))]
        if not any(changes):
            return


def _sum(whole: Known, parts: Sequence[Known], column: int) -> bool:
    """Narrow by the parts adding up to the whole, and return whether anything was new."""
    intervals = [part.can_be[column] for part in parts]
    if all(low == high for low, high in (*intervals, whole.can_be[column])):
        return False
    least, most = sum(low for low, _ in intervals), sum(high for _, high in intervals)
    changes = [whole.narrow(column, least, most)]
    low, high = whole.can_be[column]
    for part, (own_low, own_high) in zip(parts, intervals, strict=True):
        if own_low < own_high:
            changes.append(part.narrow(column, low - most + own_high, high - least + own_low))
    return any(changes)
