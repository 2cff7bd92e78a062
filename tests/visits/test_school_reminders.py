"""What schools are sent around a visit by itself: each once, in its time, and not where somebody wrote by hand."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.core import mail

from schools.models import (
    Contact,
    ContactLog,
    Headcount,
    MessageAbout,
    OutboxMessage,
    School,
    SchoolAgreement,
    Session,
    SessionType,
    User,
)
from schools.visits.actions import cancel_session, cancel_visit
from schools.visits.actions.conversations import Conversation, log_conversation, request_visit
from schools.visits.models import NOBODY
from schools.visits.queries.notifications import people_to_tell
from schools.visits.queries.standings import true_standings_of_schools
from tests.factories import HeadcountFactory, SchoolFactory, SessionFactory, VisitFactory, manager
from tests.news import drafts, tell, tell_and_send

pytestmark = pytest.mark.django_db

DAY = date(2026, 12, 17)  # a Thursday
BEFORE = ("school-pack", "school-week", "school-day-before")


@pytest.fixture
def host() -> School:
    school: School = SchoolFactory(name="Oak Primary")
    Contact.objects.create(school=school, name="Nia Head", email="nia@oak.example.org")
    return school


@pytest.fixture
def guest() -> School:
    school: School = SchoolFactory(name="Fern Primary")
    Contact.objects.create(school=school, name="Fay Office", email="fay@fern.example.org")
    return school


@pytest.fixture
def session(host: School, guest: School) -> Session:
    """An agreed visit with a guest school in the first of two sessions."""
    agreed = {"visit__stage": "confirmed", "visit__agreed_on": date(2026, 11, 2)}
    made: Session = SessionFactory(visit__school=host, visit__coordinator=manager(), day=DAY, **agreed)
    HeadcountFactory(session=made, school=host, year_group=4, expected=58)
    HeadcountFactory(session=made, school=guest, year_group=3, expected=21)
    SessionFactory(visit=made.visit, day=DAY, starts=time(11), ends=time(11, 30))
    return made


def at(day: date, hour: int = 9) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=UTC)


def on_days(kind: str, first: date, last: date, about: list[int] | None = None) -> dict[date, set[str]]:
    """On which days a kind is due at nine in the morning, and to whom."""
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return {day: {draft.to for draft in to} for day in days if (to := drafts(kind, at(day), about))}


NIA, FAY = "nia@oak.example.org", "fay@fern.example.org"
BOTH = {NIA, FAY}


def test_each_goes_in_its_time_to_host_and_guest_and_to_nobody_at_a_weekend(session: Session) -> None:
    first, last = date(2026, 11, 24), date(2026, 12, 18)
    weekdays = [date(2026, 11, 30) + timedelta(days=number) for number in range(18)]
    assert on_days("school-pack", first, last) == {day: BOTH for day in weekdays if day.weekday() < 5}
    # From Thursday to Tuesday: on Wednesday the reminder of the next day goes.
    assert list(on_days("school-week", first, last)) == [date(2026, 12, day) for day in (10, 11, 14, 15)]
    assert on_days("school-day-before", first, last) == {date(2026, 12, 16): BOTH}


def test_a_visit_on_monday_is_reminded_of_on_friday(session: Session) -> None:
    Session.objects.update(day=date(2026, 12, 14))
    assert list(on_days("school-day-before", date(2026, 12, 9), date(2026, 12, 15))) == [date(2026, 12, 11)]


def test_nothing_goes_at_night(session: Session) -> None:
    assert drafts("school-week", at(date(2026, 12, 10), 7)) == []
    assert drafts("school-week", at(date(2026, 12, 10), 21)) == []


def test_each_is_sent_once_and_says_what_it_is_about(session: Session) -> None:
    for day in range(16):
        tell_and_send(at(date(2026, 12, 1) + timedelta(days=day)), kinds=BEFORE)
    subjects = [message.subject for message in mail.outbox if message.to == ["nia@oak.example.org"]]
    openings = ("Before our visit: ", "Has anything changed? ", "We are coming: ")
    assert subjects == [f"{opening}Oak Primary, Thu 17 December 2026" for opening in openings]
    assert OutboxMessage.objects.count() == 6
    of_week = {message.to[0]: message.body for message in mail.outbox if message.subject.startswith("Has anything")}
    assert "- KS2 assembly (Thu 17 December 2026, 9:15–9:45 am): about 58 pupils" in of_week["nia@oak.example.org"]
    assert "- KS2 assembly: about 21 pupils" in of_week["fay@fern.example.org"]
    assert "This is about pupils of Fern Primary, who are guests there." in of_week["fay@fern.example.org"]
    assert "11:00" not in of_week["fay@fern.example.org"]


def test_the_pack_names_the_safeguarding_lead_or_asks_who_that_is(session: Session) -> None:
    (pack, _) = drafts("school-pack", at(date(2026, 12, 1)))
    assert "Please say on the page of the visit who that is." in pack.body
    assert "checked under DBS" in pack.body
    session.visit.safeguarding_contact = Contact.objects.create(school=session.visit.school, name="Sam Lead")
    session.visit.save()
    (pack, _) = drafts("school-pack", at(date(2026, 12, 1)))
    assert "we tell Sam Lead at once" in pack.body


@pytest.mark.parametrize("is_named", [True, False])
def test_the_pack_of_a_guest_says_whose_lead_we_tell_and_asks_it_for_none(session: Session, is_named: bool) -> None:
    if is_named:
        session.visit.safeguarding_contact = Contact.objects.create(school=session.visit.school, name="Sam Lead")
        session.visit.save()
    (_, pack) = drafts("school-pack", at(date(2026, 12, 1)))
    assert "we tell the safeguarding lead of Oak Primary at once" in pack.body
    assert not any(words in pack.body for words in ("Sam Lead", "your safeguarding lead", "who that is"))


def test_whoever_reads_for_the_school_anew_gets_the_pack_once_unless_it_went_to_their_address(
    session: Session, host: School
) -> None:
    def packs(day: int) -> list[str]:
        before = len(mail.outbox)
        tell_and_send(at(date(2026, 12, day)), kinds=["school-pack"])
        return [message.to[0] for message in mail.outbox[before:]]

    assert set(packs(1)) == BOTH
    zoe = Contact.objects.create(school=host, name="Zoe New", email="zoe@oak.example.org")
    for contact, readers in ((zoe, ["zoe@oak.example.org"]), (zoe, []), (None, []), (zoe, [])):
        session.visit.contact = contact
        session.visit.save()
        assert packs(2) == readers
    shared = Contact.objects.create(school=host, name="Sam", email="NIA@oak.example.org")
    session.visit.contact = shared
    session.visit.save()
    assert packs(3) == [], "their mailbox has it"


def test_the_pack_of_who_reads_anew_is_still_theirs_when_it_got_no_answer_and_is_asked_again(
    session: Session, host: School
) -> None:
    tell_and_send(at(date(2026, 12, 1)), kinds=["school-pack"])
    session.visit.contact = Contact.objects.create(school=host, name="Zoe New", email="zoe@oak.example.org")
    session.visit.save()
    tell(at(date(2026, 12, 2)), kinds=["school-pack"])
    OutboxMessage.objects.filter(to="zoe@oak.example.org").update(handed_over_at=at(date(2026, 12, 2)))
    keys = {draft.key for draft in drafts("school-pack", at(date(2026, 12, 2), 10))}
    assert OutboxMessage.objects.get(to="zoe@oak.example.org").key in keys


def test_who_agreed_inside_the_window_gets_the_pack_at_once_and_no_reminder(session: Session) -> None:
    session.visit.agreed_on = date(2026, 12, 14)
    session.visit.save()
    assert len(drafts("school-pack", at(date(2026, 12, 14), 10), [session.visit_id])) == 2
    assert drafts("school-week", at(date(2026, 12, 14))) == []
    assert len(drafts("school-day-before", at(date(2026, 12, 16)))) == 2


def test_who_was_told_inside_the_window_gets_no_reminder(session: Session, host: School) -> None:
    sent_at = at(date(2026, 12, 10), 8)
    message = OutboxMessage.objects.create(key="x", to="n@oak.example.org", subject="", body="", sent_at=sent_at)
    says = [list(standing) for standing in true_standings_of_schools([session.visit_id])[session.visit_id, host.pk].values()]
    heard: dict[str, Any] = {"visit": session.visit, "school": host, "says": says, "facts": "x"}
    about = MessageAbout.objects.create(message=message, known_by="message", **heard)
    assert [draft.to for draft in drafts("school-week", at(date(2026, 12, 11)))] == ["fay@fern.example.org"]
    message.sent_at = at(date(2026, 12, 9), 8)
    message.save()
    assert len(drafts("school-week", at(date(2026, 12, 11)))) == 2
    about.message = None
    about.known_by, about.at = "otherwise", at(date(2026, 12, 11), 8)
    about.save()
    assert len(drafts("school-week", at(date(2026, 12, 11)))) == 1


def test_who_was_told_or_written_to_gets_no_reminder_of_the_first_of_two_days_either(session: Session, host: School) -> None:
    Headcount.objects.exclude(school=host).delete()
    SessionFactory(visit=session.visit, day=DAY + timedelta(days=1))
    wednesday = at(date(2026, 12, 16))
    assert len(drafts("school-day-before", wednesday)) == 1
    log = by_hand(host, date(2026, 12, 13))
    assert drafts("school-day-before", wednesday) == []
    log.delete()
    says = [list(standing) for standing in true_standings_of_schools([session.visit_id])[session.visit_id, host.pk].values()]
    heard: dict[str, Any] = {"visit": session.visit, "school": host, "says": says, "facts": "x", "known_by": "otherwise"}
    MessageAbout.objects.create(at=at(date(2026, 12, 16), 8), **heard)
    assert drafts("school-day-before", wednesday) == []


def test_in_a_series_each_day_is_reminded_of_and_the_question_comes_again_before_a_day_far_from_the_last(
    session: Session, guest: School
) -> None:
    days = [DAY + timedelta(days=number) for number in (0, 4, 11, 25, 33)]
    SessionFactory(visit=session.visit, day=DAY + timedelta(days=20), cancelled=True)
    for day in days[1:]:
        SessionFactory(visit=session.visit, day=day)
    HeadcountFactory(session=Session.objects.get(day=days[2]), school=guest, year_group=3, expected=21)
    first, last = DAY - timedelta(days=10), days[-1]
    asked = on_days("school-week", first, last)
    assert min(day for day, to in asked.items() if NIA in to) == date(2026, 12, 10)
    again = {day for day, to in asked.items() if NIA in to and day >= DAY}
    assert min(again) == days[3] - timedelta(days=7), "fourteen days after the one before it, and for no other"
    assert max(again) < days[3]
    assert not any(FAY in to for day, to in asked.items() if day >= DAY), "the guest was there eleven days before"
    reminded = {day for day, to in on_days("school-day-before", first, last).items() if NIA in to}
    assert reminded == {date(2026, 12, 16), date(2026, 12, 18), date(2026, 12, 25), date(2027, 1, 8), date(2027, 1, 18)}


def by_hand(school: School, day: date, how: str = "email", **fields: object) -> ContactLog:
    return ContactLog.objects.create(school=school, day=day, how=how, who="Nia", by=manager(), **fields)


def test_a_mail_by_hand_in_the_three_days_before_takes_the_reminders_place(session: Session, host: School) -> None:
    log = by_hand(host, date(2026, 12, 7))
    assert [draft.to for draft in drafts("school-week", at(date(2026, 12, 11)))] == ["fay@fern.example.org"]
    log.day = date(2026, 12, 6)
    log.save()
    assert len(drafts("school-week", at(date(2026, 12, 11)))) == 2
    log.day, log.how = date(2026, 12, 9), "phone"
    log.save()
    assert len(drafts("school-week", at(date(2026, 12, 11)))) == 2, "a call is no message"
    log.how, log.visit = "email", SessionFactory(visit__school=host).visit
    log.save()
    assert len(drafts("school-week", at(date(2026, 12, 11)))) == 2, "it was about another visit"


def test_the_pack_only_waits_for_three_days_after_a_mail_by_hand(session: Session, host: School) -> None:
    by_hand(host, date(2026, 12, 1))
    assert [len(drafts("school-pack", at(date(2026, 12, day)))) for day in (4, 7)] == [1, 2]
    by_hand(host, date(2026, 12, 15))
    assert len(drafts("school-pack", at(date(2026, 12, 15)))) == 2, "the visit would begin before it goes"


def test_what_is_no_longer_true_when_it_is_sent_is_not_sent(session: Session, by: User) -> None:
    tell(at(date(2026, 12, 16)), kinds=BEFORE)
    assert OutboxMessage.objects.filter(kind="school-day-before").count() == 2
    cancel_visit(session.visit, code="weather", note="", by=by, now=at(date(2026, 12, 16)))
    tell_and_send(at(date(2026, 12, 16), 10), kinds=BEFORE)
    assert mail.outbox == []
    assert not MessageAbout.objects.filter(is_reminder=True).exists()


@pytest.fixture
def by() -> User:
    return manager()


def test_a_planned_visit_is_reminded_of_by_nobody(session: Session) -> None:
    session.visit.stage = "planned"
    session.visit.save()
    assert [on_days(kind, date(2026, 11, 24), DAY) for kind in BEFORE] == [{}, {}, {}]


def test_a_reminder_is_no_news_to_people_who_are_to_be_told(session: Session, by: User) -> None:
    assert tell_and_send(at(date(2026, 12, 1)), kinds=BEFORE) == 2
    cancel_visit(session.visit, code="weather", note="", by=by, now=at(date(2026, 12, 1), 10))
    (row,) = people_to_tell(by, on=date(2026, 12, 1))
    assert row.school
    assert row.school.mailed == ""


def test_whom_the_visit_names_and_who_works_elsewhere_now_gets_nothing_of_it(session: Session, host: School) -> None:
    named = Contact.objects.create(school=host, name="Zoe Was Here", email="zoe@elsewhere.example.org")
    session.visit.contact = named
    session.visit.save()
    on = at(date(2026, 12, 16))
    assert "zoe@elsewhere.example.org" in {draft.to for draft in drafts("school-day-before", on)}
    Contact.objects.filter(pk=named.pk).update(school=SchoolFactory())
    assert {draft.to for draft in drafts("school-day-before", on)} == BOTH


def test_a_guest_whose_own_session_was_cancelled_keeps_nobody_from_being_written_to(session: Session, by: User) -> None:
    cancel_session(session, code="other", note="", by=by, now=at(date(2026, 12, 1)))
    for kind in BEFORE:
        assert {draft.to for draft in drafts(kind, at(date(2026, 12, 16)))} <= {"nia@oak.example.org"}
    assert len(drafts("school-day-before", at(date(2026, 12, 16)))) == 1


def is_reported(session: Session, pupils: int | None = 55) -> None:
    session.visit.sessions.update(stage="delivered", went_ahead="yes", recorded_at=at(session.day, 15))
    Headcount.objects.filter(session=session).update(pupils=pupils)


def test_all_of_a_series_is_thanked_for_once_it_is_over_also_to_a_guest_of_its_first_day(session: Session) -> None:
    last = session.day + timedelta(days=42)
    SessionFactory(visit=session.visit, day=last)
    is_reported(session)
    assert drafts("school-thanks", at(last)) == []
    thanks = {draft.to: draft.write()[1] for draft in drafts("school-thanks", at(last + timedelta(days=1)))}
    assert thanks.keys() == {"nia@oak.example.org", "fay@fern.example.org"}
    assert "55" in thanks["fay@fern.example.org"]
    assert "55" in thanks["nia@oak.example.org"], "the pupils of the first session too"


def test_a_long_window_is_thanked_for_once_it_has_ended(host: School) -> None:
    online = SessionType.objects.filter(channel="online").earliest("pk")
    visit = VisitFactory(school=host, stage="confirmed", agreed_on=date(2026, 11, 2))
    window = SessionFactory(visit=visit, type=online, day=date(2026, 11, 2), until_day=date(2026, 12, 14))
    HeadcountFactory(session=window, school=host, pupils=30)
    is_reported(window, 30)
    assert drafts("school-thanks", at(date(2026, 12, 14))) == []
    assert [draft.to for draft in drafts("school-thanks", at(date(2026, 12, 15)))] == ["nia@oak.example.org"]


def test_thanks_go_the_day_after_with_each_schools_own_numbers(session: Session) -> None:
    is_reported(session)
    Headcount.objects.filter(school__name="Fern Primary").update(pupils=None)
    to = {draft.to: draft.body for draft in drafts("school-thanks", at(date(2026, 12, 18)))}
    assert "- KS2 assembly (Thu 17 December 2026, 9:15–9:45 am): 55\n" in to["nia@oak.example.org"]
    assert "- KS2 assembly: not counted\n" in to["fay@fern.example.org"]
    assert "5. Would you have us again?" in to["nia@oak.example.org"]
    assert on_days("school-thanks", DAY, date(2027, 1, 12)).keys() == {
        day for day in (date(2026, 12, 18) + timedelta(days=number) for number in range(14)) if day.weekday() < 5
    }


def test_nobody_thanks_for_sessions_that_came_from_a_spreadsheet(session: Session) -> None:
    is_reported(session)
    session.visit.sessions.update(recorded_at=None)
    assert drafts("school-thanks", at(date(2026, 12, 18))) == []


def test_thanks_wait_until_everything_is_reported_and_give_way_to_a_mail_by_hand(session: Session, host: School) -> None:
    is_reported(session)
    open_one = SessionFactory(visit=session.visit, day=date(2026, 12, 18), starts=time(14), ends=time(15))
    assert drafts("school-thanks", at(date(2026, 12, 18))) == []
    open_one.delete()
    assert len(drafts("school-thanks", at(date(2026, 12, 18)))) == 2
    by_hand(host, DAY)
    assert [draft.to for draft in drafts("school-thanks", at(date(2026, 12, 18)))] == ["fay@fern.example.org"]


def test_the_questions_are_asked_once_more_of_those_with_whom_nobody_spoke(session: Session, host: School) -> None:
    is_reported(session)
    assert tell_and_send(at(date(2026, 12, 18)), kinds=["school-thanks"]) == 2
    assert drafts("school-thanks-again", at(date(2026, 12, 25))) == []
    assert {draft.to for draft in drafts("school-thanks-again", at(date(2026, 12, 28)))} == BOTH
    by_hand(host, date(2026, 12, 20), how="phone")
    assert tell_and_send(at(date(2026, 12, 28)), kinds=["school-thanks-again"]) == 1
    assert tell_and_send(at(date(2026, 12, 29)), kinds=["school-thanks-again"]) == 0
    assert mail.outbox[-1].to == ["fay@fern.example.org"]
    assert "We shall not ask again." in mail.outbox[-1].body


def test_the_agreement_of_the_year_is_asked_for_once_where_the_charity_notes_them(session: Session, host: School) -> None:
    kind = "school-agreement"
    assert drafts(kind, at(date(2026, 12, 1))) == [], "this charity notes none"
    SchoolAgreement.objects.create(school=SchoolFactory(), academic_year=2025, accepted_on=DAY, by_role="head")
    assert {draft.to for draft in drafts(kind, at(date(2026, 11, 6)))} == BOTH
    other = SessionFactory(visit__school=host, visit__stage="confirmed", visit__agreed_on=DAY, day=date(2026, 12, 16))
    assert len(drafts(kind, at(date(2026, 11, 6)))) == 2, "the host has two visits, and one agreement"
    other.delete()
    assert drafts(kind, at(date(2026, 11, 4))) == []
    SchoolAgreement.objects.create(school=host, academic_year=2026, accepted_on=DAY, by_role="head")
    assert tell_and_send(at(date(2026, 12, 1)), kinds=[kind]) == 1
    SessionFactory(visit__school=session.visit.school, visit__stage="confirmed", visit__agreed_on=DAY, day=date(2026, 12, 18))
    assert tell_and_send(at(date(2026, 12, 2)), kinds=[kind]) == 0
    assert "Your agreement for 2026/27: Fern Primary" in mail.outbox[0].subject


def test_a_request_is_answered_once_unless_somebody_wrote(host: School, by: User, now: datetime) -> None:
    visit = request_visit(host, preferred_month=date(2027, 2, 1), by=by, now=now)
    (draft,) = drafts("school-request", now, [visit.pk])
    assert "You asked for February 2027." in draft.body
    assert tell_and_send(now, kinds=["school-request"]) == 1
    assert tell_and_send(now, kinds=["school-request"]) == 0
    by_hand(host, now.date())
    assert drafts("school-request", now) == []
    ContactLog.objects.all().delete()
    assert drafts("school-request", now + timedelta(days=4)) == []


def test_dates_offered_by_word_of_mouth_are_written_to_the_school(host: School, by: User, now: datetime) -> None:
    visit = request_visit(host, preferred_month=None, by=by, now=now)
    kind = "school-dates"

    def talk(dates: str, how: str = "phone") -> None:
        conversation = Conversation(day=now.date(), how=how, who="Nia", dates_offered=dates)
        log_conversation(host, conversation, by=by, now=now, visit=visit)

    talk("12 or 14 January", how="email")
    assert drafts(kind, now) == []
    talk("12 or 14 January")
    talk("19 January")
    log_conversation(host, Conversation(day=now.date(), how="phone", who=NOBODY), by=by, now=now, visit=visit)
    (draft,) = drafts(kind, now)
    assert "one of these: 19 January" in draft.body
    assert tell_and_send(now, kinds=[kind]) == 1
    visit.stage, visit.agreed_on = "confirmed", now.date()
    visit.save()
    assert drafts(kind, now) == []
