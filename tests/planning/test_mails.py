"""Mails about what comes next: open mornings near somebody, thanks for a term, asking a school again."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from schools.core.periods import Period
from schools.directory.actions import add_stand_in
from schools.models import (
    Area,
    Contact,
    ContactLog,
    OfferedDates,
    OutboxMessage,
    School,
    SchoolAlarm,
    Session,
    SuppressedAddress,
    Term,
    Volunteer,
)
from schools.planning.kinds import near_you_due
from schools.planning.queries.terms import terms_around, terms_that_ended
from tests.factories import (
    AreaFactory,
    CoverFactory,
    HeadcountFactory,
    SchoolFactory,
    SessionFactory,
    able_volunteer,
    coordinator_of,
    manager,
)
from tests.news import drafts, tell, tell_and_send
from tests.school_portal.asking import open_the_door

pytestmark = pytest.mark.django_db

WEDNESDAY = datetime(2026, 11, 25, 8, tzinfo=UTC)


@pytest.fixture
def area() -> Area:
    made: Area = AreaFactory()
    return made


@pytest.fixture
def volunteer(area: Area) -> Volunteer:
    return able_volunteer(area, signs_in=True, name="Asha Rao", easting=300_000, northing=500_000)


def open_at(area: Area, name: str, *, away_km: int | None, day: date = date(2026, 12, 3)) -> Session:
    place = {} if away_km is None else {"easting": 300_000 + 1000 * away_km, "northing": 500_000}
    session: Session = SessionFactory(visit__school=SchoolFactory(area=area, name=name, **place), day=day)
    return session


def test_once_a_week_they_read_which_mornings_near_them_are_open(area: Area, volunteer: Volunteer) -> None:
    for name, away_km in (("Near", 19), ("Far", 21), ("Somewhere", None)):
        open_at(area, name, away_km=away_km)
    open_at(area, "Later", away_km=1, day=date(2027, 1, 7))
    open_at(AreaFactory(), "Elsewhere", away_km=1)
    assert [len(drafts("near-you", WEDNESDAY + timedelta(hours=hours))) for hours in (-1, 0, 11, 12, 24, 47, 48)] == [
        0, 1, 1, 0, 1, 0, 0,
    ]  # fmt: skip
    for hours in (0, 2, 25, 7 * 24):
        tell_and_send(WEDNESDAY + timedelta(hours=hours), kinds=["near-you"])
    assert [message.subject for message in mail.outbox] == [
        "2 mornings near you need somebody",
        "3 mornings near you need somebody",
    ]
    names = ("Near", "Far", "Somewhere", "Later", "Elsewhere")
    assert [name for name in names if name in mail.outbox[0].body] == ["Near", "Somewhere"]


def test_the_mail_of_the_week_says_how_many_mornings_are_open_and_lists_the_first_ten(area: Area, volunteer: Volunteer) -> None:
    for number in range(14):
        open_at(area, f"School {number:02}", away_km=1, day=date(2026, 11, 30) + timedelta(days=number))
    tell_and_send(WEDNESDAY, kinds=["near-you"])
    [message] = mail.outbox
    assert message.subject == "14 mornings near you need somebody"
    assert [f"School {number:02}" in message.body for number in range(14)] == [True] * 10 + [False] * 4
    assert "4 more mornings are in the list." in message.body


@pytest.mark.parametrize("hours", [-1, 12, 48])
def test_outside_its_hours_the_mail_of_the_week_reads_nothing(
    volunteer: Volunteer, django_assert_num_queries: Callable[[int], Any], hours: int
) -> None:
    with django_assert_num_queries(0):
        assert list(near_you_due(WEDNESDAY + timedelta(hours=hours), None)) == []


def test_within_its_hours_the_mail_of_the_week_reads_of_the_outbox_only_what_is_new(volunteer: Volunteer) -> None:
    with CaptureQueriesContext(connection) as read:
        assert list(near_you_due(WEDNESDAY, None)) == []
    (statement,) = [query["sql"] for query in read if "outboxmessage" in query["sql"]]
    assert '"created_at" >=' in statement


def test_how_far_somebody_goes_is_how_near_a_morning_has_to_be(area: Area, volunteer: Volunteer) -> None:
    open_at(area, "Far", away_km=21)
    assert drafts("near-you", WEDNESDAY) == []
    volunteer.furthest_km = 30
    volunteer.save()
    assert len(drafts("near-you", WEDNESDAY)) == 1


def test_nobody_is_looked_for_where_the_school_says_that_it_has_to_call_the_day_off(area: Area, volunteer: Volunteer) -> None:
    session = open_at(area, "Near", away_km=1)
    said = {"what": SchoolAlarm.What.CALL_OFF, "given_by": "Jo", "at": WEDNESDAY}
    alarm = SchoolAlarm.objects.create(visit=session.visit, day=session.day, **said)
    assert drafts("near-you", WEDNESDAY) == []
    alarm.over_at = WEDNESDAY
    alarm.save()
    assert len(drafts("near-you", WEDNESDAY)) == 1


def test_nobody_reads_of_a_morning_that_they_may_not_take_nor_who_wants_no_such_mail(area: Area, volunteer: Volunteer) -> None:
    session = open_at(area, "Near", away_km=1)
    cover = CoverFactory(session=session, volunteer=volunteer)
    assert drafts("near-you", WEDNESDAY) == []
    cover.delete()
    assert len(drafts("near-you", WEDNESDAY)) == 1
    volunteer.mornings_by_mail = False
    volunteer.save()
    assert drafts("near-you", WEDNESDAY) == []
    Volunteer.objects.update(mornings_by_mail=True)
    volunteer.clearances.all().delete()
    assert drafts("near-you", WEDNESDAY) == []


def test_the_mail_of_the_week_is_not_sent_when_the_morning_is_taken_meanwhile(area: Area, volunteer: Volunteer) -> None:
    session = open_at(area, "Near", away_km=1)
    assert tell(WEDNESDAY, kinds=["near-you"]) == 1
    CoverFactory(session=session)
    session.stage, session.cancelled_code = "cancelled", "weather"
    session.save()
    assert tell_and_send(WEDNESDAY, kinds=[]) == 0


HALVES = ((date(2026, 9, 3), date(2026, 10, 23)), (date(2026, 11, 2), date(2026, 12, 18)), (date(2027, 1, 4), date(2027, 2, 12)))


@pytest.fixture
def terms() -> None:
    for first_day, last_day in HALVES:
        Term.objects.create(nation="england", name="term", first_day=first_day, last_day=last_day)


def ended_on(day: date) -> list[tuple[str, Period]]:
    return terms_that_ended(terms_around(on=day), on=day)


def test_a_term_ends_before_a_holiday_and_not_before_its_second_half(terms: None) -> None:
    days = [date(2026, 10, 1) + timedelta(days=number) for number in range(100)]
    ended = {day: term for day in days for nation, term in ended_on(day) if nation == "england"}
    assert list(ended) == [date(2026, 12, 22) + timedelta(days=number) for number in range(7)]
    assert {(term.first_day, term.last_day) for term in ended.values()} == {(date(2026, 9, 3), date(2026, 12, 18))}


def test_without_known_terms_the_year_has_three() -> None:
    ends = {day for day in (date(2026, 8, 1) + timedelta(days=number) for number in range(365)) if ended_on(day)}
    assert {(day.month, day.day) for day in ends if day - timedelta(days=1) not in ends} == {(8, 4), (1, 4), (4, 4)}


def test_who_was_at_a_session_is_thanked_in_true_figures_once(terms: None, volunteer: Volunteer, area: Area) -> None:
    for day, pupils in ((date(2026, 9, 10), (20, 30)), (date(2026, 12, 1), (25, None)), (date(2026, 7, 1), (99, 99))):
        session = SessionFactory(visit__school=SchoolFactory(area=area), day=day, delivered=True)
        CoverFactory(session=session, volunteer=volunteer, state="attended")
        for year_group, number in enumerate(pupils):
            HeadcountFactory(session=session, year_group=year_group, pupils=number)
    CoverFactory(session=session, volunteer=able_volunteer(area, signs_in=True), state="attended")
    for hour in (8, 9, 30):
        tell_and_send(datetime(2026, 12, 22, tzinfo=UTC) + timedelta(hours=hour), kinds=["term-thanks"])
    (message,) = mail.outbox
    assert "This term you were at 2 sessions in 2 schools." in message.body
    assert "With you there 75 seats were filled" in message.body
    # The end of the term is corrected afterwards: nobody is thanked twice.
    Term.objects.filter(last_day=date(2026, 12, 18)).update(last_day=date(2026, 12, 17))
    tell_and_send(datetime(2026, 12, 24, 9, tzinfo=UTC), kinds=["term-thanks"])
    assert len(mail.outbox) == 1


@pytest.fixture
def scotland(terms: None) -> School:
    """A school of a nation whose term ends six days after that of England, and where it was as long."""
    Term.objects.create(nation="scotland", name="term", first_day=date(2026, 8, 18), last_day=date(2026, 12, 24))
    school: School = SchoolFactory(area=AreaFactory(), nation="scotland")
    return school


def gave(volunteer: Volunteer, school: School, day: date, *, pupils: int) -> None:
    session = SessionFactory(visit__school=school, day=day, delivered=True)
    CoverFactory(session=session, volunteer=volunteer, state="attended")
    HeadcountFactory(session=session, year_group=4, pupils=pupils)


def thanked_until(day: date) -> list[str]:
    """The thanks of every day from four days after England’s term until then."""
    mail.outbox.clear()
    moment = datetime(2026, 12, 22, 9, tzinfo=UTC)
    while moment.date() <= day:
        tell_and_send(moment, kinds=["term-thanks"])
        moment += timedelta(days=1)
    return [str(message.body) for message in mail.outbox]


def test_who_works_in_two_nations_is_thanked_once_for_all_of_it_when_the_last_of_their_terms_is_over(
    scotland: School, volunteer: Volunteer, area: Area
) -> None:
    gave(volunteer, SchoolFactory(area=area), date(2026, 9, 10), pupils=20)
    gave(volunteer, scotland, date(2026, 12, 23), pupils=30)
    at_home = able_volunteer(area, signs_in=True)
    gave(at_home, SchoolFactory(area=area), date(2026, 9, 11), pupils=7)
    (of_one,) = thanked_until(date(2026, 12, 27))
    assert "With you there 7 seats were filled" in of_one, "who works in England alone waits for nobody"
    (of_both,) = thanked_until(date(2027, 1, 10))
    assert "This term you were at 2 sessions in 2 schools." in of_both
    assert "With you there 50 seats were filled" in of_both


@pytest.mark.parametrize("nation", ["england:2026-09-03", "scotland:2026-08-18"])
def test_who_was_thanked_for_the_term_of_one_nation_is_not_thanked_again_for_that_of_another(
    scotland: School, volunteer: Volunteer, area: Area, nation: str
) -> None:
    gave(volunteer, SchoolFactory(area=area), date(2026, 9, 10), pupils=20)
    gave(volunteer, scotland, date(2026, 12, 23), pupils=30)
    key = f"term-thanks:{volunteer.pk}:{nation}"
    OutboxMessage.objects.create(key=key, kind="term-thanks", to=volunteer.mail_address, subject="x", body="x", sent_at=WEDNESDAY)
    assert thanked_until(date(2027, 1, 10)) == []


def test_a_term_that_another_nation_ends_much_later_waits_for_no_one(scotland: School, volunteer: Volunteer, area: Area) -> None:
    Term.objects.filter(nation="scotland").update(last_day=date(2026, 10, 9))
    gave(volunteer, SchoolFactory(area=area), date(2026, 9, 10), pupils=20)
    gave(volunteer, scotland, date(2026, 9, 30), pupils=30)
    tell_and_send(datetime(2026, 10, 14, 9, tzinfo=UTC), kinds=["term-thanks"])
    (message,) = mail.outbox
    assert "With you there 30 seats were filled" in message.body
    (of_england,) = thanked_until(date(2027, 1, 10))
    assert "With you there 20 seats were filled" in of_england


def test_both_name_the_coordinators_of_their_areas_or_who_stands_in(terms: None, volunteer: Volunteer, area: Area) -> None:
    cora, ben = (coordinator_of(area, name=name, phone="+441632960123") for name in ("Cora Nwosu", "Ben Fell"))
    coordinator_of(AreaFactory(), name="Far Away")
    open_at(area, "Near", away_km=1)
    session = SessionFactory(visit__school=SchoolFactory(area=area), day=date(2026, 12, 1), delivered=True)
    CoverFactory(session=session, volunteer=volunteer, state="attended")
    away = WEDNESDAY.date()
    add_stand_in(cora, manager(name="Mona Grey"), first=away, last=away, on=away)
    tell_and_send(WEDNESDAY, kinds=["near-you"])
    tell_and_send(datetime(2026, 12, 22, 9, tzinfo=UTC), kinds=["term-thanks"])
    of_week, of_term = mail.outbox
    assert "\nFrom Mona Grey for Cora Nwosu, who is away\nFrom Ben Fell, 01632 960123\n" in str(of_week.body)
    assert "\nFrom Cora Nwosu, 01632 960123\nFrom Ben Fell, 01632 960123\n" in str(of_term.body)
    assert of_term.reply_to == [cora.email, ben.email]


@pytest.fixture
def contact(area: Area) -> Contact:
    school = SchoolFactory(area=area, name="Oak Primary")
    made: Contact = Contact.objects.create(school=school, name="Nia", email="nia@oak.example.org", wants_invitations=True)
    return made


def test_only_who_wants_to_be_asked_again_is_asked_once_a_school_year(contact: Contact, area: Area, now: datetime) -> None:
    Contact.objects.create(school=contact.school, name="Other", email="other@oak.example.org")
    contact.also_at.add(SchoolFactory(area=area, name="Ash Primary"))
    for day in (0, 1, 200):
        tell_and_send(now + timedelta(days=day), kinds=["school-due"])
    (message,) = mail.outbox
    assert message.to == ["nia@oak.example.org"]
    assert message.subject == "Shall we come this school year? Ash Primary and Oak Primary"
    assert "because you said that you want to be asked" in message.body
    assert "/no-more/school-due-mail." in message.body
    assert len(drafts("school-due", now.replace(year=2027))) == 1


def test_a_school_that_becomes_due_later_is_asked_about_too_and_none_twice_in_a_year(
    contact: Contact, area: Area, now: datetime
) -> None:
    ash = SchoolFactory(area=area, name="Ash Primary")
    contact.also_at.add(ash)
    log = ContactLog.objects.create(school=ash, day=now.date(), how="phone", who="Nia", by=manager())
    for days in (0, 7, 28, 29, 200):
        tell_and_send(now + timedelta(days=days), kinds=["school-due"])
    log.delete()
    assert [message.subject for message in mail.outbox] == [
        "Shall we come this school year? Oak Primary",
        "Shall we come this school year? Ash Primary",
    ]
    assert len(drafts("school-due", now.replace(year=2027))) == 1, "about both, in the next school year"


def test_a_school_that_gets_another_register_number_is_not_asked_about_twice_in_a_year(
    contact: Contact, area: Area, now: datetime
) -> None:
    tell_and_send(now, kinds=["school-due"])
    old, new = contact.school, SchoolFactory(area=area, name="Oak Academy")
    School.objects.filter(pk__in=[old.pk, new.pk]).update(chain=old.pk, lineage=old.pk)
    School.objects.filter(pk=old.pk).update(status="closed", closed=date(2026, 12, 31))
    contact.also_at.add(new)
    for days in (60, 90, 200):
        tell_and_send(now + timedelta(days=days), kinds=["school-due"])
    assert [message.subject for message in mail.outbox] == ["Shall we come this school year? Oak Primary"]
    assert len(drafts("school-due", now.replace(year=2027))) == 1, "in the next school year"


def test_who_wants_to_be_asked_is_asked_about_the_number_that_their_school_has_now(
    contact: Contact, area: Area, now: datetime
) -> None:
    old, new, split = contact.school, SchoolFactory(area=area, name="Oak Academy"), SchoolFactory(area=area, name="Elm Academy")
    School.objects.filter(pk__in=[old.pk, new.pk]).update(chain=old.pk, lineage=old.pk)
    School.objects.filter(pk=split.pk).update(lineage=old.pk)
    assert len(drafts("school-due", now)) == 1, "about the old number alone, while that is booked"
    School.objects.filter(pk=old.pk).update(status="closed", closed=date(2026, 8, 31))
    assert tell_and_send(now, kinds=["school-due"]) == 1
    assert [message.subject for message in mail.outbox] == ["Shall we come this school year? Oak Academy"]
    assert str(mail.outbox[0].body).startswith(f"Hello {contact.name}")
    tell_and_send(now + timedelta(days=60), kinds=["school-due"])
    assert len(mail.outbox) == 1


def test_an_address_that_refuses_is_asked_nothing_more_when_another_school_becomes_due(
    contact: Contact, area: Area, now: datetime
) -> None:
    SuppressedAddress.objects.create(address=contact.email, reason="bounce", since=now)
    assert tell_and_send(now, kinds=["school-due"]) == 0
    assert OutboxMessage.objects.filter(stopped_by__isnull=False).count() == 1
    contact.also_at.add(SchoolFactory(area=area, name="Ash Primary"))
    assert drafts("school-due", now + timedelta(days=1)) == []
    contact.email = "nia@new.example.org"
    contact.save()
    (draft,) = drafts("school-due", now + timedelta(days=1))
    assert draft.to == contact.email


def test_who_was_asked_before_mails_kept_about_which_schools_is_not_asked_twice(contact: Contact, now: datetime) -> None:
    message = OutboxMessage.objects.create(key=f"school-due:{contact.pk}:2026", to=contact.email, subject="", body="")
    assert drafts("school-due", now) == []
    message.delete()
    assert len(drafts("school-due", now)) == 1


def test_the_question_leads_to_where_one_asks_for_a_visit_once_the_door_is_open(
    contact: Contact, area: Area, now: datetime
) -> None:
    (draft,) = drafts("school-due", now)
    assert draft.link is None
    open_the_door()
    (draft,) = drafts("school-due", now)
    assert draft.link
    assert draft.link.address.endswith(f"/ask/school/{contact.school_id}/")
    contact.also_at.add(SchoolFactory(area=area, name="Ash Primary"))
    (draft,) = drafts("school-due", now)
    assert draft.link
    assert draft.link.address.endswith("/ask/")


def test_a_school_is_not_asked_that_is_booked_or_was_spoken_with_or_has_holidays(contact: Contact, now: datetime) -> None:
    three_ago = now.date() - timedelta(days=3)
    log = ContactLog.objects.create(school=contact.school, day=three_ago, how="phone", who="Nia", by=manager())
    assert drafts("school-due", now) == []
    log.day -= timedelta(days=1)
    log.save()
    assert len(drafts("school-due", now)) == 1
    assert drafts("school-due", now.replace(month=8)) == []
    SessionFactory(visit__school=contact.school, day=date(2026, 12, 3))
    assert drafts("school-due", now) == []


def test_nobody_is_asked_the_day_after_a_visit_nor_during_an_online_window(contact: Contact, now: datetime) -> None:
    yesterday = now.date() - timedelta(days=1)
    session = SessionFactory(visit__school=contact.school, day=yesterday)
    assert drafts("school-due", now) == []
    Session.objects.filter(pk=session.pk).update(day=yesterday - timedelta(days=300), until_day=now.date())
    assert drafts("school-due", now) == []
    Session.objects.filter(pk=session.pk).update(day=yesterday - timedelta(days=300), until_day=None)
    assert len(drafts("school-due", now)) == 1, "nobody ever reported it"


def test_a_school_that_is_choosing_a_date_is_not_asked_whether_it_would_like_a_visit(contact: Contact, now: datetime) -> None:
    (before,) = drafts("school-due", now)
    dates = OfferedDates.objects.create(
        school=contact.school, contact=contact, half_days=["2027-01-12-morning"], people=2, offered_at=now, held_until=now.date()
    )
    assert drafts("school-due", now) == []
    OfferedDates.objects.filter(pk=dates.pk).update(held_until=now.date() - timedelta(days=1))
    assert [draft.key for draft in drafts("school-due", now)] == [before.key]
