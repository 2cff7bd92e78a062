"""The minute in which messages are held, in the histories of bookings: nothing leaves, an undo in time is heard of by nobody.

What an undo says of who had heard is held against what really left, as the world of the history has counted it.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from schools.messages.hours import is_quiet
from schools.messages.kinds import kind_of
from schools.models import Batch, OutboxMessage, Session, Visit
from schools.visits.actions import assign_several, cancel_day, cancel_session, cancel_visit, end_membership
from schools.visits.actions.bulk import confirm_many
from schools.visits.actions.undoable import MessagesChanged, held, messages_of
from schools.visits.actions.undoing import undo
from schools.visits.planned_messages import PlannedMessages, planned_messages
from schools.visits.queries.held import heard_of_it
from schools.visits.rules import slot_of
from tests.visits.bookings_in_histories import people, visits
from tests.visits.mail_in_histories import EVENING, faults
from tests.visits.office_in_histories import OfficeInHistories

ACTS = ("visit", "session", "day", "move", "agree", "ask", "put on", "leave")
DONE = (*ACTS, "put on", "agree")
"""What is done: more often what there is seldom anybody for."""
FOR_PEOPLE = ("ask", "put on")
"""What is done for people again: mostly nobody is free for it, or needed."""
ONCE_HEARD = (*DONE, *("leave",) * 4)
"""What is undone after its mail went: more often what coordinators read of, to whom no correction goes."""
HELD = (*(f"held {act}" for act in ACTS), "undo", "undone in time", "undone late", "undone late, heard",
        "undone, heard on the phone", "a moment", "not corrected, named", "held over the night")  # fmt: skip
"""What histories count of this."""
SAID_BY_SCHOOLS = ("school-alarm", "morning-alarm", "school-change", "")
"""The kinds of mails of what a school says, also on the day to who is on the way, and the direct one to whom it names; nothing
holds them back."""
NOBODY = "Nobody had been told of it, and nobody is."

ends = st.sampled_from(["", "", "in time", "late"])
"""When it is undone; blank: not at once."""

type Plan = set[tuple[str, str, str]]
"""Kind, address and subject of each message of which a look says that it follows."""


class HeldInHistories(OfficeInHistories):
    """What is held back, undone in time, and undone too late."""

    host_is_phoned: Callable[[int], None]
    plans: dict[int, tuple[int, Plan]]
    """Of each batch that was held, by its id: the newest message before it, and what somebody saw who looked first."""

    @rule(act=st.sampled_from(DONE), visit=visits, person=people, end=ends, fault=faults)
    def is_held(self, act: str, visit: int, person: int, end: str, fault: str | None) -> None:
        """Something is done after a look, and its messages are held; it may be undone at once, or once they have left."""
        visit = self.alive(visit)
        verb = self.act(act, visit, person)
        before = list(OutboxMessage.objects.order_by("pk").values_list("pk", "key"))
        made: list[Batch] = []

        def look_and_do() -> None:
            due_anyway = self.in_words(planned_messages([each.pk for each in self.booked], now=self.now))
            planned = messages_of(verb, now=self.now)
            try:
                batch = held(verb, now=self.now, seen=planned.digest)
            except MessagesChanged as others:
                raise AssertionError("a look shows exactly what is sent") from others
            follow = self.in_words(planned) - due_anyway
            self.plans[batch.pk] = (before[-1][0] if before else 0), {each[:3] for each in follow}
            self.seen["held over the night"] += any(each.opens for each in planned.mailed)
            made.append(batch)

        if not self.does(f"held {act}", look_and_do):
            return
        if end == "in time":
            self.passes(30)
            self.is_undone(made[0])
            assert list(OutboxMessage.objects.order_by("pk").values_list("pk", "key")) == before, "it is as if nothing had been"
            self.seen["undone in time"] += 1
            return
        self.wake(fault)
        if end == "late":
            self.passes(66)
            self.wake(fault or "")
            self.is_undone(made[0])
            self.seen["undone late"] += 1
            self.wake(fault)

    @rule(act=st.sampled_from(FOR_PEOPLE), visit=visits, person=people, end=ends, fault=faults)
    def people_are_held(self, act: str, visit: int, person: int, end: str, fault: str | None) -> None:
        """Somebody is asked or put on, and that is held."""
        self.is_held(act, visit, person, end, fault)

    @precondition(lambda self: self.now <= EVENING)
    @rule(act=st.sampled_from(ONCE_HEARD), visit=visits, person=people, at_night=st.booleans(), is_phoned=st.booleans())
    def is_held_and_undone_once_heard(self, act: str, visit: int, person: int, at_night: bool, is_phoned: bool) -> None:
        """Something is done, and undone once its mail has gone, on the next morning if need be, or a school was phoned."""
        self.waits_until(is_night=at_night and self.now + timedelta(days=1) < EVENING)
        self.is_held(act, visit, person, "", None)
        if is_phoned:
            self.host_is_phoned(visit)
        self.passes(66)
        self.waits_until(is_night=False)
        self.wake("")
        if batch := Batch.objects.filter(undone_at=None).order_by("-pk").first():
            self.is_undone(batch)
            self.wake("")

    def is_done(self, act: Callable[[], Batch]) -> None:
        """Do it without a look, as a page does; what it tells waits a minute, and is noted."""
        last = OutboxMessage.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        batch = held(act, now=self.now)
        new = OutboxMessage.objects.mails().filter(pk__gt=last, pk__in=batch.messages or ())
        self.plans[batch.pk] = last, set(new.values_list("kind", "to", "subject"))

    def waits_until(self, *, is_night: bool) -> None:
        """The clock goes on by hours until the quiet hours begin, or end."""
        while is_quiet(self.now, weekends=True) != is_night:
            self.passes(3600)

    def in_words(self, planned: PlannedMessages) -> set[tuple[str, str, str, str]]:
        """Return kind, address, subject and text of each mail of a look."""
        return {(each.kind.name, each.draft.to, each.draft.subject, each.text) for each in planned.mailed}

    def act(self, act: str, visit: int, person: int) -> Callable[[], Batch]:
        """Return what is done, as something that keeps a batch."""
        given: dict[str, Any] = {"code": "weather", "note": "", "by": self.by, "now": self.now}
        booked = Visit.objects.get(pk=self.booked[visit].pk)
        first = booked.sessions.order_by("pk")[0]
        ids = list(Session.objects.scheduled().filter(day=first.day).values_list("pk", flat=True))
        agreed: dict[str, Any] = {"agreed_on": self.now.date(), "agreed_with": "", "by": self.by, "now": self.now}
        new = {self.somebody(min(visit, 1), each % 3, is_on_it=False) for each in (person, person + 1)}
        verbs: dict[str, Callable[[], Batch]] = {
            "visit": lambda: cancel_visit(booked, **given),
            "session": lambda: cancel_session(first, **given),
            "day": lambda: cancel_day(first.day, ids, **given),
            "move": lambda: self.move(visit, 1),
            "agree": lambda: confirm_many([self.not_agreed(booked).pk], **agreed),
            "ask": lambda: self.ask(min(visit, 1), new),
            "put on": lambda: self.put_on(min(visit, 1), new),
            "leave": lambda: self.leave(person),
        }
        return verbs[act]

    def not_agreed(self, visit: Visit) -> Visit:
        """Return the visit; where it is agreed already, one that is not, if there is any."""
        planned = Visit.objects.filter(pk__in=[each.pk for each in self.booked], stage="planned").order_by("pk")
        return visit if visit.stage == "planned" else planned.first() or visit

    def put_on(self, visit: int, volunteers: set[int]) -> Batch:
        """Put people on all of a visit that is still to come; they agreed on the phone."""
        booked = Visit.objects.select_related("school").get(pk=self.booked[visit].pk)
        shown = {session.pk: slot_of(session) for session in booked.sessions.scheduled()}
        coming = [self.volunteers[each] for each in sorted(volunteers)]
        given: dict[str, Any] = {"role": "presenter", "note": "They come.", "by": self.by, "now": self.now}
        batch = assign_several(booked, coming, shown=shown, **given)
        for volunteer in volunteers:
            self.has_heard_of_it(volunteer)
        return batch

    def leave(self, person: int) -> Batch:
        """Let somebody leave whom others have on their lists; a colleague writes it down."""
        return end_membership(self.volunteers[person], day=timezone.localdate(self.now), by=self.colleague, now=self.now)

    def passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(seconds=st.sampled_from([20, 66, 66, 600]))
    def a_moment_passes(self, seconds: int) -> None:
        """The clock goes on a little."""
        self.passes(seconds)
        self.seen["a moment"] += 1

    @rule(fault=faults)
    def undoes(self, fault: str | None) -> None:
        """The latest batch is undone."""
        if batch := Batch.objects.filter(undone_at=None).order_by("-pk").first():
            self.is_undone(batch)
            self.wake(fault)

    def is_undone(self, batch: Batch) -> None:
        """Undo it; what the page says of who had heard of it is so."""
        heard = self.heard_of(batch)
        kinds = {message.pk: kind_of(message) for message in heard}
        if not self.does("undo", lambda: undo(batch, by=self.by, now=self.now)):
            return
        words = heard_of_it(Batch.objects.get(pk=batch.pk))
        if heard:
            self.seen["undone late, heard"] += 1
            assert words, [message.subject for message in heard]
            assert NOBODY not in words, [message.subject for message in heard]
        is_of_schools = any(change["table"] in {"visit", "session"} for change in batch.changes)
        if batch.pk in self.plans and is_of_schools and self.is_rung(batch):
            self.seen["undone, heard on the phone"] += 1
            assert NOBODY not in words, "a school was told on the phone"
            assert "Tell these people" in words, words
        for message in heard:
            kind = kinds[message.pk]
            # A pack that went later than at once said what was so, and news follows of what it left out.
            is_late_pack = message.kind == "school-pack" and message.pk not in (batch.messages or ())
            if kind and not kind.is_corrected and not is_late_pack:
                assert f"{message.to} (“{message.subject}”)" in words, (words, message.subject)
                self.seen["not corrected, named"] += 1
        if not heard and batch.held_until and self.now < batch.held_until:
            assert "they are told what holds now" not in words, words

    def is_rung(self, batch: Batch) -> bool:
        """Return whether a school was phoned about a visit of the batch since."""
        return any(newest >= batch.pk and visit in (batch.visits or ()) for visit, newest in self.rung)

    def heard_of(self, batch: Batch) -> list[OutboxMessage]:
        """Return the messages that somebody has and that a look at the act has shown, also where they waited for the morning."""
        last, plan = self.plans.get(batch.pk, (0, set()))
        rows = OutboxMessage.objects.mails().filter(pk__gt=last, pk__in=self.arrived).order_by("pk")
        return [message for message in rows if (message.kind, message.to, message.subject) in plan]

    def may_leave(self, message: OutboxMessage) -> None:
        """See that nothing leaves that follows from what can still be undone unheard, nor an SMS beside it.

        What a school says itself, on the day or by its page, does not follow from it.
        """
        mail = message.beside or message
        if mail.kind in SAID_BY_SCHOOLS:
            return
        about = set(mail.about.values_list("visit", flat=True))
        for batch in Batch.objects.filter(held_until__gt=self.now, undone_at=None):
            is_newer = mail.pk > self.plans[batch.pk][0]
            assert not (is_newer and about & set(batch.visits or ())), (message.subject, batch)
            assert mail.pk not in (batch.messages or ()), (message.subject, batch)
