"""The place of a session and of each headcount is frozen as of the session's day (rule 3)."""

from datetime import date
from uuid import uuid4

import pytest

from schools.delivery import actions
from schools.delivery.queries import Outcome
from schools.visits.models import Headcount, Session
from tests.delivery.outcomes import NOON, morning, report, user_of
from tests.factories import AreaFactory, AuthorityFactory, SchoolFactory

pytestmark = pytest.mark.django_db


def place(row: Session | Headcount) -> tuple[int | None, int | None, int | None]:
    row.refresh_from_db()
    return (row.authority_id, row.area_id, row.region_id)


def test_the_place_is_that_of_the_day_though_it_is_recorded_after_a_boundary_change() -> None:
    old, new = AreaFactory(name="Old"), AreaFactory(name="New")
    school = SchoolFactory(area=old)
    school.authority.holdings.update(to_day=date(2023, 3, 31))
    school.authority.holdings.create(area=new, from_day=date(2023, 4, 1))
    before, after = morning(visit__school=school, day=date(2023, 3, 31)), morning(visit__school=school, day=date(2023, 4, 1))
    report(before)
    report(after)
    assert place(before.session) == (school.authority_id, old.pk, old.region_id)
    assert place(after.session) == (school.authority_id, new.pk, new.region_id)
    assert {place(row) for row in before.session.headcounts.all()} == {place(before.session)}


def test_a_later_boundary_change_and_a_correction_move_nothing() -> None:
    old, new = AreaFactory(), AreaFactory()
    school = SchoolFactory(area=old)
    one = morning(visit__school=school)
    report(one)
    before = place(one.session)
    school.authority.holdings.update(area=new)
    school.authorities.update(authority=AuthorityFactory())

    headcounts = {(school.pk, 4): 3, (school.pk, 5): 27, (school.pk, 6): 31}
    actions.amend(one.session, Outcome("yes", headcounts), key=uuid4(), version=1, by=user_of(one.lead), now=NOON)

    assert place(one.session) == before
    # Year 4 was added by the correction, and stands where its school stood.
    assert [place(row) for row in one.session.headcounts.all()] == [before] * 3


def test_each_headcount_is_placed_by_its_own_school() -> None:
    one, guest = morning(), SchoolFactory()
    report(one, Outcome("yes", {(one.school_id, 5): 28, (guest.pk, 5): 9}))
    ours, theirs = (Headcount.objects.get(school=school, year_group=5) for school in (one.school_id, guest.pk))
    assert place(ours) == place(one.session)
    holding = guest.authority.holdings.get()
    assert place(theirs) == (guest.authority_id, holding.area_id, holding.area.region_id)
    assert place(theirs) != place(ours)


def test_a_guest_added_by_a_correction_is_placed_as_of_the_sessions_day() -> None:
    old = AreaFactory()
    one, guest = morning(), SchoolFactory(area=old)
    report(one)
    guest.authority.holdings.update(to_day=one.session.day)
    guest.authority.holdings.create(area=AreaFactory(), from_day=date(2026, 11, 27))
    said = Outcome("yes", {(guest.pk, 5): 9})
    actions.amend(one.session, said, key=uuid4(), version=1, by=user_of(one.lead), now=NOON)
    assert place(Headcount.objects.get(school=guest))[1] == old.pk


def test_a_school_of_no_area_stays_of_no_area() -> None:
    school = SchoolFactory(authority=None)
    one = morning(visit__school=school)
    report(one)
    school.authority = SchoolFactory().authority
    school.save()
    actions.amend(one.session, one.outcome(1), key=uuid4(), version=1, by=user_of(one.lead), now=NOON)
    assert place(one.session) == (None, None, None)
