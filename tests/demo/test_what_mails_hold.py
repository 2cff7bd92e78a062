"""No mail or SMS of any kind gives anything away, over the made-up charity after a week in which much went wrong."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.core import mail
from django.db import DatabaseError, models, transaction
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from schools.accounts.models import Role
from schools.charity.notes import NOTES
from schools.core.errors import RuleBroken
from schools.messages import sms_ports
from schools.messages.kinds import all_kinds
from schools.messages.sms import say_yes
from schools.models import (
    Clearance,
    Contact,
    ContactLog,
    Cover,
    MessageTo,
    OfferedDates,
    OutboxMessage,
    SafeguardingNotice,
    SchoolAlarm,
    SchoolAnswer,
    SchoolChange,
    Session,
    Term,
    Trustee,
    User,
    Visit,
    VisitRequest,
    Volunteer,
)
from schools.planning.queries.terms import ENDED_AFTER
from schools.reach.actions import send_monthly, subscribe
from schools.recovery.emails import ask_trustee
from schools.visits.actions import cancel_visit, swap, take_off, withdraw
from schools.visits.actions.bulk import chase_outcomes
from schools.visits.actions.moving import move, plan_move
from schools.visits.actions.undoable import held
from schools.visits.contact_emails import ask_new_contact
from schools.visits.new_contacts import NewContact
from schools.visits.queries import VisitDay
from schools.visits.request_emails import ask_to_confirm
from schools.visits.rules import Slot
from schools.volunteers.actions import add_person, invite, request_address_change
from tests.factories import manager
from tests.house import assert_none
from tests.messages.letters import everything_in
from tests.messages.world import MOMENTS, SECRETS, World
from tests.news import tell_and_send

NOTE, TOLD = "SECRET NOTE", "SECRET CHILD"
CERTIFICATE = "00199"
"""How the number of each certificate begins."""
NUMBER = re.compile(rf"(?<!\d){CERTIFICATE}\d{{7}}(?!\d)")
"""Such a number; the same digits may stand in what tells the parts of a mail apart."""
OF_CLEARANCES = re.compile(r"\b(DBS|PVG|AccessNI|clearances?)\b", re.IGNORECASE)
ALL = [kind.name for kind in all_kinds()]
SPOKEN = {
    "mornings", "visits", "given-back", "school-alarm", "morning-alarm", "clearance-ends",
    "morning-list", "near-you", "outcome", "outcome-again", "school-pack", "school-week", "school-thanks",
    "school-request", "school-dates", "school-change", "dates-to-choose", "school-due",
}  # fmt: skip
"""The kinds that say something of it: of what was disturbed, of the ordinary days, and of what schools have asked for."""
SELDOM = {
    "date-chosen", "undelivered", "day-stands", "school-day-before", "school-thanks-again", "school-agreement",
    "school-contact-before", "two-days", "evening", "term-thanks", "chase",
}  # fmt: skip
"""Those that say something only on other days, or of what seldom happens; it is let happen to schools that join the charity."""
DIRECT = {"invitation", "welcome", "address", "ask-for-visit", "school-contact-new", "trustee", "reach", "sign-in"}
"""How the keys of the mails begin that follow from no kind."""
HOURS = (9, 18)
DAYS = 5


@pytest.mark.exhaustive
def test_no_mail_or_sms_of_a_disturbed_charity_gives_anything_away(small: date, settings: Settings) -> None:
    settings.SPEAKOUT_SMS, settings.SPEAKOUT_SMS_PER_DAY = "stub", 10_000
    sms_ports.taken.clear()
    begins = datetime(small.year, small.month, small.day, 9, tzinfo=UTC)
    assert secrets_planted() >= {"visit.arrival_notes", "session.outcome_note", "cover.override_note", "contactlog.note"}
    with time_machine.travel(begins, tick=False):
        assert disturbed(begins) >= {"cancel", "take off", "give back", "move", "swap"}
        written_directly(begins)
    for moment in moments(begins):
        with time_machine.travel(moment, tick=False):
            tell_and_send(moment, kinds=ALL)
    kinds = set(OutboxMessage.objects.mails().filter(sent_at__isnull=False).values_list("kind", flat=True))
    assert kinds >= SPOKEN
    direct = OutboxMessage.objects.filter(kind="", sent_at__isnull=False).values_list("key", flat=True)
    assert {key.partition(":")[0] for key in direct} == DIRECT
    texts = [(sent.to[0], everything_in(sent)) for sent in mail.outbox] + sms_ports.taken
    assert_none(
        [f"{to}: {text}" for to, text in texts if NOTE in text or TOLD in text or NUMBER.search(text)],
        to_do="Take out of the mail what somebody wrote in a note, or the number of a certificate.",
    )
    assert_none(list(clearances_of_others()), to_do="Say nothing of anybody’s clearance but to its owner.")


@pytest.mark.exhaustive
def test_no_mail_of_a_seldom_kind_gives_anything_away_beside_the_same_charity(small: date) -> None:
    assert set(ALL) == SPOKEN | SELDOM
    secrets_planted()
    World().grow(1)
    term = Term.objects.filter(last_day__gt=small).earliest("last_day")
    ended = datetime.combine(term.last_day, time(9, 30), UTC) + ENDED_AFTER
    asked = MOMENTS["outcome-again"]
    goes = MOMENTS | {"term-thanks": ended, "chase": asked + timedelta(minutes=2)}
    for name in sorted(SELDOM, key=lambda name: goes[name]):
        if name == "chase":
            asked_how_it_went(asked)
        with time_machine.travel(goes[name], tick=False):
            tell_and_send(goes[name], kinds=[name])
    kinds = set(OutboxMessage.objects.filter(sent_at__isnull=False).values_list("kind", flat=True))
    assert kinds >= SELDOM
    texts = [(sent.to[0], everything_in(sent)) for sent in mail.outbox]
    assert_none(
        [f"{to}: {text}" for to, text in texts if NUMBER.search(text) or any(secret in text for secret in SECRETS)],
        to_do="Take out of the mail what somebody wrote in a note, or the number of a certificate.",
    )


def asked_how_it_went(now: datetime) -> None:
    """Let the office ask about everything that nobody has reported."""
    missing, by = list(Session.objects.outcome_missing(on=now.date()).values_list("pk", flat=True)), manager()
    held(lambda: chase_outcomes(missing, by=by, now=now), now=now)


def moments(begins: datetime) -> Iterator[datetime]:
    """Hours of some days, so that reminders and chases go, too."""
    for days in range(DAYS):
        for hour in HOURS:
            yield begins.replace(hour=hour, minute=30) + timedelta(days=days)


def secrets_planted() -> set[str]:
    """Write something into each column of notes that takes it; return those that do. Every certificate has a number."""
    planted = set[str]()
    for model in apps.get_app_config("schools").get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, models.CharField | models.TextField) and field.name.endswith(NOTES) and not field.choices:
                rows: Any = model._base_manager
                try:
                    with transaction.atomic():
                        rows.update(**{field.name: NOTE})
                except DatabaseError:  # a record that nothing changes, or a row that may have none
                    continue
                planted.add(f"{model._meta.model_name}.{field.name}")
    for clearance in Clearance.objects.only("pk"):
        Clearance.objects.filter(pk=clearance.pk).update(reference=f"{CERTIFICATE}{clearance.pk:07}")
    session = Session.objects.delivered().latest("day")
    assert session.recorded_at is not None
    SafeguardingNotice.objects.create(session=session, told_at=session.recorded_at, role_told=TOLD, by=manager())
    return planted


def disturbed(now: datetime) -> set[str]:
    """Let much of the coming weeks be changed, clearances end and a school say that nobody has come; return what was done."""
    by, done = manager(), set[str]()
    for number, user in enumerate(User.objects.filter(volunteer__isnull=False).order_by("pk")):
        say_yes(user, f"+447400123{number:03}", now=now)
    mine = Volunteer.objects.filter(user__isnull=False).order_by("pk").values_list("pk", flat=True)[:8]
    Clearance.objects.filter(volunteer__in=list(mine)).update(recheck_on=now.date() + timedelta(days=30))
    today = Session.objects.scheduled().filter(day__gte=now.date()).order_by("day", "pk")[0]
    SchoolAlarm.objects.create(visit=today.visit, day=today.day, what="nobody", given_by="Pat", at=now)
    covers = Cover.objects.filter(state="accepted", session__stage="scheduled", session__day__gt=now.date())
    names = list(ACTS)
    for turn, cover in enumerate(covers.select_related("session__visit", "volunteer__user").order_by("session__day", "pk")):
        name = names[turn % len(names)]
        try:
            ACTS[name](cover, by, now)
        except RuleBroken:
            continue
        done.add(name)
    of_schools(now)
    return done


def written_directly(now: datetime) -> None:
    """Let everything be written that is of no kind: what lets somebody in, asks whether it is they, or was asked for."""
    by = manager()
    joining = Volunteer.objects.filter(user=None).exclude(status="left").order_by("pk")[0]
    invite(joining, by=by, now=now, email="joining@example.org")
    add_person("office@example.org", "Bo New", role=Role.COORDINATOR, by=by)
    reading = User.objects.filter(volunteer__isnull=False, is_active=True).order_by("pk")[0]
    request_address_change(reading, new_email="reading@example.org", now=now)
    ask_trustee(Trustee.objects.create(name="Tess", email="tess@example.org", named_by=by, named_at=now), now=now)
    visit = Visit.objects.exclude(coordinator=None).order_by("pk")[0]
    asked = {"name": NOTE, "role": NOTE, "note": NOTE, "email": "asking@example.org", "asked_at": now}
    ask_to_confirm(VisitRequest.objects.create(school=visit.school, **asked))
    # Whom we wrote to before reads who was named, and by whom; the one who is named reads nothing that anybody typed.
    words = NewContact("Zoe New", NOTE, "named@example.org").words
    said = {"item": "contact", "words": words, "given_by": "Pat", "at": now}
    coming = Session.objects.scheduled().filter(day__gt=now.date() + timedelta(days=DAYS), visit__stage="confirmed")
    of_it = coming.order_by("day", "pk")[0].visit
    ask_new_contact(SchoolAnswer.objects.create(visit=of_it, school=of_it.school, **said), of_it)
    subscribe(by, now=now)
    send_monthly(now=now)
    Client().post(reverse("account_login"), {"login": reading.email})
    tell_and_send(now, kinds=())  # a code is of no use half an hour later


def of_schools(now: datetime) -> None:
    """Let schools ask for a visit, be offered dates by word and by mail, want another day, and want to be asked again."""
    Contact.objects.update(wants_invitations=True)
    booked = Session.objects.scheduled().filter(visit__stage="confirmed", day__gt=now.date())
    wanting = booked.order_by("-day", "pk")[0]
    said = {"what": "move", "why": "clash", "given_by": "Pat", "at": now}
    SchoolChange.objects.create(visit=wanting.visit, day=wanting.day, **said)
    school_of = Contact.objects.exclude(email="").exclude(school__visits__sessions__day__gte=now.date()).order_by("pk")
    asking, offered = [contact for contact in school_of if contact.school.is_bookable][:2]
    visit = Visit.objects.create(school=asking.school, contact=asking, stage="requested", requested_on=now.date())
    spoken = {"day": now.date(), "how": "phone", "who": "Pat", "by": manager(), "note": NOTE, "dates_offered": "5 January"}
    ContactLog.objects.create(school=asking.school, visit=visit, **spoken)
    until = {"offered_at": now, "held_until": now.date() + timedelta(days=10), "people": 2}
    half_days = [f"{now.date() + timedelta(days=60)}-morning"]
    OfferedDates.objects.create(school=offered.school, contact=offered, half_days=half_days, **until)


def _moved(cover: Cover, by: User, now: datetime) -> None:
    session = cover.session
    to = {session.pk: Slot(session.day, session.starts.replace(minute=50), session.ends.replace(minute=59))}
    move(session.visit, to, seen=plan_move(session.visit, to, by=by, now=now).digest, by=by, now=now)


def _swapped(cover: Cover, by: User, now: datetime) -> None:
    """Ask the first who may go."""
    reasons: list[str] = []
    for other in Volunteer.objects.filter(user__isnull=False).exclude(pk=cover.volunteer_id).order_by("pk"):
        try:
            swap(_day(cover), cover.volunteer, other, by=cover.volunteer.user or by, now=now)
        except RuleBroken as broken:
            reasons = broken.messages
        else:
            return
    raise RuleBroken(reasons)


def _day(cover: Cover) -> VisitDay:
    return VisitDay(cover.session.visit, cover.session.day)


ACTS: dict[str, Callable[[Cover, User, datetime], object]] = {
    "take off": lambda cover, by, now: take_off(_day(cover), cover.volunteer, by=by, now=now),
    "give back": lambda cover, by, now: withdraw(_day(cover), cover.volunteer, by=cover.volunteer.user or by, now=now),
    "move": _moved,
    "swap": _swapped,
    "cancel": lambda cover, by, now: cancel_visit(cover.session.visit, code="weather", note=NOTE, by=by, now=now),
}


def clearances_of_others() -> Iterator[str]:
    """Yield the lines of mails that speak of clearances and name somebody else, and mails of an end that go to others."""
    # As pairs: whoever has no account has no address, and is somebody all the same.
    names = list(Volunteer.objects.exclude(name="").values_list("user__email", "name"))
    for sent in mail.outbox:
        for line in everything_in(sent).splitlines():
            others = [name for address, name in names if name in line and address != sent.to[0]]
            if others and OF_CLEARANCES.search(line):
                yield f"{sent.to[0]}: {line}"
    of_ends = MessageTo.objects.filter(message__kind="clearance-ends")
    for row in of_ends.select_related("message", "volunteer__user"):
        if row.volunteer is None or row.message.to != row.volunteer.mail_address:
            yield str(row)
