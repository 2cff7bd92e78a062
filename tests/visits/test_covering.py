"""Who may cover a session, and what each answer changes."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import partial

import pytest
from django.core import mail
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from schools.core.errors import RuleBroken
from schools.models import Away, Clearance, Conflict, Cover, Session, SessionType, SignOff, Volunteer, VolunteerStep
from schools.visits.actions import assign, claim, decline, offer, withdraw
from schools.visits.queries import VisitDay
from schools.visits.rules import open_days, reasons_not_to_cover, reasons_to_ask_first
from tests.factories import (
    DAY,
    AreaFactory,
    ClearanceFactory,
    CoverFactory,
    SchoolFactory,
    SessionFactory,
    SignOffFactory,
    UserFactory,
    VolunteerFactory,
    able_volunteer,
    manager,
)
from tests.news import tell_and_send
from tests.profiles import examples

pytestmark = pytest.mark.django_db


def day_of(session: Session) -> VisitDay:
    return VisitDay(session.visit, session.day)


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(RuleBroken) as broken:
        act()
    return " ".join(broken.value.reasons)


def test_somebody_without_clearance_and_sign_off_is_refused_with_both_reasons(now: datetime) -> None:
    session, volunteer = SessionFactory(), VolunteerFactory(name="Asha Rao")
    text = refusal(lambda: assign(session, volunteer, role="presenter", by=UserFactory(), now=now))
    assert "Asha Rao has no clear DBS decision on Thu 26 November 2026. Record the new decision first." in text
    assert "not signed off for “KS2 assembly”" in text
    assert not Cover.objects.exists()


@pytest.mark.parametrize(
    ("facts", "is_clear"),
    [
        ({}, True),
        ({"issued": DAY}, True),
        ({"issued": date(2026, 11, 27)}, False),
        ({"recheck_on": DAY}, False),
        ({"recheck_on": date(2026, 11, 27)}, True),
        ({"withdrawn_on": DAY}, False),
        ({"withdrawn_on": date(2026, 11, 27)}, True),
        ({"decision": "not_clear"}, False),
        ({"decision": "pending"}, False),
        ({"scheme": "pvg"}, False),
    ],
)
def test_a_clearance_holds_from_its_issue_until_the_day_before_its_recheck_or_withdrawal(
    facts: dict[str, object], *, is_clear: bool, today: date
) -> None:
    volunteer, session = VolunteerFactory(), SessionFactory()
    ClearanceFactory(volunteer=volunteer, **facts)
    reasons = reasons_not_to_cover(volunteer, session, role="observer", on=today)
    assert reasons == [] if is_clear else "no clear DBS decision" in reasons[0]
    # The word for rows says the same as the rule for a person.
    CoverFactory(session=session, volunteer=volunteer)
    assert Cover.objects.counting().exists() is is_clear


@pytest.mark.parametrize(
    ("nation", "scheme"),
    [
        ("england", "dbs"),
        ("wales", "dbs"),
        ("isle-of-man", "dbs"),
        ("channel-islands", "dbs"),
        ("scotland", "pvg"),
        ("northern-ireland", "accessni"),
    ],
)
def test_each_nation_asks_for_its_own_scheme(nation: str, scheme: str, today: date) -> None:
    session = SessionFactory(visit__school=SchoolFactory(nation=nation))
    for held in ("dbs", "pvg", "accessni"):
        volunteer = VolunteerFactory()
        ClearanceFactory(volunteer=volunteer, scheme=held)
        CoverFactory(session=session, volunteer=volunteer)
        reasons = reasons_not_to_cover(volunteer, session, role="observer", on=today)
        assert any("no clear" in reason for reason in reasons) is (held != scheme)
    assert Session.objects.with_cover().get().places_taken == 1


def test_only_active_volunteers_are_put_on_sessions_and_people_in_training_beside_them(today: date) -> None:
    session = SessionFactory()
    for status in Volunteer.Status.values:
        volunteer = able_volunteer(status=status)
        assert bool(reasons_not_to_cover(volunteer, session, role="presenter", on=today)) is (status != "active")
        assert bool(reasons_not_to_cover(volunteer, session, role="trainee", on=today)) is (
            status not in {"active", "in_training"}
        )


def test_a_trainee_needs_no_sign_off_and_takes_no_place(today: date, now: datetime) -> None:
    session, trainee = SessionFactory(), VolunteerFactory()
    ClearanceFactory(volunteer=trainee)
    assign(session, trainee, role="trainee", by=UserFactory(), now=now)
    assert Session.objects.with_cover().get().places_taken == 0
    assert reasons_not_to_cover(able_volunteer(), session, role="presenter", on=today) == []


def test_a_sign_off_counts_from_its_day_and_not_while_only_observed(today: date) -> None:
    session, volunteer = SessionFactory(), VolunteerFactory()
    ClearanceFactory(volunteer=volunteer)
    sign_off = SignOff.objects.create(volunteer=volunteer, session_type=session.type, stage="observed", day=date(2026, 1, 1))
    assert "not signed off" in reasons_not_to_cover(volunteer, session, role="presenter", on=today)[0]
    sign_off.stage, sign_off.day = "signed_off", date(2026, 11, 27)
    sign_off.save()
    assert "not signed off" in reasons_not_to_cover(volunteer, session, role="presenter", on=today)[0]
    sign_off.day = DAY
    sign_off.save()
    assert reasons_not_to_cover(volunteer, session, role="presenter", on=today) == []


@pytest.mark.parametrize(
    ("starts", "ends", "overlaps"),
    [
        (time(8, 0), time(9, 15), False),
        (time(8, 0), time(9, 16), True),
        (time(9, 20), time(9, 25), True),
        (time(9, 44), time(10, 0), True),
        (time(9, 45), time(10, 0), False),
    ],
)
def test_nobody_is_in_two_places_and_back_to_back_is_fine(starts: time, ends: time, *, overlaps: bool, now: datetime) -> None:
    volunteer, session = able_volunteer(), SessionFactory()
    other = SessionFactory(starts=starts, ends=ends)
    assign(other, volunteer, role="presenter", by=UserFactory(), now=now)
    reasons = reasons_not_to_cover(volunteer, session, role="presenter", on=now.date())
    assert any("Choose somebody who is free then" in reason for reason in reasons) is overlaps


def test_an_offer_a_cancelled_session_or_a_no_does_not_make_somebody_busy(today: date) -> None:
    volunteer = able_volunteer()
    CoverFactory(volunteer=volunteer, state="offered")
    CoverFactory(volunteer=volunteer, state="declined")
    CoverFactory(volunteer=volunteer, session=SessionFactory(cancelled=True))
    assert reasons_not_to_cover(volunteer, SessionFactory(), role="presenter", on=today) == []


def test_a_conflict_follows_the_school_through_its_conversion_and_cannot_be_overridden(now: datetime) -> None:
    old = SchoolFactory(status="closed")
    new = SchoolFactory(chain=old.pk)
    old.chain = old.pk
    old.save()
    volunteer, session = able_volunteer(), SessionFactory(visit__school=new)
    Conflict.objects.create(volunteer=volunteer, school=old)
    assert "conflict" in refusal(lambda: assign(session, volunteer, role="presenter", by=UserFactory(), now=now, note="I know"))


def test_being_away_or_too_far_can_be_overridden_with_a_note_by_who_assigns_but_not_by_who_claims(now: datetime) -> None:
    session = SessionFactory(visit__school=SchoolFactory(easting=350_000, northing=500_000))
    volunteer = able_volunteer(easting=350_000, northing=540_000, furthest_km=30)
    Away.objects.create(volunteer=volunteer, first_day=DAY, last_day=DAY)
    by = UserFactory()
    for act in (
        lambda: claim(day_of(session), volunteer, role="presenter", by=by, now=now),
        lambda: assign(session, volunteer, role="presenter", by=by, now=now),
    ):
        text = refusal(act)
        assert "is away on" in text
        assert "is 40 km from" in text
    cover = assign(session, volunteer, role="presenter", by=by, now=now, note="Visiting her sister nearby")
    assert cover.override_note == "Visiting her sister nearby"
    volunteer.furthest_km = 40
    assert len(reasons_to_ask_first(volunteer, session)) == 1


def test_a_full_session_takes_nobody_more_but_an_offer_holds_no_place(now: datetime) -> None:
    session, by = SessionFactory(), UserFactory()
    offer(day_of(session), able_volunteer(), role="presenter", by=by, now=now)
    for _ in range(2):
        assign(session, able_volunteer(), role="presenter", by=by, now=now)
    assert "all the people it needs" in refusal(
        lambda: claim(day_of(session), able_volunteer(), role="presenter", by=by, now=now)
    )


def test_a_lapsed_clearance_frees_the_place_and_keeps_the_cover(now: datetime) -> None:
    session, by = SessionFactory(), UserFactory()
    covers = [assign(session, able_volunteer(), role="presenter", by=by, now=now) for _ in range(2)]
    assert Session.objects.with_cover().get().is_covered is True
    Clearance.objects.filter(volunteer=covers[0].volunteer).update(recheck_on=DAY)
    assert Session.objects.with_cover().get().is_covered is False
    assert Session.objects.uncovered().get() == session
    assign(session, able_volunteer(), role="presenter", by=by, now=now)
    assert Cover.objects.holding().count() == 3


@pytest.mark.parametrize("status", [status for status in Volunteer.Status.values if status != "active"])
def test_who_is_not_active_any_more_frees_the_place_and_keeps_the_cover(status: str, now: datetime, today: date) -> None:
    session, by = SessionFactory(), UserFactory()
    cover, _ = (assign(session, able_volunteer(), role="presenter", by=by, now=now) for _ in range(2))
    Volunteer.objects.filter(pk=cover.volunteer_id).update(status=status)
    assert Session.objects.uncovered().get() == session
    assert Cover.objects.lapsed(on=today).get() == cover
    assign(session, able_volunteer(), role="presenter", by=by, now=now)
    assert Cover.objects.holding().count() == 3
    Cover.objects.filter(pk=cover.pk).update(role="trainee")
    assert Cover.objects.lapsed(on=today).exists() is (status != "in_training")
    Volunteer.objects.filter(pk=cover.volunteer_id).update(status="active")
    assert not Cover.objects.lapsed(on=today).exists()


def test_a_sign_off_that_is_set_back_frees_the_place_where_the_type_asks_for_one(now: datetime, today: date) -> None:
    session = SessionFactory()
    cover = assign(session, able_volunteer(), role="presenter", by=UserFactory(), now=now)
    SignOff.objects.filter(volunteer=cover.volunteer).update(stage="observed")
    assert not Cover.objects.counting().exists()
    assert Session.objects.with_cover().get().places_taken == 0
    assert Cover.objects.lapsed(on=today).get() == cover
    SessionType.objects.filter(pk=session.type_id).update(needs_sign_off=False)
    assert Session.objects.with_cover().get().places_taken == 1
    assert not Cover.objects.lapsed(on=today).exists()


@pytest.mark.parametrize(("status", "step"), [("paused", "paused"), ("applicant", "applied"), ("left", "left")])
def test_what_somebody_became_later_says_nothing_of_a_day_before(status: str, step: str) -> None:
    cover = CoverFactory(volunteer=able_volunteer(status=status))
    after = DAY + timedelta(days=1)
    VolunteerStep.objects.create(volunteer=cover.volunteer, step=step, day=after)
    assert Session.objects.with_cover().get().places_taken == 1
    VolunteerStep.objects.update(day=DAY)
    assert Session.objects.with_cover().get().places_taken == 0
    # Who leaves gives back what has not begun; what had begun that day is still theirs.
    Volunteer.objects.filter(status="left").update(left=DAY)
    assert Session.objects.with_cover().get().places_taken == (status == "left")
    assert Cover.objects.lapsed(on=DAY).exists() is (status != "left")


def test_one_paid_member_of_staff_covers_a_session_alone_and_a_type_without_presenters_needs_none(now: datetime) -> None:
    session = SessionFactory()
    assign(session, able_volunteer(staff=True), role="presenter", by=UserFactory(), now=now)
    online = SessionFactory(type=SessionType.objects.get(slug="online-ks2"))
    assert {row.pk: row.is_covered for row in Session.objects.with_cover()} == {session.pk: True, online.pk: True}
    assert "by itself" in " ".join(reasons_not_to_cover(able_volunteer(), online, role="presenter", on=now.date()))


def test_a_session_has_at_most_one_lead(now: datetime) -> None:
    session, by = SessionFactory(), UserFactory()
    assign(session, able_volunteer(), role="lead", by=by, now=now)
    assert "has a lead already" in refusal(lambda: assign(session, able_volunteer(), role="lead", by=by, now=now))


def test_a_claim_takes_the_whole_visit_day_or_nothing(now: datetime) -> None:
    first = SessionFactory()
    second = SessionFactory(visit=first.visit, starts=time(10, 0), ends=time(10, 30))
    volunteer, by = able_volunteer(), UserFactory()
    for _ in range(2):
        assign(second, able_volunteer(), role="presenter", by=by, now=now)
    refusal(lambda: claim(day_of(first), volunteer, role="presenter", by=by, now=now))
    assert not Cover.objects.filter(volunteer=volunteer).exists()
    (cover,) = claim(day_of(first), volunteer, role="presenter", by=by, now=now, only=[first.pk])
    assert (cover.session, cover.state, cover.answered_at) == (first, "accepted", now)


def test_two_sessions_at_once_in_one_school_cannot_both_be_claimed(now: datetime) -> None:
    first = SessionFactory()
    SessionFactory(visit=first.visit, type=SessionType.objects.get(slug="workshop-2"), starts=time(9, 30), ends=time(10, 0))
    text = refusal(lambda: claim(day_of(first), able_volunteer(), role="presenter", by=UserFactory(), now=now))
    assert "are at the same time" in text


def test_accepting_an_offer_turns_it_into_the_acceptance(now: datetime) -> None:
    session, volunteer, by = SessionFactory(), able_volunteer(), UserFactory()
    (offered,) = offer(day_of(session), volunteer, role="lead", by=by, now=now)
    (accepted,) = claim(day_of(session), volunteer, role="lead", by=by, now=now)
    assert offered.pk == accepted.pk
    assert Cover.objects.get().state == "accepted"


def test_declining_and_giving_back_keep_the_record_and_free_the_place(now: datetime) -> None:
    session, volunteer, by = SessionFactory(visit__coordinator=manager()), able_volunteer(signs_in=True), UserFactory()
    offer(day_of(session), volunteer, role="presenter", by=by, now=now)
    decline(day_of(session), volunteer, by=by, now=now)
    claim(day_of(session), volunteer, role="presenter", by=by, now=now)
    assert volunteer.user is not None
    withdraw(day_of(session), volunteer, by=volunteer.user, now=now)
    tell_and_send(now)
    assert list(Cover.objects.order_by("pk").values_list("state", flat=True)) == ["declined", "withdrawn"]
    assert [message.to for message in mail.outbox] == [[session.visit.coordinator.email]]
    assert "nothing to answer" in refusal(lambda: withdraw(day_of(session), volunteer, by=by, now=now))
    assert len(claim(day_of(session), volunteer, role="presenter", by=by, now=now)) == 1


def test_past_cancelled_reported_and_unplanned_sessions_are_not_claimed(now: datetime) -> None:
    volunteer = able_volunteer()
    for session, words in (
        (SessionFactory(day=date(2026, 11, 23)), "has passed"),
        (SessionFactory(cancelled=True), "nothing to take"),
        (SessionFactory(delivered=True), "nothing to take"),
        (SessionFactory(visit__stage="requested"), "Plan it with the school first"),
    ):
        day = day_of(session)
        assert words in refusal(partial(claim, day, volunteer, role="presenter", by=UserFactory(), now=now))


def test_open_days_are_those_of_my_areas_that_i_may_take_in_a_constant_number_of_queries(
    today: date, now: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    mine, other = AreaFactory(), AreaFactory()
    volunteer = able_volunteer(mine)
    SessionFactory(visit__school=SchoolFactory(area=other))
    first = SessionFactory(visit__school=SchoolFactory(area=mine))
    full = SessionFactory(visit=first.visit, starts=time(11, 0), ends=time(11, 30))
    for _ in range(2):
        CoverFactory(session=full, volunteer=able_volunteer())
    with django_assert_num_queries(4):
        days = open_days(volunteer, on=today)
    assert [(day.visit, day.open_sessions) for day in days] == [(first.visit, (first,))]
    for hour in range(10, 15):
        SessionFactory(visit__school=SchoolFactory(area=mine), starts=time(hour, 0), ends=time(hour, 30))
    with django_assert_num_queries(4):
        assert len(open_days(volunteer, on=today)) == 6


@settings(max_examples=examples(16), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    people=st.lists(
        st.tuples(
            st.sampled_from(["lead", "presenter", "trainee", "observer"]),
            st.sampled_from(["offered", "accepted", "declined", "withdrawn", "attended", "absent"]),
            st.booleans(),
            st.booleans(),
            st.sampled_from(["active", "active", "in_training", "paused"]),
            st.sampled_from(["", "observed", "signed_off", "signed_off"]),
        ),
        max_size=5,
    )
)
def test_covered_agrees_with_a_count_in_plain_python(people: list[tuple[str, str, bool, bool, str, str]], today: date) -> None:
    session = SessionFactory()
    counted, staff_counted, leads = 0, False, 0
    lapsed: set[Cover] = set()
    for role, state, staff, clear, status, stage in people:
        if role == "lead" and state in {"accepted", "attended"}:
            leads += 1
            if leads > 1:
                continue
        volunteer = VolunteerFactory(staff=staff, status=status)
        if clear:
            ClearanceFactory(volunteer=volunteer)
        if stage:
            SignOffFactory(volunteer=volunteer, session_type=session.type, stage=stage)
        cover = CoverFactory(session=session, volunteer=volunteer, role=role, state=state)
        presents = role in {"lead", "presenter"}
        may = clear and status != "paused" and not (presents and (status == "in_training" or stage == "observed"))
        if state == "accepted" and not may:
            lapsed.add(cover)
        if presents and (state == "attended" or (state == "accepted" and may)):
            counted += 1
            staff_counted = staff_counted or staff
    row = Session.objects.with_cover().get(pk=session.pk)
    assert row.places_taken == counted
    assert row.is_covered is (counted >= session.type.presenters or staff_counted)
    # Of this session alone: the database has the sessions of the examples before, too.
    covers = Cover.objects.filter(session=session)
    assert covers.counting().count() == sum(cover.counts for cover in covers.with_counting()) == counted
    assert set(covers.lapsed(on=today)) == lapsed


def test_a_session_of_today_is_not_taken_once_it_has_ended(now: datetime) -> None:
    area = AreaFactory()
    session = SessionFactory(visit__school=SchoolFactory(area=area), day=now.date(), starts=time(8, 0), ends=time(8, 50))
    volunteer = able_volunteer(area, signs_in=True)
    assert volunteer.user is not None
    with pytest.raises(RuleBroken, match="This session has ended"):
        claim(day_of(session), volunteer, role="presenter", by=volunteer.user, now=now)
    # While it goes on somebody may still run there.
    claim(day_of(session), volunteer, role="presenter", by=volunteer.user, now=now - timedelta(minutes=1))
