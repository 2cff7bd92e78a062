"""Booking a visit in the browser: search, sessions, one more look, booked once."""

import re
from datetime import date, time
from typing import Any

import pytest
from django.test import Client

from schools import models
from tests import factories


@pytest.fixture
def school(area: models.Area) -> models.School:
    """Seven year groups with 30 pupils each."""
    return factories.SchoolFactory(area=area, name="Ashfield Primary School", postcode="CA1 1AB", pupils=210)


def type_of(slug: str) -> int:
    return models.SessionType.objects.get(slug=slug).pk


def a_form(office: Client, school: models.School, *sessions: dict[str, Any], **visit: Any) -> dict[str, Any]:
    """What the browser would post after opening the page and filling in the sessions."""
    page = office.get(f"/admin/book/{school.pk}/").content.decode()
    reference = re.search(r'name="reference" value="(V[2-9A-Z]{6})"', page)
    seen = re.search(r'name="visit-seen" value="(\w+)"', page)
    assert reference
    assert seen
    data: dict[str, Any] = {
        "reference": reference[1],
        "visit-seen": seen[1],
        "sessions-TOTAL_FORMS": max(2, len(sessions)),
        "sessions-INITIAL_FORMS": 0,
        **visit,
    }
    for number in range(max(2, len(sessions))):
        data[f"sessions-{number}-language"] = "en"
    for number, session in enumerate(sessions):
        data |= {f"sessions-{number}-{name}": value for name, value in session.items()}
    return data


def ks1(**changes: Any) -> dict[str, Any]:
    return {"type": type_of("ks1-assembly"), "day": "2026-12-03", "starts": "09:15", "room": "Hall", **changes}


def ks2(**changes: Any) -> dict[str, Any]:
    return {"type": type_of("ks2-assembly"), "day": "2026-12-10", "starts": "10:00", **changes}


def post(office: Client, school: models.School, data: dict[str, Any], do: str) -> Any:
    return office.post(f"/admin/book/{school.pk}/", data | {"do": do})


def test_the_search_finds_bookable_schools_of_my_areas(office: Client, school: models.School, elsewhere: models.Area) -> None:
    factories.SchoolFactory(area=elsewhere, name="Ashfield elsewhere")
    factories.SchoolFactory(authority=school.authority, name="Ashfield closed", status="closed")
    other = factories.SchoolFactory(authority=school.authority, name="Beckside Primary School", postcode=school.postcode)
    assert office.get("/admin/book/", {"q": "ca1"}).context["schools"] == [school, other]
    for words in ("ashf", school.register_id, "primary ashfield"):
        only = office.get("/admin/book/", {"q": words}, follow=True)
        assert only.redirect_chain == [(f"/admin/book/{school.pk}/", 302)], words
        assert f"{school} is the only school that matches “{words}”." in only.content.decode()
    assert office.get("/admin/book/").context["schools"] == []
    assert "matches “zzz”" in office.get("/admin/book/", {"q": "zzz"}).content.decode()


def test_two_sessions_on_two_days_are_booked_with_expected_headcounts(
    office: Client, school: models.School, coordinator: models.User
) -> None:
    data = a_form(office, school, ks1(), ks2(language="cy"), parking="Behind the church", arrival_notes="Ring the bell")
    look = post(office, school, data, "check")
    assert look.status_code == 200
    assert not models.Visit.objects.exists()
    assert "Book this visit" in look.content.decode()
    answer = post(office, school, data, "book")
    visit = models.Visit.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == f"/admin/visit/{visit.pk}/?done={models.Batch.objects.get().pk}"
    assert (visit.reference, visit.coordinator, visit.parking) == (data["reference"], coordinator, "Behind the church")
    first, second = visit.sessions.order_by("day")
    assert (first.day, first.starts, first.ends, first.room) == (date(2026, 12, 3), time(9, 15), time(9, 35), "Hall")
    assert (second.day, second.ends, second.language) == (date(2026, 12, 10), time(10, 30), "cy")
    assert dict(first.headcounts.values_list("year_group", "expected")) == {0: 30, 1: 30, 2: 30}
    assert dict(second.headcounts.values_list("year_group", "expected")) == {3: 30, 4: 30, 5: 30, 6: 30}


def test_expected_numbers_can_be_said_otherwise(office: Client, school: models.School) -> None:
    data = a_form(office, school, ks2(type=type_of("workshop-5-6"), expected_5="28"))
    post(office, school, data, "book")
    assert list(models.Headcount.objects.values_list("year_group", "expected")) == [(5, 28)]


def test_posting_twice_books_once_and_says_so(office: Client, school: models.School) -> None:
    data = a_form(office, school, ks1())
    first = post(office, school, data, "book")
    second = office.post(f"/admin/book/{school.pk}/", data | {"do": "book"}, follow=True)
    assert second.redirect_chain[0][0] == first["Location"], "the bar of the first time stands there again"
    assert "Undo this" in second.content.decode()
    assert models.Visit.objects.count() == 1
    assert models.Session.objects.count() == 1
    assert "nothing was booked twice" in second.content.decode()


def test_a_form_of_one_school_books_nothing_at_another(office: Client, school: models.School) -> None:
    other = factories.SchoolFactory(authority=school.authority)
    data = a_form(office, school, ks1())
    post(office, school, data, "book")
    answer = post(office, other, data, "book")
    assert "used for another school" in answer.content.decode()
    assert models.Visit.objects.count() == 1


