"""The pages of a visit and a session: agreeing, cancelling, putting people on, reporting."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db.models import Model
from django.test import Client

from schools import models
from schools.accounts.models import Role
from tests import factories
from tests.browsing import saved
from tests.office.conftest import NOW
from tests.portal.pages import day_url, said_of


@pytest.fixture
def session(area: models.Area) -> models.Session:
    """A KS2 assembly on Thursday that needs two people."""
    school = factories.SchoolFactory(area=area, name="Ashfield Primary School")
    session: models.Session = factories.SessionFactory(visit__school=school)
    factories.HeadcountFactory(session=session, expected=30)
    return session


def do(office: Client, session: models.Session, name: str, **data: Any) -> Any:
    return office.post(f"/admin/session/{session.pk}/", {"do": name, **data})


@pytest.mark.parametrize(
    ("said", "becomes"),
    [("accept", "accepted"), ("decline", "declined")],
)
def test_what_somebody_said_is_written_down_for_them(
    office: Client, session: models.Session, area: models.Area, said: str, becomes: str
) -> None:
    cover = factories.CoverFactory(session=session, volunteer=factories.able_volunteer(area), state="offered")
    do(office, session, said, **{"answer-volunteer": cover.volunteer_id})
    cover.refresh_from_db()
    assert (cover.state, cover.gave_back) == (becomes, False)


def test_the_page_leads_to_who_could(office: Client, session: models.Session) -> None:
    assert f"/admin/visit/{session.visit_id}/{session.day}/" in office.get(f"/admin/session/{session.pk}/").content.decode()


def test_cancelling_a_session_needs_a_reason(office: Client, session: models.Session) -> None:
    assert "Why: Choose why." in do(office, session, "cancel").content.decode()
    assert do(office, session, "cancel", **{"cancel-code": "weather", "cancel-note": "Snow"}).status_code == 302
    session.refresh_from_db()
    assert (session.stage, session.cancelled_code, session.cancelled_note) == ("cancelled", "weather", "Snow")
    assert "cancelled already" in do(office, session, "cancel", **{"cancel-code": "weather"}).content.decode()


def test_confirming_and_cancelling_a_visit(office: Client, session: models.Session) -> None:
    address = f"/admin/visit/{session.visit_id}/"
    future = saved(office, address, {"do": "confirm", "confirm-agreed_on": "2027-01-01", "confirm-agreed_with": "Pat"})
    assert "cannot have agreed on a day to come" in future.content.decode()
    saved(office, address, {"do": "confirm", "confirm-agreed_on": "2026-11-20", "confirm-agreed_with": "Pat"})
    session.visit.refresh_from_db()
    assert (session.visit.stage, session.visit.agreed_on, session.visit.agreed_with) == ("confirmed", date(2026, 11, 20), "Pat")
    office.post(address, {"do": "cancel", "cancel-code": "school", "cancel-note": ""})
    session.visit.refresh_from_db()
    session.refresh_from_db()
    assert (session.visit.stage, session.stage) == ("cancelled", "cancelled")


@pytest.mark.parametrize("page", ["visit/{0.visit_id}/", "session/{0.pk}/", "visit/{0.visit_id}/{0.day}/outcome/"])
def test_another_areas_pages_are_not_there(page: str, office: Client, elsewhere: models.Area) -> None:
    theirs = factories.SessionFactory(visit__school=factories.SchoolFactory(area=elsewhere))
    address = f"/admin/{page.format(theirs)}"
    assert office.get(address).status_code == 404
    assert office.post(address, {"do": "cancel", "cancel-code": "school"}).status_code == 404


@pytest.mark.parametrize("page", ["book/", "book/1/", "visit/1/", "session/1/", "session/1/outcome/"])
def test_an_analyst_opens_none_of_these_pages(page: str, client: Client, db: None) -> None:
    client.force_login(factories.analyst())
    assert client.get(f"/admin/{page}").status_code == 403


@pytest.mark.parametrize("page", ["", "book/", "book/1/", "visit/1/", "session/1/", "session/1/outcome/", "reach/", "reach/csv/"])
def test_volunteers_and_strangers_stay_outside(page: str, client: Client, db: None) -> None:
    assert client.get(f"/admin/{page}").status_code == 302
    client.force_login(factories.user_with(Role.VOLUNTEER))
    assert client.get(f"/admin/{page}").status_code in {302, 403}


def test_the_outcome_is_recorded_on_behalf_and_corrected(office: Client, session: models.Session) -> None:
    models.Session.objects.update(day=NOW.date() - timedelta(days=5))
    session.refresh_from_db()
    address = day_url(session, "admin:day-outcome")
    assert office.get(f"/admin/session/{session.pk}/outcome/")["Location"] == f"{address}#session-{session.pk}"
    opened = office.get(address).context["form"].whole_day
    answer = office.post(address, {"key": str(opened["key"].value()), **said_of(session)})
    assert answer["Location"] == day_url(session, "admin:visit-day")
    session.refresh_from_db()
    assert session.stage == "delivered"
    assert session.headcounts.get().pupils == 28
    again = office.get(address).context["form"]
    box = f"pupils_{session.visit.school_id}_5"
    corrected = said_of(session, version=again.parts[0]["version"].value(), **{box: "29"})
    assert office.post(address, {"key": str(again.whole_day["key"].value()), **corrected}).status_code == 302
    assert session.headcounts.get().pupils == 29


def test_two_outcomes_that_differ_are_shown_beside_each_other(office: Client, session: models.Session) -> None:
    models.Session.objects.update(day=NOW.date() - timedelta(days=5))
    session.refresh_from_db()
    address = day_url(session, "admin:day-outcome")
    first, second = (str(office.get(address).context["form"].whole_day["key"].value()) for _ in range(2))
    office.post(address, {"key": first, **said_of(session)})
    answer = office.post(address, {"key": second, **said_of(session, **{f"pupils_{session.visit.school_id}_5": "31"})})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "28" in page
    assert "31" in page
    assert session.headcounts.get().pupils == 28
    assert office.post(address, dict(answer.context["again"])).status_code == 302
    assert session.headcounts.get().pupils == 31


def test_an_outcome_before_the_session_is_refused(office: Client, session: models.Session) -> None:
    page = office.get(f"/admin/session/{session.pk}/outcome/", follow=True).content.decode()
    assert "This session starts on Thu 26 November 2026" in page


def test_that_somebody_was_told_is_written_down(office: Client, session: models.Session, coordinator: models.User) -> None:
    models.Session.objects.update(day=NOW.date())
    data = {"tell-role_told": "Safeguarding lead", "tell-told_at_0": "2026-11-24", "tell-told_at_1": "08:40"}
    answer = do(office, session, "tell", **data)
    assert answer.status_code == 302
    told = models.SafeguardingNotice.objects.get()
    assert (told.role_told, told.by) == ("Safeguarding lead", coordinator)
    assert [str(message) for message in get_messages(answer.wsgi_request)] == ["It is written down."]
    shown = " ".join(office.get(f"/admin/session/{session.pk}/").content.decode().split())
    assert "<strong>Tue 24 November 2026, 8:40 am</strong>: Safeguarding lead" in shown


def test_home_counts_what_needs_somebody_and_leads_to_exactly_those_rows(
    office: Client, session: models.Session, area: models.Area, elsewhere: models.Area
) -> None:
    school = session.visit.school
    past = factories.SessionFactory(visit__school=school, day=NOW.date() - timedelta(days=3))
    uncounted = factories.SessionFactory(visit__school=school, day=NOW.date() - timedelta(days=9), delivered=True)
    volunteer = factories.VolunteerFactory()
    volunteer.areas.add(area)
    ending = factories.ClearanceFactory(volunteer=volunteer, recheck_on=NOW.date() + timedelta(days=30))
    factories.ClearanceFactory(volunteer=volunteer, scheme="pvg")
    factories.SessionFactory(visit__school=factories.SchoolFactory(area=elsewhere))
    lines = [line for line in office.get("/admin/").context["lines"] if line.number]
    wanted: list[Model] = [session, past, uncounted, uncounted, ending]
    for line, row in zip(lines, wanted, strict=True):
        assert line.number == 1, line.words
        assert list(office.get(line.address).context["cl"].queryset) == [row], line.words


def test_a_list_says_how_many_of_what(office: Client, area: models.Area) -> None:
    for status in ("open", "open", "closed"):
        factories.SchoolFactory(area=area, status=status)
    page = office.get(f"/admin/schools/school/?status__exact=open&area={area.pk}").content.decode()
    assert "2 of 3 schools · Cumberland · Open" in page
    assert "3 schools" in office.get("/admin/schools/school/").content.decode()


def test_no_page_of_the_office_has_inline_style_or_script(office: Client, session: models.Session) -> None:
    for address in (
        "",
        "book/",
        f"book/{session.visit.school_id}/",
        f"visit/{session.visit_id}/",
        f"session/{session.pk}/",
        "reach/",
    ):
        page = office.get(f"/admin/{address}").content.decode()
        assert " style=" not in page, address
        assert " onclick=" not in page, address
        assert "<script>" not in page, address
