"""A visit day's page: who could, putting people on, asking several, handing on, splitting the day, guests, what people said."""

import re
from datetime import date, time, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import strip_tags

from schools import models
from tests import factories
from tests.browsing import hidden
from tests.news import tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(area: models.Area) -> models.Session:
    school = factories.SchoolFactory(area=area, name="Ashfield Primary", easting=330_000, northing=520_000)
    session: models.Session = factories.SessionFactory(visit__school=school)
    return session


def address(session: models.Session) -> str:
    return f"/admin/visit/{session.visit_id}/{session.day}/"


def states(session: models.Session) -> dict[str, str]:
    return dict(models.Cover.objects.filter(session=session).values_list("volunteer__name", "state"))


def says(office: Client, session: models.Session, do: str, /, **said: Any) -> Any:
    return office.post(address(session), {"do": do, **said}, follow=True)


def drops_out(
    office: Client, session: models.Session, leaving: models.Volunteer, do: str, /, *others: models.Volunteer, query: str = ""
) -> Any:
    """Press a button of the page on who could go instead of somebody."""
    said = {"do": do, "session": session.pk, "cover-volunteer": [other.pk for other in others]}
    return office.post(f"{address(session)}cannot/{leaving.pk}/{query}", said, follow=True)


def test_one_person_is_put_on_the_whole_day(office: Client, session: models.Session, area: models.Area) -> None:
    second = factories.SessionFactory(visit=session.visit, starts=time(10), ends=time(10, 30))
    asha = factories.able_volunteer(area, name="Asha Rao")
    page = office.get(address(session))
    assert "Asha Rao" in page.content.decode()
    answer = says(office, session, "assign", **{"cover-volunteer": asha.pk})
    assert "Asha Rao is on it now." in answer.content.decode()
    assert states(session) == states(second) == {"Asha Rao": "accepted"}


def test_one_person_who_was_put_on_or_asked_by_a_slip_never_hears_of_it(
    office: Client, session: models.Session, area: models.Area
) -> None:
    asha = factories.able_volunteer(area, name="Asha Rao")
    for do, state in (("assign", "accepted"), ("offer", "offered")):
        answer = says(office, session, do, **{"cover-volunteer": asha.pk})
        batch = models.Batch.objects.latest("pk")
        assert answer.redirect_chain[-1][0] == f"{address(session)}?done={batch.pk}", do
        assert "Undo this" in answer.content.decode(), do
        assert states(session) == {"Asha Rao": state}, do
        office.post(f"/admin/batch/{batch.pk}/", {"do": "undo"})
        assert states(session) == {}, do
        tell(timezone.now() + timedelta(minutes=2))
        assert not models.OutboxMessage.objects.exists(), do


def test_ticked_sessions_split_the_day(office: Client, session: models.Session, area: models.Area) -> None:
    second = factories.SessionFactory(visit=session.visit, starts=time(10), ends=time(10, 30))
    asha = factories.able_volunteer(area, name="Asha Rao")
    page = office.get(f"{address(session)}?session={second.pk}&role=lead").content.decode()
    assert f'type="hidden" name="session" value="{second.pk}"' in page
    assert f'type="hidden" name="session" value="{session.pk}"' not in page
    says(office, session, "assign", session=second.pk, role="lead", **{"cover-volunteer": asha.pk})
    assert (states(session), states(second)) == ({}, {"Asha Rao": "accepted"})
    assert models.Cover.objects.get().role == "lead"


def test_the_page_speaks_of_what_is_left_once_the_first_session_is_off(
    office: Client, session: models.Session, area: models.Area
) -> None:
    left = factories.SessionFactory(visit=session.visit, starts=time(13), ends=time(13, 30))
    factories.CoverFactory(session=left, volunteer=factories.able_volunteer(area, staff=True))

    def shown() -> tuple[str, str, str]:
        context = office.get(address(session)).context
        return context["times"], context["day"].part, " ".join(strip_tags(context["chip"]).split())

    assert shown() == ("9:15 am–1:30 pm", "day", "◐ Needs people, 0 of 2")
    models.Session.objects.filter(pk=session.pk).update(stage="cancelled", cancelled_code="school")
    assert shown() == ("1:00–1:30 pm", "afternoon", "● Covered by staff")
    models.Session.objects.filter(pk=left.pk).update(stage="cancelled", cancelled_code="school")
    assert shown() == ("9:15 am–1:30 pm", "day", "✕ Cancelled")


