"""The week board: a week's mornings by area and day, and what is done with a morning from it."""

import re
from collections.abc import Callable
from datetime import date, time
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

from schools import models
from schools.office.calendar import board
from tests import factories
from tests.factories import able_volunteer

pytestmark = pytest.mark.django_db

MONDAY, THURSDAY = date(2026, 11, 23), date(2026, 11, 26)
HERE = "/admin/week/?day=2026-11-23"


@pytest.fixture
def school(area: models.Area) -> models.School:
    made: models.School = factories.SchoolFactory(area=area, name="Ashfield Primary")
    return made


@pytest.fixture
def session(school: models.School) -> models.Session:
    made: models.Session = factories.SessionFactory(
        visit__school=school, visit__stage="confirmed", visit__agreed_on=date(2026, 11, 2), visit__agreed_with="Ruth"
    )
    return made


def rows(client: Client, query: str = "") -> dict[str, dict[date, board.Cell]]:
    """The cells that have anything, by the name of the row."""
    shown = client.get(f"/admin/week/{query}").context["board"].rows
    return {row.name: {cell.day.day: cell for cell in row.cells if cell.number or cell.mornings or cell.closed} for row in shown}


def mornings(client: Client, query: str = "") -> list[board.Morning]:
    return [each for cells in rows(client, query).values() for cell in cells.values() for each in cell.mornings]