def test_another_session_is_added_without_losing_what_was_typed_and_without_blame(office: Client, school: models.School) -> None:
    data = a_form(office, school, ks1(day="2026-02-30"), parking="Behind the church")
    answer = post(office, school, data, "add")
    page = answer.content.decode()
    assert len(answer.context["booking"].sessions.forms) == 3
    assert 'value="2026-02-30"' in page
    assert "Behind the church" in page
    assert "no such day" not in page
    assert data["reference"] in page


def test_every_mistake_is_said_at_once_and_nothing_typed_is_lost(office: Client, school: models.School) -> None:
    data = a_form(
        office,
        school,
        ks1(day="2026-02-30", starts="25:00"),
        ks2(type="", expected_3="-1", room="Library"),
        ks2(day="", expected_4="1001"),
        parking="Behind the church",
    )
    answer = post(office, school, data, "check")
    page = answer.content.decode()
    assert answer.status_code == 200
    number = "Give a whole number from 0 to 1,000, or leave the box empty."
    for words in (
        "There is no such day",
        "There is no such time",
        "Session type: Choose a type.",
        "Day: Give the day.",
        f"Year 3: {number}",
        f"Year 4: {number}",
    ):
        assert words in page, words
    for typed in ("2026-02-30", "25:00", "Library", "Behind the church", data["reference"]):
        assert typed in page, typed
    assert not models.Visit.objects.exists()


def test_rules_refuse_with_all_their_reasons(office: Client, school: models.School) -> None:
    data = a_form(office, school, ks1(ends="09:00"), ks1())
    for do in ("check", "book"):
        page = post(office, school, data, do).content.decode()
        assert "must end after it starts" in page
        assert "is there twice" in page
    assert not models.Visit.objects.exists()


def test_nothing_is_booked_without_a_session(office: Client, school: models.School) -> None:
    assert "Add at least one session" in post(office, school, a_form(office, school), "book").content.decode()
    assert not models.Visit.objects.exists()


def test_a_closed_school_is_refused_with_the_reason(office: Client, school: models.School) -> None:
    data = a_form(office, school, ks1())
    models.School.objects.update(status="closed")
    assert "nothing can be booked there" in post(office, school, data, "book").content.decode()


def test_a_weekend_warns_and_can_be_booked(office: Client, school: models.School) -> None:
    data = a_form(office, school, ks1(day="2026-12-05"))
    look = post(office, school, data, "check")
    assert "is a weekend" in look.content.decode()
    assert post(office, school, data | {"seen": look.context["beside"].marks}, "book").status_code == 302


def test_looking_at_it_keeps_the_form_as_it_is_and_blames_nobody(office: Client, school: models.School) -> None:
    data = a_form(office, school, ks1(starts=""))
    answer = post(office, school, data, "look")
    assert 'value="2026-12-03"' in answer.content.decode()
    assert "error-summary" not in answer.content.decode()
    assert "Give the time." not in answer.content.decode()


def test_another_areas_school_is_not_there(office: Client, elsewhere: models.Area) -> None:
    theirs = factories.SchoolFactory(area=elsewhere)
    assert office.get(f"/admin/book/{theirs.pk}/").status_code == 404
    assert office.post(f"/admin/book/{theirs.pk}/", {"do": "book"}).status_code == 404


def test_somebody_elses_contact_cannot_be_chosen(office: Client, school: models.School) -> None:
    other = models.Contact.objects.create(school=factories.SchoolFactory(authority=school.authority), name="Pat")
    answer = post(office, school, a_form(office, school, ks1(), contact=other.pk), "book")
    assert "contact" in answer.context["booking"].visit.errors
    assert not models.Visit.objects.exists()


@pytest.mark.parametrize("total", ["9999999", "x", "-1", ""])
def test_a_tampered_number_of_rows_breaks_nothing(total: str, office: Client, school: models.School) -> None:
    data = a_form(office, school, ks1()) | {"sessions-TOTAL_FORMS": total}
    for do in ("add", "check", "book"):
        assert post(office, school, data, do).status_code in {200, 302}
    assert models.Session.objects.count() <= 1


def test_scottish_schools_read_their_own_words(office: Client, area: models.Area) -> None:
    school = factories.SchoolFactory(area=area, nation="scotland", low_age=5, high_age=12)
    page = office.get(f"/admin/book/{school.pk}/").content.decode()
    assert "P4–P7 assembly" in page
    assert "KS2 assembly" not in page
    assert "P7" in page


def test_arrival_notes_are_notes(office: Client, school: models.School) -> None:
    answer = post(office, school, a_form(office, school, ks1(), arrival_notes="a" * 2001), "book")
    assert "at most 2000 characters" in answer.content.decode()
    assert not models.Visit.objects.exists()


def test_a_visit_booked_meanwhile_is_shown_before_another_is_booked(office: Client, school: models.School) -> None:
    data = a_form(office, school, ks1())
    assert 'name="seen"' not in post(office, school, data, "check").content.decode()
    first = factories.SessionFactory(visit__school=school).visit
    look = post(office, school, data, "book").content.decode()
    assert f"{school} has a visit booked already: {first.reference}." in look
    assert models.Visit.objects.get() == first
    assert f'name="seen" value="{first.reference}"' in look
    post(office, school, data | {"seen": first.reference}, "book")
    assert models.Visit.objects.count() == 2
