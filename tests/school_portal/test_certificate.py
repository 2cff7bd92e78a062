"""A certificate of what took place, for a school to print: it names nobody and writes nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils.html import strip_tags
from django.utils.translation import trans_real
from pytest_django.fixtures import Settings

from schools import models
from tests.factories import SessionFactory
from tests.portal.test_translations import Marked, unmarked
from tests.school_portal.visits import AFTER, a_guest, a_parents_workshop, a_visit, every_row, path_of, took_place

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _after() -> Iterator[None]:
    with time_machine.travel(AFTER, tick=False):
        yield


def text(path: str, status: int = 200, **headers: str) -> str:
    answer = Client(headers=headers).get(path)
    assert answer.status_code == status
    return " ".join(answer.content.decode().split())


def test_the_page_of_a_visit_that_took_place_leads_to_what_the_school_can_hang_up() -> None:
    visit = a_visit()
    guest = a_guest(visit)
    path, guests_path = path_of(visit), path_of(visit, guest)
    assert f"{path}certificate/" not in text(path)
    assert "There is a certificate once the visit has taken place" in text(f"{path}certificate/")
    took_place(visit)
    assert f'href="{path}certificate/"' in text(path)
    before = every_row()
    shown = text(f"{path}certificate/")
    for words in ("Fern Primary", "Thu 26 November 2026: KS2 assembly", "Back"):
        assert words in shown
    for name in ("Asha", "Ben", "28"):
        assert name not in strip_tags(shown), "addresses hold secrets, in which any two figures may stand"
    guests = text(f"{guests_path}certificate/")
    assert "As guests of Fern Primary" in guests
    assert "workshop" not in guests.lower()
    assert every_row() == before
    assert Client().post(f"{path}certificate/").status_code == 405
    assert "cut off on its way" in text("/school/nonsense/certificate/", 404)


def test_a_guest_of_which_nobody_came_is_thanked_for_nothing_and_has_no_certificate() -> None:
    visit = a_visit()
    guest = a_guest(visit)
    path = path_of(visit, guest)
    took_place(visit, pupils=12)
    assert "<h1> Thank you for having come </h1>" in text(path)
    assert "Five questions" in text(path)
    models.Headcount.objects.filter(school=guest).update(pupils=0)
    shown = text(path)
    assert "<h1> This visit is over </h1>" in shown
    assert "How many of your pupils were there" in shown, "it may know better"
    for words in ("Thank you for having", "Five questions", "A certificate to print"):
        assert words not in shown
    assert "There is a certificate once" in text(f"{path}certificate/")
    assert "Thank you for having had us" in text(path_of(visit))


def test_where_only_adults_came_it_says_nothing_of_what_children_learn() -> None:
    visit = a_parents_workshop()
    took_place(visit)
    shown = text(f"{path_of(visit)}certificate/")
    assert "took part in these sessions of Speakout for adults:" in shown
    assert "children learn" not in shown
    both = a_visit()
    SessionFactory(visit=both, type=models.SessionType.objects.get(slug="parents"))
    took_place(both)
    assert "in which children learn" in text(f"{path_of(both)}certificate/")


def test_it_is_in_the_browsers_language(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.LANGUAGES = [("en-gb", "Ελ"), ("cy", "Ου")]
    monkeypatch.setitem(trans_real._translations, "cy", Marked())  # type: ignore[attr-defined]  # Django keeps them there
    models.SessionType.objects.update(name="Τύπος", name_p="")
    visit = a_visit()
    models.School.objects.update(name="Σχολείο")
    welsh: dict[str, Any] = {"accept-language": "cy"}
    assert unmarked(text(f"{path_of(visit)}certificate/", **welsh)) == []
    took_place(visit)
    assert unmarked(text(f"{path_of(visit)}certificate/", **welsh)) == []
    models.SessionType.objects.filter(sessions__visit=visit).update(
        audience="adults", lowest_year_group=None, highest_year_group=None
    )
    assert unmarked(text(f"{path_of(visit)}certificate/", **welsh)) == []
