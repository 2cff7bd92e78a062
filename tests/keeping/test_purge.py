"""What was kept long enough goes, whatever its age, and nothing else: compared with a naive computation."""

from datetime import date, datetime, timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from schools import models
from schools.erasing.rules import IMPORTS_OF_PEOPLE
from schools.keeping import actions
from schools.keeping.actions import Line, purge
from schools.keeping.leaving import PEOPLE
from schools.keeping.periods import BY_NAME, PERIODS, months_before
from schools.keeping.ways import PARTS, Part
from schools.keeping.without_period import KEPT_IMPORTS
from tests import factories
from tests.house import assert_stated
from tests.keeping.naive import is_over
from tests.keeping.things import NOW, THINGS, TODAY, Look, at
from tests.profiles import examples


def lines(*, dry_run: bool = False) -> dict[str, Line]:
    return {line.period: line for line in purge(clock=lambda: NOW, dry_run=dry_run)}


def test_every_period_has_rows_or_people_and_something_to_be_tried_with() -> None:
    # Looks go by a function of their own, since the database lets none go before its day.
    ended = {part.period.name for part in PARTS} | {people.period.name for people in PEOPLE} | {"looks"}
    assert_stated(
        BY_NAME,
        ended,
        add="Say in schools/keeping/ways.py, or leaving.py, which rows each period is about.",
        remove="Give each a line in schools/keeping/periods.py.",
    )
    assert_stated(
        {part.period.name for part in PARTS},
        THINGS,
        add="Make one thing of each period in tests/keeping/things.py.",
        remove="There is no such period: take each out of tests/keeping/things.py.",
    )
    assert len(BY_NAME) == len(PERIODS)


@pytest.mark.django_db
def test_the_report_has_its_lines_in_the_order_of_the_table() -> None:
    assert list(lines(dry_run=True)) == list(BY_NAME)


@pytest.mark.django_db
def test_a_look_goes_after_the_day_that_stands_on_it_and_not_before() -> None:
    days = (TODAY - timedelta(days=2), TODAY - timedelta(days=1), TODAY)
    for day in days:
        models.ClearanceLook.objects.create(volunteer_number=1, keep_until=day, at=NOW)
    assert lines(dry_run=True)["looks"].number == 1
    assert lines()["looks"].number == 1
    assert set(models.ClearanceLook.objects.values_list("keep_until", flat=True)) == set(days[1:])
    assert lines()["looks"].number == 0


@pytest.mark.parametrize(
    ("day", "months", "earlier"),
    [
        (date(2026, 11, 24), 6, date(2026, 5, 24)),
        (date(2026, 1, 31), 1, date(2025, 12, 31)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2026, 12, 31), 12, date(2025, 12, 31)),
        (date(2026, 1, 31), -1, date(2026, 2, 28)),
        (date(2026, 12, 3), -1, date(2027, 1, 3)),
    ],
)
def test_a_month_earlier_is_the_same_day_or_the_last_one_there_is(day: date, months: int, earlier: date) -> None:
    assert months_before(day, months) == earlier


class Ages(TestCase):
    """Things of random ages around the end of their period, purged once and once more."""

    @given(
        st.lists(
            st.tuples(st.sampled_from(sorted(THINGS)), st.integers(-3, 3) | st.integers(-400, 4000)), min_size=1, max_size=12
        )
    )
    @settings(max_examples=examples(8), suppress_health_check=list(HealthCheck))
    def test_what_the_naive_computation_says_is_over_goes_and_nothing_else(self, made: list[tuple[str, int]]) -> None:
        looks: list[tuple[str, date, Look]] = []
        for name, days in made:
            day = BY_NAME[name].last_day_over(TODAY) - timedelta(days=days)
            if day <= TODAY:
                looks.append((name, day, THINGS[name](day)))
        over = [name for name, day, _ in looks if is_over(day, BY_NAME[name], TODAY)]
        assert all(look() for _, _, look in looks)
        dry = lines(dry_run=True)
        assert all(look() for _, _, look in looks)
        assert not models.PurgeRun.objects.exists()
        done = lines()
        for name, day, look in looks:
            assert look() is not is_over(day, BY_NAME[name], TODAY), (name, day)
        for name in THINGS:
            assert (done[name].number == 0) is (name not in over), name
            assert dry[name].number == done[name].number, name
            assert done[name].waiting == 0
        assert all(line.number == 0 for line in lines().values())


pytest_db = pytest.mark.django_db


