"""A call to a school that is due, by how it ended: written down in one go, so that it can be undone."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import TextChoices
from django.utils import timezone

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.core.periods import AcademicYear
from schools.core.words import long_day, short_time
from schools.directory.models import School
from schools.visits.actions.batches import Changes, field_values
from schools.visits.actions.conversations import Conversation, log_conversation, request_visit
from schools.visits.actions.undoable import held
from schools.visits.models import Batch, BatchKind, ContactLog

NOBODY = "nobody"
"""With whom one spoke when nobody answered."""


class CallOutcome(TextChoices):
    """How a call ended."""

    NO_ANSWER = "no-answer", "No answer"
    LATER = "later", "Call again"
    WANTS = "wants", "Wants a visit"
    NOT_THIS_YEAR = "not-this-year", "Not this school year"


@dataclass(frozen=True, kw_only=True)
class Call:
    """How a call ended, with what belongs to it."""

    outcome: CallOutcome
    who: str = ""
    note: str = ""
    again_on: date | None = None
    """When to call again; only for `LATER`."""
    month: date | None = None
    """A day of the month in which they want a visit; None: any. Only for `WANTS`."""


class CalledMeanwhile(RuleBroken):
    """A refusal: since the page was shown, a conversation with the school was logged, which is `log`."""

    def __init__(self, log: ContactLog) -> None:
        self.log = log
        super().__init__(
            [(f"{log.by} logged a conversation with {log.school} since you opened this: “{log.note or log.who}”. "
             "Press once more if yours is another one.")]
        )  # fmt: skip


def newest_conversation(school: School) -> ContactLog | None:
    """Return the conversation with the school that was written down last; None: there is none."""
    return ContactLog.objects.filter(school=school).select_related("by", "school").order_by("-pk").first()


def log_call(school: School, call: Call, *, by: User, now: datetime, seen: int | None) -> Batch:
    """Write the call down, with what follows from how it ended, and return the batch that undoes all of it.

    `seen` is the id of the newest conversation on the page where somebody pressed; None: there was none. A request for a visit
    tells the school nothing for a minute, as every act that can be undone. Raises CalledMeanwhile, and RuleBroken with every
    reason.
    """
    if call.outcome == CallOutcome.WANTS:
        return held(lambda: _logged(school, call, by=by, now=now, seen=seen), now=now)
    return _logged(school, call, by=by, now=now, seen=seen)


@transaction.atomic
def _logged(school: School, call: Call, *, by: User, now: datetime, seen: int | None) -> Batch:
    school = School.objects.select_for_update(of=("self",)).get(pk=school.pk)
    newest = newest_conversation(school)
    if newest is not None and newest.pk != seen:
        raise CalledMeanwhile(newest)
    on, changes, before = timezone.localdate(now), Changes(), field_values(school, ["ask_again_on"])
    alone_until = _alone_until(call, on=on)
    conversation = Conversation(
        day=on,
        how=ContactLog.How.PHONE,
        who=NOBODY if call.outcome == CallOutcome.NO_ANSWER else call.who,
        note="\n".join(filter(None, (_words(call, now=now), call.note))),
        follow_up_on=call.again_on if call.outcome == CallOutcome.LATER else None,
    )
    log = log_conversation(school, conversation, by=by, now=now, ask_again_on=alone_until)
    if newest is None or log.pk != newest.pk:
        changes.record_created(log, ["school", "day", "who", "note", "follow_up_on"])
    if call.outcome == CallOutcome.WANTS:
        visit = request_visit(school, preferred_month=call.month, by=by, now=now)
        changes.record_created(visit, ["school", "stage", "preferred_month"])
    school.refresh_from_db(fields=["ask_again_on"])
    changes.record_changed(school, before)
    return changes.keep(BatchKind.CALL, f"Logged for {school}: {_short(call, alone_until)}", by=by, now=now)


def _alone_until(call: Call, *, on: date) -> date | None:
    """Return the day until which the school is not to be asked; None: as it was. Raises RuleBroken where no day is given."""
    if call.outcome == CallOutcome.NOT_THIS_YEAR:
        return AcademicYear(AcademicYear.of(on).start + 1).first_day
    if call.outcome != CallOutcome.LATER:
        return None
    if call.again_on is None:
        raise RuleBroken(["Choose when to call again."])
    return call.again_on


def _words(call: Call, *, now: datetime) -> str:
    """Return what the conversation says of how the call ended. The time tells two calls of a day apart."""
    at = short_time(timezone.localtime(now).time())
    if call.outcome == CallOutcome.WANTS:
        return f"{at}: they want a visit in {call.month:%B %Y}." if call.month else f"{at}: they want a visit."
    if call.outcome == CallOutcome.LATER and call.again_on:
        return f"{at}: call again on {long_day(call.again_on)}."
    return f"{at}: {call.outcome.label.lower()}."


def _short(call: Call, alone_until: date | None) -> str:
    """Return how the call ended, for the bar that undoes it."""
    if call.outcome == CallOutcome.WANTS:
        return f"wants a visit in {call.month:%B %Y}" if call.month else "wants a visit"
    return f"{call.outcome.label.lower()}, ask again on {long_day(alone_until)}" if alone_until else call.outcome.label.lower()
