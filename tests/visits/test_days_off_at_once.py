"""A day is called off while others change it, in real processes: each visit is off or stands, and everybody is told once."""

from uuid import uuid4

import pytest

from schools.models import Area, Batch, Cover, OutboxMessage, Session
from tests.factories import AreaFactory, able_volunteer, coordinator_of
from tests.processes import together
from tests.visits.days_off_racing import act
from tests.visits.test_undoable import agreed, ids

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.exhaustive]

ROUNDS = 4


@pytest.fixture
def area() -> Area:
    made: Area = AreaFactory()
    return made


def round_of(area: Area, number: int) -> list[Session]:
    return [agreed(area, f"{name} {number}", volunteers=1) for name in ("Ash", "Birch", "Cedar")]


def told(kind: str, subject: str) -> int:
    return OutboxMessage.objects.filter(kind=kind, subject__startswith=subject).count()


def test_two_coordinators_call_the_same_day_off(area: Area) -> None:
    one, other = coordinator_of(area), coordinator_of(area)
    for number in range(ROUNDS):
        sessions = ids(round_of(area, number))
        answers = together(act, [("call off", one.pk, sessions), ("call off", other.pk, list(reversed(sessions)))])
        assert sorted(bool(answer) for answer in answers) == [False, True]
        assert any("called off already" in answer for answer in answers)
        assert Batch.objects.count() == number + 1
    assert not Session.objects.exclude(stage="cancelled").exists()
    assert (told("visits", "Our visit is cancelled"), told("mornings", "Cancelled")) == (3 * ROUNDS, 3 * ROUNDS)


def test_a_volunteer_who_says_yes_meanwhile_is_told_or_refused(area: Area) -> None:
    by, newcomer = coordinator_of(area), able_volunteer(area, signs_in=True)
    assert newcomer.user is not None
    for number in range(ROUNDS):
        sessions = round_of(area, number)
        refused, answer = together(act, [("claim", newcomer.pk, sessions[0].pk), ("call off", by.pk, ids(sessions))])
        assert answer == ""
        is_on = Cover.objects.filter(session=sessions[0], volunteer=newcomer, state="accepted").exists()
        assert is_on is not bool(refused)
        mails = OutboxMessage.objects.filter(to=newcomer.user.email, body__contains=f"Ash {number}", subject__contains="ancelled")
        assert mails.exists() is is_on
    assert not Session.objects.exclude(stage="cancelled").exists()


def test_an_outcome_that_is_reported_meanwhile_is_never_overwritten_nor_half_cancelled(area: Area) -> None:
    by = coordinator_of(area)
    for number in range(ROUNDS):
        sessions = round_of(area, number)
        reported = sessions[1]
        refused, left = together(
            act, [("report", by.pk, reported.pk, str(uuid4())), ("call off", by.pk, ids(sessions))]
        )  # fmt: skip
        row = Session.objects.select_related("visit").get(pk=reported.pk)
        # Whoever was there has the last word: a session that was called off a moment before is reported all the same.
        assert refused == ""
        assert (row.stage, row.went_ahead, row.for_good) == ("delivered", "yes", False)
        assert row.visit.stage == "confirmed"
        assert left == "" or left.startswith(f"Birch {number}, Thu 3 December 2026: It was reported how it went, so it stays.")
        others = Session.objects.filter(pk__in=[sessions[0].pk, sessions[2].pk])
        assert set(others.values_list("stage", "visit__stage")) == {("cancelled", "cancelled")}
