"""Which entries a mail changes in a calendar, and under which names: compared without a database."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from schools.visits.queries.entries import Entry, Mailed, SessionFacts
from schools.visits.queries.standings import DOWN, OFFERED, Standing
from schools.visits.rules.entries import Facts, PartyCalendar, wanted_entries

MONDAY, TUESDAY = "2026-11-30", "2026-12-01"
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
BEGUN = datetime(2026, 11, 30, 9, 15, tzinfo=UTC)
ASHA, BEN, NEW = "asha@example.org", "ben@example.org", "new@example.org"


def standing(
    session: int, day: str = MONDAY, *, stands: str = DOWN, starts: str = "09:15:00", ends: str = "09:45:00"
) -> Standing:
    return Standing(session, day, starts, ends, 1, stands, "", 0)


def calendar(
    standings: Sequence[Standing], mailed: Sequence[Mailed] = (), facts: Facts | None = None, *, is_of_several: bool = False
) -> PartyCalendar:
    facts = facts or {}
    by_session = {each.session: each for each in standings}
    wanted = wanted_entries(by_session, DOWN, facts, mailed, names=lambda morning: f"7-{morning}")
    return PartyCalendar(wanted, mailed, facts, is_of_several=is_of_several)


def mailed(*entries: Entry, to: str | None = ASHA, is_doubtful: bool = False, is_unanswered: bool = False) -> Mailed:
    return Mailed(to, is_doubtful, entries, is_unanswered)


def entry(*sessions: int, uid: str = "7-1", day: str = MONDAY, is_there: bool = True) -> Entry:
    return Entry(uid, f"{day}T09:15:00", f"{day}T09:45:00", sessions, is_there)


def test_the_sessions_of_a_day_are_one_entry_from_the_first_start_to_the_last_end() -> None:
    rows = [standing(2, starts="10:00:00", ends="11:00:00"), standing(1), standing(3, TUESDAY), standing(4, stands=OFFERED)]
    assert calendar(rows).wanted == [
        Entry("7-1", "2026-11-30T09:15:00", "2026-11-30T11:00:00", (1, 2), is_there=True),
        Entry("7-3", "2026-12-01T09:15:00", "2026-12-01T09:45:00", (3,), is_there=True),
    ]


def test_what_never_stood_there_is_put_in_by_a_mail_that_speaks_of_it() -> None:
    both = calendar([standing(1), standing(2, TUESDAY)])
    assert both.changes(to=ASHA, now=NOW) == []
    assert both.changes(to=ASHA, now=NOW, spoken=[2]) == [entry(2, uid="7-2", day=TUESDAY)]


def test_what_stands_there_as_it_is_needs_nothing() -> None:
    assert calendar([standing(1)], [mailed(entry(1))]).changes(to=ASHA, now=NOW, spoken=[1]) == []


def test_a_morning_that_moves_keeps_its_name_and_one_that_ends_is_taken_out() -> None:
    before = [mailed(entry(1))]
    assert calendar([standing(1, TUESDAY)], before).changes(to=ASHA, now=NOW) == [entry(1, day=TUESDAY)]
    assert calendar([], before).changes(to=ASHA, now=NOW) == [entry(1, is_there=False)]
    gone = [*before, mailed(entry(1, is_there=False))]
    assert calendar([], gone).changes(to=ASHA, now=NOW) == []
    assert calendar([standing(1)], gone).changes(to=ASHA, now=NOW) == [entry(1)], "the same name as before"


def test_half_a_morning_that_moves_begins_another_entry_and_comes_back_into_the_first() -> None:
    first = Entry("7-1", f"{MONDAY}T09:15:00", f"{MONDAY}T09:45:00", (1, 2), is_there=True)
    split = calendar([standing(1, TUESDAY), standing(2)], [mailed(first)])
    changed = split.changes(to=ASHA, now=NOW, spoken=[1])
    assert changed == [entry(2), entry(1, uid="7-1.2", day=TUESDAY)]
    again = calendar([standing(1), standing(2)], [mailed(first), mailed(*changed)])
    assert again.changes(to=ASHA, now=NOW) == [first, entry(1, uid="7-1.2", day=TUESDAY, is_there=False)]


def test_two_days_that_change_places_change_their_days_and_not_their_names() -> None:
    before = [mailed(entry(1), entry(2, uid="7-2", day=TUESDAY))]
    changed = calendar([standing(1, TUESDAY), standing(2)], before).changes(to=ASHA, now=NOW)
    assert changed == [entry(2, uid="7-2"), entry(1, day=TUESDAY)]


def test_what_may_not_have_arrived_is_said_once_more() -> None:
    moved = [mailed(entry(1)), mailed(entry(1, day=TUESDAY), is_doubtful=True)]
    assert calendar([standing(1)], moved).changes(to=ASHA, now=NOW) == [entry(1)]
    assert calendar([standing(1, TUESDAY)], moved).changes(to=ASHA, now=NOW) == [entry(1, day=TUESDAY)]
    assert calendar([], [mailed(entry(1), is_doubtful=True)]).changes(to=ASHA, now=NOW) == [entry(1, is_there=False)]
    settled = [*moved, mailed(entry(1))]
    assert calendar([standing(1)], settled).changes(to=ASHA, now=NOW) == []


def test_another_address_gets_what_stood_at_the_one_before_and_is_told_of_its_end() -> None:
    before = [mailed(entry(1))]
    assert calendar([standing(1)], before).changes(to=NEW, now=NOW) == [entry(1)]
    assert calendar([], before).changes(to=NEW, now=NOW) == [entry(1, is_there=False)]
    both = [*before, mailed(entry(1), to=NEW)]
    assert calendar([standing(1)], both).changes(to=NEW, now=NOW) == []
    assert calendar([], [*both, mailed(entry(1, is_there=False))]).changes(to=NEW, now=NOW) == [entry(1, is_there=False)]


OFF = entry(1, is_there=False)


@pytest.mark.parametrize(
    ("mails", "to", "is_told"),
    [
        pytest.param([mailed(entry(1)), mailed(OFF, is_unanswered=True)], ASHA, False, id="counts as known there"),
        pytest.param([mailed(entry(1)), mailed(OFF, is_unanswered=True)], "Asha@example.org", False, id="the same address"),
        pytest.param([mailed(entry(1)), mailed(OFF, is_unanswered=True)], NEW, True, id="and not elsewhere"),
        pytest.param([mailed(entry(1)), mailed(OFF, to=BEN)], NEW, True, id="only a colleague was told"),
        pytest.param([mailed(entry(1)), mailed(OFF, is_unanswered=True), mailed(OFF, to=BEN)], NEW, True, id="both"),
        pytest.param([mailed(entry(1)), mailed(OFF, to=BEN), mailed(OFF, to=NEW, is_doubtful=True)], NEW, True, id="perhaps"),
        pytest.param([mailed(entry(1)), mailed(OFF)], NEW, False, id="the one before was told"),
        pytest.param([mailed(entry(1)), mailed(OFF, to="")], NEW, False, id="whoever was erased may have been"),
    ],
)
def test_whoever_reads_for_a_school_at_a_new_address_may_have_what_was_taken_out_elsewhere(
    mails: list[Mailed], to: str, is_told: bool
) -> None:
    assert calendar([], mails, is_of_several=True).changes(to=to, now=NOW) == ([OFF] if is_told else [])
    told = [*mails, mailed(OFF, to=to.lower())]
    assert calendar([], told, is_of_several=True).changes(to=to, now=NOW) == [], "once"


def test_a_volunteers_calendar_is_one_at_whichever_address() -> None:
    assert calendar([], [mailed(entry(1)), mailed(OFF, to=BEN)]).changes(to=NEW, now=NOW) == []


def test_a_mail_of_which_nobody_knows_the_address_any_more_counts_for_every_address() -> None:
    assert calendar([standing(1)], [mailed(entry(1), to=None)]).changes(to=NEW, now=NOW) == []


def test_what_is_over_or_was_reported_stays_as_it_is() -> None:
    before = [mailed(entry(1))]
    assert calendar([], before).changes(to=ASHA, now=NOW + timedelta(days=7)) == []
    assert calendar([], before).changes(to=ASHA, now=BEGUN) == [entry(1, is_there=False)]
    assert calendar([], before).changes(to=ASHA, now=BEGUN + timedelta(minutes=30)) == [], "its day is not over, and it is"
    reported = {1: SessionFacts(is_reported=True)}
    assert calendar([], before, reported).changes(to=ASHA, now=NOW) == []


def test_the_rest_of_a_morning_that_was_reported_in_part_is_another_morning() -> None:
    before = [mailed(entry(1, 2))]
    rest = calendar([standing(2, TUESDAY)], before, {1: SessionFacts(is_reported=True)})
    assert rest.changes(to=ASHA, now=NOW, spoken=[2]) == [entry(2, uid="7-2", day=TUESDAY)]


def test_online_windows_are_whole_days_and_each_an_entry_of_its_own() -> None:
    facts = {1: SessionFacts(until="2026-12-04"), 2: SessionFacts(until="2026-12-11")}
    first, second = calendar([standing(1), standing(2)], facts=facts).wanted
    assert (first.begins, first.ends, first.is_window) == (MONDAY, "2026-12-04", True)
    assert (second.ends, second.sessions) == ("2026-12-11", (2,))
