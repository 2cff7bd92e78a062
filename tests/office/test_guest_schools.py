"""The page of a visit's guest schools: who is mark, what is stored, and where the guests stand."""

import re
from datetime import date, time, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from schools import models
from tests import factories
from tests.browsing import saved

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(area: models.Area) -> models.Session:
    made: models.Session = factories.SessionFactory(visit__school=factories.SchoolFactory(area=area, name="Oak Primary"))
    factories.SessionFactory(visit=made.visit, day=made.day, starts=time(11), ends=time(11, 30))
    return made


@pytest.fixture
def guest(area: models.Area) -> models.School:
    school: models.School = factories.SchoolFactory(area=area, name="Fern Primary")
    models.Roll.objects.create(school=school, academic_year=2026, year_group=3, pupils=28, source="coordinator")
    return school


def address_of(session: models.Session) -> str:
    return f"/admin/visit/{session.visit_id}/guests/"


def seen_on(client: Client, address: str) -> str:
    mark = re.search(r'name="seen" value="(\w+)"', client.get(address).content.decode())
    assert mark
    return mark[1]


def test_a_school_is_found_added_and_stands_on_the_pages_of_visit_and_day(
    office: Client, session: models.Session, guest: models.School
) -> None:
    page = office.get(f"{address_of(session)}?q=fern").content.decode()
    assert f"?school={guest.pk}" in page
    address = f"{address_of(session)}?school={guest.pk}"
    typed = {"do": "store", "seen": seen_on(office, address), f"s{session.pk}_come": "3", f"s{session.pk}_3": "12"}
    answer = office.post(address, typed, follow=True)
    assert "Fern Primary comes to this visit as a guest." in answer.content.decode()
    assert "12 expected" in answer.content.decode()
    visit_page = office.get(f"/admin/visit/{session.visit_id}/").content.decode()
    assert "with Fern Primary (12)" in visit_page
    assert "Guest schools" in visit_page
    assert "with Fern Primary (12)" in office.get(f"/admin/visit/{session.visit_id}/{session.day}/").content.decode()


@pytest.mark.parametrize("coming", [("Yew",), ("Ash", "Beck", "Cedar", "Yew")])
def test_another_room_keeps_the_pupils_of_every_guest_of_the_session_however_many_the_visit_has(
    coming: tuple[str, ...], office: Client, session: models.Session
) -> None:
    other = session.visit.sessions.exclude(pk=session.pk).get()
    for name in ("Ash", "Beck", "Cedar", "Yew"):
        there = other if name in coming else session
        factories.HeadcountFactory(session=there, school=factories.SchoolFactory(name=name), year_group=3, expected=12)
    address = f"/admin/session/{other.pk}/edit/"
    boxes = office.get(address).context["form"]
    sent = {box.name: box.initial for box in boxes if box.name.startswith(("come", "n")) and box.initial is not None}
    assert saved(office, address, {"do": "store", "room": "Hall", "language": "en", **sent}).status_code == 302
    other.refresh_from_db()
    assert other.room == "Hall"
    assert dict(other.headcounts.values_list("school__name", "expected")) == dict.fromkeys(coming, 12)


def test_guest_and_host_are_told_and_the_page_says_so(office: Client, session: models.Session, guest: models.School) -> None:
    for school in (session.visit.school, guest):
        models.Contact.objects.create(school=school, name="Nia", email=f"nia@{school.pk}.example.org")
    models.Visit.objects.update(stage="confirmed", agreed_on=session.day - timedelta(days=30))
    address = f"{address_of(session)}?school={guest.pk}"
    assert "So is the host told who else comes: by mail" in office.get(address).content.decode()
    office.post(address, {"do": "store", "seen": seen_on(office, address), f"s{session.pk}_come": "3", f"s{session.pk}_3": "12"})
    news = models.OutboxMessage.objects.filter(kind="visits")
    assert set(news.values_list("to", flat=True)) == {f"nia@{school.pk}.example.org" for school in (session.visit.school, guest)}


