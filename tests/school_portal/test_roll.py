"""A school corrects how many are on roll: that stands beside what the office has, until it is taken with one click."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils.translation import trans_real
from pytest_django.fixtures import Settings

from schools import models
from schools.core.errors import RuleBroken
from schools.directory.actions import correct_roll
from schools.visits.actions.taking_answers import take_answers, undo_answers
from tests.factories import SessionFactory, manager
from tests.portal.test_translations import Marked, unmarked
from tests.school_portal.taking import all_waiting, as_read, office_of, press, to_press
from tests.school_portal.visits import AFTER, BEFORE, a_guest, a_visit, every_row, path_of, sent, took_place

pytestmark = pytest.mark.django_db

GROUP = "roll-5"
YEAR = 2026


@pytest.fixture(autouse=True)
def _two_days_before() -> Iterator[None]:
    with time_machine.travel(BEFORE, tick=False):
        yield


@pytest.fixture
def visit() -> models.Visit:
    made = a_visit()
    models.Roll.objects.create(school=made.school, academic_year=YEAR, year_group=5, pupils=28, source="register")
    return made


def path(visit: models.Visit, school: models.School | None = None) -> str:
    return f"{path_of(visit, school)}roll/"


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status
    words: str = " ".join(answer.content.decode().split())
    return words


def boxes(address: str) -> dict[str, str]:
    """What a browser would send of the page that nobody has touched."""
    form = Client().get(address).context["form"]
    return {**{field.html_name: str(field.value() or "") for field in form}, **dict(form.shown), "do": "roll"}


def sends(address: str, by: str = "Pat Head", **typed: str) -> Any:
    return Client().post(address, {**boxes(address), "given_by": by, **typed})


def rolls(school: models.School) -> set[tuple[int, int, int, str]]:
    return set(models.Roll.objects.filter(school=school).values_list("academic_year", "year_group", "pupils", "source"))


REGISTER = (YEAR, 5, 28, "register")


def test_what_the_school_says_stands_beside_ours_until_it_is_taken_with_one_click(visit: models.Visit) -> None:
    assert f'href="{path(visit)}"' in Client().get(path_of(visit)).content.decode()
    assert boxes(path(visit))[GROUP] == "28"
    before = every_row()
    assert {method(path(visit)).status_code for method in (Client().get, Client().head)} == {200}
    assert every_row() == before
    assert sends(path(visit), **{GROUP: "31"}).status_code == 302
    assert rolls(visit.school) == {REGISTER}
    answer = models.SchoolAnswer.objects.get()
    assert (answer.item, answer.year_group, answer.session, answer.words, answer.state) == ("roll", 5, None, "31", "open")
    assert boxes(path(visit))[GROUP] == "31", "the school sees its own number"
    office = Client()
    assert visit.coordinator
    office.force_login(visit.coordinator)
    address = reverse("admin:visit-detail", args=[visit.pk])
    page = text(office.get(address))
    assert "How many are on roll, Year 5" in page
    assert office.post(address, {"do": "take", "answer": to_press(answer)}).status_code == 302
    assert rolls(visit.school) == {REGISTER, (YEAR, 5, 31, "coordinator")}
    assert office.post(address, {"do": "undo-take", "answer": to_press(answer)}).status_code == 302
    assert rolls(visit.school) == {REGISTER}


def test_a_number_that_a_coordinator_typed_comes_back_and_what_was_changed_since_stays(visit: models.Visit) -> None:
    by, school = visit.coordinator, visit.school
    assert by
    correct_roll(school.pk, academic_year=YEAR, year_group=5, pupils=29)
    sends(path(visit), **{GROUP: "31"})
    (taken,) = take_answers(visit, all_waiting(visit), by=by, now=BEFORE)
    undo_answers(visit, as_read(taken), by=by, now=BEFORE)
    assert (YEAR, 5, 29, "coordinator") in rolls(school)
    (taken,) = take_answers(visit, all_waiting(visit), by=by, now=BEFORE)
    correct_roll(school.pk, academic_year=YEAR, year_group=5, pupils=33)
    with pytest.raises(RuleBroken, match="was changed since it was taken"):
        undo_answers(visit, as_read(taken), by=by, now=BEFORE)
    assert (YEAR, 5, 33, "coordinator") in rolls(school)


def test_a_number_of_the_year_from_which_the_visit_was_moved_is_written_into_that_year_alone(visit: models.Visit) -> None:
    by = visit.coordinator
    assert by
    sends(path(visit), **{GROUP: "31"})
    visit.sessions.update(day=date(YEAR + 1, 11, 2))
    sends(path(visit), **{GROUP: "27"})
    taken = take_answers(visit, all_waiting(visit), by=by, now=BEFORE)
    assert rolls(visit.school) == {REGISTER, (YEAR, 5, 31, "coordinator"), (YEAR + 1, 5, 27, "coordinator")}
    undo_answers(visit, as_read(*taken), by=by, now=BEFORE)
    assert rolls(visit.school) == {REGISTER}


def test_each_number_stands_beside_ours_of_the_year_for_which_it_was_named(visit: models.Visit) -> None:
    correct_roll(visit.school.pk, academic_year=YEAR + 1, year_group=5, pupils=99)
    sends(path(visit), **{GROUP: "31"})
    visit.sessions.update(day=date(YEAR + 1, 11, 2))
    sends(path(visit), **{GROUP: "97"})
    page = office_of(visit).get(reverse("admin:visit-detail", args=[visit.pk]))
    lines = page.context["school_said"]
    assert [(line.about[-7:], line.ours, line.theirs) for line in lines] == [("2026/27", "28", "31"), ("2027/28", "99", "97")]
    assert press(office_of(visit), visit, "take-all") == 302
    assert rolls(visit.school) == {REGISTER, (YEAR, 5, 31, "coordinator"), (YEAR + 1, 5, 97, "coordinator")}


def test_a_session_with_a_mistyped_day_that_was_removed_stands_in_the_way_of_no_roll(visit: models.Visit) -> None:
    by = visit.coordinator
    assert by
    kind = models.SessionType.objects.get(slug="workshop-2")
    SessionFactory(visit=visit, day=date(YEAR - 1, 11, 24), type=kind).delete()
    sends(path(visit), **{GROUP: "31"})
    take_answers(visit, all_waiting(visit), by=by, now=BEFORE)
    assert (YEAR, 5, 31, "coordinator") in rolls(visit.school)


def test_where_part_was_cancelled_or_is_over_the_year_is_that_of_what_is_to_come(visit: models.Visit) -> None:
    by = visit.coordinator
    assert by
    agreed = {"academic_year": YEAR - 1, "accepted_on": date(YEAR, 1, 7), "by_role": "head teacher"}
    models.SchoolAgreement.objects.create(school=visit.school, **agreed)
    SessionFactory(visit=visit, day=date(YEAR, 7, 2), cancelled=True)
    in_june = datetime(YEAR, 6, 25, 9, tzinfo=UTC)
    box = "Our school agrees that the sessions take place in"
    with time_machine.travel(in_june, tick=False):
        assert f"{box} 2026/27" in text(Client().get(path_of(visit)))
        assert Client().get(path(visit)).context["page"].year.start == YEAR
        july = SessionFactory(visit=visit, day=date(YEAR, 7, 9))
        assert box not in text(Client().get(path_of(visit)))
        assert Client().get(path(visit)).context["page"].year.start == YEAR - 1
    visit.sessions.filter(pk=july.pk).update(stage="delivered", went_ahead="yes")
    assert f"{box} 2026/27" in text(Client().get(path_of(visit)))
    sends(path(visit), **{GROUP: "31"})
    sent(path_of(visit), agrees="on", role="head teacher")
    take_answers(visit, all_waiting(visit), by=by, now=BEFORE)
    assert rolls(visit.school) == {REGISTER, (YEAR, 5, 31, "coordinator")}
    assert set(visit.school.agreements.values_list("academic_year", flat=True)) == {YEAR - 1, YEAR}


def test_a_guest_of_a_visit_that_is_off_reads_that_it_is(visit: models.Visit) -> None:
    guest = a_guest(visit)
    models.Visit.objects.filter(pk=visit.pk).update(stage="cancelled", cancelled_code="volunteers")
    for page in (
        path(visit, guest),
        *(f"{path_of(visit, guest)}{part}/" for part in ("site", "contact")),
        f"{path_of(visit)}contact/",
    ):
        shown = text(Client().get(page))
        assert "This visit was cancelled, so there is nothing to prepare." in shown
        assert "There is nothing to change here: phone us" not in shown


def test_a_guest_whose_pupils_come_in_another_school_year_than_the_visit_reads_the_year_in_which_it_is_stored(
    visit: models.Visit,
) -> None:
    by, guest = visit.coordinator, a_guest(visit)
    assert by
    own = visit.sessions.get(headcounts__school=guest)
    visit.sessions.filter(pk=own.pk).update(day=date(YEAR + 1, 10, 5))
    page = text(Client().get(path_of(visit, guest)))
    assert "Our school agrees that the sessions take place in 2026/27" in page
    assert "we reckon in 2026/27" in text(Client().get(path(visit, guest)))
    assert sends(path(visit, guest), by="Gus Guest", **{GROUP: "9"}).status_code == 302
    sent(path_of(visit, guest), agrees="on", role="head teacher")
    take_answers(visit, all_waiting(visit), by=by, now=BEFORE)
    assert rolls(guest) == {(YEAR, 5, 9, "coordinator")}
    assert guest.agreements.get().academic_year == YEAR


def test_other_years_stay_and_what_a_signed_off_return_rests_on_only_a_manager_takes(visit: models.Visit) -> None:
    by = visit.coordinator
    assert by
    models.Roll.objects.create(school=visit.school, academic_year=YEAR - 1, year_group=5, pupils=20, source="coordinator")
    area = models.Area.objects.get()
    models.ClosedPeriod.objects.create(area=area, first_day=date(2026, 9, 1), last_day=date(2026, 9, 30))
    sends(path(visit), **{GROUP: "31"})
    with pytest.raises(RuleBroken, match="is signed off"):
        take_answers(visit, all_waiting(visit), by=by, now=BEFORE)
    assert models.SchoolAnswer.objects.get().state == "open", "it waits"
    take_answers(visit, all_waiting(visit), by=manager(), now=BEFORE)
    assert (YEAR - 1, 5, 20, "coordinator") in rolls(visit.school)
    assert (YEAR, 5, 31, "coordinator") in rolls(visit.school)


def test_a_guest_corrects_its_own_and_nobody_overwrites_what_a_colleague_said(visit: models.Visit) -> None:
    guest = a_guest(visit)
    sends(path(visit, guest), by="Gus Guest", **{GROUP: "9"})
    assert models.SchoolAnswer.objects.get().school == guest
    stale = boxes(path(visit))
    sends(path(visit), by="Sam", **{GROUP: "30"})
    answer = Client().post(path(visit), {**stale, GROUP: "31", "given_by": "Pat Head"})
    shown = text(answer, 409)
    assert "Sam has said “30” meanwhile" in shown
    assert 'value="31"' in shown, "what they typed stays"
    again = {**stale, **dict(answer.context["form"].shown), GROUP: "31", "given_by": "Pat Head"}
    assert Client().post(path(visit), again).status_code == 302
    assert models.SchoolAnswer.objects.get(school=visit.school).words == "31"


def test_nonsense_is_refused_an_empty_box_says_nothing_and_late_there_is_nothing_to_correct(visit: models.Visit) -> None:
    for nonsense in ("x", "-1", "99999"):
        assert "give a whole number from 0" in text(sends(path(visit), **{GROUP: nonsense}))
    assert "Your name: say who you are" in text(sends(path(visit), by="", **{GROUP: "31"}))
    assert sends(path(visit), **{GROUP: ""}).status_code == 302
    assert not models.SchoolAnswer.objects.exists()
    typed = {**boxes(path(visit)), GROUP: "31", "given_by": "Pat Head"}
    took_place(visit)
    with time_machine.travel(AFTER, tick=False):
        assert "This visit is over, so there is nothing to prepare any more." in text(Client().get(path(visit)))
        assert "This visit is over" in text(Client().post(path(visit), typed), 409)
    assert not models.SchoolAnswer.objects.exists()


def test_the_page_costs_the_same_of_little_and_of_much_and_is_in_the_browsers_language(
    visit: models.Visit, settings: Settings, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    address = path(visit)
    with django_assert_num_queries(7):
        Client().get(address)
    for year in (YEAR, YEAR - 1):
        for group in (3, 4):
            models.Roll.objects.create(school=visit.school, academic_year=year, year_group=group, pupils=20, source="list")
    sends(path(visit), **{GROUP: "31"})
    with django_assert_num_queries(7):
        Client().get(address)
    settings.LANGUAGES = [("en-gb", "Ελ"), ("cy", "Ου")]
    monkeypatch.setitem(trans_real._translations, "cy", Marked())  # type: ignore[attr-defined]  # Django keeps them there
    models.School.objects.update(name="Σχολείο")
    browser = Client(headers={"accept-language": "cy"})
    assert unmarked(text(browser.get(path(visit)))) == []
    assert unmarked(text(browser.post(path(visit), {GROUP: "x"}))) == []
