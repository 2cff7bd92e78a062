"""Offering dates from the office: the best are ticked, one button offers them, and each way leads there."""

import re
from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from schools import models
from schools.core.words import long_day
from schools.office.bookings.dates import terms_from
from schools.planning.actions.answers import Chooser
from schools.planning.actions.dates import choose_date, refuse_dates, take_back_dates
from schools.visits.half_days import HalfDay
from schools.visits.models import seasons_from
from tests import factories
from tests.planning.offering import LATER, NOW, THREE, TUESDAY, a_school, offered, people

pytestmark = pytest.mark.django_db
PAT: dict[str, Any] = {
    "name": "Pat", "role": "head", "email": "pat@example.org", "asked_at": NOW, "confirmed_at": NOW, "state": "done"
}  # fmt: skip


@pytest.fixture(autouse=True)
def _morning() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def school(area: models.Area) -> models.School:
    people(area, 2)
    return a_school(area)


def address(school: models.School) -> str:
    return reverse("admin:offer-dates", args=[school.pk])


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status
    words: str = " ".join(answer.content.decode().split())
    return words


def ticked(page: str) -> list[str]:
    boxes = re.findall(r"<input[^>]*name=\"half_day\"[^>]*>", page)
    return [re.findall(r'value="([^"]+)"', box)[0] for box in boxes if "checked" in box]


def press(client: Client, school: models.School, keys: list[str], **typed: Any) -> Any:
    shown = client.get(address(school)).context
    sent = {"do": "offer", "half_day": keys, "term": shown["shown"].term.key, "template": shown["shown"].planned.template}
    return client.post(address(school), {**sent, **(typed or {"contact": school.contacts.get().pk})})


def test_the_best_are_ticked_and_one_press_offers_them_with_an_undo(office: Client, school: models.School) -> None:
    shown = text(office.get(address(school)))
    assert "2 people go. Tick 3 to 5 half-days; those that suit best are ticked." in shown
    keys = ticked(shown)
    assert len(keys) == 5
    answer = press(office, school, keys)
    assert answer.status_code == 302
    page = text(office.get(answer.url))
    assert "Undo this" in page
    assert "Offered 5 dates to Fern Primary" in page
    assert "Take these dates back" in page
    assert ticked(page) == []
    assert "The school is to answer first" in page
    row = models.OfferedDates.objects.get()
    assert (row.half_days, row.state) == (sorted(keys), "open")
    assert models.OutboxMessage.objects.get().to == school.contacts.get().email


def test_each_step_keeps_the_way_back_to_where_somebody_came_from(office: Client, school: models.School) -> None:
    back = "/admin/due/?show=never#due-7"
    here = f"{address(school)}?{urlencode({'back': back})}"
    shown = office.get(here)
    assert text(shown).count(f'name="back" value="{back}"') == 1  # another term
    sent = {"do": "offer", "half_day": ticked(text(shown)), "contact": school.contacts.get().pk}
    sent |= {"term": shown.context["shown"].term.key, "template": shown.context["shown"].planned.template}
    done = office.get(office.post(here, sent).headers["Location"])
    assert f'href="{back}">Go on where you were' in text(done)
    assert done.context["undo_leads_to"] == here
    taken_back = office.post(here, {"do": "take-back", "offered": models.OfferedDates.objects.get().pk})
    assert taken_back.headers["Location"] == here
    assert "Go on where you were" not in text(office.get(f"{address(school)}?back=https://example.org/admin/"))


