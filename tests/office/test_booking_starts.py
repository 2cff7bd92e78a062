"""A booking form that starts from a template, an earlier visit or a cancelled one; guest schools; more sessions; changing one."""

from datetime import date, time
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from schools import models
from schools.visits.actions.editing import TakenAway, remove_session
from tests import factories
from tests.browsing import saved

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 11, 30)


@pytest.fixture
def school(area: models.Area) -> models.School:
    made: models.School = factories.SchoolFactory(area=area, name="Ashfield", pupils=210)
    return made


def row(number: int = 0, **typed: object) -> dict[str, object]:
    first = {"day": "2026-11-30", "starts": "09:15", "language": "en", "type": kind("ks2-assembly").pk}
    return {f"sessions-{number}-{name}": value for name, value in {**first, **typed}.items()}


def kind(slug: str) -> models.SessionType:
    return models.SessionType.objects.get(slug=slug)


def management(rows: int) -> dict[str, object]:
    return {"sessions-TOTAL_FORMS": rows, "sessions-INITIAL_FORMS": 0}


def test_a_template_fills_the_form_and_books_as_it_stands(office: Client, school: models.School) -> None:
    template = models.VisitTemplate.objects.get(slug="assemblies-and-workshops")
    page = office.get(f"/admin/book/{school.pk}/?template={template.pk}&first_day=2026-11-30")
    forms = page.context["booking"].sessions.forms
    assert [form.initial.get("day") for form in forms[:-1]] == [MONDAY, MONDAY, date(2026, 12, 7), date(2026, 12, 7)]
    typed = management(len(forms)) | {"reference": page.context["booking"].visit.initial["reference"], "do": "book"}
    for number, form in enumerate(forms):
        typed |= {f"sessions-{number}-{name}": value for name, value in form.initial.items() if value is not None}
        typed.setdefault(f"sessions-{number}-language", "en")
    assert office.post(f"/admin/book/{school.pk}/", typed).status_code == 302
    assert models.Session.objects.filter(visit__school=school).count() == 4


def test_the_only_contact_of_a_school_is_chosen_beforehand(office: Client, school: models.School) -> None:
    def chosen(query: str = "") -> object:
        return office.get(f"/admin/book/{school.pk}/{query}").context["booking"].visit["contact"].value()

    assert chosen() is None
    pat = models.Contact.objects.create(school=school, name="Pat Head")
    assert chosen() == pat.pk
    away = factories.SchoolFactory()
    sam = models.Contact.objects.create(school=away, name="Sam Shared")
    sam.also_at.add(school)
    assert chosen() is None
    cancelled = factories.VisitFactory(school=school, stage="cancelled", cancelled_code="school", contact=sam)
    assert chosen(f"?replaces={cancelled.pk}") == sam.pk
    models.Contact.objects.filter(pk=sam.pk).update(school=away)
    sam.also_at.clear()
    assert chosen(f"?replaces={cancelled.pk}") == pat.pk, "who is there no more is nobody, and one is left"
    sam.delete()
    lead = models.Contact.objects.create(school=school, name="Ian Relph", role="Safeguarding lead")
    opened = office.get(f"/admin/book/{school.pk}/").context["booking"].visit
    assert (opened["contact"].value(), opened["safeguarding_contact"].value()) == (pat.pk, lead.pk)
    lead.delete()
    typed = management(1) | row() | {"reference": "V222222", "do": "check", "contact": ""}
    posted = office.post(f"/admin/book/{school.pk}/", typed).context["booking"]
    assert posted.visit["contact"].value() == ""  # who was taken out stays out


def test_a_wrong_template_or_day_is_said_and_not_guessed(office: Client, school: models.School) -> None:
    body = office.get(f"/admin/book/{school.pk}/?template=999&first_day=x").content.decode()
    assert "Choose a template from the list" in body
    assert "There is no such day" in body


