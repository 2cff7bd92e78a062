"""The link in mails to a school: every kind carries it, the same each time, each reader has their own, none is stored."""

import re
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core import mail
from django.test import Client

from schools import models
from schools.visits.actions import cancel_visit
from schools.visits.actions.taking_answers import take_answers
from schools.visits.actions.waking import schools_about_to_change
from schools.visits.rules.school_answers import answer_as_shown
from tests.factories import HeadcountFactory, SchoolFactory, SessionFactory, VisitFactory, manager
from tests.news import drafts, tell_and_send
from tests.school_portal.visits import BEFORE, a_guest, a_visit, boxes_of, path_of, sent, took_place

pytestmark = pytest.mark.django_db

LINK = re.compile(r"https?://[^/\s]+(/school/\S+)")
DAY = date(2026, 12, 17)
THANKS = datetime(2026, 12, 18, 10, tzinfo=UTC)
AGREEMENT = datetime(2026, 11, 25, 10, tzinfo=UTC)
WEEK = datetime(2026, 12, 10, 10, tzinfo=UTC)


def links() -> dict[str, set[str]]:
    """The paths of the links in what was mailed so far, by reader."""
    by_reader: dict[str, set[str]] = {}
    for each in mail.outbox:
        by_reader.setdefault(each.to[0], set()).update(LINK.findall(str(each.body)))
    return by_reader


def notes_agreements() -> None:
    """A charity that notes agreements has one of some school."""
    models.SchoolAgreement.objects.create(school=SchoolFactory(), academic_year=2026, accepted_on=DAY, by_role="head")


@pytest.mark.parametrize(
    ("kind", "at"),
    [
        ("school-agreement", AGREEMENT),
        ("school-pack", datetime(2026, 12, 1, 10, tzinfo=UTC)),
        ("school-week", WEEK),
        ("school-day-before", datetime(2026, 12, 16, 10, tzinfo=UTC)),
        ("school-thanks", THANKS),
    ],
)
def test_each_mail_about_a_visit_has_the_link_of_its_reader(kind: str, at: datetime) -> None:
    visit = a_visit(day=DAY)
    guest = a_guest(visit)
    notes_agreements()
    if kind == "school-thanks":
        took_place(visit)
    assert tell_and_send(at, kinds=[kind]) == 2
    assert links() == {"office@fern.example.org": {path_of(visit)}, "office@moss.example.org": {path_of(visit, guest)}}
    assert not models.OutboxMessage.objects.filter(body__contains="/school/").exists()


def test_who_is_told_of_a_change_has_it_too_and_it_opens() -> None:
    visit = a_visit()
    cancel_visit(visit, code="weather", note="", by=manager(), now=BEFORE)
    tell_and_send(BEFORE)
    (path,) = links()["office@fern.example.org"]
    assert "This visit was cancelled" in Client().get(path).content.decode()


def test_a_guest_that_was_taken_off_gets_no_link_since_it_would_open_nothing() -> None:
    visit = a_visit()
    guest = a_guest(visit)
    schools_about_to_change([visit.pk])
    guest.headcounts.all().delete()
    assert tell_and_send(BEFORE) == 2
    (letter,) = [message for message in mail.outbox if message.to == ["office@moss.example.org"]]
    assert letter.subject.startswith("Not at our visit any more: ")
    assert links()["office@moss.example.org"] == set()
    assert "Please tell us if this does not suit you." not in str(letter.body)
    assert f"If that surprises you, please tell us. The reference of the visit is {visit.reference}." in str(letter.body)


def test_who_is_taken_off_a_visit_and_stays_at_another_gets_the_link_of_that() -> None:
    visit, other = a_visit(), a_visit(school=SchoolFactory(name="Elm Primary"), contact=None)
    guest = a_guest(visit)
    HeadcountFactory(session=other.sessions.order_by("starts")[0], school=guest, year_group=4, expected=12)
    schools_about_to_change([visit.pk, other.pk])
    guest.headcounts.filter(session__visit=visit).delete()
    other.sessions.update(starts=time(8))
    assert tell_and_send(BEFORE, kinds=["visits"]) == 2
    assert links()["office@moss.example.org"] == {path_of(other, guest)}


def test_who_has_answered_the_questions_is_not_asked_again() -> None:
    visit, other = a_visit(day=DAY), a_visit(day=DAY)
    models.Contact.objects.filter(school=other.school).update(email="office@other.example.org")
    for each in (visit, other):
        took_place(each)
    assert tell_and_send(THANKS, kinds=["school-thanks"]) == 2
    later = THANKS + timedelta(days=10)
    assert len(drafts("school-thanks-again", later)) == 2
    assert sent(path_of(visit), do="questions", again="yes").status_code == 302
    assert [draft.to for draft in drafts("school-thanks-again", later)] == ["office@other.example.org"]


def test_who_has_agreed_on_the_page_is_not_asked_to_agree() -> None:
    visit = a_visit(day=DAY)
    notes_agreements()
    assert len(drafts("school-agreement", AGREEMENT, [visit.pk])) == 1
    assert sent(path_of(visit), agrees="on", role="head teacher").status_code == 302
    assert drafts("school-agreement", AGREEMENT, [visit.pk]) == []


