"""Writing down after the report who else was at a session, and taking that back."""

from datetime import date, time, timedelta
from uuid import uuid4

import pytest

from schools import models
from schools.core.errors import RuleBroken
from schools.core.periods import Period
from schools.delivery.actions import Restate, add_person, amend, take_person_back
from schools.delivery.queries import Difference
from schools.reach.actions import close, sign_off
from schools.reach.queries.doubts import sessions_in_doubt
from tests import factories
from tests.delivery.outcomes import NOON, morning, report
from tests.reach.examples import delivered

pytestmark = pytest.mark.django_db
DAY = date(2025, 10, 6)
LATER = NOON + timedelta(days=1)


@pytest.fixture
def area() -> models.Area:
    made: models.Area = factories.AreaFactory(name="Cumbria")
    return made


@pytest.fixture
def coordinator(area: models.Area) -> models.User:
    return factories.coordinator_of(area)


@pytest.fixture
def session(area: models.Area) -> models.Session:
    """It took place, was reported, and nobody had been put on it."""
    school = factories.SchoolFactory(area=area)
    return delivered(school, "ks2-assembly", DAY, time(9, 0), {5: 28}, version=1, recorded_at=NOON)


@pytest.fixture
def person(area: models.Area) -> models.Volunteer:
    return factories.able_volunteer(area)


def refused(session: models.Session, volunteer: models.Volunteer, by: models.User, *, role: str = "presenter") -> list[str]:
    with pytest.raises(RuleBroken) as refusal:
        add_person(session, volunteer, role=role, by=by, now=LATER)
    return list(map(str, refusal.value.reasons))


def test_who_was_there_is_written_down_afterwards_and_the_session_looks_wrong_no_more(
    session: models.Session, person: models.Volunteer, coordinator: models.User
) -> None:
    assert session in sessions_in_doubt(models.Session.objects.all(), on=DAY)
    cover = add_person(session, person, role="lead", by=coordinator, now=LATER)
    assert (cover.state, cover.role, cover.answered_at) == ("attended", "lead", LATER)
    assert session not in sessions_in_doubt(models.Session.objects.all(), on=DAY)
    session.refresh_from_db()
    assert (session.stage, session.recorded_at, session.version) == ("delivered", NOON, 1)
    assert session.headcounts.get().pupils == 28
    assert not models.OutboxMessage.objects.exists()


def test_who_presses_twice_writes_it_down_once(
    session: models.Session, person: models.Volunteer, coordinator: models.User
) -> None:
    first = add_person(session, person, role="lead", by=coordinator, now=LATER)
    assert add_person(session, person, role="lead", by=coordinator, now=LATER + timedelta(seconds=1)) == first
    session.refresh_from_db()
    assert (session.version, person.covers.count()) == (1, 1)
    assert refused(session, person, coordinator, role="trainee")[0].endswith("to say whether they were there.")


def test_it_is_taken_back_once_and_nothing_is_left_of_it(
    session: models.Session, person: models.Volunteer, coordinator: models.User
) -> None:
    cover = add_person(session, person, role="presenter", by=coordinator, now=LATER)
    assert take_person_back(session, cover.pk, by=coordinator, now=LATER)
    assert not take_person_back(session, cover.pk, by=coordinator, now=LATER)
    assert not person.covers.exists()
    assert [row.history_type for row in models.Cover.history.order_by("history_id")] == ["+", "-"]
    add_person(session, person, role="presenter", by=coordinator, now=LATER)
    assert person.covers.get().state == "attended"


def test_who_was_down_for_it_before_the_report_stays_and_is_marked_in_the_outcome() -> None:
    one = morning()
    report(one, one.outcome(attended=frozenset({one.lead.pk})))
    by = factories.manager()
    words = "Correct how it went"
    with pytest.raises(RuleBroken, match=f"Ben Okoro was down for it before it was reported. {words}"):
        take_person_back(one.session, one.presenter.pk, by=by, now=LATER)
    assert refused(one.session, one.presenter.volunteer, by)[0].startswith("Ben Okoro is written down for this session already")
    one.presenter.refresh_from_db()
    assert one.presenter.state == "absent"


def test_they_are_checked_as_of_that_day(
    session: models.Session, area: models.Area, person: models.Volunteer, coordinator: models.User
) -> None:
    person.clearances.update(recheck_on=date(2025, 10, 1))
    (unclear,) = refused(session, person, coordinator)
    assert "has no clear DBS decision on Mon 6 October 2025" in unclear
    learner = factories.able_volunteer(area, name="Lee Todd")
    learner.sign_offs.all().delete()
    (unsigned,) = refused(session, learner, coordinator)
    assert "Lee Todd is not signed off" in unsigned
    elsewhere = factories.able_volunteer(area, name="Zoe Hart")
    other = delivered(factories.SchoolFactory(area=area, name="Oak"), "ks2-assembly", DAY, time(9, 0), {5: 20})
    factories.CoverFactory(session=other, volunteer=elsewhere, state="attended")
    (there,) = refused(session, elsewhere, coordinator)
    assert there == "Zoe Hart is written down at Oak at that time. Say there first that they did not come."
    assert not session.covers.exists()