def test_where_no_mail_reaches_the_guest_the_page_says_so_and_names_whom_to_speak_with(
    office: Client, session: models.Session, guest: models.School
) -> None:
    """Nobody relies on a mail that will never go, when the guest is added nor when it is taken off."""
    models.Contact.objects.create(school=guest, name="Gus", phone="+441539720001")
    models.Visit.objects.update(stage="confirmed", agreed_on=session.day - timedelta(days=30))
    address = f"{address_of(session)}?school={guest.pk}"
    page = " ".join(office.get(address).content.decode().split())
    assert "The guest is told by mail" not in page
    assert "Nobody at Fern Primary has an e-mail address, so no mail tells them" in page
    speak = "No mail reaches it: speak with Gus (01539 720001), and tick it under Tell these people."
    stored = {"do": "store", "seen": seen_on(office, address), f"s{session.pk}_come": "3", f"s{session.pk}_3": "12"}
    assert speak in office.post(address, stored, follow=True).content.decode()
    host_and_guest = re.findall(r'name="guest" value="([^"]+)"', office.get("/admin/tell/").content.decode())
    assert len(host_and_guest) == 2
    office.post("/admin/tell/", {"guest": host_and_guest})
    taken_off = {"do": "take-off", "seen": seen_on(office, address)}
    assert speak in office.post(address, taken_off, follow=True).content.decode()


def stored(school: models.School) -> dict[tuple[int, int], int | None]:
    """The pupils of the school by session and year group."""
    rows = models.Headcount.objects.filter(school=school).values_list("session", "year_group", "expected")
    return {(pk, group): expected for pk, group, expected in rows}


def as_shown(client: Client, address: str) -> dict[str, list[str]]:
    """What the form at the address holds, as a browser would send it back unchanged."""
    form = client.get(address).context["form"]
    boxes: dict[str, list[str]] = {"do": ["store"], "seen": [seen_on(client, address)]}
    for name in form.fields:
        value = form[name].value()
        boxes[name] = value if isinstance(value, list) else [] if value is None else [str(value)]
    return boxes


def test_for_a_new_guest_each_year_group_is_ticked_once_to_each_type_with_the_number_on_roll(
    office: Client, session: models.Session, guest: models.School
) -> None:
    factories.SessionFactory(visit=session.visit, day=date(2026, 11, 23))  # nobody has told yet how it went
    address = f"{address_of(session)}?school={guest.pk}"
    office.post(address, as_shown(office, address))
    groups = stored(guest)
    assert set(groups) == {(session.pk, group) for group in session.type.year_groups}
    assert groups[session.pk, 3] == 28


def test_what_is_not_known_stays_and_nobody_comes_or_goes_with_a_number_that_is_changed(
    office: Client, session: models.Session, guest: models.School
) -> None:
    for group, expected in ((4, 12), (5, None), (6, None)):
        factories.HeadcountFactory(session=session, school=guest, year_group=group, expected=expected)
    address = f"{address_of(session)}?school={guest.pk}"
    assert office.post(address, as_shown(office, address) | {f"s{session.pk}_4": ["13"]}).status_code == 302
    assert stored(guest) == {(session.pk, 4): 13, (session.pk, 5): None, (session.pk, 6): None}
    assert office.post(address, as_shown(office, address) | {f"s{session.pk}_4": [""]}).status_code == 302
    assert stored(guest) == dict.fromkeys([(session.pk, 4), (session.pk, 5), (session.pk, 6)])


def test_a_number_without_its_tick_is_asked_about_and_without_both_the_year_group_stays_away(
    office: Client, session: models.Session, guest: models.School
) -> None:
    for group in (3, 4):
        factories.HeadcountFactory(session=session, school=guest, year_group=group, expected=28)
    before = stored(guest)
    address = f"{address_of(session)}?school={guest.pk}"
    shown = as_shown(office, address) | {f"s{session.pk}_come": ["4"]}
    refused = office.post(address, shown).content.decode()
    assert "Year 3: This has a number, but is not ticked. Tick it, or empty the number." in refused
    assert stored(guest) == before
    assert office.post(address, shown | {f"s{session.pk}_3": [""]}).status_code == 302
    assert stored(guest) == {(session.pk, 4): 28}


