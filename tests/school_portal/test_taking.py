"""In the office: what a school said is on the visit's page and on home, is taken with one click, and can be taken back."""

from datetime import date, timedelta
from functools import partial

import pytest
import time_machine
from django.db.models import BigIntegerField
from django.test import Client
from django.urls import reverse

from schools import models
from schools.core.batched_queries import Given
from schools.core.prepared import Prepared
from schools.directory.accesses import access_of
from schools.directory.models import AccessPurpose
from schools.visits.queries.school_answers import answers_of
from tests.factories import AreaFactory, HeadcountFactory, SchoolFactory, coordinator_of, manager
from tests.news import drafts
from tests.school_portal.taking import page_of, press, to_press
from tests.school_portal.two_days_before import _two_days_before, office, visit
from tests.school_portal.visits import AFTER, BEFORE, a_guest, a_visit, access_at, boxes_of, path_of, sent, took_place

__all__ = ["_two_days_before", "office", "visit"]

pytestmark = pytest.mark.django_db


def everything_said(visit: models.Visit) -> None:
    workshop = visit.sessions.get(type__slug="workshop-5-6")
    typed = {
        f"expected_{workshop.pk}_5": "27", f"room_{workshop.pk}": "Library", "parking": "By the gate", "arrival": "Ring twice",
        "lead": "Lee Safe", "lead_phone": "01228 606061", "note": "Wet hall", "agrees": "on", "role": "head teacher",
    }  # fmt: skip
    assert sent(path_of(visit), **typed).status_code == 302


def state_of(visit: models.Visit) -> tuple[object, ...]:
    visit = models.Visit.objects.select_related("safeguarding_contact").get(pk=visit.pk)
    workshop = visit.sessions.get(type__slug="workshop-5-6")
    lead = visit.safeguarding_contact
    return (
        models.Headcount.objects.get(session=workshop, school=visit.school).expected, workshop.room, visit.parking,
        visit.arrival_notes, (lead.name, str(lead.phone.as_e164)) if lead and lead.phone else lead,
        list(visit.school.agreements.values_list("academic_year", "by_role")),
    )  # fmt: skip


def test_it_is_a_line_on_home_until_it_is_taken_with_one_click(visit: models.Visit, office: Client) -> None:
    before = state_of(visit)
    everything_said(visit)
    assert state_of(visit) == before
    home = office.get(reverse("admin:index")).content.decode()
    assert "school said something about its visit that waits to be taken" in home
    page = page_of(office, visit)
    for words in ("What the school said", "Library", "By the gate", "Jo Bloggs", "Take all of it"):
        assert words in page, words
    assert press(office, visit, "take-all") == 302
    taken = (27, "Library", "By the gate", "Ring twice", ("Lee Safe", "+441228606061"), [(2026, "head teacher")])
    assert state_of(visit) == taken
    assert not models.SchoolAnswer.objects.filter(state="open").exists()
    home = office.get(reverse("admin:index")).content.decode()
    assert "school said something about its visit that waits to be taken" not in home


def test_all_of_it_is_put_back(visit: models.Visit, office: Client) -> None:
    before = state_of(visit)
    everything_said(visit)
    press(office, visit, "take-all")
    assert press(office, visit, "undo-take", *models.SchoolAnswer.objects.all()) == 302
    assert state_of(visit) == before
    assert set(models.SchoolAnswer.objects.values_list("state", flat=True)) == {"open"}
    assert not models.Contact.objects.filter(name="Lee Safe").exists()


def test_a_lead_whom_the_school_empties_is_nobody_until_that_is_put_back(visit: models.Visit, office: Client) -> None:
    lead = models.Contact.objects.create(school=visit.school, name="Lee Safe", phone="+441228606061")
    models.Visit.objects.filter(pk=visit.pk).update(safeguarding_contact=lead)
    assert sent(path_of(visit), lead="", lead_phone="").status_code == 302
    assert press(office, visit, "take-all") == 302, "nor is there a phone without a name"
    assert state_of(visit)[4] is None
    assert not models.Contact.objects.filter(name="").exists()
    assert press(office, visit, "undo-take", *models.SchoolAnswer.objects.all()) == 302
    assert state_of(visit)[4] == ("Lee Safe", "+441228606061")