def test_what_the_school_named_when_none_suited_or_as_it_cancelled_comes_first_when_it_is_offered_dates_again(
    office: Client, school: models.School
) -> None:
    wished = HalfDay(date(2027, 1, 13), is_afternoon=True)
    refuse_dates(offered(school), Chooser("Pat Head"), half_days=[wished], now=LATER)
    shown = text(office.get(address(school)))
    assert wished.key in ticked(shown)
    assert "Wed 13 January 2027, afternoon" in shown
    take_back_dates(offered(school, now=LATER), now=LATER)
    assert wished.key in ticked(text(office.get(address(school)))), "what was taken back answers nothing"
    models.OfferedDates.objects.all().delete()
    assert wished.key not in ticked(text(office.get(address(school))))
    visit = factories.VisitFactory(school=school, stage="cancelled", cancelled_code="school")
    facts = {"what": "cancel", "day": TUESDAY.day, "why": "clash", "half_days": [wished.key], "given_by": "Pat Head", "at": NOW}
    models.SchoolChange.objects.create(visit=visit, **facts)
    assert wished.key in ticked(text(office.get(address(school))))


@pytest.mark.parametrize(
    ("last_away", "words"),
    [
        (date(2026, 12, 24), "Tick the only half-day of this term that can be offered."),
        (date(2026, 12, 17), "Tick all 2 half-days of this term that can be offered."),
        (date(2026, 12, 3), "Tick 3 to 4 half-days; those that suit best are ticked."),
        (date(2026, 12, 10), "Tick all 3 half-days of this term that can be offered."),
    ],
)
def test_the_page_asks_for_as_many_half_days_as_there_are(
    last_away: date, words: str, office: Client, school: models.School
) -> None:
    for person in models.Volunteer.objects.all():
        models.Availability.objects.create(volunteer=person, weekday=3, part="morning")
        models.Away.objects.create(volunteer=person, first_day=NOW.date(), last_day=last_away)
    assert words in text(office.get(address(school)))


def test_where_one_person_goes_the_page_speaks_of_one(office: Client, school: models.School) -> None:
    models.SessionType.objects.update(presenters=1)
    assert "1 person goes. Tick" in text(office.get(address(school)))
    models.Volunteer.objects.update(status="left")
    assert "has the 1 person that a visit needs" in text(office.get(address(school)))


def test_what_is_refused_is_said_and_the_ticks_stay(office: Client, area: models.Area, school: models.School) -> None:
    offered(school, THREE)
    other = a_school(area, name="Moss")
    keys = [each.key for each in THREE]
    page = text(press(office, other, keys))
    assert "needed for what is booked or held already" in page
    assert "morning, 2 free, needed elsewhere" in page
    assert models.OfferedDates.objects.count() == 1
    assert "Tick at least" in text(press(office, other, []))
    assert "Choose who gets the mail." in text(press(office, other, keys, contact=""))


def test_what_is_over_in_one_day_is_offered_first_and_of_a_template_that_goes_on_it_says_what_a_choice_does(
    office: Client, school: models.School
) -> None:
    shown = office.get(address(school))
    assert shown.context["shown"].planned.name == "KS1 and KS2 assemblies, one morning"
    assert "is booked at once, if people are left" in text(shown)
    goes_on = models.VisitTemplate.objects.get(slug="assemblies-and-workshops")
    page = text(office.get(f"{address(school)}?template={goes_on.pk}"))
    assert "further days of this template are for you to agree on" in page
    assert "is booked at once" not in page


def test_wishes_of_the_request_choose_the_term_and_come_first(office: Client, school: models.School) -> None:
    visit = factories.VisitFactory(school=school, stage="requested")
    wishes: dict[str, Any] = {"half_days": ["2-afternoon"], "season": "spring", "season_year": 2027, "state": "done"}
    models.VisitRequest.objects.create(school=school, visit=visit, **{**PAT, **wishes})
    answer = office.get(address(school))
    assert answer.context["shown"].term.key == "spring-2027"
    page = text(answer)
    assert "asked for" in page
    assert all(key.startswith("2027-") for key in ticked(page))
    assert all(key.endswith("afternoon") for key in ticked(page))
    for nonsense in ("term=x&template=x", "term=&template=99999999999999999999", "done=x"):
        assert office.get(f"{address(school)}?{nonsense}").status_code == 200


