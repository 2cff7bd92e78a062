"""How a rule that was broken travels to the person who broke it."""

from collections.abc import Iterable
from typing import Self

from django.core.exceptions import ValidationError


class Reason(str):
    """A reason about somebody, as a coordinator reads it; `to_them` says the same to that person, and what they can do."""

    __slots__ = ("to_them",)
    to_them: str

    def __new__(cls, words: str, *, to_them: str) -> Self:
        """The reason is the words; it knows the others."""
        reason = super().__new__(cls, words)
        reason.to_them = to_them
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
        """The refusal for somebody who asked for themself."""
        return ValidationError([reason.to_them if isinstance(reason, Reason) else reason for reason in self.reasons])