def test_the_day_on_which_parents_were_told_is_taken_and_put_back_and_is_never_to_come(
    visit: models.Visit, office: Client
) -> None:
    for typed, problem in (("2026-11-25", "it has not come yet"), ("2020-01-01", "too long ago"), ("soon", "such as 2026-11-20")):
        assert problem in sent(path_of(visit), parents=typed).content.decode()
    assert sent(path_of(visit), parents="2026-11-20").status_code == 302
    assert "Fri 20 November 2026" in page_of(office, visit)
    answer = models.SchoolAnswer.objects.get()
    assert press(office, visit, "take", answer) == 302
    visit.refresh_from_db()
    assert visit.parents_told_on == date(2026, 11, 20)
    assert press(office, visit, "undo-take", answer) == 302
    visit.refresh_from_db()
    assert visit.parents_told_on is None


@pytest.mark.parametrize("day", [date(2024, 3, 1), date(2026, 12, 1)], ids=["long ago", "to come"])
def test_a_day_that_the_office_typed_holds_up_nothing_else_that_the_school_sends(
    visit: models.Visit, office: Client, day: date
) -> None:
    models.Visit.objects.filter(pk=visit.pk).update(parents_told_on=day)
    assert sent(path_of(visit), parking="By the gate").status_code == 302
    assert [(answer.item, answer.words) for answer in models.SchoolAnswer.objects.all()] == [("parking", "By the gate")]
    refused = sent(path_of(visit), parents=str(day - timedelta(days=1) if day < BEFORE.date() else day + timedelta(days=1)))
    assert refused.status_code == 200
    assert "On which day you told parents: " in refused.content.decode()


def test_a_day_of_long_ago_that_the_office_has_corrected_since_the_page_was_opened_holds_up_nothing(
    visit: models.Visit, office: Client
) -> None:
    models.Visit.objects.filter(pk=visit.pk).update(parents_told_on=date(2024, 3, 1))
    boxes = boxes_of(Client().get(path_of(visit)))
    models.Visit.objects.filter(pk=visit.pk).update(parents_told_on=date(2026, 11, 20))
    typed = {**boxes, "given_by": "Jo Bloggs", "parking": "By the gate"}
    assert Client().post(path_of(visit), typed).status_code == 302
    assert [(answer.item, answer.words) for answer in models.SchoolAnswer.objects.all()] == [("parking", "By the gate")]


def test_what_was_changed_since_is_not_put_back(visit: models.Visit, office: Client) -> None:
    sent(path_of(visit), parking="By the gate")
    press(office, visit, "take-all")
    models.Visit.objects.filter(pk=visit.pk).update(parking="Behind the church")
    answer = models.SchoolAnswer.objects.get()
    assert press(office, visit, "undo-take", answer) == 200
    answer.refresh_from_db()
    assert answer.state == "taken"
    assert models.Visit.objects.get(pk=visit.pk).parking == "Behind the church"


@pytest.mark.parametrize(
    "corrected", [{"by_role": "chair of governors"}, {"accepted_on": date(2026, 9, 8)}, {"academic_year": 2025}]
)
def test_an_agreement_that_was_corrected_since_is_not_taken_away(
    visit: models.Visit, office: Client, corrected: dict[str, object]
) -> None:
    sent(path_of(visit), agrees="on", role="head teacher")
    answer = models.SchoolAnswer.objects.get()
    press(office, visit, "take", answer)
    models.SchoolAgreement.objects.update(**corrected)
    assert press(office, visit, "undo-take", answer) == 200
    answer.refresh_from_db()
    assert answer.state == "taken"
    assert models.SchoolAgreement.objects.filter(**corrected).exists()


def test_one_answer_is_taken_and_another_left(visit: models.Visit, office: Client) -> None:
    sent(path_of(visit), parking="By the gate", arrival="Ring twice")
    parking, arrival = (models.SchoolAnswer.objects.get(item=item) for item in ("parking", "arrival"))
    assert press(office, visit, "take", parking) == 302
    assert press(office, visit, "leave", arrival) == 302
    visit.refresh_from_db()
    assert (visit.parking, visit.arrival_notes) == ("By the gate", "")
    assert press(office, visit, "take", parking) == 200, "somebody was quicker"
    assert "Ring twice" not in Client().get(path_of(visit)).content.decode()