def test_a_guest_school_is_found_added_and_booked_without_scripts(
    office: Client, school: models.School, area: models.Area
) -> None:
    guest = factories.SchoolFactory(area=area, name="Birchfield")
    factories.SchoolFactory(name="Birchfield elsewhere")
    address, typed = f"/admin/book/{school.pk}/", management(1) | row(room="Hall") | {"reference": "VABC234"}
    found = office.post(address, {**typed, "do": "find-guest", "guest_words": "birch"})
    assert found.context["booking"].guest_matches == [guest]
    added = office.post(address, {**typed, "do": f"add-guest:{guest.pk}", "guest_words": "birch"})
    assert "birch”" not in added.content.decode(), "the school that was just added is no failed search"
    row_of_guest = added.context["booking"].sessions.forms[0].of_schools[1]
    assert str(row_of_guest.attending.school) == "Birchfield"
    assert [boxes.label for boxes in row_of_guest.fitting if boxes.is_ticked] == ["Year 3", "Year 4", "Year 5", "Year 6"]
    assert 'value="Hall"' in added.content.decode()
    typed |= {"guests": [guest.pk], f"sessions-0-guest{guest.pk}_5": 12}
    assert office.post(address, {**typed, "do": "book"}).status_code == 302
    counts = models.Headcount.objects.filter(school=guest).values_list("year_group", "expected", "session__visit__school")
    assert list(counts) == [(5, 12, school.pk)]
    dropped = office.post(address, {**typed, "do": f"drop-guest:{guest.pk}"}).context["booking"]
    assert dropped.guests == []
    assert len(dropped.sessions.forms[0].of_schools) == 1


def test_a_guest_comes_to_each_type_once_and_to_nothing_is_asked_about(
    office: Client, school: models.School, area: models.Area
) -> None:
    guest = factories.SchoolFactory(area=area, name="Birchfield")
    address = f"/admin/book/{school.pk}/"
    typed = management(3) | row() | row(1, starts="10:00") | row(2, starts="11:00", type=kind("workshop-5-6").pk)
    added = office.post(address, {**typed, "reference": "VABC234", "do": f"add-guest:{guest.pk}"}).context["booking"]
    came = [[boxes.group for boxes in form.of_schools[1].fitting if boxes.is_ticked] for form in added.sessions.forms]
    assert came == [[3, 4, 5, 6], [], [5, 6]]
    fitted = {f"sessions-{number}-fitted": typed[f"sessions-{number}-type"] for number in range(3)}
    ticks = {f"sessions-{number}-come": ["5"] for number in range(3)}
    nothing = office.post(address, {**typed, **fitted, **ticks, "reference": "VABC234", "guests": guest.pk, "do": "book"})
    assert "Birchfield is a guest, but comes to no session." in nothing.content.decode()
    assert not models.Visit.objects.exists()


def test_a_guest_that_cannot_be_booked_any_more_is_left_out_and_that_is_said(
    office: Client, school: models.School, area: models.Area
) -> None:
    guest = factories.SchoolFactory(area=area, name="Birchfield")
    typed = management(1) | row() | {"reference": "VABC234", "guests": guest.pk}
    models.School.objects.filter(pk=guest.pk).update(status="closed", closed=date(2026, 8, 31))
    body = office.post(f"/admin/book/{school.pk}/", {**typed, "do": "book"}).content.decode()
    assert "A guest school is left out, because you cannot book there any more" in body
    assert not models.Visit.objects.exists()
    visit = factories.VisitFactory(school=school)
    session = factories.SessionFactory(visit=visit, day=MONDAY)
    factories.HeadcountFactory(session=session, school=guest, year_group=5)
    copied = office.get(f"/admin/book/{school.pk}/?copy={visit.pk}").context["booking"]
    assert copied.guests == []
    assert "Left out, because you cannot book there now: Birchfield." in copied.words