def words(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", answer.content.decode()))


def states(session: models.Session) -> dict[str, str]:
    return dict(models.Cover.objects.filter(session=session).values_list("volunteer__name", "state"))


def day_of(session: models.Session, page: str = "") -> str:
    """The address of a page of the morning, from which one is led back to the board."""
    return f"/admin/visit/{session.visit_id}/{session.day}/{page}?back={quote(HERE, safe='')}"


def chips(morning: board.Morning) -> str:
    return " ".join(re.sub(r"<[^>]*>", "", str(chip)).strip() for chip in morning.chips)


def boxes(body: str) -> set[str]:
    """The ids of the boxes that a form gives by itself."""
    return set(re.findall(r'\bid="(id_[^"]*|week-[^"]*)"', body))


def test_a_morning_says_when_and_where_it_is_who_is_on_it_and_how_many_are_still_needed(
    office: Client, session: models.Session, area: models.Area
) -> None:
    second = factories.SessionFactory(visit=session.visit, starts=time(10), ends=time(10, 30))
    asha, ben = able_volunteer(area, name="Asha Rao"), able_volunteer(area, name="Ben Cole")
    for each in (session, second):
        factories.CoverFactory(session=each, volunteer=asha)
    factories.CoverFactory(session=session, volunteer=ben)
    factories.CoverFactory(session=second, volunteer=able_volunteer(area, name="Cy Ask"), state="offered")
    page = office.get("/admin/week/")
    [morning] = mornings(office)
    assert (str(morning.visit_day.visit.school), morning.when) == ("Ashfield Primary", "9:15–10:30 am")
    assert [(person.name, person.beside) for person in morning.people] == [
        ("Asha Rao", ""),
        ("Ben Cole", "1 of 2 sessions"),
        ("Cy Ask", "asked, 1 of 2 sessions"),
    ]
    assert "1 more needed, in 1 of 2 sessions" in chips(morning)
    assert "1 visit day; 1 needs people." in words(page)
    assert list(rows(office)["Cumberland"]) == [THURSDAY]
    factories.CoverFactory(session=second, volunteer=ben)
    assert "Covered" in chips(mornings(office)[0])
    assert "1 visit day; none needs people." in words(office.get("/admin/week/"))


def test_who_will_not_be_clear_by_then_stands_there_and_does_not_count(
    office: Client, session: models.Session, area: models.Area
) -> None:
    lapsing = able_volunteer(area, name="Asha Rao")
    factories.CoverFactory(session=session, volunteer=lapsing)
    models.Clearance.objects.update(recheck_on=date(2026, 11, 25))
    [morning] = mornings(office)
    assert [(person.name, person.has_lapsed) for person in morning.people] == [("Asha Rao", True)]
    assert "2 more needed" in chips(morning)
    assert "not active, clear or signed off by then" in words(office.get("/admin/week/"))


def test_each_area_has_its_row_and_one_sees_those_of_ones_own(
    office: Client, coordinator: models.User, session: models.Session, elsewhere: models.Area
) -> None:
    theirs = factories.SessionFactory(visit__school=factories.SchoolFactory(area=elsewhere, name="Far Primary"), day=MONDAY)
    assert list(rows(office)) == ["Cumberland"]
    assert "Far Primary" not in words(office.get("/admin/week/"))
    assert office.get(f"/admin/week/?area={elsewhere.pk}").status_code == 404
    assert office.get(day_of(theirs), headers={"HX-Request": "true"}).status_code == 404
    models.AreaCoordinator.objects.create(user=coordinator, area=elsewhere)
    assert {name: list(cells) for name, cells in rows(office).items()} == {
        "Cumberland": [THURSDAY], "Northamptonshire": [MONDAY]
    }  # fmt: skip
    assert list(rows(office, f"?area={elsewhere.pk}")) == ["Northamptonshire"]


def test_what_was_delivered_stays_in_the_row_of_the_area_that_delivered_it(
    managers_office: Client, school: models.School, area: models.Area, elsewhere: models.Area
) -> None:
    factories.SessionFactory(visit__school=school, day=MONDAY, delivered=True)
    models.Session.objects.update(area=elsewhere)
    factories.SessionFactory(visit__school=school)
    factories.SessionFactory(visit__school=factories.SchoolFactory(authority=None), day=MONDAY)
    shown = rows(managers_office)
    assert {name: list(cells) for name, cells in shown.items()} == {
        "Cumberland": [THURSDAY], "Northamptonshire": [MONDAY], "In no area": [MONDAY]
    }  # fmt: skip


def test_bank_holidays_and_days_outside_term_are_marked_for_all_of_an_area_or_for_some(
    office: Client, school: models.School, area: models.Area
) -> None:
    other = factories.AuthorityFactory(name="Eden")
    models.AreaAuthority.objects.create(area=area, authority=other)
    term = {"nation": "england", "first_day": date(2026, 9, 2)}
    models.Term.objects.create(name="Autumn term", last_day=date(2026, 12, 23), **term)
    models.Term.objects.create(name="Eden’s autumn", last_day=date(2026, 12, 18), authority=other, **term)
    page = office.get("/admin/week/?day=2026-12-24")
    cells = rows(office, "?day=2026-12-24")["Cumberland"]
    assert {day.day: cell.closed.why for day, cell in cells.items() if cell.closed} == {
        21: "School holiday in Eden",
        22: "School holiday in Eden",
        23: "School holiday in Eden",
        24: "School holiday",
        25: "Bank holiday: Christmas Day",
    }
    assert "Autumn term, until Wed 23 December 2026" in words(page)
    assert "Nothing is booked in it. A visit that you book stands here on its day." in words(page)
    assert "Schools are closed on every day" not in words(page), "those of one authority are not, until Wednesday"
    assert "Schools are closed on every day of this week." in words(office.get("/admin/week/?day=2026-12-29"))


def test_the_first_day_of_an_installation_says_how_something_gets_there(office: Client) -> None:
    page = office.get("/admin/week/")
    assert "Nothing is booked in it. A visit that you book stands here on its day." in words(page)
    assert "Cumberland" in words(page)


def test_an_area_that_nobody_coordinates_here_and_nonsense_show_this_week(office: Client, session: models.Session) -> None:
    for query in ("?day=soon&area=x", "?day=0001-01-01", "?day=9999-12-31", "?area="):
        assert len(mornings(office, query)) == 1, query
    assert mornings(office, "?day=2026-11-30") == []


def test_a_saturday_has_a_column_only_where_something_is_on_it(office: Client, session: models.Session) -> None:
    assert len(office.get("/admin/week/").context["board"].days) == 5
    factories.SessionFactory(visit=session.visit, day=date(2026, 11, 28))
    assert [each.day.day for each in office.get("/admin/week/").context["board"].days] == [23, 24, 25, 26, 27, 28]


def test_what_is_cancelled_closed_or_not_agreed_says_so(office: Client, school: models.School, area: models.Area) -> None:
    factories.SessionFactory(visit__school=school, cancelled=True)
    closing = factories.SchoolFactory(area=area, status="closing", closed=date(2026, 11, 25))
    factories.SessionFactory(visit__school=closing, day=date(2026, 11, 27))
    off, closed = mornings(office)
    assert ("Cancelled" in chips(off), off.needed, off.is_open) == (True, 0, False)
    assert ("School closed by then" in chips(closed), closed.beside) == (True, "The school hasn’t agreed yet")
    assert "1 visit day; 1 needs people." in words(office.get("/admin/week/")), "what is cancelled is not booked"


def test_a_week_that_is_over_is_only_read(office: Client, session: models.Session) -> None:
    assert 'data-opens="morning"' in office.get("/admin/week/").content.decode()
    models.Session.objects.update(day=date(2026, 11, 19))
    page = office.get("/admin/week/?day=2026-11-19")
    body = page.content.decode()
    assert "This week is over, so nothing is changed on it here." in words(page)
    assert f"/admin/visit/{session.visit_id}/2026-11-19/" in body
    assert "hx-get" not in body
    assert "No outcome yet" in chips(page.context["board"].rows[0].cells[3].mornings[0])


def test_of_more_than_anybody_reads_each_area_has_the_numbers(
    managers_office: Client, session: models.Session, area: models.Area, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "MOST_SHOWN", 1)
    factories.SessionFactory(visit__school=factories.SchoolFactory(area=area), stage="scheduled")
    factories.SessionFactory(visit__school=session.visit.school, cancelled=True)
    cell = rows(managers_office)["Cumberland"][THURSDAY]
    assert (cell.mornings, cell.number, cell.needing) == ((), 2, 2)
    page = managers_office.get("/admin/week/")
    assert "There are too many to show each: choose an area to see them." in words(page)
    assert f'href="?day=2026-11-26&amp;area={area.pk}"' in page.content.decode()
    assert "2 visit days; 2 need people." in words(page)
    assert len(mornings(managers_office, f"?area={area.pk}")) == 3
    assert "2 visit days; 2 need people." in words(managers_office.get(f"/admin/week/?area={area.pk}"))


def test_it_asks_the_same_of_one_morning_and_of_four(
    office: Client, session: models.Session, area: models.Area, django_assert_num_queries: Callable[[int], Any]
) -> None:
    factories.CoverFactory(session=session, volunteer=able_volunteer(area))
    office.get("/admin/week/")
    with django_assert_num_queries(12):
        office.get("/admin/week/")
    for day in (23, 24, 25):
        another = factories.SessionFactory(visit__school=factories.SchoolFactory(area=area), day=date(2026, 11, day))
        factories.CoverFactory(session=another, volunteer=able_volunteer(area))
    with django_assert_num_queries(12):
        office.get("/admin/week/")


def test_a_morning_opens_as_a_panel_in_which_every_way_leads_back_to_the_week(
    office: Client, session: models.Session, area: models.Area
) -> None:
    able_volunteer(area, name="Ben Cole")
    new = factories.VolunteerFactory(name="Colin New")
    new.areas.add(area)
    factories.CoverFactory(session=session, volunteer=able_volunteer(area, name="Asha Rao"))
    board_page = office.get(HERE).content.decode()
    assert f'hx-get="{day_of(session)}"' in board_page
    panel = office.get(day_of(session), headers={"HX-Request": "true"})
    body = panel.content.decode()
    assert "HX-Request" in panel.headers["Vary"], "Back shows the page of the day, not the panel"
    assert '<section id="morning"' in body
    assert 'id="in-place"' not in body
    assert "Colin New has no clear DBS decision on Thu 26 November 2026." in words(panel)
    back = quote(HERE, safe="")
    assert f'href="{day_of(session)}">All of this morning</a>' in body
    for page in ("", "cannot/", "off/"):
        assert re.search(rf'"/admin/visit/{session.visit_id}/2026-11-26/{page}[0-9/]*\?back={re.escape(back)}"', body), page
    assert f'hx-get="/admin/visit/{session.visit_id}/move/?day=2026-11-26&amp;back={back}"' in body
    plain = office.get(day_of(session)).content.decode()
    assert f'<a href="{HERE}">Go on where you were</a>' in plain
    assert 'id="in-place"' in plain


def test_people_are_put_on_and_asked_from_the_board_and_an_undo_leads_back_to_it(
    office: Client, session: models.Session, area: models.Area
) -> None:
    asha, ben = (able_volunteer(area, name=name) for name in ("Asha Rao", "Ben Cole"))
    answer = office.post(day_of(session), {"do": "assign", "cover-volunteer": asha.pk}, follow=True)
    assert answer.redirect_chain[-1][0].startswith(f"{HERE}&done=")
    assert "Asha Rao is on it now." in words(answer)
    undo = {"do": "undo", "back": answer.context["undo_leads_to"]}
    undone = office.post(reverse("admin:batch", args=[models.Batch.objects.get().pk]), undo, follow=True)
    assert (undone.redirect_chain[-1][0], states(session)) == (HERE, {})
    offered = office.post(day_of(session), {"do": "offer", "cover-volunteer": asha.pk}, follow=True)
    assert "Asked 1 person whether they come to Ashfield Primary, Thu 26 November 2026." in words(offered)
    assert (offered.redirect_chain[-1][0].startswith(f"{HERE}&done="), states(session)) == (True, {"Asha Rao": "offered"})
    office.post(reverse("admin:batch", args=[models.Batch.objects.latest("pk").pk]), {"do": "undo"})
    assert states(session) == {}
    office.post(day_of(session), {"do": "assign", "cover-volunteer": [asha.pk, ben.pk]}, follow=True)
    assert states(session) == {"Asha Rao": "accepted", "Ben Cole": "accepted"}


def test_what_is_refused_keeps_what_was_ticked_and_what_follows_leads_back_all_the_same(
    office: Client, session: models.Session, area: models.Area
) -> None:
    people = [able_volunteer(area, name=name) for name in ("Asha Rao", "Ben Cole", "Cora Dix")]
    refused = office.post(day_of(session), {"do": "assign", "cover-volunteer": [each.pk for each in people]})
    assert "has 2 places for the 3 people who are ticked. Untick 1." in words(refused)
    assert states(session) == {}
    body = refused.content.decode()
    assert all(f'id="candidate-{each.pk}" checked' in re.sub(r"\s+", " ", body) for each in people)
    assert f'action="{day_of(session)}"' in body


def test_who_cannot_make_it_and_who_is_taken_off_are_asked_about_first_and_read_differently(
    office: Client, session: models.Session, area: models.Area
) -> None:
    asha, ben = (able_volunteer(area, name=name) for name in ("Asha Rao", "Ben Cole"))
    for each in (asha, ben):
        factories.CoverFactory(session=session, volunteer=each)
    cannot, off = day_of(session, f"cannot/{asha.pk}/"), day_of(session, f"off/{ben.pk}/")
    for page, panel in ((cannot, "drop-out"), (off, "take-off")):
        assert f'id="{panel}"' in office.get(page, headers={"HX-Request": "true"}).content.decode()
    assert states(session) == {"Asha Rao": "accepted", "Ben Cole": "accepted"}
    for page, do in ((cannot, "nobody"), (off, "take-off")):
        answer = office.post(page, {"do": do, "session": session.pk}, follow=True)
        assert answer.redirect_chain[-1][0].startswith(f"{HERE}&done="), do
        assert "Undo this" in words(answer), do
    panel_again = words(office.get(day_of(session), headers={"HX-Request": "true"}))
    assert "said they can’t make it" in panel_again
    assert "was taken off this" in panel_again
    office.post(reverse("admin:batch", args=[models.Batch.objects.latest("pk").pk]), {"do": "undo"})
    assert states(session) == {"Asha Rao": "withdrawn", "Ben Cole": "accepted"}


def test_once_the_day_is_over_the_panel_of_somebody_who_left_it_open_changes_nothing(
    office: Client, session: models.Session, area: models.Area
) -> None:
    asha = able_volunteer(area, name="Asha Rao")
    factories.CoverFactory(session=session, volunteer=asha)
    models.Session.objects.update(day=date(2026, 11, 20))
    session.refresh_from_db()
    panel = office.get(day_of(session), headers={"HX-Request": "true"})
    assert "This day is over." in words(panel)
    assert "<button" not in panel.content.decode().partition('id="morning"')[2].partition("</section>")[0]
    for page, do in ((f"cannot/{asha.pk}/", "nobody"), (f"off/{asha.pk}/", "take-off")):
        assert "is over" in words(office.post(day_of(session, page), {"do": do, "session": session.pk})), do
    assert states(session) == {"Asha Rao": "accepted"}


def test_a_visit_is_moved_from_the_board_after_a_look_and_one_is_led_back(office: Client, session: models.Session) -> None:
    address = f"/admin/visit/{session.visit_id}/move/?day=2026-11-26&back={quote(HERE, safe='')}"
    typed = {"do": "look", "sessions": session.pk, "day": "2026-11-27", "starts": ""}
    look = office.post(address, typed)
    body = look.content.decode()
    assert "Fri 27 November 2026" in words(look)
    board_page = office.get(HERE).content.decode()
    assert not boxes(board_page) & boxes(body), "each label leads to its own box, though the form opens on the board"
    seen = {name: re.findall(rf'name="{name}" value="([^"]*)"', body)[0] for name in ("seen", "mails")}
    answer = office.post(address, typed | {"do": "move"} | seen, follow=True)
    assert answer.redirect_chain[-1][0].startswith(f"{HERE}&done=")
    assert [each.visit_day.day for each in answer.context["board"].rows[0].cells[4].mornings] == [date(2026, 11, 27)]


def test_nobody_is_led_to_another_site(office: Client, session: models.Session, area: models.Area) -> None:
    asha = able_volunteer(area)
    for back in ("https://elsewhere.example.org/admin/", "//elsewhere.example.org/admin/", "/accounts/logout/"):
        answer = office.post(
            f"/admin/visit/{session.visit_id}/{session.day}/?back={quote(back, safe='')}",
            {"do": "offer", "cover-volunteer": asha.pk},
        )
        day_page = f"/admin/visit/{session.visit_id}/{session.day}/"
        assert answer.headers["Location"] == f"{day_page}?done={models.Batch.objects.latest('pk').pk}", back


def test_the_bar_stands_although_somebody_came_from_a_place_on_the_page(
    office: Client, session: models.Session, area: models.Area
) -> None:
    asha = able_volunteer(area)
    address = f"/admin/visit/{session.visit_id}/{session.day}/?back={quote(f'{HERE}#span-heading', safe='')}"
    answer = office.post(address, {"do": "assign", "cover-volunteer": asha.pk})
    assert answer.headers["Location"] == f"{HERE}&done={models.Batch.objects.latest('pk').pk}"


def test_home_the_calendar_and_find_lead_to_it_and_it_leads_back_with_days_and_area(office: Client, area: models.Area) -> None:
    assert "/admin/week/" in office.get("/admin/").content.decode()
    for page in ("find", "find/options"):
        assert "/admin/week/" in office.get(f"/admin/{page}/?q=week+board").content.decode(), page
    assert 'href="/admin/week/?day=2026-11-24"' in office.get("/admin/calendar/").content.decode()
    assert 'href="/admin/calendar/?day=2026-11-23&amp;view=week"' in office.get("/admin/week/").content.decode()
    chosen = f"day=2026-12-07&amp;area={area.pk}"
    in_area = f"/?day=2026-12-07&area={area.pk}"
    assert f'href="/admin/week/?{chosen}"' in office.get(f"/admin/calendar{in_area}").content.decode()
    assert f'href="/admin/calendar/?{chosen}&amp;view=week"' in office.get(f"/admin/week{in_area}").content.decode()
