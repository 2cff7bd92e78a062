"""A step is undone with all that follows from it, or stays: also where two entries were made one since."""

from datetime import date, datetime, timedelta

import pytest

from schools import models
from schools.visits.actions import end_membership
from schools.visits.actions.merging import merge_people
from schools.visits.actions.steps import take_step_to_undo
from schools.visits.actions.undoing import undo
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def by() -> models.User:
    return factories.manager()


def trained() -> models.Volunteer:
    volunteer = factories.able_volunteer(factories.AreaFactory(), signs_in=True, status="in_training")
    models.VolunteerStep.objects.create(volunteer=volunteer, step="training", day=date(2026, 9, 1))
    return volunteer


def as_stored(volunteer: models.Volunteer) -> tuple[str, str]:
    volunteer.refresh_from_db()
    return volunteer.status, volunteer.steps.order_by("day", "pk")[::-1][0].step


def signs_in(volunteer: models.Volunteer) -> bool:
    assert volunteer.user is not None
    volunteer.user.refresh_from_db()
    return volunteer.user.is_active


def test_a_step_stays_with_the_status_where_the_day_of_joining_was_corrected_since(by: models.User, now: datetime) -> None:
    volunteer = trained()
    batch = take_step_to_undo(volunteer, "active", day=now.date(), by=by, now=now)
    models.Volunteer.objects.filter(pk=volunteer.pk).update(joined=date(2026, 9, 1))
    left = undo(batch, by=by, now=now + timedelta(hours=1)).left_alone
    assert as_stored(volunteer) == ("active", "active")
    assert left[0] == f"{volunteer} was changed since, so it stays as it is."
    assert "Write down what is true now." in left[1]


def test_a_step_of_an_entry_that_was_merged_away_since_stays_with_whom_it_made_active(by: models.User, now: datetime) -> None:
    kept, gone = factories.VolunteerFactory(status="enquirer"), trained()
    batch = take_step_to_undo(gone, "active", day=now.date(), by=by, now=now)
    merge_people(kept, gone, chosen=("status",), mark=None, by=by, now=now)
    undo(batch, by=by, now=now + timedelta(hours=1))
    assert as_stored(kept) == ("active", "active")


def test_a_return_that_is_undone_locks_nobody_out_whose_sign_in_it_is_by_now(by: models.User, now: datetime) -> None:
    kept, gone = factories.VolunteerFactory(), factories.able_volunteer(signs_in=True)
    before = now - timedelta(days=9)
    end_membership(gone, day=before.date(), by=by, now=before)
    batch = take_step_to_undo(gone, "returned", day=now.date(), by=by, now=now)
    merge_people(kept, gone, chosen=("user",), mark=None, by=by, now=now)
    undo(batch, by=by, now=now + timedelta(hours=1))
    kept.refresh_from_db()
    assert (kept.status, kept.user, signs_in(kept)) == ("active", gone.user, True)


def test_leaving_that_is_undone_lets_nobody_in_by_an_entry_that_was_merged_away_since(by: models.User, now: datetime) -> None:
    kept, gone = factories.VolunteerFactory(), factories.able_volunteer(signs_in=True)
    batch = end_membership(gone, day=now.date(), by=by, now=now)
    merge_people(kept, gone, chosen=(), mark=None, by=by, now=now)
    assert not signs_in(gone)
    left = undo(batch, by=by, now=now + timedelta(hours=1)).left_alone
    assert not signs_in(gone)
    assert f"{gone.user} stays as it is. Whose it was stays as they are." in left