def test_of_what_a_colleague_has_taken_nobody_reads_that_it_was_left(visit: models.Visit, office: Client) -> None:
    address = reverse("admin:visit-detail", args=[visit.pk])
    sent(path_of(visit), parking="By the gate", arrival="Ring twice")
    parking, arrival = (models.SchoolAnswer.objects.get(item=item) for item in ("parking", "arrival"))
    assert press(office, visit, "take", parking) == 302
    late = office.post(address, {"do": "leave", "answer": to_press(parking)})
    assert late.status_code == 200
    assert "Nothing of this waits any more. Look at the visit as it is now." in late.content.decode()
    assert office.post(address, {"do": "leave"}).status_code == 200, "there is nothing to leave"
    assert [press(office, visit, "leave", arrival) for _ in range(2)] == [302, 302], "pressed twice, it was left"
    assert sorted(models.SchoolAnswer.objects.values_list("item", "state")) == [("arrival", "left"), ("parking", "taken")]


@pytest.mark.parametrize("do", ["take", "leave"])
def test_what_the_school_said_anew_is_neither_taken_nor_left_unread(visit: models.Visit, office: Client, do: str) -> None:
    address = reverse("admin:visit-detail", args=[visit.pk])
    sent(path_of(visit), parking="By the gate")
    posted = to_press(models.SchoolAnswer.objects.get())
    with time_machine.travel(BEFORE + timedelta(minutes=20), tick=False):
        sent(path_of(visit), parking="Behind the church", by="Sam")
    for stale in (posted, [str(models.SchoolAnswer.objects.get().pk)]):
        answer = " ".join(office.post(address, {"do": do, "answer": stale}).content.decode().split())
        assert "Fern Primary: Parking: the school has said it anew since you opened the page. Look at it again." in answer
        assert "Behind the church" in answer
    assert (models.SchoolAnswer.objects.get().state, state_of(visit)[2]) == ("open", "")
    assert press(office, visit, do, models.SchoolAnswer.objects.get()) == 302


