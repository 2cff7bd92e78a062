"""Two people, or two tabs, book the same visit: the second sees what the first did, and keeps what was typed."""

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from schools import models
from schools.office.bookings.views import booking as views
from schools.visits.actions.conversations import request_visit
from schools.visits.actions.undoable import held
from tests import factories
from tests.browsing import hidden, saved
from tests.office.test_booking import a_form, ks1, ks2, post
from tests.office.test_booking_starts import converted

ASK = "Look at what is stored now, and store yours if it is right."


@pytest.fixture
def school(area: models.Area) -> models.School:
    return factories.SchoolFactory(area=area, name="Ashfield Primary School", postcode="CA1 1AB", pupils=210)


@pytest.mark.parametrize("do", ["check", "book"])
def test_of_two_who_book_the_same_request_the_second_sees_the_visit_and_keeps_what_was_typed(
    do: str, office: Client, school: models.School, area: models.Area
) -> None:
    asked = factories.VisitFactory(school=school, reference="VASKED2", stage="requested", requested_on=date(2026, 11, 20))
    data = a_form(
        office, school, ks2(room="Library", expected_3="28"), parking="Behind the church", arrival_notes="Ring the bell"
    )
    assert data["reference"] == asked.reference
    colleague = Client()
    colleague.force_login(factories.coordinator_of(area, name="Ben Hall"))
    assert post(colleague, school, a_form(colleague, school, ks1()), "book").status_code == 302

    answer = post(office, school, data, do)
    body = " ".join(answer.content.decode().split())
    assert f"Ben Hall booked visit {asked.reference} on Tue 24 November 2026 at 8:50 am, after you had opened this form." in body
    assert f'<a href="/admin/visit/{asked.pk}/">Visit {asked.reference}</a>, planned' in body
    assert "KS1 assembly, Thu 3 December 2026, 9:15–9:35 am, Hall" in body
    assert models.Session.objects.get().visit == asked
    typed = answer.context["booking"]
    assert (typed.sessions.forms[0]["room"].value(), typed.sessions.forms[0]["expected_3"].value()) == ("Library", "28")
    for words in ("2026-12-10", "10:00", "Library", "Behind the church", "Ring the bell"):
        assert words in body, words

    data["reference"] = typed.visit["reference"].value()
    assert data["reference"] != asked.reference
    look = post(office, school, data, "check").content.decode()
    assert f"{school} has a visit booked already: {asked.reference}." in look
    assert post(office, school, data | {"seen": asked.reference}, "book").status_code == 302
    own = models.Visit.objects.get(reference=data["reference"])
    assert (own.parking, own.sessions.get().room) == ("Behind the church", "Library")
    assert models.Session.objects.count() == 2


@pytest.mark.parametrize(
    ("boxes", "typed"),
    [
        ({"parking": "Behind the church"}, {}),
        ({}, {"room": "Library"}),
        ({}, {"expected_1": "12"}),
        ({}, {"ends": "09:40"}),
    ],
)
def test_in_two_tabs_nothing_that_is_different_in_the_second_is_dropped_unseen(
    boxes: dict[str, str], typed: dict[str, str], office: Client, school: models.School
) -> None:
    factories.VisitFactory(school=school, reference="VASKED2", stage="requested")
    data = a_form(office, school, ks1())
    assert post(office, school, data, "book").status_code == 302
    second = data | boxes | {f"sessions-0-{name}": value for name, value in typed.items()}
    body = post(office, school, second, "book").content.decode()
    assert "Cora Nwosu booked visit VASKED2" in body
    assert models.Session.objects.count() == 1


def test_who_adds_what_a_colleague_has_just_added_sees_no_bar_of_something_else(
    office: Client, school: models.School, area: models.Area
) -> None:
    visit = factories.SessionFactory(visit__school=school).visit
    colleague = Client()
    colleague.force_login(factories.coordinator_of(area, name="Ben Hall"))

    def adds(client: Client, day: str) -> Any:
        data = a_form(client, school, ks2(day=day))
        return client.post(f"/admin/visit/{visit.pk}/add/", data | {"do": "book"}, follow=True)

    assert "Undo this" in adds(office, "2026-12-10").content.decode()
    assert "Undo this" in adds(office, "2026-12-10").content.decode(), "they have pressed twice"
    assert "Undo this" in adds(colleague, "2026-12-17").content.decode()
    second = adds(office, "2026-12-17").content.decode()
    assert "nothing was added twice" in second
    assert "Undo this" not in second
    assert visit.sessions.count() == 3


