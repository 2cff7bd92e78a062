"""The rows of a booking form: the year groups of each type, numbers far from the roll, what is looked at once more."""

import re
from datetime import date
from typing import Any

import pytest
from django.test import Client

from schools import models
from tests import factories
from tests.browsing import hidden
from tests.office.test_booking import a_form, ks1, ks2, post, type_of


@pytest.fixture
def school(area: models.Area) -> models.School:
    """Seven year groups with 30 pupils each."""
    return factories.SchoolFactory(area=area, name="Ashfield Primary School", pupils=210)


def test_the_second_look_shows_the_severe_warnings_alone_and_keeps_everything_that_was_typed(
    office: Client, school: models.School
) -> None:
    data = a_form(office, school, ks1(day="2026-12-05"), ks2(room="Library"), parking="Behind the church")
    look = post(office, school, data, "book")
    assert [str(warning) for warning in look.context["unseen"]] == ["Sat 5 December 2026 is a weekend."]
    assert not models.Visit.objects.exists()
    typed = look.context["booking"]
    assert typed.visit["parking"].value() == "Behind the church"
    assert typed.sessions.forms[1]["room"].value() == "Library"
    body = look.content.decode()
    assert "Book this visit all the same" in " ".join(body.split())
    seen = re.findall(r'name="seen" value="([^"]+)"', body)
    assert post(office, school, data | {"seen": seen}, "book").status_code == 302
    assert models.Session.objects.count() == 2


@pytest.mark.parametrize(
    ("day", "then"), [("2026-11-23", "put on who was there, and record how it went"), ("2026-12-03", "find people")]
)
def test_what_is_booked_says_what_comes_next_also_where_its_day_is_over(
    office: Client, school: models.School, day: str, then: str
) -> None:
    data = a_form(office, school, ks1(day=day))
    look = post(office, school, data, "book")
    if look.status_code == 200:  # a day that has passed is asked about once more
        post(office, school, data | {"seen": re.findall(r'name="seen" value="([^"]+)"', look.content.decode())}, "book")
    page = office.get(f"/admin/visit/{models.Visit.objects.get().pk}/").content.decode()
    assert f"is booked. Next: {then}" in page
    assert f"/admin/school/{school.pk}/#contact-form" in page


def test_what_was_looked_at_once_is_looked_at_again_when_something_else_is_severe(office: Client, school: models.School) -> None:
    data = a_form(office, school, ks1(day="2026-12-05"))
    seen = post(office, school, data, "book").context["seen"]
    other = data | {"sessions-0-day": "2026-12-06", "seen": seen}
    assert [str(warning) for warning in post(office, school, other, "book").context["unseen"]] == [
        "Sun 6 December 2026 is a weekend."
    ]
    assert not models.Visit.objects.exists()


def test_a_number_far_from_the_roll_is_asked_about_and_unknown_is_no_number(office: Client, school: models.School) -> None:
    data = a_form(office, school, ks2(expected_3="300", expected_4="31", expected_5="3"))
    warnings = " ".join(map(str, post(office, school, data, "book").context["unseen"]))
    assert "KS2 assembly: 300 in Year 3 of Ashfield Primary School, where 30 are on roll. Is that right?" in warnings
    assert "3 in Year 5" in warnings
    assert "Year 4" not in warnings
    blank = a_form(office, school, ks2(fitted=type_of("ks2-assembly"), come=["3", "4"], expected_3="30", expected_4=""))
    assert post(office, school, blank, "book").status_code == 302
    assert dict(models.Headcount.objects.values_list("year_group", "expected")) == {3: 30, 4: None}


def test_the_year_groups_of_the_type_are_shown_with_their_rolls_and_nobody_coming_is_refused(
    office: Client, school: models.School
) -> None:
    data = a_form(office, school, ks1())
    row = post(office, school, data, "look").context["booking"].sessions.forms[0]
    (boxes,) = row.of_schools
    assert [(of.label, of.is_ticked, of.number.value()) for of in boxes.fitting] == [
        ("Reception", True, "30"),
        ("Year 1", True, "30"),
        ("Year 2", True, "30"),
    ]
    assert [of.is_ticked for of in boxes.others] == [False] * 4
    none = post(office, school, data | {"sessions-0-fitted": type_of("ks1-assembly")}, "book")
    assert "Tick the year groups that come." in none.content.decode()
    assert not models.Visit.objects.exists()


