"""Twenty colleagues of one school confirm at the same moment, in real processes: one visit, and nobody is lost."""

from typing import Any

import pytest

from schools import models
from tests.factories import manager
from tests.processes import together
from tests.school_portal.asking import NOW, a_school
from tests.school_portal.asking_at_once import ask_in_turn, confirm_in_turn

pytestmark = pytest.mark.django_db(transaction=True)

COLLEAGUES = 20


def requests_at(school: models.School) -> list[int]:
    person: dict[str, Any] = {"name": "Pat", "role": "head", "asked_at": NOW, "school": school}
    rows = [models.VisitRequest(email=f"pat{number}@fern.example.org", **person) for number in range(COLLEAGUES)]
    return [row.pk for row in models.VisitRequest.objects.bulk_create(rows)]


def test_of_twenty_who_confirm_at_once_one_makes_the_visit_and_the_others_join_it() -> None:
    manager()
    old, new = a_school(), a_school(name="Fern Academy")
    models.School.objects.filter(pk__in=[old.pk, new.pk]).update(chain=old.pk, lineage=old.pk)
    by_number = [requests_at(old), requests_at(new)]
    halves = [by_number[number % 2][number] for number in range(COLLEAGUES)]  # ten under each register number
    states = together(confirm_in_turn, [([pk],) for pk in halves])
    assert sorted(state for [state] in states) == ["done", *["waits"] * (COLLEAGUES - 1)]
    visit = models.Visit.objects.get()
    assert visit.stage == "requested"
    assert models.VisitRequest.objects.filter(visit=visit).count() == COLLEAGUES


def test_one_who_presses_twenty_times_at_once_asks_once() -> None:
    manager()
    first = requests_at(a_school())[0]
    assert together(confirm_in_turn, [([first],)] * COLLEAGUES) == [["done"]] * COLLEAGUES
    assert models.Visit.objects.count() == 1


def test_one_whose_school_is_in_no_register_and_who_presses_twenty_times_at_once_asks_once() -> None:
    ids = together(ask_in_turn, [([1],)] * COLLEAGUES)
    assert len({pk for [pk] in ids}) == 1
    assert models.VisitRequest.objects.count() == 1
    assert models.OutboxMessage.objects.count() == 1
