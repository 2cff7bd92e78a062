"""While the lane is full: whoever asks for something heavy reads whose turn it is, and nobody else waits."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.http import StreamingHttpResponse
from django.test import Client
from pytest_django.fixtures import Settings

from schools import models
from schools.keeping.access import know
from schools.office.reach.urls import urlpatterns
from schools.reach.actions import make_token
from schools.running.lane import in_lane
from tests import factories
from tests.office.conftest import NOW
from tests.portal.pages import client_of

pytestmark = pytest.mark.django_db

LIGHT = {
    "returns": "lists and signs off the figures of one area",
    "return-detail": "shows the figures of one area",
    "return-close": "closes what was signed off",
    "return-sign-off": "signs off the figures of one area",
    "feedback": "adds up the answers of one year, which are few",
    "feeders": "is answered line by line",
    "reach-readers": "counts nothing",
}
"""The pages of reach that take no place of the lane, with why not."""


@pytest.fixture
def end_of_others(settings: Settings) -> Iterator[Callable[[], object]]:
    """The only place is taken by somebody else, until this is called."""
    settings.SPEAKOUT_HEAVY_AT_ONCE = 1
    others: Any = in_lane("person:0", lambda: StreamingHttpResponse(["…"]), now=NOW)
    yield others.getvalue  # it is read to its end
    others.getvalue()


def test_whatever_counts_or_sends_figures_is_in_the_lane_or_has_a_reason_not_to_be() -> None:
    heavy = {pattern.name for pattern in urlpatterns if getattr(pattern.callback, "is_heavy", False)}
    assert {pattern.name for pattern in urlpatterns} - heavy == set(LIGHT)


@pytest.mark.parametrize("page", ["held", "erasures"])
def test_looking_for_a_name_everywhere_waits_and_finding_somebody_by_it_does_not(
    managers_office: Client, end_of_others: Callable[[], object], page: str
) -> None:
    assert managers_office.get(f"/admin/{page}/?q=Al").status_code == 200
    assert managers_office.get(f"/admin/{page}/?q=Al&elsewhere=1").status_code == 429
    end_of_others()
    assert managers_office.get(f"/admin/{page}/?q=Al&elsewhere=1").status_code == 200


def test_what_is_held_on_somebody_and_erasing_them_search_every_table_and_wait(
    managers_office: Client, end_of_others: Callable[[], object]
) -> None:
    who, by = factories.VolunteerFactory(name="Ann Ash", status="left", left=NOW.date()), factories.manager()
    access = know(who, asked_on=NOW.date(), first="letter", second="in_person", by=by, now=NOW, today=NOW.date())
    asked: tuple[tuple[str, dict[str, str]], ...] = (
        (f"/admin/held/request/{access.pk}/", {"do": "give", "format": "json"}),
        (f"/admin/erase/volunteer/{who.pk}/", {"do": "erase", "erase-reference": "other"}),
    )
    for address, typed in asked:
        assert [managers_office.get(address).status_code, managers_office.post(address, typed).status_code] == [429, 429], address
    end_of_others()
    for address, typed in asked:
        assert [managers_office.get(address).status_code, managers_office.post(address, typed).status_code] == [200, 200], address


def test_who_waits_reads_how_many_are_before_and_the_browser_asks_again(
    managers_office: Client, end_of_others: Callable[[], object]
) -> None:
    answer = managers_office.get("/admin/reach/?period=2025/26")
    assert answer.status_code == 429
    assert (answer["Refresh"], answer["Retry-After"]) == ("2", "2")
    assert "no-store" in answer["Cache-Control"]
    assert "You are next." in answer.content.decode()
    assert 'href="/admin/reach/?period=2025/26"' in answer.content.decode()
    second = Client()
    second.force_login(factories.manager())
    assert "One person is before you." in second.get("/admin/reach/pictures/").content.decode()
    end_of_others()
    assert second.get("/admin/reach/pictures/").status_code == 429, "who came first gets in first"
    assert managers_office.get("/admin/reach/?period=2025/26").status_code == 200
    assert second.get("/admin/reach/pictures/").status_code == 200


@pytest.mark.parametrize(
    "address", ["/admin/reach/csv/", "/admin/reach/sessions/xlsx/", "/admin/due/csv/", "/admin/schools/visit/csv/"]
)
def test_a_file_waits_too_and_keeps_its_place_until_it_is_sent(
    address: str, managers_office: Client, end_of_others: Callable[[], object]
) -> None:
    assert managers_office.get(address).status_code == 429
    end_of_others()
    answer: Any = managers_office.get(address)
    assert "attachment" in answer["Content-Disposition"]
    assert managers_office.get("/admin/reach/").status_code == 429
    answer.getvalue()
    assert managers_office.get("/admin/reach/").status_code == 200


def test_a_page_that_is_not_there_keeps_no_place(managers_office: Client, end_of_others: Callable[[], object]) -> None:
    end_of_others()
    assert managers_office.get("/admin/reach/behind/?cell=nowhere").status_code == 404
    assert managers_office.get("/admin/reach/").status_code == 200


@pytest.mark.usefixtures("end_of_others")
def test_nobody_else_waits(area: models.Area, managers_office: Client) -> None:
    for address in ("/admin/", "/admin/due/", "/admin/schools/visit/", "/admin/reach/returns/"):
        assert managers_office.get(address).status_code == 200, address
    assert managers_office.post("/admin/reach/", {"do": "subscribe"}).status_code == 302
    assert client_of(factories.able_volunteer(area, signs_in=True)).get("/").status_code == 200


@pytest.mark.usefixtures("end_of_others")
def test_who_may_not_open_the_page_hears_that_and_takes_nobodys_turn(client: Client) -> None:
    client.force_login(factories.analyst())
    assert client.get("/admin/reach/doubts/").status_code == 403
    client.force_login(factories.manager())
    assert "You are next." in client.get("/admin/reach/").content.decode()


def test_what_was_typed_stays_in_the_page_and_nothing_is_done(
    managers_office: Client, end_of_others: Callable[[], object]
) -> None:
    typed = {"do": "publish", "period": '2025/26"><b>'}
    answer = managers_office.post("/admin/reach/publications/", typed)
    text = answer.content.decode()
    assert answer.status_code == 429
    assert "Refresh" not in answer.headers, "a browser would ask for the page, and what was typed would be lost"
    assert '<input type="hidden" name="do" value="publish">' in text
    assert '<input type="hidden" name="period" value="2025/26&quot;&gt;&lt;b&gt;">' in text
    assert not models.Publication.objects.exists()
    end_of_others()
    assert managers_office.post("/admin/reach/publications/", typed).status_code == 200


def test_a_program_takes_its_turn_and_is_told_when_to_come_again(end_of_others: Callable[[], object]) -> None:
    _, secret = make_token("Website", areas=[], everywhere=True, by=factories.manager(), now=NOW)
    headers = {"Authorization": f"Bearer {secret}"}
    answer = Client().get("/api/reach/", headers=headers)
    assert (answer.status_code, answer["Retry-After"]) == (429, "2")
    assert json.loads(answer.content) == {"errors": ["Others are being answered, and 0 come before you. Ask again in 2 seconds."]}
    end_of_others()
    assert Client().get("/api/reach/", headers=headers).status_code == 200
