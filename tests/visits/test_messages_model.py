"""Histories of bookings with mail that fails in every way: nobody reads what is untrue, twice, or too late.

The other side is somebody who reads mails and believes them (tests/visits/reading.py). Whoever reads all of theirs thinks what is
so. Faults: a server that refuses, is away or gives no answer, or is down for a day; a sender that is killed before or after the
text, a second sender at the same moment, a change while the mail server is being reached, a mail that comes back later.

What is done stands beside, by noun: bookings, schools and who reads there, guests, what is online, what is held, phones,
coordinators, what comes afterwards, what comes seldom, what is booked meanwhile, and who knows it in time
(`tests/visits/…_in_histories.py`).
"""

import json
import os
import secrets
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from statistics import median
from typing import ClassVar

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test
from pytest_django.fixtures import Settings

from schools.messages import actions
from schools.messages.hours import is_quiet
from schools.messages.kinds import all_kinds
from schools.models import OutboxMessage, SuppressedAddress
from tests.factories import AreaFactory, CoverFactory, SchoolFactory, SessionFactory, VisitFactory, able_volunteer, manager
from tests.news import tell
from tests.profiles import examples
from tests.visits.afterwards_in_histories import FIRST, LATER, TO_ASK, TO_THANK
from tests.visits.alarms_in_histories import ALARMS, OF_ALARMS
from tests.visits.booked_in_histories import BOOKED
from tests.visits.bookings_in_histories import VERBS
from tests.visits.calendars_in_histories import CALENDARS, CalendarsInHistories
from tests.visits.coordinators_in_histories import AT_OFFICES, TO_COORDINATORS
from tests.visits.guests_in_histories import GUESTS
from tests.visits.held_in_histories import HELD
from tests.visits.mail_in_histories import AFTERWARDS, FAULTS
from tests.visits.office_in_histories import IN_THE_OFFICE, NEAR_YOU
from tests.visits.on_time_in_histories import ON_TIME, OnTimeInHistories
from tests.visits.online_in_histories import ONLINE
from tests.visits.phones_in_histories import NETWORK, ON_PHONES
from tests.visits.reading import DOWN, Reader
from tests.visits.school_changes_in_histories import OF_CHANGES, SCHOOL_CHANGE
from tests.visits.schools_in_histories import AT_SCHOOLS, TO_SCHOOLS
from tests.visits.seldom_in_histories import DONE_SELDOM, NOT_PLAYED, SELDOM

BEGIN = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)
BEGINS = (BEGIN, BEGIN, datetime(2026, 11, 25, 8, 5, tzinfo=UTC), datetime(2026, 11, 27, 19, 50, tzinfo=UTC),
          datetime(2026, 11, 29, 21, 30, tzinfo=UTC), datetime(2026, 11, 30, 7, 20, tzinfo=UTC),
          datetime(2026, 11, 30, 16, 40, tzinfo=UTC))  # fmt: skip
"""When histories begin: a week before, on the day of the mornings near you, as the quiet hours begin, or so late that SMS go."""
STARTS = ((time(9, 15), time(10, 15)), (time(11, 15),))
"""When the sessions of each visit begin, each at a time of its own, by which a reader knows it."""
SOON = timedelta(hours=36)

GOES_ON = (False, False, True)
"""Whether a history goes on after the first visit: one in three; what is done before it needs the others."""

KINDS = ("mornings", "two-days", "evening", NEAR_YOU, *TO_SCHOOLS, *TO_COORDINATORS, *OF_ALARMS, SCHOOL_CHANGE, *TO_ASK,
         *TO_THANK, *SELDOM)  # fmt: skip
