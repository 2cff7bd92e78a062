"""Sessions that were called off and took place after all, signed-off returns, and numbers that no table holds."""

from datetime import date
from uuid import uuid4

import pytest

from schools.core.errors import RuleBroken
from schools.delivery import actions
from schools.materials.models import KitLine, Material, MaterialUse
from schools.models import AreaAuthority, ClosedPeriod, School, Session, Visit
from schools.visits.actions import cancel_session, cancel_visit
from schools.visits.actions.cancelling import decline_visit
from schools.visits.actions.undoing import undo
from tests.delivery.outcomes import NOON, morning, report, user_of
from tests.factories import AreaFactory, AuthorityFactory, HeadcountFactory, SchoolFactory, coordinator_of, manager

pytestmark = pytest.mark.django_db


def test_a_cancelled_session_that_took_place_after_all_is_reported_by_its_coordinator_and_not_by_those_on_it() -> None:
    area = AreaFactory()
    one = morning(visit__school=SchoolFactory(area=area), cancelled=True)
    with pytest.raises(RuleBroken, match="tell its coordinator"):
        report(one)
    session = report(one, by=coordinator_of(area))
    assert (session.stage, session.went_ahead, session.cancelled_code, session.area) == ("delivered", "yes", "", area)


def test_more_of_a_material_than_anybody_can_bring_is_not_written_down_as_planned() -> None:
    one = morning()
    stickers = Material.objects.create(name="Stickers")
    KitLine.objects.create(session_type=one.session.type, material=stickers, quantity=400, per="pupil")
    report(one, one.outcome(materials={stickers.pk: (None, 50)}))
    use = MaterialUse.objects.get()
    assert (use.planned, use.used) == (None, 50)


def test_a_return_signed_off_in_a_guests_area_locks_calling_off_as_it_locks_reporting() -> None:
    host, guest = AreaFactory(), AreaFactory()
    one = morning(visit__school=SchoolFactory(area=host))
    HeadcountFactory(session=one.session, school=SchoolFactory(area=guest), expected=12)
    ClosedPeriod.objects.create(area=guest, first_day=date(2026, 9, 1), last_day=date(2026, 12, 31))
    by = coordinator_of(host)
    with pytest.raises(RuleBroken, match="is signed off"):
        report(one, by=by)
    with pytest.raises(RuleBroken, match="is signed off"):
        cancel_session(one.session, code="school", note="", by=by, now=NOON)
    cancel_session(one.session, code="school", note="", by=manager(), now=NOON)
    one.session.refresh_from_db()
    assert one.session.stage == "cancelled"


def test_a_session_delivered_in_no_area_is_not_locked_by_an_area_that_took_its_authority_later() -> None:
    authority = AuthorityFactory()
    one = morning(visit__school=SchoolFactory(authority=authority))
    report(one)
    area = AreaFactory()
    AreaAuthority.objects.create(area=area, authority=authority)
    ClosedPeriod.objects.create(area=area, first_day=date(2026, 9, 1), last_day=date(2026, 12, 31))
    session = actions.amend(one.session, one.outcome(27), key=uuid4(), version=1, by=user_of(one.lead), now=NOON)
    assert (session.area, session.version) == (None, 2)


def test_a_cancelled_visit_of_which_something_took_place_after_all_is_a_visit_again() -> None:
    area = AreaFactory()
    one = morning(visit__school=SchoolFactory(area=area))
    by = manager()
    cancel_visit(one.session.visit, code="weather", note="snow", by=by, now=NOON)
    report(one, by=by)
    visit = Visit.objects.get(pk=one.session.visit_id)
    assert (visit.stage, visit.cancelled_code, visit.cancelled_note) == ("planned", "", "")


@pytest.mark.parametrize(("agreed_on", "stage"), [(None, "planned"), (date(2026, 11, 2), "confirmed")])
def test_a_declined_visit_of_which_something_took_place_after_all_is_a_visit_again_and_an_undo_leaves_it_so(
    agreed_on: date | None, stage: str
) -> None:
    area = AreaFactory()
    one = morning(visit__school=SchoolFactory(area=area))
    by, visits = coordinator_of(area), Visit.objects.filter(pk=one.session.visit_id)
    visits.update(stage=stage, agreed_on=agreed_on)
    no = decline_visit(one.session.visit, ask_again_on=date(2027, 9, 6), by=by, now=NOON)
    report(one, by=by)
    assert visits.values_list("stage", "declined_on").get() == (stage, None)

    left = " ".join(undo(no, by=by, now=NOON).left_alone)

    assert all(f"{row} was changed since, so it stays as it is." in left for row in (visits.get(), Session.objects.get()))
    assert visits.values_list("stage", "declined_on").get() == (stage, None)
    assert Session.objects.values_list("stage", "went_ahead", "cancelled_code").get() == ("delivered", "yes", "")
    assert set(one.session.covers.values_list("state", flat=True)) == {"attended"}
    assert School.objects.values_list("ask_again_on", flat=True).get() is None
