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
from tests.delivery.outcomes import NOON, morning, report, user_of
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
    return factories.able_volunteer(area, name="Dee Fox")


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


BEFORE, AFTER = DAY - timedelta(days=100), DAY + timedelta(days=100)


@pytest.mark.parametrize(
    ("status", "steps", "roles"),
    [
        # Of whom no step is written down, it is the status of today.
        ("active", [], "lead observer"),
        ("in_training", [], "trainee observer"),
        ("paused", [], ""),
        ("applicant", [], ""),
        # The latest step until then says it, and none that came later.
        ("paused", [("active", BEFORE), ("paused", AFTER)], "lead observer"),
        ("active", [("paused", BEFORE), ("returned", AFTER)], ""),
        ("active", [("training", BEFORE), ("active", AFTER)], "trainee observer"),
        ("applicant", [("active", BEFORE), ("left", AFTER), ("applied", AFTER + timedelta(days=1))], "lead observer"),
        # Before the first step they were what it ends.
        ("paused", [("paused", AFTER)], "lead observer"),
        ("left", [("left", AFTER)], "lead observer"),
        ("active", [("active", AFTER)], "trainee observer"),
        ("active", [("enquired", AFTER), ("active", AFTER + timedelta(days=9))], ""),
        # On the very day it is both.
        ("paused", [("active", BEFORE), ("paused", DAY)], "lead observer"),
        ("active", [("training", BEFORE), ("active", DAY)], "lead trainee"),
        ("left", [("active", BEFORE), ("left", BEFORE + timedelta(days=1))], ""),
    ],
)
def test_the_status_is_that_of_the_day_and_not_of_today(
    status: str,
    steps: list[tuple[str, date]],
    roles: str,
    session: models.Session,
    area: models.Area,
    coordinator: models.User,
) -> None:
    volunteer = factories.able_volunteer(area, name="Dee Fox", status=status)
    for step, day in steps:
        models.VolunteerStep.objects.create(volunteer=volunteer, step=step, day=day)
    taken = []
    for role in ("lead", "trainee", "observer"):
        try:
            cover = add_person(session, volunteer, role=role, by=coordinator, now=LATER)
        except RuleBroken as broken:
            (reason,) = broken.reasons
            assert reason.startswith("By their steps Dee Fox was ")
            assert reason.endswith("Write down on their page the step that is missing, if one is.")
        else:
            taken.append(role)
            assert take_person_back(session, cover.pk, by=coordinator, now=LATER)
    assert set(roles.split()) <= set(taken)
    assert ("lead" in taken) == ("lead" in roles)
    assert bool(taken) == bool(roles)


def test_of_whom_nothing_but_the_day_of_leaving_is_known_was_there_until_then(
    session: models.Session, area: models.Area, coordinator: models.User
) -> None:
    assert refused(session, factories.able_volunteer(area, status="left", left=BEFORE), coordinator)
    add_person(session, factories.able_volunteer(area, status="left", left=AFTER), role="lead", by=coordinator, now=LATER)


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
    assert (offer.state, offer.role, offer.answered_at, offer.offered_at, offer.news) == (asked, role, None, NOON, "offered")


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


@pytest.mark.parametrize("stage", ["scheduled", "cancelled"])
def test_nobody_is_taken_back_from_what_nobody_has_reported(stage: str, area: models.Area, coordinator: models.User) -> None:
    visit = factories.VisitFactory(school=factories.SchoolFactory(area=area))
    to_come = factories.SessionFactory(visit=visit, cancelled=stage == "cancelled")
    cover = factories.CoverFactory(session=to_come, volunteer=factories.able_volunteer(area), answered_at=NOON)
    for by in (coordinator, factories.manager()):
        with pytest.raises(RuleBroken, match="Nobody has told us how this session went"):
            take_person_back(to_come, cover.pk, by=by, now=LATER)
    assert models.Cover.objects.get().state == "accepted"


def test_a_report_on_its_way_leaves_who_was_added_meanwhile_and_is_known_again(area: models.Area) -> None:
    one = morning(visit__school=factories.SchoolFactory(area=area))
    report(one)
    ticked = frozenset({one.lead.pk, one.presenter.pk})
    said, key = one.outcome(27, attended=ticked, shown=frozenset(each.pk for each in one.people)), uuid4()
    by = user_of(one.lead)
    cover = add_person(one.session, factories.able_volunteer(area), role="observer", by=factories.coordinator_of(area), now=LATER)
    for _ in range(2):
        stored = amend(one.session, said, key=key, version=1, by=by, now=LATER)
    assert stored.version == 2, "the second time it is known"
    states = dict(models.Cover.objects.filter(session=one.session).values_list("pk", "state"))
    assert states == {one.lead.pk: "attended", one.presenter.pk: "attended", one.trainee.pk: "absent", cover.pk: "attended"}


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
        Difference("Dee", "Not written down", "Was there"),
        Difference("Dee", "Attended", "Not written down"),
    ]
