"""Whoever begins to read for a school reads what is agreed now, and what is off that the school may still think is agreed."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.db.models import QuerySet

from schools.messages import actions
from schools.models import Contact, Headcount, OutboxMessage, School, Session, User, Visit
from schools.visits.actions import cancel_session, cancel_visit, confirm
from schools.visits.actions.waking import guests_know, hosts_know
from tests.factories import HeadcountFactory, SchoolFactory, SessionFactory, VisitFactory, manager
from tests.news import tell, tell_and_send, unanswered
from tests.visits.hosts import names

pytestmark = pytest.mark.django_db

DAY = date(2026, 12, 3)
OFF, STAYS = "9:15–9:45 am", "11:00–11:30 am"
NEW = "new@oak.example.org"

type Change = Callable[[Visit], object]
type Fate = Callable[[datetime], object]


@pytest.fixture
def by() -> User:
    return manager()


@pytest.fixture
def agreed(by: User, now: datetime) -> Session:
    """The first of two sessions of a visit; its host and a guest, whose pupils sit in the first alone, know it as agreed."""
    host, guest = SchoolFactory(name="Oak Primary"), SchoolFactory(name="Fern Primary")
    Contact.objects.create(school=host, name="Nia", email="nia@oak.example.org")
    Contact.objects.create(school=guest, name="Fay", email="fay@fern.example.org")
    visit = VisitFactory(school=host)
    first: Session = SessionFactory(visit=visit, day=DAY)
    SessionFactory(visit=visit, day=DAY, starts=time(11), ends=time(11, 30))
    HeadcountFactory(session=first, school=guest, year_group=3)
    confirm(visit, agreed_on=date(2026, 11, 20), agreed_with="", by=by, now=now)
    assert tell_and_send(now) == 2
    mail.outbox.clear()
    return first


# How somebody else begins to read


def is_deleted(visit: Visit) -> None:
    Contact.objects.create(school=visit.school, name="Zoe", email=NEW)
    visit.school.contacts.filter(name="Nia").delete()


def is_emptied(visit: Visit) -> None:
    Contact.objects.create(school=visit.school, name="Zoe", email=NEW)
    visit.school.contacts.filter(name="Nia").update(email="")


def is_replaced(visit: Visit) -> None:
    visit.school.contacts.update(name="Zoe", email=NEW)


def sorts_first(visit: Visit) -> None:
    Contact.objects.create(school=visit.school, name="Aaron", email=NEW)


def guest_is_replaced(visit: Visit) -> None:
    Contact.objects.filter(name="Fay").update(name="Gil", email=NEW)


CHANGES = (is_deleted, is_emptied, is_replaced, sorts_first, guest_is_replaced)

# What became of the mail that says that the first session is off


def waits(now: datetime) -> None:
    assert OutboxMessage.objects.filter(kind="visits", sent_at=None, stopped_at=None).exists()


def is_refused(now: datetime) -> None:
    assert _unsent().update(stopped_at=now, last_error="refused")


def has_no_answer(now: datetime) -> None:
    assert _unsent().update(handed_over_at=now, stopped_at=now, last_error="no answer")


def has_no_answer_and_is_erased(now: datetime) -> None:
    assert _unsent().update(handed_over_at=now, stopped_at=now, left_at=now, to="")


def _unsent() -> QuerySet[OutboxMessage]:
    return OutboxMessage.objects.filter(kind="visits", sent_at=None)


def to_new_reader() -> list[str]:
    return [str(message.body) for message in mail.outbox if message.to == [NEW]]


def is_off(first: Session, by: User, now: datetime) -> None:
    cancel_session(first, code="weather", note="", by=by, now=now)
    assert tell(now) == 2


@pytest.mark.parametrize("fate", [waits, is_refused, has_no_answer, has_no_answer_and_is_erased])
@pytest.mark.parametrize("change", CHANGES)
def test_whoever_begins_to_read_hears_what_is_off_where_the_mail_before_may_not_have_arrived_and_what_stays(
    change: Change, fate: Fate, agreed: Session, by: User, now: datetime
) -> None:
    is_off(agreed, by, now)
    fate(now)
    change(agreed.visit)
    for minutes in (1, 2):
        tell_and_send(now + timedelta(minutes=minutes))
    [text] = to_new_reader()
    off, stays = text.partition("Mails about this visit come to this address from now on.")[::2]
    assert "This will not take place." in off
    assert OFF in off
    assert OFF not in stays
    assert (STAYS in stays) is (change is not guest_is_replaced)


@pytest.mark.parametrize("change", CHANGES)
def test_whoever_begins_to_read_hears_nothing_of_what_the_one_before_knew_to_be_off(
    change: Change, agreed: Session, by: User, now: datetime
) -> None:
    is_off(agreed, by, now)
    tell_and_send(now)
    change(agreed.visit)
    for minutes in (1, 2):
        tell_and_send(now + timedelta(minutes=minutes))
    texts = to_new_reader()
    assert len(texts) == (change is not guest_is_replaced)
    assert all(STAYS in text and OFF not in text for text in texts)


def test_who_reads_at_the_address_whose_mail_got_no_answer_is_not_told_twice(agreed: Session, by: User, now: datetime) -> None:
    is_off(agreed, by, now)
    has_no_answer(now)
    assert tell_and_send(now + timedelta(minutes=1)) == 0


def test_where_two_mails_to_two_addresses_got_no_answer_a_third_reader_hears_what_is_off(
    agreed: Session, by: User, now: datetime
) -> None:
    is_off(agreed, by, now)
    has_no_answer(now)
    agreed.visit.school.contacts.update(name="Ben", email="ben@oak.example.org")
    assert tell(now + timedelta(minutes=1)) == 1
    has_no_answer(now + timedelta(minutes=1))
    is_replaced(agreed.visit)
    for minutes in (2, 3):
        tell_and_send(now + timedelta(minutes=minutes))
    [text] = to_new_reader()
    assert "This will not take place." in text
    assert OFF in text


@pytest.mark.parametrize("is_erased", [False, True])
def test_what_a_manager_left_at_that_is_told_to_no_later_reader(
    is_erased: bool, agreed: Session, by: User, now: datetime
) -> None:
    is_off(agreed, by, now)
    has_no_answer(now)
    later = now + timedelta(minutes=1)
    OutboxMessage.objects.filter(last_error="no answer").update(left_at=later)
    if is_erased:
        OutboxMessage.objects.filter(last_error="no answer", about__school__name="Fern Primary").update(to="")
    guest_is_replaced(agreed.visit)
    assert tell_and_send(later) == 0


def test_a_guest_that_was_told_on_the_phone_hears_it_once_and_its_calendar_is_put_right_at_its_new_address(
    agreed: Session, by: User, now: datetime
) -> None:
    is_off(agreed, by, now)
    has_no_answer(now)
    guest: School = Headcount.objects.get(session=agreed, school__name="Fern Primary").school
    guests_know([(agreed.visit_id, guest.pk)], now=now)
    assert tell_and_send(now + timedelta(minutes=1)) == 0
    guest_is_replaced(agreed.visit)
    assert tell_and_send(now + timedelta(minutes=1)) == 1
    [text] = to_new_reader()
    assert "This mail puts your calendar right" in text
    assert "This will not take place." not in text
    assert tell_and_send(now + timedelta(minutes=1)) == 0


def reads(visit: Visit, address: str) -> None:
    visit.school.contacts.update(email=address)


@pytest.mark.parametrize("stays", [True, False])
def test_who_reads_again_is_not_said_to_know_what_only_the_one_in_between_was_told(
    stays: bool, agreed: Session, by: User, now: datetime
) -> None:
    visit = agreed.visit
    reads(visit, NEW)
    tell_and_send(now)
    for session in visit.sessions.order_by("starts")[: 1 if stays else 2]:
        cancel_session(session, code="weather", note="", by=by, now=now)
    tell_and_send(now + timedelta(minutes=1))
    assert OFF in to_new_reader()[-1]
    mail.outbox.clear()
    reads(visit, "nia@oak.example.org")
    for minutes in (2, 3):
        tell_and_send(now + timedelta(minutes=minutes))
    [message] = mail.outbox
    text = str(message.body)
    assert message.to == ["nia@oak.example.org"]
    assert "You know this already" not in text
    if stays:
        assert "Mails about this visit come to this address from now on." in text
        assert STAYS in text
        assert OFF not in text
    else:
        assert "This is how it stands now." in text
        assert "it is taken out" in text


def test_a_host_at_a_new_address_reads_whose_pupils_come_to_it_besides(agreed: Session, now: datetime) -> None:
    is_replaced(agreed.visit)
    tell_and_send(now)
    [text] = to_new_reader()
    assert f"{OFF}: KS2 assembly, with pupils of Fern Primary\n" in text
    assert f"{STAYS}: KS2 assembly\n" in text


def test_who_begins_to_read_and_heard_of_the_visit_in_passing_alone_has_it_in_words_too(
    agreed: Session, by: User, now: datetime
) -> None:
    visit = agreed.visit
    names(visit, Contact.objects.create(school=visit.school, name="Zoe", email=NEW), by, now)
    hosts_know(visit.sessions.values_list("pk", flat=True), now=now)
    assert tell_and_send(now) == 1
    [text] = to_new_reader()
    assert "You know this already" not in text
    assert "Mails about this visit come to this address from now on." in text
    assert OFF in text
    assert STAYS in text


def is_taken_out(message: EmailMessage) -> bool:
    [part] = [part for part in message.message().walk() if part.get_content_type() == "text/calendar"]
    return part.get_param("method") == "CANCEL"


def test_whoever_reads_elsewhere_than_where_nobody_answered_has_the_visit_taken_out_of_their_calendar(
    agreed: Session, by: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancel_visit(agreed.visit, code="weather", note="", by=by, now=now)
    with monkeypatch.context() as patched:
        patched.setattr(actions, "send", unanswered)
        tell_and_send(now)
    assert tell_and_send(now) == 0, "it counts as known at that address"
    reads(agreed.visit, NEW)
    assert tell_and_send(now) == 1
    [message] = mail.outbox
    assert "This will not take place." in str(message.body)
    assert is_taken_out(message)
    assert tell_and_send(now) == 0


def test_who_reads_again_at_a_new_address_has_taken_out_what_only_a_colleague_was_told_of(
    agreed: Session, by: User, now: datetime
) -> None:
    visit = agreed.visit
    nia = visit.school.contacts.get()
    reads(visit, "")
    Contact.objects.create(school=visit.school, name="Owen", email="owen@oak.example.org")
    cancel_visit(visit, code="weather", note="", by=by, now=now)
    tell_and_send(now)
    assert {"owen@oak.example.org"} < {address for message in mail.outbox for address in message.to}
    Contact.objects.filter(pk=nia.pk).update(email=NEW)
    assert tell_and_send(now) == 1
    assert "it is taken out" in to_new_reader()[0]
    assert is_taken_out(mail.outbox[-1])
    assert tell_and_send(now) == 0


def test_whoever_begins_to_read_on_the_day_itself_reads_of_what_is_not_over(agreed: Session) -> None:
    is_replaced(agreed.visit)
    tell_and_send(datetime.combine(DAY, time(10), tzinfo=UTC))
    [text] = to_new_reader()
    assert f"{STAYS}: KS2 assembly" in text
    assert OFF not in text
