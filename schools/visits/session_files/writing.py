"""Storing the sessions of a file: what is locked first, and the rows that are written."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import batched
from typing import Any

from django.db.models import Model

from schools.core.history import CREATED, record_history
from schools.directory.models import Site
from schools.directory.queries import NOWHERE, Place, places_on
from schools.programme.models import SessionType
from schools.visits.actions.locks import hold_off_closing
from schools.visits.models import CancelCode, Cover, Headcount, Session, SessionStage, Visit, VisitStage, WentAhead
from schools.visits.session_files.parse import SheetSession
from schools.visits.session_files.sites import site_of, sites_named
from schools.volunteers.models import Volunteer

ROWS = 500
"""How many rows one INSERT has: more rows cost time and memory on SQLite."""
AT_ONCE = 1000
"""How many visits one statement names."""


def places_of(sessions: Iterable[SheetSession]) -> dict[tuple[int, date], Place]:
    """Return the authority, area and region of every school of the sessions on the session's day."""
    return places_on({(school, session.day) for session in sessions for school in session.school_ids})


def lock(sessions: Iterable[SheetSession], *, on: date) -> None:
    """Lock the visits that are there, the people on sessions to come, all session types, and what keeps returns open.

    Only imports lock the session types, so one import runs at a time. With its visit locked, nobody changes the site of a day
    to which a session comes (rule 33).
    """
    references: set[str] = set()
    people: set[int] = set()
    school_days: set[tuple[int, date]] = set()
    for session in sessions:
        references.add(session.visit)
        school_days |= {(school, session.day) for school in session.school_ids}
        if session.day >= on:
            people |= {volunteer for volunteer, _, _ in session.covers}
    _lock_visits(references)
    list(Volunteer.objects.select_for_update().filter(pk__in=people).order_by("pk").values_list("pk"))
    list(SessionType.objects.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    hold_off_closing(school_days, on=on)


def _lock_visits(references: Iterable[str]) -> None:
    """Lock the visits of these references that there are, by their ids, as everybody does."""
    ids: list[int] = []
    for batch in batched(references, AT_ONCE):
        ids += Visit.objects.filter(reference__in=batch).order_by().values_list("pk", flat=True)
    for of_batch in batched(sorted(ids), AT_ONCE):
        visits = Visit.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=of_batch)
        list(visits.order_by("pk").values_list("pk"))


def made_visits(schools: dict[str, int], *, now: datetime) -> dict[str, int]:
    """Store a planned visit at the school, by its id, for each reference; return the ids of the visits by reference."""
    visits = (Visit(reference=reference, school_id=school, stage=VisitStage.PLANNED) for reference, school in schools.items())
    made = Visit.objects.bulk_create(visits, batch_size=ROWS)
    _record(Visit, made, now=now)
    return {visit.reference: visit.pk for visit in made}


def _record(model: Any, rows: Iterable[Model], *, now: datetime) -> None:
    """Write into their history that the rows were created, so that a later change shows what was there before."""
    record_history(model, [row.pk for row in rows], kind=CREATED, by_id=None, now=now, reason="import_sessions")


def store_batch(batch: Sequence[SheetSession], visits: dict[str, int], *, now: datetime) -> None:
    """Store these sessions with their counts and covers, in the visits by their references."""
    places = places_of(session for session in batch if session.stage == SessionStage.DELIVERED)
    named = sites_named(batch)
    made = Session.objects.bulk_create(
        (
            _session(
                session,
                visits[session.visit],
                places.get((session.school_id, session.day), NOWHERE),
                site_of(session, named),
            )
            for session in batch
        ),
        batch_size=ROWS,
    )
    pairs = list(zip(made, batch, strict=True))
    counts = Headcount.objects.bulk_create(
        (
            _headcount(row.pk, count, places.get((count[0], session.day), NOWHERE))
            for row, session in pairs
            for count in session.counts
        ),
        batch_size=ROWS,
    )
    covers = Cover.objects.bulk_create(
        (
            Cover(session_id=row.pk, volunteer_id=volunteer, role=role, state=state)
            for row, session in pairs
            for volunteer, role, state in session.covers
        ),
        batch_size=ROWS,
    )
    for model, rows in ((Session, made), (Headcount, counts), (Cover, covers)):
        _record(model, rows, now=now)


def _went_ahead(stage: str, code: str) -> str:
    if stage == SessionStage.DELIVERED:
        return WentAhead.YES
    return WentAhead.NO if code == CancelCode.NOT_HELD else ""


def _session(session: SheetSession, visit_id: int, place: Place, site: Site | None) -> Session:
    facts = session.facts
    code, note = facts.because
    return Session(
        visit_id=visit_id,
        type_id=session.type.pk,
        day=session.day,
        starts=session.starts,
        ends=session.ends,
        site=site,
        language=facts.language,
        stage=session.stage,
        went_ahead=_went_ahead(session.stage, code),
        adults=session.adults,
        count_basis=facts.count_basis,
        pupils_are=facts.pupils_are,
        cancelled_code=code,
        cancelled_note=note,
        authority_id=place.authority_id,
        area_id=place.area_id,
        region_id=place.region_id,
    )


def _headcount(session_id: int, count: tuple[int, int, int | None, int | None], place: Place) -> Headcount:
    school_id, group, expected, pupils = count
    return Headcount(
        session_id=session_id,
        school_id=school_id,
        year_group=group,
        expected=expected,
        pupils=pupils,
        authority_id=place.authority_id,
        area_id=place.area_id,
        region_id=place.region_id,
    )
