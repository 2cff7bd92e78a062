"""Numbers far from the expected one that whoever entered them confirmed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from schools.core.words import long_day
from schools.delivery.models import OutcomeSubmission
from schools.delivery.queries import SchoolGroup
from schools.visits.models import CountBasis, Session


@dataclass(frozen=True)
class SureNumber:
    """A number far from the expected one that was confirmed when it was entered (“Yes, 900 is right”)."""

    pupils: int
    is_share: bool
    """Whether it is, or holds, a share of one number for several year groups; then that one number was confirmed."""
    by: str
    """Who confirmed it; "" where nobody is known."""
    at: datetime | None
    """When the server received it; None where that is not known."""

    def in_words(self, year_group: str) -> str:
        """Return a sentence such as “900 in Year 5 was confirmed when it was entered, on … by …”; it is in English."""
        of = f"{year_group}, with a share of one number for several year groups," if self.is_share else year_group
        when = f", on {long_day(timezone.localtime(self.at).date())}" if self.at else ""
        who = f" by {self.by}" if self.by else ""
        return f"{self.pupils:,} in {of} was confirmed when it was entered{when}{who}."


def sure_numbers(sessions: Collection[int]) -> dict[tuple[int, SchoolGroup], SureNumber]:
    """Return what was confirmed when it was entered, by the session's id, the school and the year group; two queries.

    A headcount that was changed since in another way than by the form, as by a file, is another number than the one here. Whoever
    corrects an outcome and leaves such a number as it is has not confirmed it anew.
    """
    kept = Session.objects.filter(pk__in=sessions, sure_of__isnull=False).order_by()
    states = Session.history.filter(id__in=kept.values("pk")).order_by("history_date", "history_id")
    confirmed: dict[int, dict[SchoolGroup, tuple[int, bool, int]]] = {}
    for session, version, numbers, basis in states.values_list("id", "version", "sure_of", "count_basis"):
        before, now = confirmed.get(session, {}), {}
        for school, group, pupils in numbers or ():
            known = before.get((school, group))
            now[school, group] = known if known and known[0] == pupils else (pupils, basis == CountBasis.SPREAD, version)
        confirmed[session] = now
    if not confirmed:
        return {}
    # Somebody else who sends the very same outcome later is noted with the same version: the first submission stored it.
    received = OutcomeSubmission.objects.filter(session__in=kept.values("pk"), version__isnull=False).select_related("by")
    first = {(row.session_id, row.version): (str(row.by), row.received_at) for row in received.order_by("-received_at", "-pk")}
    return {
        (session, key): SureNumber(pupils, is_share, *first.get((session, version), ("", None)))
        for session, numbers in confirmed.items()
        for key, (pupils, is_share, version) in numbers.items()
    }
