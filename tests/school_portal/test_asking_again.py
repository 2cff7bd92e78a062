"""Links that lead to no visit any more: each page says what is true, and leads to where one asks for another while one can."""

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from schools import models
from tests.school_portal.asking import open_the_door, shut_the_door
from tests.school_portal.every_page import DEAD, DEAD_STATES, NOW, every_page, every_state
from tests.school_portal.visits import AFTER, BEFORE, a_guest, a_visit, path_of

pytestmark = pytest.mark.django_db

WAY = 'href="/ask/'
LEAD_ON = {"cancelled", "held", "dates lapsed", "contact too late to confirm", DEAD, *DEAD_STATES}
"""The pages of links that came to nothing, or whose visit is behind us."""
STAY = {"visit", "guest", "today", "dates", "dates to move", "dates none", "dates wished", "dates moved", "contact to confirm"}
"""Some of those that lead to something still."""


@pytest.mark.slow
def test_each_link_that_leads_to_no_visit_leads_to_asking_for_one_and_no_other_does() -> None:
    with time_machine.travel(NOW, tick=False):
        paths = {**every_page(), **every_state()}
        leads_on = {name for name in LEAD_ON | STAY if WAY in Client().get(paths[name]).content.decode()}
        assert leads_on == LEAD_ON


@pytest.mark.slow
@pytest.mark.parametrize("text", ["privacy", "accessibility"])
def test_no_link_leads_to_asking_until_both_public_texts_stand(text: str) -> None:
    with time_machine.travel(NOW, tick=False):
        paths = {**every_page(), **every_state()}
        shut_the_door(text)
        assert [name for name in LEAD_ON if WAY in Client().get(paths[name]).content.decode()] == []


@pytest.mark.slow
def test_a_link_that_leads_on_asks_at_most_eight_questions() -> None:
    with time_machine.travel(NOW, tick=False):
        paths, asked = {**every_page(), **every_state()}, dict[str, int]()
        for name in LEAD_ON:
            with CaptureQueriesContext(connection) as queries:
                Client().get(paths[name])
            asked[name] = len(queries)
    assert {name: number for name, number in asked.items() if number > 8} == {}


def test_a_visit_that_is_over_leads_host_and_guest_to_asking_for_their_own_school() -> None:
    visit = a_visit()
    guest = a_guest(visit)
    open_the_door()
    for school in (visit.school, guest):
        with time_machine.travel(BEFORE, tick=False):
            path = path_of(visit, school)
            assert WAY not in Client().get(path).content.decode()
        with time_machine.travel(AFTER, tick=False):
            page = Client().get(path).content.decode()
            assert "This visit is over" in page
            assert f'href="{reverse("ask-school", args=[school.pk])}"' in page


def test_where_we_never_signed_a_link_the_page_is_the_same_whatever_it_names() -> None:
    with time_machine.travel(BEFORE, tick=False):
        visit = a_visit()
        path = path_of(visit)
        open_the_door()
        access = models.SchoolAccess.objects.get()
        forged = [f"{access.pk}.{visit.pk}-{visit.school_id}", f"{access.pk}.987654-987654", "987654.987654-987654"]
        paths = [reverse("school-visit", args=[f"{facts}.{'a' * 28}"]) for facts in forged]
        paths.append(reverse("school-contact-confirm", args=["nonsense"]))
        pages = [Client().get(each) for each in paths]
        assert {page.status_code for page in pages} == {404}
        assert len({page.content for page in pages}) == 1
        models.Contact.objects.update(school=a_visit().school)
        for page in (pages[0], Client().get(path)):
            assert 'href="/ask/"' in page.content.decode(), "It names no school."
