"""What is in a loaded demo: figures, problems to work on, and nothing that breaks a rule."""

from collections import Counter, defaultdict
from datetime import date, timedelta

import pytest
from django.db.models import Count, F, Q

from schools import models
from schools.core.nations import Nation, scheme_of
from schools.core.periods import AcademicYear, Period
from schools.demo import days
from schools.demo.names import DRAMA
from schools.directory.lineage import Link, kin_of
from schools.directory.queries import places_on
from schools.reach.queries import reach
from schools.reach.rows import Cut
from schools.visits.models import SessionQuerySet, VisitStage
from schools.visits.queries import CoverRecords
from schools.visits.queries.outstanding import follow_ups_due
from schools.visits.rules import open_days, reasons_not_to_cover, reasons_to_ask_first
from schools.volunteers.models import Decision

# The database is set up only where a test is marked.
pytestmark = [pytest.mark.django_db, pytest.mark.exhaustive]


def _fortnight(on: date) -> tuple[date, date]:
    return on, on + timedelta(days=17)


def _coming(on: date) -> SessionQuerySet:
    return models.Session.objects.scheduled().filter(day__range=_fortnight(on))


def test_three_areas_in_three_nations_have_about_120_schools(small: date) -> None:
    assert models.Area.objects.count() == 3
    assert set(models.Region.objects.values_list("nation", flat=True)) == {"england", "scotland", "wales"}
    assert 120 <= models.School.objects.count() <= 130
    assert models.School.objects.bookable().count() >= 110


def test_the_coordinator_works_on_two_areas_and_sees_words_of_two_nations(small: date) -> None:
    user = models.User.objects.get(email="coordinator@example.org")
    schools = models.School.objects.for_user(user, on=small)
    assert set(schools.values_list("nation", flat=True)) == {"england", "scotland"}
    assert models.Area.objects.for_user(user, on=small).count() == 2


def test_each_past_year_and_this_one_have_pupils_in_every_area(small: date) -> None:
    for year in (2024, 2025, 2026):
        counted = models.Headcount.objects.filter(session__academic_year=year, session__stage="delivered", pupils__gt=0)
        assert counted.values("area").distinct().count() == 3, year
    assert models.Session.objects.delivered().count() > 400


def test_reach_of_each_area_is_there_and_falls_from_attendances_to_children(small: date) -> None:
    table = reach(Period.parse("2024/25..2025/26"), by=Cut.AREA, as_of=small)
    assert [row.area for row in table.rows] == ["Cumbria", "Southern Scotland", "North West Wales"]
    for row in (*table.rows, table.total):
        assert row.attendances > row.pupils_reached > row.children_reached > 500
    assert table.total.attendances_estimated > 0
    assert table.total.pupils_online > 0


def test_the_coming_fortnight_has_every_kind_of_problem(small: date) -> None:
    coming = _coming(small)
    people = Counter((session.is_covered, session.places_taken) for session in coming.filter(type__presenters=2).with_cover())
    assert people[True, 2] > 20
    assert people[False, 0]
    assert people[False, 1]
    assert models.Visit.objects.to_come(on=small).filter(stage=VisitStage.PLANNED, agreed_on=None).exists()
    assert models.Cover.objects.filter(state="offered", session__in=coming).exists()
    assert models.Visit.objects.filter(stage=VisitStage.CANCELLED, sessions__day__range=_fortnight(small)).exists()


def test_in_every_area_a_school_is_to_be_rung_one_asked_for_a_visit_and_one_wants_to_be_left(small: date) -> None:
    for area in models.Area.objects.all():
        schools = models.School.objects.in_areas(models.Area.objects.filter(pk=area.pk), on=small)
        assert follow_ups_due(models.ContactLog.objects.filter(school__in=schools), on=small).count() == 1
        (asked,) = models.Visit.objects.filter(school__in=schools, stage="requested")
        assert asked.requested_on is not None
        assert asked.contact_logs.count() == 1
        assert schools.filter(ask_again_on__gt=small).count() == 1


