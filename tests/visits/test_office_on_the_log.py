"""What coordinators are mailed of a visit stands on its log, and changes nothing of what volunteers and schools know."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from schools.models import Batch, Cover, MessageAbout, OutboxMessage, SchoolAlarm, SchoolAnswer, Session, Visit
from schools.visits.actions import take_off
from schools.visits.actions.undoable import held
from schools.visits.actions.undoing import undo
from schools.visits.contact_emails import ask_new_contact
from schools.visits.new_contacts import NewContact
from schools.visits.queries import VisitDay
from schools.visits.queries.known import known_standings
from schools.visits.queries.message_log import about_visits, messages_seen_by
from schools.visits.queries.parties_told import parties_told
from schools.visits.queries.standings import SCHOOL, VOLUNTEER
from tests.factories import SessionFactory, manager
from tests.messages.world import MOMENTS, World, at
from tests.news import drafts, tell_and_send

pytestmark = pytest.mark.django_db

TO_THE_OFFICE = ("given-back", "date-chosen", "school-change", "school-alarm")


def test_each_mail_about_a_visit_to_the_office_is_on_its_log_and_tells_nobody_else_anything() -> None:
    world = World()
    world.grow(1)
    visits = list(Visit.objects.values_list("pk", flat=True))
    known = [known_standings(visits, of=party) for party in (VOLUNTEER, SCHOOL)]
    for kind in TO_THE_OFFICE:
        written = set(OutboxMessage.objects.values_list("key", flat=True))
        new = [draft for draft in drafts(kind, MOMENTS[kind]) if draft.key not in written]
        about = {pk for draft in new for pk in draft.about}  # type: ignore[attr-defined]  # ids, in these kinds
        assert about, kind
        tell_and_send(MOMENTS[kind], kinds=[kind])
        assert {pk for pk in visits if about_visits([pk]).filter(kind=kind, sent_at__isnull=False).exists()} == about, kind
    assert [known_standings(visits, of=party) for party in (VOLUNTEER, SCHOOL)] == known
    seen = messages_seen_by(world.by, on=at(17).date())
    assert set(seen.filter(kind__in=TO_THE_OFFICE).values_list("kind", flat=True)) == set(TO_THE_OFFICE)


def test_a_mail_to_the_office_that_came_back_is_not_told_as_a_readers_whom_nobody_knows() -> None:
    world = World()
    world.grow(1)
    alarm = SchoolAlarm.objects.get()
    tell_and_send(MOMENTS["school-alarm"], kinds=["school-alarm"])
    message = about_visits([alarm.visit_id]).get(kind="school-alarm")
    OutboxMessage.objects.exclude(pk=message.pk).delete()
    OutboxMessage.objects.update(sent_at=None, stopped_at=at(17, 9), last_error="550 no")
    assert drafts("undelivered", at(17, 11)) == []


def test_what_was_undone_before_the_office_was_told_leaves_nothing_on_the_log(now: datetime) -> None:
    world, by = World(), manager()
    world.grow(1)
    cover = Cover.objects.select_related("session__visit", "volunteer").filter(state="accepted").order_by("pk")[0]
    Session.objects.filter(pk=cover.session_id).update(day=now.date() + timedelta(days=2))
    cover.session.refresh_from_db()
    day = VisitDay(cover.session.visit, cover.session.day)
    batch = held(lambda: take_off(day, cover.volunteer, by=by, now=now), now=now)
    assert about_visits([day.visit.pk]).filter(kind="given-back").exists()
    undo(batch, by=by, now=now + timedelta(seconds=20))
    assert not MessageAbout.objects.filter(volunteer=None, school=None, visit=day.visit).exists()


def test_an_alarm_of_a_school_goes_at_once_beside_what_the_office_may_undo() -> None:
    world = World()
    world.grow(1)
    visit, moment = SchoolAlarm.objects.get().visit_id, MOMENTS["school-alarm"]
    values = {"held_until": moment + timedelta(seconds=65), "visits": [visit]}
    Batch.objects.create(kind="move", words="Moved", made_at=moment, by=world.by, **values)
    assert tell_and_send(moment, kinds=["school-alarm"]) > 0
    assert about_visits([visit]).filter(kind="school-alarm", sent_at__isnull=False).exists()


def test_only_a_mail_to_the_office_is_about_neither_a_volunteer_nor_a_school() -> None:
    world = World()
    world.grow(1)
    visit = Visit.objects.order_by("pk")[0]
    with pytest.raises(IntegrityError), transaction.atomic():
        MessageAbout.objects.create(visit=visit, known_by="message", facts="x")


def test_the_link_that_asks_a_new_contact_to_confirm_is_on_the_visits_log_once_and_tells_nobody_anything(now: datetime) -> None:
    visit = SessionFactory(visit__stage="confirmed", visit__agreed_on=now.date()).visit
    known = [known_standings([visit.pk], of=party) for party in (VOLUNTEER, SCHOOL)]
    words = NewContact("Zoe New", "", "zoe@oak.example.org").words
    answer = SchoolAnswer.objects.create(visit=visit, school=visit.school, item="contact", words=words, given_by="Nia", at=now)
    for _ in range(2):
        ask_new_contact(answer, visit)
    assert about_visits([visit.pk]).get().to == "zoe@oak.example.org"
    assert [known_standings([visit.pk], of=party) for party in (VOLUNTEER, SCHOOL)] == known
    assert {each.message for each in parties_told(visit)} == {None}
