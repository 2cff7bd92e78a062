"""What stands in texts in place of somebody who was erased, where slices further down have to know it."""

ERASED_VALUE = "(erased)"
"""Stands in place of an address, a phone and whatever else is no name."""

FORMER_CONTACT = "a former contact"
"""Stands in place of the name of somebody at a school."""


NO_ADDRESS = "erased.invalid"
"""The domain of the addresses of erased sign-ins; no mail can go there."""


def names_nobody(text: str) -> bool:
    """Return whether somebody was erased whom the text named: no person is made of it any more, and nobody is written to."""
    return ERASED_VALUE in text or FORMER_CONTACT in text