def test_several_are_asked_and_the_first_to_accept_has_it(office: Client, session: models.Session, area: models.Area) -> None:
    factories.CoverFactory(session=session, volunteer=factories.able_volunteer(area, name="There already"))
    asked = [factories.able_volunteer(area, name=name) for name in ("Asha Rao", "Ben Cole")]
    look = says(office, session, "offer", **{"cover-volunteer": [one.pk for one in asked]})
    assert "Asha Rao and Ben Cole are asked for" in look.content.decode()
    answer = says(office, session, "offer", **hidden(look.content.decode()))
    assert "Asked 2 people whether they come to Ashfield Primary, Thu 26 November 2026." in answer.content.decode()
    says(office, session, "accept", **{"answer-volunteer": asked[1].pk})
    # The other's offer is over, because nobody is needed any more.
    assert states(session) == {"There already": "accepted", "Asha Rao": "withdrawn", "Ben Cole": "accepted"}


def test_a_refusal_says_every_reason_and_keeps_what_was_ticked(
    office: Client, session: models.Session, area: models.Area
) -> None:
    new = factories.VolunteerFactory(name="Colin New")
    new.areas.add(area)
    page = office.post(address(session), {"do": "assign", "cover-volunteer": new.pk}).content.decode()
    assert "Colin New has no clear DBS decision on Thu 26 November 2026." in page
    assert f'value="{new.pk}"' in page
    assert "checked" in page.partition(f'id="candidate-{new.pk}"')[2][:40]
    assert states(session) == {}


def test_too_far_is_answered_by_a_note(office: Client, session: models.Session, area: models.Area) -> None:
    far = factories.able_volunteer(area, name="Asha Rao", easting=330_000, northing=560_000, furthest_km=10)
    refused = office.post(address(session), {"do": "assign", "cover-volunteer": far.pk}).content.decode()
    assert "say so in the note" in refused
    says(office, session, "offer", **{"cover-volunteer": far.pk, "cover-note": "She visits her sister there"})
    assert states(session) == {"Asha Rao": "offered"}
    # Whoever was asked all the same may say yes without another note.
    says(office, session, "accept", **{"answer-volunteer": far.pk})
    cover = models.Cover.objects.get()
    assert (cover.state, cover.override_note) == ("accepted", "She visits her sister there")


def test_somebody_holds_the_place_until_whoever_is_asked_to_go_instead_says_yes(
    office: Client, session: models.Session, area: models.Area
) -> None:
    asha, ben, full = (factories.able_volunteer(area, name=name) for name in ("Asha Rao", "Ben Cole", "Carol Dix"))
    factories.CoverFactory(session=session, volunteer=asha, role="lead")
    factories.CoverFactory(session=session, volunteer=full)
    page = office.get(f"{address(session)}?instead={asha.pk}").content.decode()
    assert "Who could go instead of Asha Rao" in page
    says(office, session, "offer", instead=asha.pk, **{"cover-volunteer": ben.pk})
    assert states(session) == {"Asha Rao": "accepted", "Carol Dix": "accepted", "Ben Cole": "offered"}
    assert "Ben Cole is asked to go instead" in office.get(address(session)).content.decode()
    says(office, session, "accept", **{"answer-volunteer": ben.pk})
    assert states(session) == {"Asha Rao": "withdrawn", "Carol Dix": "accepted", "Ben Cole": "accepted"}
    assert models.Cover.objects.get(volunteer=ben).role == "lead"


def test_whoever_is_looked_for_instead_of_a_trainee_is_judged_as_a_trainee(
    office: Client, session: models.Session, area: models.Area
) -> None:
    tess, *crew = (factories.able_volunteer(area, name=name) for name in ("Tess Moss", "Asha Rao", "Ben Cole"))
    factories.able_volunteer(area, name="Carol Dix")
    for each, role in ((tess, "trainee"), *((each, "presenter") for each in crew)):
        factories.CoverFactory(session=session, volunteer=each, role=role)
    page = office.get(address(session)).content.decode()
    (instead,) = re.findall(rf'href="([^"]*instead={tess.pk}[^"]*)"', page)
    page = office.get(unescape(instead)).content.decode()
    assert "Who could go instead of Tess Moss" in page
    assert "has all the people it needs now" not in page
    assert "Nobody of this area can take it" not in page


