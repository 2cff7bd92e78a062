"""What stands in an address or a form and makes no sense breaks no page of the office."""

from datetime import date

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from schools import models
from schools.core.row_ids import row_id
from tests import factories
from tests.profiles import more_in_the_long_gate, turns

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

NONSENSE = ("", "²", "٣", "9" * 30, "9" * 5000, "one\x00")


@pytest.mark.parametrize("text", NONSENSE)
def test_what_is_no_number_is_no_row(text: str) -> None:
    assert row_id(text) in {None, 3}  # Arabic digits are digits


@pytest.mark.parametrize("text", more_in_the_long_gate(NONSENSE))
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
        ("admin:calls", [], "after"),
        ("admin:call", [school], "done"),
        ("admin:find", [], "q"),
        ("admin:find-options", [], "q"),
        ("admin:visit-detail", [visit], "done"),
        ("admin:visit-day", [visit, session.day], "instead"),
        ("admin:visit-day", [visit, session.day], "session"),
        ("admin:visit-move", [visit], "day"),
        ("admin:schools_session_changelist", [], "area"),
        ("admin:schools_session_changelist", [], "needs"),
        ("admin:schools_volunteer_changelist", [], "area"),
    ]
    for name, args, parameter in asking:
        answer = office.get(reverse(name, args=args), {parameter: text})
        assert answer.status_code in {200, 302, 404}, (name, parameter)


@pytest.mark.parametrize("text", more_in_the_long_gate(NONSENSE))
def test_a_form_that_makes_no_sense_is_answered(office: Client, area: models.Area, text: str) -> None:
    session = factories.SessionFactory(visit__school=factories.SchoolFactory(area=area))
    school, visit = session.visit.school_id, session.visit_id
    day = reverse("admin:visit-day", args=[visit, session.day])
    gone = factories.CoverFactory(session=session, state="declined")
    drop_out = reverse("admin:drop-out", args=[visit, session.day, gone.volunteer_id])
    rows = {"sessions-INITIAL_FORMS": "0", "sessions-TOTAL_FORMS": "1"}
    posts = [
        (reverse("admin:book-at", args=[school]), {**rows, "do": f"add-guest:{text}"}),
        (reverse("admin:book-at", args=[school]), {**rows, "do": f"drop-guest:{text}", "guests": text}),
        (reverse("admin:book-at", args=[school]), {**rows, "do": "find-guest", "guest_words": text}),
        (reverse("admin:book-at", args=[school]), {**rows, "sessions-TOTAL_FORMS": text, "do": "add"}),
        (reverse("admin:visit-move", args=[visit]), {"do": "look", "sessions": text, "day": text, "starts": text}),
        (day, {"do": "assign", "cover-volunteer": text, "session": text, "role": text, "instead": text}),
        (day, {"do": "offer", "cover-volunteer": text, "cover-note": text}),
        (reverse("admin:take-off", args=[visit, session.day, gone.volunteer_id]), {"do": "take-off", "session": text}),
        (drop_out, {"do": "put", "cover-volunteer": text, "session": text}),
        (reverse("admin:tell"), {"cover": f"{text}:assigned", "session": f"{text}:moved"}),
        (reverse("admin:bulk-confirm"), {"do": "go", "row": text, "agreed_on": text, "agreed_with": text}),
        (reverse("admin:bulk-reassign"), {"do": "go", "row": text, "to": text}),
        (reverse("admin:bulk-chase"), {"do": "go", "row": text}),
        (reverse("admin:school-detail", args=[school]), {"do": "feeds", "other": text}),
        (reverse("admin:log-talk", args=[school]), {"do": "talk", "talk-day": text, "talk-who": text, "talk-note": text}),
        (reverse("admin:call", args=[school]), {"do": "later", "who": text, "note": text, "days": text, "seen": text}),
        (reverse("admin:call", args=[school]), {"do": "wants", "month": text or "January"}),
        (reverse("admin:call", args=[school]), {"do": "undo", "batch": text}),
        (reverse("admin:session-edit", args=[session.pk]), {"do": "store", "language": text, f"n{school}_3": text}),
    ]
    areas = reverse("admin:schools_volunteer_change", args=[factories.able_volunteer(area).pk])
    posts.append((areas, {"name": "Asha Patel", "areas": text}))
    posts.append((reverse("admin:schools_contactlog_add"), {"school": text, "visit": text, "day": "24/11/2026"}))
    posts.append((reverse("admin:schools_away_add"), {"volunteer": text}))
    for address, data in posts:
        answer = office.post(address, data)
        assert answer.status_code in {200, 302, 404}, (address, data)
    assert [gone] == list(models.Cover.objects.all())
    assert not models.ContactLog.objects.exists()


