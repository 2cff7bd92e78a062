"""What was chosen on a page that was left open may be gone: each box says so in our words, and what else was typed stays."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils.translation import trans_real
from pytest_django.fixtures import Settings

from schools import models
from tests.portal.test_translations import Marked, unmarked
from tests.school_portal import changing
from tests.school_portal.asking import NOW, a_school, asks, asks_from_poster, open_the_door, text
from tests.school_portal.visits import AFTER, a_visit, path_of, sent, took_place

pytestmark = pytest.mark.django_db

GONE: dict[str, Any] = {"term": "spring-2026", "year_groups": ["5", "14"], "half_days": ["0-morning", "6-morning"]}


@pytest.fixture(autouse=True)
def _morning() -> Iterator[None]:
    open_the_door()
    with time_machine.travel(NOW, tick=False):
        yield


def test_a_form_that_was_left_open_over_the_end_of_a_term_says_what_to_choose_again_and_what_was_typed_stays() -> None:
    school = a_school()
    for shown in (text(asks(school, **GONE)), text(asks(None, **GONE)), text(asks_from_poster("Fern", **GONE))):
        assert "that term can no longer be chosen. Choose again, or leave it at “Any time”." in shown
        assert "For which year groups: not all of these can be chosen any more. Tick them again." in shown
        assert "Which half-days suit you: not all of these can be chosen any more. Tick them again." in shown
        assert "Select a valid choice" not in shown
        assert "The hall is being painted in January." in shown
        assert 'value="0-morning" id="id_half_days_0" checked' in shown.replace(' aria-invalid="true"', "")
    assert not models.VisitRequest.objects.exists()


def test_half_a_day_or_an_answer_that_a_page_does_not_have_is_asked_for_in_our_words() -> None:
    path = changing.change_path(changing.a_far_visit())
    for part in ("night", ""):
        wish = {"why": "staff", "given_by": "Jo Bloggs", "day_1": "2026-12-15", "part_1": part, "note": "The hall is wet."}
        shown = text(Client().post(path, {**changing.boxes(path, "move"), **wish}))
        assert "When that day: choose in the morning or in the afternoon." in shown
        assert "The hall is wet." in shown
    visit = a_visit()
    took_place(visit)
    with time_machine.travel(AFTER, tick=False):
        shown = text(sent(path_of(visit), do="questions", again="perhaps", comment="The hall was wet."))
    assert "Would you have us again? Choose one of the answers on this page." in shown
    assert "The hall was wet." in shown


def test_these_words_are_translated(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.LANGUAGES = [("en-gb", "Ελ"), ("cy", "Ου")]
    monkeypatch.setitem(trans_real._translations, "cy", Marked())  # type: ignore[attr-defined]  # Django keeps them there
    ours = {"name": "Πατ", "role": "Α", "email": "", "phone": "", "note": "Εδώ"}
    shown = text(asks(a_school(name="Σχολείο", postcode=""), Client(headers={"accept-language": "cy"}), **ours, **GONE))
    assert unmarked(shown) == []
