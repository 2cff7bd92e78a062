"""Signs off, closes and restates the return of an area's period (rules 14 and 19)."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import batched
from typing import Any

from django.db import transaction
from django.utils import timezone

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.core.periods import Period
from schools.delivery.actions import Restate
from schools.delivery.actions.recording import lock_session
from schools.delivery.queries import Difference
from schools.directory.models import Area
from schools.reach import bundles, returns, rules
from schools.reach.figures import FILE_FIGURES
from schools.reach.filters import EVERYTHING
from schools.reach.models import Drift, Restatement, Return, ReturnRow
from schools.reach.queries import reach, scope_of, sentence
from schools.reach.queries.counting import counted_together
from schools.reach.queries.evidence import evidence
from schools.reach.queries.sessions import sessions_behind
from schools.reach.rows import DEFINITIONS, Cut
from schools.visits.actions.locks import hold_areas
from schools.visits.models import ClosedPeriod, Session
from schools.visits.rules.closed_periods import closed_periods
from schools.visits.session_files.columns import COLUMNS_OF_RETURNS as SESSION_COLUMNS

ROWS_A_STATEMENT = 500
"""Rows that one INSERT writes."""
LONGEST_BECAUSE = 300
BEFORE_RESTATING = "Something else changed; it was noticed when an outcome was restated."

type Figures = dict[str, str]
"""The kept figures of a whole area, by column."""


@dataclass(frozen=True)
class _Facts:
    """What a return keeps of an area's period, as it is now."""

    figures: dict[str, Any]
    sentence: str
    rows: list[tuple[int, list[str]]]
    evidence: dict[str, Any]

    @property
    def digest(self) -> str:
        """The digest of the two files that are written from it."""
        figures = returns.render(returns.RENDERER, self.figures["columns"], self.figures["rows"])
        sessions = returns.render(returns.RENDERER, SESSION_COLUMNS, (cells for _, cells in self.rows))
        return returns.digest_of((figures, sessions))


@transaction.atomic
def sign_off(area: Area, period: Period, *, by: User, now: datetime) -> Return:
    """Keep the area's figures of the period and the lines behind them as they are now.

    This can be repeated until the return is closed. Raises RuleBroken with every reason.
    """
    area = _locked(area.pk)
    if reasons := rules.reasons_not_to_sign_off(area, period, by=by, on=timezone.localdate(now)):
        raise RuleBroken(reasons)
    facts = _facts(area, period, now=now)
    signed, _ = Return.objects.update_or_create(
        area=area,
        first_day=period.first_day,
        last_day=period.last_day,
        defaults={
            "area_name": area.name,
            "period": period.name,
            "sentence": facts.sentence,
            "figures": facts.figures | bundles.words_kept(),
            "evidence": facts.evidence,
            "definitions": DEFINITIONS,
            "renderer": returns.RENDERER,
            "digest": facts.digest,
            "signed_off_at": now,
            "signed_off_by": by,
        },
    )
    signed.rows.all().delete()
    for batch in batched(enumerate(facts.rows, start=1), ROWS_A_STATEMENT):
        ReturnRow.objects.bulk_create(
            ReturnRow(of_return=signed, position=position, session_id=session, cells=cells)
            for position, (session, cells) in batch
        )
    return signed


@transaction.atomic
def close(signed: Return, *, by: User, now: datetime, seen: str | None = None) -> Return:
    """Lock the sessions behind a signed-off return: from now on, their outcomes change by restatement only.

    `seen` is the digest of the figures that they read, by default those of `signed`: nobody closes others for ever. Raises
    RuleBroken with every reason, also where anything changed since it was signed off.
    """
    seen = signed.digest if seen is None else seen
    area = _locked(signed.area_id)
    signed = Return.objects.select_related("area", "signed_off_by").get(pk=signed.pk)
    period = _period_of(signed)
    # Wait for everybody who is storing an outcome of these days; whoever comes later finds the period closed.
    # Sessions of other areas are locked too: each may get a guest school of this area.
    sessions = Session.objects.in_period(period).order_by("pk")
    list(sessions.select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))
    # Wait also for whoever is adding a session there.
    hold_areas([area.pk])
    digest = signed.digest if signed.is_closed else _facts(area, period, now=now, as_signed=signed).digest
    if reasons := rules.reasons_not_to_close(signed, by=by, digest=digest, seen=seen):
        raise RuleBroken(reasons)
    signed.closed_period = ClosedPeriod.objects.create(area=area, first_day=signed.first_day, last_day=signed.last_day)
    signed.closed_at, signed.closed_by = now, by
    signed.save(update_fields=["closed_period", "closed_at", "closed_by"])
    return signed