def test_a_year_group_that_the_guest_no_longer_teaches_is_shown_and_not_dropped_unseen(
    office: Client, session: models.Session, guest: models.School
) -> None:
    for group in (3, 6):
        factories.HeadcountFactory(session=session, school=guest, year_group=group, expected=28)
    models.School.objects.filter(pk=guest.pk).update(high_age=9)
    address = f"{address_of(session)}?school={guest.pk}"
    shown = as_shown(office, address) | {f"s{session.pk}_3": ["27"]}
    assert "Fern Primary does not teach all of these year groups." in office.post(address, shown).content.decode()
    assert stored(guest) == {(session.pk, 3): 28, (session.pk, 6): 28}


def test_a_guest_is_taken_off_by_a_button(office: Client, session: models.Session, guest: models.School) -> None:
    factories.HeadcountFactory(session=session, school=guest, year_group=3)
    address = f"{address_of(session)}?school={guest.pk}"
    answer = office.post(address, {"do": "take-off", "seen": seen_on(office, address)}, follow=True)
    assert "Fern Primary is no longer a guest." in answer.content.decode()
    assert not models.Headcount.objects.filter(school=guest).exists()


def test_a_guest_of_what_took_place_is_taken_off_the_rest_and_the_page_still_lists_it(
    office: Client, session: models.Session, guest: models.School
) -> None:
    past = factories.SessionFactory(visit=session.visit, day=date(2026, 11, 23), delivered=True)
    for each in (past, session):
        factories.HeadcountFactory(session=each, school=guest, year_group=3)
    address = f"{address_of(session)}?school={guest.pk}"
    answer = office.post(address, {"do": "take-off", "seen": seen_on(office, address)}, follow=True)
    assert "Fern Primary comes to nothing that is still to come." in answer.content.decode()
    assert "no longer a guest" not in answer.content.decode()
    assert [school for school, _ in answer.context["guests"]] == [guest]


def test_where_three_guests_come_no_other_is_looked_for(office: Client, session: models.Session) -> None:
    for count in (1, 2, 3):
        factories.HeadcountFactory(session=session, school=factories.SchoolFactory(), year_group=3)
        page = office.get(f"{address_of(session)}?q=fern").content.decode()
        assert ("Find the school</label>" in page) == (count < 3)
        assert ("as many guest schools as it can" in page) == (count == 3)


def test_where_nothing_is_to_come_there_is_no_button(office: Client, session: models.Session, guest: models.School) -> None:
    address = f"{address_of(session)}?school={guest.pk}"
    assert "Store it" in office.get(address).content.decode()
    models.Session.objects.update(stage="delivered", went_ahead="yes")
    page = office.get(address).content.decode()
    assert "No session for pupils is still to come, so nothing can be changed." in page
    assert "No session for pupils is still to come, so no guest can be added." in page
    assert "Store it" not in page
    assert "Find the school" not in page


def test_the_mail_waits_for_the_agreement_only_where_there_is_none(
    office: Client, session: models.Session, guest: models.School
) -> None:
    address = f"{address_of(session)}?school={guest.pk}"

    def waits() -> bool:
        return "once the visit is agreed" in office.get(address).content.decode()

    for email in ("", "nia@example.org"):
        models.Contact.objects.create(school=guest, name="Nia", email=email)
        models.Visit.objects.update(stage="planned", agreed_on=None)
        assert waits()
        models.Visit.objects.update(stage="confirmed", agreed_on=date(2026, 11, 2))
        assert not waits()


def test_what_is_missing_or_refused_is_said_and_nothing_is_stored(
    office: Client, area: models.Area, session: models.Session, guest: models.School
) -> None:
    address = f"{address_of(session)}?school={guest.pk}"
    seen = seen_on(office, address)
    assert (
        "Tick the year groups that come, or take Fern Primary off"
        in office.post(address, {"do": "store", "seen": seen}).content.decode()
    )
    wrong = office.post(
        address, {"do": "store", "seen": seen, f"s{session.pk}_come": "3", f"s{session.pk}_3": "many"}
    ).content.decode()
    assert "Give a whole number" in wrong
    assert "Choose the guest school first." in office.post(address_of(session), {"do": "store"}).content.decode()
    models.ClosedPeriod.objects.create(area=area, first_day=session.day, last_day=session.day)
    locked = office.post(
        address, {"do": "store", "seen": seen, f"s{session.pk}_come": "3", f"s{session.pk}_3": "12"}
    ).content.decode()
    assert "is signed off. Ask a manager to restate it." in locked
    assert not models.Headcount.objects.filter(school=guest).exists()


