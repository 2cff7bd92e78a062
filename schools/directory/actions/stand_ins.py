"""Saying who stands in for a coordinator, and ending it."""

from datetime import date, timedelta

from django.db import transaction

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.directory.models import StandIn
from schools.directory.standing_in import reasons_not_to_stand_in


@transaction.atomic
def add_stand_in(coordinator: User, stand_in: User, *, first: date, last: date, on: date) -> StandIn:
    """Store that somebody stands in for the coordinator from the first to the last day. Raises RuleBroken with every reason."""
    # Both people are locked, so that two rows which would cross one another are stored one after the other.
    ids = (coordinator.pk, stand_in.pk)
    people = {user.pk: user for user in User.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")}
    coordinator, stand_in = (people[pk] for pk in ids)
    if reasons := reasons_not_to_stand_in(coordinator, stand_in, first=first, last=last, on=on):
        raise RuleBroken(reasons)
    return StandIn.objects.create(coordinator=coordinator, stand_in=stand_in, from_day=first, to_day=last)


@transaction.atomic
def end_stand_in(stand_in: StandIn, *, on: date) -> None:
    """End it, because the coordinator is back: yesterday was the last day. One that has not begun goes."""
    row = StandIn.objects.select_for_update(of=("self",)).filter(pk=stand_in.pk).first()
    if row is None or row.to_day < on:
        return
    if row.from_day >= on:
        row.delete()
        return
    row.to_day = on - timedelta(days=1)
    row.save(update_fields=["to_day"])
