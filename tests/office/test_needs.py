"""Every line of home: what is counted, what is not, and that its link lists exactly as many rows."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from schools import models
from schools.office.frame import need_registry
from schools.office.home import needs
from schools.visits.models import NOBODY
from tests import factories
from tests.house import assert_none
from tests.office.conftest import NOW
from tests.office.needs_listed import listed

pytestmark = pytest.mark.django_db
ON = NOW.date()
ONLINE = "online-ks2"


def in_days(days: int) -> date:
    return ON + timedelta(days=days)


def the_type(slug: str) -> models.SessionType:
    return models.SessionType.objects.get(slug=slug)


@pytest.fixture
def school(area: models.Area) -> models.School:
    made: models.School = factories.SchoolFactory(area=area)
    return made


@pytest.fixture
def person(area: models.Area) -> models.Volunteer:
    return factories.able_volunteer(area)


def test_keys_are_unique_and_the_words_differ() -> None:
    keys = [need.key for need in needs.NEEDS]
    assert_none((key for key in set(keys) if keys.count(key) > 1), to_do="Give each need in NEEDS a key of its own.")
    assert_none(
        (need.key for need in needs.NEEDS if need.singular == need.plural),
        to_do="Write in NEEDS what the line says of one row (`singular`) and what of several (`plural`).",
    )


def test_every_need_without_a_page_of_its_own_is_offered_by_the_list_of_its_table() -> None:
    listed_needs = [need for need in needs.NEEDS if not need.page]
    assert listed_needs
    for need in listed_needs:
        assert need in need_registry.of_table(need.model)
    assert not any(need in need_registry.of_table(need.model) for need in needs.NEEDS if need.page)


def test_a_second_need_of_the_same_key_is_refused() -> None:
    with pytest.raises(ValueError, match="Two needs have the key “told”"):
        need_registry.register(needs.NEEDS[:1])


def test_a_clean_home_says_so(office: Client, area: models.Area, school: models.School, person: models.Volunteer) -> None:
    models.Contact.objects.create(school=school, name="Pat Head")
    factories.VisitFactory(school=school, coordinator=factories.coordinator_of(area))
    answer = office.get("/admin/")
    assert answer.context["pressing"] == []
    assert "Nothing needs you now" in answer.content.decode()


def test_the_list_behind_a_line_begins_with_what_the_line_says(office: Client, school: models.School) -> None:
    later, soon = (factories.SessionFactory(visit__school=school, day=in_days(days)) for days in (9, 2))
    assert listed(office, "people") == [soon, later]
    assert [one.day for one in office.get("/admin/schools/session/").context["cl"].result_list] == [later.day, soon.day]
    long_ago, lately = (factories.SessionFactory(visit__school=school, day=in_days(days)) for days in (-40, -3))
    assert listed(office, "outcome") == [long_ago, lately]


@pytest.mark.parametrize("key", [need.key for need in needs.NEEDS if not need.page])
def test_every_list_behind_a_line_opens_in_its_order(key: str, managers_office: Client) -> None:
    need = next(one for one in needs.NEEDS if one.key == key)
    assert managers_office.get(need.address).status_code == 200


def test_another_areas_rows_are_not_counted(office: Client, elsewhere: models.Area) -> None:
    school = factories.SchoolFactory(area=elsewhere)
    factories.VisitFactory(school=school, stage="requested")
    factories.SessionFactory(visit__school=school)
    factories.ClearanceFactory(volunteer=factories.able_volunteer(elsewhere), scheme="pvg", recheck_on=in_days(3))
    assert office.get("/admin/").context["pressing"] == []


def test_requests_wait_until_they_are_planned(office: Client, school: models.School) -> None:
    asked = factories.VisitFactory(school=school, stage="requested", requested_on=in_days(-12))
    factories.VisitFactory(school=school)
    assert listed(office, "requested") == [asked]
    [line] = office.get("/admin/").context["pressing"]
    assert line.age == "oldest: 12 days"


def test_a_follow_up_is_due_until_somebody_speaks_to_the_school_again(office: Client, school: models.School) -> None:
    by = factories.manager()

    def log(day: int, follow_up: int | None, *, at: models.School = school, who: str = "Pat") -> models.ContactLog:
        due = None if follow_up is None else in_days(follow_up)
        return models.ContactLog.objects.create(school=at, day=in_days(day), how="phone", who=who, by=by, follow_up_on=due)

    first = log(-9, 0)
    assert listed(office, "follow-up") == [first]
    log(-4, None, who=NOBODY)
    assert listed(office, "follow-up") == [first], "nobody answered that call"
    log(-3, 1)
    assert listed(office, "follow-up") == []
    # Or to the academy that it has become.
    before, academy, other = (factories.SchoolFactory(authority=school.authority, chain=chain) for chain in (7, 7, None))
    still = log(-9, 0, at=before)
    log(-3, None, at=other)
    assert listed(office, "follow-up") == [still]
    log(-3, None, at=academy)
    assert listed(office, "follow-up") == []


def test_a_disclosure_waits_for_a_call_back(office: Client, school: models.School) -> None:
    session = factories.SessionFactory(visit__school=school, day=ON, delivered=True)
    by = factories.manager()
    told = models.SafeguardingNotice.objects.create(session=session, told_at=NOW, role_told="safeguarding lead", by=by)
    models.SafeguardingNotice.objects.create(session=session, told_at=NOW, role_told="head teacher", by=by, charity_told_at=NOW)
    assert listed(office, "told") == [told]


def test_an_online_window_that_has_closed_is_the_schools_to_report(office: Client, school: models.School) -> None:
    facts: dict[str, Any] = {"visit__school": school, "type": the_type(ONLINE), "day": in_days(-20)}
    closed = factories.SessionFactory(until_day=in_days(-1), **facts)
    factories.SessionFactory(until_day=in_days(1), **facts)
    in_person = factories.SessionFactory(visit__school=school, day=in_days(-2))
    assert listed(office, "window") == [closed]
    assert listed(office, "outcome") == [in_person]


def test_what_ends_stands_in_one_line_alone(office: Client, person: models.Volunteer) -> None:
    models.Clearance.objects.all().delete()
    models.SignOff.objects.all().delete()
    made: dict[int, tuple[Any, Any]] = {}
    for days, kind in ((0, "ks1-assembly"), (7, "ks2-assembly"), (8, "send"), (90, "parents"), (91, "workshop-2")):
        scheme_of = models.Volunteer.objects.create(name=kind, reference=kind, status="active")
        scheme_of.areas.set(person.areas.all())
        clearance = factories.ClearanceFactory(volunteer=scheme_of, recheck_on=in_days(days))
        sign_off = factories.SignOffFactory(volunteer=scheme_of, session_type=the_type(kind), recheck_on=in_days(days))
        made[days] = clearance, sign_off
    for key, days in (("ended", 0), ("7", 7), ("30", 8), ("90", 90)):
        assert listed(office, f"clearance-{key}") == [made[days][0]], key
        assert listed(office, f"sign-off-{key}") == [made[days][1]], key


def test_a_clearance_with_a_later_one_in_its_place_is_not_listed(office: Client, person: models.Volunteer) -> None:
    factories.ClearanceFactory(volunteer=person, recheck_on=in_days(3))
    assert listed(office, "clearance-7") == []
    person.status = "left"
    person.save()
    person.clearances.all().delete()
    factories.ClearanceFactory(volunteer=person, recheck_on=in_days(3))
    assert listed(office, "clearance-7") == []


def test_people_whose_clearance_or_sign_off_will_have_ended_are_listed_with_the_session(
    office: Client, school: models.School, person: models.Volunteer
) -> None:
    session = factories.SessionFactory(visit__school=school, day=in_days(10))
    cover = factories.CoverFactory(session=session, volunteer=person)
    assert listed(office, "lapsed") == []
    person.clearances.update(recheck_on=in_days(10))
    assert listed(office, "lapsed") == [cover]
    person.clearances.update(recheck_on=in_days(11))
    person.sign_offs.update(recheck_on=in_days(10))
    assert listed(office, "lapsed") == [cover]
    assert models.Session.objects.with_cover().get(pk=session.pk).places_taken == 0
    models.Cover.objects.update(role="trainee")
    assert listed(office, "lapsed") == []


def test_people_who_are_not_active_any_more_are_listed_with_the_session(
    office: Client, school: models.School, person: models.Volunteer
) -> None:
    session = factories.SessionFactory(visit__school=school, day=in_days(10))
    cover = factories.CoverFactory(session=session, volunteer=person)
    assert listed(office, "lapsed") == []
    office.post(f"/admin/volunteer/{person.pk}/", {"do": "step", "step-step": "paused", "step-day": in_days(0)})
    assert listed(office, "lapsed") == [cover]


def test_visits_at_schools_that_close_before_them_are_listed(office: Client, area: models.Area) -> None:
    def visit(status: str, closed: date | None) -> models.Visit:
        school = factories.SchoolFactory(area=area, status=status, closed=closed)
        booked: models.Visit = factories.SessionFactory(visit__school=school, day=in_days(30)).visit
        return booked

    gone, doubtful = visit("closed", None), visit("closing", None)
    too_late = visit("closing", in_days(29))
    visit("closing", in_days(30))
    visit("open", None)
    assert set(listed(office, "closing")) == {gone, doubtful, too_late}


def test_a_visit_to_come_is_of_whoever_has_its_school_now_and_of_nobody_who_had_it(
    office: Client, area: models.Area, elsewhere: models.Area
) -> None:
    closing = factories.SchoolFactory(area=elsewhere, closed=in_days(5))
    visit = factories.SessionFactory(visit__school=closing, day=in_days(9)).visit
    factories.SessionFactory(visit=visit, day=in_days(-9), delivered=True, area=area)
    assert visit in office.get("/admin/schools/visit/").context["cl"].queryset
    assert listed(office, "closing") == []
    office.force_login(factories.manager())
    assert listed(office, "closing") == [visit]


def test_a_cancelled_visit_is_made_good_by_another_or_by_waiting(office: Client, school: models.School) -> None:
    lost = factories.VisitFactory(school=school, stage="cancelled", cancelled_code="weather")
    factories.SessionFactory(visit=lost, day=in_days(-5), cancelled=True)
    old = factories.VisitFactory(school=school, stage="cancelled", cancelled_code="weather")
    factories.SessionFactory(visit=old, day=in_days(-500), cancelled=True)
    assert listed(office, "rebook") == [lost]
    factories.SessionFactory(visit__school=school, day=in_days(9), type=the_type("send"))
    assert listed(office, "rebook") == [lost]
    again = factories.VisitFactory(school=school, replaces=lost)
    assert listed(office, "rebook") == []
    again.delete()
    factories.SessionFactory(visit__school=school, day=in_days(9))
    assert listed(office, "rebook") == []


def test_what_a_school_asked_to_leave_is_not_made_good_now(office: Client, school: models.School) -> None:
    session = factories.SessionFactory(visit__school=school, day=in_days(-5), cancelled=True)
    assert listed(office, "rebook") == [session.visit]
    school.ask_again_on = in_days(60)
    school.save()
    assert listed(office, "rebook") == []


def test_what_was_cancelled_at_a_school_is_made_good_where_its_pupils_are_guests(
    office: Client, area: models.Area, school: models.School
) -> None:
    lost = factories.VisitFactory(school=school, stage="cancelled", cancelled_code="weather")
    session = factories.SessionFactory(visit=lost, day=in_days(-5), cancelled=True)
    host = factories.SchoolFactory()  # of no area: what it lost itself is not on this home

    def guests(day: int, **facts: Any) -> models.Headcount:
        shared = factories.SessionFactory(visit__school=host, day=in_days(day), **{"type": session.type, **facts})
        made: models.Headcount = factories.HeadcountFactory(session=shared, school=school, expected=9)
        return made

    guests(-6)
    guests(9, cancelled=True)
    guests(9, visit__stage="declined")
    nobody_came = guests(-2, delivered=True)
    nobody_came.pupils = 0
    nobody_came.save()
    assert listed(office, "rebook") == [lost]
    guests(12)
    assert listed(office, "rebook") == []
    other = factories.SessionFactory(visit=lost, day=in_days(-5), type=the_type("ks1-assembly"), cancelled=True)
    assert listed(office, "rebook") == [lost]
    there = guests(12, type=other.type)
    assert listed(office, "rebook") == []
    # Of a school that became another one, under whichever number they are written down.
    new = factories.SchoolFactory(area=area)
    models.Headcount.objects.filter(pk=there.pk).update(school=new)
    assert listed(office, "rebook") == [lost]
    models.School.objects.filter(pk__in=(school.pk, new.pk)).update(chain=school.pk, lineage=school.pk)
    assert listed(office, "rebook") == []


def test_what_was_cancelled_at_a_school_is_made_good_at_what_it_has_become(office: Client, area: models.Area) -> None:
    old, new = factories.SchoolFactory(area=area, status="closed"), factories.SchoolFactory(area=area)
    lost = factories.VisitFactory(school=old, stage="cancelled", cancelled_code="weather")
    session = factories.SessionFactory(visit=lost, day=in_days(-5), cancelled=True)
    assert listed(office, "rebook") == []  # it closed, and became nothing
    models.School.objects.filter(pk__in=(old.pk, new.pk)).update(chain=old.pk, lineage=old.pk)
    assert listed(office, "rebook") == [lost]
    new.refresh_from_db()
    new.ask_again_on = in_days(30)
    new.save()
    assert listed(office, "rebook") == []
    new.ask_again_on = None
    new.save()
    factories.SessionFactory(visit__school=new, type=session.type, day=in_days(-6))
    assert listed(office, "rebook") == [lost]
    factories.SessionFactory(visit__school=new, type=session.type, day=in_days(9))
    assert listed(office, "rebook") == []


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0, "today"),
        (-1, "since yesterday"),
        (-59, "oldest: 59 days"),
        (-60, "oldest: 2 months"),
        (-800, "oldest: 2 years"),
        (2, "first: Thu 26 November 2026"),
    ],
)
def test_the_age_is_said_in_words(days: int, words: str) -> None:
    assert needs.age_in_words(in_days(days), on=ON) == words
    assert needs.age_in_words(None, on=ON) == ""