@pytest.mark.parametrize(("looks", "is_full"), [("", True), ("?role=observer", False), ("?instead={}", False), ("past", False)])
def test_only_a_day_with_all_its_people_says_that_it_needs_nobody(
    office: Client, session: models.Session, area: models.Area, looks: str, is_full: bool
) -> None:
    factories.VolunteerFactory(name="Carol Dix").areas.add(area)  # who cannot come
    if looks == "past":
        models.Session.objects.update(day=date(2026, 11, 19))
        session.refresh_from_db()
        looks = ""
    else:
        crew = [factories.able_volunteer(area, name=name) for name in ("Asha Rao", "Ben Cole")]
        for each in crew:
            factories.CoverFactory(session=session, volunteer=each)
        looks = looks.format(crew[0].pk)
    page = office.get(f"{address(session)}{looks}").content.decode()
    assert ("It has all the people it needs. To exchange somebody" in page) is is_full
    assert ("Nobody of this area can take it as it stands. The reasons are below." in page) is not is_full
    assert ("<details open>" in page) is not is_full


def test_who_comes_after_all_keeps_the_place_and_nobody_is_asked_any_more(
    office: Client, session: models.Session, area: models.Area
) -> None:
    asha, ben = (factories.able_volunteer(area, name=name) for name in ("Asha Rao", "Ben Cole"))
    factories.CoverFactory(session=session, volunteer=asha)
    says(office, session, "offer", instead=asha.pk, **{"cover-volunteer": ben.pk})
    says(office, session, "unask", **{"answer-volunteer": asha.pk})
    assert states(session) == {"Asha Rao": "accepted", "Ben Cole": "withdrawn"}


def test_a_trainee_comes_beside(office: Client, session: models.Session, area: models.Area) -> None:
    trainee = factories.VolunteerFactory(name="Tara Lee", status="in_training")
    trainee.areas.add(area)
    factories.ClearanceFactory(volunteer=trainee)
    context = office.get(f"{address(session)}?role=trainee").context
    assert [one.volunteer for one in context["can"]] == [trainee]
    says(office, session, "assign", role="trainee", **{"cover-volunteer": trainee.pk})
    assert models.Cover.objects.get().role == "trainee"
    assert models.Session.objects.with_cover().get().places_taken == 0


def test_cannot_make_it_is_on_home_at_once_and_being_taken_off_is_not(
    office: Client, session: models.Session, area: models.Area
) -> None:
    asha, ben = (factories.able_volunteer(area, name=name) for name in ("Asha Rao", "Ben Cole"))
    for person in (asha, ben):
        factories.CoverFactory(session=session, volunteer=person)
    office.post(f"{address(session)}off/{asha.pk}/", {"do": "take-off"})
    assert not models.Session.objects.given_back(on=session.day).exists()
    assert "given back" not in office.get("/admin/").content.decode()
    answer = drops_out(office, session, ben, "nobody")
    assert "Ben Cole can’t make it. It is on home until somebody else comes." in answer.content.decode()
    assert "session that somebody gave back has nobody in their place" in office.get("/admin/").content.decode()
    assert session in office.get("/admin/schools/session/?needs=given-back").context["cl"].queryset


def test_of_a_trainee_who_cannot_make_it_nobody_is_looked_for(office: Client, session: models.Session, area: models.Area) -> None:
    models.Area.objects.update(auto_offers=True)
    factories.able_volunteer(area, signs_in=True)
    for query in ("", f"?session={session.pk}"):
        trainee = factories.able_volunteer(area, name="Tess Dale")
        factories.CoverFactory(session=session, volunteer=trainee, role="trainee")
        answer = drops_out(office, session, trainee, "nobody", query=query)
        assert "Tess Dale can’t make it. Nobody has to come in their place." in answer.content.decode()
    assert not models.Session.objects.given_back(on=session.day).exists()
    assert not models.Cover.objects.filter(state="offered").exists()


