"""Between which shares the truth lies where a part of many was asked: Wilson’s interval."""

from decimal import ROUND_HALF_UP, Decimal, localcontext

NORMAL = Decimal("1.96")
"""So many standard deviations to each side hold 95 of 100 samples."""


def wilson(part: int, whole: int) -> tuple[Decimal, Decimal]:
    """Return the ends of Wilson’s interval of 95 % for a share, as percentages to one decimal.

    It never leaves 0 to 100, holds the share itself, and is honest for small numbers. Raises ValueError where `part` is no
    part of `whole`, or `whole` is zero.
    """
    if not 0 <= part <= whole or whole == 0:
        msg = f"{part} of {whole} is no share."
        raise ValueError(msg)
    with localcontext(prec=28):
        number, share, square = Decimal(whole), Decimal(part) / whole, NORMAL * NORMAL
        middle = share + square / (2 * number)
        spread = NORMAL * (share * (1 - share) / number + square / (4 * number * number)).sqrt()
        ends = [(middle - spread) / (1 + square / number), (middle + spread) / (1 + square / number)]
        # At the ends the two terms are equal, but for the last digit of the root.
        low = Decimal(0) if part == 0 else max(ends[0], Decimal(0))
        high = Decimal(1) if part == whole else min(ends[1], Decimal(1))
        return _percent(low), _percent(high)


def _percent(share: Decimal) -> Decimal:
    return (100 * share).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
