"""Changing many at once: the rows to tick, each with the reasons why it can't be changed, and the people to choose."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef, Q, QuerySet

from schools.accounts.models import Role, User
from schools.core.words import long_day
from schools.office.frame.visibility import today, visible_rows
from schools.visits.models import Cover, Session, Visit
from schools.visits.rules import reasons_of_each

MOST_ROWS = 300
"""The most visits, or sessions without an outcome, on one page; where there are more, it says so and offers to choose an area."""


@dataclass(frozen=True)
class BulkRow:
    """One row that can be ticked; `reasons` say why it can't be changed."""

    pk: int
    name: str
    note: str
    reasons: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class BulkWork:
    """One kind of bulk work: its rows, its form, its words."""

    title: str
    means: str
    verb: str
    empty: str
    rows: Sequence[BulkRow]
    form: forms.Form | None = None
    tells: bool = True
    """Whether people are told of it, so that the look shows whom, and the messages wait for an undo."""
    more: int = 0
    """How many rows are left out because there are too many."""
    not_here: int = 0
    """How many rows that were ticked in a list are none that this can be done to."""


def number_left_out(rows: QuerySet[Any]) -> int:
    """Return how many of the rows are more than a page shows."""
    return max(rows.count() - MOST_ROWS, 0)


def visit_rows(visits: QuerySet[Visit], user: User, *, confirming: bool) -> list[BulkRow]:
    """Return the rows of the visits, with their days and coordinator; `confirming` adds the reasons not to confirm them."""
    rows = list(visits[:MOST_ROWS])
    days: dict[int, list[date]] = {}
    for pk, day in Session.objects.scheduled().filter(visit__in=rows).order_by("day").values_list("visit", "day"):
        days.setdefault(pk, []).append(day)
    reasons = reasons_of_each(rows, by=user, on=today(), confirming=confirming)
    return [
        BulkRow(
            visit.pk,
            str(visit),
            f"{', '.join(long_day(day) for day in sorted(set(days.get(visit.pk, []))))} · {visit.coordinator or 'nobody'}",
            reasons=reasons[visit.pk],
        )
        for visit in rows
    ]


def rows_without_outcome(sessions: QuerySet[Session]) -> list[BulkRow]:
    """Return the rows of the sessions, with the people who were on them."""
    people = _names_on(sessions)
    return [
        BulkRow(session.pk, f"{session.visit.school}: {session}", ", ".join(people.get(session.pk, [])) or "nobody was on it")
        for session in sessions[:MOST_ROWS]
    ]


def _names_on(sessions: QuerySet[Session]) -> dict[int, list[str]]:
    """Return the names of the volunteers on each session or asked for it, by the session's id."""
    names: dict[int, list[str]] = {}
    for cover in Cover.objects.live().filter(session__in=sessions.values("pk")).select_related("volunteer"):
        names.setdefault(cover.session_id, []).append(str(cover.volunteer))
    return names


def coordinators_for(user: User) -> QuerySet[User]:
    """Return the managers and coordinators to whom the user may give visits or areas."""
    groups = Group.objects.filter(name__in=(Role.MANAGER.value, Role.COORDINATOR.value))
    can = Exists(User.groups.through.objects.filter(user=OuterRef("pk"), group__in=groups))
    return visible_rows(User.objects.filter(can | Q(is_superuser=True), is_active=True), user, on=today())
