"""So many times and no more, in whatever process: each time takes a place in the shared cache, and a place is taken once."""

from django.core.cache import cache

from schools.core.secrets import hash_of


def take_slot(key: str, *, limit: int, seconds: int) -> bool:
    """Whether one of the places for `what` was free, and is taken now, for so many seconds.

    Adding to the cache gives a place to one asker alone; a counter that is read and written back would let several in at once.
    """
    name = hash_of(key)
    return any(cache.add(f"place:{name}:{number}", 1, timeout=seconds) for number in range(limit))
