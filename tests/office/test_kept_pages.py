"""Pages of reach that are looked at again: they ask little, say the same, and say something else once something has changed."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from schools import models
from schools.reach.triggers import let_older_changes_go
from tests import factories
from tests.reach.examples import worked_example

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _few_changes() -> None:
    """Those of earlier tests stay in their table, because it is no part of the models."""
    let_older_changes_go()


def look(client: Client, address: str) -> tuple[str, int]:
    """What the page says, without what differs from time to time, and how many queries it asked."""
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(f"/admin/reach/{address}")
    assert answer.status_code == 200
    text = re.sub(r'(name="csrfmiddlewaretoken" value|nonce)="[^"]*"', "", answer.content.decode())
    asking = [query["sql"] for query in captured if query["sql"].lstrip("( ").startswith(("SELECT", "WITH", "INSERT", "UPDATE"))]
    return re.sub(r"\d+:\d\d [ap]m|\d\d:\d\d", "", text), len(asking)


@pytest.mark.parametrize(
    ("address", "queries", "change"),
    [
        ("?period=2025/26&by=area", 10, "pupils"),
        ("pictures/?year=2025/26", 7, "pupils"),
        ("cold-spots/?year=2025/26", 7, "roll"),
        ("doubts/?year=2025/26", 15, "roll"),
    ],
)
def test_a_page_that_is_looked_at_again_asks_little_and_is_never_stale(
    client: Client, address: str, queries: int, change: str
) -> None:
    school = worked_example(area="Cumbria")
    models.Roll.objects.create(school=school, academic_year=2025, year_group=5, source="coordinator", pupils=90)
    client.force_login(factories.manager())
    first, _ = look(client, address)
    again, asked = look(client, address)
    assert again == first
    assert asked == queries
    models.School.objects.update(phone="01632 960000")
    assert look(client, address) == (first, queries)
    if change == "pupils":
        models.Headcount.objects.filter(session__day__month=3).delete()
        models.Headcount.objects.filter(year_group=5, pupils=58).update(pupils=61)
    else:
        models.Roll.objects.update(pupils=40)
    assert look(client, address)[0] != first


def test_files_are_counted_anew_whatever_is_kept(client: Client) -> None:
    worked_example(area="Cumbria")
    client.force_login(factories.manager())
    look(client, "?period=2025/26&by=area")
    asked = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            client.get("/admin/reach/csv/?period=2025/26&by=area").getvalue()
        asked.append(sum("schools_headcount" in query["sql"] for query in captured))
    assert asked[0] == asked[1] > 0
