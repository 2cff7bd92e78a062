"""Recording an outcome: once, complete, refused with every reason."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from schools.core.errors import RuleBroken
from schools.delivery import actions
from schools.delivery.models import OutcomeSubmission
from schools.delivery.queries import Difference, Outcome
from schools.materials.models import KitLine, Material, MaterialUse
from schools.programme.models import SessionType
from schools.visits.models import ClosedPeriod, Cover, Headcount, Session, SessionStage
from tests.delivery.outcomes import NOON, morning, report, user_of
from tests.factories import AreaFactory, CoverFactory, SchoolFactory, SessionFactory, UserFactory, coordinator_of, manager

pytestmark = pytest.mark.django_db


def pupils_of(session: Session) -> dict[tuple[int, int], int | None]:
    return {(row.school_id, row.year_group): row.pupils for row in Headcount.objects.filter(session=session)}


def test_a_session_that_went_ahead_is_delivered_with_what_was_said() -> None:
    one = morning()
    said = one.outcome(28, None, went_ahead="partly", adults=3, count_basis="school", pupils_are="again")

    report(one, said)

    session = Session.objects.get()
    assert (session.stage, session.went_ahead, session.adults) == ("delivered", "partly", 3)
    assert (session.count_basis, session.pupils_are, session.version) == ("school", "again", 1)
    assert (session.recorded_at, session.recorded_by) == (NOON, user_of(one.lead))
    assert pupils_of(session) == {(one.school_id, 5): 28, (one.school_id, 6): None}


def test_a_blank_is_not_counted_and_a_nought_is_nobody() -> None:
    one = morning()
    report(one, one.outcome(0, None))
    assert pupils_of(one.session) == {(one.school_id, 5): 0, (one.school_id, 6): None}


def test_everybody_who_had_said_yes_attended_or_was_absent() -> None:
    one = morning()
    offered = CoverFactory(session=one.session, state="offered")
    withdrawn = CoverFactory(session=one.session, state="withdrawn")

    report(one, one.outcome(attended=frozenset({one.lead.pk, one.trainee.pk})))

    states = dict(Cover.objects.values_list("pk", "state"))
    assert [states[cover.pk] for cover in one.people] == ["attended", "absent", "attended"]
    assert (states[offered.pk], states[withdrawn.pk]) == ("offered", "withdrawn")


def test_a_session_that_did_not_go_ahead_is_cancelled_and_counts_nobody() -> None:
    one = morning()
    report(one, Outcome("no", cancelled_code="weather"))
    session = Session.objects.get()
    assert (session.stage, session.went_ahead, session.cancelled_code) == ("cancelled", "no", "weather")
    assert set(pupils_of(session).values()) == {None}
    assert session.authority is None
    assert set(Cover.objects.values_list("state", flat=True)) == {"accepted"}


def test_without_a_reason_it_was_simply_not_held() -> None:
    one = morning()
    assert report(one, Outcome("no")).cancelled_code == "not_held"


def test_guests_and_unexpected_year_groups_gain_rows() -> None:
    one = morning()
    guest = SchoolFactory()
    headcounts = {(one.school_id, 5): 28, (one.school_id, 4): 12, (guest.pk, 6): 9}
    report(one, Outcome("yes", headcounts=headcounts))
    assert pupils_of(one.session) == {**headcounts, (one.school_id, 6): None}


def test_materials_are_stored_with_what_was_planned() -> None:
    one = morning()
    cards = Material.objects.create(name="Cards")
    KitLine.objects.create(session_type=one.session.type, material=cards, quantity=1, per="pupil")

    report(one, one.outcome(materials={cards.pk: (30, 28)}))

    use = MaterialUse.objects.get()
    assert (use.material, use.planned, use.arrived, use.used) == (cards, 30, 30, 28)


def test_nothing_is_stored_of_materials_of_which_nothing_was_said() -> None:
    one = morning()
    cards = Material.objects.create(name="Cards")
    report(one, one.outcome(materials={cards.pk: (None, None)}))
    assert not MaterialUse.objects.exists()


def test_the_same_sending_twice_is_one_outcome_and_success_both_times() -> None:
    one, key = morning(), uuid4()
    report(one, key=key)
    again = report(one, key=key, at=NOON + timedelta(minutes=1))
    assert (again.stage, again.version, again.recorded_at) == (SessionStage.DELIVERED, 1, NOON)
    assert OutcomeSubmission.objects.count() == 1


def test_a_sending_that_arrives_again_after_a_correction_does_not_undo_it() -> None:
    one, key = morning(), uuid4()
    report(one, key=key)
    actions.amend(one.session, one.outcome(27), key=uuid4(), version=1, by=user_of(one.lead), now=NOON)
    report(one, key=key)
    assert pupils_of(one.session)[one.school_id, 5] == 27


@pytest.mark.parametrize("how", ["other numbers", "other session", "other person"])
def test_a_key_that_said_something_else_is_refused(how: str) -> None:
    one, key = morning(), uuid4()
    report(one, key=key)
    other = morning() if how == "other session" else one
    by = user_of(other.presenter if how == "other person" else other.lead)
    with pytest.raises(RuleBroken, match="sent already and said something else"):
        report(other, other.outcome(29 if how == "other numbers" else 28), key=key, by=by)
    assert pupils_of(one.session)[one.school_id, 5] == 28


def test_the_second_person_sees_what_differs_and_changes_nothing() -> None:
    one = morning()
    report(one, one.outcome(28, 31, adults=2))

    with pytest.raises(actions.OutcomeDiffers, match="Asha reported this session already") as refusal:
        report(one, one.outcome(29, 31, attended=frozenset({one.lead.pk})), by=user_of(one.presenter))

    assert [(row.what, row.stored, row.said) for row in refusal.value.differences] == [
        ("Year 5", "28", "29"),
        ("Adults", "2", "Not counted"),
        ("Ben", "Was there", "Was not there"),
        ("Cat", "Was there", "Was not there"),
    ]
    assert refusal.value.session.version == 1
    assert pupils_of(one.session)[one.school_id, 5] == 28


def test_the_second_person_who_says_the_same_is_told_that_all_is_well() -> None:
    one = morning()
    report(one)
    again = report(one, by=user_of(one.presenter), at=NOON + timedelta(hours=1))
    assert (again.version, again.recorded_by) == (1, user_of(one.lead))


def test_what_differs_names_no_e_mail_address_of_somebody_without_a_name() -> None:
    one = morning()
    nameless = UserFactory(name="", email="secret@example.org")
    one.presenter.volunteer.user = nameless
    one.presenter.volunteer.save()
    report(one, by=nameless)
    with pytest.raises(actions.OutcomeDiffers, match="Somebody reported"):
        report(one, one.outcome(1))


def test_nobody_reports_before_the_session_starts_by_the_clock_of_the_place() -> None:
    summer = morning(day=date(2026, 6, 25))
    with pytest.raises(RuleBroken, match=r"starts on Thu 25 June 2026 at 9:15 am\. Tell us how it went afterwards"):
        report(summer, at=datetime(2026, 6, 25, 8, 14, tzinfo=UTC))
    report(summer, at=datetime(2026, 6, 25, 8, 15, tzinfo=UTC))
    assert Session.objects.get().stage == "delivered"


def test_an_outcome_is_recorded_however_late() -> None:
    one = morning(day=date(2019, 3, 7))
    assert report(one).stage == "delivered"


def test_a_stranger_is_refused_and_learns_nothing() -> None:
    one = morning()
    report(one)
    with pytest.raises(RuleBroken, match="Only people on this session") as refusal:
        report(one, one.outcome(1), by=user_of(morning().lead))
    assert not isinstance(refusal.value, actions.OutcomeDiffers)


def test_a_coordinator_of_the_area_reports_on_behalf_and_one_of_another_does_not() -> None:
    area = AreaFactory()
    one = morning(visit__school=SchoolFactory(area=area))
    with pytest.raises(RuleBroken, match="Only people on this session"):
        report(one, by=coordinator_of(AreaFactory()))
    assert report(one, by=coordinator_of(area)).stage == "delivered"


def test_a_cancelled_session_is_not_reported() -> None:
    one = morning(cancelled=True)
    with pytest.raises(RuleBroken, match="was cancelled"):
        report(one)


def test_in_a_closed_period_only_a_manager_records_and_restates_the_return() -> None:
    area = AreaFactory(name="Cumberland")
    one = morning(visit__school=SchoolFactory(area=area))
    ClosedPeriod.objects.create(area=area, first_day=date(2026, 9, 1), last_day=date(2026, 12, 31))
    for by in (user_of(one.lead), coordinator_of(area)):
        with pytest.raises(RuleBroken, match=r"return of Cumberland .* is signed off"):
            report(one, by=by)
    with pytest.raises(RuleBroken, match="say there why its outcome changes"):
        report(one, by=manager())
    told: list[Difference] = []
    stored = actions.record(one.session, one.outcome(), key=uuid4(), by=manager(), now=NOON, restate=told.extend)
    assert stored.stage == "delivered"
    assert [(row.what, row.stored, row.said) for row in told] == [
        ("Did it go ahead?", "Nobody told us", "Yes"),
        ("Year 5", "Not counted", "28"),
        ("Year 6", "Not counted", "31"),
    ]


def test_the_closed_period_of_a_guests_area_holds_too() -> None:
    one = morning()
    guest = SchoolFactory(area=AreaFactory(name="Eden"))
    ClosedPeriod.objects.create(area=guest.authority.holdings.get().area, first_day=one.session.day, last_day=one.session.day)
    with pytest.raises(RuleBroken, match="return of Eden"):
        report(one, Outcome("yes", headcounts={(guest.pk, 5): 3}))


def test_every_reason_is_given_at_once_and_nothing_is_stored() -> None:
    one = morning()
    cards = Material.objects.create(name="Cards")
    said = Outcome(
        "perhaps",
        headcounts={(one.school_id, 5): 1001, (one.school_id, 6): -1, (one.school_id, 7): 3, (987654, 1): 2},
        adults=1001,
        count_basis="guess",
        pupils_are="nice",
        materials={cards.pk: (10_001, -1), 987654: (1, 1)},
        attended=frozenset({987654}),
    )
    with pytest.raises(RuleBroken) as refusal:
        report(one, said)
    assert refusal.value.reasons == [
        "Say whether it went ahead: yes, partly or no.",
        "Say how you counted.",
        "Say whether the pupils were new or the same as before.",
        "1,001 adults cannot be right. Give 0 to 1,000, or leave the box empty.",
        "A school whose pupils you counted is unknown. Choose it again.",
        "A year group is 0 (Reception or P1) to 6. Choose it again.",
        "1,001 pupils in Year 5 cannot be right. Give 0 to 1,000, or leave the box empty.",
        "-1 pupils in Year 6 cannot be right. Give 0 to 1,000, or leave the box empty.",
        "Somebody whom you ticked is not on this session. Look at it again, and tell the coordinator who came.",
        "One of the materials is unknown. Look at the session again.",
        "10,001 of “Cards” cannot be right. Give 0 to 10,000, or leave the box empty.",
        "-1 of “Cards” cannot be right. Give 0 to 10,000, or leave the box empty.",
    ]
    assert Session.objects.get().stage == "scheduled"
    assert not OutcomeSubmission.objects.exists()


def test_children_cannot_have_been_counted_where_nothing_took_place() -> None:
    one = morning()
    with pytest.raises(RuleBroken, match="did not go ahead, but gave a number"):
        report(one, one.outcome(went_ahead="no"))


def test_a_reason_unknown_for_not_going_ahead_is_refused() -> None:
    one = morning()
    with pytest.raises(RuleBroken, match="Say why it did not go ahead"):
        report(one, Outcome("no", cancelled_code="aliens"))


def test_a_session_for_adults_counts_no_pupils() -> None:
    parents = morning(type=SessionType.objects.get(slug="parents"))
    with pytest.raises(RuleBroken, match="Count the adults only"):
        report(parents)


def test_two_leads_cannot_both_have_been_there() -> None:
    one = morning()
    other = CoverFactory(session=one.session, role="lead", state="absent")
    with pytest.raises(RuleBroken, match="Two people are ticked as lead"):
        report(one, one.outcome(attended=frozenset({one.lead.pk, other.pk})))
    report(one, one.outcome(attended=frozenset({other.pk})))
    assert {cover.role for cover in Cover.objects.filter(state="attended")} == {"lead"}


def test_history_says_what_was_there_before() -> None:
    one = morning()
    report(one)
    assert [row.stage for row in one.session.history.all()] == ["delivered", "scheduled"]
    counted = Headcount.objects.get(year_group=5)
    assert [row.pupils for row in counted.history.all()] == [28, None]


def test_a_report_of_a_session_that_somebody_has_taken_away_is_refused_with_what_to_do() -> None:
    session, by = SessionFactory(), manager()
    Session.objects.get(pk=session.pk).delete()

    with pytest.raises(RuleBroken, match="taken this session away"):
        actions.record(session, Outcome("yes"), key=uuid4(), by=by, now=NOON)

    assert not OutcomeSubmission.objects.exists()
