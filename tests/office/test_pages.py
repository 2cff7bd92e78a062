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
from tests.office.conftest import NOW


@pytest.fixture
def session(area: models.Area) -> models.Session:
    """A KS2 assembly on Thursday that needs two people."""
    school = factories.SchoolFactory(area=area, name="Ashfield Primary School")
    session: models.Session = factories.SessionFactory(visit__school=school)
    factories.HeadcountFactory(session=session, expected=30)
    return session


def do(office: Client, session: models.Session, name: str, **data: Any) -> Any:
    return office.post(f"/admin/session/{session.pk}/", {"do": name, **data})


def cover(volunteer: models.Volunteer, **more: str) -> dict[str, Any]:
    return {"cover-volunteer": volunteer.pk, "cover-role": "presenter"} | more


def test_who_can_comes_first_and_who_cannot_is_folded_with_every_reason(
    office: Client, session: models.Session, area: models.Area
) -> None:
    able = factories.able_volunteer(area, name="Asha Rao")
    unable = factories.VolunteerFactory(name="Nora North", status="paused")
    unable.areas.add(area)
    stranger = factories.able_volunteer(factories.AreaFactory(), name="Sam Stranger")
    page = office.get(f"/admin/session/{session.pk}/")
    assert [one.volunteer for one in page.context["can"]] == [able]
    (refused,) = page.context["cannot"]
    assert refused.volunteer == unable
    assert len(refused.reasons) == 3  # paused, not clear, not signed off
    for reason in refused.reasons:
        assert reason.split("“")[0] in page.content.decode()
    assert stranger.name not in page.content.decode()


def test_assigning_puts_somebody_on_the_session(office: Client, session: models.Session, area: models.Area) -> None:
    able = factories.able_volunteer(area)
    answer = do(office, session, "assign", **cover(able, **{"cover-role": "lead"}))
    assert answer.status_code == 302
    assert [(one.volunteer, one.role, one.state) for one in session.covers.all()] == [(able, "lead", "accepted")]


def test_assigning_somebody_who_cannot_says_every_reason(office: Client, session: models.Session, area: models.Area) -> None:
    unable = factories.VolunteerFactory(name="Nora North")
    unable.areas.add(area)
    answer = do(office, session, "assign", **cover(unable))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Nora North has no clear DBS decision on Thu 26 November 2026. Record the new decision first." in page
    assert "Nora North is not signed off for “KS2 assembly”" in page
    assert not session.covers.exists()


def test_somebody_of_another_area_cannot_be_chosen(office: Client, session: models.Session, elsewhere: models.Area) -> None:
    stranger = factories.able_volunteer(elsewhere)
    assert "Choose somebody from the list" in do(office, session, "assign", **cover(stranger)).content.decode()
    assert not session.covers.exists()


def test_somebody_away_needs_a_note(office: Client, session: models.Session, area: models.Area) -> None:
    able = factories.able_volunteer(area)
    models.Away.objects.create(volunteer=able, first_day=session.day, last_day=session.day)
    assert "is away" in do(office, session, "assign", **cover(able)).content.decode()
    assert not session.covers.exists()
    assert do(office, session, "assign", **cover(able, **{"cover-note": "Back on Wednesday night"})).status_code == 302
    assert session.covers.get().override_note == "Back on Wednesday night"


def test_an_offer_is_answered_on_their_behalf(office: Client, session: models.Session, area: models.Area) -> None:
    able = factories.able_volunteer(area)
    do(office, session, "offer", **cover(able))
    assert session.covers.get().state == "offered"
    answer = {"answer-volunteer": able.pk, "answer-role": "presenter"}
    do(office, session, "accept", **answer)
    assert session.covers.get().state == "accepted"
    do(office, session, "withdraw", **answer)
    assert session.covers.get().state == "withdrawn"


def test_an_offer_can_be_taken_back(office: Client, session: models.Session, area: models.Area) -> None:
    able = factories.able_volunteer(area)
    do(office, session, "offer", **cover(able))
    do(office, session, "withdraw", **{"answer-volunteer": able.pk, "answer-role": "presenter"})
    assert session.covers.get().state == "declined"


