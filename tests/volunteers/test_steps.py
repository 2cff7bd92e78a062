"""From enquirer to active: a step is written down; the status follows from the latest, the sign-in from leaving alone."""

from datetime import date, datetime

import pytest

from schools.core.errors import RuleBroken
from schools.models import User, Volunteer, VolunteerStep
from schools.visits.actions import end_membership
from schools.volunteers.actions import take_step, write_step
from tests.factories import ClearanceFactory, SignOffFactory, UserFactory, VolunteerFactory, able_volunteer, coordinator_of

pytestmark = pytest.mark.django_db


def test_the_status_follows_the_steps(now: datetime) -> None:
    volunteer, by = VolunteerFactory(status="enquirer"), UserFactory()
    way = [
        ("enquired", 2, "enquirer"),
        ("applied", 3, "applicant"),
        ("interviewed", 4, "applicant"),
        ("references", 5, "applicant"),
        ("training", 6, "in_training"),
    ]
    for step, day, status in way:
        take_step(volunteer, step, day=date(2026, 11, day), by=by, now=now)
        assert Volunteer.objects.get().status == status
    ClearanceFactory(volunteer=volunteer)
    SignOffFactory(volunteer=volunteer)
    taken = take_step(volunteer, "active", day=date(2026, 11, 20), by=by, now=now)
    volunteer.refresh_from_db()
    assert (volunteer.status, volunteer.joined, taken.by) == ("active", date(2026, 11, 20), by)


def test_a_step_written_down_late_does_not_turn_the_way_back(now: datetime) -> None:
    volunteer, by = able_volunteer(), UserFactory()
    take_step(volunteer, "active", day=date(2026, 11, 20), by=by, now=now)
    take_step(volunteer, "references", day=date(2026, 11, 10), by=by, now=now)
    assert Volunteer.objects.get().status == "active"
    assert [step.step for step in volunteer.steps.all()] == ["references", "active"]


def test_nobody_becomes_active_without_a_decision_and_a_sign_off_and_all_reasons_are_said(now: datetime) -> None:
    volunteer = VolunteerFactory(name="Asha Rao", status="in_training")
    with pytest.raises(RuleBroken) as refusal:
        take_step(volunteer, "active", day=date(2026, 11, 25), by=UserFactory(), now=now)
    assert refusal.value.reasons == [
        "Wed 25 November 2026 is still to come. Write a step down once it has happened.",
        "Asha Rao has no clear decision that holds today. Record it first.",
        "Asha Rao has no sign-off that holds today. Record it first.",
    ]
    assert Volunteer.objects.get().status == "in_training"


@pytest.mark.parametrize(
    ("changes", "may"),
    [
        ({"recheck_on": date(2026, 11, 24)}, False),
        ({"recheck_on": date(2026, 11, 25)}, True),
        ({"day": date(2026, 11, 25)}, False),
        ({"stage": "observed"}, False),
    ],
)
def test_a_sign_off_that_does_not_hold_today_makes_nobody_active(changes: dict[str, object], may: bool, now: datetime) -> None:
    volunteer, by = able_volunteer(status="paused"), UserFactory()
    volunteer.sign_offs.update(**changes)
    if may:
        take_step(volunteer, "returned", day=date(2026, 11, 20), by=by, now=now)
    else:
        with pytest.raises(RuleBroken, match="has no sign-off that holds today"):
            take_step(volunteer, "returned", day=date(2026, 11, 20), by=by, now=now)
    assert Volunteer.objects.get().status == ("active" if may else "paused")


def test_pausing_and_coming_back(now: datetime) -> None:
    volunteer, by = able_volunteer(), UserFactory()
    with pytest.raises(RuleBroken, match="neither rests nor has left"):
        take_step(volunteer, "returned", day=date(2026, 11, 1), by=by, now=now)
    take_step(volunteer, "paused", day=date(2026, 11, 2), by=by, now=now)
    assert Volunteer.objects.get().status == "paused"
    with pytest.raises(RuleBroken, match="Only active people pause"):
        take_step(volunteer, "paused", day=date(2026, 11, 3), by=by, now=now)
    take_step(volunteer, "returned", day=date(2026, 11, 20), by=by, now=now)
    assert Volunteer.objects.get().status == "active"


def test_no_step_lets_in_whom_a_manager_switched_off_and_neither_does_coming_back_after_leaving(now: datetime) -> None:
    volunteer, by = able_volunteer(signs_in=True), UserFactory()
    signs_in = User.objects.filter(volunteer=volunteer, is_active=True)
    User.objects.filter(volunteer=volunteer).update(is_active=False)
    for step, day in (("paused", 2), ("returned", 3), ("references", 1)):
        take_step(volunteer, step, day=date(2026, 11, day), by=by, now=now)
        assert not signs_in.exists(), step
    write_step(Volunteer.objects.get(), "left", day=date(2026, 11, 4), by=by)
    take_step(volunteer, "returned", day=date(2026, 11, 5), by=by, now=now)
    assert not signs_in.exists()


def test_whoever_could_sign_in_until_they_left_can_once_they_come_back(now: datetime) -> None:
    volunteer, by = able_volunteer(signs_in=True), UserFactory()
    signs_in = User.objects.filter(volunteer=volunteer, is_active=True)
    for noted, day in ((True, 4), (False, 10)):
        write_step(Volunteer.objects.get(), "left", day=date(2026, 11, day), by=by)
        assert not signs_in.exists()
        if not noted:  # they left before it was noted
            VolunteerStep.objects.update(could_sign_in=None)
        take_step(volunteer, "returned", day=date(2026, 11, day + 1), by=by, now=now)
        assert signs_in.exists()


def test_the_same_step_once_a_day_and_leaving_has_a_verb_of_its_own(now: datetime) -> None:
    volunteer, by = VolunteerFactory(status="enquirer"), coordinator_of()
    take_step(volunteer, "enquired", day=date(2026, 11, 2), by=by, now=now)
    with pytest.raises(RuleBroken, match="is written down for Mon 2 November 2026 already"):
        take_step(volunteer, "enquired", day=date(2026, 11, 2), by=by, now=now)
    with pytest.raises(RuleBroken, match="leaves by ending their membership"):
        take_step(volunteer, "left", day=date(2026, 11, 2), by=by, now=now)


def test_nobody_leaves_before_they_joined(now: datetime) -> None:
    volunteer = VolunteerFactory(status="active", joined=date(2026, 11, 10))
    words = "joined on Tue 10 November 2026. Correct that day first, or give a later one."
    with pytest.raises(RuleBroken, match=words):
        end_membership(volunteer, day=date(2026, 11, 9), by=coordinator_of(), now=now)
