"""How a rule that was broken travels to the person who broke it."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError


class RuleBroken(ValidationError):
    """A refusal with every reason at once, each a whole sentence that says what to do next.

    It is a ValidationError, so that a form shows the reasons unchanged.
    """

    def __init__(self, reasons: Iterable[str]) -> None:
        self.reasons = list(reasons)
        super().__init__(self.reasons)
