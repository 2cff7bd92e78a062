"""The links in mails by which volunteers answer: which mail has which, what they hold, and when they end."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from schools.core.secrets import without_links
from schools.messages import actions
from schools.messages.actions import TEXT_HELD, deliver_due, leave_unsent
from schools.messages.models import NO_LONGER_TRUE
from schools.messages.smtp import Unanswered
from schools.models import Area, Cover, OutboxMessage, Session, User, Volunteer
from schools.visits.actions import assign_all, cancel_day, claim, offer, swap, take_off
from schools.visits.actions.moving import move, plan_move
from schools.visits.actions.undoing import undo
from schools.visits.answer_links import Purpose, is_signed, link_to, question_about, question_in, token_of
from schools.visits.queries import VisitDay
from schools.visits.rules import Slot
from tests.factories import AreaFactory, CoverFactory, SchoolFactory, SessionFactory, able_volunteer, manager
from tests.news import tell, tell_and_send
from tests.portal.links import links_in
from tests.portal.pages import client_for

pytestmark = pytest.mark.django_db

ASKS, PLACE = ["Yes, I go", "No"], ["I can’t make it"]


@pytest.fixture
def area() -> Area:
    made: Area = AreaFactory()
    return made


@pytest.fixture
def asha(area: Area) -> Volunteer:
    return able_volunteer(area, signs_in=True, name="Asha Rao")


@pytest.fixture
def session(area: Area) -> Session:
    made: Session = SessionFactory(visit__school=SchoolFactory(area=area, name="Oak Primary"), visit__coordinator=manager())
    return made


def day_of(session: Session) -> VisitDay:
    return VisitDay(session.visit, session.day)


def words_to(volunteer: Volunteer) -> list[list[str]]:
    """The words of the links in each mail to the volunteer, in the order in which they went."""
    assert volunteer.user
    return [[words for words, _ in links_in(sent.body)] for sent in mail.outbox if sent.to == [volunteer.user.email]]


def put_to(session: Session, slot: Slot, *, by: User, now: datetime) -> Any:
    seen = plan_move(session.visit, {session.pk: slot}, by=by, now=now).digest
    return move(session.visit, {session.pk: slot}, seen=seen, by=by, now=now)


def test_what_asks_is_answered_by_yes_and_no_and_a_place_by_a_no(session: Session, asha: Volunteer, now: datetime) -> None:
    by = manager()
    offer(day_of(session), asha, role="presenter", by=by, now=now)
    tell_and_send(now)
    later = Slot(session.day + timedelta(days=1), session.starts, session.ends)
    put_to(session, later, by=by, now=now)
    tell_and_send(now)
    session.refresh_from_db()
    claim(day_of(session), asha, role="presenter", by=by, now=now)
    tell_and_send(now)
    put_to(session, Slot(later.day, time(9, 30), time(10)), by=by, now=now)
    tell_and_send(now)
    batch = cancel_day(session.day, [session.pk], code="weather", note="", by=by, now=now)
    tell_and_send(now)
    undo(batch, by=by, now=now)
    tell_and_send(now)
    take_off(day_of(session), asha, by=by, now=now)
    tell_and_send(now)
    assert asha.user
    to_her = [sent.subject for sent in mail.outbox if sent.to == [asha.user.email]]
    subjects = [subject.split(":")[0].split(" Oak")[0] for subject in to_her]
    assert list(zip(subjects, words_to(asha), strict=True)) == [
        ("Could you go to", ASKS),
        ("Moved, can you come?", ASKS),
        ("You’re down for", PLACE),
        ("Moved a little", PLACE),
        ("Cancelled", []),
        ("It takes place after all", PLACE),
        ("You’re no longer down for", []),
    ]


def test_a_swap_is_answered_by_who_is_to_go_and_a_refused_one_leaves_a_place(
    session: Session, asha: Volunteer, area: Area, now: datetime
) -> None:
    ben = able_volunteer(area, signs_in=True, name="Ben Okoro")
    assert asha.user
    assert ben.user
    CoverFactory(session=session, volunteer=asha)
    swap(day_of(session), asha, ben, by=asha.user, now=now)
    tell_and_send(now)
    assert words_to(ben) == [ASKS]
    (_, no) = links_in(mail.outbox[0].body)
    Client().post(no[1])
    tell_and_send(now)
    assert words_to(asha) == [PLACE]


def test_reminders_say_i_cant_make_it_for_each_visit_and_the_question_how_it_went_leads_to_its_form(
    session: Session, asha: Volunteer, area: Area, now: datetime
) -> None:
    other = SessionFactory(visit__school=SchoolFactory(area=area), day=session.day, starts=time(14), ends=time(15))
    for each in (session, other):
        CoverFactory(session=each, volunteer=asha)
    two_days, evening = now, now + timedelta(days=1, hours=9)
    for moment in (two_days, evening):
        tell_and_send(moment, kinds=["two-days", "evening"])
    assert words_to(asha) == [PLACE * 2, PLACE * 2]
    tell_and_send(now + timedelta(days=2, hours=3), kinds=["outcome"])
    assert words_to(asha)[2:] == [[]]
    form = reverse("day-outcome", args=[session.visit_id, session.day])
    assert form in mail.outbox[-1].body
    assert Client().get(form).headers["Location"].startswith(reverse("account_login"))


def test_each_link_is_about_the_sessions_beside_which_it_stands(asha: Volunteer, area: Area, now: datetime) -> None:
    first = SessionFactory(visit__school=SchoolFactory(area=area))
    second = SessionFactory(visit=first.visit, starts=time(11), ends=time(12))
    other = SessionFactory(visit__school=SchoolFactory(area=area), starts=time(14), ends=time(15))
    for session in (first, other):
        assign_all(day_of(session), asha, role="presenter", by=manager(), now=now)
    tell_and_send(now)
    links = links_in(mail.outbox[0].body)
    questions = [question_in(path.split("/")[2]) for _, path in links]
    assert [set(question.slots) for question in questions if question] == [{first.pk, second.pk}, {other.pk}]


def test_the_same_facts_give_the_same_link_and_another_time_another(session: Session, asha: Volunteer) -> None:
    assert asha.user

    def link() -> str:
        assert asha.user
        return link_to(question_about([session], volunteer=asha.pk, purpose=Purpose.YES), asha.user)

    before = link()
    assert link() == before
    session.starts = time(9, 20)
    assert link() != before


def test_a_token_says_what_was_put_in(session: Session, asha: Volunteer) -> None:
    assert asha.user
    second = SessionFactory(visit=session.visit, starts=time(11), ends=time(12))
    for purpose in Purpose:
        question = question_about([second, session], volunteer=asha.pk, purpose=purpose)
        token = token_of(question, asha.user)
        assert question_in(token) == question
        assert is_signed(token, asha.user)


def test_a_token_is_good_for_its_person_its_address_and_its_words_alone(session: Session, asha: Volunteer, area: Area) -> None:
    assert asha.user
    token = token_of(question_about([session], volunteer=asha.pk, purpose=Purpose.NO), asha.user)
    ben = able_volunteer(area, signs_in=True)
    assert ben.user
    assert not is_signed(token, ben.user)
    assert not is_signed(token.replace("no.", "yes.", 1), asha.user)
    assert not is_signed(token.replace("_0915", "_0916"), asha.user)
    assert not is_signed(token[:-1] + ("A" if token[-1] != "A" else "B"), asha.user)
    asha.user.email = "asha.new@example.org"
    assert not is_signed(token, asha.user)


@pytest.mark.parametrize(
    "token",
    [
        "", "yes", "yes.1.1.20261126.x", "maybe.1.1.20261126.1_091500_094500.x", "yes.1.1.20261332.1_091500_094500.x",
        "yes.1.1.20261126.1_991500_094500.x", "yes.1.1.20261126.1_091500.x", "yes.1.1.20261126.١_091500_094500.x",
        "yes.9999999999999999999.1.20261126.1_091500_094500.x", "yes.1.1.20261126.1_091500_094500.", "a" * 5000,
    ],
)  # fmt: skip
def test_what_is_no_token_is_none(token: str) -> None:
    assert question_in(token) is None


def test_no_token_is_shown_to_other_eyes_nor_kept_once_it_was_sent(session: Session, asha: Volunteer, now: datetime) -> None:
    offer(day_of(session), asha, role="presenter", by=manager(), now=now)
    tell(now)
    waiting = OutboxMessage.objects.get()
    secrets = [path for _, path in links_in(waiting.body)]
    office = client_for(manager()).get(reverse("admin:schools_outboxmessage_change", args=[waiting.pk])).content.decode()
    tell_and_send(now)
    for text in (without_links(waiting.body), office, OutboxMessage.objects.get().body):
        assert "Yes, I go" in text
        assert text.count("/answer/…/") == 2
        assert not any(secret in text for secret in secrets)
    assert [path for _, path in links_in(mail.outbox[0].body)] == secrets


class Killed(BaseException):
    """The sender is ended in the middle of its work."""


@pytest.mark.parametrize("failure", [Unanswered("no answer"), Killed()])
def test_a_link_is_not_kept_of_a_mail_that_may_have_arrived_and_is_decided_about(
    session: Session, asha: Volunteer, now: datetime, monkeypatch: pytest.MonkeyPatch, failure: BaseException
) -> None:
    def send(_: OutboxMessage, *, before_text: Callable[[], None]) -> str:
        before_text()
        raise failure

    by = manager()
    offer(day_of(session), asha, role="presenter", by=by, now=now)
    tell(now)
    waiting = OutboxMessage.objects.get()
    with monkeypatch.context() as patched, suppress(Killed):
        patched.setattr(actions, "send", send)
        deliver_due(clock=lambda: now)
    assert OutboxMessage.objects.get().body == waiting.body, "it may be sent again"
    if isinstance(failure, Killed):
        Cover.objects.all().delete()
        deliver_due(clock=lambda: now + TEXT_HELD)
    else:
        leave_unsent(waiting.pk, now=now)
    ended = OutboxMessage.objects.get(pk=waiting.pk)
    assert (ended.last_error == NO_LONGER_TRUE, ended.left_at is None) == (isinstance(failure, Killed), False)
    assert ended.body == without_links(waiting.body) != waiting.body


def test_somebody_without_a_sign_in_has_no_link_and_coordinators_and_schools_have_none(
    session: Session, asha: Volunteer, area: Area, now: datetime
) -> None:
    silent = able_volunteer(area)
    for volunteer in (silent, asha):
        assign_all(day_of(session), volunteer, role="presenter", by=manager(), now=now)
    tell_and_send(now)
    assert asha.user
    Cover.objects.filter(volunteer=asha).update(state="withdrawn", gave_back=True, ended_by=asha.user, answered_at=now)
    tell_and_send(now)
    others = [message.body for message in OutboxMessage.objects.exclude(to=asha.user.email)]
    assert others
    assert not any("/answer/" in body for body in others)
