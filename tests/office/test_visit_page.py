"""A visit's page: whom to ring, what was agreed and said, what makes what good; a no of the school, taken back."""

import re
from datetime import UTC, date, datetime, time

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from schools import models
from schools.visits.rules.visits import reasons_not_to_add
from tests import factories
from tests.browsing import hidden, saved

pytestmark = pytest.mark.django_db


@pytest.fixture
def school(area: models.Area) -> models.School:
    made: models.School = factories.SchoolFactory(area=area, name="Ashfield")
    return made


@pytest.fixture
def visit(school: models.School) -> models.Visit:
    head = models.Contact.objects.create(school=school, name="Hetty Moss", role="Head teacher", phone="+441539720001")
    lead = models.Contact.objects.create(school=school, name="Lee Frost", role="Safeguarding lead", email="lee@example.org")
    made: models.Visit = factories.VisitFactory(
        school=school, contact=head, safeguarding_contact=lead, parents_told_on=date(2026, 11, 20)
    )
    factories.SessionFactory(visit=made)
    return made


def page_of(office: Client, visit: models.Visit) -> str:
    return office.get(reverse("admin:visit-detail", args=[visit.pk])).content.decode()


def test_whom_to_ring_and_what_the_school_did_stand_on_it(office: Client, visit: models.Visit) -> None:
    body = page_of(office, visit)
    for words in ('href="tel:+441539720001"', "mailto:lee@example.org", "Fri 20 November 2026"):
        assert words in body
    day = office.get(reverse("admin:visit-day", args=[visit.pk, date(2026, 11, 26)])).content.decode()
    assert 'href="tel:+441539720001"' in day


def test_what_was_said_about_the_visit_stands_on_it_and_not_what_was_said_about_another(
    office: Client, visit: models.Visit, coordinator: models.User
) -> None:
    other = factories.VisitFactory(school=visit.school)
    for about, note in ((visit, "They have a new hall."), (other, "Something else.")):
        models.ContactLog.objects.create(
            school=visit.school, visit=about, day=date(2026, 11, 20), how="phone", who="the office", note=note, by=coordinator
        )
    body = page_of(office, visit)
    assert "They have a new hall." in body
    assert "Something else." not in body


def test_a_request_says_when_and_for_which_month(office: Client, school: models.School) -> None:
    asked = factories.VisitFactory(
        school=school, stage="requested", requested_on=date(2026, 11, 2), preferred_month=date(2027, 3, 1)
    )
    body = page_of(office, asked)
    assert "on Mon 2 November 2026, for March 2027" in " ".join(body.split())
    assert "Choose a day and book it" in body


def test_what_was_cancelled_and_what_makes_it_good_lead_to_each_other(office: Client, school: models.School) -> None:
    lost = factories.VisitFactory(school=school, stage="cancelled", cancelled_code="weather", reference="VLOST22")
    assert "Book it again" in page_of(office, lost)
    good = factories.VisitFactory(school=school, replaces=lost, reference="VGOOD22")
    assert "VLOST22" in page_of(office, good)
    body = page_of(office, lost)
    assert "VGOOD22" in body
    assert "Book it again" not in body


def test_of_a_visit_whose_sessions_were_all_cancelled_one_by_one_it_says_so(office: Client, visit: models.Visit) -> None:
    words = "All its sessions were cancelled: add others, or cancel the visit."
    assert words not in page_of(office, visit)
    visit.sessions.update(stage="cancelled", cancelled_code="weather")
    body = page_of(office, visit)
    assert words in body
    assert "nobody yet" not in body
    visit.sessions.update(went_ahead="no", recorded_at=timezone.now())
    assert words not in page_of(office, visit), "it was reported as one that did not go ahead"
    visit.sessions.update(went_ahead="", recorded_at=None)
    models.Visit.objects.update(stage="cancelled", cancelled_code="weather")
    assert words not in page_of(office, visit)


def test_what_the_school_shows_by_itself_waits_for_nobody(office: Client, school: models.School) -> None:
    online = models.SessionType.objects.get(slug="online-ks2")
    session = factories.SessionFactory(visit__school=school, type=online, day=date(2026, 11, 26), until_day=date(2026, 12, 4))
    for address in (
        reverse("admin:visit-detail", args=[session.visit_id]),
        f"{reverse('admin:calendar')}?view=week&day=2026-11-26",
    ):
        body = office.get(address).content.decode()
        assert "the school by itself" in body
        assert "nobody yet" not in body


