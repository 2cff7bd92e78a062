"""The coordinators in the histories of bookings: who can't make it, the list of the morning, what could not be delivered.

Each of their mails is counted again from the rows, as a person would; nobody else gets one, and none is forgotten.
"""

import re
from collections import Counter
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import rule

from schools.messages.hours import is_quiet
from schools.models import Batch, Cover, MessageAbout, OutboxMessage, SchoolAlarm, Session, User
from schools.visits.queries.given_back import key_of_decision
from tests.visits.held_in_histories import HeldInHistories
from tests.visits.online_in_histories import OnlineInHistories
from tests.visits.reading import DOWN, Reader, days_of, key_of

GIVEN_BACK, MORNING_LIST, UNDELIVERED = TO_COORDINATORS = ("given-back", "morning-list", "undelivered")
AT_OFFICES = (*TO_COORDINATORS, "coordinator's address", "given back, to the stand-in")
"""What histories count of this."""

CANNOT = re.compile(r"^(?P<name>.+) can’t make it:$", re.MULTILINE)
TAKEN_OFF = re.compile(r"^Somebody in the office took (?P<name>.+) off:$", re.MULTILINE)
"""How they read that somebody gave it back, or was taken off."""
NEEDS, TODAY, UNREPORTED = "Needs people within a week:", "Today:", "Nobody has said yet how it went:"
LISTED = re.compile(r"^- (?P<party>.+?) \((?P<to>[^()]*@[^()]*)\)(?:, .*)?: (?:“|a mail for)", re.MULTILINE)
SOON = timedelta(hours=72)

type Gone = tuple[int, datetime]
"""Somebody who can't make a session any more: the id of their cover, and when they gave it back."""