def test_a_template_and_a_day_fill_the_rows_and_another_day_moves_them_as_they_were_typed(
    office: Client, school: models.School, area: models.Area
) -> None:
    guest = factories.SchoolFactory(area=area, name="Birchfield")
    template = models.VisitTemplate.objects.get(slug="assemblies-and-workshops")
    page = office.get(f"/admin/book/{school.pk}/")
    assert page.context["days"][:3] == [date(2026, 12, 8), date(2026, 12, 9), date(2026, 12, 10)]
    typed = management(2) | {"reference": "VABC234", "guests": guest.pk, "template": template.pk, "parking": "Behind the hall"}
    address = f"/admin/book/{school.pk}/"
    filled = office.post(address, {**typed, "do": "fill:2026-11-30"}).context["booking"]
    days = [form["day"].value() for form in filled.sessions.forms]
    assert days == ["2026-11-30", "2026-11-30", "2026-12-07", "2026-12-07", None]
    assert not filled.sessions.forms[-1].has_changed()
    assert filled.visit["parking"].value() == "Behind the hall"
    assert [bool([boxes for boxes in form.of_schools[1].fitting if boxes.is_ticked]) for form in filled.sessions.forms[:-1]] == [
        True,
        True,
        True,
        True,
    ]
    again = {name: filled.sessions.data.getlist(name) for name in filled.sessions.data} | {"sessions-1-room": "Library"}
    moved = office.post(address, {**again, "do": "fill:2026-12-01"}).context["booking"].sessions.forms
    assert [form["day"].value() for form in moved] == ["2026-12-01", "2026-12-01", "2026-12-08", "2026-12-08", None]
    assert moved[1]["room"].value() == "Library"


def test_a_visit_is_copied_a_cycle_later_on_the_same_weekday(office: Client, school: models.School) -> None:
    visit = factories.VisitFactory(school=school, parking="Behind the hall")
    factories.SessionFactory(visit=visit, day=MONDAY, room="Hall")
    factories.SessionFactory(visit=visit, day=MONDAY, starts=time(11, 0), ends=time(11, 30), cancelled=True)
    booking = office.get(f"/admin/book/{school.pk}/?copy={visit.pk}").context["booking"]
    (first,) = booking.sessions.initial
    assert (first["day"], first["day"].weekday(), first["room"]) == (date(2028, 11, 27), 0, "Hall")
    assert booking.visit.initial["parking"] == "Behind the hall"
    assert "a cycle later" in booking.words


def test_a_visit_to_a_school_in_no_area_is_copied_a_cycle_of_the_charity_later(managers_office: Client) -> None:
    visit = factories.VisitFactory(school=factories.SchoolFactory(authority=None))
    factories.SessionFactory(visit=visit, day=MONDAY)
    models.Charity.objects.update(cycle_years=3)
    booking = managers_office.get(f"/admin/book/{visit.school_id}/?copy={visit.pk}").context["booking"]
    assert booking.sessions.initial[0]["day"] == date(2029, 11, 26)


def test_a_visit_of_long_ago_is_copied_to_the_next_cycle_that_is_to_come(office: Client, school: models.School) -> None:
    visit = factories.VisitFactory(school=school)
    for day in (date(2019, 3, 12), date(2019, 3, 19)):
        factories.SessionFactory(visit=visit, day=day)
    booking = office.get(f"/admin/book/{school.pk}/?copy={visit.pk}").context["booking"]
    days = [session["day"] for session in booking.sessions.initial]
    # Four cycles of 104 weeks later: the same weekdays, a week apart, none of them passed.
    assert days == [date(2027, 3, 2), date(2027, 3, 9)]


def test_a_cancelled_visit_is_booked_again_and_stands_as_made_good(office: Client, school: models.School) -> None:
    visit = factories.VisitFactory(school=school, stage="cancelled", cancelled_code="weather")
    factories.SessionFactory(visit=visit, cancelled=True)
    page = office.get(f"/admin/book/{school.pk}/?replaces={visit.pk}")
    booking = page.context["booking"]
    assert [session["day"] for session in booking.sessions.initial] == [None]
    typed = {**management(1), **row(), "reference": "VABC234", "replaces": visit.pk, "do": "book"}
    office.post(f"/admin/book/{school.pk}/", typed)
    assert models.Visit.objects.get(reference="VABC234").replaces == visit


