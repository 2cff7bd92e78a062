"""Packs of visits that are agreed when no school is written to any more before they begin."""

from datetime import UTC, date, datetime

import pytest
from django.core import mail

from schools.models import Contact, Session, Visit
from schools.visits.actions import confirm
from tests.factories import HeadcountFactory, SchoolFactory, SessionFactory, manager
from tests.news import drafts, tell_and_send

pytestmark = pytest.mark.django_db

DAY = date(2026, 12, 17)
"""A Thursday."""
SAT, SUN, MON = (date(2026, 12, day) for day in (12, 13, 14))
NIA, FAY = "nia@oak.example.org", "fay@fern.example.org"
BOTH = {NIA, FAY}


@pytest.fixture
def session() -> Session:
    """An agreed visit with a guest school."""
    host, guest = SchoolFactory(name="Oak Primary"), SchoolFactory(name="Fern Primary")
    Contact.objects.create(school=host, name="Nia Head", email=NIA)
    Contact.objects.create(school=guest, name="Fay Office", email=FAY)
    agreed = {"visit__stage": "confirmed", "visit__agreed_on": date(2026, 11, 2)}
    made: Session = SessionFactory(visit__school=host, visit__coordinator=manager(), day=DAY, **agreed)
    HeadcountFactory(session=made, school=host, year_group=4, expected=58)
    HeadcountFactory(session=made, school=guest, year_group=3, expected=21)
    return made


@pytest.mark.parametrize(
    ("day", "goes", "waits"),
    [
        # Agreed after half past eight on the evening before, or on Friday for Monday: in the morning, until it begins at 9:15.
        (DAY, ["2026-12-17 07:30", "2026-12-17 09:00"], ["2026-12-16 20:30", "2026-12-17 07:00", "2026-12-17 09:15"]),
        (MON, ["2026-12-14 07:30"], ["2026-12-11 20:30", "2026-12-12 12:00", "2026-12-13 21:30", "2026-12-14 09:15"]),
        # Nobody is written to before it begins: at once, but never sooner than a change would be told.
        (SAT, ["2026-12-11 20:30", "2026-12-12 09:00"], ["2026-12-12 09:15"]),
        (SUN, ["2026-12-11 21:30", "2026-12-12 12:00"], ["2026-12-11 20:30", "2026-12-13 09:15"]),
    ],
)
def test_the_pack_of_what_was_agreed_in_the_last_evening_goes_in_the_morning_or_at_once(
    session: Session, day: date, goes: list[str], waits: list[str]
) -> None:
    Session.objects.update(day=day)
    for about in (None, [session.visit_id]):
        for moment in goes:
            packs = drafts("school-pack", datetime.fromisoformat(f"{moment}Z"), about)
            assert {draft.to for draft in packs} == BOTH, moment
        for moment in waits:
            assert drafts("school-pack", datetime.fromisoformat(f"{moment}Z"), about) == [], moment


def test_a_visit_that_is_agreed_in_the_evening_for_the_next_morning_is_told_at_once_and_has_its_pack_before_it_begins(
    session: Session,
) -> None:
    Visit.objects.update(stage="planned", agreed_on=None)
    evening = datetime(2026, 12, 16, 20, 30, tzinfo=UTC)
    confirm(session.visit, agreed_on=evening.date(), agreed_with="", by=manager(), now=evening)
    subjects = []
    for moment in (evening, *(datetime(2026, 12, 17, hour, tzinfo=UTC) for hour in (8, 9))):
        before = len(mail.outbox)
        tell_and_send(moment, kinds=["visits", "school-pack", "school-week", "school-day-before"])
        subjects.append([message.subject.partition(":")[0] for message in mail.outbox[before:] if message.to == [NIA]])
    assert subjects == [["Our visit"], ["Before our visit"], []]
