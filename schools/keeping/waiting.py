"""People whom the last purge left: those with whom it failed, and those whom notes name that a manager looks at first."""

from collections.abc import Collection
from typing import Any

from django.db.models import Q, QuerySet

from schools.erasing.models import Erasure
from schools.erasing.people import KINDS
from schools.keeping.models import PurgeRun
from schools.volunteers.models import Volunteer


def last_report() -> list[dict[str, Any]]:
    """Return the lines of the last purge that ended, as they are stored; none where there was no purge yet."""
    last = PurgeRun.objects.exclude(finished_at=None).order_by("-finished_at", "-pk").first()
    return list(last.report) if last else []


def left_last_time(period: str) -> tuple[set[str], set[str]]:
    """Return the references of whom the last purge left of the period: with whom it failed, and whom notes name."""
    lines = [line for line in last_report() if line["period"] == period]
    failed, in_notes = ({reference for line in lines for reference in line.get(key, ())} for key in ("not_done", "in_notes"))
    return failed, in_notes


def of_references(table: Any, references: Collection[str]) -> Q:
    """Return the condition that a row of this table of people has one of the references."""
    if table is Volunteer:
        return Q(reference__in=references)
    parts = [reference.rpartition(":") for reference in references]
    return Q(pk__in=[number for kind, _, number in parts if kind == KINDS[table]])


def named_in_notes(people: Any) -> "QuerySet[Any]":
    """Return those of the people who are due to be erased and were left by the last purge, since notes name them.

    Whom a manager has erased since is not among them.
    """
    references = {reference for line in last_report() for reference in line.get("in_notes", ())}
    if references:
        references -= set(Erasure.objects.filter(reference__in=references).values_list("reference", flat=True))
    left: QuerySet[Any] = people.filter(of_references(people.model, references)) if references else people.none()
    return left