def test_sessions_are_added_to_a_visit_and_one_is_changed_and_taken_away(office: Client, school: models.School) -> None:
    visit = factories.VisitFactory(school=school)
    kept = factories.SessionFactory(visit=visit)
    address = f"/admin/visit/{visit.pk}/add/"
    for do in ("check", "book"):  # refused before the look, not after it
        refused = office.post(address, {**management(1), **row(day="2026-11-26"), "do": do}).content.decode()
        assert "has that session already" in refused
    assert office.post(address, {**management(1), **row(), "do": "check"}).context["beside"].reasons == []
    first, again = (office.post(address, {**management(1), **row(), "do": "book"}, follow=True) for _ in range(2))
    assert "nothing was added twice" in again.content.decode()
    assert again.redirect_chain == first.redirect_chain, "the bar of the first time stands there"
    added = models.Session.objects.exclude(pk=kept.pk).get()
    assert added.day == MONDAY

    seen = office.get(f"/admin/session/{added.pk}/edit/").context["seen"]
    typed = {"do": "store", "room": "Library", "language": "cy", f"come{school.pk}": ["5", "6"], f"n{school.pk}_6": "27"}
    typed["seen"] = seen
    office.post(f"/admin/session/{added.pk}/edit/", typed)
    added.refresh_from_db()
    assert (added.room, added.language) == ("Library", "cy")
    assert dict(added.headcounts.values_list("year_group", "expected")) == {5: None, 6: 27}
    page = office.get(f"/admin/session/{added.pk}/edit/").content.decode()
    folded = page.partition("Booked by mistake")[2].partition("</details>")[0]
    assert "The session goes for good" in folded
    assert "Take this session away" in folded
    assert f'name="visit" value="{added.visit_id}"' in folded
    gone = {"do": "remove", "visit": added.visit_id}
    assert "The session is taken away." in pressed(office, added, gone)
    assert not models.Session.objects.filter(pk=added.pk).exists()
    assert "The session is taken away already." in pressed(office, added, gone)
    for do in ("store", "site"):
        assert "Nothing is stored. Somebody has taken this session away meanwhile." in pressed(office, added, gone | {"do": do})
    with pytest.raises(TakenAway):
        remove_session(added, by=factories.manager(), now=timezone.localtime())
    strangers = factories.VisitFactory(school__area=factories.AreaFactory())
    assert office.post(f"/admin/session/{added.pk}/edit/", gone | {"visit": strangers.pk}).status_code == 404


def pressed(office: Client, session: models.Session, boxes: dict[str, Any]) -> str:
    body: str = office.post(f"/admin/session/{session.pk}/edit/", boxes, follow=True).content.decode()
    return body


def test_in_two_tabs_the_second_sees_what_the_first_stored_and_keeps_what_was_typed(
    office: Client, coordinator: models.User, school: models.School
) -> None:
    session = factories.SessionFactory(visit__school=school, type__slug="ks2-assembly")
    address = f"/admin/session/{session.pk}/edit/"
    seen = office.get(address).context["seen"]

    def typed(**boxes: Any) -> dict[str, Any]:
        return {"do": "store", "language": "en", f"come{school.pk}": ["5"], "seen": seen, **boxes}

    assert office.post(address, typed(room="Hall", **{f"n{school.pk}_5": "25"})).status_code == 302
    answer = office.post(address, typed(room="Library", language="cy", **{f"n{school.pk}_5": "30"}))
    body = answer.content.decode()
    assert f"{coordinator} changed this session on Tue 24 November 2026 at 8:50 am, after you had opened it." in body
    assert answer.context["stored_now"] == [("Room", "Hall"), ("Language", "English"), (f"Year 5 of {school}", "25")]
    assert 'value="Library"' in body
    session.refresh_from_db()
    assert (session.room, session.language) == ("Hall", "en")
    seen = answer.context["seen"]
    assert office.post(address, typed(room="Library", language="cy", **{f"n{school.pk}_5": "25"})).status_code == 302
    session.refresh_from_db()
    assert (session.room, session.language) == ("Library", "cy")


