"""What the planner is told stands with the role, so that every session has it."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from schools.core.planner import keep_planner_settings, planner_differences, planner_problems

pytestmark = pytest.mark.django_db(transaction=True)


def stored() -> set[str]:
    """What is kept with our role in this database; on SQLite, which plans by itself, as if all were."""
    if connection.vendor != "postgresql":
        return {"jit=off", "random_page_cost=1.1", "cursor_tuple_fraction=1"}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT unnest(setconfig) FROM pg_db_role_setting JOIN pg_database ON pg_database.oid = setdatabase"
            " WHERE datname = current_database() AND setrole = current_user::regrole"
        )
        return {line for (line,) in cursor.fetchall()}


def test_migrate_keeps_the_settings_that_count_for_a_socket() -> None:
    assert stored() == {"jit=off", "random_page_cost=1.1", "cursor_tuple_fraction=1"}
    assert (planner_differences(), planner_problems()) == ({}, [])


def test_the_command_says_what_differs_and_writes_it() -> None:
    said = StringIO()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('jit', 'on', false), set_config('random_page_cost', '4', false)")
        with pytest.raises(CommandError, match=r"“default” have jit on, random_page_cost 4\. Run manage"):
            call_command("planner_settings", stdout=said)
    call_command("planner_settings", "--write", stdout=said)
    assert said.getvalue().startswith("As they should be: jit off, random_page_cost 1.1, cursor_tuple_fraction 1, tcp_keepalives")
    keep_planner_settings(using="default")
    assert planner_differences() == {}