def test_a_request_that_was_declined_meanwhile_is_not_booked_over(office: Client, school: models.School) -> None:
    asked = factories.VisitFactory(school=school, reference="VASKED2", stage="requested")
    data = a_form(office, school, ks1())
    asked.stage, asked.declined_on = "declined", date(2026, 11, 24)
    asked.save()
    body = post(office, school, data, "book").content.decode()
    assert f"Somebody declined visit {asked.reference} on Tue 24 November 2026" in body
    assert not models.Session.objects.exists()


def test_a_form_that_is_sent_again_once_its_visit_was_cancelled_says_so_and_books_a_new_one(
    office: Client, school: models.School, coordinator: models.User
) -> None:
    data = a_form(office, school, ks1())
    assert post(office, school, data, "book").status_code == 302
    visit = models.Visit.objects.get()
    office.post(f"/admin/visit/{visit.pk}/", {"do": "cancel", "cancel-code": "school", "cancel-note": ""})

    for do in ("check", "book"):
        answer = post(office, school, data, do)
        assert f"{coordinator} cancelled visit {visit.reference} on Tue 24 November 2026" in answer.content.decode()
    data["reference"] = answer.context["booking"].visit["reference"].value()
    assert post(office, school, data, "book").status_code == 302
    assert models.Visit.objects.exclude(pk=visit.pk).get().stage == "planned"


def test_of_two_who_make_good_the_same_visit_the_second_sees_the_new_one_and_keeps_what_was_typed(
    office: Client, school: models.School, area: models.Area
) -> None:
    lost = factories.VisitFactory(school=school, reference="VGONE22", stage="cancelled", cancelled_code="weather")
    data = a_form(office, school, ks2(room="Library"), replaces=lost.pk)
    colleague = Client()
    colleague.force_login(factories.coordinator_of(area, name="Ben Hall"))
    assert post(colleague, school, a_form(colleague, school, ks1(), replaces=lost.pk), "book").status_code == 302
    good = models.Visit.objects.get(replaces=lost)

    answer = post(office, school, data, "book")
    body = " ".join(answer.content.decode().split())
    assert f"Visit VGONE22 was booked again already. Ben Hall booked visit {good.reference} on " in body
    assert f'<a href="/admin/visit/{good.pk}/">Visit {good.reference}</a>' in body
    assert 'value="Library"' in body
    assert list(models.Session.objects.values_list("visit", flat=True)) == [good.pk]
    boxes = answer.context["booking"].visit
    data |= {"replaces": boxes["replaces"].value(), "reference": boxes["reference"].value(), "seen": good.reference}
    assert post(office, school, data, "book").status_code == 302
    own = models.Visit.objects.get(reference=data["reference"])
    assert (own.replaces, own.sessions.get().room) == (None, "Library")


@pytest.mark.parametrize("around", ["x{}", "{}x"])
def test_nothing_but_a_reference_is_taken_for_one(around: str, office: Client, school: models.School) -> None:
    data = a_form(office, school, ks1())
    answer = post(office, school, data | {"reference": around.format(data["reference"])}, "book")
    assert "reference" in answer.context["booking"].visit.errors
    assert not models.Visit.objects.exists()


def test_the_form_that_is_shown_to_the_second_can_be_sent_as_it_is(office: Client, school: models.School) -> None:
    factories.VisitFactory(school=school, reference="VASKED2", stage="requested", requested_on=date(2026, 11, 20))
    data = a_form(office, school, ks2(), parking="Behind the church", arrival_notes="Ring the bell") | {"replaces": ""}
    colleague = Client()
    colleague.force_login(factories.manager())
    assert post(colleague, school, a_form(colleague, school, ks1()), "book").status_code == 302
    typed = post(office, school, data, "book").context["booking"].visit
    assert {name: typed[name].value() for name in ("parking", "arrival_notes", "replaces")} == {
        "parking": "Behind the church", "arrival_notes": "Ring the bell", "replaces": "",
    }  # fmt: skip
    data["reference"] = typed["reference"].value()
    look = post(office, school, data, "check")
    assert "Select a valid choice" not in look.content.decode()