class CoordinatorsInHistories(HeldInHistories, OnlineInHistories):
    """What coordinators read."""

    def begin_coordinators(self) -> None:
        """Begin with a coordinator who has read nothing."""
        self.gone_by_reader: dict[int, dict[Gone, str]] = {}
        """What each coordinator has read of people who can't make it, and in which mail."""
        self.decisions: dict[tuple[object, ...], str] = {}
        """By which mail a coordinator has read what somebody gave back at one moment."""
        self.lists: dict[tuple[int, date], str] = {}
        self.undelivered: Counter[tuple[int, str]] = Counter()
        """The addresses that did not get their mail, as each coordinator has read."""

    @rule(is_colleague=st.booleans())
    def coordinator_has_another_address(self, is_colleague: bool) -> None:
        """A coordinator, or the colleague who stands in, has another address from now on."""
        self.new_address_of_coordinator(self.colleague if is_colleague else self.by)
        self.seen["coordinator's address"] += 1

    def new_address_of_coordinator(self, user: User) -> None:
        self.numbers += 1
        before, after = User.objects.get(pk=user.pk).email, f"office{user.pk}-{self.numbers}@example.org"
        User.objects.filter(pk=user.pk).update(email=after)
        if before in self.may_have_read:
            self.may_have_read.add(after)

    def coordinator_reads(self, message: OutboxMessage) -> None:
        """A coordinator reads a mail: it is theirs to read, and so at this moment."""
        reader = self.reader_in_office(message)
        self.nobody_goes_there(message.body)
        {GIVEN_BACK: self.reads_who_is_gone, MORNING_LIST: self.reads_list, UNDELIVERED: self.reads_undelivered}[message.kind](
            reader, message
        )

    def reader_in_office(self, message: OutboxMessage) -> User:
        """Return who reads it: the coordinator of the visits, or while they are away the colleague too, and nobody else."""
        reader = User.objects.get(email=message.to)
        is_theirs = reader.pk == self.colleague.pk and self.is_away(timezone.localdate(self.now))
        assert is_theirs or reader.pk == self.by.pk, (message.subject, reader)
        assert not message.senders
        return reader

    def reads_who_is_gone(self, reader: User, message: OutboxMessage) -> None:
        """They read who can't make what, which is so, and which they have not read before."""
        mail = Reader(sentences={"can’t make it:": DOWN, "Somebody in the office took": DOWN})
        assert mail.read(message.body), message.body
        cannot, is_off = CANNOT.search(message.body), TAKEN_OFF.search(message.body)
        line = cannot or is_off
        assert line is not None, message.body
        name = line["name"]
        person = next(volunteer for volunteer in self.volunteers if volunteer.name == name)
        covers = Cover.objects.filter(volunteer=person).select_related("session__type", "session__visit").order_by("pk")
        theirs = self.gone_by_reader.setdefault(reader.pk, {})
        soonest: list[datetime] = []
        sessions: list[Session] = []
        for key, (_, days) in mail.believes.items():
            rows = [cover for cover in covers if key_of(cover.session) == key]
            assert not any(cover.state in {"offered", "accepted"} for cover in rows), "they do not go there"
            ended = [row for row in rows if row.state == "withdrawn" and row.ended_by_id and row.answered_at]
            gone = max(ended, key=lambda row: (row.answered_at, row.pk))
            assert (gone.session.stage, days_of(gone.session)) == ("scheduled", days)
            assert not self.has_ended(gone.session), "it is news to nobody"
            assert gone.ended_by_id != reader.pk, "nobody is told what they did themselves"
            assert gone.gave_back == bool(cannot), "who was taken off has not said that they can’t come"
            assert reader.pk == self.by.pk or self.is_of_stand_in(gone)
            sessions.append(gone.session)
            decision = gone.pk, gone.answered_at or self.now
            assert theirs.setdefault(decision, message.message_id) == message.message_id, "nothing twice"
            given_back_at_once = reader.pk, name, gone.answered_at, gone.ended_by_id
            assert self.decisions.setdefault(given_back_at_once, message.message_id) == message.message_id, "one mail a decision"
            soonest.append(timezone.make_aware(datetime.combine(gone.session.day, gone.session.starts)))
        short = set(self.looked_for(min(each.day for each in sessions), max(each.day for each in sessions)))
        assert message.subject.startswith("Needs people") == bool(short & set(sessions)), "only where somebody is needed"
        self.seen["given back, to the stand-in"] += reader.pk == self.colleague.pk
        assert not is_quiet(self.now) or min(soonest) <= self.now + SOON

    def is_of_stand_in(self, gone: Cover) -> bool:
        """Return whether it was given back on a day since which the colleague stands in: what was before stands on home."""
        on, of = timezone.localdate(self.now), timezone.localdate(gone.answered_at)
        return any(first <= min(on, of) and on <= last for first, last in self.away)

    def reads_list(self, reader: User, message: OutboxMessage) -> None:
        """They read the list of a morning: exactly what a person would put on it, once a day."""
        local = timezone.localtime(self.now)
        assert time(7, 30) <= local.time() < time(12)
        assert self.lists.setdefault((reader.pk, local.date()), message.message_id) == message.message_id, "one a day"
        needing, today, unreported = self.on_the_list(local.date())
        parts = {part.splitlines()[0]: part.splitlines()[1:] for part in message.body.strip().split("\n\n")}
        assert Counter(parts.pop(NEEDS, [])) == Counter(f"- {line}" for line in needing)
        assert Counter(line.partition(":")[0] for line in parts.pop(TODAY, [])) == Counter(f"- {line}" for line in today)
        assert Counter(parts.pop(UNREPORTED, [])) == Counter(f"- {line}" for line in unreported)
        assert not parts, parts

    def on_the_list(self, on: date) -> tuple[list[str], list[str], list[str]]:
        """Return what needs people within a week, what is today, and of what nobody has said how it went, by visit day.

        Whoever was there has a day to say it, so the office reads of it on the second morning after.
        """
        days = on - timedelta(days=60), on
        booked = Session.objects.filter(stage="scheduled", visit__stage__in=["planned", "confirmed"], day__range=days)
        coming = [each for each in booked.select_related("type", "visit__school") if each.type.presenters]
        today = [each for each in coming if each.day == on]
        over = [each for each in coming if each.day < on - timedelta(days=1)]
        needing = [each for each in self.looked_for(on, on + timedelta(days=7)) if not self.has_ended(each)]
        return _by_day(needing), _by_day(today), _by_day(over)

    def looked_for(self, first: date, last: date) -> list[Session]:
        """Return what is short of people, but for days that their school calls off: nobody looks for people for these."""
        off = set(SchoolAlarm.objects.filter(what="call_off", over_at=None).values_list("visit", "day"))
        return [each for each in self.short_of_people(first, last) if (each.visit_id, each.day) not in off]

    def reads_undelivered(self, reader: User, message: OutboxMessage) -> None:
        """They read which addresses did not get their mail: each of them is one at which something went wrong."""
        addresses = [line["to"] for line in LISTED.finditer(message.body)]
        assert addresses, message.body
        assert set(addresses) <= self.failed, (addresses, self.failed)
        self.undelivered.update((reader.pk, address) for address in addresses)

    # In the end

    def coordinators_are_mended(self, refused: set[str]) -> None:
        for user in User.objects.filter(pk__in=[self.by.pk, self.colleague.pk], email__in=refused):
            self.new_address_of_coordinator(user)

    def coordinator_knows_what_failed(self, since: datetime, now: datetime) -> None:
        """See that the coordinator has read of everything that did not arrive from `since` on to the last whole hour."""
        until = now.replace(minute=0, second=0, microsecond=0)
        stopped = OutboxMessage.objects.filter(sent_at=None, left_at=None, stopped_at__gte=since, stopped_at__lt=until)
        about = MessageAbout.objects.filter(message__in=stopped)
        to_others = about.exclude(volunteer=None, school=None) | about.filter(message__kind="")
        for row in to_others.select_related("message"):
            assert row.message is not None
            assert self.undelivered[self.by.pk, row.message.to], (row, row.message.subject)

    def coordinator_knows_who_is_gone(self, since: datetime) -> None:
        """See that the coordinator has read of everybody who gave back what is to come, but for what they did themselves.

        What is older than `since`, and could not be told for days, stands on home alone. So does what was cancelled before its
        mail went, and takes place after all.
        """
        on = timezone.localdate(self.now)
        rows = Cover.objects.filter(state="withdrawn", gave_back=True, session__stage="scheduled", session__day__gte=on)
        theirs = self.gone_by_reader.get(self.by.pk, {})
        for cover in rows.exclude(ended_by=None).filter(answered_at__gte=since).select_related("session__type"):
            of_both = Cover.objects.filter(session=cover.session, volunteer=cover.volunteer)
            is_there = of_both.filter(state__in=["offered", "accepted"]).exists()
            is_last = not of_both.filter(state="withdrawn", answered_at__gt=cover.answered_at).exists()
            is_over = self.has_ended(cover.session) or self.was_cancelled(cover)
            if is_last and not is_there and cover.ended_by_id != self.by.pk and not is_over:
                assert (cover.pk, cover.answered_at) in theirs, (cover, cover.session)

    def was_cancelled(self, cover: Cover) -> bool:
        """Return whether the session was cancelled after somebody gave it back, and the mail of that decision went without it."""
        key = key_of_decision(cover.volunteer_id, cover.answered_at)
        if not OutboxMessage.objects.filter(key__startswith=key, sent_at__isnull=False).exists():
            return False
        cancelled = Batch.objects.filter(kind="cancel", made_at__gte=cover.answered_at).values_list("changes", flat=True)
        return any((each["table"], each["pk"]) == ("session", cover.session_id) for changes in cancelled for each in changes)

    def coordinator_has_the_list(self, begun: datetime) -> None:
        """See that the coordinator has the list of the morning, if somebody asked in its hours and anything was on it."""
        local = timezone.localtime(begun)
        is_asked = time(7, 30) <= local.time() < time(11, 30)
        needing, today, unreported = self.on_the_list(local.date())
        if is_asked and (today or ((needing or unreported) and local.weekday() < 5)):
            assert (self.by.pk, local.date()) in self.lists


def _by_day(sessions: list[Session]) -> list[str]:
    """Return a line for each visit day, as the list of the morning has it."""
    days = Counter((str(session.visit.school), days_of(session), session.visit_id) for session in sessions)
    return [f"{school}, {day}, {number} × session" for (school, day, _), number in days.items()]