"""What somebody reads here: all kinds but those that are named, each with the reason, in `NOT_PLAYED`."""
IS_SOAK = settings.get_current_profile_name() == "soak"
PARTS, HISTORIES = (3, -(-1_000 // 3)) if IS_SOAK else (1, 9)
"""`make soak` plays a thousand, a third in each of three tests: as many run at the same time on two cores (`.ci/gates.py`)."""
MET = (*VERBS, *AT_SCHOOLS, *IN_THE_OFFICE, *FAULTS[:-1], "sent", *AFTERWARDS, "mornings", *CALENDARS, *TO_SCHOOLS[:3], *ONLINE,
       *GUESTS, *HELD, *ON_PHONES, *AT_OFFICES, *ALARMS, *OF_CHANGES, *LATER, *SELDOM, *DONE_SELDOM, *BOOKED,
       *ON_TIME)  # fmt: skip
"""What histories do and meet: each at least LEAST times in the soak, in all its parts together."""
LEAST = 30
OF_ONE_SEED = 10
"""After so many, hypothesis plays each history again with parts of it repeated, five times: many that are much alike."""
moments = st.sampled_from(BEGINS)
going_on = st.sampled_from(GOES_ON)
networks = st.lists(st.sampled_from(NETWORK), min_size=3, max_size=6)


class Histories(OnTimeInHistories):
    """One history: verbs in any order, the clock forward, mail that goes out or fails."""

    lengths: ClassVar[list[int]] = []
    """How many steps each history had."""
    kinds = KINDS

    def begin(self, begins: datetime, network: list[str], *, goes_on: bool) -> None:
        """Begin with three visits; somebody is down for two of them since before anybody changed anything."""
        self.now = begins
        self.steps, self.numbers = -1, 0  # the beginning is no step
        self.booked = list(self.bookings)
        self.plans, self.rung = {}, []
        self.readers = [Reader() for _ in self.volunteers]
        self.outer = transaction.atomic()
        self.outer.__enter__()
        for visit, volunteer in zip(self.bookings, self.volunteers, strict=False):
            for session in visit.sessions.filter(type__presenters__gt=0):
                CoverFactory(session=session, volunteer=volunteer)
        for person, reader in enumerate(self.readers):
            for key, belief in self.truth(person).items():
                reader.believe(key, belief)
        self.calendars = CalendarsInHistories(self.seen)
        self.begin_schools()
        self.begin_office()
        self.begin_coordinators()
        self.begin_alarms()
        self.begin_school_changes()
        self.begin_mail()
        self.begin_phones(network)
        self.begin_afterwards(goes_on=goes_on)
        self.begin_seldom()
        self.begin_booked()
        self.begin_on_time()

    @invariant()
    def counts_steps(self) -> None:
        """Count how long the history is, and note what may be taken out in the next step."""
        self.steps += 1
        self.notes_sessions()

    def teardown(self) -> None:
        """See that everybody knows what is so, then forget the history."""
        if hasattr(self, "outer"):
            self.lengths.append(self.steps)
            try:
                self.everything_arrives()
            finally:
                transaction.set_rollback(True)
                self.outer.__exit__(None, None, None)

    # The mail

    @rule(fault=st.sampled_from(FAULTS))
    def mail_goes_out(self, fault: str) -> None:
        """The clock writes and sends what is due; something goes wrong with each mail."""
        self.wake(fault, kinds=KINDS)

    def reads(self, message: OutboxMessage) -> None:
        """Somebody reads a mail: every word of it is true at this moment."""
        apart: dict[str, Callable[[OutboxMessage], None]] = {
            NEAR_YOU: self.reads_of_open_mornings,
            **dict.fromkeys((*OF_ALARMS, SCHOOL_CHANGE), self.reads_alarm),
            **dict.fromkeys(TO_COORDINATORS, self.coordinator_reads),
            **dict.fromkeys(SELDOM, self.reads_seldom),
        }
        if reads := apart.get(message.kind):
            reads(message)
            return
        self.comes_once(message)
        self.comes_from_whoever_is_there(message)
        if message.kind in TO_ASK:
            self.reads_how_it_went(message)
            return
        if message.kind in TO_THANK:
            self.reads_thanks(message)
            return
        if message.kind in TO_SCHOOLS:
            spoken = self.school_reads(message)
            if message.kind != "visits":
                self.reminds_of_nothing_called_off(spoken)
            return
        self.volunteer_reads(message)

    def volunteer_reads(self, message: OutboxMessage) -> None:
        """A volunteer reads of their mornings: what is new, or a reminder."""
        person = next(place for place, user in enumerate(self.users()) if user.email == message.to)
        assert not self.has_left(person)
        self.nobody_goes_there(message.body)
        reader = self.readers[person]
        spoken = reader.read(message.body)
        assert spoken or (message.kind == "mornings" and message.calendar)
        true = self.truth(person)
        wrong = {start for start in spoken if reader.believes.get(start) != true.get(start)}
        assert not wrong, (message.subject, message.body, true)
        if message.kind == "mornings":
            self.nothing_is_over(spoken, reader.ever)
            expected = {start for start in spoken if reader.believes.get(start, ("",))[0] == DOWN}
            self.calendars.arrive(person, message.to, message.calendar, expected)
        else:
            self.reminds_of_nothing_called_off(spoken)
        if is_quiet(self.now):
            assert message.kind == "mornings"
            # What they may have read before is told of as urgently as what they have.
            may_know_more = message.to in self.may_have_read or "You’re down for this" in message.body
            assert may_know_more or self.begins(spoken, reader) <= self.now + SOON

    def reads_of_open_mornings(self, message: OutboxMessage) -> None:
        """Somebody who wants to hear of open mornings reads of days on which people are needed, and of no other."""
        wanted = [user.email for person, user in enumerate(self.users()) if person not in self.want_no_mornings]
        assert message.to in wanted
        days = {line.removeprefix("- ").rpartition(", ")[0] for line in message.body.splitlines() if line.startswith("- ")}
        assert days <= self.days_to_go_to(), message.body

    def everything_arrives(self) -> None:
        """Mend the mail server and the addresses, wait for somebody’s day and an hour: everybody knows what is so."""
        turns, between = 6, timedelta(minutes=13)
        since = self.now - timedelta(days=2)
        self.coordinator_hears_what_failed(between)
        # What changed while the server was away is written anew in a later turn, which must not be in the quiet hours either.
        while any(is_quiet(moment, weekends=True) for moment in (self.now, self.now + turns * between)):
            self.now += timedelta(hours=1)
        self.mend_addresses()
        begun = self.now
        for message in OutboxMessage.objects.to_look_at():
            # Not what got no answer at an address that is nobody’s any more: whoever reads now is told anyway; nor an old link.
            if message.kind and (message.kind != "visits" or self.reader_at(message.to) is not None):
                actions.send_again(message.pk, now=self.now)
        for turn in range(turns):
            if turn % 2 == 0:
                tell(self.now, kinds=KINDS)
            self.send_all()
            self.now += between
        for person, reader in enumerate(self.readers):
            if not self.has_left(person):
                self.knows_what_is_to_come(person, reader)
        self.guests_know()
        with self.nothing_happens():
            self.schools_know()
        self.coordinator_knows_who_is_gone(since)
        self.alarms_are_known()
        self.school_changes_are_known()
        self.seldom_is_known()
        self.coordinator_has_the_list(begun)

    def knows_what_is_to_come(self, person: int, reader: Reader) -> None:
        """See that a volunteer, and their calendar, knows where they are expected in what is still to come."""
        coming, true = self.still_to_come(), self.truth(person)
        wrong = {key for key in reader.believes.keys() | true.keys() if reader.believes.get(key) != true.get(key)}
        assert not wrong & coming, (person, reader.believes, true)
        held = [each.session for each in self.covers(person) if (each.state, each.session.stage) == ("accepted", "scheduled")]
        down = self.with_their_mornings(held)
        self.calendars.hold(person, self.users()[person].email, down, now=self.now, arrive=timedelta(minutes=30))

    def coordinator_hears_what_failed(self, between: timedelta) -> None:
        """Let the server be there and an hour go by: what did not arrive before is told to the coordinator."""
        since = self.now - timedelta(days=2)
        self.mend_mail()
        self.mend_phones()
        self.coordinators_are_mended(self.refused())
        self.now += timedelta(minutes=61)
        while is_quiet(self.now) or is_quiet(self.now + between):
            self.now += timedelta(hours=1)
        for message in OutboxMessage.objects.to_look_at().filter(kind__in=TO_COORDINATORS):
            actions.send_again(message.pk, now=self.now)
        begun = self.now
        for _ in range(2):
            tell(self.now, kinds=TO_COORDINATORS)
            self.send_all()
            self.now += between
        self.coordinator_knows_what_failed(max(since, begun - timedelta(days=2)), begun)

    def refused(self) -> set[str]:
        return set(SuppressedAddress.objects.active().values_list("address", flat=True))

    def mend_addresses(self) -> None:
        """Whoever has an address that refused a mail gets another one."""
        refused = self.refused()
        self.coordinators_are_mended(refused)
        self.ela_is_mended(refused)
        for person, user in enumerate(self.users()):
            if user.email in refused:
                self.new_address(person)
        for address in refused:
            if (reader := self.reader_at(address)) is not None:
                self.new_address_at_school(reader)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.django_db
def test_everybody_who_reads_their_mail_knows_what_is_so(
    part: int, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, settings: Settings, of_the_run: Path
) -> None:
    settings.SPEAKOUT_SMS = "stub"
    make_world()
    current: list[Histories] = []

    def send(message: OutboxMessage, *, before_text: Callable[[], None]) -> str:
        try:
            return current[-1].send(message, before_text=before_text)
        except (AssertionError, LookupError, StopIteration) as error:
            current[-1].misled.append(error)
            raise

    class Watched(Histories):
        @initialize(begins=moments, network=networks, goes_on=going_on)
        def begins_to_be_watched(self, begins: datetime, network: list[str], goes_on: bool) -> None:
            current.append(self)
            self.begin(begins, network, goes_on=goes_on)

    monkeypatch.setattr(actions, "send", send)
    with time_machine.travel(BEGIN, tick=False) as clock:
        Histories.clock = clock
        play(Watched, HISTORIES if IS_SOAK else examples(HISTORIES), first_seed=first_seed(request, part))
    seen, lengths = Histories.seen, Histories.lengths
    sys.stdout.write(f"Part {part}: {len(lengths)} histories of a median of {median(lengths)} steps: {dict(seen)}\n")
    # What no history does is not tested; a few histories do not do everything.
    if IS_SOAK:
        assert median(lengths) >= 20
        if in_all := seen_in_all(of_the_run, part, seen):
            assert came_too_seldom(in_all) == {}


def test_every_kind_comes_up_in_histories_or_is_named_with_the_reason() -> None:
    assert len(KINDS) == len(set(KINDS))
    assert sorted([*KINDS, *NOT_PLAYED]) == sorted(kind.name for kind in all_kinds())


def came_too_seldom(seen: Counter[str]) -> dict[str, int]:
    """Return what histories should have done or met more often, with how often they have."""
    return {each: seen[each] for each in MET if seen[each] < LEAST}


@pytest.fixture
def of_the_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this run of the tests share."""
    own = tmp_path_factory.getbasetemp()
    shared = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "histories"
    shared.mkdir(exist_ok=True)
    return shared


def seen_in_all(folder: Path, part: int, seen: Counter[str], parts: int = PARTS) -> Counter[str] | None:
    """Lay down what a part has seen, and return what all have seen together; None where others are still being played.

    Parts are played by processes of their own, so the last one to end sees what all have laid down.
    """
    written = folder / f"{part}.part"
    written.write_text(json.dumps(seen))
    written.rename(folder / f"{part}.json")  # nobody reads half of it
    laid_down = [Counter(json.loads(each.read_text())) for each in folder.glob("*.json")]
    return sum(laid_down, Counter[str]()) if len(laid_down) == parts else None


def test_what_the_parts_of_the_soak_have_seen_is_added_up_once_the_last_has_ended(tmp_path: Path) -> None:
    assert seen_in_all(tmp_path, 2, Counter(swap=9, move=1), parts=3) is None
    assert seen_in_all(tmp_path, 0, Counter(swap=11), parts=3) is None
    assert seen_in_all(tmp_path, 1, Counter(swap=10), parts=3) == Counter(swap=30, move=1)


def test_the_soak_wants_each_verb_and_fault_thirty_times_in_all_and_names_what_came_less_often() -> None:
    assert LEAST >= 30
    assert len(MET) == len(set(MET))
    enough = Counter(dict.fromkeys(MET, LEAST))
    assert came_too_seldom(enough) == {}
    for each in MET:
        assert came_too_seldom(enough - Counter({each: 1})) == {each: LEAST - 1}


def first_seed(request: pytest.FixtureRequest, part: int) -> int:
    """Return the seed with which a part begins: that of `--hypothesis-seed`, or a new one in the soak, or always the same."""
    given = request.config.getoption("--hypothesis-seed")
    first = int(given) if given else secrets.randbelow(1_000_000) if IS_SOAK else 1
    return first + part * 1_000


def play(machine: type[Histories], number: int, *, first_seed: int) -> None:
    """Play so many histories, those of one seed after those of another; the seeds are printed."""
    # Not shrunk: that takes minutes, and a history says in words what happened. A busy machine is no fault of a history.
    several = settings(
        max_examples=min(number, OF_ONE_SEED),
        stateful_step_count=25,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )
    failed: dict[int, Exception] = {}
    for number_of_seed in range(first_seed, first_seed + -(-number // OF_ONE_SEED)):
        sys.stdout.write(f"Histories of seed {number_of_seed}\n")
        try:
            run_state_machine_as_test(seed(number_of_seed)(machine), settings=several)
        except Exception as error:  # noqa: BLE001  # a soak of an hour tells of each seed that fails, not of the first alone
            sys.stdout.write(f"Histories of that seed failed: {error}\n")
            failed[number_of_seed] = error
    if failed:
        raise ExceptionGroup(f"Histories of these seeds failed: {', '.join(map(str, failed))}", list(failed.values()))


def make_world() -> None:
    """Make the people and visits with which each history begins."""
    area = AreaFactory()
    Histories.by, Histories.colleague = manager(), manager()
    Histories.volunteers = [able_volunteer(area, signs_in=True, name=f"{name} Rao") for name in ("Asha", "Ben", "Cara")]
    schools = [SchoolFactory(area=area) for _ in STARTS]
    Histories.bookings = [VisitFactory(school=school, coordinator=Histories.by) for school in (*schools, schools[1])]
    Histories.seen.clear()
    Histories.lengths.clear()
    Histories.make_schools()
    for visit, starts in zip(Histories.bookings, STARTS, strict=False):
        for start in starts:
            SessionFactory(visit=visit, day=FIRST, starts=start, ends=start.replace(minute=start.minute + 30))
    Histories.make_online()
    Histories.make_alarms()
    Histories.make_seldom()
