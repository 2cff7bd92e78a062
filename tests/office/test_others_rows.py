"""What is another area's cannot be named in a form: nothing of it is shown, and nothing of it changes."""

from datetime import date, time
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from schools import models
from tests import factories

pytestmark = pytest.mark.django_db

OF_THEIRS: tuple[Any, ...] = (
    models.Visit, models.Session, models.Cover, models.Headcount, models.School, models.Volunteer, models.ContactLog,
    models.Batch,
)  # fmt: skip


@pytest.fixture
def theirs(elsewhere: models.Area) -> models.Session:
    """A session of the other area, with somebody on it who has to be told, and what would be needed to touch it."""
    made: models.Session = factories.SessionFactory(
        visit__school=factories.SchoolFactory(area=elsewhere, name="Far Primary"), school_news="moved"
    )
    factories.CoverFactory(session=made, volunteer=factories.able_volunteer(elsewhere, name="Far Away"), news="assigned")
    factories.HeadcountFactory(session=made)
    models.Contact.objects.create(school=made.visit.school, name="Their Head")
    return made


def everything() -> dict[str, list[Any]]:
    return {one.__name__: list(one.objects.order_by("pk").values()) for one in OF_THEIRS}


# Longer than 40 lines: each form of the office that names a row is sent once.
def test_a_form_that_names_rows_of_another_area_changes_nothing(
    office: Client, area: models.Area, theirs: models.Session
) -> None:
    own = factories.SessionFactory(
        visit__school=factories.SchoolFactory(area=area, name="Ashfield"), starts=time(13, 0), ends=time(13, 30)
    )
    strange, contact = theirs.covers.get().volunteer, theirs.visit.school.contacts.get()
    far_coordinator = factories.coordinator_of(models.Area.objects.get(name="Northamptonshire"))
    day = reverse("admin:visit-day", args=[own.visit_id, own.day])
    session, move = reverse("admin:session-detail", args=[own.pk]), reverse("admin:visit-move", args=[own.visit_id])
    drop_out = reverse("admin:drop-out", args=[own.visit_id, own.day, strange.pk])
    rows = {"sessions-TOTAL_FORMS": "1", "sessions-INITIAL_FORMS": "0", "sessions-0-type": own.type_id}
    booking = {**rows, "sessions-0-day": "2026-12-03", "sessions-0-starts": "10:00", "reference": "VNEW222", "do": "book"}
    school = own.visit.school_id
    before = everything()
    posts: list[tuple[str, dict[str, Any]]] = [
        (reverse("admin:bulk-confirm"), {"do": "go", "row": theirs.visit_id, "agreed_on": "2026-11-23", "agreed_with": "them"}),
        (reverse("admin:bulk-confirm"), {"do": "look", "row": theirs.visit_id, "agreed_on": "2026-11-23", "agreed_with": "them"}),
        (reverse("admin:bulk-reassign"), {"do": "go", "row": own.visit_id, "to": far_coordinator.pk}),
        (f"{reverse('admin:bulk-snow')}?day={theirs.day}", {"do": "go", "row": theirs.pk, "code": "weather", "note": ""}),
        (
            f"{reverse('admin:bulk-snow')}?day={theirs.day}&authority={theirs.visit.school.authority_id}",
            {"do": "look", "row": theirs.pk, "code": "weather"},
        ),
        (reverse("admin:bulk-chase"), {"do": "go", "row": theirs.pk}),
        (reverse("admin:tell"), {"cover": f"{theirs.covers.get().pk}:assigned", "session": f"{theirs.pk}:moved"}),
        (day, {"do": "assign", "cover-volunteer": strange.pk, "cover-note": "I want them", "session": own.pk, "role": "lead"}),
        (
            reverse("admin:visit-detail", args=[own.visit_id]),
            {"do": "put-on", "person": strange.pk, "session": f"{own.pk} {own.day} 13:00 13:30"},
        ),
        (day, {"do": "offer", "cover-volunteer": strange.pk, "cover-note": "I want them", "session": theirs.pk}),
        (drop_out, {"do": "nobody", "session": theirs.pk}),
        (drop_out, {"do": "put", "session": own.pk, "cover-volunteer": strange.pk}),
        (session, {"do": "accept", "answer-volunteer": strange.pk}),
        (reverse("admin:take-off", args=[own.visit_id, own.day, strange.pk]), {"do": "take-off"}),
        (reverse("admin:take-off", args=[theirs.visit_id, theirs.day, theirs.covers.get().volunteer_id]), {"do": "take-off"}),
        (move, {"do": "move", "sessions": theirs.pk, "day": "2026-12-01", "starts": "", "seen": "x"}),
        (reverse("admin:book-at", args=[school]), {**booking, "contact": contact.pk}),
        (reverse("admin:book-at", args=[school]), {**booking, "coordinator": far_coordinator.pk}),
        (reverse("admin:book-at", args=[school]), {**booking, "replaces": theirs.visit_id}),
        (
            reverse("admin:visit-detail", args=[own.visit_id]),
            {
                "do": "confirm",
                "confirm-agreed_on": "2026-11-23",
                "confirm-agreed_with": "them",
                "confirm-safeguarding_contact": contact.pk,
            },
        ),
        (reverse("admin:school-detail", args=[school]), {"do": "feeds", "other": theirs.visit.school_id}),
        (reverse("admin:call", args=[theirs.visit.school_id]), {"do": "no-answer", "who": "them"}),
        (
            reverse("admin:log-talk", args=[school]) + f"?visit={theirs.visit_id}",
            {"do": "talk", "talk-day": "2026-11-23", "talk-how": "phone", "talk-who": "them"},
        ),
        (
            reverse("admin:log-talk", args=[school]),
            {"do": "request", "request-preferred_month": "", "request-contact": contact.pk},
        ),
    ]
    for address, data in posts:
        answer = office.post(address, data)
        assert answer.status_code in {200, 302, 404}, address
        body = answer.content.decode()
        assert "Far Primary" not in body, (address, data)
        assert "Far Away" not in body, (address, data)
        assert everything() == before, (address, data)


