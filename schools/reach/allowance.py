"""How often one program may ask: so many times in a minute, counted together by all processes through the shared cache."""

from datetime import datetime

from django.core.cache import cache

A_MINUTE = 60
"""Questions of one token in a minute of the clock."""

KEPT = 120
"""Seconds that a minute's questions are remembered."""


def may_ask(token_id: int, *, now: datetime) -> bool:
    """Take one of the minute's places; False where none is left.

    Each place is a key of its own, and only one process adds a key: nothing is counted twice, and no place is given twice.
    """
    minute = f"reach-json:{token_id}:{int(now.timestamp()) // 60}"
    taken = cache.get(minute, 0)
    for place in range(taken, A_MINUTE):
        if cache.add(f"{minute}:{place}", 1, KEPT):
            # Only a hint where the next one begins to look; whoever comes between finds the place taken.
            cache.set(minute, place + 1, KEPT)
            return True
    return False
