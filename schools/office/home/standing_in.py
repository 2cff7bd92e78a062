"""Home of who stands in for a colleague: which of its lines are theirs too, and until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from schools.accounts.models import User
from schools.directory.models import StandIn
from schools.directory.models.areas import Patch


@dataclass(frozen=True)
class StandingIn:
    """For whom somebody stands in today, and who stands in for them."""

    colleagues: Sequence[StandIn]
    """Who is away, and until when."""
    own: StandIn | None
    """Who stands in for the user; None: they are there."""

    def counted_apart(self, user: User, *, on: date) -> list[User]:
        """Return whose rows are marked: of colleagues with areas that the user sees, too, whatever was changed since."""
        shown = []
        for row in self.colleagues:
            colleague = row.coordinator
            areas = set(Patch.of(colleague, on=on).areas)
            sees_all = user.is_manager or areas <= set(Patch.of(user, on=on).areas)
            # A manager's rows are everybody's: to count them apart would say nothing.
            if areas and sees_all and not colleague.is_manager:
                shown.append(colleague)
        return shown


def standing_in(user: User, *, on: date) -> StandingIn:
    """Return who stands in today, for and by the user; one query."""
    rows = StandIn.objects.able().on(on).filter(Q(stand_in=user) | Q(coordinator=user)).select_related("coordinator", "stand_in")
    colleagues = [row for row in rows if row.stand_in_id == user.pk and row.coordinator.is_active]
    return StandingIn(colleagues, next((row for row in rows if row.coordinator_id == user.pk), None))
