"""The page on which the office writes down who else was at a session, after it was reported."""

from datetime import date, time

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from schools import models
from schools.core.periods import Period
from schools.reach.actions import close, sign_off
from tests import factories
from tests.browsing import hidden, saved
from tests.office.conftest import NOW
from tests.reach.examples import delivered

DAY = date(2025, 10, 6)


@pytest.fixture
def session(area: models.Area) -> models.Session:
    school = factories.SchoolFactory(area=area, name="Ashfield")
    return delivered(school, "ks2-assembly", DAY, time(9, 0), {5: 28}, version=1, recorded_at=NOW)


@pytest.fixture
def address(session: models.Session) -> str:
    return f"/admin/session/{session.pk}/people/"


@pytest.fixture
def person(area: models.Area) -> models.Volunteer:
    return factories.able_volunteer(area, name="Dee Fox")


def people_listed(client: Client, address: str) -> list[str]:
    return [str(volunteer) for volunteer in client.get(address).context["form"].fields["volunteer"].queryset]


def test_the_session_and_what_looks_wrong_lead_to_it_and_somebody_is_written_down(
    office: Client, session: models.Session, person: models.Volunteer, address: str
) -> None:
    body = office.get(f"/admin/session/{session.pk}/").content.decode()
    assert f'href="{address}"' in body
    assert "Write down who was there" in body
    factories.CoverFactory(session=session, volunteer__name="Al Nay", state="declined")
    assert "Write down who was there" in office.get(f"/admin/session/{session.pk}/").content.decode()
    assert f'href="{address}"' in office.get("/admin/reach/doubts/", {"year": "2025/26"}).content.decode()
    assert "Nobody is written down for this session." in office.get(address).content.decode()
    answer = office.post(address, {"do": "add", "volunteer": person.pk, "role": "lead"}, follow=True)
    assert "It is written down that Dee Fox was there." in answer.content.decode()
    cover = session.covers.get(volunteer=person)
    assert (cover.state, cover.history.get().history_user.name) == ("attended", "Cora Nwosu")
    assert f'href="{address}"' not in office.get("/admin/reach/doubts/", {"year": "2025/26"}).content.decode()
    assert "Somebody else was there" in office.get(f"/admin/session/{session.pk}/").content.decode()


def test_it_is_taken_back_by_its_button_and_pressed_twice_it_says_so(
    office: Client, session: models.Session, person: models.Volunteer, address: str
) -> None:
    saved(office, address, {"do": "add", "volunteer": person.pk, "role": "presenter"})
    cover = session.covers.get()
    assert "that Dee Fox was there" in office.get(address).content.decode()
    assert "It is taken back." in office.post(address, {"do": "take-back", "cover": cover.pk}, follow=True).content.decode()
    again = office.post(address, {"do": "take-back", "cover": cover.pk}, follow=True)
    assert "It is taken back already." in again.content.decode()
    assert not session.covers.exists()


def test_a_refusal_stands_on_the_page_and_keeps_what_was_chosen(
    office: Client, session: models.Session, person: models.Volunteer, address: str
) -> None:
    person.clearances.all().delete()
    body = office.post(address, {"do": "add", "volunteer": person.pk, "role": "trainee"}).content.decode()
    assert "Dee Fox has no clear DBS decision on Mon 6 October 2025. Record the new decision first." in body
    assert f'<option value="{person.pk}" selected>' in body
    assert '<option value="trainee" selected>' in body
    nobody = office.post(address, {"do": "add", "volunteer": "", "role": "presenter"})
    assert nobody.context["refusals"][0].errors == {"volunteer": ["This field is required."]}
    assert not session.covers.exists()


def test_coordinators_choose_among_their_people_and_managers_of_the_area_first(
    office: Client, session: models.Session, area: models.Area, person: models.Volunteer, address: str
) -> None:
    stranger = factories.able_volunteer(factories.AreaFactory(), name="Gus Far")
    for name, day in (("Al Gone", date(2025, 9, 1)), ("Eve Last", date(2026, 3, 1))):
        factories.able_volunteer(area, name=name, status="left", left=day)
    assert people_listed(office, address) == ["Dee Fox", "Eve Last"]
    body = office.get(address).content.decode()
    assert "List people of other areas too" not in body
    assert "Ask a manager to write them down." in body
    wrong = office.post(address, {"do": "add", "volunteer": stranger.pk, "role": "observer"})
    assert "They can’t be chosen here any more. Choose somebody from the list." in wrong.content.decode()
    client = Client()
    client.force_login(factories.manager())
    assert people_listed(client, address) == ["Dee Fox", "Eve Last"]
    assert "List people of other areas too" in client.get(address).content.decode()
    assert people_listed(client, f"{address}?elsewhere=on") == ["Dee Fox", "Eve Last", "Gus Far"]
    assert saved(client, address, {"do": "add", "volunteer": stranger.pk, "role": "observer"}).status_code == 302
    assert session.covers.get().volunteer == stranger


