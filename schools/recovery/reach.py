"""How somebody can be reached by what is held on them, and so by which steps they can be known again."""

from dataclasses import dataclass
from typing import Any

from schools.accounts.identity import Check
from schools.accounts.models import User
from schools.core.erased import NO_ADDRESS
from schools.recovery.queries import mail_comes_back
from schools.volunteers.models import Volunteer


@dataclass(frozen=True)
class Reach:
    """What of somebody is held by which they can be known."""

    email: str
    """Where mail to them goes; "": no address is held, or only that of somebody who was erased."""
    comes_back: bool
    """Whether mail to it comes back, so that nobody can have answered one."""
    numbers: tuple[str, ...]
    """Their phone numbers as people read them, each once."""
    signs_in: bool

    @property
    def steps(self) -> set[str]:
        """The steps, by their stored values, of which the ground is held; a meeting and a letter need none."""
        grounds = {Check.MAIL: self.email and not self.comes_back, Check.CALL: self.numbers, Check.SIGNED_IN: self.signs_in}
        return {str(check) for check, ground in grounds.items() if ground}


def reach_of(row: Any) -> Reach:
    """Return how the person of the row can be reached: as who signs in, and as a volunteer, if they are both."""
    user: User | None = row if isinstance(row, User) else getattr(row, "user", None)
    rows = [row] if user is None or user == row else [row, user]
    if isinstance(row, User):
        rows += Volunteer.objects.filter(user=row)
    email = str((user or row).email)
    email = "" if email.endswith(f"@{NO_ADDRESS}") else email
    numbers = [str(getattr(each, column, "")) for each in rows for column in ("phone", "sms_number")]
    return Reach(
        email,
        comes_back=mail_comes_back(email),
        numbers=tuple(dict.fromkeys(number for number in numbers if number)),
        signs_in=user is not None and user.is_active,
    )
