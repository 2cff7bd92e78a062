"""Correcting an outcome, and writing down that somebody was told."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.delivery import actions
from schools.delivery.queries import Difference, Outcome, differences, outcome_of
from schools.visits.models import ClosedPeriod, Cover, Headcount, SafeguardingNotice, Session
from tests.delivery.outcomes import NOON, Morning, morning, report, user_of
from tests.factories import AreaFactory, SchoolFactory, coordinator_of, manager
from tests.profiles import examples

pytestmark = pytest.mark.django_db


def amend(
    one: Morning,
    said: Outcome,
    *,
    by: User | None = None,
    at: datetime = NOON,
    version: int = 1,
    restate: actions.Restate | None = None,
) -> Session:
    by = by or user_of(one.lead)
    return actions.amend(one.session, said, key=uuid4(), version=version, by=by, now=at, restate=restate)


def year_5(session: Session) -> int | None:
    return Headcount.objects.get(session=session, year_group=5).pupils


def test_a_correction_replaces_the_numbers_but_not_who_recorded_and_when() -> None:
    one = morning()
    report(one)
    amend(one, one.outcome(27), by=user_of(one.presenter), at=NOON + timedelta(days=2))
    session = Session.objects.get()
    assert (year_5(session), session.version) == (27, 2)
    assert (session.recorded_by, session.recorded_at) == (user_of(one.lead), NOON)


def test_a_correction_that_changes_nothing_writes_nothing() -> None:
    one = morning()
    report(one)
    assert amend(one, one.outcome()).version == 1
    assert one.session.history.count() == 2


def test_a_number_can_be_corrected_to_not_counted() -> None:
    one = morning()
    report(one)
    amend(one, one.outcome(None))
    assert year_5(one.session) is None


def test_people_on_the_session_correct_for_14_days_after_recording() -> None:
    one = morning(day=date(2026, 9, 10))
    report(one)
    amend(one, one.outcome(27), at=NOON + timedelta(days=14))
    with pytest.raises(RuleBroken, match="corrected here for 14 days"):
        amend(one, one.outcome(26), at=NOON + timedelta(days=14, seconds=1), version=2)
    assert year_5(one.session) == 27


def test_a_correction_does_not_lengthen_the_14_days() -> None:
    one = morning()
    report(one)
    amend(one, one.outcome(27), at=NOON + timedelta(days=13))
    with pytest.raises(RuleBroken, match="14 days"):
        amend(one, one.outcome(26), at=NOON + timedelta(days=15), version=2)


def test_after_14_days_the_areas_coordinator_and_a_manager_still_correct() -> None:
    area = AreaFactory()
    one = morning(visit__school=SchoolFactory(area=area))
    report(one)
    late = NOON + timedelta(days=400)
    amend(one, one.outcome(27), by=coordinator_of(area), at=late)
    amend(one, one.outcome(26), by=manager(), at=late, version=2)
    with pytest.raises(RuleBroken, match="Only people on this session"):
        amend(one, one.outcome(25), by=coordinator_of(AreaFactory()), at=late, version=3)
    assert year_5(one.session) == 26


def test_in_a_closed_period_of_the_frozen_area_only_a_manager_corrects_and_restates_the_return() -> None:
    then, now = AreaFactory(name="Cumbria"), AreaFactory(name="Cumberland")
    school = SchoolFactory(area=then)
    one = morning(visit__school=school)
    report(one)
    # The authority moves to another area after the day: the return that rests on the session is the old area's.
    school.authority.holdings.update(to_day=date(2026, 12, 31))
    school.authority.holdings.create(area=now, from_day=date(2027, 1, 1))
    closed = {"first_day": date(2026, 9, 1), "last_day": date(2026, 12, 31)}
    ClosedPeriod.objects.create(area=now, **closed)
    amend(one, one.outcome(27))
    ClosedPeriod.objects.create(area=then, **closed)
    for by in (user_of(one.lead), coordinator_of(then)):
        with pytest.raises(RuleBroken, match="return of Cumbria"):
            amend(one, one.outcome(26), by=by, version=2)
    with pytest.raises(RuleBroken, match="say there why its outcome changes"):
        amend(one, one.outcome(26), by=manager(), version=2)
    told: list[Difference] = []
    assert amend(one, one.outcome(26), by=manager(), version=2, restate=told.extend).version == 3
    assert [(row.what, row.stored, row.said) for row in told] == [("Year 5", "27", "26")]


def test_two_tabs_do_not_overwrite_each_other() -> None:
    one = morning()
    report(one)
    amend(one, one.outcome(27))
    with pytest.raises(actions.OutcomeDiffers, match="changed this outcome after you opened it") as refusal:
        amend(one, one.outcome(29))
    assert [(row.what, row.stored, row.said) for row in refusal.value.differences] == [("Year 5", "27", "29")]
    assert year_5(one.session) == 27


def test_a_correction_posted_twice_is_made_once() -> None:
    one, key = morning(), uuid4()
    report(one)
    for _ in range(2):
        actions.amend(one.session, one.outcome(27), key=key, version=1, by=user_of(one.lead), now=NOON)
    assert Session.objects.get().version == 2


def test_nothing_is_corrected_before_it_was_recorded() -> None:
    one = morning()
    with pytest.raises(RuleBroken, match="Tell us first"):
        amend(one, one.outcome(), version=0)


def test_somebody_marked_absent_by_mistake_corrects_it_themselves() -> None:
    one = morning()
    report(one, one.outcome(attended=frozenset({one.lead.pk})))
    amend(one, one.outcome(), by=user_of(one.presenter))
    assert Cover.objects.get(pk=one.presenter.pk).state == "attended"


def test_it_went_ahead_after_all_and_it_did_not_after_all() -> None:
    one = morning()
    report(one, Outcome("no", cancelled_code="illness"))
    session = amend(one, one.outcome())
    assert (session.stage, session.cancelled_code) == ("delivered", "")
    assert session.authority == one.session.visit.school.authority
    session = amend(one, Outcome("no"), version=2)
    assert (session.stage, session.cancelled_code, year_5(session)) == ("cancelled", "not_held", None)
    assert set(Cover.objects.values_list("state", flat=True)) == {"accepted"}


counts = st.one_of(st.none(), st.integers(0, 1000))
sayings = st.fixed_dictionaries(
    {
        "year_5": counts,
        "year_6": counts,
        "there": st.sets(st.integers(0, 2)),
        "went_ahead": st.sampled_from(["yes", "partly", "no"]),
        "adults": counts,
        "count_basis": st.sampled_from(["counted", "spread", "school"]),
        "pupils_are": st.sampled_from(["new", "again"]),
    }
)


def said_by(one: Morning, saying: dict[str, Any]) -> Outcome:
    if saying["went_ahead"] == "no":
        return Outcome("no")
    there = saying.pop("there")
    return one.outcome(attended=frozenset(cover.pk for place, cover in enumerate(one.people) if place in there), **saying)


@settings(max_examples=examples(12), deadline=None)
@given(first=sayings, second=sayings)
def test_what_is_stored_is_what_was_said_last(first: dict[str, Any], second: dict[str, Any]) -> None:
    one = morning()
    report(one, said_by(one, first))
    last = said_by(one, second)
    amend(one, last)
    stored = Session.objects.get(pk=one.session.pk)
    assert differences(stored, last) == []
    assert outcome_of(stored) == last.as_stored()


def test_a_digest_does_not_depend_on_the_order_of_typing() -> None:
    one, other = {(1, 5): 28, (1, 6): None}, {(1, 6): None, (1, 5): 28}
    assert Outcome("yes", headcounts=one).digest == Outcome("yes", headcounts=other).digest
    assert Outcome("yes", headcounts=one).digest != Outcome("yes", headcounts={(1, 5): 28, (1, 6): 0}).digest


def test_news_is_a_time_and_a_role_any_number_of_times() -> None:
    one = morning()
    for minutes in (0, 0, 10):
        told_at = NOON - timedelta(minutes=minutes)
        actions.tell(one.session, role_told="school’s safeguarding lead", told_at=told_at, by=user_of(one.lead), now=NOON)
    assert SafeguardingNotice.objects.count() == 2
    assert {told.by for told in SafeguardingNotice.objects.all()} == {user_of(one.lead)}


def test_news_is_refused_with_every_reason() -> None:
    one = morning()
    with pytest.raises(RuleBroken) as refusal:
        actions.tell(one.session, role_told=" ", told_at=NOON + timedelta(minutes=1), by=user_of(morning().lead), now=NOON)
    assert refusal.value.reasons == [
        "Only people on this session and its area’s coordinator write this down. Phone the duty number.",
        "Say whom you told, by role: the school’s safeguarding lead.",
        "The time you gave is still to come. Give the time when you told them.",
    ]
    with pytest.raises(RuleBroken, match="before Thu 26 November 2026"):
        actions.tell(one.session, role_told="head", told_at=NOON - timedelta(days=1), by=user_of(one.lead), now=NOON)
    with pytest.raises(RuleBroken, match="Give the role alone"):
        actions.tell(one.session, role_told="h" * 101, told_at=NOON, by=user_of(one.lead), now=NOON)
    assert not SafeguardingNotice.objects.exists()


def test_a_notice_that_is_put_right_becomes_the_new_one_only_where_it_is_ones_own_and_nobody_has_called_back() -> None:
    one = morning()
    before, now = NOON - timedelta(minutes=20), NOON - timedelta(minutes=10)
    lead, presenter, role = user_of(one.lead), user_of(one.presenter), "head teacher"
    earlier = [actions.EarlierNotice(one.session.pk, role, before)]

    def tells(at: datetime, *, by: User, instead_of: list[actions.EarlierNotice]) -> None:
        actions.tell(one.session, role_told=role, told_at=at, by=by, now=NOON, instead_of=instead_of)

    def stored() -> set[tuple[User, datetime]]:
        return {(notice.by, notice.told_at) for notice in SafeguardingNotice.objects.all()}

    tells(now, by=lead, instead_of=earlier)
    assert stored() == {(lead, now)}, "what never arrived leaves the new one alone"
    tells(before, by=presenter, instead_of=[])
    tells(NOON, by=lead, instead_of=earlier)
    assert stored() == {(lead, now), (lead, NOON), (presenter, before)}, "somebody else's stays"
    for _ in range(2):
        tells(now, by=presenter, instead_of=earlier)
        assert stored() == {(lead, now), (lead, NOON), (presenter, now)}
    SafeguardingNotice.objects.update(charity_told_at=NOON)
    tells(NOON, by=presenter, instead_of=[actions.EarlierNotice(one.session.pk, role, now)])
    assert stored() == {(lead, now), (lead, NOON), (presenter, now), (presenter, NOON)}, "the office has called about it"