def test_who_first_has_to_mend_a_number_overwrites_nothing_unseen_either(office: Client, school: models.School) -> None:
    session = factories.SessionFactory(visit__school=school)
    address = f"/admin/session/{session.pk}/edit/"
    seen = office.get(address).context["seen"]
    typed = {"do": "store", "language": "en", f"come{school.pk}": ["5"], "seen": seen}
    office.post(address, {**typed, "room": "Hall"})
    for wrong in ("many", "100000"):
        answer = office.post(address, {**typed, "room": "Library", f"n{school.pk}_5": wrong})
        assert answer.status_code == 200
        typed["seen"] = answer.context["seen"]
    body = office.post(address, {**typed, "room": "Library"}).content.decode()
    assert "after you had opened it" in body
    session.refresh_from_db()
    assert session.room == "Hall"


def test_a_change_of_room_brings_no_pupils_of_whom_nothing_is_known(office: Client, school: models.School) -> None:
    guest = factories.SchoolFactory()
    shared = factories.SessionFactory(visit__school=school)
    factories.HeadcountFactory(session=shared, school=guest, year_group=5)
    alone = factories.SessionFactory(visit=shared.visit, starts=time(13, 0), ends=time(13, 30))
    factories.HeadcountFactory(session=alone, year_group=5)
    form = office.get(f"/admin/session/{alone.pk}/edit/").context["form"]
    assert form[f"come{school.pk}"].initial == ["5"]
    assert form[f"come{guest.pk}"].initial == []
    fresh = factories.SessionFactory(visit=shared.visit, starts=time(14, 0), ends=time(14, 30))
    address = f"/admin/session/{fresh.pk}/edit/"
    form = office.get(address).context["form"]
    assert form[f"come{school.pk}"].initial == form[f"come{guest.pk}"].initial == []
    assert saved(office, address, {"do": "store", "room": "Hall", "language": "en"}).status_code == 302
    fresh.refresh_from_db()
    assert (fresh.room, fresh.headcounts.count()) == ("Hall", 0)


def test_of_whom_something_is_known_somebody_has_to_come(office: Client, school: models.School) -> None:
    session = factories.SessionFactory(visit__school=school)
    factories.HeadcountFactory(session=session, year_group=5)
    answer = saved(office, f"/admin/session/{session.pk}/edit/", {"do": "store", "room": "Hall", "language": "en"})
    assert "teaches none of its year groups" in answer.content.decode()
    assert session.headcounts.count() == 1


def test_warnings_stand_before_the_booking_and_never_block(office: Client, school: models.School) -> None:
    typed = management(1) | row(day="2026-12-28") | {"reference": "VABC234"}
    look = office.post(f"/admin/book/{school.pk}/", {**typed, "do": "check"})
    for words in ("is a bank holiday in England", "has not agreed for 2026/27 yet", "Book this visit"):
        assert words in look.content.decode()
    office.post(f"/admin/book/{school.pk}/", {**typed, "do": "book", "seen": look.context["beside"].marks})
    assert models.Visit.objects.filter(reference="VABC234").exists()


def converted(school: models.School, area: models.Area) -> models.School:
    """The academy that the school has become."""
    models.School.objects.filter(pk=school.pk).update(status="closed", closed=date(2026, 8, 31), chain=school.pk)
    made: models.School = factories.SchoolFactory(area=area, name="Ashfield Academy", chain=school.pk, opened=date(2026, 9, 1))
    return made


