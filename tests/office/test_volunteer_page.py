"""A volunteer's page: what it shows, each look at clearances, steps, leaving and being erased."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client

from schools import models
from schools.accounts.models import Role
from tests import factories
from tests.browsing import hidden, saved
from tests.materials.stores import store_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def volunteer(area: models.Area) -> models.Volunteer:
    return factories.able_volunteer(area, name="Asha Rao", home_postcode="LA9 4QU", joined=date(2025, 1, 5))


def address(volunteer: models.Volunteer) -> str:
    return f"/admin/volunteer/{volunteer.pk}/"


def does(client: Client, volunteer: models.Volunteer, do: str, **said: Any) -> str:
    return client.post(address(volunteer), {"do": do, **said}, follow=True).content.decode()


def ends(office: Client, volunteer: models.Volunteer) -> str:
    """Look at whom it tells, and end the membership."""
    look = does(office, volunteer, "end", **{"end-day": "2026-11-24"})
    return does(office, volunteer, "end", **hidden(look))


def test_clearances_are_shown_once_asked_for_and_each_look_is_logged(
    office: Client, volunteer: models.Volunteer, coordinator: models.User
) -> None:
    page = office.get(address(volunteer)).content.decode()
    assert "DBS clear today" in page
    assert "1 January 2028" not in page
    assert not models.ClearanceLook.objects.exists()
    for looks in (1, 2):
        assert "1 January 2028" in office.get(f"{address(volunteer)}?clearances=1").content.decode()
        assert models.ClearanceLook.objects.filter(by=coordinator, volunteer_number=volunteer.pk).count() == looks


def test_a_lapsed_clearance_is_not_clear_today(office: Client, volunteer: models.Volunteer) -> None:
    models.Clearance.objects.update(recheck_on=date(2026, 11, 24))
    assert "Not clear today" in office.get(address(volunteer)).content.decode()


def test_mornings_lead_to_their_day_and_what_nobody_told_to_the_outcome(
    office: Client, volunteer: models.Volunteer, area: models.Area
) -> None:
    school = factories.SchoolFactory(area=area)
    to_come = factories.CoverFactory(volunteer=volunteer, session__visit__school=school).session
    past = factories.CoverFactory(volunteer=volunteer, session__visit__school=school, session__day=date(2026, 11, 2)).session
    page = office.get(address(volunteer)).content.decode()
    assert f"/admin/visit/{to_come.visit_id}/2026-11-26/" in page
    assert f"/admin/visit/{past.visit_id}/2026-11-02/outcome/" in page
    assert "Open a morning to write down" in page


@pytest.mark.parametrize("state", ["accepted", "withdrawn"])
def test_days_at_schools_of_another_area_are_named_and_lead_nowhere_as_their_pages_would_not_be_there(
    state: str, office: Client, volunteer: models.Volunteer, elsewhere: models.Area
) -> None:
    school = factories.SchoolFactory(area=elsewhere, name="Far Primary")
    for day in (date(2026, 11, 26), date(2026, 11, 2)):
        factories.CoverFactory(volunteer=volunteer, state=state, session__visit__school=school, session__day=day)
    models.Volunteer.objects.filter(pk=volunteer.pk).update(status="left" if state == "withdrawn" else "active")
    page = office.get(address(volunteer)).content.decode()
    assert page.count("Far Primary") == (1 if state == "withdrawn" else 2)
    assert "Open a morning to write down" not in page
    assert 'href="/admin/visit/' not in page
    office.force_login(factories.manager())
    assert 'href="/admin/visit/' in office.get(address(volunteer)).content.decode()


def test_what_they_gave_is_the_hours_of_reach(office: Client, volunteer: models.Volunteer) -> None:
    for day in (date(2026, 11, 2), date(2026, 11, 3), date(2026, 7, 1)):
        session = factories.SessionFactory(day=day, delivered=True)
        factories.CoverFactory(session=session, volunteer=volunteer, state="attended")
    this_year, always = (given for _, given in office.get(address(volunteer)).context["given"])
    # Twice 30 minutes and 45 around each; then once more.
    assert (this_year.sessions, str(this_year.hours)) == (2, "2.5")
    assert (always.sessions, str(always.hours)) == (3, "3.8")


def test_a_step_is_written_down_or_refused_with_all_reasons(office: Client, area: models.Area) -> None:
    new = factories.VolunteerFactory(name="Colin New", status="enquirer")
    new.areas.add(area)
    does(office, new, "step", **{"step-step": "applied", "step-day": "2026-11-20"})
    assert models.Volunteer.objects.get(pk=new.pk).status == "applicant"
    page = does(office, new, "step", **{"step-step": "active", "step-day": "2026-11-24"})
    assert "has no clear decision that holds today" in page
    assert "has no sign-off that holds today" in page


def test_somebody_without_an_address_is_named_as_such_and_can_be_sent_a_way_in(
    office: Client, volunteer: models.Volunteer
) -> None:
    assert "gets no mail, so phone them" in office.get(address(volunteer)).content.decode()
    page = does(office, volunteer, "invite", **{"invite-email": "asha@example.org"})
    assert "was sent an invitation, to asha@example.org" in page


def test_ending_a_membership_lists_what_was_given_back(office: Client, volunteer: models.Volunteer, area: models.Area) -> None:
    school = factories.SchoolFactory(area=area, name="Ashfield Primary")
    factories.CoverFactory(volunteer=volunteer, session__visit__school=school)
    page = ends(office, volunteer)
    assert "Given back on leaving" in page
    assert "Ashfield Primary" in page
    assert "Needs people, 0 of 2" in page
    assert models.VolunteerStep.objects.get(volunteer=volunteer).step == "left"


@pytest.mark.parametrize(
    ("user", "words"),
    [
        (lambda: None, "and can no longer sign in."),
        (lambda: factories.user_with(Role.VOLUNTEER), "and can no longer sign in."),
        (lambda: factories.coordinator_of(is_active=False), "and can no longer sign in."),
        (factories.analyst, "They still sign in to the office, as analyst."),
        (factories.manager, "They still sign in to the office, as programme manager."),
    ],
)
def test_the_look_at_a_leaving_says_who_signs_in_no_more_and_who_still_does(
    user: Callable[[], models.User | None], words: str, office: Client, volunteer: models.Volunteer
) -> None:
    models.Volunteer.objects.filter(pk=volunteer.pk).update(user=user())
    look = " ".join(does(office, volunteer, "end", **{"end-day": "2026-11-24"}).split())
    assert words in look
    assert ("a manager unticks “may sign in”" in look) == ("They still" in words)
    assert ("can no longer sign in" in look) != ("They still" in words)


def test_only_a_manager_erases_and_only_who_types_the_reference(office: Client, volunteer: models.Volunteer) -> None:
    ends(office, volunteer)
    page, typed = f"/admin/erase/volunteer/{volunteer.pk}/", {"erase-reference": volunteer.reference}
    assert page not in office.get(address(volunteer)).content.decode()
    assert office.post(page, {"do": "erase", **typed}).status_code == 403
    office.force_login(factories.manager())
    assert page in office.get(address(volunteer)).content.decode()
    seen = hidden(office.get(page).content.decode())
    assert "That is not" in office.post(page, {**seen, "do": "erase", "erase-reference": "W9"}).content.decode()
    sheet = office.post(page, {**seen, "do": "erase", **typed}, follow=True).content.decode()
    assert f"Erased. What was counted stays under {volunteer.reference}" in sheet
    assert volunteer.name not in sheet
    assert models.Volunteer.objects.get(pk=volunteer.pk).name == f"Former volunteer {volunteer.reference}"


def test_the_page_of_somebody_of_another_area_is_not_there(office: Client, elsewhere: models.Area) -> None:
    assert office.get(address(factories.able_volunteer(elsewhere))).status_code == 404


def test_a_new_volunteer_has_a_reference_that_nobody_thought_of_and_saving_leads_to_their_page(
    office: Client, area: models.Area
) -> None:
    typed: dict[str, Any] = {
        "name": "Norma Bell",
        "areas": [area.pk],
        "languages": ["en"],
        "step": "enquired",
        "step_day": "2026-11-24",
    }
    answer = office.post("/admin/volunteer/add/", typed)
    norma = models.Volunteer.objects.get(name="Norma Bell")
    assert re.fullmatch(r"P[2-9A-Z]{6}", norma.reference)
    assert answer["Location"] == f"/admin/volunteer/{norma.pk}/"
    empty = {
        f"{name}-{count}": 0
        for name in ("sign_offs", "availabilities", "aways", "conflicts")
        for count in ("TOTAL_FORMS", "INITIAL_FORMS")
    }
    typed |= {"reference": norma.reference, **empty}
    again = saved(office, f"/admin/schools/volunteer/{norma.pk}/change/", typed | {"name": "Norma Ball"})
    assert again["Location"] == f"/admin/volunteer/{norma.pk}/"


def test_no_manager_gives_a_volunteer_another_sign_in_after_switching_off_theirs(
    managers_office: Client, area: models.Area
) -> None:
    theirs = factories.UserFactory(email="asha@example.org", last_login=datetime(2026, 11, 1, tzinfo=UTC), is_active=False)
    other = factories.UserFactory(email="other@example.org", date_joined=datetime(2026, 11, 20, tzinfo=UTC))
    asha = factories.VolunteerFactory(name="Asha Rao", user=theirs)
    asha.areas.add(area)
    page = f"/admin/schools/volunteer/{asha.pk}/change/"
    seen = hidden(managers_office.get(page).content.decode())
    typed = {"name": "Asha Rao", "reference": asha.reference, "status": "active", "areas": [area.pk], "languages": ["en"]}
    answer = managers_office.post(page, seen | typed | {"user": other.pk})
    assert "first write down that" in " ".join(answer.content.decode().split())
    asha.refresh_from_db()
    assert asha.user == theirs


def test_each_part_of_the_page_leads_to_the_form_of_its_rows_and_the_details_have_no_rows_of_others(
    office: Client, coordinator: models.User, area: models.Area
) -> None:
    volunteer = factories.VolunteerFactory(name="Ann Ash")
    volunteer.areas.add(area)
    school = factories.SchoolFactory(area=area, name="Ashfield")
    half = models.Availability.objects.create(volunteer=volunteer, weekday=0, part="morning")
    away = models.Away.objects.create(volunteer=volunteer, first_day="2026-12-01", last_day="2026-12-03")
    conflict = models.Conflict.objects.create(volunteer=volunteer, school=school)
    signed = factories.SignOffFactory(volunteer=volunteer, stage="trained")
    page = office.get(f"/admin/volunteer/{volunteer.pk}/").content.decode()
    for row in (half, away, conflict, signed):
        address = f"/admin/schools/{row._meta.model_name}/"
        assert f"{address}{row.pk}/change/" in page
        assert f"{address}add/?volunteer={volunteer.pk}" in page
        assert office.get(f"{address}{row.pk}/change/").status_code == 200
    form = office.get(f"/admin/schools/volunteer/{volunteer.pk}/change/").content.decode()
    assert "TOTAL_FORMS" not in form
    assert [heading for heading in ("Who they are", "Status", "Where they help") if heading in form] == [
        "Who they are", "Status", "Where they help",
    ]  # fmt: skip
    typed = {"session_type": signed.session_type_id, "stage": "observed", "day": "2026-11-02"}
    saved(office, f"/admin/schools/signoff/{signed.pk}/change/", typed)
    signed.refresh_from_db()
    assert (signed.stage, signed.by) == ("observed", coordinator)


def test_a_sign_off_gets_its_end_in_the_office_and_is_taken_back_by_it(
    office: Client, volunteer: models.Volunteer, area: models.Area
) -> None:
    school = factories.SchoolFactory(area=area)
    cover = factories.CoverFactory(session=factories.SessionFactory(visit__school=school), volunteer=volunteer)
    signed = volunteer.sign_offs.get(session_type=cover.session.type)
    form = f"/admin/schools/signoff/{signed.pk}/change/"
    assert "give the first day on which they no longer lead or present" in office.get(form).content.decode()
    typed = {"session_type": signed.session_type_id, "stage": "signed_off", "day": signed.day.isoformat()}
    refused = saved(office, form, typed | {"recheck_on": "2025-01-01"}).content.decode()
    assert "The recheck must not be before the day of the sign-off." in refused
    assert models.Cover.objects.counting().get() == cover

    assert saved(office, form, typed | {"recheck_on": "2026-11-24"}).status_code == 302

    assert "no longer from 24 November 2026" in office.get(address(volunteer)).content.decode()
    assert not models.Cover.objects.counting().exists()
    assert models.Cover.objects.lapsed(on=date(2026, 11, 24)).get() == cover


def test_a_sign_off_of_today_is_taken_back_today_and_its_stage_stays(office: Client, area: models.Area) -> None:
    volunteer, today = factories.VolunteerFactory(), date(2026, 11, 24)
    volunteer.areas.add(area)
    signed = factories.SignOffFactory(volunteer=volunteer, day=today)
    form = f"/admin/schools/signoff/{signed.pk}/change/"
    assert "To take the sign-off back, give its end below." in office.get(form).content.decode()
    typed = {"session_type": signed.session_type_id, "stage": "observed", "day": "2026-11-24", "recheck_on": "2026-11-24"}
    assert saved(office, form, typed).status_code == 302
    signed.refresh_from_db()
    assert (signed.stage, signed.recheck_on) == ("signed_off", today)
    assert not models.SignOff.objects.holding_on(today).exists()


def test_before_a_membership_ends_one_reads_which_stores_they_keep(
    office: Client, volunteer: models.Volunteer, area: models.Area, elsewhere: models.Area
) -> None:
    store_in(area, name="Carlisle office", keeper=volunteer)
    store_in(elsewhere, name="Far cupboard", keeper=volunteer)
    look = does(office, volunteer, "end", **{"end-day": "2026-11-24"})
    assert "Carlisle office: nobody lets people in there any more until you choose another keeper." in look
    assert "Far cupboard" not in look
