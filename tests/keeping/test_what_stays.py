"""Whatever figures, ledgers and closed returns rest on is byte for byte as it was, however much a purge removes."""

from datetime import date, timedelta
from typing import Any

import pytest

from schools import models
from schools.erasing.registry import label_of, own_table, tables
from schools.keeping.actions import purge
from schools.keeping.periods import PERIODS
from schools.keeping.ways import NOTES_OF_COVER, NOTES_OF_SESSION, NOTES_OF_VISIT
from tests import factories
from tests.erasing.dumps import Rows, dump
from tests.keeping.things import NOW, THINGS

pytestmark = pytest.mark.django_db

WORDS = {*NOTES_OF_VISIT, *NOTES_OF_SESSION, *NOTES_OF_COVER, "access_notes", "by_role"}
"""Columns of rows that stay and lose their words."""

LOSES_WORDS_ALONE = {"Visit", "Session", "Cover", "School", "Site", "SchoolAgreement"}


def counted(rows: Rows) -> Rows:
    """The rows of all tables whose rows no period ends; of visits, sessions and covers without their notes."""
    ended = {name for period in PERIODS for name in period.tables} - LOSES_WORDS_ALONE | {"PurgeRun", "MessageAbout", "Erasure"}
    by_table = {model._meta.db_table: label_of(own_table(model)) for model in tables()}
    return {
        (table, key): {name: cell for name, cell in cells.items() if name not in WORDS}
        for (table, key), cells in rows.items()
        if table in by_table and by_table[table] not in ended
    }


def closed_return(session: models.Session, by: models.User) -> None:
    signed = models.Return.objects.create(
        area=factories.AreaFactory(), area_name="Cumberland", period="2015/16", first_day=date(2015, 8, 1),
        last_day=date(2016, 7, 31), sentence="In 2015/16 30 pupils were counted.", figures={"columns": [], "rows": []},
        definitions=1, renderer=1, digest="0" * 64, signed_off_at=NOW, signed_off_by=by,
    )  # fmt: skip
    models.ReturnRow.objects.create(of_return=signed, position=1, session=session, cells=["Oak", 30])


def test_what_is_counted_is_as_it_was_when_everything_else_has_gone() -> None:
    by = factories.manager()
    looks = [make(date(1940, 1, 1)) for make in THINGS.values()]
    session = factories.SessionFactory(day=date(2015, 11, 3), delivered=True, outcome_note="Pat Head was kind.")
    factories.HeadcountFactory(session=session, pupils=30)
    factories.CoverFactory(session=session, state="attended", override_note="Pat lives nearby.")
    closed_return(session, by)
    material = models.Material.objects.create(name="Leaflet")
    store = models.Store.objects.create(area=factories.AreaFactory(), name="Cupboard")
    models.Movement.objects.create(
        store=store, material=material, quantity=50, kind="received", day=date(2015, 9, 1), written_at=NOW, by=by, note="From Pat"
    )
    before = counted(dump())
    tables_before = {table for table, _ in before}
    assert {"schools_headcount", "schools_session", "schools_return", "schools_returnrow", "schools_movement"} <= tables_before
    purge(clock=lambda: NOW)
    assert not any(look() for look in looks)
    session.refresh_from_db()
    assert session.outcome_note == ""
    assert counted(dump()) == before


def test_notes_on_what_was_booked_and_never_was_go_once_that_is_long_enough_ago() -> None:
    visits: Any = models.Visit
    sessions: Any = models.Session
    covers: Any = models.Cover
    notes = {visits: "arrival_notes", sessions: "outcome_note", covers: "override_note"}
    for _ in range(2):
        session = factories.SessionFactory(visit__arrival_notes="Ask for Pat.", outcome_note="Pat Head was kind.")
        cover = factories.CoverFactory(session=session, state="withdrawn", override_note="Pat lives nearby.")
        for row in (cover, session, session.visit):
            row.delete()
    for table, note in notes.items():
        lines = table.history.order_by("history_id")
        lines.filter(id=lines[0].id).update(history_date=NOW - timedelta(days=6 * 366 + 1))
        assert lines.exclude(**{note: ""}).count() == 4, "each was written and deleted"
    purge(clock=lambda: NOW)
    for table, note in notes.items():
        kept = table.history.exclude(**{note: ""})
        assert kept.count() == 2, "of what was deleted lately"
        assert not kept.filter(id=table.history.order_by("history_id")[0].id).exists()