@pytest.mark.parametrize("state", ["open", "left", "taken"])
def test_who_has_agreed_on_the_page_of_one_visit_is_asked_for_no_other_of_that_year(state: str) -> None:
    visit = a_visit(day=DAY)
    other = VisitFactory(school=visit.school, contact=visit.contact, stage="confirmed", agreed_on=date(2026, 11, 2))
    assembly = SessionFactory(visit=other, day=DAY + timedelta(days=1))
    notes_agreements()
    assert [len(drafts("school-agreement", AGREEMENT, [each.pk])) for each in (visit, other)] == [1, 1]
    assert "role" in boxes_of(Client().get(path_of(other)))
    assert sent(path_of(visit), agrees="on", role="head teacher").status_code == 302
    answer = models.SchoolAnswer.objects.get(item="agreement")
    if state == "taken":
        take_answers(visit, {answer.pk: answer_as_shown(answer)}, by=manager(), now=AGREEMENT)
    models.SchoolAnswer.objects.update(state=state)
    assert drafts("school-agreement", AGREEMENT, [other.pk]) == []
    assert ("role" in boxes_of(Client().get(path_of(other)))) is (state == "left"), (
        "the office has left it: they may say so again"
    )
    assembly.day, assembly.academic_year = date(2027, 10, 12), 2027
    assembly.save()
    (draft,) = drafts("school-agreement", datetime(2027, 9, 14, 10, tzinfo=UTC), [other.pk])
    assert "Your agreement for 2027/28" in draft.subject
    assert "role" in boxes_of(Client().get(path_of(other)))


def test_who_has_agreed_is_asked_anew_once_the_visit_is_moved_into_the_next_school_year() -> None:
    visit = a_visit(day=DAY)
    notes_agreements()
    sent(path_of(visit), agrees="on", role="head teacher")
    answer = models.SchoolAnswer.objects.get(item="agreement")
    take_answers(visit, {answer.pk: answer_as_shown(answer)}, by=manager(), now=AGREEMENT)
    assert models.SchoolAgreement.objects.get(school=visit.school).academic_year == 2026
    for session in visit.sessions.all():
        session.day, session.academic_year = date(2027, 10, 12), 2027
        session.save()
    september = datetime(2027, 9, 14, 10, tzinfo=UTC)
    (draft,) = drafts("school-agreement", september, [visit.pk])
    assert "Your agreement for 2027/28" in draft.subject
    models.SchoolAgreement.objects.create(school=visit.school, academic_year=2027, accepted_on=DAY, by_role="head")
    assert drafts("school-agreement", september, [visit.pk]) == []


def test_a_new_address_has_a_new_link_and_the_old_one_ends() -> None:
    visit = a_visit(day=DAY)
    old = path_of(visit)
    models.Contact.objects.filter(school=visit.school).update(email="new@fern.example.org")
    tell_and_send(WEEK, kinds=["school-week"])
    (new,) = links()["new@fern.example.org"]
    assert new != old
    assert Client().get(new).status_code == 200
    assert Client().get(old).status_code == 404
    assert models.SchoolAccess.objects.get().expires == WEEK.date() + timedelta(days=400)


@pytest.mark.parametrize(("colleague", "is_named"), [("Anita Ash", True), ("Zoe Yew", False)])
def test_in_a_shared_mailbox_the_link_is_of_whom_the_mail_greets_and_outlives_a_colleague(colleague: str, is_named: bool) -> None:
    visit = a_visit(day=DAY)
    older = visit.contact
    assert older
    models.Contact.objects.filter(pk=older.pk).update(name=colleague)
    ben = models.Contact.objects.create(school=visit.school, name="Ben Oak", email="Office@fern.example.org")
    models.Visit.objects.update(contact=ben if is_named else None)
    assert tell_and_send(WEEK, kinds=["school-week"]) == 1
    assert "Ben Oak" in str(mail.outbox[0].body)
    [(link,)] = links().values()
    older.delete()
    assert Client().get(link).status_code == 200


def test_the_mail_before_a_visit_says_what_is_on_its_page_and_nothing_that_is_not() -> None:
    visit = a_visit(day=DAY)
    a_guest(visit)
    before = datetime(2026, 12, 1, 10, tzinfo=UTC)
    host, guest = drafts("school-pack", before, [visit.pk])
    for mailed in (host, guest):
        assert "You are welcome to ask us for the plan of each session." in mailed.body
        assert "letter of assurance" not in mailed.body
    kind = models.SessionType.objects.get(slug="ks2-assembly")
    models.PackItem.objects.create(session_type=kind, title="Plan", words="We tell a story.")
    models.Agreement.objects.create(version=1, from_day=DAY, text="We agree.", names_to_schools=True)
    host, guest = drafts("school-pack", before, [visit.pk])
    for mailed in (host, guest):
        assert "On the page of the visit is what we have put together for you" in mailed.body
        assert "We tell a story." not in mailed.body
    assert ("letter of assurance" in host.body, "letter of assurance" in guest.body) == (True, False)
    assert not any(name in host.body for name in ("Rahman", "Okri"))