def test_the_status_is_that_of_the_day_and_not_of_today(
    session: models.Session, area: models.Area, coordinator: models.User
) -> None:
    before, after = DAY - timedelta(days=100), DAY + timedelta(days=100)
    for status, day, role in (("paused", after, "lead"), ("left", after, "presenter"), ("in_training", before, "trainee")):
        was_there = factories.able_volunteer(area, status=status, left=day if status == "left" else None)
        models.VolunteerStep.objects.create(volunteer=was_there, step={"in_training": "training"}.get(status, status), day=day)
        assert add_person(session, was_there, role=role, by=coordinator, now=LATER).state == "attended"
    session.covers.all().delete()
    for status, role in (("paused", "observer"), ("left", "observer"), ("applicant", "trainee"), ("in_training", "lead")):
        was_not = factories.able_volunteer(area, status=status, left=before if status == "left" else None)
        assert refused(session, was_not, coordinator, role=role) == [
            f"{was_not} was not active on Mon 6 October 2025. Write down the steps that are missing on their page first."
        ]


def test_that_somebody_is_not_to_go_there_from_now_on_changes_nothing_of_what_was(
    session: models.Session, person: models.Volunteer, coordinator: models.User
) -> None:
    models.Conflict.objects.create(volunteer=person, school=session.visit.school)
    assert add_person(session, person, role="lead", by=coordinator, now=LATER).state == "attended"


@pytest.mark.parametrize(("asked", "role"), [("offered", "presenter"), ("asked", "observer")])
def test_what_they_were_asked_and_never_answered_becomes_it_and_stands_again_once_it_is_taken_back(
    asked: str, role: str, session: models.Session, person: models.Volunteer, coordinator: models.User
) -> None:
    offer = factories.CoverFactory(session=session, volunteer=person, role=role, state=asked, offered_at=NOON, news="offered")
    assert add_person(session, person, role="lead", by=coordinator, now=LATER) == offer
    offer.refresh_from_db()
    assert (offer.state, offer.role, offer.news) == ("attended", "lead", "")
    assert take_person_back(session, offer.pk, by=coordinator, now=LATER)
    offer.refresh_from_db()
    assert (offer.state, offer.role, offer.answered_at, offer.offered_at) == (asked, role, None, NOON)


def test_nobody_was_at_what_a_school_shows_by_itself(
    area: models.Area, person: models.Volunteer, coordinator: models.User
) -> None:
    online = delivered(factories.SchoolFactory(area=area), "online-ks2", DAY, time(9, 0), {5: 28}, recorded_at=NOON)
    for role in ("presenter", "observer"):
        assert refused(online, person, coordinator, role=role) == [
            f"The school shows “{online.name}” by itself; nobody needs to come."
        ]


def test_who_was_added_is_taken_back_though_it_is_corrected_meanwhile_that_it_did_not_go_ahead(area: models.Area) -> None:
    one = morning(visit__school=factories.SchoolFactory(area=area))
    report(one)
    by, added = factories.coordinator_of(area), factories.able_volunteer(area, name="Dee Fox")
    cover = add_person(one.session, added, role="observer", by=by, now=LATER)
    amend(
        one.session, one.outcome(None, None, went_ahead="no", cancelled_code="school"), key=uuid4(), version=1, by=by, now=LATER
    )
    assert refused(one.session, factories.able_volunteer(area), by) == [
        "It was reported that this session did not go ahead. Correct how it went first."
    ]
    assert take_person_back(one.session, cover.pk, by=by, now=LATER)


def test_whose_entry_is_gone_meanwhile_is_not_written_down(
    session: models.Session, person: models.Volunteer, coordinator: models.User
) -> None:
    models.Volunteer.objects.filter(pk=person.pk).delete()
    assert refused(session, person, coordinator) == ["They are not on our list any more. Choose somebody from it."]


def test_no_more_present_than_the_session_takes_and_trainees_come_beside_them(
    session: models.Session, area: models.Area, coordinator: models.User
) -> None:
    first, second, third = (factories.able_volunteer(area, name=name) for name in ("Ann Ash", "Bo Beck", "Cy Cole"))
    add_person(session, first, role="lead", by=coordinator, now=LATER)
    assert refused(session, second, coordinator, role="lead") == [
        "Somebody is written down as its lead already. Choose presenter, or correct who came."
    ]
    add_person(session, second, role="presenter", by=coordinator, now=LATER)
    assert refused(session, third, coordinator) == [
        "Others are written down for all its places. Correct who came of them, or choose trainee or observer."
    ]
    add_person(session, third, role="trainee", by=coordinator, now=LATER)
    assert session.covers.filter(state="attended").count() == 3


def test_only_the_areas_coordinator_says_it_and_only_of_what_took_place(
    session: models.Session, area: models.Area, person: models.Volunteer, coordinator: models.User
) -> None:
    for by in (factories.coordinator_of(factories.AreaFactory()), factories.analyst()):
        assert refused(session, person, by) == [
            "Only the coordinator of this session’s area says who else was there. Tell them who came."
        ]
    to_come = factories.SessionFactory(visit=session.visit)
    assert refused(to_come, person, coordinator) == ["Nobody has told us that this session took place. Record how it went first."]


def test_what_a_signed_off_return_rests_on_is_restated_by_a_manager(
    session: models.Session, area: models.Area, person: models.Volunteer, coordinator: models.User
) -> None:
    by = factories.manager()
    close(sign_off(area, Period.parse("2025/26"), by=by, now=LATER), by=by, now=LATER)
    assert "is signed off" in refused(session, person, coordinator)[0]
    assert "say there why" in refused(session, person, by)[0]
    changes: list[Difference] = []
    restate: Restate = changes.extend
    cover = add_person(session, person, role="presenter", by=by, now=LATER, restate=restate)
    with pytest.raises(RuleBroken, match="is signed off"):
        take_person_back(session, cover.pk, by=coordinator, now=LATER)
    take_person_back(session, cover.pk, by=by, now=LATER, restate=restate)
    assert changes == [
        Difference(str(person), "Not written down", "Was there"),
        Difference(str(person), "Attended", "Not written down"),
    ]
