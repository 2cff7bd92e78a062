"""The page of published figures: what would be published, asking, publishing once, downloading."""

import io
import re
import zipfile
from datetime import date, time, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from schools import models
from schools.core.periods import Period
from schools.delivery.actions import amend, record
from schools.delivery.queries import Outcome
from schools.reach.actions import close, sign_off
from schools.reach.actions.publishing import publish
from schools.visits.actions import cancel_session
from tests import factories
from tests.office.conftest import NOW
from tests.reach.examples import delivered, worked_example

pytestmark = pytest.mark.django_db
PAGE = "/admin/reach/publications/"


@pytest.fixture
def manager(client: Client) -> Client:
    client.force_login(factories.manager(name="Mo Manager"))
    return client


def shown(client: Client, query: str = "") -> str:
    return client.get(PAGE + query).content.decode()


def test_on_the_first_day_the_page_says_what_would_be_here(manager: Client) -> None:
    page = shown(manager)
    assert "Nothing is published yet" in page
    assert 'value="2025/26"' in page


def test_a_manager_looks_publishes_and_downloads(manager: Client) -> None:
    worked_example(area="Cumbria")
    page = shown(manager, "?period=2025/26")
    assert "August 2025, September 2025" in page
    assert "Publish 2025/26" in page
    assert not models.Publication.objects.exists()
    assert manager.post(PAGE, {"do": "publish", "period": "2025/26"}).status_code == 302
    page = shown(manager)
    assert "2025/26 is published. Download it" in page
    publication = models.Publication.objects.get()
    answer = manager.get(f"{PAGE}{publication.pk}/")
    assert answer["Content-Disposition"] == 'attachment; filename="published_2025-26.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as bundle:
        assert {"published_2025-26/verify.py", "published_2025-26/atoms.csv"} <= set(bundle.namelist())
    assert answer.content == manager.get(f"{PAGE}{publication.pk}/").content
    assert "2025/26 is published already" in shown(manager, "?period=2025/26")


def test_missing_outcomes_are_told_and_asked_about(manager: Client) -> None:
    school = worked_example(area="Cumbria")
    delivered(school, "ks2-assembly", date(2026, 5, 4), time(9), {5: None}, delivered=False)
    page = shown(manager, "?period=2025/26")
    assert "1 session for pupils in 2025/26 is not reported" in page
    assert 'name="despite_missing"' in page
    refused = manager.post(PAGE, {"do": "publish", "period": "2025/26"})
    assert "is not reported" in refused.content.decode()
    assert not models.Publication.objects.exists()
    assert manager.post(PAGE, {"do": "publish", "period": "2025/26", "despite_missing": "1"}).status_code == 302
    assert models.Publication.objects.get().outcomes_missing == 1


@pytest.mark.parametrize("is_open", [True, False])
def test_the_list_tells_open_windows_apart_from_what_was_over(manager: Client, *, is_open: bool) -> None:
    school, until = worked_example(area="Cumbria"), date(2026, 12, 14) if is_open else None
    delivered(school, "online-ks2", date(2026, 7, 25), time(9), {5: None}, delivered=False, until_day=until)
    assert ("1 of them with an online window that is still open" in shown(manager, "?period=2025/26")) == is_open
    publish(Period.parse("2025/26"), by=factories.manager(), now=NOW, despite_missing=1)
    assert ("1 of them with a window that was still open" in " ".join(shown(manager).split())) == is_open
    models.Publication.objects.update(counts={})  # of before it was kept
    assert "still open" not in shown(manager)


def test_pupils_without_room_are_told_and_asked_about(manager: Client) -> None:
    school = worked_example(area="Cumbria")
    by = models.User.objects.get(name="Mo Manager")
    publish(Period.parse("2025-08-01..2025-12-31"), by=by, now=NOW)
    assert "no room" not in shown(manager, "?period=2025/26")
    delivered(school, "ks2-assembly", date(2025, 11, 3), time(9), {4: 300})
    page = shown(manager, "?period=2025/26")
    assert "Pupils who have no room in what was published: " in page
    [value] = re.findall(r'id="despite_no_room"\s+value="(\d+)"', page)
    refused = manager.post(PAGE, {"do": "publish", "period": "2025/26"})
    assert "who have no room" in refused.content.decode()
    assert manager.post(PAGE, {"do": "publish", "period": "2025/26", "despite_no_room": value}).status_code == 302
    assert models.Publication.objects.count() == 2