@pytest.mark.parametrize("verb", ["copy", "replaces"])
def test_what_was_at_a_closed_school_is_booked_again_at_what_it_has_become(
    verb: str, office: Client, school: models.School, area: models.Area
) -> None:
    session = factories.SessionFactory(visit__school=school, day=date(2026, 3, 3), cancelled=verb == "replaces")
    if verb == "replaces":
        models.Visit.objects.filter(pk=session.visit_id).update(stage="cancelled", cancelled_code="school")
    now = converted(school, area)
    page = office.get(f"/admin/book/{school.pk}/?{verb}={session.visit_id}", follow=True)
    assert page.redirect_chain == [(f"/admin/book/{now.pk}/?{verb}={session.visit_id}", 302)]
    body = page.content.decode()
    assert "Book a visit to Ashfield Academy" in body
    assert f"Ashfield, number {school.register_id}, is closed. This is what it has become: book here." in body
    assert page.context["booking"].sessions.forms[0].initial["type"] == session.type_id


def test_a_school_that_became_nothing_is_not_booked_and_its_page_says_why(office: Client, school: models.School) -> None:
    models.School.objects.filter(pk=school.pk).update(status="closed", closed=date(2026, 8, 31))
    page = office.get(f"/admin/book/{school.pk}/", follow=True)
    assert page.redirect_chain == [(f"/admin/school/{school.pk}/", 302)]
    assert "This school closed on 31 August 2026." in page.content.decode()
    assert "Nothing can be booked at Ashfield." in page.content.decode()


def test_what_a_school_has_become_in_somebody_elses_area_is_not_opened(
    office: Client, school: models.School, elsewhere: models.Area
) -> None:
    there = converted(school, elsewhere)
    page = office.get(f"/admin/book/{school.pk}/", follow=True)
    assert page.redirect_chain == [(f"/admin/school/{school.pk}/", 302)]
    assert f"It is Ashfield Academy now, number {there.register_id}" in page.content.decode()


def test_what_a_school_asked_for_under_its_old_number_is_booked_under_the_new_one_once(
    office: Client, school: models.School, area: models.Area
) -> None:
    pat = models.Contact.objects.create(school=school, name="Pat Head")
    asked = factories.VisitFactory(school=school, stage="requested", contact=pat, reference="VABD234")
    now = converted(school, area)
    sam = models.Contact.objects.create(school=now, name="Sam Head")
    template = models.VisitTemplate.objects.get(slug="assemblies-and-workshops")
    address = f"/admin/book/{now.pk}/"
    opened = office.get(f"{address}?template={template.pk}&first_day=2026-11-30").context["booking"]
    assert opened.visit.initial["reference"] == asked.reference
    assert opened.visit["contact"].value() == sam.pk, "who is at the old number is not at this one"
    typed = management(len(opened.sessions.forms)) | {"reference": asked.reference, "do": "book"}
    for number, form in enumerate(opened.sessions.forms):
        typed |= {f"sessions-{number}-{name}": value for name, value in form.initial.items() if value is not None}
        typed.setdefault(f"sessions-{number}-language", "en")
    look = office.post(address, typed)
    if look.status_code == 200:
        look = office.post(address, typed | {"seen": look.context["beside"].marks})
    assert look.status_code == 302
    assert office.post(address, typed, follow=True).status_code == 200, "posted twice, it is booked once"
    asked.refresh_from_db()
    assert models.Visit.objects.get() == asked
    assert (asked.stage, asked.school, asked.contact) == ("planned", now, None)
    for either in (now, school):
        models.Visit.objects.filter(pk=asked.pk).update(school=either)
        checked = office.post(address, typed | {"do": "check", "reference": "VABC234"}).context["beside"].severe
        assert [warned.references for warned in checked if warned.references] == [(asked.reference,)], "under either number"
    other = factories.VisitFactory(stage="requested", reference="VABE234")
    refused = office.post(address, typed | {"reference": other.reference})
    assert "This form was used for another school" in refused.content.decode()