def test_a_closed_return_is_restated_by_a_manager_with_the_reason(
    office: Client, session: models.Session, area: models.Area, person: models.Volunteer, address: str
) -> None:
    by = factories.manager()
    close(sign_off(area, Period.parse("2025/26"), by=by, now=NOW), by=by, now=NOW)
    page = office.get(address).content.decode()
    assert "is signed off" in page
    assert 'value="add"' not in page
    assert (
        "Only a manager restates a return."
        in office.post(address, {"do": "add", "volunteer": person.pk, "role": "lead", "why": "Told late"}).content.decode()
    )
    client = Client()
    client.force_login(by)
    without = client.post(address, {"do": "add", "volunteer": person.pk, "role": "lead"})
    assert "Say why it changes after its return was closed." in without.content.decode()
    assert not session.covers.exists()
    saved(client, address, {"do": "add", "volunteer": person.pk, "role": "lead", "why": "Told late"})
    restated = models.Restatement.objects.get()
    assert (restated.why, restated.outcome) == ("Told late", [["Dee", "Not written down", "Was there"]])
    saved(client, address, {"do": "take-back", "cover": session.covers.get().pk, "why": "It was Ann"})
    assert models.Restatement.objects.count() == 2


def test_what_did_not_take_place_yet_leads_to_how_it_went(
    office: Client, session: models.Session, person: models.Volunteer
) -> None:
    to_come = factories.SessionFactory(visit=session.visit, day=DAY)
    address = f"/admin/session/{to_come.pk}/people/"
    assert "Record how it went</a> first." in " ".join(office.get(address).content.decode().split())
    refused = office.post(address, {"do": "add", "volunteer": person.pk, "role": "lead"}).content.decode()
    assert "Nobody has told us that this session took place. Record how it went first." in refused
    assert not to_come.covers.exists()


def test_a_form_about_how_it_went_that_was_opened_before_leaves_who_was_added(
    office: Client, session: models.Session, person: models.Volunteer, address: str
) -> None:
    form = f"/admin/visit/{session.visit_id}/{session.day}/outcome/"
    opened = hidden(office.get(form).content.decode())
    saved(office, address, {"do": "add", "volunteer": person.pk, "role": "lead"})
    typed = {f"s{session.pk}-went_ahead": "yes", f"s{session.pk}-pupils_{session.visit.school_id}_5": "27"}
    # The form showed nobody, and says so.
    boxes = {"shown": "", **opened, f"s{session.pk}-count_basis": "counted", f"s{session.pk}-pupils_are": "new", **typed}
    answer = office.post(form, boxes)
    assert answer.status_code == 302, answer.context["form"].errors
    assert session.headcounts.get().pupils == 27
    assert session.covers.get().state == "attended"


def test_the_list_is_of_the_area_in_which_the_session_counts_though_its_school_is_in_another_by_now(
    office: Client, session: models.Session, area: models.Area, person: models.Volunteer, address: str
) -> None:
    models.AreaAuthority.objects.filter(area=area).update(to_day=date(2026, 9, 1))
    held = models.AreaAuthority.objects.get(area=area)
    models.AreaAuthority.objects.create(area=factories.AreaFactory(), authority=held.authority, from_day=date(2026, 9, 2))
    assert session.area_id == area.pk
    assert people_listed(office, address) == ["Dee Fox"]


@pytest.mark.parametrize("many", [1, 30])
def test_the_page_asks_as_much_for_thirty_people_as_for_one(
    many: int,
    office: Client,
    session: models.Session,
    area: models.Area,
    address: str,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(many):
        factories.able_volunteer(area)
        factories.CoverFactory(session=session, volunteer__name="Ann Ash", role="observer", state="attended")
    with django_assert_num_queries(11):
        office.get(address)
