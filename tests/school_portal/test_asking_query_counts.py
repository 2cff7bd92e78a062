"""Each page of asking for a visit asks at most eight questions, however many schools and visits there are."""

from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from schools import models
from tests.factories import HeadcountFactory, SessionFactory, VisitFactory
from tests.school_portal.asking import NOW, a_school, asked_and_confirmed, asks, link_in_mail, open_the_door

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

QUERIES = {
    "find": 2, "found": 4, "misspelt": 4, "form": 3, "unlisted": 3,
    "sent": 2, "to confirm": 3, "a stranger's": 3, "planned": 5, "not due": 8,
}  # fmt: skip
WORDS = {"found": "Fern", "misspelt": "Fernn"}
"""What somebody sends who has not typed who they are yet."""


@pytest.mark.parametrize("page", QUERIES)
def test_a_page_costs_the_same_of_little_and_of_much(page: str, django_assert_num_queries: Any) -> None:
    open_the_door()
    for how_much in (1, 4):
        with time_machine.travel(NOW, tick=False):
            path, words = path_to(page, how_much), WORDS.get(page)
            with django_assert_num_queries(QUERIES[page]):
                answer = Client().post(path, {"words": words}) if words else Client().get(path)
            assert answer.status_code == 200
    assert QUERIES[page] <= 8


def path_to(page: str, how_much: int) -> str:
    for _ in range(how_much):
        school = a_school(name=f"Fern {page} {how_much}")
        for number in range(how_much):
            HeadcountFactory(session=SessionFactory(visit__school=school, day=NOW.date().replace(month=3), delivered=True))
            models.Contact.objects.create(school=school, name="P", email=f"{number}@fern.example.org")
    models.School.objects.filter(name=school.name).update(chain=school.pk, lineage=school.pk)
    public = {
        "find": reverse("ask"),
        "found": reverse("ask-area", args=[models.Area.objects.order_by("pk")[0].pk]),
        "misspelt": reverse("ask"),
        "form": reverse("ask-school", args=[school.pk]),
        "unlisted": f"{reverse('ask-unlisted')}?area={models.Area.objects.order_by('pk')[0].pk}",
        "sent": reverse("ask-sent"),
    }
    if page in public:
        return public[page]
    if page == "planned":
        VisitFactory(school=school, stage="planned")
    email = "who@else.example.org" if page == "a stranger's" else "0@fern.example.org"
    if page == "to confirm":
        asks(school, email=f"{how_much}@fern.example.org")
        return link_in_mail()
    return asked_and_confirmed(school, email=email)