def test_cancelling_a_session_needs_a_reason(office: Client, session: models.Session) -> None:
    assert "Why: Choose why." in do(office, session, "cancel").content.decode()
    assert do(office, session, "cancel", **{"cancel-code": "weather", "cancel-note": "Snow"}).status_code == 302
    session.refresh_from_db()
    assert (session.stage, session.cancelled_code, session.cancelled_note) == ("cancelled", "weather", "Snow")
    assert "cancelled already" in do(office, session, "cancel", **{"cancel-code": "weather"}).content.decode()


def test_confirming_and_cancelling_a_visit(office: Client, session: models.Session) -> None:
    address = f"/admin/visit/{session.visit_id}/"
    future = office.post(address, {"do": "confirm", "confirm-agreed_on": "2027-01-01", "confirm-agreed_with": "Pat"})
    assert "cannot have agreed on a day to come" in future.content.decode()
    office.post(address, {"do": "confirm", "confirm-agreed_on": "2026-11-20", "confirm-agreed_with": "Pat"})
    session.visit.refresh_from_db()
    assert (session.visit.stage, session.visit.agreed_on, session.visit.agreed_with) == ("confirmed", date(2026, 11, 20), "Pat")
    office.post(address, {"do": "cancel", "cancel-code": "school", "cancel-note": ""})
    session.visit.refresh_from_db()
    session.refresh_from_db()
    assert (session.visit.stage, session.stage) == ("cancelled", "cancelled")


@pytest.mark.parametrize("page", ["visit/{0.visit_id}/", "session/{0.pk}/", "session/{0.pk}/outcome/"])
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
    address = f"/admin/session/{session.pk}/outcome/"
    opened = office.get(address).context["form"]
    school = session.visit.school_id
    said = {"key": str(opened["key"].value()), "went_ahead": "yes", "count_basis": "counted", "pupils_are": "new"}
    answer = office.post(address, said | {f"pupils_{school}_5": "28"})
    assert answer["Location"] == f"/admin/session/{session.pk}/"
    session.refresh_from_db()
    assert session.stage == "delivered"
    assert session.headcounts.get().pupils == 28
    again = office.get(address).context["form"]
    corrected = said | {"key": str(again["key"].value()), "version": again["version"].value(), f"pupils_{school}_5": "29"}
    assert office.post(address, corrected).status_code == 302
    assert session.headcounts.get().pupils == 29


def test_two_outcomes_that_differ_are_shown_beside_each_other(office: Client, session: models.Session) -> None:
    models.Session.objects.update(day=NOW.date() - timedelta(days=5))
    address = f"/admin/session/{session.pk}/outcome/"
    school = session.visit.school_id
    said = {"went_ahead": "yes", "count_basis": "counted", "pupils_are": "new"}
    first, second = (str(office.get(address).context["form"]["key"].value()) for _ in range(2))
    office.post(address, said | {"key": first, f"pupils_{school}_5": "28"})
    answer = office.post(address, said | {"key": second, f"pupils_{school}_5": "31"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "28" in page
    assert "31" in page
    assert session.headcounts.get().pupils == 28
    assert office.post(address, dict(answer.context["again"])).status_code == 302
    assert session.headcounts.get().pupils == 31


def test_an_outcome_before_the_session_is_refused(office: Client, session: models.Session) -> None:
    page = office.get(f"/admin/session/{session.pk}/outcome/").content.decode()
    assert "This session starts on Thu 26 November 2026" in page


def test_that_somebody_was_told_is_written_down(office: Client, session: models.Session, coordinator: models.User) -> None:
    models.Session.objects.update(day=NOW.date())
    data = {"tell-role_told": "Safeguarding lead", "tell-told_at_0": "2026-11-24", "tell-told_at_1": "08:40"}
    answer = do(office, session, "tell", **data)
    assert answer.status_code == 302
    told = models.Told.objects.get()
    assert (told.role_told, told.by) == ("Safeguarding lead", coordinator)
    assert [str(message) for message in get_messages(answer.wsgi_request)] == ["It is written down."]


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
    wanted: list[Model] = [session, past, uncounted, ending]
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
