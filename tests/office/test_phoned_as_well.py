"""Who was mailed a change of what begins soon stands under *Tell these people* as well; a tick there can be undone."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from schools import models
from schools.delivery.actions import record
from schools.delivery.queries import Outcome
from schools.messages.actions import deliver_due
from schools.visits.actions import assign_all, cancel_visit, claim, offer, withdraw
from schools.visits.actions.editing import remove_session
from schools.visits.actions.guest_schools import mark_of, set_guest
from schools.visits.actions.undoing import undo
from schools.visits.guests_to_tell import everybody_to_tell
from schools.visits.queries import VisitDay
from tests import factories
from tests.news import tell, tell_and_send
from tests.office.conftest import NOW
from tests.office.telling import MADE_OF, SOON, TELL, TOMORROW, agreed, boxes, on_home, read

pytestmark = pytest.mark.django_db

ON_FRIDAY = date(2026, 11, 27)


def guest_is_taken_off(session: models.Session) -> models.School:
    guest = session.headcounts.get().school
    set_guest(session.visit, guest, {}, seen=mark_of({session.pk: {3: 20}}), by=factories.manager(), now=NOW)
    return guest


def guest_is_added(session: models.Session) -> models.School:
    guest = session.headcounts.get().school
    session.headcounts.all().delete()
    set_guest(session.visit, guest, {session.pk: {3: 20}}, seen=mark_of({}), by=factories.manager(), now=NOW)
    return guest


@pytest.mark.parametrize(
    ("act", "line"),
    [(guest_is_taken_off, "your pupils are not expected there any more."), (guest_is_added, "takes place.")],
)
def test_a_guest_that_was_mailed_about_tomorrow_is_to_be_phoned_until_it_is_ticked(
    act: Any, line: str, office: Client, area: models.Area
) -> None:
    guest = act(agreed(area))
    tell_and_send(NOW)
    body = read(office)
    assert f"{guest}, a guest" in body
    assert f"Mailed to office{guest.pk}@example.org on Tue 24 November 2026" in body
    assert SOON in body
    assert line in body
    assert on_home(office) == 1
    (box,) = boxes(office)["guest"]
    office.post(TELL, {"guest": [f"{box}0"]})
    assert boxes(office)["guest"] == [box], "that is not what the page shows"
    office.post(TELL, {"guest": [box]})
    assert boxes(office).keys() == {"session"}, "the host was told whose pupils come to it, too"
    office.post(TELL, boxes(office))
    assert "Nobody has to be told anything" in read(office)
    assert on_home(office) == 0
    assert tell(NOW) == 0, "no mail says it once more"


def is_reported(session: models.Session) -> None:
    """As somebody who was there reports it."""
    models.Cover.objects.filter(session=session).delete()
    models.Session.objects.filter(pk=session.pk).update(day=NOW.date(), starts=time(8))
    session.refresh_from_db()
    outcome = Outcome(headcounts={(session.visit.school_id, 5): 30}, went_ahead="yes", attended=frozenset())
    record(session, outcome, key=uuid4(), by=factories.manager(), now=NOW + timedelta(hours=3))


@pytest.mark.parametrize("act", [guest_is_taken_off, guest_is_added])
def test_nobody_is_phoned_about_what_was_reported_and_home_counts_nobody(act: Any, office: Client, area: models.Area) -> None:
    session = agreed(area)
    act(session)
    tell_and_send(NOW)
    assert len(boxes(office)["guest"]) == 1
    is_reported(session)
    assert (boxes(office), on_home(office)) == ({}, 0)
    assert "not expected there any more" not in read(office)


def is_put_on_by_phone(session: models.Session) -> None:
    volunteer = factories.able_volunteer(*models.Area.objects.all(), name="Asha Bell")
    assign_all(VisitDay(session.visit, session.day), volunteer, role="presenter", by=factories.manager(), now=NOW)


def is_cancelled_by_mistake(session: models.Session) -> None:
    cancel_visit(session.visit, code="weather", note="", by=factories.manager(), now=NOW)


@pytest.mark.parametrize("act", [is_put_on_by_phone, is_cancelled_by_mistake])
def test_what_took_place_and_was_reported_is_no_news_that_nobody_ticked(act: Any, office: Client, area: models.Area) -> None:
    session = agreed(area, day=NOW.date())
    session.headcounts.all().delete()
    models.Session.objects.update(starts=time(10), ends=time(10, 30))
    act(session)
    assert boxes(office)
    assert on_home(office) == 1
    outcome = Outcome(headcounts={(session.visit.school_id, 5): 30}, went_ahead="yes", attended=frozenset())
    record(session, outcome, key=uuid4(), by=factories.manager(), now=NOW + timedelta(hours=3))
    assert (boxes(office), on_home(office)) == ({}, 0)
    assert "will not take place" not in read(office)


def test_a_tick_is_taken_where_the_mail_spoke_of_a_session_that_was_reported_since(office: Client, area: models.Area) -> None:
    session = agreed(area)
    later = factories.SessionFactory(visit=session.visit, day=TOMORROW, starts=time(13), ends=time(13, 30))
    factories.HeadcountFactory(session=later, school=session.headcounts.get().school, year_group=4, expected=20)
    batch = cancel_visit(session.visit, code="weather", note="", by=factories.manager(), now=NOW)
    tell_and_send(NOW)
    undo(batch, by=factories.manager(), now=NOW + timedelta(minutes=2))
    tell_and_send(NOW + timedelta(minutes=3))
    rows = models.MessageAbout.objects.filter(phone_until__isnull=False)
    assert {tuple(row.speaks_of or ()) for row in rows} == {(session.pk, later.pk)}
    is_reported(session)
    assert on_home(office) == 1
    office.post(TELL, boxes(office))
    assert (boxes(office), on_home(office)) == ({}, 0)


def test_what_begins_later_than_in_36_hours_is_left_to_the_mail(office: Client, area: models.Area) -> None:
    guest_is_taken_off(agreed(area, day=ON_FRIDAY))
    assert tell_and_send(NOW) == 2
    assert (boxes(office), on_home(office)) == ({}, 0)


def test_a_mail_that_waited_until_it_begins_soon_asks_for_a_call_when_it_goes(office: Client, area: models.Area) -> None:
    guest_is_taken_off(agreed(area, day=ON_FRIDAY))
    assert tell(NOW) == 2
    assert not models.MessageAbout.objects.filter(phone_until__isnull=False).exists()
    assert deliver_due(clock=lambda: NOW + timedelta(hours=46))[0] == 2
    until = models.MessageAbout.objects.filter(message__isnull=False).values_list("phone_until", flat=True)
    assert list(until) == [ON_FRIDAY, ON_FRIDAY]
    assert len(boxes(office)["guest"]) == on_home(office) == 1


def test_host_and_guest_of_a_session_that_was_taken_out_are_phoned_until_ticked(office: Client, area: models.Area) -> None:
    session = agreed(area)
    later = factories.SessionFactory(visit=session.visit, day=TOMORROW, starts=time(13), ends=time(13, 30))
    factories.HeadcountFactory(session=later, school=session.headcounts.get().school, year_group=4, expected=20)
    remove_session(later, by=factories.manager(), now=NOW - timedelta(days=1))  # its mail goes a day late
    assert tell_and_send(NOW) == 2
    body = read(office)
    assert ("Ashfield, the school" in body, "Fern, a guest" in body) == (True, True)
    for message in models.OutboxMessage.objects.all():
        assert " ".join(message.body.split())[:60] in body, "the words of the mail, which alone knows what it was"
    shown = boxes(office)
    assert len(shown["guest"]) == 2
    assert on_home(office) == 1
    office.post(TELL, shown)
    assert (boxes(office), on_home(office), tell(NOW)) == ({}, 0, 0)


def test_it_is_over_with_the_day(area: models.Area) -> None:
    guest_is_taken_off(agreed(area))
    tell_and_send(NOW)
    by = factories.manager()
    assert [len(everybody_to_tell(by, on=TOMORROW + timedelta(days=late))) for late in (0, 1)] == [1, 0]


def test_host_and_volunteer_that_were_mailed_that_it_takes_place_after_all_are_to_be_phoned(
    office: Client, area: models.Area
) -> None:
    session, by = agreed(area), factories.manager()
    volunteer = factories.able_volunteer(area, signs_in=True, name="Asha Bell")
    assign_all(VisitDay(session.visit, session.day), volunteer, role="presenter", by=by, now=NOW)
    office.post(TELL, boxes(office))
    batch = cancel_visit(session.visit, code="weather", note="", by=by, now=NOW)
    tell_and_send(NOW)
    undo(batch, by=by, now=NOW + timedelta(minutes=2))
    tell_and_send(NOW + timedelta(minutes=3))
    assert session.covers.get().news != "cancelled"
    assert boxes(office).keys() == set(MADE_OF)
    body = read(office)
    assert body.count(SOON) >= 2, "the host and the guest, of which the office itself has no news to tell"
    assert "takes place." in body
    assert "you’re down for it." in body
    office.post(TELL, boxes(office))
    assert (boxes(office), on_home(office)) == ({}, 0)


def test_who_took_tomorrows_place_by_themselves_need_not_be_phoned(office: Client, area: models.Area) -> None:
    session = agreed(area)
    session.headcounts.all().delete()
    volunteer = factories.able_volunteer(area, signs_in=True)
    assert volunteer.user
    day = VisitDay(session.visit, session.day)
    claim(day, volunteer, role="presenter", by=volunteer.user, now=NOW)
    assert tell_and_send(NOW, kinds=["mornings"]) == 1
    assert boxes(office) == {}


def test_who_never_answered_and_is_needed_no_more_is_mailed_and_not_phoned(office: Client, area: models.Area) -> None:
    session = agreed(area)
    session.headcounts.all().delete()
    volunteer = factories.able_volunteer(area, signs_in=True)
    day, by = VisitDay(session.visit, session.day), factories.manager()
    offer(day, volunteer, role="presenter", by=by, now=NOW)
    tell_and_send(NOW, kinds=["mornings"])
    office.post(TELL, boxes(office))
    cover = session.covers.get()
    # As where somebody else took the place.
    models.Cover.objects.filter(pk=cover.pk).update(state="withdrawn", news="", told_at=None)
    assert tell_and_send(NOW + timedelta(minutes=5), kinds=["mornings"]) == 1
    assert (boxes(office), on_home(office)) == ({}, 0)


def test_who_answers_by_themselves_need_not_be_phoned_any_more(area: models.Area) -> None:
    session, by = agreed(area), factories.manager()
    volunteer = factories.able_volunteer(area, signs_in=True)
    assert volunteer.user
    day = VisitDay(session.visit, session.day)
    assign_all(day, volunteer, role="presenter", by=by, now=NOW)
    models.Cover.objects.update(told_at=NOW)
    batch = cancel_visit(session.visit, code="weather", note="", by=by, now=NOW)
    tell_and_send(NOW)
    undo(batch, by=by, now=NOW + timedelta(minutes=2))
    tell_and_send(NOW + timedelta(minutes=3))
    to_phone = models.MessageAbout.objects.filter(volunteer=volunteer, phone_until=TOMORROW)
    assert to_phone.count() == 1
    # With nobody else to tell of the visit, they alone have it on the page.
    models.MessageAbout.objects.filter(volunteer=None).update(phone_until=None)
    models.Session.objects.update(school_news="")
    models.Cover.objects.update(news="")
    assert [[each.volunteer for each in visit.volunteers] for visit in everybody_to_tell(by, on=NOW.date())] == [[volunteer]]
    withdraw(day, volunteer, by=volunteer.user, now=NOW + timedelta(minutes=5))
    assert not to_phone.exists()


def test_a_tick_is_undone_by_the_bar_and_the_page_has_them_again(office: Client, area: models.Area) -> None:
    session, by = agreed(area), factories.manager()
    volunteer = factories.able_volunteer(area, signs_in=True)
    assign_all(VisitDay(session.visit, session.day), volunteer, role="presenter", by=by, now=NOW)
    guest_is_taken_off(session)
    tell_and_send(NOW)
    cancel_visit(session.visit, code="weather", note="", by=by, now=NOW)
    known, before = sorted(models.MessageAbout.objects.values_list("pk", "phone_until")), boxes(office)
    assert before.keys() == set(MADE_OF)
    path = f"{TELL}?visit={session.visit_id}"
    page = office.post(path, before, follow=True)
    assert "Ticked that they know now" in page.content.decode()
    assert boxes(office) == {}
    batch = models.Batch.objects.get(kind="tell")
    done = office.post(reverse("admin:batch", args=[batch.pk]), {"do": "undo", "back": page.context["undo_leads_to"]})
    assert done.headers["Location"] == path
    assert boxes(office) == before
    assert sorted(models.MessageAbout.objects.values_list("pk", "phone_until")) == known
    assert session.covers.get().state == "accepted", "an undone tick takes nobody off"
    assert tell_and_send(NOW) == 2, "host and volunteer are mailed now, as if nobody had ticked"


def test_a_tick_about_what_changed_since_stays_undone_for_the_rest_alone(office: Client, area: models.Area) -> None:
    sessions, by = [agreed(area), agreed(area, ashfield="Oak", fern="Moss")], factories.manager()
    batches = [cancel_visit(session.visit, code="weather", note="", by=by, now=NOW) for session in sessions]
    office.post(TELL, {"session": boxes(office)["session"]})
    undo(batches[0], by=by, now=NOW)
    tick = undo(models.Batch.objects.get(kind="tell"), by=by, now=NOW)
    assert len(tick.left_alone) == 1
    assert "was changed since" in tick.left_alone[0]
    rows = models.Session.objects.order_by("pk").values_list("school_news", "school_told_at")
    assert list(rows) == [("back", None), ("cancelled", None)]


def test_the_page_of_one_visit_shows_every_party_with_its_last_message(office: Client, area: models.Area) -> None:
    session = agreed(area, day=ON_FRIDAY)
    path = f"{TELL}?visit={session.visit_id}"
    factories.CoverFactory(session=session, volunteer=factories.able_volunteer(area, name="Asha Bell"))
    assert "Ashfield the school 01539 720001 none" in read(office, path)
    guest = guest_is_taken_off(session)
    tell_and_send(NOW)
    message = models.OutboxMessage.objects.get(to=f"office{guest.pk}@example.org")
    body = read(office, path)
    assert "Nobody has to be told anything about this visit." in body
    assert f"Fern a guest before 01539 720001 {message.subject} Mailed to {message.to} on Tue 24 November 2026" in body
    assert "Asha Bell volunteer no number known none" in body
    models.OutboxMessage.objects.update(sent_at=None, stopped_at=NOW, last_error="550 no such person")
    body = read(office, path)
    assert "came back or got no answer, so phone them: 550 no such person" in body
    assert "To be phoned: see above." in body
    assert "Everybody of this visit" not in read(office), "of all visits it would be a long list"


def lines_of_parties(office: Client, session: models.Session) -> dict[str, bool]:
    """Whether each party of the visit reads that it has to be phoned."""
    body = office.get(f"{TELL}?visit={session.visit_id}").content.decode().partition('id="parties-heading"')[2]
    rows = [" ".join(strip_tags(row).split()) for row in body.split("<tr>")[2:]]
    return {row.split()[0]: "To be phoned: see above." in row for row in rows}


@pytest.mark.parametrize("is_far", [True, False])
def test_who_was_mailed_that_a_far_day_is_off_is_ticked_and_not_to_be_phoned(
    office: Client, area: models.Area, *, is_far: bool
) -> None:
    session, by = agreed(area, day=NOW.date() + timedelta(weeks=7) if is_far else TOMORROW), factories.manager()
    session.headcounts.all().delete()
    asha, ben = (factories.able_volunteer(area, signs_in=name == "Asha", name=name) for name in ("Asha", "Ben"))
    for volunteer in (asha, ben):
        assign_all(VisitDay(session.visit, session.day), volunteer, role="presenter", by=by, now=NOW)
    models.Cover.objects.update(told_at=NOW)
    cancel_visit(session.visit, code="weather", note="", by=by, now=NOW)
    tell_and_send(NOW)
    assert boxes(office).keys() == {"session", "cover"}, "host and volunteers stand above until they are ticked"
    is_soon = not is_far
    assert lines_of_parties(office, session) == {"Ashfield": is_soon, "Asha": is_soon, "Ben": True}
    models.OutboxMessage.objects.update(sent_at=None, stopped_at=NOW, last_error="550 no such person")
    assert lines_of_parties(office, session) == {"Ashfield": True, "Asha": True, "Ben": True}


def test_the_host_of_what_was_only_planned_is_to_be_phoned_that_it_is_off(office: Client, area: models.Area) -> None:
    session = agreed(area, day=NOW.date() + timedelta(weeks=7))
    session.headcounts.all().delete()
    models.Visit.objects.update(stage="planned", agreed_on=None)
    visit = models.Visit.objects.get()
    cancel_visit(visit, code="weather", note="", by=factories.manager(), now=NOW)
    assert tell_and_send(NOW) == 0
    assert lines_of_parties(office, session) == {"Ashfield": True}


def test_a_visit_of_another_area_shows_nobody(office: Client, elsewhere: models.Area) -> None:
    session = agreed(elsewhere)
    assert "Everybody of this visit" not in read(office, f"{TELL}?visit={session.visit_id}")


def test_the_page_takes_as_many_queries_for_many_as_for_few(office: Client, area: models.Area) -> None:
    session = agreed(area)
    factories.CoverFactory(session=session, volunteer=factories.able_volunteer(area))
    guest_is_taken_off(session)
    tell_and_send(NOW)
    factories.HeadcountFactory(session=session, school=factories.SchoolFactory(area=area), year_group=4)
    path, numbers = f"{TELL}?visit={session.visit_id}", []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            assert office.get(path).status_code == 200
            assert office.get(TELL).status_code == 200
        numbers.append(len(queries))
        for name in ("Oak", "Moss"):
            guest_is_taken_off(agreed(area, ashfield=name, fern=f"{name} guest"))
            factories.CoverFactory(session=session, volunteer=factories.able_volunteer(area))
            factories.HeadcountFactory(session=session, school=factories.SchoolFactory(area=area), year_group=4)
        tell_and_send(NOW)
    assert numbers[0] == numbers[1]


def at_night(hours: int) -> datetime:
    return NOW + timedelta(hours=hours)


def test_what_is_about_tomorrow_goes_at_night_and_stands_there_at_once(office: Client, area: models.Area) -> None:
    guest_is_taken_off(agreed(area))
    assert tell_and_send(at_night(14)) == 2
    assert len(boxes(office)["guest"]) == 1
