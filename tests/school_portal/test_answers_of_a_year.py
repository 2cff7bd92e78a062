"""A school agrees, and names its roll, for a school year: that stays so, wherever its visit is moved afterwards."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from importlib import import_module

import pytest
import time_machine
from django.apps import apps
from django.test import Client

from schools import models
from schools.visits.actions.taking_answers import leave_answers, take_answers, undo_answers
from tests.factories import SchoolFactory, SessionFactory
from tests.news import drafts
from tests.school_portal.taking import all_waiting, as_read, office_of, page_of
from tests.school_portal.visits import BEFORE, a_visit, path_of, sent

pytestmark = pytest.mark.django_db

THIS, NEXT = 2026, 2027
ASKS = "Our school agrees that the sessions take place in"
IN_AUTUMN = datetime(NEXT, 10, 1, 10, tzinfo=UTC)
LATER = date(NEXT, 10, 19)


@pytest.fixture(autouse=True)
def _two_days_before() -> Iterator[None]:
    with time_machine.travel(BEFORE, tick=False):
        yield


@pytest.fixture
def moved() -> models.Visit:
    """A visit on whose page the school has agreed for one year, and that was moved into the next before the office looked."""
    visit = a_visit()
    assert sent(path_of(visit), agrees="on", role="head teacher").status_code == 302
    visit.sessions.update(day=LATER)
    return visit


def page(visit: models.Visit) -> str:
    return " ".join(Client().get(path_of(visit)).content.decode().split())


def agreements(visit: models.Visit) -> list[tuple[int, str]]:
    return sorted(visit.school.agreements.values_list("academic_year", "by_role"))


def test_who_agreed_for_a_year_is_asked_anew_on_a_page_that_was_moved_into_the_next(moved: models.Visit) -> None:
    assert f"{ASKS} 2027/28" in page(moved)


def test_and_by_mail(moved: models.Visit) -> None:
    models.SchoolAgreement.objects.create(school=SchoolFactory(), academic_year=THIS, accepted_on=IN_AUTUMN, by_role="head")
    (draft,) = drafts("school-agreement", IN_AUTUMN, [moved.pk])
    assert "2027/28" in draft.subject


def test_who_agreed_for_a_year_is_not_asked_on_the_page_of_another_visit_in_it(moved: models.Visit) -> None:
    other = SessionFactory(visit__school=moved.school, visit__coordinator=moved.coordinator, day=date(NEXT, 6, 2)).visit
    assert ASKS not in page(other)


def test_the_yes_for_the_next_year_takes_nothing_from_that_for_this_one(moved: models.Visit) -> None:
    by = moved.coordinator
    assert by
    assert sent(path_of(moved), agrees="on", role="bursar").status_code == 302
    assert ASKS not in page(moved)
    text = page_of(office_of(moved), moved)
    assert "Agreement of the year, 2026/27" in text
    assert "Agreement of the year, 2027/28" in text
    take_answers(moved, all_waiting(moved), by=by, now=BEFORE)
    assert agreements(moved) == [(THIS, "head teacher"), (NEXT, "bursar")]


def test_what_was_left_of_one_year_waits_again_beside_what_was_said_for_another(moved: models.Visit) -> None:
    by = moved.coordinator
    assert by
    (left,) = leave_answers(moved, all_waiting(moved), by=by, now=BEFORE)
    sent(path_of(moved), agrees="on", role="bursar")
    undo_answers(moved, as_read(left), by=by, now=BEFORE)
    assert models.SchoolAnswer.objects.filter(item="agreement", state="open").count() == 2


def test_a_roll_that_was_named_for_the_year_before_is_not_where_the_boxes_of_this_one_begin() -> None:
    visit = a_visit()
    for year, pupils in ((THIS, 28), (NEXT, 27)):
        models.Roll.objects.create(school=visit.school, academic_year=year, year_group=5, pupils=pupils, source="register")
    path = f"{path_of(visit)}roll/"
    form = Client().get(path).context["form"]
    sends = {**{box.html_name: str(box.value() or "") for box in form}, **dict(form.shown), "given_by": "Pat Head"}
    assert Client().post(path, {**sends, "roll-5": "31"}).status_code == 302
    assert str(Client().get(path).context["form"]["roll-5"].value()) == "31"
    visit.sessions.update(day=LATER)
    assert str(Client().get(path).context["form"]["roll-5"].value()) == "27"


def test_what_was_said_before_years_were_kept_is_of_the_year_that_the_visit_had_then() -> None:
    visit = a_visit()
    sent(path_of(visit), agrees="on", role="head teacher", parking="At the back.")
    assert dict(models.SchoolAnswer.objects.values_list("item", "academic_year")) == {"agreement": THIS, "parking": None}
    models.SchoolAnswer.objects.update(academic_year=None)
    with time_machine.travel(datetime(THIS, 12, 24, 9, tzinfo=UTC)):
        for session in visit.sessions.all():
            session.day = LATER
            session.save()
    import_module("schools.migrations.0076_years_of_answers").fill(apps, None)
    assert dict(models.SchoolAnswer.objects.values_list("item", "academic_year")) == {"agreement": THIS, "parking": None}
