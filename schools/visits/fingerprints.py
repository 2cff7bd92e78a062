"""Short texts that differ where facts differ, for the keys of messages."""

import hashlib


def fingerprint(*values: object) -> str:
    """Return a short text that differs where any of the values does."""
    return hashlib.sha256(repr(values).encode()).hexdigest()[:32]