def test_a_guest_school_of_another_area_is_neither_found_nor_added(
    office: Client, area: models.Area, theirs: models.Session
) -> None:
    school = factories.SchoolFactory(area=area)
    address = reverse("admin:book-at", args=[school.pk])
    rows = {"sessions-TOTAL_FORMS": "1", "sessions-INITIAL_FORMS": "0"}
    for do in ("find-guest", f"add-guest:{theirs.visit.school_id}"):
        body = office.post(address, {**rows, "do": do, "guest_words": "Far"}).content.decode()
        assert "Far Primary" not in body


def test_two_tabs_and_a_second_click_do_a_thing_once(office: Client, area: models.Area) -> None:
    session = factories.SessionFactory(visit__school=factories.SchoolFactory(area=area, name="Ashfield"))
    volunteer = factories.able_volunteer(area, name="Asha Bell")
    day = reverse("admin:visit-day", args=[session.visit_id, session.day])
    visit = reverse("admin:visit-detail", args=[session.visit_id])
    twice: list[tuple[str, dict[str, Any]]] = [
        (day, {"do": "assign", "cover-volunteer": volunteer.pk, "cover-note": ""}),
        (reverse("admin:drop-out", args=[session.visit_id, session.day, volunteer.pk]), {"do": "nobody", "session": session.pk}),
        (visit, {"do": "cancel", "cancel-code": "weather", "cancel-note": ""}),
    ]
    for address, data in twice:
        assert office.post(address, data).status_code == 302
        before = everything()
        again = office.post(address, data)
        assert again.status_code == 200, data
        assert 'class="error-summary"' in again.content.decode(), data
        assert everything() == before
    batch = models.Batch.objects.get(kind="cancel")
    for _ in range(2):
        office.post(reverse("admin:batch", args=[batch.pk]), {"do": "undo"})
    assert models.Visit.objects.get().stage == "planned"
    assert date(2026, 11, 26) == models.Session.objects.get().day
