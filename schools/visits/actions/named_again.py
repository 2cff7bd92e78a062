"""Why an undo does not name again whom a visit named before: they would not see it, or are not at its school any more."""

from datetime import date

from django.db.models import Max
from django.db.models.functions import Coalesce

from schools.accounts.models import User
from schools.directory.models import AreaCoordinator, Contact
from schools.visits import rules
from schools.visits.actions.batches import Change
from schools.visits.models import Visit

type Known = dict[int | None, User | None]
"""The coordinators of visits by id, each looked up once for a whole batch; None: there is nobody of that id."""


def reasons_not_to_name_again(change: Change, visit: Visit, *, known: Known, on: date) -> list[str]:
    """Return why those whom the visit named before the change are not named again.

    Who is gone gives no reason here (points_to_nobody), nor does whom the visit names still.
    """
    before = change["before"]
    reasons = [] if before.get("coordinator") == visit.coordinator_id else _of_coordinator(before, visit, known=known, on=on)
    named = {before.get(name) for name in ("contact", "safeguarding_contact")}
    named -= {None, visit.contact_id, visit.safeguarding_contact_id}
    contacts = Contact.objects.filter(pk__in=named) if named else ()
    return reasons + rules.reasons_of_contacts(visit.school, *contacts)


def _of_coordinator(before: dict[str, object], visit: Visit, *, known: Known, on: date) -> list[str]:
    """Return why the visit is not their own again: they see its school neither today nor before it is over."""
    pk = before.get("coordinator")
    if not isinstance(pk, int):
        return []
    if pk not in known:
        known[pk] = User.objects.filter(pk=pk).first()
    coordinator = known[pk]
    if coordinator is None:
        return []
    reasons = rules.reasons_not_to_coordinate_at(coordinator, [visit.school], on=on)
    return [] if reasons and _sees_it_later(coordinator, visit, on=on) else reasons


def _sees_it_later(coordinator: User, visit: Visit, *, on: date) -> bool:
    """Whether they begin in its area before the visit is over: they have it from the moment at which that was handed over."""
    to_begin = AreaCoordinator.objects.filter(user=coordinator, from_day__gt=on)
    of_visit = visit.sessions.scheduled().aggregate(last=Max(Coalesce("until_day", "day")))
    if of_visit["last"]:
        to_begin = to_begin.filter(from_day__lte=of_visit["last"])
    days = sorted(day for day in set(to_begin.values_list("from_day", flat=True)) if day)
    return any(not rules.reasons_not_to_coordinate_at(coordinator, [visit.school], on=day) for day in days)
