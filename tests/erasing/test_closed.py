"""What was closed or published keeps its bytes when somebody is erased whom it names."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from schools import models
from schools.erasing.actions import erase, preview_erasure
from tests import factories
from tests.erasing.dumps import dump

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
NAME = "Marguerite Quill"
DAYS = {"first_day": date(2025, 8, 1), "last_day": date(2026, 7, 31)}
TABLES = {"schools_return", "schools_returnrow", "schools_publication"}


def closed_and_published(session: models.Session, by: models.User) -> None:
    """A return and a publication with the name in every column that holds text or JSON."""
    cells: Any = {"cells": [NAME, {"quill@example.org": f"{NAME}, presenter"}]}
    signed = models.Return.objects.create(
        area=factories.AreaFactory(), area_name=f"Place of {NAME}", period=NAME, sentence=f"{NAME} told 30 pupils.",
        figures={"columns": [NAME], "rows": [[NAME]]}, evidence=cells, live=cells, definitions=1, renderer=1, digest="0" * 64,
        signed_off_at=NOW, signed_off_by=by, **DAYS,
    )  # fmt: skip
    models.ReturnRow.objects.create(of_return=signed, position=1, session=session, cells=cells["cells"])
    models.Publication.objects.create(
        period="2025/26", outcomes_missing=0, counts=cells, definitions=1, renderer=1, digest="0" * 64, published_at=NOW,
        published_by=by, **DAYS,
    )  # fmt: skip


def test_closed_returns_and_publications_keep_their_bytes_and_the_sheet_counts_them() -> None:
    manager = factories.manager(name="Bea Manager")
    volunteer = factories.VolunteerFactory(name=NAME, email="quill@example.org", status="left", left=date(2026, 11, 1))
    session = factories.SessionFactory(outcome_note=f"{NAME} was kind.")
    factories.CoverFactory(session=session, volunteer=volunteer, state="attended")
    closed_and_published(session, manager)
    before = {at: row for at, row in dump().items() if at[0] in TABLES}
    assert {table for table, _ in before} == TABLES
    assert [place.table for place in preview_erasure(volunteer).to_decide] == ["session"]
    sheet = erase(volunteer, by=manager, now=NOW).sheet
    assert {at: row for at, row in dump().items() if at[0] in TABLES} == before
    assert dict(sheet["closed"]) == {"returns": 1, "return rows": 1, "publications": 1}
    session.refresh_from_db()
    assert session.outcome_note == f"Former volunteer {volunteer.reference} was kind."