def test_booking_what_a_school_asked_for_keeps_what_is_known_of_the_visit(office: Client, school: models.School) -> None:
    lead, pat = (models.Contact.objects.create(school=school, name=name, role="Safeguarding lead") for name in ("Lee", "Pat"))
    known = {"safeguarding_contact": lead, "arrival_notes": "Ring at the blue gate.", "parking": "Behind the hall"}
    asked = factories.VisitFactory(school=school, stage="requested", reference="VABD234", **known)
    earlier = factories.VisitFactory(school=school, safeguarding_contact=pat, arrival_notes="", parking="In the street")
    for query in ("", f"?copy={earlier.pk}"):
        initial = office.get(f"/admin/book/{school.pk}/{query}").context["booking"].visit.initial
        stands = {"safeguarding_contact": lead.pk, "arrival_notes": known["arrival_notes"], "parking": known["parking"]}
        assert {name: initial[name] for name in stands} == stands
        assert initial["reference"] == asked.reference
    models.Visit.objects.filter(pk=asked.pk).update(parking="")
    copied = office.get(f"/admin/book/{school.pk}/?copy={earlier.pk}").context["booking"].visit
    assert copied.initial["parking"] == "In the street"


def test_what_a_colleague_stored_of_a_request_is_overwritten_by_no_booking_that_did_not_show_it(
    office: Client, school: models.School, area: models.Area
) -> None:
    lead = models.Contact.objects.create(school=school, name="Lee Lead", role="Teacher")
    asked = factories.VisitFactory(school=school, reference="VASKED2", stage="requested", parking="In the yard")
    data = a_form(office, school, ks1(), parking="On the road")
    colleague = Client()
    colleague.force_login(factories.coordinator_of(area, name="Ben Hall"))
    typed = {"safeguarding_contact": lead.pk, "arrival_notes": "Side gate", "parking": "In the yard"}
    assert saved(colleague, f"/admin/visit/{asked.pk}/edit/", typed).status_code == 302

    look = post(office, school, data, "more")
    body = look.content.decode()
    assert "is stored now" not in body
    data["visit-seen"] = look.context["booking"].visit.seen
    for do in ("check", "book"):
        answer = post(office, school, data, do)
        assert list(answer.context["booking"].visit.non_field_errors()) == [
            f"Ben Hall changed this on Tue 24 November 2026 at 8:50 am, after you had opened it. {ASK}",
            "Safeguarding contact: Lee Lead (Teacher) is stored now.",
            "Arrival notes: Side gate is stored now.",
            "Parking: In the yard is stored now.",
        ]
        assert 'value="On the road"' in answer.content.decode()
        asked.refresh_from_db()
        assert (asked.stage, asked.safeguarding_contact, asked.arrival_notes) == ("requested", lead, "Side gate")

    data |= {"visit-seen": hidden(answer.content.decode())["visit-seen"][0], "safeguarding_contact": lead.pk}
    assert post(office, school, data, "book").status_code == 302
    asked.refresh_from_db()
    assert (asked.stage, asked.safeguarding_contact, asked.parking) == ("planned", lead, "On the road")
    assert asked.arrival_notes == "", "once it was shown, what was typed counts"


def test_whom_the_form_chose_by_itself_does_not_replace_whom_a_colleague_stored_since(
    office: Client, school: models.School
) -> None:
    pat = models.Contact.objects.create(school=school, name="Pat Head")
    asked = factories.VisitFactory(school=school, reference="VASKED2", stage="requested")
    initial = office.get(f"/admin/book/{school.pk}/").context["booking"].visit.initial
    data = a_form(office, school, ks1(), contact=initial["contact"])
    assert data["contact"] == pat.pk
    asked.contact = models.Contact.objects.create(school=school, name="Sam Deputy")
    asked.save()
    assert "Whom to ask for: Sam Deputy is stored now." in post(office, school, data, "book").content.decode()
    assert post(office, school, data | {"contact": asked.contact.pk}, "book").status_code == 302
    asked.refresh_from_db()
    assert asked.contact.name == "Sam Deputy"


