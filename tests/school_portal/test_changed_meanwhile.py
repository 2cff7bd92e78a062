"""What somebody at a school had open while the office, a register or a colleague changed it: nothing is lost, or wins late."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from schools import models
from schools.messages.actions import deliver_due
from schools.reach.queries.doubts import sessions_in_doubt
from schools.visits.actions.booked import know_person_to_undo
from schools.visits.actions.undoing import undo
from tests.factories import SchoolFactory, manager
from tests.school_portal.asking import NOW, a_school, asks, open_the_door
from tests.school_portal.taking import office_of, press
from tests.school_portal.visits import AFTER, BEFORE, DAY, a_visit, boxes_of, path_of, sent, took_place
from tests.visits.hosts import names

pytestmark = pytest.mark.django_db


def in_doubt() -> int:
    return sessions_in_doubt(models.Session.objects.all(), on=DAY).count()


def counted(session: models.Session) -> list[tuple[str, str]]:
    rows = models.SchoolAnswer.objects.filter(item="counted", session=session).order_by("pk")
    return list(rows.values_list("words", "state"))


def test_a_schools_own_number_that_the_office_has_read_stays_its_word_until_the_school_says_another() -> None:
    with time_machine.travel(BEFORE, tick=False) as clock:
        visit = a_visit()
        took_place(visit, pupils=40)
        clock.move_to(AFTER)
        path = path_of(visit)
        assembly, workshop = visit.sessions.order_by("starts")
        box = f"counted-{assembly.pk}-5"
        assert sent(path, do="numbers", **{box: "12"}).status_code == 302
        assert press(office_of(visit), visit, "take", models.SchoolAnswer.objects.get(item="counted", state="open")) == 302
        clock.shift(timedelta(hours=1))
        assert boxes_of(Client().get(path), "numbers")[box] == "12"
        assert sent(path, do="numbers", by="A colleague", **{f"counted-{workshop.pk}-5": "39"}).status_code == 302
        assert counted(assembly) == [("12", "taken")], "nobody touched that box"
        assert in_doubt() == 1
        clock.shift(timedelta(hours=1))
        assert sent(path, do="numbers", **{box: "40"}).status_code == 302
        assert counted(assembly) == [("12", "taken"), ("40", "taken")], "they say what we have: nobody has to look"
        assert in_doubt() == 0


@pytest.mark.parametrize(("do", "name"), [("prepare", "expected"), ("numbers", "counted")])
def test_what_was_typed_into_a_box_that_is_gone_is_shown_and_said_to_be_not_kept(do: str, name: str) -> None:
    with time_machine.travel(BEFORE, tick=False) as clock:
        visit = a_visit()
        if do == "numbers":
            took_place(visit, pupils=30)
            clock.move_to(AFTER)
        path, session = path_of(visit), visit.sessions.order_by("starts")[0]
        boxes = boxes_of(Client().get(path), do)
        session.headcounts.update(year_group=6)
        answer = Client().post(path, {**boxes, "given_by": "Jo Bloggs", f"{name}-{session.pk}-5": "17"})
        text = answer.content.decode()
        assert "“17” is not kept. This has changed since you opened the page." in text
        assert "Thank you. We have it" not in text
        assert not models.SchoolAnswer.objects.exists()
        again = boxes_of(answer, do)
        assert Client().post(path, {**again, f"{name}-{session.pk}-6": "17"}).status_code == 302
        assert models.SchoolAnswer.objects.filter(item=name, session=session, year_group=6, words="17").exists()


@pytest.mark.parametrize("is_taken", [False, True])
def test_who_agrees_after_a_colleague_reads_that_it_is_not_kept_and_who_presses_twice_does_not(is_taken: bool) -> None:
    with time_machine.travel(BEFORE, tick=False):
        visit = a_visit()
        path = path_of(visit)
        boxes = {**boxes_of(Client().get(path)), "given_by": "Jo Bloggs", "agrees": "on", "role": "head"}
        assert Client().post(path, boxes).status_code == 302
        if is_taken:
            assert press(office_of(visit), visit, "take", models.SchoolAnswer.objects.get(item="agreement")) == 302
        assert Client().post(path, boxes).status_code == 302, "pressed twice"
        answer = Client().post(path, {**boxes, "given_by": "Sam", "role": "bursar", "parking": "At the back."})
        text = answer.content.decode()
        assert "Agreement of the year: “bursar” is not kept. This has changed since you opened the page." in text
        assert "At the back." in text
        assert models.SchoolAnswer.objects.get().words == "head"
        assert Client().post(path, boxes_of(answer)).status_code == 302
        assert models.SchoolAnswer.objects.get(item="parking").words == "At the back."


ANOTHER_YEAR = "School year: it is “2027/28” by now."


def test_nobody_agrees_for_a_school_year_that_their_page_did_not_name() -> None:
    with time_machine.travel(BEFORE, tick=False):
        visit = a_visit()
        path = path_of(visit)
        boxes = {**boxes_of(Client().get(path)), "agrees": "on", "role": "head", "given_by": ""}
        visit.sessions.update(day=date(2027, 10, 5))
        assert ANOTHER_YEAR in Client().post(path, boxes).content.decode(), "also where a name is missing"
        answer = Client().post(path, {**boxes, "given_by": "Jo Bloggs"})
        assert ANOTHER_YEAR in answer.content.decode()
        assert not models.SchoolAnswer.objects.exists()
        read = {**boxes_of(answer), "agrees": "on", "given_by": "Jo Bloggs"}
        assert Client().post(path, read).status_code == 302
        assert models.SchoolAnswer.objects.get().item == "agreement"


def test_who_says_anything_else_of_a_visit_that_was_moved_to_another_school_year_is_not_refused() -> None:
    with time_machine.travel(BEFORE, tick=False):
        visit = a_visit()
        path = path_of(visit)
        boxes = boxes_of(Client().get(path))
        visit.sessions.update(day=date(2027, 10, 5))
        assert Client().post(path, {**boxes, "parking": "At the back.", "given_by": "Jo Bloggs"}).status_code == 302


def test_no_roll_is_kept_for_a_school_year_that_its_page_did_not_name() -> None:
    with time_machine.travel(BEFORE, tick=False):
        visit = a_visit()
        for year, group, pupils in ((2026, 4, 25), (2026, 5, 28), (2027, 4, 26), (2027, 5, 30)):
            facts = {"academic_year": year, "year_group": group, "pupils": pupils, "source": "register"}
            models.Roll.objects.create(school=visit.school, **facts)
        path = f"{path_of(visit)}roll/"

        def boxes(answer: Any) -> dict[str, str]:
            form = answer.context["form"]
            return {**{box.html_name: str(box.value() or "") for box in form}, **dict(form.shown), "given_by": "Jo Bloggs"}

        typed = {**boxes(Client().get(path)), "roll-5": "31"}
        visit.sessions.update(day=date(2027, 10, 5))
        answer = Client().post(path, typed)
        assert ANOTHER_YEAR in answer.content.decode()
        assert not models.SchoolAnswer.objects.exists()
        again = boxes(answer)
        assert (again["roll-4"], again["roll-5"]) == ("26", "31"), "nobody touched the first"
        assert Client().post(path, again).status_code == 302
        assert list(models.SchoolAnswer.objects.values_list("year_group", "words")) == [(5, "31")]


def test_a_box_that_is_gone_and_that_nobody_touched_is_in_nobodys_way() -> None:
    with time_machine.travel(BEFORE, tick=False):
        visit = a_visit()
        path = path_of(visit)
        boxes = boxes_of(Client().get(path))
        visit.sessions.order_by("starts")[0].headcounts.update(year_group=6)
        assert Client().post(path, {**boxes, "given_by": "Jo Bloggs", "parking": "At the back."}).status_code == 302


@pytest.mark.parametrize("has_successor", [True, False])
def test_what_was_typed_for_a_school_that_closed_meanwhile_is_sent_once_more_for_the_right_one(has_successor: bool) -> None:
    open_the_door()
    with time_machine.travel(NOW, tick=False):
        school = a_school()
        if has_successor:
            new = SchoolFactory(name="Fern Academy", authority=school.authority, postcode="CA3 8AA")
            models.School.objects.filter(pk__in=[school.pk, new.pk]).update(chain=school.pk)
        models.School.objects.filter(pk=school.pk).update(status="closed", closed=date(2026, 11, 1))
        answer = asks(school, note="The hall is wet.")
        text = answer.content.decode()
        assert (answer.status_code, "The hall is wet." in text) == (409, True)
        assert ("That school is Fern Academy by now." in text) is has_successor
        assert not models.VisitRequest.objects.exists()
        boxes = dict(answer.context["form"].data.lists()) | {"school_name": "Fern Primary", "postcode": "CA3 8AA"}
        action = re.search(r'<form method="post"\s+action="([^"]+)"\s+novalidate', text)
        assert action
        assert Client().post(action[1], boxes).status_code == 302
        request = models.VisitRequest.objects.get()
        assert (request.note, request.school_id) == ("The hall is wet.", new.pk if has_successor else None)


def named(visit: models.Visit) -> str:
    """Name somebody else for the host; return the path of the link by which they confirm it."""
    path = f"{path_of(visit)}contact/"
    Client().post(path, {"name": "New Head", "role": "", "email": "new@fern.example.org", "given_by": "Jo Bloggs"})
    deliver_due(clock=timezone.now)
    link = re.search(r"/school/contact/\S+", "\n".join(str(each.body) for each in mail.outbox))
    assert link
    return link[0]


@pytest.mark.parametrize("email", ["cara@fern.example.org", "new@fern.example.org"])
def test_whom_the_office_named_since_stays_whoever_presses_the_link_of_an_earlier_naming(email: str) -> None:
    with time_machine.travel(BEFORE, tick=False) as clock:
        visit = a_visit()
        link = named(visit)
        clock.shift(timedelta(hours=3))
        cara = models.Contact.objects.create(school=visit.school, name="Cara Office", email=email)
        assert visit.coordinator
        names(visit, cara, visit.coordinator, timezone.now())
        clock.shift(timedelta(hours=3))
        answer = Client().post(link)
        visit.refresh_from_db()
        assert visit.contact == cara
        is_theirs = email == "new@fern.example.org"
        assert answer.status_code == (302 if is_theirs else 409)
        assert ("somebody else is written to" in answer.content.decode()) is not is_theirs


@pytest.mark.parametrize("email", ["asks@fern.example.org", "new@fern.example.org"])
def test_who_asked_and_was_put_in_place_since_stays_until_that_is_undone(email: str) -> None:
    with time_machine.travel(BEFORE, tick=False):
        visit = a_visit()
        link = named(visit)
        models.Visit.objects.update(contact=None)
        of_visit = {"school": visit.school, "visit": visit, "state": "waits", "asked_at": BEFORE, "confirmed_at": BEFORE}
        request = models.VisitRequest.objects.create(name="Ann Asks", role="head", email=email, **of_visit)
        by, is_theirs = manager(), email == "new@fern.example.org"
        batch = know_person_to_undo(request, by=by, now=BEFORE)
        assert Client().post(link).status_code == (302 if is_theirs else 409)
        visit.refresh_from_db()
        assert visit.contact
        assert visit.contact.email == email
        if not is_theirs:
            assert undo(batch, by=by, now=BEFORE).left_alone == []
            assert Client().post(link).status_code == 302
            visit.refresh_from_db()
            assert str(visit.contact) == "New Head"


def test_undone_after_the_office_named_somebody_else_it_lets_nobody_confirm_an_earlier_naming() -> None:
    with time_machine.travel(BEFORE, tick=False):
        visit = a_visit()
        link = named(visit)
        models.Visit.objects.update(contact=None)
        of_visit = {"school": visit.school, "visit": visit, "state": "waits", "asked_at": BEFORE, "confirmed_at": BEFORE}
        request = models.VisitRequest.objects.create(name="Ann Asks", role="head", email="asks@fern.example.org", **of_visit)
        by, cara = manager(), models.Contact.objects.create(school=visit.school, name="Cara Office", email="c@fern.example.org")
        batch = know_person_to_undo(request, by=by, now=BEFORE)
        names(visit, cara, by, timezone.now())
        assert len(undo(batch, by=by, now=BEFORE).left_alone) == 2, "the visit, and the answer that goes with it"
        assert Client().post(link).status_code == 409
        visit.refresh_from_db()
        assert visit.contact == cara


def test_other_details_that_the_office_changes_leave_whoever_was_named_to_confirm_it() -> None:
    with time_machine.travel(BEFORE, tick=False):
        visit = a_visit()
        link = named(visit)
        assert visit.coordinator
        assert visit.contact
        names(visit, visit.contact, visit.coordinator, timezone.now())
        assert Client().post(link).status_code == 302
        visit.refresh_from_db()
        assert str(visit.contact) == "New Head"


def test_naming_somebody_that_is_refused_uses_up_none_of_the_days_three() -> None:
    with time_machine.travel(BEFORE, tick=False):
        visit = a_visit()
        path = f"{path_of(visit)}contact/"
        typed = {"name": "Pat Head", "role": "head", "email": "office@fern.example.org", "given_by": "Jo Bloggs"}
        assert {Client().post(path, typed).status_code for _ in range(4)} == {409}
        assert Client().post(path, {**typed, "name": "New Head", "email": "new@fern.example.org"}).status_code == 302
