"""Page, CSV, workbook, JSON and the naive computation agree on made-up histories, through the doors that people use."""

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

import openpyxl
import pytest
import time_machine
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from schools import models
from schools.reach.actions import make_token
from schools.reach.rows import PLACE_CUTS, Cut
from tests import factories
from tests.profiles import examples
from tests.reach.histories import histories
from tests.reach.naive import Asked, History, Wanted
from tests.reach.stored import Country
from tests.reach.test_queries import names, of_kind, within_areas, without_cycle

KINDS = (Cut.TYPE, Cut.YEAR_GROUP, Cut.MONTH, Cut.SECTOR)
type Said = dict[str, Any]
"""What one form says of a row, by column; as text where the form is text."""


@contextmanager
def stored(history: History) -> Iterator[datetime]:
    """The history in the database, on the day of its report; nothing of it stays."""
    now = datetime.combine(history.as_of, time(12), UTC)
    cache.clear()
    with transaction.atomic(), time_machine.travel(now):
        Country(history)
        yield now
        transaction.set_rollback(True)


def reader(areas: set[str] | None) -> Client:
    """Somebody who reads all figures, or the coordinator of these areas."""
    mine = models.Area.objects.filter(name__in=areas or ())
    client = Client()
    client.force_login(factories.manager() if areas is None else factories.coordinator_of(*mine))
    return client


def of_page(client: Client, query: str) -> list[Said]:
    context = client.get(f"/admin/reach/?{query}&columns=all").context
    return [{cell.figure: cell.text for cell in line.cells} for line in [*context["lines"], context["total_line"]]]


def of_csv(client: Client, query: str) -> list[Said]:
    text = client.get(f"/admin/reach/csv/?{query}").getvalue().decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text, newline="")))


def of_workbook(client: Client, query: str) -> list[Said]:
    content = client.get(f"/admin/reach/xlsx/?{query}").getvalue()
    header, *rows = openpyxl.load_workbook(BytesIO(content))["Reach"].iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


def of_json(areas: set[str] | None, query: str, *, now: datetime) -> list[Said]:
    mine = [] if areas is None else list(models.Area.objects.filter(name__in=areas))
    _, secret = make_token("Website", areas=mine, everywhere=areas is None, by=factories.manager(), now=now)
    answer = json.loads(Client().get(f"/api/reach/?{query}", headers={"Authorization": f"Bearer {secret}"}).content)
    return [*answer["rows"], answer["total"]]


def as_page(column: str, value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,} %" if column.endswith("percent") else f"{value:,}"


def as_csv(value: object) -> str:
    if value is None:
        return ""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def as_number(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else value


@pytest.mark.exhaustive
@pytest.mark.django_db
@settings(deadline=None, max_examples=examples(10))
@given(
    history=histories(),
    cut=st.sampled_from((*PLACE_CUTS, *KINDS)),
    within=st.sampled_from((None, Cut.AREA)),
    areas=st.sampled_from((None, {"Valley"}, {"Valley", "Coast"})),
)
def test_every_form_says_what_the_naive_computation_says(
    history: History, cut: Cut, within: Cut | None, areas: set[str] | None
) -> None:
    within = None if cut.is_place else within
    with stored(history) as now:
        all_forms_agree(history, cut, within, areas, now=now)


def all_forms_agree(history: History, cut: Cut, within: Cut | None, areas: set[str] | None, *, now: datetime) -> None:
    """Assert that page, CSV, workbook and JSON say of the stored history what the naive computation says of it."""
    query = f"period={history.first_day}..{history.last_day}&by={cut}&within={within or ''}"
    client = reader(areas)
    page, text, sheet = of_page(client, query), of_csv(client, query), of_workbook(client, query)
    said = of_json(areas, query, now=now)
    assert len(page) == len(text) == len(sheet) == len(said)
    inside = within_areas(areas)
    for row, on_page, in_csv, in_sheet in zip(said, page, text, sheet, strict=True):
        place = tuple(row[name] for name in ("nation", "region", "area", "authority", "authority_gss"))

        def wanted(spot: Any, nation: str, place: Any = place) -> bool:
            return inside(spot, nation) and ((within or cut) not in PLACE_CUTS or names(within or cut, spot, nation) == place)

        is_total = row["cell"] == "total"
        of_row: Wanted = inside if is_total else wanted
        kind = Asked() if cut.is_place or is_total else of_kind(Asked(), cut, row["kind"])
        expected = history.row(of_row, kind) | (without_cycle() if kind != Asked() else {})
        assert {column: row[column] for column in expected} == {column: as_number(value) for column, value in expected.items()}
        assert {column: in_sheet[column] for column in expected} == {
            column: as_number(value) for column, value in expected.items()
        }
        assert {column: in_csv[column] for column in expected} == {column: as_csv(value) for column, value in expected.items()}
        on_page_expected = {column: as_page(column, expected[column]) for column in on_page}
        on_page_expected["pupils_reached_high"] += " and more" if expected["high_is_open"] else ""
        assert on_page == on_page_expected
