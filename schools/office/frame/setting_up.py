"""What is still to be set up: home lists it, and the page on which a step was done leads on to the next.

What the steps are, and which of them are done, says schools.office.home.starting; the office names it here when it starts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from schools.accounts.models import User
from schools.directory.models import Area


@dataclass(frozen=True)
class Step:
    """One thing to set up."""

    key: str
    words: str
    """What is to be there."""
    how: str
    """Whole sentences: why, and what to do."""
    link: str
    """The words of the link to the page where it is done; blank where the reader cannot do it themselves."""
    address: str
    guide: str
    """The section of a guide that says more, like “office#volunteers”."""
    done: bool = False


@dataclass(frozen=True)
class Starting:
    """The steps of somebody, in the order in which to take them, and areas where nobody volunteers."""

    heading: str
    steps: Sequence[Step]
    bare_areas: Sequence[Area]
    """The first few of the reader's areas without a volunteer; empty as long as there is no volunteer anywhere."""
    more_bare_areas: int
    """Number of areas without a volunteer beyond `bare_areas`."""

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to be set up."""
        return not self.undone and not self.bare_areas

    @property
    def next_step(self) -> Step | None:
        """The first step that is not done; None where all are."""
        return next((step for step in self.steps if not step.done), None)

    @property
    def undone(self) -> list[Step]:
        """The steps that are not done, in order."""
        return [step for step in self.steps if not step.done]

    def after(self, key: str) -> list[Step]:
        """Return the steps that are not done and that the reader can do, beginning with the first one after the step `key`.

        Those before it come last, so that somebody who passed over a step is led on, not back. A key that no step has begins
        with the first.
        """
        keys = [step.key for step in self.steps]
        start = keys.index(key) + 1 if key in keys else 0
        return [step for step in (*self.steps[start:], *self.steps[:start]) if not step.done and step.link]


type Provider = Callable[[User, date], Starting]

_providers: list[Provider] = []


def provide(provider: Provider) -> None:
    """Name the function that says what a user still has to set up on a day; called once, when the office starts."""
    _providers[:] = [provider]


def steps_after(key: str, user: User, *, on: date) -> list[Step]:
    """Return what the user still has to set up, beginning after the step `key`; see Starting.after."""
    return _providers[0](user, on).after(key)
