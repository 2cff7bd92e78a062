"""An undo at the last moment against real senders: each message left and is corrected, or never left (docs/messages.md)."""

import re
import signal
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

import pytest
import time_machine
from pytest_django.fixtures import Settings

from schools.messages.actions import deliver_due
from schools.messages.asking import write_due
from schools.models import Area, Batch, Invitation, OutboxMessage, Session, User
from schools.visits.actions.inviting import invite_to_undo
from schools.visits.actions.undoable import held
from schools.visits.actions.undoing import undo
from tests.factories import AreaFactory, VolunteerFactory, manager
from tests.mail_server import MailServer, mail_server
from tests.processes import alone, together
from tests.visits.test_undoable import agreed, ids, snow
from tests.visits.undoable_racing import act, be_killed_before_the_text, later

pytestmark = pytest.mark.django_db(transaction=True)

WAITS = (0, 0.5, 1, 2, 10)
"""How many seconds after the senders began it is undone, in each round: nothing, some and all of it has left by then."""


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    with mail_server() as running:
        settings.MAILERS = running.mailers
        settings.SPEAKOUT_ADDRESS = "https://speakout.example.org"
        yield running


@pytest.fixture
def area() -> Area:
    made: Area = AreaFactory()
    return made


@pytest.fixture
def by() -> User:
    return manager()


@pytest.fixture
def sessions(area: Area) -> list[Session]:
    return [agreed(area, name, volunteers=2) for name in ("Ash", "Birch", "Cedar")]


def read_by(server: MailServer) -> dict[str, Counter[str]]:
    """How often each reader was told that it is cancelled, and that it takes place after all."""
    read: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for text in server.taken:
        to, subject = (re.search(rf"^{name}: (.*?)\r?$", text, re.MULTILINE) for name in ("To", "Subject"))
        assert to is not None
        assert subject is not None
        for words in ("ancelled", "after all"):
            read[to[1]][words] += words in subject[1]
    return read


def everything_goes(at: datetime) -> None:
    """What waits goes, the kinds are asked, and what they write goes too, by tasks with a clock of their own."""
    with time_machine.travel(at, tick=False):
        deliver_due(clock=lambda: at)
        write_due(clock=lambda: at)
        deliver_due(clock=lambda: at)


def news() -> int:
    """How many messages about the snow the outbox holds."""
    return OutboxMessage.objects.filter(kind__in=["mornings", "visits"]).count()


@pytest.mark.exhaustive
def test_an_undo_at_the_last_moment_against_senders(server: MailServer, sessions: list[Session], by: User, now: datetime) -> None:
    """The clocks of two senders are six seconds ahead of the page's, which is more than they may be."""
    for number, wait in enumerate(WAITS):
        moment = now + timedelta(hours=number)
        batch = held(partial(snow, sessions, by, moment), now=moment)
        assert len(batch.messages or ()) == 9
        undoes = ("undo", server.port, by.pk, batch.pk, later(moment, 59.9), wait)
        senders = [(what, server.port, later(moment, 66)) for what in ("send", "sweep")]
        assert together(act, [undoes, *senders]) == ["", "", ""]
        everything_goes(moment + timedelta(minutes=20))  # what a sender had taken is tried again by then
        assert not Session.objects.filter(stage="cancelled").exists()
        for reader, counts in read_by(server).items():
            assert counts["ancelled"] == counts["after all"], f"{reader} was left with {counts}"
    assert len({counts["ancelled"] for counts in read_by(server).values()} | {0}) > 1, "no message left in any round"


@pytest.mark.exhaustive
def test_an_undo_of_invitations_against_senders(server: MailServer, by: User, now: datetime) -> None:
    """Whoever has the mail comes in by its link, and nobody else has one."""
    stayed = Counter[bool]()
    for number, wait in enumerate(WAITS):
        moment = now + timedelta(hours=number)
        people = [VolunteerFactory(email=f"person-{number}-{each}@example.org") for each in range(9)]
        batch = invite_to_undo(people, by=by, now=moment)
        undoes = ("undo", server.port, by.pk, batch.pk, later(moment, 59.9), wait)
        senders = [(what, server.port, later(moment, 66)) for what in ("send", "sweep")]
        assert together(act, [undoes, *senders]) == ["", "", ""]
        everything_goes(moment + timedelta(minutes=20))  # what a sender had taken is tried again by then
        invited = set(Invitation.objects.filter(volunteer__in=people).values_list("email", flat=True))
        assert {to for text in server.taken for to in re.findall(rf"^To: (person-{number}-\S+)", text, re.MULTILINE)} == invited
        stayed.update(person.email in invited for person in people)
    assert stayed[True], "no invitation left in any round"


@pytest.mark.exhaustive
def test_an_undo_while_a_sender_was_killed(server: MailServer, sessions: list[Session], by: User, now: datetime) -> None:
    batch = held(lambda: snow(sessions, by, now), now=now)
    assert alone(be_killed_before_the_text, server.port, later(now, 66)) == -signal.SIGKILL
    assert OutboxMessage.objects.filter(attempts=1).count() == 1
    undo(batch, by=by, now=now + timedelta(seconds=70))
    for minutes in (4, 20, 60):
        everything_goes(now + timedelta(minutes=minutes))
    assert all(count == 0 for counts in read_by(server).values() for count in counts.values())
    assert news() == 0


@pytest.mark.exhaustive
def test_a_clock_that_is_a_little_ahead_sends_nothing_before_the_minute_is_over(
    server: MailServer, sessions: list[Session], by: User, now: datetime
) -> None:
    batch = held(lambda: snow(sessions, by, now), now=now)
    # It is second 59 on the page, and second 63 for whoever sends.
    assert together(act, [("send", server.port, later(now, 63)), ("sweep", server.port, later(now, 63))]) == ["", ""]
    undo(batch, by=by, now=now + timedelta(seconds=59))
    everything_goes(now + timedelta(minutes=20))
    assert all(count == 0 for counts in read_by(server).values() for count in counts.values())


@pytest.mark.exhaustive
def test_two_coordinators_cancel_the_same_day_and_undo_it_at_the_same_moment(
    server: MailServer, sessions: list[Session], by: User, now: datetime
) -> None:
    other = manager()
    given = (sessions[0].day.isoformat(), ids(sessions), now.isoformat())
    answers = together(act, [("snow", by.pk, *given), ("snow", other.pk, *given)])
    assert sorted(bool(answer) for answer in answers) == [False, True]
    assert any("just now" in answer or "Look" in answer for answer in answers)
    batch = Batch.objects.get()
    assert news() == 9
    undone = together(act, [("undo", server.port, who.pk, batch.pk, later(now, 30)) for who in (by, other)])
    assert sorted(bool(answer) for answer in undone) == [False, True]
    assert any("undone already" in answer for answer in undone)
    everything_goes(now + timedelta(minutes=20))
    assert all(count == 0 for counts in read_by(server).values() for count in counts.values())