@transaction.atomic
def restate(
    session: Session,
    store: Callable[[Restate | None], object],
    *,
    why: str,
    by: User,
    now: datetime,
    schools: Iterable[int] = (),
    people: Collection[int] = (),
) -> None:
    """Let `store` change the outcome of a session on which closed returns rest, and keep what changed in them, and why.

    `store` records or amends the outcome with the Restate that it is given; for a session on which no closed return rests it is
    given None. `schools` are those whose pupils were there according to `store`; `people` are the ids of volunteers that it locks
    besides those of the session. Raises RuleBroken with every reason; if `store` raises anything, nothing is changed.
    """
    periods = closed_periods([session], schools=schools)
    changes: list[Difference] = []
    if periods and (reasons := rules.reasons_not_to_restate(why=why, by=by)):
        raise RuleBroken(reasons)
    if periods:
        # Before the returns, as where a whole day is stored: two who lock in opposite order wait for each other.
        lock_session(session, also=people)
    # Restatements of a return run one after the other, so that the old figures of the second are the new figures of the first.
    locked = Return.objects.select_for_update(of=("self",), no_key=True)
    resting = list(locked.filter(closed_period__in=periods).select_related("area").order_by("pk"))
    before = [figures_now(signed) for signed in resting]
    for signed, old in zip(resting, before, strict=True):
        write_drift(signed, old, BEFORE_RESTATING, now=now)
    store(changes.extend if periods else None)
    if not changes:
        return
    outcome = [[change.what, change.stored, change.said] for change in changes]
    for signed, old in zip(resting, before, strict=True):
        new = figures_now(signed)
        figures = [[column, old[column], new[column]] for column in new if old[column] != new[column]]
        changed = {"why": why.strip(), "outcome": outcome, "figures": figures}
        Restatement.objects.create(of_return=signed, session=session, at=now, by=by, **changed)
        know(signed, new)


def write_drift(signed: Return, figures: Figures, because: str, *, now: datetime, by: User | None = None) -> bool:
    """Write down how the area's figures moved since they were known last, and know them; return whether any moved.

    Call it with the return locked.
    """
    changes = differences(known_figures(signed), figures)
    if not changes:
        return False
    Drift.objects.create(of_return=signed, because=because[:LONGEST_BECAUSE], figures=changes, at=now, by=by)
    know(signed, figures)
    return True


def know(signed: Return, figures: Figures) -> None:
    """Remember the area's figures as they are known now, so that only what moves them later counts as drift.

    What moved them before has to be written down first: it would be known without a line.
    """
    signed.live = figures
    signed.save(update_fields=["live"])


def known_figures(signed: Return) -> Figures:
    """Return the whole area's figures as they were known last: as signed off, until something moved them."""
    return signed.live or returns.total_of(signed.figures)


def differences(old: Figures, new: Figures) -> list[list[str]]:
    """Return column, old and new value of each figure that differs; a new figure is no difference."""
    names = (figure.name for figure in FILE_FIGURES)
    return [[name, old[name], new[name]] for name in names if name in old and name in new and old[name] != new[name]]


def figures_file(signed: Return) -> Iterator[str]:
    """Return the lines of the return's figures; a closed return always gives the same bytes."""
    return returns.render(signed.renderer, signed.figures["columns"], signed.figures["rows"])


def sessions_file(signed: Return) -> Iterator[str]:
    """Return the lines of the sessions behind the return, as they were."""
    rows = signed.rows.order_by("position").values_list("cells", flat=True)
    return returns.render(signed.renderer, SESSION_COLUMNS, rows.iterator(2_000))


def bundle_of(signed: Return) -> bundles.Files:
    """Return the return as a folder that anybody can check: the same bytes for ever, once it is closed."""
    rows = signed.rows.order_by("position").values_list("cells", flat=True)
    return bundles.return_files(signed, rows.iterator(2_000))


def _locked(area_id: int) -> Area:
    # With no_key, others can still refer to the area. Whoever holds a session stores its frozen place: they must not wait for us
    # while we wait for the session.
    return Area.objects.select_for_update(of=("self",), no_key=True).get(pk=area_id)


def _period_of(signed: Return) -> Period:
    return Period(signed.first_day, signed.last_day, signed.period)


def _facts(area: Area, period: Period, *, now: datetime, as_signed: Return | None = None) -> _Facts:
    # The figures are as of the day of signing off: what was not reported then counts as missing, also when this runs later.
    on: date = timezone.localdate(as_signed.signed_off_at if as_signed else now)
    definitions = as_signed.definitions if as_signed else DEFINITIONS
    mine = Area.objects.filter(pk=area.pk)
    table = reach(period, by=Cut.AUTHORITY, as_of=on, areas=mine, definitions=definitions)
    scope = scope_of(period, by=Cut.AREA, within=None, filters=EVERYTHING, as_of=on, areas=mine)
    together = set(counted_together(scope))
    lines = sessions_behind(scope).rows()
    rows = [(session, returns.cells_kept(cells, is_together=session in together)) for session, cells in lines]
    # What it rests on is kept at signing off; closing compares the figures and the lines.
    rests_on = {} if as_signed else evidence(replace(scope, by=Cut.AUTHORITY), table, rows)
    # The table by area, because its sentence names the area and not its authorities.
    in_words = sentence(reach(period, by=Cut.AREA, as_of=on, areas=mine, definitions=definitions), now=now)
    return _Facts(returns.figures_kept(table), in_words, rows, rests_on)


def figures_now(signed: Return) -> Figures:
    """Return the whole area's figures by column, as they would be signed off today by the return's own definitions."""
    on = timezone.localdate(signed.signed_off_at)
    mine = Area.objects.filter(pk=signed.area_id)
    table = reach(_period_of(signed), by=Cut.AUTHORITY, as_of=on, areas=mine, definitions=signed.definitions)
    return returns.total_of(returns.figures_kept(table))