@pytest.mark.slow
@pytest.mark.parametrize("turn", turns(NONSENSE))
@pytest.mark.exhaustive
def test_a_list_filtered_by_nonsense_is_answered(client: Client, area: models.Area, turn: int) -> None:
    factories.SessionFactory(visit__school=factories.SchoolFactory(area=area))
    client.force_login(factories.manager())
    place = turn
    for model, of_table in admin.site._registry.items():
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        named = [one for one in of_table.list_filter if isinstance(one, str)]
        days = [f"{of_table.date_hierarchy}__year"] if of_table.date_hierarchy else []
        for parameter in ["q", "p", "o", *named, *(f"{one}__in" for one in named), *days]:
            place += 1
            answer = client.get(address, {parameter: (text := NONSENSE[place % len(NONSENSE)])})
            assert answer.status_code in {200, 302}, (address, parameter, text)


def test_an_address_that_asks_for_the_number_behind_each_filter_gets_the_list_without(client: Client, area: models.Area) -> None:
    """Each number would cost a statement over all rows of the list."""
    factories.SessionFactory(visit__school=factories.SchoolFactory(area=area))
    client.force_login(factories.manager())
    page = client.get(reverse("admin:schools_session_changelist"), {"_facets": "1"})
    assert page.status_code == 200
    assert "(1)" not in page.content.decode()


@pytest.mark.parametrize("day", ["0001-01-01", "1979-12-31", "2100-01-01", "9999-12-31"])
def test_a_day_that_is_a_slip_of_the_finger_is_asked_for_again(managers_office: Client, area: models.Area, day: str) -> None:
    school, coordinator = factories.SchoolFactory(area=area), factories.coordinator_of(area)
    first = factories.SessionFactory(visit__school=school)
    last = factories.SessionFactory(visit=first.visit, day=date(2026, 12, 3))
    template = models.VisitTemplate.objects.create(name="A week apart")
    models.VisitTemplateLine.objects.create(template=template, type=first.type, days_later=7)
    hand_over = {"area": area.pk, "leaving": coordinator.pk, "to": factories.manager().pk, "from_day": day}
    answers = [
        managers_office.post(f"/admin/visit/{first.visit_id}/move/", {"do": "look", "sessions": [first.pk, last.pk], "day": day}),
        managers_office.post(reverse("admin:bulk-hand-over"), {"do": "go", **hand_over}),
        managers_office.get(f"{reverse('admin:book-at', args=[school.pk])}?template={template.pk}&first_day={day}"),
    ]
    for answer in answers:
        assert f"{day} is not between 1980 and 2099. Look the year up." in answer.content.decode()


def test_days_that_are_a_slip_of_the_finger_are_moved_nowhere(office: Client, area: models.Area) -> None:
    address = reverse("admin:book-at", args=[factories.SchoolFactory(area=area).pk])
    rows = {"sessions-TOTAL_FORMS": "3", "sessions-INITIAL_FORMS": "0", "do": "fill:2027-12-01"}
    days = {"sessions-0-day": "0001-01-01", "sessions-1-day": "9999-12-31", "sessions-2-day": "2026-12-01"}
    moved = office.post(address, {**rows, **days, "sessions-2-until_day": "9999-12-31"})
    [*_, last] = moved.context["booking"].sessions.forms
    assert (last["day"].value(), last["until_day"].value()) == ("2027-12-01", "9999-12-31")


@pytest.mark.parametrize(
    ("name", "do"), [("visit-day", "assign"), ("day-outcome", ""), ("drop-out", "put"), ("take-off", "take-off")]
)
def test_a_day_of_a_visit_whose_number_no_row_can_have_is_none(name: str, do: str, office: Client, area: models.Area) -> None:
    session = factories.SessionFactory(visit__school=factories.SchoolFactory(area=area))
    volunteer = [session.pk] if name in {"drop-out", "take-off"} else []
    address = reverse(f"admin:{name}", args=[10**25, session.day, *volunteer])
    assert [office.get(address).status_code, office.post(address, {"do": do}).status_code] == [404, 404]


@pytest.mark.parametrize("text", ["one", "9" * 30, "%00", "1.5", "²"])
def test_an_earlier_state_that_is_no_number_is_not_there(text: str, office: Client, area: models.Area) -> None:
    visit = factories.VisitFactory(school=factories.SchoolFactory(area=area))
    assert office.get(f"/admin/schools/visit/{visit.pk}/history/{text}/").status_code == 404


def test_a_group_whose_code_no_register_can_hold_is_not_there_and_no_database_is_asked(office: Client, area: models.Area) -> None:
    factories.SchoolFactory(area=area)
    with CaptureQueriesContext(connection) as asked:
        assert office.get(reverse("admin:school-group", args=["england", "trust", "one\x00"])).status_code == 404
    assert not [query for query in asked if "trust_code" in query["sql"].partition(" WHERE ")[2]]
