"""The page on which coordinators say who stands in for them, and home of who stands in."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from schools.models import Area, StandIn, User
from tests.factories import AreaFactory, SchoolFactory, SessionFactory, VisitFactory, coordinator_of, manager
from tests.messages.letters import Shown
from tests.office.conftest import NOW

pytestmark = pytest.mark.django_db

PAGE = "/admin/stand-ins/"
TODAY = NOW.date()


@pytest.fixture
def ben(area: Area) -> User:
    return coordinator_of(area, name="Ben Fell")


def row_of(coordinator: User, stand_in: User, *, days: int = 3) -> StandIn:
    last = TODAY + timedelta(days=days)
    made: StandIn = StandIn.objects.create(coordinator=coordinator, stand_in=stand_in, from_day=TODAY, to_day=last)
    return made


def typed(stand_in: User, **changes: object) -> dict[str, object]:
    return {"do": "add", "stand_in": stand_in.pk, "first": "2026-11-30", "last": "2026-12-04", **changes}


def signed_in(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def text_of(browser: Client, page: str) -> str:
    return " ".join(Shown(browser.get(page).content.decode()).shown)


def test_a_coordinator_says_who_stands_in_and_ends_it_when_back(office: Client, coordinator: User, ben: User) -> None:
    answer = office.post(PAGE, typed(ben), follow=True)
    assert "Ben Fell stands in for Cora Nwosu from Mon 30 November 2026 to Fri 4 December 2026." in answer.content.decode()
    row = StandIn.objects.get()
    assert (row.coordinator, row.stand_in, row.from_day, row.to_day) == (
        coordinator, ben, date(2026, 11, 30), date(2026, 12, 4),
    )  # fmt: skip
    office.post(PAGE, {"do": "end", "stand_in": row.pk})
    assert not StandIn.objects.exists()


def test_a_refusal_is_a_sentence_and_keeps_what_was_typed(office: Client, ben: User) -> None:
    page = office.post(PAGE, typed(ben, last="2026-11-29")).content.decode()
    assert "The last day is before the first. Give them in order." in page
    assert 'value="2026-11-30"' in page
    page = office.post(PAGE, {"do": "add"}).content.decode()
    for words in ("Choose who stands in.", "Give the first day.", "Give the last day."):
        assert words in page


def test_a_coordinator_chooses_among_colleagues_whom_they_see_and_only_for_themselves(
    office: Client, coordinator: User, ben: User, elsewhere: Area
) -> None:
    stranger = coordinator_of(elsewhere, name="Olga Elsewhere")
    page = office.get(PAGE).content.decode()
    assert ("Ben Fell" in page, "Olga Elsewhere" in page, 'name="coordinator"' in page) == (True, False, False)
    assert office.post(PAGE, typed(stranger)).status_code == 200
    office.post(PAGE, typed(ben, coordinator=ben.pk))
    assert list(StandIn.objects.values_list("coordinator", "stand_in")) == [(coordinator.pk, ben.pk)]


def test_a_manager_says_it_for_somebody_who_is_ill(coordinator: User, ben: User) -> None:
    browser = signed_in(manager())
    browser.post(PAGE, typed(ben, coordinator=coordinator.pk))
    assert list(StandIn.objects.values_list("coordinator", "stand_in")) == [(coordinator.pk, ben.pk)]
    assert "Cora Nwosu" in text_of(browser, PAGE)


def test_only_who_is_away_or_a_manager_ends_it(office: Client, coordinator: User, ben: User, elsewhere: Area) -> None:
    row = row_of(coordinator, ben)
    other = signed_in(coordinator_of(elsewhere))
    assert other.post(PAGE, {"do": "end", "stand_in": row.pk}).status_code == 404
    assert "Cora Nwosu" not in text_of(other, PAGE)
    refused = signed_in(ben).post(PAGE, {"do": "end", "stand_in": row.pk}, follow=True)
    assert "Only Cora Nwosu or a manager can end it. Ask them." in refused.content.decode()
    for number in ("", "x", "9" * 30):
        assert office.post(PAGE, {"do": "end", "stand_in": number}).status_code == 404
    assert StandIn.objects.exists()
    office.post(PAGE, {"do": "end", "stand_in": row.pk})
    assert not StandIn.objects.exists()


def requested(area: Area) -> None:
    VisitFactory(school=SchoolFactory(area=area), stage="requested", requested_on=TODAY)


def test_home_of_a_stand_in_marks_what_is_the_colleagues(area: Area, elsewhere: Area, coordinator: User) -> None:
    ben = coordinator_of(area, elsewhere, name="Ben Fell")
    requested(area)
    requested(elsewhere)
    home = signed_in(ben)
    assert "Cora Nwosu" not in text_of(home, reverse("admin:index"))
    row_of(coordinator, ben)
    page = text_of(home, reverse("admin:index"))
    assert "You stand in for Cora Nwosu until Fri 27 November. Their name stands beside what is theirs, too." in page
    assert "2 schools asked for a visit and wait for a day" in page
    assert "Cora Nwosu: 1" in page
    own = text_of(signed_in(coordinator), reverse("admin:index"))
    assert "Ben Fell stands in for you until Fri 27 November." in own


def test_standing_in_shows_no_row_that_the_stand_in_does_not_see(area: Area, elsewhere: Area, coordinator: User) -> None:
    ben = coordinator_of(elsewhere, name="Ben Fell")
    requested(area)
    row_of(coordinator, ben)
    home = signed_in(ben)
    page = text_of(home, reverse("admin:index"))
    assert "You stand in for Cora Nwosu" in page
    assert "Cora Nwosu: " not in page
    visit = SessionFactory(visit__school=SchoolFactory(area=area)).visit
    assert home.get(reverse("admin:visit-detail", args=[visit.pk])).status_code == 404


def test_the_page_asks_the_same_of_one_row_and_of_three(coordinator: User) -> None:
    browser, counts = signed_in(manager()), []
    for number in (1, 2):
        for _ in range(number):
            row_of(coordinator_of(AreaFactory()), coordinator_of(AreaFactory()))
        with CaptureQueriesContext(connection) as queries:
            browser.get(PAGE)
        counts.append(len(queries))
    assert counts[0] == counts[1]
