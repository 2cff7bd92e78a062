"""What stands in the outbox since an earlier run costs neither words nor a query of its own."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from schools.messages import asking, kinds
from schools.messages.actions import deliver_due, leave_unsent
from schools.messages.asking import drafts_about, write_due
from schools.messages.kinds import Draft, Kind
from schools.messages.models import NO_LONGER_TRUE, OutboxMessage
from schools.messages.states import State, state_of

pytestmark = pytest.mark.django_db


@dataclass
class Facts:
    """Facts that somebody has to know, and whose words were written, in order; the fact "broken" has no words."""

    due: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)

    def drafts(self) -> Iterator[Draft]:
        for fact in self.due:
            yield Draft(f"fact:{fact}", "asha@example.org", partial(self.write, fact))

    def write(self, fact: str) -> tuple[str, str]:
        self.written.append(fact)
        if fact == "broken":
            raise LookupError
        return "News", f"Dear Asha, {fact}."


@pytest.fixture
def facts(monkeypatch: pytest.MonkeyPatch) -> Facts:
    known = Facts()

    def keep(*_: Any) -> None:
        """Nothing is kept about it."""

    def again(message: OutboxMessage, _: datetime) -> Draft | None:
        return next((draft for draft in known.drafts() if draft.key == message.key), None)

    monkeypatch.setattr(kinds, "_kinds", {"fact": Kind("fact", "A fact", lambda *_: known.drafts(), again, keep, keep)})
    return known


def write(now: datetime) -> int:
    return write_due(clock=lambda: now)


def test_words_are_written_once_and_only_of_what_is_new(facts: Facts, now: datetime) -> None:
    facts.due += ["it rains", "it snows"]
    assert write(now) == 2
    assert facts.written == ["it rains", "it snows"]
    facts.due.append("it hails")
    assert write(now) == 1
    assert facts.written == ["it rains", "it snows", "it hails"]


def test_a_message_that_is_asked_for_again_has_its_own_words_written_and_no_others(facts: Facts, now: datetime) -> None:
    facts.due += ["it rains", "it snows"]
    write(now)
    OutboxMessage.objects.filter(key="fact:it rains").delete()
    facts.written.clear()
    assert deliver_due(clock=lambda: now)[0] == 1
    assert set(facts.written) == {"it snows"}


def test_what_stands_in_the_outbox_is_looked_for_in_one_query(facts: Facts, now: datetime) -> None:
    counts = []
    for number in range(4):
        facts.due.append(f"it rained on day {number}")
        write(now)
        with CaptureQueriesContext(connection) as queries:
            assert write(now) == 0
        counts.append(len(queries))
    assert counts == [1] * 4


def test_more_than_are_looked_for_together_are_all_written_once(
    facts: Facts, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "TOGETHER", 2)
    facts.due += [f"it rained on day {number}" for number in range(5)]
    assert [write(now), write(now)] == [5, 0]
    assert OutboxMessage.objects.count() == len(facts.written) == 5


def test_a_kind_whose_words_break_is_left_out_of_a_look(facts: Facts, now: datetime) -> None:
    facts.due += ["it rains", "broken"]
    assert drafts_about([1], now=now) == []


def test_what_was_taken_back_after_it_may_have_arrived_goes_when_it_holds_again(facts: Facts, now: datetime) -> None:
    facts.due.append("it rains")
    write(now)
    message = OutboxMessage.objects.get()
    OutboxMessage.objects.update(handed_over_at=now, message_id="<one@example.org>")
    facts.due.clear()
    assert deliver_due(clock=lambda: now)[0] == 0
    assert state_of(OutboxMessage.objects.get(), now=now) is State.TAKEN_BACK
    facts.due.append("it rains")
    assert [draft.key for _, draft in drafts_about([1], now=now)] == ["fact:it rains"], "a look shows it"
    assert (write(now), write(now)) == (1, 0)
    assert deliver_due(clock=lambda: now)[0] == 1
    sent = OutboxMessage.objects.get()
    assert (sent.pk, sent.message_id, sent.sent_at) == (message.pk, "<one@example.org>", now), "whoever has it knows it again"


def test_what_goes_after_all_is_kept_anew_so_that_it_waits_where_anything_holds_it_back(
    facts: Facts, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def keep(message: OutboxMessage, _: Draft) -> None:
        OutboxMessage.objects.filter(pk=message.pk).update(next_try=now + timedelta(minutes=1))

    facts.due.append("it rains")
    write(now)
    OutboxMessage.objects.update(stopped_at=now, left_at=now, last_error=NO_LONGER_TRUE, handed_over_at=now)
    monkeypatch.setitem(kinds._kinds, "fact", replace(kinds._kinds["fact"], written=keep))
    assert (write(now), deliver_due(clock=lambda: now)[0]) == (1, 0)
    assert deliver_due(clock=lambda: now + timedelta(minutes=2))[0] == 1


def test_what_a_manager_left_unsent_stays_so(facts: Facts, now: datetime) -> None:
    facts.due.append("it rains")
    write(now)
    OutboxMessage.objects.update(stopped_at=now, last_error="550 no")
    leave_unsent(OutboxMessage.objects.get().pk, now=now)
    assert (write(now), deliver_due(clock=lambda: now)[0]) == (0, 0)