def test_a_no_of_the_school_is_written_down_and_taken_back(office: Client, visit: models.Visit, area: models.Area) -> None:
    cover = factories.CoverFactory(session=visit.sessions.get(), volunteer=factories.able_volunteer(area))
    address = reverse("admin:visit-detail", args=[visit.pk])
    without_day = office.post(address, {"do": "decline", "decline-ask_again_on": ""})
    assert "This field is required" in without_day.content.decode()

    done = office.post(address, {"do": "decline", "decline-ask_again_on": "2027-09-06"}, follow=True).content.decode()
    visit.refresh_from_db()
    visit.school.refresh_from_db()
    assert (visit.stage, visit.school.ask_again_on) == ("declined", date(2027, 9, 6))
    assert "said no" in done
    assert "Undo" in done
    office.post(reverse("admin:batch", args=[models.Batch.objects.get().pk]), {"do": "undo"})
    visit.refresh_from_db()
    cover.refresh_from_db()
    assert (visit.stage, visit.sessions.get().stage, cover.state) == ("planned", "scheduled", "accepted")


def test_whom_to_ring_stands_where_a_call_is_logged_under_every_name_of_the_school(
    office: Client, school: models.School, area: models.Area
) -> None:
    before = factories.SchoolFactory(area=area, name="Ashfield as it was", status="closed", chain=school.pk)
    models.School.objects.filter(pk=school.pk).update(chain=school.pk)
    models.Contact.objects.create(school=before, name="Old Head", phone="+441539720009")
    body = office.get(reverse("admin:log-talk", args=[school.pk])).content.decode()
    assert 'href="tel:+441539720009"' in body


def test_a_morning_and_its_online_window_need_nobody_for_the_window(office: Client, visit: models.Visit) -> None:
    online = models.SessionType.objects.get(slug="online-ks2")
    factories.SessionFactory(visit=visit, type=online, day=date(2026, 11, 26), starts=time(13), ends=time(13, 30))
    body = office.get(f"{reverse('admin:calendar')}?view=week&day=2026-11-26").content.decode()
    assert "nobody yet" in body


def test_a_day_that_needs_people_has_the_way_to_them_until_it_has_them(
    office: Client, visit: models.Visit, area: models.Area
) -> None:
    session = factories.SessionFactory(visit=visit, day=date(2026, 12, 3), starts=time(9, 15), ends=time(9, 45))
    past = factories.SessionFactory(visit=visit, day=date(2026, 11, 3), starts=time(9, 15), ends=time(9, 45))

    def ways() -> list[bool]:
        page = office.get(reverse("admin:visit-detail", args=[visit.pk])).content.decode()
        ways = re.findall(r'class="button"\s+href="([^"]+)"', page)
        return [reverse("admin:visit-day", args=[visit.pk, day]) in ways for day in (session.day, past.day)]

    assert ways() == [True, False]
    for _ in range(session.type.presenters):
        models.Cover.objects.create(session=session, volunteer=factories.able_volunteer(area), role="presenter", state="accepted")
    assert ways() == [False, False]


@pytest.mark.parametrize(
    ("typed", "stage"),
    [
        ({"do": "cancel", "cancel-code": "weather", "cancel-note": ""}, "cancelled"),
        ({"do": "decline", "decline-ask_again_on": "2027-09-06"}, "declined"),
        ({"do": "confirm", "confirm-agreed_on": "2026-11-20", "confirm-agreed_with": "Pat"}, "confirmed"),
    ],
)
def test_what_changed_since_the_page_was_opened_is_looked_at_before_anything_is_decided(
    office: Client, visit: models.Visit, typed: dict[str, str], stage: str
) -> None:
    address = reverse("admin:visit-detail", args=[visit.pk])

    def pressed(body: str) -> str:
        answer: str = office.post(address, dict(hidden(body)) | typed).content.decode()
        visit.refresh_from_db()
        return answer

    body, session = page_of(office, visit), visit.sessions.get()
    models.Session.objects.filter(pk=session.pk).update(day=date(2026, 12, 10))
    body = pressed(body)
    assert "was moved to Thu 10 December 2026" in body
    factories.SessionFactory(visit=visit, day=date(2026, 12, 11))
    body = pressed(body)
    assert "Fri 11 December 2026, 9:15–9:45 am, was added" in body
    models.Session.objects.filter(pk=session.pk).update(stage="cancelled", cancelled_code="school")
    body = pressed(body)
    assert "A session was cancelled or reported meanwhile." in body
    assert visit.stage == "planned"
    pressed(body)
    assert visit.stage == stage


def test_a_second_press_of_cancelling_leaves_what_the_first_one_left(
    office: Client, visit: models.Visit, area: models.Area
) -> None:
    to_come = visit.sessions.get()
    over = factories.SessionFactory(visit=visit, day=date(2026, 11, 23))
    factories.CoverFactory(session=over, volunteer=factories.able_volunteer(area))
    address, typed = reverse("admin:visit-detail", args=[visit.pk]), {"do": "cancel", "cancel-code": "school"}

    def pressed(body: str) -> str:
        answer: str = office.post(address, dict(hidden(body)) | typed).content.decode()
        return answer

    def standing() -> tuple[dict[int, str], str]:
        visit.refresh_from_db()
        return dict(visit.sessions.values_list("pk", "stage")), visit.stage

    seen = page_of(office, visit)
    assert "Cancel what is to come of this visit" in seen
    pressed(seen)
    refused = pressed(seen)
    assert "A session was cancelled or reported meanwhile." in refused
    assert 'value="cancel"' not in refused, "nothing of it can go"
    assert '<p id="cancel-visit">Nothing of this visit is to come.' in refused
    assert "Nothing of this visit is to come. Say how it went, or cancel what is left on its own page." in pressed(refused)
    assert standing() == ({over.pk: "scheduled", to_come.pk: "cancelled"}, "planned")