def test_a_wish_as_far_ahead_as_a_school_may_have_one_chooses_its_term(office: Client, school: models.School) -> None:
    offers = seasons_from(NOW.date())
    season, year = offers[-1]
    visit = factories.VisitFactory(school=school, stage="requested")
    models.VisitRequest.objects.create(school=school, visit=visit, season=season, season_year=year, **PAT)
    assert office.get(address(school)).context["shown"].term.key == f"{season}-{year}"
    models.VisitRequest.objects.all().delete()
    far = HalfDay(NOW.date() + timedelta(days=322), is_afternoon=False)
    refuse_dates(offered(school), Chooser("Pat Head"), half_days=[far], now=LATER)
    term = office.get(address(school)).context["shown"].term
    assert term.period.first_day <= far.day <= term.period.last_day


def test_who_asked_and_is_not_known_is_put_among_the_people_before_the_dates_go(
    office: Client, area: models.Area, school: models.School
) -> None:
    visit = factories.VisitFactory(school=school, stage="requested")
    asked = models.VisitRequest.objects.create(school=school, visit=visit, **PAT)
    page = text(office.get(address(school)))
    assert "Pat (head), pat@example.org, asked for this visit and is not among the people at the school" in page
    assert '<option value="">Choose whom</option>' in page
    keys = ticked(page)
    assert "Choose who gets the mail." in text(press(office, school, keys, contact=""))
    done = office.post(address(school), {"do": "know-asker", "request": asked.pk})
    page = text(office.get(done.headers["Location"]))
    assert "Undo this" in page
    assert "asked for this visit" not in page
    pat = models.Contact.objects.get(email="pat@example.org")
    assert f'<option value="{pat.pk}" selected>' in page
    press(office, school, keys, contact=pat.pk)
    assert models.OutboxMessage.objects.get().to == pat.email
    moss = a_school(area, name="Moss")
    assert "not there any more" in text(office.post(address(moss), {"do": "know-asker", "request": asked.pk}))


def test_whose_mail_with_the_dates_came_back_is_to_be_phoned(office: Client, school: models.School) -> None:
    dates = offered(school, THREE)
    mail = models.OutboxMessage.objects.get(key=f"dates-to-choose:{dates.pk}")
    assert "came back" not in text(office.get(address(school)))
    stopped = {"stopped_at": NOW, "next_try": None, "last_error": "550 no such person"}
    models.OutboxMessage.objects.filter(pk=mail.pk).update(**stopped)
    page = text(office.get(address(school)))
    assert f"The mail to {mail.to} came back or got no answer, so phone them: 550 no such person" in page
    assert "Put a wrong address right among the school’s people, and the mail goes there." in page
    take_back_dates(dates, now=NOW)
    assert "came back" not in text(office.get(address(school))), "nobody waits for it any more"


def test_dates_are_taken_back_with_a_button(office: Client, school: models.School) -> None:
    row = offered(school)
    answer = office.post(address(school), {"do": "take-back", "offered": row.pk})
    assert answer.status_code == 302
    row.refresh_from_db()
    assert row.state == "back"
    assert "not there any more" in text(office.post(address(school), {"do": "take-back", "offered": "x"}))


def test_what_the_school_chose_stands_on_its_visit_and_leads_to_the_booking(office: Client, school: models.School) -> None:
    row = offered(school)
    models.Away.objects.create(volunteer=models.Volunteer.objects.order_by("pk")[0], first_day=TUESDAY.day, last_day=TUESDAY.day)
    visit = choose_date(row, TUESDAY, Chooser("Pat Head"), now=LATER).visit
    assert visit is not None
    page = text(office.get(reverse("admin:visit-detail", args=[visit.pk])))
    assert "Pat Head chose Tue 15 December 2026, morning" in page
    assert "Too few people are left" in page
    assert "Not booked by itself" not in page
    link = re.findall(r'href="(/admin/book/[^"]+first_day=2026-12-15[^"]*)"', page)[0].replace("&amp;", "&")
    booking = text(office.get(link))
    assert "2026-12-15" in booking
    assert visit.reference in booking