def test_what_waits_stays_on_the_page_however_much_was_decided_since(
    visit: models.Visit, office: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = partial(answers_of, Given("visit", BigIntegerField()), most=2)
    monkeypatch.setattr("schools.office.bookings.answers.ANSWERS", Prepared(rows))
    sent(path_of(visit), parking="By the gate", arrival="Ring twice")
    facts = {"visit": visit, "school": visit.school, "given_by": "Jo Bloggs", "decided_by": visit.coordinator}
    for number in range(4):
        at = BEFORE + timedelta(minutes=number + 1)
        models.SchoolAnswer.objects.create(item="note", words=f"Note {number}", state="taken", at=at, decided_at=at, **facts)
    page = page_of(office, visit)
    assert [words in page for words in ("By the gate", "Ring twice")] == [True, True]
    assert [f"Note {number}" in page for number in range(4)] == [False, False, True, True]
    assert press(office, visit, "take-all") == 302
    assert not models.SchoolAnswer.objects.filter(state="open").exists()


def test_all_of_it_is_all_that_the_page_showed(visit: models.Visit, office: Client) -> None:
    address = reverse("admin:visit-detail", args=[visit.pk])
    sent(path_of(visit), parking="By the gate", arrival="Ring twice")
    shown = [line.to_post for line in office.get(address).context["all_to_take"]]
    assert all(f'name="answer" value="{each}"' in page_of(office, visit) for each in shown)
    sent(path_of(visit), note="Wet hall")
    assert office.post(address, {"do": "take-all", "answer": shown}).status_code == 302
    assert list(models.SchoolAnswer.objects.filter(state="open").values_list("item", flat=True)) == ["note"]


def test_rules_of_the_office_hold(visit: models.Visit, office: Client) -> None:
    everything_said(visit)
    visit.sessions.update(stage="cancelled", cancelled_code="weather")
    models.Visit.objects.filter(pk=visit.pk).update(stage="cancelled", cancelled_code="weather")
    assert press(office, visit, "take-all") == 200
    assert not models.SchoolAnswer.objects.exclude(state="open").exists()


def test_in_a_closed_period_numbers_stay(visit: models.Visit, office: Client) -> None:
    workshop = visit.sessions.get(type__slug="workshop-5-6")
    sent(path_of(visit), **{f"expected_{workshop.pk}_5": "27"})
    area = models.Area.objects.get()
    models.ClosedPeriod.objects.create(area=area, first_day=workshop.day, last_day=workshop.day)
    assert press(office, visit, "take-all") == 200
    assert state_of(visit)[0] == 30


def test_a_stranger_to_the_area_takes_nothing(visit: models.Visit) -> None:
    sent(path_of(visit), parking="By the gate")
    client = Client()
    client.force_login(coordinator_of(AreaFactory()))
    assert press(client, visit, "take-all") == 404
    assert models.SchoolAnswer.objects.get().state == "open"


def test_a_guests_number_is_taken_for_the_guest(visit: models.Visit, office: Client) -> None:
    guest = a_guest(visit)
    first = visit.sessions.order_by("starts")[0]
    sent(path_of(visit, guest), **{f"expected_{first.pk}_4": "11"})
    press(office, visit, "take-all")
    assert models.Headcount.objects.get(session=first, school=guest).expected == 11


def test_what_is_of_a_guest_school_itself_is_for_who_looks_after_its_area(visit: models.Visit, office: Client) -> None:
    guest, away = a_guest(visit), AreaFactory()
    coordinator_of(away, name="Lena Howe")
    models.School.objects.filter(pk=guest.pk).update(authority=SchoolFactory(area=away).authority)
    first = visit.sessions.order_by("starts")[0]
    sent(path_of(visit, guest), **{f"expected_{first.pk}_4": "11"})
    facts = {"visit": visit, "school": guest, "words": "14", "given_by": "Gus Guest", "at": BEFORE}
    roll = models.SchoolAnswer.objects.create(item="roll", year_group=4, **facts)
    assert "Moss Infants is in another area. Tell Lena Howe, who can write this down" in " ".join(page_of(office, visit).split())
    assert press(office, visit, "take", roll) == 200
    assert press(office, visit, "take-all") == 302
    assert models.Headcount.objects.get(session=first, school=guest).expected == 11, "that is of this visit"
    assert press(office, visit, "take-all") == 200
    roll.refresh_from_db()
    assert (roll.state, models.Roll.objects.count()) == ("open", 0)
    assert press(office, visit, "leave", roll) == 302
    assert press(office, visit, "undo-take", roll) == 302, "nothing was written by leaving it"
    managers = Client()
    managers.force_login(manager())
    assert press(managers, visit, "take", roll) == 302
    assert models.Roll.objects.get().school == guest
    assert press(office, visit, "undo-take", roll) == 200
    assert models.Roll.objects.exists()


def test_each_number_that_the_school_confirms_is_kept_once_and_stands_in_the_office(visit: models.Visit, office: Client) -> None:
    took_place(visit)
    workshop = visit.sessions.get(type__slug="workshop-5-6")
    ours = models.Headcount.objects.filter(session=workshop, school=visit.school, year_group=5)
    with time_machine.travel(AFTER, tick=False) as clock:
        for number in (28, 14, 28, 28):
            ours.update(pupils=number)
            clock.shift(timedelta(minutes=1))
            sent(path_of(visit), do="numbers", **{f"counted_{workshop.pk}_5": str(number)})
        kept = models.SchoolAnswer.objects.filter(item="counted", session=workshop).order_by("pk")
        assert list(kept.values_list("words", "state")) == [("28", "taken"), ("14", "taken"), ("28", "taken")]
        assert "as they confirmed it" in page_of(office, visit)


def test_a_number_of_the_school_never_replaces_ours(visit: models.Visit, office: Client) -> None:
    took_place(visit)
    workshop = visit.sessions.get(type__slug="workshop-5-6")
    with time_machine.travel(AFTER, tick=False):
        sent(path_of(visit), do="numbers", **{f"counted_{workshop.pk}_5": "25"})
        sent(path_of(visit), do="questions", again="yes", comment="Lovely", by="Jo\nhttps://jo.example.org")
        assert models.SchoolAccess.objects.get().last_used_at == AFTER
        assert models.Feedback.objects.get().given_by == "Jo https://jo.example.org", "a line of its own would be a link in mails"
        page = page_of(office, visit)
        assert "25" in page
        assert "Lovely" in page
        assert press(office, visit, "take-all") == 302
    assert models.Headcount.objects.get(session=workshop).pupils == 28


def test_the_lead_and_the_room_stand_on_one_line_and_what_nobody_touched_stays_as_the_office_typed_it(
    visit: models.Visit, office: Client
) -> None:
    first = visit.sessions.order_by("starts")[0]
    visit.sessions.update(room="Hall  2")
    sent(path_of(visit), lead="Sam Lead\nhttps://sam.example.org", **{f"room-{first.pk}": "Library\r\nhttps://sam.example.org"})
    assert dict(models.SchoolAnswer.objects.values_list("item", "words")) == {
        "lead": "Sam Lead https://sam.example.org",
        "room": "Library https://sam.example.org",
    }
    assert press(office, visit, "take-all") == 302
    (pack, *_) = drafts("school-pack", BEFORE)
    assert "we tell Sam Lead https://sam.example.org (safeguarding lead) at once" in pack.body


def test_a_coordinator_ends_the_links_of_somebody_at_the_school(visit: models.Visit, office: Client) -> None:
    path, other = path_of(visit), path_of(a_visit())
    assert "Who at the school has links to its pages" in page_of(office, visit)
    ids = [str(access.pk) for access in models.SchoolAccess.objects.all()]
    assert office.post(reverse("admin:visit-detail", args=[visit.pk]), {"do": "end-links", "answer": ids}).status_code == 302
    assert Client().get(path).status_code == 404
    assert Client().get(other).status_code == 200, "it is of another school"


def test_whom_a_link_named_that_was_ended_confirms_nothing_also_once_its_person_is_deleted(
    visit: models.Visit, office: Client
) -> None:
    path_of(visit)
    access = models.SchoolAccess.objects.get()
    facts = {"visit": visit, "school": visit.school, "item": "contact", "words": "Sam Hill\nhead\nsam@mail.example"}
    named = models.SchoolAnswer.objects.create(given_by="Somebody", access=access, at=BEFORE, **facts)
    office.post(reverse("admin:visit-detail", args=[visit.pk]), {"do": "end-links", "answer": [str(access.pk)]})
    models.Visit.objects.update(contact=None)
    models.Contact.objects.all().delete()
    named.refresh_from_db()
    assert (named.access, named.state) == (None, "left")


def test_who_has_links_stands_there_once_and_all_that_they_have_are_ended_together(visit: models.Visit, office: Client) -> None:
    path, contact = path_of(visit), models.Contact.objects.get(school=visit.school)
    of_visits = models.SchoolAccess.objects.get()
    facts = {"contact": contact, "email": contact.email, "expires": of_visits.expires}
    of_dates = models.SchoolAccess.objects.create(purpose="dates", **facts)
    page = " ".join(page_of(office, visit).split())
    for words in ("Visits to their school, office@fern.example.org: never used",
                  "Dates that were offered to their school, office@fern.example.org: never used"):  # fmt: skip
        assert words in page, words
    assert page.count('value="end-links"') == 1
    assert 'End the links<span class="visually-hidden"> of ' in page
    data = {"do": "end-links", "answer": [str(of_dates.pk)]}
    assert office.post(reverse("admin:visit-detail", args=[visit.pk]), data).status_code == 302
    assert set(models.SchoolAccess.objects.values_list("generation", "revoked_at")) == {(1, BEFORE)}
    assert Client().get(path).status_code == 404


def test_links_of_somebody_at_a_guest_school_of_another_area_are_neither_shown_nor_ended(
    office: Client, visit: models.Visit
) -> None:
    guest = SchoolFactory(area=AreaFactory(), name="Far Primary")
    head = models.Contact.objects.create(school=guest, name="Hilda Far", email="head@far.example.org")
    HeadcountFactory(session=visit.sessions.order_by("starts")[0], school=guest, year_group=4, expected=12)
    of_dates = access_of(head, AccessPurpose.DATES, on=BEFORE.date())
    own = access_at(visit.school)
    text = page_of(office, visit)
    assert ("Pat Head" in text, "Hilda Far" in text) == (True, False)
    for access in (of_dates, own):
        office.post(reverse("admin:visit-detail", args=[visit.pk]), {"do": "end-links", "answer": [str(access.pk)]})
        access.refresh_from_db()
    assert (of_dates.revoked_at, own.revoked_at is not None) == (None, True)