@pytest.mark.parametrize("do", ["store", "take-off"])
def test_what_somebody_changed_meanwhile_is_said_and_the_second_press_works(
    do: str, office: Client, session: models.Session, guest: models.School
) -> None:
    count = factories.HeadcountFactory(session=session, school=guest, year_group=3, expected=28)
    address = f"{address_of(session)}?school={guest.pk}"
    typed = {"do": do, "seen": seen_on(office, address), f"s{session.pk}_come": "3", f"s{session.pk}_3": "26"}
    models.Headcount.objects.filter(pk=count.pk).update(expected=25)
    refused = office.post(address, typed)
    [reason] = refused.context["reasons"]
    assert f"To {session}: Year 3 (25)." in reason
    assert f'value="{26 if do == "store" else 25}"' in refused.content.decode()
    assert office.post(address, typed | {"seen": refused.context["seen"]}).status_code == 302
    assert stored(guest) == ({(session.pk, 3): 26} if do == "store" else {})


def test_what_was_typed_of_a_new_guest_that_closed_meanwhile_stays_with_the_reason(
    office: Client, session: models.Session, guest: models.School, elsewhere: models.Area
) -> None:
    address = f"{address_of(session)}?school={guest.pk}"
    typed = {"do": "store", "seen": seen_on(office, address), f"s{session.pk}_come": "3", f"s{session.pk}_3": "12"}
    models.School.objects.filter(pk=guest.pk).update(status="closed", closed=session.day)
    refused = office.post(address, typed)
    assert refused.context["reasons"] == ["Fern Primary is closed and cannot be a guest. Look for its successor."]
    assert 'value="12"' in refused.content.decode()
    assert not models.Headcount.objects.filter(school=guest).exists()
    assert office.get(address).status_code == 404
    theirs = factories.SchoolFactory(area=elsewhere, status="closed")
    for number in (theirs.pk, session.visit.school_id):
        assert office.post(f"{address_of(session)}?school={number}", typed).status_code == 404


def test_only_own_schools_are_found_but_a_guest_from_elsewhere_that_is_there_can_be_taken_off(
    office: Client, elsewhere: models.Area, session: models.Session
) -> None:
    far = factories.SchoolFactory(area=elsewhere, name="Far Primary")
    address = f"{address_of(session)}?school={far.pk}"
    assert "No other school that can be visited in your areas" in office.get(f"{address_of(session)}?q=far").content.decode()
    assert office.get(address).status_code == 404
    factories.HeadcountFactory(session=session, school=far, year_group=3)
    office.post(address, {"do": "take-off", "seen": seen_on(office, address)})
    assert not models.Headcount.objects.filter(school=far).exists()


def test_another_areas_visit_and_the_host_as_its_own_guest_are_not_there(
    office: Client, elsewhere: models.Area, session: models.Session
) -> None:
    others = factories.SessionFactory(visit__school=factories.SchoolFactory(area=elsewhere))
    assert office.get(address_of(others)).status_code == 404
    assert office.get(f"{address_of(session)}?school={session.visit.school_id}").status_code == 404


def test_the_page_asks_the_same_of_one_guest_and_of_three(
    office: Client, session: models.Session, guest: models.School, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    factories.HeadcountFactory(session=session, school=guest, year_group=3)
    address = f"{address_of(session)}?school={guest.pk}"
    office.get(address)
    with django_assert_num_queries(12):
        office.get(address)
    for other in factories.SchoolFactory.create_batch(2):
        factories.HeadcountFactory(session=session, school=other, year_group=3)
    with django_assert_num_queries(12):
        office.get(address)


def test_a_guest_of_which_a_part_is_known_says_so(office: Client, session: models.Session, guest: models.School) -> None:
    for group, expected in ((3, 12), (4, None)):
        factories.HeadcountFactory(session=session, school=guest, year_group=group, expected=expected)
    assert "12 and more expected" in office.get(address_of(session)).content.decode()
    assert "with Fern Primary (12 and more)" in office.get(f"/admin/visit/{session.visit_id}/").content.decode()
    models.Headcount.objects.update(expected=None)
    assert " expected<" not in office.get(address_of(session)).content.decode()