@pytest.mark.parametrize(
    "typed", [{"do": "cancel", "cancel-code": "school"}, {"do": "decline", "decline-ask_again_on": "2027-03-01"}]
)
def test_who_presses_once_the_session_has_begun_cancels_no_earlier_day_that_took_place(
    office: Client, visit: models.Visit, typed: dict[str, str]
) -> None:
    begins = visit.sessions.get()
    models.Session.objects.filter(pk=begins.pk).update(day=date(2026, 11, 24))
    factories.SessionFactory(visit=visit, day=date(2026, 11, 23))
    address = reverse("admin:visit-detail", args=[visit.pk])
    with time_machine.travel(datetime(2026, 11, 24, 9, 10, tzinfo=UTC), tick=False):
        seen = page_of(office, visit)
    with time_machine.travel(datetime(2026, 11, 24, 9, 16, tzinfo=UTC), tick=False):
        refused = office.post(address, dict(hidden(seen)) | typed).content.decode()
    assert "By now other sessions would go than when you opened the page. Look at the visit again." in refused
    assert set(visit.sessions.values_list("stage", flat=True)) == {"scheduled"}


def test_a_visit_of_which_every_session_is_off_can_be_cancelled_and_booked_again(office: Client, visit: models.Visit) -> None:
    factories.SessionFactory(visit=visit, cancelled=True, starts=time(10, 15), ends=time(10, 45))
    visit.sessions.filter(stage="scheduled").update(stage="cancelled", cancelled_code="weather", went_ahead="no")
    body = page_of(office, visit)
    assert re.search(r'value="cancel" class="button danger">\s*Cancel this visit\s*<', body)
    assert "Book it again" not in body
    typed = {"do": "cancel", "cancel-code": "weather"}
    office.post(reverse("admin:visit-detail", args=[visit.pk]), dict(hidden(body)) | typed)
    visit.refresh_from_db()
    assert visit.stage == "cancelled"
    assert "Book it again" in page_of(office, visit)
    done = factories.SessionFactory(visit__school=visit.school, delivered=True)
    assert 'id="cancel-visit"' not in page_of(office, done.visit)


def test_nothing_is_added_to_a_visit_that_is_only_asked_for(office: Client, area: models.Area) -> None:
    asked = factories.VisitFactory(school=factories.SchoolFactory(area=area), stage="requested")
    assert "Add sessions" not in page_of(office, asked)
    first, *_ = reasons_not_to_add(asked, [], by=factories.manager(), on=date(2026, 11, 24))
    assert first == "This visit has no day yet. Choose a day and book it on its page instead."


def test_a_correction_of_what_was_agreed_empties_what_was_emptied_and_without_a_change_has_no_bar(
    office: Client, visit: models.Visit
) -> None:
    address, lead = reverse("admin:visit-detail", args=[visit.pk]), visit.safeguarding_contact
    assert lead is not None
    typed = {"do": "confirm", "confirm-agreed_on": "2026-11-20", "confirm-agreed_with": "Pat"}
    typed |= {"confirm-parents_told_on": "2026-11-20", "confirm-safeguarding_contact": str(lead.pk)}
    assert "done=" in saved(office, address, typed).headers["Location"]
    assert "done=" not in saved(office, address, typed).headers["Location"]

    def also() -> tuple[date | None, models.Contact | None]:
        visit.refresh_from_db()
        return visit.parents_told_on, visit.safeguarding_contact

    # Whoever is at the school no more is not taken out unseen.
    models.Contact.objects.filter(pk=lead.pk).update(school=factories.SchoolFactory())
    assert saved(office, address, typed | {"confirm-agreed_with": "Sam"}).status_code == 302
    assert also() == (date(2026, 11, 20), lead)
    assert visit.agreed_with == "Sam"
    saved(office, address, typed | {"confirm-parents_told_on": "", "confirm-safeguarding_contact": ""})
    assert also() == (None, None)
    # Nor is such a person named again by an undo.
    models.Contact.objects.filter(pk=lead.pk).update(school=visit.school)
    office.post(f"/admin/batch/{models.Batch.objects.latest('pk').pk}/", {"do": "undo"})
    assert also() == (date(2026, 11, 20), lead)