def test_what_a_colleague_stores_of_a_request_while_the_booking_is_sent_is_not_overwritten_either(
    office: Client, school: models.School, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = factories.VisitFactory(school=school, reference="VASKED2", stage="requested")
    data = a_form(office, school, ks1())

    def is_late(*given: Any, **named: Any) -> Any:
        models.Visit.objects.filter(pk=asked.pk).update(parking="In the yard")
        return held(*given, **named)

    monkeypatch.setattr(views, "held", is_late)
    answer = post(office, school, data, "book")
    assert "Parking: In the yard is stored now." in answer.content.decode()
    assert not models.Session.objects.exists()
    data["visit-seen"] = hidden(answer.content.decode())["visit-seen"][0]
    assert post(office, school, data, "book").status_code == 302


def test_whoever_is_at_both_numbers_of_a_school_stays_the_contact_of_what_it_asked_for_under_the_old_one(
    office: Client, school: models.School, area: models.Area
) -> None:
    lead = models.Contact.objects.create(school=school, name="Lee Lead", role="Teacher")
    asked = factories.VisitFactory(school=school, reference="VASKED2", stage="requested", safeguarding_contact=lead)
    now = converted(school, area)
    lead.also_at.add(now)
    for name in ("Pat Head", "Sam Clerk"):
        models.Contact.objects.create(school=now, name=name)
    initial = office.get(f"/admin/book/{now.pk}/").context["booking"].visit.initial
    assert (initial["reference"], initial["safeguarding_contact"]) == (asked.reference, lead.pk)


@pytest.mark.parametrize("do", ["check", "book"])
def test_a_request_that_came_after_the_form_was_opened_is_taken_up_once_it_was_seen(
    do: str, office: Client, school: models.School, coordinator: models.User
) -> None:
    pat, _ = (models.Contact.objects.create(school=school, name=name) for name in ("Pat Head", "Sam Clerk"))
    data = a_form(office, school, ks2(room="Library"), parking="Behind the church")
    asked = request_visit(school, preferred_month=None, by=None, now=timezone.now(), contact=pat)

    answer = post(office, school, data, do)
    body = " ".join(answer.content.decode().split())
    assert f"{school} asked for a visit on Tue 24 November 2026, {asked.reference}, which did not wait yet when you" in body
    assert f'<a href="/admin/visit/{asked.pk}/">Visit {asked.reference}</a>, requested' in body
    assert "to be booked as this visit." in body
    assert "Whom to ask for: Pat Head is stored now." in body
    assert "Parking: nothing is stored now." in body
    assert "Behind the church" in body
    assert 'value="Library"' in body
    assert not models.Session.objects.exists()

    sent = hidden(answer.content.decode())
    data |= {name: sent[name][0] for name in ("reference", "visit-seen")} | {"contact": pat.pk}
    assert post(office, school, data, "book").status_code == 302
    visit = models.Visit.objects.get()
    assert (visit, visit.stage, visit.contact, visit.parking) == (asked, "planned", pat, "Behind the church")
    assert visit.sessions.get().room == "Library"


def test_a_request_that_comes_while_the_booking_is_sent_does_not_wait_beside_it(
    office: Client, school: models.School, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = a_form(office, school, ks1())

    def is_late(*given: Any, **named: Any) -> Any:
        if not models.Visit.objects.exists():
            request_visit(school, preferred_month=None, by=None, now=timezone.now())
        return held(*given, **named)

    monkeypatch.setattr(views, "held", is_late)
    answer = post(office, school, data, "book")
    assert "which did not wait yet when you opened this form" in " ".join(answer.content.decode().split())
    sent = hidden(answer.content.decode())
    data |= {name: sent[name][0] for name in ("reference", "visit-seen")}
    assert post(office, school, data, "book").status_code == 302
    assert models.Visit.objects.get().stage == "planned"
