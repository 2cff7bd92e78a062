"""Rate limits that hold across all processes: each attempt takes a slot in the shared cache, and a slot is taken only once."""

from django.core.cache import cache

from schools.core.secrets import hash_of


def take_slot(key: str, *, limit: int, seconds: int) -> bool:
    """Take one of the slots of `key` for so many seconds; False where none of the `limit` slots is free.

    Adding to the cache gives a slot to one caller only. A counter that is read and written back would let several in at once.
    """
    name = hash_of(key)
    return any(cache.add(f"place:{name}:{number}", 1, timeout=seconds) for number in range(limit))