def test_of_a_guest_name_phone_distance_and_clear_are_shown_and_each_look_is_logged(
    office: Client, session: models.Session, area: models.Area, elsewhere: models.Area, coordinator: models.User
) -> None:
    place: dict[str, Any] = {"easting": 340_000, "northing": 520_000}
    guest = factories.able_volunteer(elsewhere, name="Gwen Far", phone="+441632960001", **place)
    unclear = factories.VolunteerFactory(name="Una Clear", **place)
    factories.SignOffFactory(volunteer=unclear, session_type=session.type)
    unclear.areas.add(elsewhere)
    away = factories.able_volunteer(elsewhere, name="Abe Way", **place)
    models.Away.objects.create(volunteer=away, first_day=session.day, last_day=session.day)
    factories.able_volunteer(elsewhere, name="Too Far", easting=390_000, northing=520_000)
    assert "Gwen Far" not in office.get(address(session)).content.decode()
    assert not models.ClearanceLook.objects.exists()
    page = office.get(f"{address(session)}?elsewhere=on")
    assert [(one.name, one.phone, one.kilometres, one.is_clear) for one in page.context["guests"]] == [
        ("Gwen Far", "01632 960001", 10, True),
        ("Una Clear", "", 10, False),
    ]
    look = models.ClearanceLook.objects.get()
    assert (look.volunteer_number, look.by) == (guest.pk, coordinator)
    assert office.get(f"/admin/schools/volunteer/{guest.pk}/change/").status_code == 404
    says(office, session, "assign", elsewhere="on", **{"cover-volunteer": guest.pk})
    assert states(session) == {"Gwen Far": "accepted"}
    row = office.get(address(session)).content.decode()
    assert f"volunteer/{guest.pk}/" not in row


def test_somebody_of_another_area_is_found_for_a_place_that_somebody_leaves(
    office: Client, session: models.Session, area: models.Area, elsewhere: models.Area
) -> None:
    asha, bea = (factories.able_volunteer(area, name=name) for name in ("Asha Rao", "Bea Ward"))
    for number, volunteer in enumerate((asha, bea)):
        factories.CoverFactory(session=session, volunteer=volunteer, role="presenter" if number else "lead")
    guest = factories.able_volunteer(elsewhere, name="Gwen Far", easting=340_000, northing=520_000)
    leaving: dict[str, Any] = {"elsewhere": "on", "instead": bea.pk}
    page = office.get(address(session), leaving)
    assert [each.name for each in page.context["guests"]] == ["Gwen Far"]
    says(office, session, "assign", **leaving, **{"cover-volunteer": guest.pk})
    assert states(session) == {"Asha Rao": "accepted", "Bea Ward": "withdrawn", "Gwen Far": "accepted"}


def test_somebody_of_another_area_who_was_ticked_stays_so_where_it_is_refused(
    office: Client, session: models.Session, area: models.Area, elsewhere: models.Area
) -> None:
    guest = factories.able_volunteer(elsewhere, name="Gwen Far", easting=340_000, northing=520_000)
    new = factories.VolunteerFactory(name="Colin New")
    new.areas.add(area)
    page = says(office, session, "assign", elsewhere="on", **{"cover-volunteer": [guest.pk, new.pk]}).content.decode()
    assert "Colin New has no clear DBS decision" in page
    assert f'value="{guest.pk}" id="candidate-{guest.pk}" checked' in " ".join(page.split())
    assert states(session) == {}


def test_nobody_of_another_area_is_offered_for_two_sessions_at_the_same_time(
    office: Client, session: models.Session, elsewhere: models.Area
) -> None:
    factories.able_volunteer(elsewhere, name="Gwen Far", easting=340_000, northing=520_000)
    assembly = models.SessionType.objects.get(slug="ks1-assembly")
    other = factories.SessionFactory(visit=session.visit, starts=session.starts, type=assembly)
    page = office.get(address(session), {"elsewhere": "on"})
    assert page.context["guests"] == []
    page = office.get(address(session), {"elsewhere": "on", "session": other.pk})
    assert [each.name for each in page.context["guests"]] == ["Gwen Far"]


def test_a_guest_whom_the_page_did_not_name_cannot_be_chosen(
    office: Client, session: models.Session, elsewhere: models.Area
) -> None:
    guest = factories.able_volunteer(elsewhere, name="Gwen Far", easting=340_000, northing=520_000)
    page = office.post(address(session), {"do": "assign", "cover-volunteer": guest.pk})
    assert "can’t be chosen here any more" in page.content.decode()
    assert states(session) == {}


