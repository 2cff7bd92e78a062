"""What stands in an address or a form and makes no sense breaks no page of the office."""

import pytest
from django.test import Client
from django.urls import reverse

from schools import models
from schools.office import asked
from tests import factories

pytestmark = pytest.mark.django_db

NONSENSE = ("", "²", "٣", "9" * 30, "9" * 5000, "one\x00")


@pytest.mark.parametrize("text", NONSENSE)
def test_what_is_no_number_is_no_row(text: str) -> None:
    assert asked.row_id(text) in {None, 3}  # Arabic digits are digits


@pytest.mark.parametrize("text", NONSENSE)
def test_an_address_that_makes_no_sense_is_answered(office: Client, area: models.Area, text: str) -> None:
    session = factories.SessionFactory(visit__school=factories.SchoolFactory(area=area))
    school, visit = session.visit.school_id, session.visit_id
    asking = [
        ("admin:book", [], "q"),
        ("admin:book-at", [school], "copy"),
        ("admin:book-at", [school], "replaces"),
        ("admin:log-talk", [school], "visit"),
        ("admin:school-detail", [school], "contact"),
        ("admin:school-detail", [school], "link"),
        ("admin:tell", [], "visit"),
        ("admin:bulk", [], "done"),
        ("admin:bulk-snow", [], "area"),
        ("admin:calendar", [], "q"),
        ("admin:calendar", [], "area"),
        ("admin:due", [], "q"),
        ("admin:visit-detail", [visit], "done"),
        ("admin:visit-day", [visit, session.day], "instead"),
        ("admin:visit-day", [visit, session.day], "session"),
        ("admin:schools_session_changelist", [], "area"),
        ("admin:schools_session_changelist", [], "needs"),
        ("admin:schools_volunteer_changelist", [], "area"),
    ]
    for name, args, parameter in asking:
        answer = office.get(reverse(name, args=args), {parameter: text})
        assert answer.status_code in {200, 302, 404}, (name, parameter)


@pytest.mark.parametrize("text", NONSENSE)
def test_a_form_that_makes_no_sense_is_answered(office: Client, area: models.Area, text: str) -> None:
    session = factories.SessionFactory(visit__school=factories.SchoolFactory(area=area))
    school, visit = session.visit.school_id, session.visit_id
    day = reverse("admin:visit-day", args=[visit, session.day])
    rows = {"sessions-INITIAL_FORMS": "0", "sessions-TOTAL_FORMS": "1"}
    posts = [
        (reverse("admin:book-at", args=[school]), {**rows, "do": f"add-guest:{text}"}),
        (reverse("admin:book-at", args=[school]), {**rows, "do": f"drop-guest:{text}", "guests": text}),
        (reverse("admin:book-at", args=[school]), {**rows, "do": "find-guest", "guest_words": text}),
        (reverse("admin:book-at", args=[school]), {**rows, "sessions-TOTAL_FORMS": text, "do": "add"}),
        (reverse("admin:visit-move", args=[visit]), {"do": "look", "sessions": text, "day": text, "starts": text}),
        (day, {"do": "assign", "cover-volunteer": text, "session": text, "role": text, "instead": text}),
        (day, {"do": "offer", "cover-volunteer": text, "cover-note": text}),
        (day, {"do": "cannot", "answer-volunteer": text}),
        (reverse("admin:tell"), {"cover": f"{text}:assigned", "session": f"{text}:moved"}),
        (reverse("admin:bulk-confirm"), {"do": "go", "row": text, "agreed_on": text, "agreed_with": text}),
        (reverse("admin:bulk-reassign"), {"do": "go", "row": text, "to": text}),
        (reverse("admin:bulk-chase"), {"do": "go", "row": text}),
        (reverse("admin:school-detail", args=[school]), {"do": "feeds", "other": text}),
        (reverse("admin:log-talk", args=[school]), {"do": "talk", "talk-day": text, "talk-who": text, "talk-note": text}),
        (reverse("admin:session-edit", args=[session.pk]), {"do": "store", "language": text, f"n{school}_3": text}),
    ]
    for address, data in posts:
        answer = office.post(address, data)
        assert answer.status_code in {200, 302, 404}, (address, data)
    assert not models.Cover.objects.exists()
    assert not models.ContactLog.objects.exists()
