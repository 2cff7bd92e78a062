"""*Tell these people* says what became of the mail, for the school, its guests and each volunteer."""

import re
from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from schools import models
from schools.visits.actions import assign_all, cancel_session, cancel_visit, confirm
from schools.visits.actions.guest_schools import mark_of, set_guest
from schools.visits.actions.undoable import held
from schools.visits.queries import VisitDay
from tests import factories
from tests.news import tell, tell_and_send
from tests.office.conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(area: models.Area) -> models.Session:
    """A visit that host, guest and a volunteer know of."""
    host, guest = (factories.SchoolFactory(area=area, name=name) for name in ("Ashfield", "Fern Primary"))
    made: models.Session = factories.SessionFactory(visit__school=host, day=date(2026, 12, 3))
    factories.HeadcountFactory(session=made, school=guest, year_group=3)
    models.Contact.objects.create(school=host, name="Hetty Moss", email="hetty@ashfield.example.org")
    models.Contact.objects.create(school=guest, name="Fay Office", phone="+441539720001")
    by = factories.manager()
    volunteer = factories.able_volunteer(area, signs_in=True, name="Asha Bell")
    confirm(made.visit, agreed_on=date(2026, 11, 2), agreed_with="", by=by, now=NOW)
    assign_all(VisitDay(made.visit, made.day), volunteer, role="presenter", by=by, now=NOW)
    tell_and_send(NOW - timedelta(hours=1))
    cancel_visit(made.visit, code="weather", note="", by=by, now=NOW)
    return made


def page_of(office: Client) -> str:
    return " ".join(strip_tags(office.get(reverse("admin:tell")).content.decode()).split())


def test_it_says_when_each_was_mailed_and_that_a_guest_has_to_be_phoned(office: Client, session: models.Session) -> None:
    tell_and_send(NOW)
    body = page_of(office)
    asha = models.Volunteer.objects.get(name="Asha Bell").user
    assert asha is not None
    for address in ("hetty@ashfield.example.org", asha.email):
        assert f"Mailed to {address} on Tue 24 November 2026 at" in body
    assert "Fern Primary, a guest" in body
    assert "Fay Office, 01539 720001" in body
    assert "No mail has gone to them about this." in body


def test_of_a_guest_without_people_the_schools_own_phone_is_the_one_to_ring(office: Client, session: models.Session) -> None:
    guest = models.School.objects.filter(name="Fern Primary")
    models.Contact.objects.filter(school__in=guest).delete()
    assert "Fern Primary, a guest Nobody to ring is written down." in page_of(office)
    guest.update(phone="01539 720002")
    assert "Fern Primary, a guest School: 01539 720002" in page_of(office)
    assert "Nobody to ring" not in page_of(office)


def ticks_of(office: Client, name: str) -> list[str]:
    return re.findall(rf'name="{name}" value="([^"]+)"', office.get(reverse("admin:tell")).content.decode())


def on_home(office: Client) -> int:
    numbers: dict[str, int] = {line.need.key: line.number for line in office.get("/admin/").context["lines"]}
    return numbers["tell"]


def agreed_with_a_guest(area: models.Area, **contact: str) -> tuple[models.Session, models.School]:
    """An agreed visit that nobody has changed, with a guest and somebody there."""
    host, guest = (factories.SchoolFactory(area=area, name=name) for name in ("Ashfield", "Fern Primary"))
    models.Contact.objects.create(school=guest, name="Fay Office", phone="+441539720001", **contact)
    agreed = {"visit__stage": "confirmed", "visit__agreed_on": date(2026, 11, 2)}
    booked = factories.SessionFactory(visit__school=host, day=date(2026, 12, 3), **agreed)
    factories.HeadcountFactory(session=booked, school=guest, year_group=3, expected=20)
    return booked, guest


def test_a_guest_without_an_address_stays_to_be_told_after_the_host_knows_until_it_is_ticked(
    office: Client, session: models.Session
) -> None:
    tell_and_send(NOW)
    office.post(reverse("admin:tell"), {name: ticks_of(office, name) for name in ("session", "cover")})
    body = page_of(office)
    assert "1 to tell" in body
    assert "This will not take place. We are sorry." in body
    assert "Fern Primary knows" in body
    assert on_home(office) == 1
    (box,) = ticks_of(office, "guest")
    office.post(reverse("admin:tell"), {"guest": [f"{box}0", "x", "9-y:z"]})
    assert ticks_of(office, "guest") == [box], "that is not what the page shows"
    office.post(reverse("admin:tell"), {"guest": [box]})
    assert "Nobody has to be told anything" in page_of(office)
    assert on_home(office) == 0
    row = models.MessageAbout.objects.latest("pk")
    assert (str(row.school), row.known_by) == ("Fern Primary", "otherwise")


def test_a_guest_without_an_address_that_is_taken_off_stands_there_and_on_home(office: Client, area: models.Area) -> None:
    booked, guest = agreed_with_a_guest(area)
    by, coming = factories.manager(), {booked.pk: {3: 20}}
    set_guest(booked.visit, guest, {}, seen=mark_of(coming), by=by, now=NOW)
    assert "Your pupils are no longer expected at this:" in page_of(office)
    assert on_home(office) == 1
    office.post(reverse("admin:tell"), {"guest": ticks_of(office, "guest")})
    assert (ticks_of(office, "guest"), on_home(office)) == ([], 0)
    set_guest(booked.visit, guest, coming, seen=mark_of({}), by=by, now=NOW)
    assert "is coming, as we have agreed:" in page_of(office)