def test_outcomes_and_counts_are_missing_in_the_days_and_years_before(small: date) -> None:
    missing = models.Session.objects.outcome_missing(on=small)
    assert missing.filter(day=small - timedelta(days=1)).exists()
    assert models.Session.objects.partly_counted().exists()


def test_a_clearance_lapses_within_the_fortnight_and_its_holder_goes_before(small: date) -> None:
    first, last = _fortnight(small)
    lapsing = models.Clearance.objects.filter(decision=Decision.CLEAR, recheck_on__range=(first, last))
    going = models.Cover.objects.live().filter(volunteer__clearances__in=lapsing, session__day__gte=small)
    assert lapsing.exists()
    assert going.exists()
    assert not going.filter(session__day__gte=F("volunteer__clearances__recheck_on"), volunteer__clearances__in=lapsing).exists()


def test_the_volunteer_has_a_next_morning_an_open_one_an_offer_and_an_outcome_to_report(small: date) -> None:
    me = models.Volunteer.objects.get(user__email="volunteer@example.org")
    covers = me.covers.select_related("session")
    assert covers.filter(state="accepted", session__day__gt=small, session__stage="scheduled").exists()
    assert covers.filter(state="offered", session__day__gt=small).exists()
    assert covers.filter(state="accepted", session__in=models.Session.objects.outcome_missing(on=small)).exists()
    assert open_days(me, on=small)


def test_no_cover_to_come_breaks_a_rule_or_needs_a_note(small: date) -> None:
    covers = models.Cover.objects.live().filter(session__day__gte=small, session__stage="scheduled")
    for cover in covers.select_related("volunteer", "session__type", "session__visit__school"):
        records = CoverRecords.of([cover.volunteer], [cover.session])
        reasons = reasons_not_to_cover(cover.volunteer, cover.session, role=cover.role, on=small, records=records)
        reasons += reasons_to_ask_first(cover.volunteer, cover.session, records=records)
        # Whoever is on a session cannot be put on it once more; nothing else may speak against them.
        assert [reason for reason in reasons if reason != f"{cover.volunteer} is on this session already."] == []
    assert covers.count() > 60


def test_whoever_attended_was_clear_signed_off_free_and_in_one_school_that_day(small: date) -> None:
    attended = models.Cover.objects.filter(state="attended").select_related(
        "volunteer", "session__type", "session__visit__school"
    )
    schools_by_day = defaultdict(set)
    for cover in attended:
        day, school = cover.session.day, cover.session.visit.school
        schools_by_day[cover.volunteer_id, day].add(school.pk)
        assert cover.volunteer.clearances.clear_on(day, scheme_of(school.nation)).exists()
        assert cover.volunteer.sign_offs.filter(stage="signed_off", day__lte=day, session_type=cover.session.type).exists()
        assert not cover.volunteer.aways.filter(first_day__lte=day, last_day__gte=day).exists()
        assert not cover.volunteer.conflicts.filter(school=school).exists()
    assert {len(schools) for schools in schools_by_day.values()} == {1}


def test_delivered_sessions_were_covered_and_on_school_days_of_open_schools(small: date) -> None:
    delivered = models.Session.objects.delivered().select_related("visit__school").with_cover()
    for session in delivered:
        assert session.is_covered
        school = session.visit.school
        assert days.is_school_day(session.day, Nation(school.nation))
        assert session.last_day < small
        assert school.opened is None or school.opened <= session.day
        assert school.closed is None or session.day <= school.closed


