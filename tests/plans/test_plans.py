"""The pages that people open all day are led to their rows by indexes, with a database's statistics and without.

One row of everything is enough: each statement is planned again on tables that are taken to be as large as a national charity's
(sizes.py, sqlite_plans.py, postgresql_plans.py). What may read much is in `ALLOWED` (allowed.py), with the reason. Every other
page, job and kind of message is in test_every_plan.py.
"""

from urllib.parse import urlencode

import pytest
from django.db.models import Model
from django.urls import reverse

from schools.models import Contact, School, Visit, Volunteer
from tests.factories import CoverFactory
from tests.plans.planning import STATES, assert_led_by_indexes, planning
from tests.plans.sizes import national
from tests.plans.statements import Noted, Statement, client_of, open_page, open_pages
from tests.plans.worlds import as_nation, filled
from tests.test_audience import World, world

__all__ = ["as_nation", "filled", "world"]  # fixtures

PORTAL = (
    *("home", "open-list", "take", "calendar", "me", "week", "away", "profile", "observe"),
    *("morning", "give-back", "swap", "told"),
)
"""The pages that a volunteer opens."""

OFFICE = (
    *("admin:index", "admin:due", "admin:calendar", "admin:week-board", "admin:calls", "admin:book"),
    *("admin:school-detail", "admin:visit-detail", "admin:visit-day", "admin:session-detail", "admin:volunteer-detail"),
)
"""The pages on which a coordinator works."""


@pytest.mark.slow
def test_a_volunteers_pages_read_no_large_table_for_a_few_rows(filled: World) -> None:
    statements: Noted = {}
    open_pages(filled, "V", PORTAL, statements)
    assert_led_by_indexes(statements)


@pytest.mark.slow
def test_a_coordinators_pages_read_no_large_table_for_a_few_rows(filled: World) -> None:
    statements: Noted = {}
    open_pages(filled, "C", OFFICE, statements)
    assert_led_by_indexes(statements)


@pytest.mark.slow
@pytest.mark.usefixtures("as_nation")
def test_the_due_list_and_the_week_board_of_a_nation_read_no_large_table_for_each_row(filled: World) -> None:
    statements: Noted = {}
    open_pages(filled, "M", ("admin:due", "admin:week-board"), statements)
    client, due = client_of(filled, "M"), reverse("admin:due")
    for order in ("fifth", "priority"):
        assert open_page(client, "admin:due", f"{due}?show=all&sort={order}&turned=on", statements)
        assert open_page(client, "admin:due", f"{due}?sort={order}", statements)
    assert len([sql for sql in statements if "schools_session" in sql]) > 4, "the week has nothing in it"
    assert_led_by_indexes(statements)


@pytest.mark.slow
@pytest.mark.parametrize("model", [School, Volunteer, Contact, Visit])
def test_what_finds_anything_in_a_nation_reads_no_large_table_for_a_few_rows(model: type[Model], filled: World) -> None:
    statements: Noted = {}
    client, box, row = client_of(filled, "M"), reverse("admin:find-options"), filled.rows[model]
    word = str(getattr(row, "reference" if isinstance(row, Visit) else "name"))
    for typed in (word, word[:-1], word.replace("e", "ee", 1)):  # whole, half, and with a letter too many
        assert open_page(client, "admin:find-options", f"{box}?{urlencode({'q': typed})}", statements)
    assert any(f'FROM "{model._meta.db_table}"' in sql for sql in statements)
    assert_led_by_indexes(statements)


@pytest.mark.django_db
@pytest.mark.parametrize("are_known", STATES)
def test_a_condition_on_every_cover_is_noticed(*, are_known: bool) -> None:
    CoverFactory()  # a table without rows has no page
    sql = "SELECT c.id FROM schools_cover c WHERE EXISTS (SELECT 1 FROM schools_cover o WHERE o.session_id = c.session_id + 0)"
    by_index = "SELECT id FROM schools_cover WHERE volunteer_id = %s ORDER BY id"
    first_ten = "SELECT id, volunteer_id FROM schools_cover ORDER BY id DESC LIMIT 10"
    with planning(national(), are_known=are_known) as plan:
        much, _ = plan(Statement(sql, ()))
        assert {reading.table for reading in much} == {"schools_cover"}
        assert plan(Statement(by_index, (7,)))[0] == set()
        assert plan(Statement(first_ten, None))[0] == set()
