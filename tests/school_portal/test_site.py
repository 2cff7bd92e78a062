"""A host of several sites says at which one the visit is best: that stands beside ours until it is taken by itself."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils.translation import trans_real
from pytest_django.fixtures import Settings

from schools import models
from schools.core.errors import RuleBroken
from schools.directory.actions import link_schools
from schools.visits.actions.taking_answers import take_answers, undo_answers
from tests.factories import CoverFactory, SchoolFactory, SessionFactory
from tests.portal.test_translations import Marked, unmarked
from tests.school_portal.taking import all_waiting, as_read, to_press
from tests.school_portal.visits import BEFORE, a_guest, a_visit, every_row, path_of, sent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _two_days_before() -> Iterator[None]:
    with time_machine.travel(BEFORE, tick=False):
        yield


@pytest.fixture
def visit() -> models.Visit:
    """An agreed visit to a school with a second site, to which nobody is down yet."""
    made = a_visit()
    models.Cover.objects.all().delete()
    models.Site.objects.create(school=made.school, name="Lower Site", postcode="CA1 2AB")
    return made


def path(visit: models.Visit, school: models.School | None = None) -> str:
    return f"{path_of(visit, school)}site/"


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status
    words: str = " ".join(answer.content.decode().split())
    return words


def says(visit: models.Visit, words: str = "Lower Site", by: str = "Pat Head") -> Any:
    """Open the page, choose a site, and send it."""
    form = Client().get(path(visit)).context["form"]
    return Client().post(path(visit), {**dict(form.shown), "site": words, "given_by": by, "do": "site"})


def places(visit: models.Visit) -> set[str]:
    """Where its sessions are; "" is the school’s own address."""
    return {session.site.name if session.site else "" for session in visit.sessions.select_related("site")}


@pytest.mark.parametrize("chosen", ["CA1 2AB", "CA1 2AC"])
def test_of_two_sites_of_one_name_the_visit_is_at_the_one_that_was_chosen(visit: models.Visit, chosen: str) -> None:
    # Each of two schools that were amalgamated had its own.
    gone = SchoolFactory(authority=visit.school.authority, status="closed", closed=date(2025, 8, 31))
    models.Site.objects.create(school=gone, name="Lower Site", postcode="CA1 2AC")
    link_schools(gone, visit.school, kind="amalgamated", day=None)
    assert "choose one of those on this page" in text(says(visit, words="Lower Site")), "which of them, nobody can tell"
    assert says(visit, words=f"Lower Site, {chosen}").status_code == 302
    office, by = Client(), visit.coordinator
    assert by
    office.force_login(by)
    answer = models.SchoolAnswer.objects.get()
    address = reverse("admin:visit-detail", args=[visit.pk])
    assert office.post(address, {"do": "take", "answer": to_press(answer)}).status_code == 302
    assert {session.site.postcode if session.site else "" for session in visit.sessions.select_related("site")} == {chosen}


def test_what_the_host_says_stands_beside_ours_until_it_is_taken_and_can_be_put_back(visit: models.Visit) -> None:
    assert f'href="{path(visit)}"' in text(Client().get(path_of(visit)))
    before = every_row()
    for method in (Client().get, Client().head):
        assert method(path(visit)).status_code == 200
    assert every_row() == before
    assert says(visit).status_code == 302
    answer = models.SchoolAnswer.objects.get()
    assert (answer.item, answer.words, answer.state, places(visit)) == ("site", "Lower Site", "open", {""})
    office, by = Client(), visit.coordinator
    assert by
    office.force_login(by)
    address = reverse("admin:visit-detail", args=[visit.pk])
    page = office.get(address)
    assert page.context["all_to_take"] == [], "where it is is taken by itself"
    shown = text(page)
    for words in ("At which of your sites", "Lower Site", "The school’s own address"):
        assert words in shown
    assert office.post(address, {"do": "take", "answer": to_press(answer)}).status_code == 302
    assert places(visit) == {"Lower Site"}
    assert "Lower Site, CA1 2AB" in text(Client().get(path_of(visit)))
    undo_answers(visit, as_read(answer), by=by, now=BEFORE)
    assert places(visit) == {""}


def test_where_somebody_is_down_for_the_place_it_stays_and_nothing_else_is_held_up(visit: models.Visit) -> None:
    by, volunteer = visit.coordinator, models.Volunteer.objects.order_by("pk")[0]
    assert by
    CoverFactory(session=visit.sessions.order_by("pk")[0], volunteer=volunteer)
    says(visit)
    sent(path_of(visit), parking="By the gate")
    [taken] = take_answers(visit, all_waiting(visit), by=by, now=BEFORE)
    assert taken.item == "parking"
    with pytest.raises(RuleBroken, match="is down for it or asked"):
        take_answers(visit, as_read(models.SchoolAnswer.objects.get(state="open")), by=by, now=BEFORE)
    assert places(visit) == {""}


def test_a_choice_holds_for_what_is_to_come_when_it_is_taken_and_not_for_what_was_then(visit: models.Visit) -> None:
    by, first = visit.coordinator, visit.sessions.order_by("pk")[0]
    assert by
    later = SessionFactory(visit=visit, day=first.day + timedelta(days=7))
    says(visit)
    # Who was there on the day that is over knows of no other place.
    CoverFactory(session=first, volunteer=models.Volunteer.objects.order_by("pk")[0])
    lower = models.Site.objects.get()
    with time_machine.travel(BEFORE + timedelta(days=4), tick=False):
        office, now = Client(), BEFORE + timedelta(days=4)
        office.force_login(by)
        take_answers(visit, as_read(models.SchoolAnswer.objects.get()), by=by, now=now)
        assert dict(visit.sessions.values_list("day", "site")) == {first.day: None, later.day: lower.pk}
        (line,) = office.get(reverse("admin:visit-detail", args=[visit.pk])).context["school_said"]
        assert line.ours == "Lower Site"


def test_a_choice_of_which_nothing_is_to_come_any_more_is_left(visit: models.Visit) -> None:
    by = visit.coordinator
    assert by
    says(visit)
    with pytest.raises(RuleBroken, match="Nothing of this visit is to come"):
        take_answers(visit, as_read(models.SchoolAnswer.objects.get()), by=by, now=BEFORE + timedelta(days=4))
    assert places(visit) == {""}


def test_only_the_host_of_several_sites_says_so_and_only_what_is_in_use(visit: models.Visit) -> None:
    guest = a_guest(visit)
    stale = dict(Client().get(path(visit)).context["form"].shown)
    typed = {**stale, "site": "Lower Site", "given_by": "Gus", "do": "site"}
    assert Client().post(path(visit, guest), typed).status_code == 409
    assert f'href="{path(visit, guest)}"' not in text(Client().get(path_of(visit, guest)))
    assert "choose one of those on this page" in text(Client().post(path(visit), {**typed, "site": "Moon"}))
    models.Site.objects.update(active=False)
    assert "There is nothing to change here" in text(Client().get(path(visit)))
    models.Site.objects.all().delete()
    assert "/site/" not in text(Client().get(path_of(visit)))
    assert Client().post(path(visit), typed).status_code == 409
    assert not models.SchoolAnswer.objects.exists()


def gone(visit: models.Visit) -> None:
    models.Site.objects.all().delete()


def not_in_use(visit: models.Visit) -> None:
    models.Site.objects.update(active=False)


def cancelled(visit: models.Visit) -> None:
    models.Visit.objects.filter(pk=visit.pk).update(stage="cancelled", cancelled_code="weather")


LOST = '<h2 id="not-stored">What you typed, which we have not kept</h2>'


OWN = "At the school’s own address"


@pytest.mark.parametrize(
    ("how", "words", "shown"),
    [
        (gone, "Lower Site", "Lower Site"),
        *((how, words, words or OWN) for how in (not_in_use, cancelled) for words in ("Lower Site", "")),
    ],
)
def test_a_choice_that_came_too_late_is_shown_back(
    visit: models.Visit, how: Callable[[models.Visit], None], words: str, shown: str
) -> None:
    if not words:
        visit.sessions.update(site=models.Site.objects.get())
    stale = dict(Client().get(path(visit)).context["form"].shown)
    how(visit)
    answer = Client().post(path(visit), {**stale, "site": words, "given_by": "Pat Head", "do": "site"})
    late = text(answer, 409)
    assert LOST in late
    assert answer.context["not_stored"] == [("At which of your sites", shown)]
    assert shown in late.partition(LOST)[2]
    assert "There is nothing to send here any more." in late
    assert "choose one of those on this page" not in late, "there are none"
    assert not models.SchoolAnswer.objects.exists()


def test_a_choice_that_came_too_late_is_shown_back_also_to_who_has_sent_too_often(
    visit: models.Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = dict(Client().get(path(visit)).context["form"].shown)
    not_in_use(visit)
    monkeypatch.setattr("schools.school_portal.views.visits.MOST_POSTS", 0)
    late = text(Client().post(path(visit), {**stale, "site": "Lower Site", "do": "site"}), 429)
    assert "Lower Site" in late.partition(LOST)[2]


def test_a_choice_that_was_not_touched_is_not_shown_back(visit: models.Visit) -> None:
    stale = dict(Client().get(path(visit)).context["form"].shown)
    cancelled(visit)
    assert LOST not in text(Client().get(path(visit)))
    for typed in ({"site": ""}, {}):
        assert LOST not in text(Client().post(path(visit), {**stale, **typed, "given_by": "Pat", "do": "site"}), 409)


@pytest.mark.parametrize("is_given_up", [False, True])
def test_nothing_chosen_is_not_the_schools_own_address(visit: models.Visit, *, is_given_up: bool) -> None:
    lower = models.Site.objects.get(name="Lower Site")
    models.Site.objects.create(school=visit.school, name="Upper Site", postcode="CA1 2AC")
    sessions = visit.sessions.all() if is_given_up else visit.sessions.filter(pk=visit.sessions.order_by("pk")[0].pk)
    sessions.update(site=lower)
    models.Site.objects.filter(pk=lower.pk).update(active=not is_given_up)
    form = Client().get(path(visit)).context["form"]
    assert "checked" not in str(form["site"]), "nothing is chosen as the page begins"
    typed = {**dict(form.shown), "given_by": "Pat Head", "do": "site"}
    refused = text(Client().post(path(visit), typed))
    assert "At which of your sites: choose one of those on this page." in refused
    assert not models.SchoolAnswer.objects.exists()
    assert Client().post(path(visit), {**typed, "site": ""}).status_code == 302
    assert models.SchoolAnswer.objects.get().words == ""


def test_the_page_costs_few_queries_and_is_in_the_browsers_language(
    visit: models.Visit, settings: Settings, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    for number in range(3):
        models.Site.objects.create(school=visit.school, name=f"Ιστός {number}", postcode="")
    address = path(visit)
    with django_assert_max_num_queries(8):
        assert Client().get(address).status_code == 200
    settings.LANGUAGES = [("en-gb", "Ελ"), ("cy", "Ου")]
    monkeypatch.setitem(trans_real._translations, "cy", Marked())  # type: ignore[attr-defined]  # Django keeps them there
    models.School.objects.update(name="Σχολείο")
    models.Site.objects.filter(name="Lower Site").update(name="Ιστός", postcode="")
    models.SessionType.objects.update(name="Τύπος", name_p="")
    browser = Client(headers={"accept-language": "cy"})
    assert unmarked(text(browser.get(path(visit)))) == []
    assert unmarked(text(browser.post(path(visit), {"site": "x"}))) == []
