"""Sharing a whole number out."""

from collections.abc import Sequence
from fractions import Fraction


def apportion(total: int, weights: Sequence[int | None]) -> list[int]:
    """`total` shared out in whole numbers in the proportion of `weights`, by the largest remainder; they add up to `total`.

    Where a weight is unknown (None), or all are 0, the shares are equal. Of equal remainders the earlier ones gain.
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