def test_why_a_choice_was_not_booked_stands_on_its_visit_and_an_afternoon_is_booked_as_one(
    office: Client, school: models.School
) -> None:
    afternoon = HalfDay(TUESDAY.day, is_afternoon=True)
    row = offered(school, (*THREE[1:], afternoon))
    assert row.template
    workshop = models.SessionType.objects.get(slug="workshop-5-6")
    line = models.VisitTemplateLine.objects.create(template=row.template, position=9, type=workshop, days_later=7)
    visit = choose_date(row, afternoon, Chooser("Pat Head"), now=LATER).visit
    assert visit is not None
    page = text(office.get(reverse("admin:visit-detail", args=[visit.pk])))
    assert "Not booked by itself, because:" in page
    assert "sessions beyond the half-day that the school chose" in page
    line.delete()
    link = re.findall(r'href="(/admin/book/[^"]+first_day=2026-12-15[^"]*)"', page)[0].replace("&amp;", "&")
    rows = office.get(link).context["booking"].sessions.forms
    assert [form["starts"].value() for form in rows[:2]] == [time(13, 15), time(13, 45)]
    for nonsense in ("&part=x", "&part="):
        again = office.get(link.replace("&part=afternoon", nonsense)).context["booking"].sessions.forms
        assert again[0]["starts"].value() == time(9, 15)


def test_each_way_leads_to_the_page(office: Client, school: models.School) -> None:
    link = f'href="{address(school)}"'
    assert link.replace('/"', "/?back=/admin/due/") in text(office.get("/admin/due/"))
    assert link in text(office.get(f"/admin/school/{school.pk}/"))
    visit = factories.VisitFactory(school=school, stage="requested")
    for page in (f"/admin/visit/{visit.pk}/", "/admin/schools/visit/?stage__exact=requested"):
        assert link in text(office.get(page)), page


def test_whoever_may_book_nothing_reads_no_way_to_offer_dates_in_the_list(client: Client, school: models.School) -> None:
    factories.VisitFactory(school=school, stage="requested")
    client.force_login(factories.analyst())
    answer = client.get("/admin/schools/visit/?stage__exact=requested")
    assert answer.status_code == 403 or address(school) not in text(answer)


def test_nothing_is_offered_of_a_template_that_nobody_looked_at(office: Client, area: models.Area, school: models.School) -> None:
    people(area, 2)
    shown = office.get(address(school))
    wanted = shown.context["shown"].planned.template
    sent = {"do": "offer", "half_day": ticked(text(shown)), "contact": school.contacts.get().pk, "template": wanted}
    other = models.VisitTemplate.objects.get(pk=wanted)
    lines = list(other.lines.all())
    other.pk = None
    other.name, other.slug, other._state.adding = "Another", "another", True
    other.save()
    for line in lines:
        line.pk, line.template = None, other
        line._state.adding = True
        line.save()
    models.VisitTemplate.objects.filter(pk=wanted).update(active=False)
    answer = office.post(address(school), sent)
    assert "The template that you looked at cannot be offered any more" in text(answer)
    assert not models.OfferedDates.objects.exists()


def test_in_july_the_half_days_of_july_can_still_be_offered() -> None:
    def keys(day: date) -> list[str]:
        return [term.key for term in terms_from(day)]

    assert keys(date(2026, 6, 30))[:2] == ["summer-2026", "autumn-2026"]
    assert keys(date(2026, 7, 1))[:2] == keys(date(2026, 7, 31))[:2] == ["summer-2026", "autumn-2026"]
    assert keys(date(2026, 8, 1))[0] == "autumn-2026"
    assert date(2026, 7, 6) in terms_from(date(2026, 7, 1))[0].period


def test_a_school_of_another_area_is_not_there(office: Client, elsewhere: models.Area) -> None:
    assert office.get(address(a_school(elsewhere))).status_code == 404


