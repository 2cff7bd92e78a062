"""The limit on how often one program may ask. All processes count together, in the shared cache."""

from datetime import datetime

from django.core.cache import cache

REQUESTS_PER_MINUTE = 60
"""Requests of one token in a minute of the clock."""

KEPT = 120
"""Seconds that the requests of a minute are remembered."""


def take_request(token_id: int, *, now: datetime) -> bool:
    """Take one of the places of this minute; return False where none is left.

    Each place is a key of its own in the cache, and only one process can add a key: no request is counted twice, and no place is
    given to two requests.
    """
    minute = f"reach-json:{token_id}:{int(now.timestamp()) // 60}"
    first_free = cache.get(minute, 0)
    for place in range(first_free, REQUESTS_PER_MINUTE):
        if cache.add(f"{minute}:{place}", 1, KEPT):
            # Only a hint for the next request: where to begin to look. A request in between finds the place taken.
            cache.set(minute, place + 1, KEPT)
            return True
    return False