@pytest_db
def test_one_that_is_killed_half_way_goes_on_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "ROWS_A_BATCH", 2)
    for number in range(5):
        models.Away.objects.create(
            volunteer_id=_volunteer(), first_day=TODAY - timedelta(days=900), last_day=TODAY - timedelta(days=900 - number)
        )
    ends = actions._end_batch
    calls: list[Part] = []

    def killed(part: Part, now: datetime) -> int:
        calls.append(part)
        if len([each for each in calls if each.period.name == "away"]) == 2:
            raise KeyboardInterrupt
        return ends(part, now)

    monkeypatch.setattr(actions, "_end_batch", killed)
    with pytest.raises(KeyboardInterrupt):
        lines()
    assert models.Away.objects.count() == 3
    assert models.PurgeRun.objects.get().finished_at is None
    monkeypatch.setattr(actions, "_end_batch", ends)
    assert lines()["away"].number == 3
    newest = models.PurgeRun.objects.order_by("-pk")[0]
    assert newest.finished_at == NOW
    assert newest.removed == 3


def _volunteer() -> int:
    from tests import factories

    return int(factories.VolunteerFactory().pk)


@pytest_db
def test_the_report_says_since_when_the_oldest_counts_that_is_kept() -> None:
    THINGS["conversations"](date(2025, 3, 4))
    THINGS["conversations"](date(2026, 3, 4))
    THINGS["messages"](date(2026, 3, 5))
    done = lines()
    assert done["conversations"].oldest == "2025-03-04"
    assert done["messages"].oldest == "2026-03-05"
    assert done["notices"].oldest == ""


@pytest_db
def test_a_device_that_is_signed_in_still_stays_on_its_owners_list() -> None:
    client = Client()
    client.force_login(factories.UserFactory())
    key = client.session.session_key
    row = UserSession.objects.create(
        user=models.User.objects.get(), ip="192.0.2.1", session_key=key, user_agent="x", data={}, last_seen_at=NOW
    )
    UserSession.objects.filter(pk=row.pk).update(last_seen_at=NOW - timedelta(days=200))
    purge(clock=lambda: NOW)
    assert UserSession.objects.filter(pk=row.pk).exists()
    client.session.flush()
    purge(clock=lambda: NOW)
    assert not UserSession.objects.filter(pk=row.pk).exists()


@pytest_db
def test_a_stopped_mail_of_long_ago_can_be_sent_no_more_and_is_no_line_on_home() -> None:
    day = date(2020, 1, 1)
    words = {"to": "pat@example.org", "subject": "Hello", "body": "Hello", "created_at": at(day)}
    message = models.OutboxMessage.objects.create(key="x", stopped_at=at(day), **words)
    waiting = models.OutboxMessage.objects.create(key="y", **words)
    lines()
    message.refresh_from_db()
    waiting.refresh_from_db()
    assert (message.to, message.left_at, message.key) == ("", at(day), "x")
    assert waiting.to == "pat@example.org"
    assert not models.OutboxMessage.objects.to_look_at().exists()


@pytest_db
def test_imports_of_people_go_and_all_others_are_kept_with_what_they_changed() -> None:
    for register in (*KEPT_IMPORTS, *IMPORTS_OF_PEOPLE):
        run = models.ImportRun.objects.create(
            register=register, file_name="g.csv", day=date(2015, 1, 1), asked_at=at(date(2015, 1, 1)), seen_at=NOW,
            state="applied", applied_at=at(date(2015, 1, 1)),
        )  # fmt: skip
        models.ImportChange.objects.create(run=run, kind="created", register_id="1", name="Oak")
    lines()
    assert set(models.ImportRun.objects.values_list("register", flat=True)) == KEPT_IMPORTS
    assert set(models.ImportChange.objects.values_list("run__register", flat=True)) == KEPT_IMPORTS


@pytest_db
def test_the_mails_of_whom_no_table_has_any_more_lose_address_and_words_with_them() -> None:
    from tests import factories

    trustee = models.Trustee.objects.create(
        name="Trudi Trustee", email="trudi@example.org", named_by=factories.manager(), named_at=NOW - timedelta(days=60)
    )
    asked = {"school": factories.SchoolFactory(), "name": "Philippa Quill", "role": "head", "email": "p@oak.org"}
    for days, state in ((20, {"state": "asked"}), (500, {"state": "waits", "confirmed_at": NOW})):
        at_that_time = NOW - timedelta(days=days)
        request = models.VisitRequest.objects.create(asked_at=at_that_time, **asked, **state)
        mail(f"ask-for-visit:{request.pk}")
    mail(f"ask-for-visit:{request.pk}9")
    mail(f"trustee:{trustee.pk}")
    mail(f"trustee:{trustee.pk}:1", sent_at=None)
    mail(f"trustee:{trustee.pk}9:1")
    lines()
    assert not models.VisitRequest.objects.exists()
    assert not models.Trustee.objects.exists()
    named = models.OutboxMessage.objects.exclude(to="").values_list("key", flat=True)
    assert set(named) == {f"ask-for-visit:{request.pk}9", f"trustee:{trustee.pk}9:1"}
    assert models.OutboxMessage.objects.count() == 5


def mail(key: str, **fields: object) -> None:
    words = {"to": "pat@example.org", "subject": "Hello", "body": "Hello", "created_at": NOW, "sent_at": NOW}
    models.OutboxMessage.objects.create(**words | {"key": key} | fields)
