"""Rate limits that hold across all processes: each attempt takes a slot in the shared cache, and a slot is taken only once."""

from django.core.cache import cache

from schools.core.secrets import hash_of


def take_slot(key: str, *, limit: int, seconds: int) -> bool:
    """Take one of the slots of `key` for so many seconds; False where none of the `limit` slots is free.

    Adding to the cache gives a slot to one caller only. A counter that is read and written back would let several in at once.
    Which are taken is read at once beforehand: in a database each try costs several statements, whoever is let in or not.
    """
    slots = _slots(key, limit)
    taken = cache.get_many(slots)
    return any(cache.add(slot, 1, timeout=seconds) for slot in slots if slot not in taken)


def has_slot(key: str, *, limit: int) -> bool:
    """Return whether one of the slots of `key` is free now; none is taken."""
    return len(cache.get_many(_slots(key, limit))) < limit


def _slots(key: str, limit: int) -> list[str]:
    name = hash_of(key)
    return [f"place:{name}:{number}" for number in range(limit)]