def test_delivered_sessions_and_their_headcounts_have_the_place_of_their_day(small: date) -> None:
    sessions = models.Session.objects.delivered().select_related("visit")
    places = places_on((session.visit.school_id, session.day) for session in sessions)
    for session in sessions:
        place = places[session.visit.school_id, session.day]
        assert (session.authority_id, session.area_id, session.region_id) == (place.authority_id, place.area_id, place.region_id)
    counted = models.Headcount.objects.filter(session__stage="delivered").select_related("session")
    places = places_on((count.school_id, count.session.day) for count in counted)
    for count in counted:
        place = places[count.school_id, count.session.day]
        assert (count.authority_id, count.area_id, count.region_id) == (place.authority_id, place.area_id, place.region_id)
    assert not models.Headcount.objects.exclude(session__stage="delivered").exclude(pupils=None, area=None).exists()


def test_chains_and_lineages_are_those_that_the_links_make(small: date) -> None:
    links = [Link(link.predecessor_id, link.successor_id, link.kind) for link in models.SchoolLink.objects.all()]
    kin = kin_of(links)
    stored = models.School.objects.filter(Q(lineage__isnull=False) | Q(chain__isnull=False))
    assert {school.pk: (school.chain, school.lineage) for school in stored} == {
        pk: (found.chain, found.lineage) for pk, found in kin.items()
    }
    assert stored.filter(chain__isnull=False).exists()
    assert {link.kind for link in links} == {"successor", "amalgamated"}
    visited = models.Session.objects.delivered().filter(visit__school__lineage__isnull=False)
    assert visited.filter(academic_year=2024).exists()
    assert visited.filter(academic_year=2025).exists()


def test_a_school_of_each_area_is_in_several_places_and_was_visited_at_both_of_its_sites(small: date) -> None:
    sites = models.Site.objects.annotate(visits=Count("sessions__visit", distinct=True))
    assert Counter(sites.values_list("name", flat=True)) == {"Lower Site": 3, "Upper Site": 3}
    assert sites.get(name="Lower Site", school__nation="england").visits
    assert sites.get(name="Upper Site", school__nation="england").visits
    assert _coming(small).exclude(site=None).exists()
    assert all(models.School.objects.get(pk=school).lineage for school in sites.values_list("school", flat=True))


def test_a_trust_has_several_schools_and_a_federation_two(small: date) -> None:
    english = models.School.objects.filter(nation="england")
    trusts = english.exclude(trust_code="0").values_list("trust_code").annotate(Count("pk"))
    assert [number for _, number in trusts] == [6]
    assert {group.name for school in english.exclude(federation_code="0") for group in school.groups if "Fed" in group.name}
    assert english.exclude(federation_code="0").count() == 2


def test_materials_have_kit_lines_and_were_used(small: date) -> None:
    assert models.KitLine.objects.count() >= 10
    assert models.MaterialUse.objects.filter(used__gt=0, session__stage="delivered").count() > 100
    assert not models.MaterialUse.objects.filter(used__gt=F("arrived")).exists()


def test_phones_are_ofcom_s_drama_numbers_and_addresses_end_in_example_org(small: date) -> None:
    phones = [phone for model in (models.Volunteer, models.Contact) for phone in model.objects.values_list("phone", flat=True)]
    phones += models.Area.objects.values_list("duty_phone", flat=True)
    assert all(phone.as_e164.startswith(tuple(DRAMA.values())) and len(phone.as_e164) == 13 for phone in phones)
    assert not models.User.objects.exclude(email__endswith="@example.org").exists()
    assert not models.Contact.objects.exclude(email__endswith="@example.org").exists()


def test_every_row_is_one_that_a_form_would_accept(small: date) -> None:
    for model in (
        models.School,
        models.Visit,
        models.Session,
        models.Headcount,
        models.Cover,
        models.Clearance,
        models.Volunteer,
    ):
        for row in model.objects.order_by("pk")[::17]:
            row.full_clean(validate_unique=False)


def test_no_day_of_an_authority_is_held_by_two_areas(small: date) -> None:
    holdings = models.AreaAuthority.objects.values("authority").annotate(areas=Count("area"))
    assert {row["areas"] for row in holdings} == {1}
    assert AcademicYear.of(small).start == 2026
