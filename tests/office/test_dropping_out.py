"""The page on who could go instead of somebody: phones, one press, the bar that undoes it; of a day, and of one session."""

import re
from datetime import date, time
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from schools import models
from tests import factories
from tests.factories import able_volunteer

pytestmark = pytest.mark.django_db

NEAR: dict[str, Any] = {"easting": 330_000, "northing": 521_000}


@pytest.fixture
def session(area: models.Area) -> models.Session:
    school = factories.SchoolFactory(area=area, name="Ashfield Primary", easting=330_000, northing=520_000)
    made: models.Session = factories.SessionFactory(visit__school=school)
    return made


@pytest.fixture
def asha(area: models.Area, session: models.Session) -> models.Volunteer:
    volunteer = able_volunteer(area, name="Asha Rao")
    factories.CoverFactory(session=session, volunteer=volunteer)
    return volunteer


def address(session: models.Session, volunteer: models.Volunteer) -> str:
    return reverse("admin:drop-out", args=[session.visit_id, session.day, volunteer.pk])


def words(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", answer.content.decode()))


def states(session: models.Session) -> dict[str, str]:
    return dict(models.Cover.objects.filter(session=session).values_list("volunteer__name", "state"))


def press(office: Client, session: models.Session, leaving: models.Volunteer, do: str, *others: models.Volunteer) -> Any:
    said = {"do": do, "session": session.pk, "cover-volunteer": [other.pk for other in others]}
    return office.post(address(session, leaving), said, follow=True)


def test_the_best_stand_there_with_their_phones_and_neither_who_said_no_nor_who_has_to_be_asked_first(
    office: Client, session: models.Session, asha: models.Volunteer, area: models.Area
) -> None:
    for number in range(7):
        able_volunteer(area, name=f"Near {number}", phone=f"+44153972000{number}", **NEAR)
    able_volunteer(area, name="Nearest Of All", easting=330_000, northing=520_000)
    factories.CoverFactory(session=session, volunteer=able_volunteer(area, name="Dora No", **NEAR), state="declined")
    factories.CoverFactory(
        session=session, volunteer=able_volunteer(area, name="Olwen Asked", phone="+441539720020", **NEAR), state="offered"
    )
    models.Away.objects.create(
        volunteer=able_volunteer(area, name="Abe Way", **NEAR), first_day=session.day, last_day=session.day
    )
    page = office.get(address(session, asha))
    shown = words(page)
    best = [candidate.volunteer.name for candidate in page.context["best"]]
    assert best == ["Nearest Of All", *(f"Near {number}" for number in range(5))]
    assert 'href="tel:+441539720004"' in page.content.decode()
    assert "Asked already: Olwen Asked, 01539 720020" in shown
    assert "Ask these 6; the first to say yes has it" in shown
    assert "Dora" not in shown
    assert "Abe" not in shown
    day = office.get(reverse("admin:visit-day", args=[session.visit_id, session.day])).content.decode()
    assert f'href="{address(session, asha)}"' in day


def test_one_press_takes_the_one_off_and_puts_the_other_on_and_the_bar_undoes_it(
    office: Client, session: models.Session, asha: models.Volunteer, area: models.Area
) -> None:
    ben = able_volunteer(area, signs_in=True, name="Ben Cole")
    answer = press(office, session, asha, "put", ben)
    assert answer.redirect_chain[-1][0].startswith(reverse("admin:visit-day", args=[session.visit_id, session.day]))
    assert "Asha Rao can’t make it. Ben Cole is on it now." in words(answer)
    assert "Put somebody on Ashfield Primary, Thu 26 November 2026 in place of who can’t make it." in words(answer)
    assert "1 message waits until" in words(answer)
    assert states(session) == {"Asha Rao": "withdrawn", "Ben Cole": "accepted"}
    batch = models.Batch.objects.get()
    assert "Nobody had been told of it" in words(
        office.post(reverse("admin:batch", args=[batch.pk]), {"do": "undo"}, follow=True)
    )
    assert states(session) == {"Asha Rao": "accepted"}


def test_several_are_asked_with_one_press(
    office: Client, session: models.Session, asha: models.Volunteer, area: models.Area
) -> None:
    ben, cora = able_volunteer(area, name="Ben Cole"), able_volunteer(area, name="Cora Dix")
    assert "Put one person on it at a time" in words(press(office, session, asha, "put", ben, cora))
    answer = press(office, session, asha, "ask", ben, cora)
    assert "Ben Cole and Cora Dix are asked: the first to say yes has the place." in words(answer)
    assert states(session) == {"Asha Rao": "withdrawn", "Ben Cole": "offered", "Cora Dix": "offered"}


def test_who_comes_second_reads_what_the_first_has_done_and_changes_nothing(
    office: Client, session: models.Session, asha: models.Volunteer, area: models.Area
) -> None:
    ben, cora = able_volunteer(area, name="Ben Cole"), able_volunteer(area, name="Cora Dix")
    assert "Put Cora Dix on" in words(office.get(address(session, asha)))
    press(office, session, asha, "put", ben)
    second = press(office, session, asha, "put", cora)
    assert "Asha Rao is not down for this any more. Look at the day again" in words(second)
    assert 'class="error-summary"' in second.content.decode()
    assert states(session) == {"Asha Rao": "withdrawn", "Ben Cole": "accepted"}


def test_from_a_sessions_page_it_is_about_that_session_alone_and_leads_back_there(
    office: Client, session: models.Session, asha: models.Volunteer, area: models.Area
) -> None:
    second = factories.SessionFactory(visit=session.visit, starts=time(10), ends=time(10, 30))
    factories.CoverFactory(session=second, volunteer=asha)
    ben = able_volunteer(area, name="Ben Cole")
    page = office.get(reverse("admin:session-detail", args=[second.pk])).content.decode()
    there = f"{address(session, asha)}?session={second.pk}"
    assert f'href="{there}"' in page
    assert words(office.get(there)).count("KS2 assembly") == 1
    answer = office.post(there, {"do": "put", "session": second.pk, "cover-volunteer": ben.pk}, follow=True)
    assert answer.redirect_chain[-1][0].startswith(reverse("admin:session-detail", args=[second.pk]))
    assert "Undo this" in words(answer)
    assert (states(session), states(second)) == ({"Asha Rao": "accepted"}, {"Asha Rao": "withdrawn", "Ben Cole": "accepted"})


def test_of_a_session_that_stays_covered_it_says_so_and_not_that_it_is_on_home(
    office: Client, session: models.Session, asha: models.Volunteer, area: models.Area
) -> None:
    models.Area.objects.update(auto_offers=True)
    sam = able_volunteer(area, name="Sam Paid", staff=True)
    factories.CoverFactory(session=session, volunteer=sam)
    shown = words(press(office, session, asha, "nobody"))
    assert "Asha Rao can’t make it. It is covered all the same." in shown
    assert "asked by mail soon" not in shown
    assert "gave back" not in words(office.get("/admin/"))
    shown = words(press(office, session, sam, "nobody"))
    assert "It is on home until somebody else comes. The next person who could is asked by mail soon." in shown
    assert "gave back" in words(office.get("/admin/"))


def test_once_the_day_is_over_nobody_drops_out_or_is_taken_off_and_the_page_says_where_to_go(
    office: Client, session: models.Session, asha: models.Volunteer
) -> None:
    models.Session.objects.update(day=date(2026, 11, 20))
    session.refresh_from_db()
    page = office.get(address(session, asha))
    assert "Fri 20 November 2026 is over. Say who was not there where you record how it went." in words(page)
    assert 'value="nobody"' not in page.content.decode()
    assert "is over" in words(press(office, session, asha, "nobody"))
    day = reverse("admin:visit-day", args=[session.visit_id, session.day])
    off = reverse("admin:take-off", args=[session.visit_id, session.day, asha.pk])
    assert 'value="take-off"' not in office.get(off).content.decode()
    assert "is over" in words(office.post(off, {"do": "take-off"}))
    shown = office.get(day).content.decode()
    assert "can’t make it" not in shown
    assert "Record how it went" in shown
    assert states(session) == {"Asha Rao": "accepted"}


def test_who_is_taken_off_is_back_after_an_undo(office: Client, session: models.Session, asha: models.Volunteer) -> None:
    off = reverse("admin:take-off", args=[session.visit_id, session.day, asha.pk])
    look = words(office.get(off))
    assert "Take Asha Rao off?" in look
    assert "Nobody is asked in their place" in look
    assert states(session) == {"Asha Rao": "accepted"}
    answer = office.post(off, {"do": "take-off", "session": session.pk}, follow=True)
    assert "Took somebody off Ashfield Primary, Thu 26 November 2026." in words(answer)
    office.post(reverse("admin:batch", args=[models.Batch.objects.get().pk]), {"do": "undo"})
    assert states(session) == {"Asha Rao": "accepted"}


def test_who_is_taken_off_from_a_sessions_page_stays_on_the_others_and_is_taken_off_once(
    office: Client, session: models.Session, asha: models.Volunteer
) -> None:
    second = factories.SessionFactory(visit=session.visit, starts=time(11), ends=time(11, 30))
    factories.CoverFactory(session=second, volunteer=asha)
    page = reverse("admin:session-detail", args=[second.pk])
    off = reverse("admin:take-off", args=[session.visit_id, session.day, asha.pk]) + f"?session={second.pk}"
    assert f'href="{off}"' in office.get(page).content.decode()
    answer = office.post(off, {"do": "take-off", "session": second.pk}, follow=True)
    assert answer.redirect_chain[-1][0].startswith(f"{page}?done=")
    assert "Asha Rao is not down for this any more." in words(office.post(off, {"do": "take-off", "session": second.pk}))
    assert (states(session), states(second)) == ({"Asha Rao": "accepted"}, {"Asha Rao": "withdrawn"})


def test_somebody_who_is_not_on_the_day_and_somebody_elses_day_have_no_such_page(
    office: Client, session: models.Session, asha: models.Volunteer, area: models.Area, elsewhere: models.Area
) -> None:
    assert office.get(address(session, able_volunteer(area))).status_code == 404
    theirs = factories.SessionFactory(visit__school=factories.SchoolFactory(area=elsewhere))
    cover = factories.CoverFactory(session=theirs, volunteer=able_volunteer(elsewhere))
    assert office.get(address(theirs, cover.volunteer)).status_code == 404
    far = able_volunteer(elsewhere, name="Gwen Far")
    assert "can’t be chosen here any more" in words(press(office, session, asha, "put", far))
    assert states(session) == {"Asha Rao": "accepted"}


def test_it_asks_the_same_of_one_who_could_and_of_four(
    office: Client, session: models.Session, asha: models.Volunteer, area: models.Area, django_assert_num_queries: Any
) -> None:
    able_volunteer(area)
    office.get(address(session, asha))
    with django_assert_num_queries(13):
        assert len(office.get(address(session, asha)).context["best"]) == 1
    for number in range(3):
        able_volunteer(area)
        other = factories.SessionFactory(visit=session.visit, starts=time(10 + number), ends=time(10 + number, 30))
        factories.CoverFactory(session=other, volunteer=asha)
    with django_assert_num_queries(13):
        assert len(office.get(address(session, asha)).context["best"]) == 4


def test_two_people_of_one_first_name_are_told_apart_on_the_page_of_a_session(office: Client, area: models.Area) -> None:
    session = factories.SessionFactory(visit__school=factories.SchoolFactory(area=area))
    for name, state in (("Tom Reid", "accepted"), ("Tom Bell", "offered"), ("Asha Rao", "accepted")):
        factories.CoverFactory(session=session, volunteer=factories.able_volunteer(area, name=name), state=state)
    body = words(office.get(f"/admin/session/{session.pk}/"))
    for label in ("Tom Reid can’t make it", "Take Tom Reid off", "Tom Bell said yes", "Tom Bell said no", "Asha can’t make it"):
        assert label in body
