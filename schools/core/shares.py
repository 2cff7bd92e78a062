"""Dividing a whole number into shares."""

from collections.abc import Sequence
from fractions import Fraction


def apportion(total: int, weights: Sequence[int | None]) -> list[int]:
    """Return `total` divided into whole numbers in proportion to the weights; they add up to `total`.

    Uses the largest remainder method; among equal remainders the earlier shares get more. Where a weight is unknown (None) or all
    are 0, the shares are equal.
    """
    if not weights:
        return []
    known = [weight for weight in weights if weight is not None]
    if len(known) < len(weights) or not any(known):
        known = [1] * len(weights)
    exact = [Fraction(total * weight, sum(known)) for weight in known]
    shares = [int(share) for share in exact]
    by_remainder = sorted(range(len(exact)), key=lambda place: (shares[place] - exact[place], place))
    for place in by_remainder[: total - sum(shares)]:
        shares[place] += 1
    return shares