def test_where_nothing_can_be_offered_the_page_says_what_to_do(office: Client, area: models.Area) -> None:
    assert "Look at another term" in text(office.get(address(a_school(area))))
    people(area, 2)
    silent = factories.SchoolFactory(area=area)
    assert "Nobody at the school can be mailed" in text(office.get(address(silent)))
    models.VisitTemplate.objects.update(active=False)
    assert "No template sends anybody" in text(office.get(address(silent)))


def test_the_page_asks_the_same_of_little_and_of_much(
    office: Client, area: models.Area, school: models.School, django_assert_num_queries: Any
) -> None:
    office.get(address(school))
    with django_assert_num_queries(9):
        office.get(address(school))
    for number in range(2):
        people(area, 2)
        offered(a_school(area, name=f"School {number}"))
        session = factories.SessionFactory(visit__school=a_school(area), day=TUESDAY.day)
        factories.CoverFactory(session=session, volunteer=people(area, 1)[0])
        models.Contact.objects.create(school=school, name=f"Sam {number}", email=f"sam{number}@example.org")
        models.OfferedDates.objects.create(
            school=school, half_days=[TUESDAY.key], people=2, offered_at=NOW, held_until=NOW.date(), state="lapsed"
        )
    with django_assert_num_queries(9):
        office.get(address(school))


def test_what_a_school_asked_for_and_was_offered_under_its_old_number_is_on_the_page_of_the_new_one(
    office: Client, area: models.Area, school: models.School
) -> None:
    visit = factories.VisitFactory(school=school, stage="requested")
    wishes: dict[str, Any] = {"half_days": ["2-afternoon"], "season": "spring", "season_year": 2027, "state": "done"}
    models.VisitRequest.objects.create(school=school, visit=visit, **{**PAT, **wishes})
    row, now = offered(school), a_school(area, name="Fern Academy")
    models.School.objects.filter(pk__in=[school.pk, now.pk]).update(chain=school.pk, lineage=school.pk)
    models.School.objects.filter(pk=school.pk).update(status="closed", closed=NOW.date())
    shown = office.get(address(now))
    assert shown.context["shown"].term.key == "spring-2027"
    assert "Take these dates back" in text(shown)
    assert office.post(address(now), {"do": "take-back", "offered": row.pk}).status_code == 302
    row.refresh_from_db()
    assert row.state == "back"
    assert press(office, now, ticked(text(shown))).status_code == 302
    again = models.OfferedDates.objects.get(state="open")
    assert (again.school, again.visit) == (now, visit)
    stranger = a_school(area, name="Moss")
    assert "not there any more" in text(office.post(address(stranger), {"do": "take-back", "offered": again.pk}))


def test_a_school_that_is_choosing_is_asked_nowhere_and_each_page_says_until_when(office: Client, school: models.School) -> None:
    visit = factories.VisitFactory(school=school, stage="requested", requested_on=date(2026, 11, 20))

    def due(show: str) -> list[str]:
        return [line["state"] for line in office.get(f"/admin/due/?show={show}").context["lines"]]

    def needed() -> list[str]:
        return [line.need.key for line in office.get("/admin/").context["pressing"]]

    assert "requested" in needed()
    row = offered(school)
    models.OfferedDates.objects.update(visit=visit)
    assert "requested" not in needed(), "the school is to answer first"
    models.OfferedDates.objects.update(visit=None)
    visit.delete()
    assert due("ask") == []
    assert due("booked") == due("never") == [f"Dates offered, held until {long_day(row.held_until)}"]
    assert "Nobody is left to call" in text(office.get("/admin/calls/"))
    held = f"hold them until {row.held_until:%a %-d %B %Y}"
    for name in ("admin:call", "admin:school-detail", "admin:log-talk"):
        page = text(office.get(reverse(name, args=[school.pk])))
        assert held in page, name
        assert f'<a href="{address(school)}">See the dates</a>' in page, name
    models.OfferedDates.objects.update(state="back")
    assert due("ask") == [""]
    assert held not in text(office.get(reverse("admin:school-detail", args=[school.pk])))