@pytest.mark.parametrize(
    ("period", "sentence"),
    [
        ("2026/27", "Publish it once it is over."),
        ("2025-09-08..2025-12-19", "Choose 2025-09-01..2025-12-31."),
        ("soon", "is not a period"),
        ("0001-01-01..2026-07-31", "is not a period"),
        ("9999-01-01..9999-12-31", "is not a period"),
    ],
)
def test_a_period_that_cannot_be_published_gets_a_sentence(period: str, sentence: str, manager: Client) -> None:
    assert sentence in shown(manager, f"?period={period}")
    assert sentence in manager.post(PAGE, {"do": "publish", "period": period}).content.decode()
    assert not models.Publication.objects.exists()


def test_a_coordinator_downloads_and_does_not_publish(client: Client) -> None:
    publish(Period.parse("2025/26"), by=factories.manager(), now=NOW)
    client.force_login(factories.coordinator_of(factories.AreaFactory()))
    page = shown(client, "?period=2024/25")
    assert "See what would be published" not in page
    assert "Download" in page
    assert client.post(PAGE, {"do": "publish", "period": "2024/25"}).status_code == 403


def test_a_restatement_after_it_is_told_in_words(manager: Client) -> None:
    by = factories.manager(name="Rae Manager")
    worked_example(area="Cumbria")
    publish(Period.parse("2025/26"), by=by, now=NOW)
    publish(Period.parse("2024/25"), by=by, now=NOW - timedelta(hours=3))  # each is compared with its own moment
    signed = close(sign_off(models.Area.objects.get(), Period.parse("2025/26"), by=by, now=NOW), by=by, now=NOW)
    held = list(models.Session.objects.filter(stage="delivered", day__lt=date(2026, 8, 1)).order_by("pk"))

    def restate(session: models.Session, *, hours: int) -> None:
        models.Restatement.objects.create(
            of_return=signed, session=session, why="Late", outcome=[], figures=[], at=NOW + timedelta(hours=hours), by=by
        )

    restate(held[0], hours=-1)
    assert "corrected since" not in shown(manager)
    restate(held[0], hours=1)
    assert "1 outcome of it was reported or corrected since. What was published stays." in " ".join(shown(manager).split())
    restate(held[0], hours=2)
    restate(held[1], hours=2)
    page = " ".join(shown(manager).split())
    assert page.count("corrected since") == page.count("2 outcomes of it were reported or corrected since.") == 1


def test_what_is_reported_and_corrected_after_it_is_told_though_no_return_was_closed(manager: Client) -> None:
    school, by = worked_example(area="Cumbria"), factories.manager(name="Rae Manager")
    waiting = [
        delivered(school, "ks2-assembly", date(2026, 5, 4), time(9 + number), {5: None}, delivered=False) for number in range(3)
    ]
    [wrong, *_] = models.Session.objects.filter(day=date(2025, 10, 13)).order_by("starts")
    publish(Period.parse("2025/26"), by=by, now=NOW, despite_missing=3)
    publish(Period.parse("2024/25"), by=by, now=NOW)
    assert "corrected since" not in shown(manager)

    def told(number: int) -> bool:
        page = " ".join(shown(manager).split())
        return page.count("corrected since") == page.count(f"{number} outcomes of it were reported or corrected since.") == 1

    now = NOW + timedelta(hours=1)
    with time_machine.travel(now, tick=False):
        for session in waiting[:2]:
            record(session, Outcome("yes", {(school.pk, 5): 28}), key=uuid4(), by=by, now=now)
        assert told(2)
        wrong.room = "Hall"
        wrong.save()
        assert told(2)
        said = Outcome("yes", {(school.pk, 5): 9})
        amend(wrong, said, key=uuid4(), version=wrong.version, by=by, now=now)
        assert told(3)
        cancel_session(waiting[2], code="school", note="", by=by, now=now)
        assert told(4)


@pytest.mark.parametrize("years", [1, 4])
def test_the_list_asks_as_often_for_many_publications_as_for_one(
    years: int, manager: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for year in range(years):
        publish(Period.parse(f"{2020 + year}/{21 + year}"), by=factories.manager(), now=NOW)
    shown(manager)
    with django_assert_num_queries(5):
        shown(manager)


def test_no_table_has_a_public_variant_any_more(manager: Client) -> None:
    answer = manager.get("/admin/reach/csv/?period=2025/26&public=1")
    assert answer.status_code == 400
    assert "A table has no public variant any more" in answer.content.decode()
