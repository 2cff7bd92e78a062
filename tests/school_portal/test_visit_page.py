"""The page of one visit for a school: what it shows, what it keeps, and what it says where there is nothing to do."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from schools import models
from schools.delivery.actions.feedback import give_feedback
from schools.directory.accesses import end_links
from schools.school_portal.views import visits as views
from schools.visits.actions import cancel_visit
from schools.visits.actions.school_answers import Giver
from tests import factories
from tests.school_portal.asking import open_the_door
from tests.school_portal.two_days_before import _two_days_before, visit
from tests.school_portal.visits import (
    AFTER,
    BEFORE,
    a_guest,
    a_parents_workshop,
    a_visit,
    access_at,
    boxes_of,
    every_row,
    path_of,
    sent,
    took_place,
)

__all__ = ["_two_days_before", "visit"]

pytestmark = pytest.mark.django_db


def page_of(path: str) -> str:
    answer = Client().get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def said(visit: models.Visit) -> dict[str, tuple[str, str]]:
    return {answer.subject.key: (answer.words, answer.state) for answer in models.SchoolAnswer.objects.filter(visit=visit)}


def test_it_says_when_who_comes_and_whom_to_phone_and_no_family_name(visit: models.Visit) -> None:
    page = page_of(path_of(visit))
    for words in ("26 Nov", "9:00–9:45 am", "Asha", "Ben", "Cora Nwosu", "01228 606060", "07700 900456", "30"):
        assert words in page, words
    assert "Rahman" not in page
    assert "No pupil’s name. Not for a worry about a child: phone 01228 606060." in page


def test_at_which_site_we_are_stands_with_the_day(visit: models.Visit) -> None:
    site = models.Site.objects.create(school=visit.school, name="Lower Site", postcode="CA1 2AB")
    visit.sessions.update(site=site)
    assert "Lower Site, CA1 2AB" in page_of(path_of(visit))
    # What was cancelled was there, and the rest of the day is at the school's own address.
    assert visit.sessions.count() > 1
    gone, *others = visit.sessions.order_by("day", "starts")
    models.Session.objects.filter(pk=gone.pk).update(stage="cancelled", cancelled_code="weather")
    models.Session.objects.filter(pk__in=[other.pk for other in others]).update(site=None)
    assert "Lower Site" not in page_of(path_of(visit))


def test_what_the_school_says_stands_beside_what_the_office_typed(visit: models.Visit) -> None:
    path = path_of(visit)
    workshop = visit.sessions.get(type__slug="workshop-5-6")
    typed = {f"expected_{workshop.pk}_5": "27", "parking": "By the gate", "lead": "Lee Safe", "lead_phone": "01228 606061"}
    assert sent(path, **typed).status_code == 302
    assert said(visit) == {
        f"expected-{workshop.pk}-5": ("27", "open"),
        "parking": ("By the gate", "open"),
        "lead": ("Lee Safe", "open"),
        "lead_phone": ("+441228606061", "open"),
    }
    visit.refresh_from_db()
    assert (visit.parking, visit.safeguarding_contact) == ("", None)
    assert models.Headcount.objects.get(session=workshop).expected == 30
    assert set(models.SchoolAnswer.objects.values_list("given_by", flat=True)) == {"Jo Bloggs"}
    assert "By the gate" in page_of(path)
    assert models.SchoolAccess.objects.get().last_used_at == BEFORE


def test_who_sends_it_gives_a_name(visit: models.Visit) -> None:
    answer = sent(path_of(visit), by="", parking="By the gate")
    assert answer.status_code == 200
    assert "Your name: say who you are" in answer.content.decode()
    assert said(visit) == {}


def test_the_school_agrees_with_one_box_and_its_role(visit: models.Visit) -> None:
    path = path_of(visit)
    assert "say it, such as head teacher" in sent(path, agrees="on").content.decode()
    assert sent(path, agrees="on", role="head teacher").status_code == 302
    assert said(visit) == {"agreement": ("head teacher", "open")}
    assert not models.SchoolAgreement.objects.exists()
    assert "Our school agrees" not in page_of(path)


def test_a_second_colleague_does_not_overwrite_what_they_have_not_seen(visit: models.Visit) -> None:
    path = path_of(visit)
    first, second = Client(), Client()
    seen = boxes_of(second.get(path))
    assert sent(path, first, parking="By the gate", by="Jo").status_code == 302
    refused = second.post(path, {**seen, "parking": "In the street", "given_by": "Sam"})
    assert refused.status_code == 409
    assert "Parking: Jo has said “By the gate” meanwhile." in refused.content.decode()
    assert said(visit) == {"parking": ("By the gate", "open")}
    again = boxes_of(refused)
    assert (again["parking"], again["given_by"]) == ("In the street", "Sam")
    assert second.post(path, again).status_code == 302
    assert said(visit) == {"parking": ("In the street", "open")}


def test_two_colleagues_who_change_different_things_have_both(visit: models.Visit) -> None:
    path = path_of(visit)
    seen = boxes_of(Client().get(path))
    assert sent(path, parking="By the gate", by="Jo").status_code == 302
    nameless = Client().post(path, {**seen, "arrival": "Ring twice", "given_by": ""})
    again = {**boxes_of(nameless), "given_by": "Sam"}
    assert again["parking"] == "", "as Sam opened it, which is no word of theirs"
    assert Client().post(path, again).status_code == 302
    assert said(visit) == {"parking": ("By the gate", "open"), "arrival": ("Ring twice", "open")}


def test_a_guest_sees_its_own_sessions_and_says_its_own_numbers(visit: models.Visit) -> None:
    guest = a_guest(visit)
    path = path_of(visit, guest)
    page = page_of(path)
    assert "Pupils of Moss Infants are guests there." in page
    assert "workshop" not in page.lower()
    assert "Parking" not in page
    first = visit.sessions.order_by("starts")[0]
    assert sent(path, **{f"expected_{first.pk}_4": "11"}).status_code == 302
    assert models.SchoolAnswer.objects.get().school == guest


def test_a_visit_that_the_office_cancelled_says_on_which_day(visit: models.Visit) -> None:
    path = path_of(visit)
    cancel_visit(visit, code="weather", note="", by=factories.manager(), now=timezone.localtime())
    with time_machine.travel(BEFORE + timedelta(days=1), tick=False):
        models.Visit.objects.get(pk=visit.pk).save()  # whatever is changed later
        assert f"It was cancelled on {BEFORE:%A} {BEFORE.day} {BEFORE:%B %Y}." in page_of(path)


def test_a_cancelled_visit_says_so_and_takes_nothing(visit: models.Visit) -> None:
    path = path_of(visit)
    boxes = boxes_of(Client().get(path))
    visit.sessions.update(stage="cancelled", cancelled_code="weather")
    models.Visit.objects.filter(pk=visit.pk).update(stage="cancelled", cancelled_code="weather")
    page = page_of(path)
    assert "This visit was cancelled" in page
    way = reverse("ask-school", args=[visit.school.pk])
    assert way not in page, "the door is shut"
    open_the_door()
    assert way in page_of(path)
    assert "<form" not in page
    assert Client().post(path, {**boxes, "parking": "x", "given_by": "Jo"}).status_code == 409
    assert said(visit) == {}


def test_a_visit_that_is_over_asks_nothing_until_it_is_reported(visit: models.Visit) -> None:
    path = path_of(visit)
    with time_machine.travel(AFTER, tick=False):
        page = page_of(path)
        assert "This visit is over" in page
        assert "<form" not in page


@pytest.mark.exhaustive
def test_fifty_looks_at_each_link_change_no_row(visit: models.Visit) -> None:
    paths = [path_of(visit), path_of(visit, a_guest(visit))]
    ended = path_of(visit)
    before = every_row()
    for _ in range(50):
        for path in (*paths, ended, "/school/nonsense/"):
            Client().get(path)
            Client().head(path)
    assert every_row() == before


def test_a_link_of_another_person_visit_school_or_generation_opens_nothing(visit: models.Visit) -> None:
    other, guest = a_visit(), a_guest(visit)
    mine, theirs = path_of(visit), path_of(other)
    signature = mine.rpartition(".")[2]
    for path in (theirs, path_of(visit, guest)):
        forged = f"{path.rpartition('.')[0]}.{signature}"
        assert Client().get(forged).status_code == 404
        assert Client().post(forged, {"do": "prepare", "parking": "x", "given_by": "Jo"}).status_code == 404
    access = access_at(visit.school)
    models.SchoolAccess.objects.filter(pk=access.pk).update(generation=1)
    dead = Client().get(mine)
    assert dead.status_code == 404
    assert "It was ended, or is too old." in dead.content.decode()
    assert not models.SchoolAnswer.objects.exists()


def test_ended_links_say_so_and_the_next_mail_has_another(visit: models.Visit) -> None:
    old = path_of(visit)
    end_links([access_at(visit.school)], now=BEFORE)
    assert Client().get(old).status_code == 404
    assert Client().get(path_of(visit)).status_code == 200
    assert path_of(visit) != old


@pytest.mark.parametrize("how", ["deleted", "elsewhere", "another address", "expired"])
def test_a_link_ends_with_its_person(visit: models.Visit, how: str) -> None:
    path = path_of(visit)
    people = models.Contact.objects.filter(school=visit.school)
    if how == "deleted":
        people.delete()
        assert not models.SchoolAccess.objects.exists()
    elif how == "elsewhere":
        people.update(school=a_visit().school)
    elif how == "another address":
        people.update(email="new@fern.example.org")
    else:
        models.SchoolAccess.objects.update(expires=BEFORE.date() - timedelta(days=1))
    dead = Client().get(path)
    assert dead.status_code == 404
    assert "Fern" not in dead.content.decode()
    assert Client().post(path, {"do": "prepare", "parking": "x", "given_by": "Jo"}).status_code == 404
    assert not models.SchoolAnswer.objects.exists()


@pytest.mark.parametrize("moves", [False, True])
def test_a_link_from_before_the_school_became_an_academy_says_that_a_newer_mail_has_another(
    visit: models.Visit, moves: bool
) -> None:
    path, old = path_of(visit), visit.school
    academy = factories.SchoolFactory(name="Fern Academy", authority=old.authority)
    if moves:
        models.Contact.objects.filter(school=old).update(school=academy)
    models.Visit.objects.filter(pk=visit.pk).update(school=academy)
    models.Headcount.objects.filter(school=old).update(school=academy)
    nothing = "where they are not any more" if moves else "Nothing is planned any more"
    assert nothing in Client().get(path).content.decode(), "another school has it"
    models.School.objects.filter(pk__in=[old.pk, academy.pk]).update(chain=old.pk)
    dead = Client().get(path)
    assert dead.status_code == 404
    assert "Open the link in the newest mail" in dead.content.decode()
    assert "Fern" not in dead.content.decode()


def test_afterwards_the_schools_own_numbers_stand_beside_ours(visit: models.Visit) -> None:
    took_place(visit)
    path = path_of(visit)
    assembly, workshop = visit.sessions.order_by("starts")
    with time_machine.travel(AFTER, tick=False):
        assert sent(path, do="numbers", **{f"counted_{workshop.pk}_5": "25"}).status_code == 302
        assert said(visit) == {f"counted-{assembly.pk}-5": ("28", "taken"), f"counted-{workshop.pk}-5": ("25", "open")}
        assert sent(path, do="numbers").status_code == 302
    assert models.SchoolAnswer.objects.count() == 2
    assert set(models.Headcount.objects.values_list("pupils", flat=True)) == {28}


def test_above_the_comment_stands_that_worries_are_told_by_phone(visit: models.Visit) -> None:
    took_place(visit)
    with time_machine.travel(AFTER, tick=False):
        page = page_of(path_of(visit))
    words = "phone 01228 606060. A concern about one of our people is told by phone too, never in this box."
    assert page.index(words) < page.index('name="comment"')


@pytest.mark.parametrize("duty_phone", ["+441228606060", ""])
def test_the_named_persons_number_stands_there_also_without_a_safeguarding_phone(duty_phone: str, visit: models.Visit) -> None:
    took_place(visit)
    models.Area.objects.update(duty_phone=duty_phone)
    models.Charity.objects.update(safeguarding_phone="", concern_name="Mary Bell", concern_phone="+441632960456")
    with time_machine.travel(AFTER, tick=False):
        page = page_of(path_of(visit))
    words = "A concern about somebody who works for us never goes into a note: phone Mary Bell, 01632 960456."
    whom = (
        "phone 01228 606060." if duty_phone else "tell your school’s safeguarding lead, or phone 999 where a child is in danger."
    )
    assert f"Not for a worry about a child: {whom} {words}" in page
    assert "told by phone too" not in page


def test_afterwards_five_questions_are_answered_once(visit: models.Visit) -> None:
    took_place(visit)
    path = path_of(visit)
    with time_machine.travel(AFTER, tick=False):
        assert sent(path, do="questions").status_code == 200
        assert sent(path, do="questions", again="yes", comment="Thank you").status_code == 302
        assert "Jo Bloggs has answered our questions." in page_of(path)
        assert Client().post(path, {"do": "questions", "again": "no", "given_by": "Sam"}).status_code == 409
    feedback = models.Feedback.objects.get()
    assert (feedback.again, feedback.comment, feedback.given_by) == ("yes", "Thank you", "Jo Bloggs")
    assert models.SchoolAccess.objects.get().last_used_at == AFTER


def test_after_a_workshop_for_parents_nobody_is_asked_about_pupils() -> None:
    visit = a_parents_workshop()
    took_place(visit)
    with time_machine.travel(AFTER, tick=False):
        shown = page_of(path_of(visit))
        assert sent(path_of(visit), do="questions", surer="yes").status_code == 302
    assert "A few questions" in shown
    assert not any(words in shown for words in ("of your pupils?", "your pupils would hear"))
    assert [models.Feedback.objects.values_list(name, flat=True)[0] for name in ("right_for_age", "surer")] == ["", "yes"]


@pytest.mark.parametrize("how", ["later", "at the same moment"])
def test_what_a_colleague_typed_who_was_second_is_shown_back_and_not_kept(
    visit: models.Visit, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    took_place(visit)
    path = path_of(visit)

    def after_a_colleague(row: int, answers: Any, comment: str, giver: Giver, *, now: datetime) -> models.Feedback:
        give_feedback(row, {"again": "yes"}, "Thank you", Giver("Jo Bloggs", giver.school, giver.access), now=now)
        return give_feedback(row, answers, comment, giver, now=now)

    with time_machine.travel(AFTER, tick=False):
        if how == "later":
            sent(path, do="questions", again="yes", comment="Thank you")
        else:
            monkeypatch.setattr(views, "give_feedback", after_a_colleague)
        typed = {"do": "questions", "again": "no", "comment": "The bell rang\ntwice <b>", "given_by": "Sam"}
        answer = Client().post(path, typed)
    shown = " ".join(answer.content.decode().split())
    assert answer.status_code == 409
    assert "Jo Bloggs has answered our questions" in shown
    assert "The bell rang<br>twice &lt;b&gt;" in not_stored(shown)
    assert not_stored(shown).count("<dt>") == 2, "the comment and the answer, and no name"
    assert models.Feedback.objects.get().comment == "Thank you"


def not_stored(shown: str) -> str:
    """The part of a page that shows back what is not kept."""
    return shown.partition('id="not-stored"')[2].partition("</section>")[0]


def test_what_was_typed_while_the_office_cancelled_is_shown_back(visit: models.Visit) -> None:
    path = path_of(visit)
    boxes = boxes_of(Client().get(path))
    visit.sessions.update(stage="cancelled", cancelled_code="weather")
    models.Visit.objects.update(stage="cancelled", cancelled_code="weather")
    answer = Client().post(path, {**boxes, "note": "The hall is wet", "given_by": "Jo"})
    shown = " ".join(answer.content.decode().split())
    assert answer.status_code == 409
    assert "The hall is wet" in not_stored(shown)
    assert not_stored(shown).count("<dt>") == 1, "what nobody touched is not shown"
    assert not models.SchoolAnswer.objects.exists()


def test_of_what_the_school_shows_by_itself_it_says_the_days_and_that_nobody_comes(visit: models.Visit) -> None:
    online = models.SessionType.objects.get(slug="online-ks2")
    models.Cover.objects.all().delete()
    visit.sessions.update(type=online, until_day=AFTER.date() + timedelta(days=7))
    path = path_of(visit)
    page = page_of(path)
    assert "online, until Fri 4 December 2026 · Online KS2 assembly" in " ".join(page.split())
    assert "Nobody: you show this to your pupils yourselves." in page
    assert not any(words in page for words in ("9:00", "What we need", "We are looking for people"))
    # Nobody comes on any of these days, so each shows what every other day does.
    with time_machine.travel(AFTER, tick=False):
        assert not Client().get(path).context["page"].is_today
    took_place(visit)
    page = page_of(path)
    assert "Four questions" in page
    assert "Did the people who came" not in page
    assert "Thank you for having had us" not in page
    assert sent(path, do="questions", again="yes").status_code == 302
    assert (models.Feedback.objects.get().kept_to_agreed, models.Feedback.objects.get().again) == ("", "yes")


def test_whoever_has_the_link_ticks_that_they_want_to_be_asked_again_and_nobody_else_is(visit: models.Visit) -> None:
    guest = a_guest(visit)
    for path, name in ((path_of(visit), "Pat Head"), (path_of(visit, guest), "Gus Guest")):
        before = models.Contact.objects.exclude(name=name).order_by("pk").values_list("pk", "wants_invitations")
        kept = list(before)
        for _ in range(2):
            answer = Client().post(path, {"do": "invitations", "wants": "on"})
            assert answer.headers["Location"].endswith("?thanks=invitations")
        assert models.Contact.objects.get(name=name).wants_invitations
        assert list(before) == kept
        assert Client().get(path).context["forms"]["invitations"]["wants"].value()
    Client().post(path_of(visit), {"do": "invitations"})
    assert not models.Contact.objects.get(name="Pat Head").wants_invitations


def test_on_the_day_and_by_an_ended_link_nobody_is_asked_whether_they_want_that(visit: models.Visit) -> None:
    path, typed = path_of(visit), {"do": "invitations", "wants": "on"}
    with time_machine.travel(BEFORE + timedelta(days=2), tick=False):
        assert "invitations" not in Client().get(path).context["forms"]
        assert Client().post(path, typed).status_code == 409
    end_links([access_at(visit.school)], now=BEFORE)
    assert Client().post(path, typed).status_code == 404
    assert not models.Contact.objects.filter(wants_invitations=True).exists()