def test_home_counts_what_a_guest_lost_after_it_was_told_that_it_lost_something_else(office: Client, area: models.Area) -> None:
    first, guest = agreed_with_a_guest(area)
    online = models.SessionType.objects.get(slug="online-ks2")
    window = {"day": NOW.date() - timedelta(days=1), "until_day": date(2026, 12, 4)}
    second = factories.SessionFactory(visit=first.visit, type=online, **window)
    factories.HeadcountFactory(session=second, school=guest, year_group=3)
    for session in (first, second):
        cancel_session(session, code="weather", note="", by=factories.manager(), now=NOW)
        (host,) = ticks_of(office, "session")
        office.post(reverse("admin:tell"), {"session": [host]})
        assert on_home(office) == 1, "the host knows, the guest does not"
        office.post(reverse("admin:tell"), {"guest": ticks_of(office, "guest")})
        assert on_home(office) == 0


def test_a_guest_whose_mail_was_refused_is_phoned_and_ticked(office: Client, area: models.Area) -> None:
    booked, _ = agreed_with_a_guest(area, email="fay@fern.example.org")
    cancel_visit(booked.visit, code="weather", note="", by=factories.manager(), now=NOW)
    assert tell(NOW) == 1
    assert ticks_of(office, "guest") == [], "its mail is on its way"
    models.OutboxMessage.objects.update(stopped_at=NOW, last_error="550 no such person")
    boxes = ticks_of(office, "guest")
    assert len(boxes) == 1
    office.post(reverse("admin:tell"), {"guest": boxes})
    assert ticks_of(office, "guest") == []


def test_a_tick_of_a_guest_at_a_visit_of_another_area_does_nothing(
    office: Client, session: models.Session, elsewhere: models.Area
) -> None:
    boxes = ticks_of(office, "guest")
    assert len(boxes) == 1
    models.School.objects.filter(name="Ashfield").update(authority=factories.SchoolFactory(area=elsewhere).authority)
    office.post(reverse("admin:tell"), {"guest": boxes})
    assert not models.MessageAbout.objects.filter(known_by="otherwise", school__isnull=False).exists()


def test_who_only_sees_a_visit_for_what_was_theirs_ticks_no_guest_of_it(
    office: Client, session: models.Session, area: models.Area, elsewhere: models.Area
) -> None:
    boxes = ticks_of(office, "guest")
    assert len(boxes) == 1
    factories.SessionFactory(visit=session.visit, delivered=True, day=date(2026, 11, 2), area=area)
    models.School.objects.filter(name="Ashfield").update(authority=factories.SchoolFactory(area=elsewhere).authority)
    assert models.Visit.objects.for_user(area.area_coordinators.get().user, on=NOW.date()).exists()
    assert ticks_of(office, "guest") == ticks_of(office, "session") == ticks_of(office, "cover") == []
    assert [line for line in office.get("/admin/").context["lines"] if line.need.key == "tell" and line.number] == []
    office.post(reverse("admin:tell"), {"guest": boxes})
    assert not models.MessageAbout.objects.filter(known_by="otherwise", school__isnull=False).exists()


def test_it_says_what_waits_and_what_came_back(office: Client, session: models.Session) -> None:
    tell(NOW)
    assert page_of(office).count("is on its way.") == 2
    models.OutboxMessage.objects.filter(sent_at=None).update(stopped_at=NOW, last_error="550 no such person")
    body = page_of(office)
    assert body.count("came back or got no answer, so phone them: 550 no such person") == 2


def test_at_night_the_page_and_the_bar_say_when_the_mails_go(office: Client, area: models.Area) -> None:
    booked, _ = agreed_with_a_guest(area, email="fay@fern.example.org")
    night = NOW.replace(hour=22)
    address = reverse("admin:visit-detail", args=[booked.visit_id])
    models.Contact.objects.create(school=booked.visit.school, name="Hetty Moss", email="hetty@ashfield.example.org")
    words = "2 messages about this visit wait for the morning: from Wed 25 November 2026 at 7:30 am on."
    with time_machine.travel(night, tick=False):
        by = models.User.objects.get(pk=office.session["_auth_user_id"])
        batch = held(lambda: cancel_visit(booked.visit, code="weather", note="", by=by, now=night), now=night)
        assert not models.OutboxMessage.objects.exists()
        assert words in page_of(office)
        bar = " ".join(office.get(f"{address}?done={batch.pk}").content.decode().split())
        assert words in bar
        joan = factories.able_volunteer(area, name="Joan Bell")
        other = factories.SessionFactory(visit__school=factories.SchoolFactory(area=area), day=date(2026, 12, 4))
        assign_all(VisitDay(other.visit, other.day), joan, role="presenter", by=by, now=night)
        ticked = office.post(reverse("admin:tell"), {"cover": ticks_of(office, "cover")}, follow=True)
        assert "wait for the morning" not in ticked.content.decode(), "these are of what was done before, and not of the tick"
    assert words not in page_of(office), "by day they go by themselves, at once"


def test_who_was_put_on_and_told_nothing_yet_is_not_said_to_know_it(office: Client, area: models.Area) -> None:
    booked, _ = agreed_with_a_guest(area)
    joan = factories.able_volunteer(area, name="Joan Bell")
    assign_all(VisitDay(booked.visit, booked.day), joan, role="presenter", by=factories.manager(), now=NOW)
    address = f"{reverse('admin:tell')}?visit={booked.visit_id}"

    def row() -> str:
        everybody = office.get(address).content.decode().partition("Everybody of this visit")[2]
        return " ".join(strip_tags(everybody.partition("Joan Bell")[2].partition("</tr>")[0]).split())

    assert "Known otherwise" not in row()
    assert "To be phoned: see above." in row()
    office.post(address, {"cover": ticks_of(office, "cover")})
    assert "Known otherwise since Tue 24 November 2026" in row()
    assert "To be phoned" not in row()