@pytest.mark.parametrize("rows", [1, 5])
def test_a_form_of_five_rows_asks_as_many_questions_as_one_of_one(
    rows: int, office: Client, school: models.School, django_assert_num_queries: Any
) -> None:
    data = a_form(office, school, *(ks2(starts=f"{hour}:00") for hour in range(10, 10 + rows)))
    with django_assert_num_queries(25):
        post(office, school, data, "look")


def test_a_year_group_that_is_unticked_does_not_come_and_a_number_of_its_own_is_asked_about(
    office: Client, school: models.School
) -> None:
    shown = {"fitted": type_of("ks2-assembly"), "come": ["3"], "expected_3": "30"}
    typed = post(office, school, a_form(office, school, ks2(**shown, expected_4="28")), "book")
    assert "This has a number, but is not ticked. Tick it, or empty the number." in typed.content.decode()
    assert not models.Visit.objects.exists()
    assert post(office, school, a_form(office, school, ks2(**shown, expected_4="30")), "book").status_code == 302
    assert list(models.Headcount.objects.values_list("year_group", "expected")) == [(3, 30)]


def test_another_type_brings_its_own_year_groups_and_is_not_booked_before_they_were_seen(
    office: Client, school: models.School
) -> None:
    data = a_form(office, school, ks2(fitted=type_of("ks1-assembly"), come=["0", "1"], expected_0="30", expected_1="30"))
    answer = post(office, school, data, "book")
    assert "The type of session 1 was changed, and its year groups with it." in answer.content.decode()
    assert answer.context["booking"].sessions.forms[0]["come"].value() == ["3", "4", "5", "6"]
    assert answer.context["booking"].sessions.forms[0]["expected_0"].value() == ""
    assert not models.Visit.objects.exists()


def test_where_no_number_is_known_the_look_says_not_known_and_never_nought(office: Client, area: models.Area) -> None:
    school = factories.SchoolFactory(area=area)
    beside = " ".join(post(office, school, a_form(office, school, ks1()), "check").content.decode().split())
    assert "1 session, how many children is not known." in beside
    assert "0 children expected" not in beside


@pytest.mark.parametrize("is_first_closed", [False, True])
def test_no_guest_of_an_imported_visit_is_left_out_of_its_copy_unseen(
    is_first_closed: bool, office: Client, school: models.School, area: models.Area
) -> None:
    session = factories.SessionFactory(visit__school=school, day=date(2025, 11, 27), delivered=True, area=area)
    guests = [factories.SchoolFactory(area=area, name=name) for name in ("Birch", "Cedar", "Elm", "Fir")]
    for guest in guests:
        factories.HeadcountFactory(session=session, school=guest, pupils=9)
    if is_first_closed:
        models.School.objects.filter(pk=guests[0].pk).update(status="closed", closed=date(2026, 8, 31))
    copied = office.get(f"/admin/book/{school.pk}/?copy={session.visit_id}").context["booking"]
    come = guests[1:] if is_first_closed else guests[:3]
    assert [guest.school for guest in copied.guests] == come
    why = "you cannot book there now: Birch" if is_first_closed else "a visit has 3 guest schools at most: Fir"
    assert f"Left out, because {why}." in copied.words


def test_a_visit_that_the_school_declined_is_booked_again_with_its_sessions(
    office: Client, school: models.School, area: models.Area
) -> None:
    session = factories.SessionFactory(visit__school=school, visit__parking="Yard")
    factories.HeadcountFactory(session=session, school=factories.SchoolFactory(area=area, name="Birch"), year_group=3, expected=9)
    visit_page = f"/admin/visit/{session.visit_id}/"
    shown = hidden(office.get(visit_page).content.decode())
    declined = {"do": "decline", "decline-ask_again_on": "2027-03-01", "shown": shown["shown"], "going": shown["going"]}
    assert office.post(visit_page, declined).status_code == 302
    address = f"/admin/book/{school.pk}/?copy={session.visit_id}"
    page = office.get(visit_page).content.decode()
    assert f'href="{address}">Book it again</a>' in page
    assert "Copy for the next cycle" not in page
    booking = office.get(address).context["booking"]
    assert booking.visit["parking"].value() == "Yard"
    assert [(row["type"], row["starts"], row["day"]) for row in booking.sessions.initial] == [
        (session.type_id, session.starts, None)
    ]
    assert [guest.school.name for guest in booking.guests] == ["Birch"]
    assert booking.visit["replaces"].value() is None
    assert "which was declined. Give the new days." in booking.words
