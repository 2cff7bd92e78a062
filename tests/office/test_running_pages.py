"""A manager sees how the installation runs, and decides about mail that was stopped."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from schools import models
from schools.office.running.jobs import JOBS
from schools.running import health
from schools.running.actions import beat
from tests.office.conftest import NOW

pytestmark = pytest.mark.django_db

RUNNING, STOPPED = "/admin/running/", "/admin/running/mail/"


def stopped(number: int = 1, **fields: Any) -> models.OutboxMessage:
    return models.OutboxMessage.objects.create(
        key=f"hello:{number}", to=f"p{number}@example.org", subject=f"Hello {number}", body="Good day",
        stopped_at=NOW, attempts=1, last_error="The mail server refused the address: 550 nobody has that name", **fields,
    )  # fmt: skip


def test_on_the_first_day_the_page_says_that_nothing_runs(managers_office: Client) -> None:
    page = managers_office.get(RUNNING).content.decode()
    assert "No process gives a sign of life. What is due by itself" in page
    assert page.count("when the clock runs") == len(JOBS)
    assert "No mail was stopped" in page


def test_the_page_shows_what_each_check_saw_and_what_to_do(managers_office: Client) -> None:
    models.PeriodicJob.objects.create(name="tidy", due_at=NOW, finished_at=NOW, failures=1)
    page = " ".join(managers_office.get(RUNNING).content.decode().split())
    assert "</span> well</span> It answers (" in page
    assert "</span> not well</span> Not well: tidy." in page
    assert page.count("not well</span>") == 1
    assert "Not set up. docs/operations.md, Backups, says how." in page


def test_the_page_shows_how_each_job_ended_and_who_lives(managers_office: Client) -> None:
    models.PeriodicJob.objects.create(
        name="mail", due_at=NOW, started_at=NOW, finished_at=NOW, outcome="3 sent, 0 waiting", well_at=NOW
    )
    models.PeriodicJob.objects.create(
        name="offers", due_at=NOW, started_at=NOW, finished_at=NOW, outcome="ValueError: no", failures=2
    )
    models.PeriodicJob.objects.create(name="tidy", due_at=NOW, started_at=NOW, seen_at=NOW, taken_by="clock-1")
    beat("mail-1", "mail", now=NOW)
    beat("heavy-1", "heavy", now=NOW - timedelta(hours=1))
    stopped()
    page = managers_office.get(RUNNING).content.decode()
    for words in ("3 sent, 0 waiting", "failed 2 times", "ValueError: no", "runs since", "1 mail was stopped"):
        assert words in " ".join(page.replace("</a>", "").split()), words
    assert page.count("gone") == 1


@pytest.mark.parametrize("number", [1, 3])
def test_the_pages_ask_as_many_questions_whatever_they_show(
    managers_office: Client, number: int, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "monotonic", lambda: 0.0)  # what the checks saw is kept however slow the test is
    for each in range(number):
        stopped(each)
        beat(f"mail-{each}", "mail", now=NOW)
    for address, queries in ((RUNNING, 8), (STOPPED, 5)):
        managers_office.get(address)
        with django_assert_num_queries(queries):
            managers_office.get(address)


def test_home_leads_to_what_was_stopped(managers_office: Client) -> None:
    stopped(1)
    stopped(2)
    models.PeriodicJob.objects.create(name="mail", due_at=NOW, finished_at=NOW, failures=1)
    page = managers_office.get("/admin/").content.decode()
    assert "<strong>2</strong> <span>mails were refused for good" in page
    assert "<strong>1</strong> <span>kind of background work does not end well" in page
    assert 'href="/admin/messages/?state=to-decide"' in page
    log = managers_office.get("/admin/messages/?state=to-decide").content.decode()
    assert ("Hello 1" in log, "Hello 2" in log, f'href="{STOPPED}"' in log) == (True, True, True)
    assert "550 nobody has that name" in managers_office.get(STOPPED).content.decode()


def test_a_mail_is_tried_again_or_left_and_both_once(managers_office: Client) -> None:
    again, left = stopped(1), stopped(2)

    def press(message: models.OutboxMessage, do: str) -> str:
        answer = managers_office.post(STOPPED, {"message": message.pk, "do": do}, follow=True)
        return answer.content.decode()

    assert "It is left unsent." in press(left, "leave")
    assert "It is tried again now." in press(again, "again")
    assert "Somebody has decided about this mail already" in press(left, "again")
    assert "No mail was stopped" in managers_office.get(STOPPED).content.decode()
    left.refresh_from_db()
    assert (left.left_at is not None, left.sent_at) == (True, None)
    again.refresh_from_db()
    assert (again.stopped_at, again.left_at) == (None, None)
    assert not [sent for sent in mail.outbox if sent.to == ["p2@example.org"]]


def test_what_only_its_reader_may_know_stands_in_no_list(managers_office: Client) -> None:
    message = stopped(kind="clearance-ends")
    models.OutboxMessage.objects.filter(pk=message.pk).update(subject="Your DBS ends in 30 days")
    page = managers_office.get(STOPPED).content.decode()
    assert "p1@example.org" in page
    assert "ends in 30 days" not in page


@pytest.mark.parametrize("message", ["", "x", "0", "99999999999999999999"])
def test_a_mail_that_is_not_there_is_said_so(managers_office: Client, message: str) -> None:
    answer = managers_office.post(STOPPED, {"message": message, "do": "again"}, follow=True)
    assert "Somebody has decided about this mail already" in answer.content.decode()
