"""Several questions in one: every answer comes back under its kind, as it stands in the table, on either database."""

from typing import Any

import pytest
from django.db import connection
from django.db.models import Count

from schools.core.batched_queries import all_columns, named_query, run_batch
from schools.directory.models import School
from schools.materials.models import Material
from tests.factories import AreaFactory
from tests.materials.stores import a_material
from tests.portal.pages import school_in

pytestmark = pytest.mark.django_db


def test_answers_come_by_kind_in_one_query(django_assert_num_queries: Any) -> None:
    area = AreaFactory()
    for name in ("Ash", "Birch", "Birch"):
        school_in(area, name=name)
    sticker = a_material("Sticker “round”", reorder_level=7)
    # As on a connection that was opened just now.
    vars(connection.features).pop("supports_json_field", None)
    with django_assert_num_queries(1):
        answers = run_batch(
            named_query("school", School.objects.all(), name="name", opened="opened", postcode="postcode"),
            named_query("namesakes", School.objects.order_by().values("name"), name="name", number=Count("pk")),
            named_query("material", Material.objects.all(), **all_columns(Material)),
        )
    assert sorted(one["name"] for one in answers["school"]) == ["Ash", "Birch", "Birch"]
    assert {one["opened"] for one in answers["school"]} == {None}
    assert {one["name"]: one["number"] for one in answers["namesakes"]} == {"Ash": 1, "Birch": 2}
    [fact] = answers["material"]
    made = Material(**fact)
    assert (made, str(made), made.reorder_level, made.lead_days) == (sticker, "Sticker “round”", 7, None)
    assert answers["nobody asked this"] == []
