"""Mixed classes shared out over their year groups once more, with nothing shared with schools.delivery."""

from dataclasses import dataclass


@dataclass
class Mixed:
    """A class of several year groups of the host that was counted as one number."""

    groups: tuple[int, ...]
    pupils: int


def with_shares(alone: dict[int, int | None], expected: dict[int, int | None], mixed: list[Mixed]) -> dict[int, int | None]:
    """The pupils of each year group: those counted of it alone, and its share of each mixed class.

    A class is shared out as its year groups were expected; where that is not known of one of them, or nobody was expected, in
    equal parts. Shares are whole: who loses most by that gets the next child, of two who lose the same the younger.
    """
    counts = dict(alone)
    for one in mixed:
        weights = [expected.get(group) or 0 for group in one.groups]
        if None in [expected.get(group) for group in one.groups] or sum(weights) == 0:
            weights = [1] * len(one.groups)
        shares = [one.pupils * weight // sum(weights) for weight in weights]
        lost = [one.pupils * weight % sum(weights) for weight in weights]
        for _ in range(one.pupils - sum(shares)):
            unlucky = lost.index(max(lost))
            shares[unlucky], lost[unlucky] = shares[unlucky] + 1, -1
        for group, share in zip(one.groups, shares, strict=True):
            counts[group] = (counts.get(group) or 0) + share
    return counts
