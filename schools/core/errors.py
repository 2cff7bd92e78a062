"""How the reasons of a refusal reach the person who asked."""

from collections.abc import Iterable
from typing import Self

from django.core.exceptions import ValidationError


class Reason(str):
    """A reason about a person, worded for a coordinator; `to_them` is the wording for that person, with what they can do.

    One that is `private` says what we keep about them: they read it once they have signed in.
    """

    __slots__ = ("private", "to_them")
    to_them: str
    private: bool

    def __new__(cls, words: str, *, to_them: str, private: bool = False) -> Self:
        """Return the reason: a string of the coordinator's wording that also knows the other one."""
        reason = super().__new__(cls, words)
        reason.to_them, reason.private = to_them, private
        return reason


class RuleBroken(ValidationError):
    """A refusal with every reason at once, each a whole sentence that says what to do next.

    It is a ValidationError, so that a form shows the reasons unchanged.
    """

    def __init__(self, reasons: Iterable[str]) -> None:
        self.reasons = list(reasons)
        super().__init__(self.reasons)

    @property
    def to_them(self) -> ValidationError:
        """The same refusal, worded for the person whom it is about."""
        return ValidationError([reason.to_them if isinstance(reason, Reason) else reason for reason in self.reasons])

    @property
    def without_signing_in(self) -> list[str]:
        """What the person may read of it where nobody has signed in: all but the private reasons."""
        reasons = [reason for reason in self.reasons if not (isinstance(reason, Reason) and reason.private)]
        return [reason.to_them if isinstance(reason, Reason) else reason for reason in reasons]