def test_a_day_of_another_area_and_a_day_without_sessions_are_not_there(
    office: Client, session: models.Session, elsewhere: models.Area
) -> None:
    theirs = factories.SessionFactory(visit__school=factories.SchoolFactory(area=elsewhere))
    assert office.get(address(theirs)).status_code == 404
    assert office.get(f"/admin/visit/{session.visit_id}/2026-11-27/").status_code == 404
    assert office.get(f"/admin/visit/{session.visit_id}/2026-02-30/").status_code == 404


def test_a_button_that_the_page_does_not_have_does_nothing(office: Client, session: models.Session) -> None:
    assert office.post(address(session), {"do": "explode"}).status_code == 400


def test_a_yes_that_is_written_down_in_two_windows_says_that_it_is(
    office: Client, session: models.Session, area: models.Area
) -> None:
    asha = factories.able_volunteer(area, name="Asha Bell")
    factories.CoverFactory(session=session, volunteer=asha, state="offered")
    says(office, session, "accept", **{"answer-volunteer": asha.pk})
    again = says(office, session, "accept", **{"answer-volunteer": asha.pk})
    assert "Asha Bell is on it already; nothing is left to say yes to." in again.content.decode()
    assert states(session) == {"Asha Bell": "accepted"}


def test_whoever_said_yes_and_counts_no_more_is_a_problem_and_not_a_yes(
    office: Client, session: models.Session, area: models.Area
) -> None:
    asha = factories.able_volunteer(area, name="Asha Bell")
    factories.CoverFactory(session=session, volunteer=asha)
    assert "Not active, clear or signed off by then" not in office.get(address(session)).content.decode()
    models.Clearance.objects.filter(volunteer=asha).update(recheck_on=session.day)
    page = office.get(address(session)).content.decode()
    assert "Not active, clear or signed off by then" in page
    assert "Needs people, 0 of 2" in page


def test_a_day_of_a_planned_visit_that_is_over_asks_nobody_to_ask_people(office: Client, session: models.Session) -> None:
    models.Visit.objects.update(stage="planned")

    def shown() -> str:
        return " ".join(strip_tags(office.get(address(session)).content.decode()).split())

    assert "The school hasn’t agreed yet. You can ask people already; say so to them. Confirm the visit once it has." in shown()
    assert "Nobody is on this morning yet. Tick somebody below." in shown()
    session.day = timezone.localdate() - timedelta(days=1)
    session.save()
    assert "You can ask people" not in shown()
    assert "Nobody has written down that the school agreed. Confirm the visit if it did." in shown()
    assert "Nobody was on this morning." in shown()


def test_a_day_of_what_the_school_shows_by_itself_waits_for_nobody(office: Client, session: models.Session) -> None:
    models.Visit.objects.update(stage="planned")
    models.Session.objects.update(type=models.SessionType.objects.get(slug="online-ks2"))
    page = office.get(address(session)).content.decode()
    assert "Nobody goes there: the school does it by itself." in page
    assert "Nobody is on this morning yet" not in page
    assert "You can ask people" not in page


def test_guest_schools_stand_on_the_page_and_lead_to_their_own_where_it_is_ones_own(
    office: Client, session: models.Session, area: models.Area, elsewhere: models.Area
) -> None:
    assert "Guests from" not in office.get(address(session)).content.decode()
    own = factories.SchoolFactory(area=area, name="Fern Infants")
    others = factories.SchoolFactory(area=elsewhere, name="Gorse Primary")
    for year_group, school in enumerate((session.visit.school, own, others), start=3):
        factories.HeadcountFactory(session=session, school=school, year_group=year_group)
    page = office.get(address(session)).content.decode()
    assert "Guests from" in page
    assert f'<a href="/admin/school/{own.pk}/">Fern Infants</a>' in page
    assert "Gorse Primary" in page
    assert f"/admin/school/{others.pk}/" not in page


def test_whoever_lives_as_far_away_in_another_area_reads_as_far_away(
    office: Client, session: models.Session, area: models.Area, elsewhere: models.Area
) -> None:
    """Half a kilometre is written as an even number, as everywhere."""
    home = {"easting": 330_000 + 1_500, "northing": 520_000 + 2_000, "place_precision": "exact"}
    for place in (area, elsewhere):
        factories.able_volunteer(place, signs_in=True, **home)
    page = office.get(f"{address(session)}?elsewhere=on").content.decode()
    assert page.count("2 km ·") == 2
