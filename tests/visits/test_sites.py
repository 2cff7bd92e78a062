"""Sessions at a site of a school: travel, calendars and mails go by the site, and a visit day has one place (rule 33)."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.db.models import ProtectedError
from icalendar import Calendar

from schools import models
from schools.core.errors import RuleBroken
from schools.directory.actions import link_schools, place_schools, save_site
from schools.directory.sites import sites_of, sites_of_schools, with_sites
from schools.planning.queries import candidates_for, guest_candidates_for
from schools.visits.actions import NewSession, book, cancel_session
from schools.visits.actions.editing import ChangedMeanwhile, add_sessions, as_stored, change_session, change_site
from schools.visits.actions.moving import move, plan_move
from schools.visits.actions.undoing import undo
from schools.visits.calendars import calendar_of
from schools.visits.emails import when_and_where
from schools.visits.queries import needing_people, people_to_tell
from schools.visits.rules import Slot, reasons_not_to_move, reasons_to_ask_first
from schools.visits.rules.sites import is_of
from tests.factories import (
    AreaFactory,
    CoverFactory,
    SchoolFactory,
    SessionFactory,
    VisitFactory,
    VolunteerFactory,
    able_volunteer,
    coordinator_of,
    manager,
)

pytestmark = pytest.mark.django_db

THURSDAY, FRIDAY = date(2026, 11, 26), date(2026, 11, 27)
HERE, FAR = (330_000, 520_000), (370_000, 520_000)


@pytest.fixture
def school() -> models.School:
    made: models.School = SchoolFactory(
        name="Fellside", area=AreaFactory(), address="Low Road", postcode="LA9 4XX", easting=HERE[0], northing=HERE[1]
    )
    return made


@pytest.fixture
def site(school: models.School) -> models.Site:
    """A site of the school, 40 km from its own address."""
    return models.Site.objects.create(
        school=school, name="Lower Site", address="High Street", postcode="CA1 2AB", easting=FAR[0], northing=FAR[1]
    )


def new(day: date = THURSDAY, starts: time = time(11), **facts: Any) -> NewSession:
    return NewSession(models.SessionType.objects.get(slug=facts.pop("slug", "ks2-assembly")), day, starts, **facts)


def at(school: models.School, **fields: Any) -> models.Session:
    session: models.Session = SessionFactory(visit__school=school, **fields)
    return session


def test_a_session_without_a_site_is_at_the_schools_own_address_and_one_with_a_site_there(
    school: models.School, site: models.Site
) -> None:
    own, there = at(school), at(school, site=site)
    assert own.where is own.visit.school
    assert (there.where.name, there.where.address, there.where.postcode, there.where.place) == (
        "Fellside, Lower Site",
        "High Street",
        "CA1 2AB",
        FAR,
    )


def test_how_far_it_is_for_a_volunteer_goes_by_the_site(school: models.School, site: models.Site, today: date) -> None:
    area = models.Area.objects.get()
    near = able_volunteer(area, easting=HERE[0], northing=HERE[1], furthest_km=10)
    own, there = at(school), at(school, day=FRIDAY, site=site)
    assert reasons_to_ask_first(near, own) == []
    [reason] = reasons_to_ask_first(near, there)
    assert "Fellside, Lower Site is 40 km from" in reason
    assert [candidate.kilometres for session in (own, there) for candidate in candidates_for(session, on=today)] == [0, 40]


def test_guests_of_other_areas_are_looked_for_around_the_site(school: models.School, site: models.Site, today: date) -> None:
    able_volunteer(AreaFactory(), name="Far Away", easting=FAR[0] + 45_000, northing=FAR[1])
    assert guest_candidates_for(at(school), on=today) == []
    assert [guest.name for guest in guest_candidates_for(at(school, site=site), on=today)] == ["Far Away"]


def test_between_two_sites_of_one_school_there_is_a_way_and_within_one_there_is_none(
    school: models.School, site: models.Site
) -> None:
    volunteer = able_volunteer()
    CoverFactory(volunteer=volunteer, session=at(school, site=site, starts=time(9), ends=time(9, 30)))
    assert reasons_to_ask_first(volunteer, at(school, site=site, starts=time(9, 30), ends=time(10))) == []
    [reason] = reasons_to_ask_first(volunteer, at(school, starts=time(9, 40), ends=time(10)))
    assert "is at Fellside, Lower Site on" in reason
    assert "40 km between the schools" in reason


@pytest.mark.parametrize("number", [1, 3])
def test_where_many_sessions_are_is_read_together_with_them(
    number: int, school: models.School, site: models.Site, today: date, django_assert_num_queries: Callable[[int], Any]
) -> None:
    volunteer = able_volunteer(models.Area.objects.get())
    for later in range(number):
        at(school, site=site, day=THURSDAY + timedelta(days=later))
    with django_assert_num_queries(1):
        places = [session.where.name for session in needing_people(volunteer, on=today)]
    assert places == number * ["Fellside, Lower Site"]


def test_calendars_and_mails_say_the_site(school: models.School, site: models.Site, now: datetime) -> None:
    session = at(school, site=site)
    calendar = Calendar.from_ical(calendar_of([session], name="Cumberland", now=now, notes={}))
    [event] = calendar.walk("VEVENT")
    assert event["location"] == "Fellside, Lower Site, High Street, CA1 2AB"
    assert when_and_where([session]).startswith("Fellside, Lower Site, Thu 26 November 2026\n")


def test_whoever_is_phoned_about_days_at_several_places_hears_where_each_is(
    school: models.School, site: models.Site, today: date
) -> None:
    visit, somebody = VisitFactory(school=school), VolunteerFactory()
    for day, place in ((THURSDAY, None), (FRIDAY, site)):
        CoverFactory(session=SessionFactory(visit=visit, day=day, site=place), volunteer=somebody, news="assigned")
    [told] = people_to_tell(manager(), on=today)[0].volunteers
    first, second = (told.text.partition("Fellside, Lower Site, High Street, CA1 2AB:")[part] for part in (0, 2))
    assert "Fellside, Low Road, LA9 4XX:" in first
    assert ("Thu 26 November" in first, "Fri 27 November" in first) == (True, False)
    assert ("Thu 26 November" in second, "Fri 27 November" in second) == (False, True)


def test_a_visit_is_booked_at_a_site_of_its_school(school: models.School, site: models.Site, now: datetime) -> None:
    visit = book(school, [new(site=site), new(day=FRIDAY)], by=manager(), now=now)
    assert list(visit.sessions.order_by("day").values_list("site", flat=True)) == [site.pk, None]


def test_a_visit_day_has_one_place(school: models.School, site: models.Site, now: datetime) -> None:
    by = manager()
    with pytest.raises(RuleBroken, match="The sessions on Thu 26 November 2026 are at different sites"):
        book(school, [new(site=site), new(starts=time(13))], by=by, now=now)
    visit = book(school, [new(site=site), new(day=FRIDAY)], by=by, now=now)
    with pytest.raises(RuleBroken, match="at different sites"):
        add_sessions(visit, [new(starts=time(13))], by=by, now=now)
    add_sessions(visit, [new(starts=time(13), site=site)], by=by, now=now)
    moved = visit.sessions.select_related("type").get(day=FRIDAY)
    to = {moved.pk: Slot(THURSDAY, time(14), time(14, 30))}
    assert any("at different sites" in reason for reason in reasons_not_to_move(visit, [moved], to, by=by, on=now.date()))
    to = {moved.pk: Slot(date(2026, 11, 30), time(14), time(14, 30))}
    assert reasons_not_to_move(visit, [moved], to, by=by, on=now.date()) == []


def test_what_was_cancelled_comes_back_only_to_a_day_that_is_still_at_its_place(
    school: models.School, site: models.Site, now: datetime
) -> None:
    by, session = manager(), at(school)
    at_noon = new(starts=time(12), site=site)
    cancel_session(session, code="weather", note="", by=by, now=now)
    batch = models.Batch.objects.get()
    [other] = add_sessions(session.visit, [at_noon], by=by, now=now)
    assert "at another site on Thu 26 November 2026 by now" in undo(batch, by=by, now=now).left_alone[0]
    session.refresh_from_db()
    assert session.stage == "cancelled"
    # Without the one that is in the way, it comes back as ever.
    models.Batch.objects.update(undone_at=None, undone_by=None, left_alone=[])
    other.delete()
    assert undo(models.Batch.objects.get(), by=by, now=now).left_alone == []


def test_what_was_moved_comes_back_only_to_a_day_that_is_still_at_its_place(
    school: models.School, site: models.Site, now: datetime
) -> None:
    by, session = manager(), at(school)
    to = {session.pk: Slot(FRIDAY, session.starts, session.ends)}
    batch = move(session.visit, to, seen=plan_move(session.visit, to, by=by, now=now).digest, by=by, now=now)
    add_sessions(session.visit, [new(site=site)], by=by, now=now)
    assert "at another site on Thu 26 November 2026 by now" in undo(batch, by=by, now=now).left_alone[0]
    session.refresh_from_db()
    assert session.day == FRIDAY


def test_what_is_shown_online_and_a_strangers_site_are_refused(school: models.School, site: models.Site, now: datetime) -> None:
    with pytest.raises(RuleBroken, match="nobody goes there"):
        book(school, [new(slug="online-ks2", site=site)], by=manager(), now=now)
    with pytest.raises(RuleBroken, match="“Lower Site” is no site of Beck"):
        book(SchoolFactory(name="Beck"), [new(site=site)], by=manager(), now=now)
    site.active = False
    with pytest.raises(RuleBroken, match="“Lower Site” is no site of Fellside that is in use"):
        book(school, [new(site=site)], by=manager(), now=now)


def test_the_room_is_changed_also_where_the_site_is_the_schools_no_more(
    school: models.School, site: models.Site, now: datetime
) -> None:
    session = at(school, site=site)
    models.Site.objects.update(school=SchoolFactory(name="Beck"), active=False)
    boxes: dict[str, Any] = {"room": "Hall", "language": "en", "until_day": None, "expected": {school: {5: 30}}}
    change_session(session, **boxes, seen=as_stored(session), by=manager(), now=now)
    session.refresh_from_db()
    assert (session.room, session.site) == ("Hall", site)


def test_a_school_keeps_its_sites_under_its_next_register_number(school: models.School, site: models.Site) -> None:
    academy = SchoolFactory(name="Fellside Academy", authority=school.authority, chain=school.pk)
    models.School.objects.filter(pk=school.pk).update(chain=school.pk)
    site.refresh_from_db()
    assert is_of(site, academy)
    assert sites_of(academy) == [site]
    assert at(academy, site=site).where.name == "Fellside Academy, Lower Site"


def closed(name: str, **fields: Any) -> models.School:
    made: models.School = SchoolFactory(name=name, status="closed", closed=date(2026, 7, 31), **fields)
    return made


def test_the_buildings_of_a_closed_school_go_to_whoever_follows_it(
    school: models.School, site: models.Site, now: datetime, django_assert_num_queries: Callable[[int], Any]
) -> None:
    infants, juniors = closed("Beck Infants"), closed("Beck Juniors")
    there = models.Site.objects.create(school=infants, name="Annexe", postcode="CA1 2AB")
    hall = models.Site.objects.create(school=juniors, name="Hall", postcode="CA1 2AB")
    before = closed("Old Juniors")
    yard = models.Site.objects.create(school=before, name="Yard", postcode="CA1 2AB", active=False)
    link_schools(before, juniors, kind="successor", day=None)
    link_schools(infants, school, kind="amalgamated", day=None)
    link_schools(juniors, school, kind="amalgamated", day=None)
    school.refresh_from_db()
    assert sites_of(school) == [there, hall, site, yard]
    assert sites_of(models.School.objects.get(pk=infants.pk)) == [there], "nothing goes back"
    assert book(school, [new(site=there)], by=manager(), now=now).sessions.get().where.name == "Fellside, Annexe"
    with pytest.raises(RuleBroken, match="“Lower Site” is no site of Beck Infants"):
        book(models.School.objects.get(pk=infants.pk), [new(site=site)], by=manager(), now=now)
    with django_assert_num_queries(3):
        of_schools = sites_of_schools(models.School.objects.filter(pk__in=[school.pk, juniors.pk]))
    assert of_schools == {school.pk: [there, hall, site, yard], juniors.pk: [hall, yard]}


def test_who_only_feeds_a_school_or_goes_on_beside_it_keeps_its_sites(school: models.School, site: models.Site) -> None:
    infants, parent = SchoolFactory(name="Beck Infants"), SchoolFactory(name="Old Beck")
    for other, kind in ((infants, "feeder"), (parent, "split")):
        models.Site.objects.create(school=other, name="Annexe", postcode="CA1 2AB")
        link_schools(other, school, kind=kind, day=None)
    school.refresh_from_db()
    assert sites_of(school) == [site]
    models.School.objects.filter(pk=parent.pk).update(status="closed", closed=date(2026, 7, 31))
    assert [each.name for each in sites_of(school)] == ["Annexe", "Lower Site"]


def test_a_school_without_a_site_anywhere_in_its_lineage_is_asked_nothing_more(
    school: models.School, django_assert_num_queries: Callable[[int], Any]
) -> None:
    alone = with_sites(models.School.objects.all()).get(pk=school.pk)
    with django_assert_num_queries(0):
        assert sites_of(alone) == []
    old = closed("Beck Infants")
    models.Site.objects.create(school=old, name="Annexe", postcode="CA1 2AB")
    link_schools(old, school, kind="merged", day=None)
    assert [each.name for each in sites_of(with_sites(models.School.objects.all()).get(pk=school.pk))] == ["Annexe"]


def test_a_changed_site_holds_for_the_whole_day_and_twice_is_the_same(
    school: models.School, site: models.Site, now: datetime
) -> None:
    visit, by = VisitFactory(school=school), coordinator_of(models.Area.objects.get())
    first, _, other = (
        SessionFactory(visit=visit, **when) for when in ({}, {"starts": time(11), "ends": time(12)}, {"day": FRIDAY})
    )
    for _ in range(2):
        change_site(first, site, seen=None, by=by, now=now)
    assert set(visit.sessions.filter(day=THURSDAY).values_list("site", flat=True)) == {site.pk}
    other.refresh_from_db()
    assert other.site is None
    with pytest.raises(ChangedMeanwhile):
        change_site(first, None, seen=site.pk + 1, by=by, now=now)
    change_site(first, None, seen=site.pk, by=by, now=now)
    assert not visit.sessions.exclude(site=None).exists()


def test_a_day_of_which_part_has_taken_place_stays_where_it_is(school: models.School, site: models.Site, now: datetime) -> None:
    visit = VisitFactory(school=school)
    session = SessionFactory(visit=visit, starts=time(11), ends=time(12))
    SessionFactory(visit=visit, delivered=True)
    with pytest.raises(RuleBroken, match="Part of that day has taken place already"):
        change_site(session, site, seen=None, by=manager(), now=now)


def test_a_session_that_was_moved_meanwhile_takes_the_site_to_its_new_day(
    school: models.School, site: models.Site, now: datetime
) -> None:
    visit = VisitFactory(school=school)
    as_seen, other = SessionFactory(visit=visit), SessionFactory(visit=visit, starts=time(11), ends=time(12))
    models.Session.objects.filter(pk=as_seen.pk).update(day=FRIDAY)
    change_site(as_seen, site, seen=None, by=manager(), now=now)
    assert dict(visit.sessions.values_list("pk", "site")) == {as_seen.pk: site.pk, other.pk: None}


@pytest.mark.parametrize("state", ["accepted", "offered", "asked"])
def test_a_place_that_somebody_goes_to_or_was_asked_for_stays(
    state: str, school: models.School, site: models.Site, now: datetime
) -> None:
    session = at(school)
    fields = {"role": "observer"} if state == "asked" else {}
    CoverFactory(session=session, volunteer=VolunteerFactory(name="Pat"), state=state, **fields)
    with pytest.raises(RuleBroken, match="Pat is down for it or asked"):
        change_site(session, site, seen=None, by=manager(), now=now)


def test_a_place_that_the_school_has_agreed_to_stays(school: models.School, site: models.Site, now: datetime) -> None:
    session = at(school)
    models.Visit.objects.filter(pk=session.visit_id).update(stage="confirmed", agreed_on=date(2026, 11, 2))
    with pytest.raises(RuleBroken, match="Fellside knows where it is now"):
        change_site(session, site, seen=None, by=manager(), now=now)


def test_a_site_that_was_given_up_gets_nothing_new_and_keeps_what_was_there(
    school: models.School, site: models.Site, now: datetime
) -> None:
    was_there = at(school, site=site)
    site.active = False
    save_site(site)
    with pytest.raises(RuleBroken, match="is no site of Fellside that is in use"):
        change_site(at(school, day=FRIDAY), site, seen=None, by=manager(), now=now)
    with pytest.raises(ProtectedError):
        site.delete()
    assert was_there.where.name == "Fellside, Lower Site"


def test_the_place_of_a_site_follows_from_its_postcode_now_or_once_it_is_known(school: models.School, now: datetime) -> None:
    site = save_site(models.Site(school=school, name="Infants", postcode="ca12ab"))
    assert (site.postcode, site.place) == ("CA1 2AB", (None, None))
    models.Postcode.objects.create(postcode="CA1 2AB", easting=340_000, northing=556_000)
    place_schools(now=now)
    site.refresh_from_db()
    assert site.place == (340_000, 556_000)
    with pytest.raises(RuleBroken, match="is not a postcode"):
        save_site(models.Site(school=school, name="Nowhere", postcode="somewhere"))
