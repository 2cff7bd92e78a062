"""A call to a school that is due, or to a trust about several, by how it ended, and other conversations: undone in one go."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q, TextChoices
from django.utils import timezone

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.core.periods import AcademicYear
from schools.core.words import long_day, short_time
from schools.directory.models import Contact, School, SchoolGroup
from schools.visits.actions.batches import Changes, table_of
from schools.visits.actions.conversations import (
    Conversation,
    day_to_ask_again,
    lock_numbers,
    log_conversation,
    record_agreement,
    request_visit,
)
from schools.visits.actions.undoable import held
from schools.visits.models import NOBODY, Batch, BatchKind, ContactLog, Visit

TYPED = "typed"
"""The key in a batch under which the conversation of a call keeps what somebody typed, beside what was made of it."""

MOST_TOGETHER = 100
"""For at most so many schools one call is written down at once, so that nobody waits long for it."""


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


@dataclass(frozen=True)
class Typed:
    """What somebody had typed, and of which schools, when they logged a call that was undone."""

    who: str
    note: str
    schools: frozenset[int]
    """The ids of the schools."""


def typed_of(batch: Batch) -> Typed | None:
    """Return what somebody typed before they logged the call that was undone, for the schools where it is logged no more.

    None: it is logged still, or an earlier version logged it.
    """
    kept = {change["pk"]: change for change in batch.changes if TYPED in change}
    standing = set(ContactLog.objects.filter(pk__in=kept).values_list("pk", flat=True)) if kept else set()
    gone = [change for pk, change in kept.items() if pk not in standing]
    if not gone:
        return None
    typed = gone[0][TYPED]
    return Typed(typed["who"], typed["note"], frozenset(change["after"]["school"] for change in gone))


def newest_conversation(schools: Collection[School]) -> int | None:
    """Return the id of the conversation with one of the schools that was written down last, under any number; None: none was."""
    chains = {school.chain for school in schools} - {None}
    numbers = School.objects.filter(Q(pk__in=[school.pk for school in schools]) | Q(chain__in=chains))
    talks = ContactLog.objects.filter(school__in=numbers.order_by().values("pk"))
    # Without a limit, for which PostgreSQL would go through every conversation in the order of their ids.
    return max(talks.order_by().values_list("pk", flat=True), default=None)


def _refuse_called_meanwhile(schools: Collection[School], *, seen: int | None) -> None:
    """Raise CalledMeanwhile where a conversation was logged since the page of which `seen` was the newest one.

    A lower one was on the page: what was newer has been undone since.
    """
    newest = newest_conversation(schools)
    if newest is not None and newest > (seen or 0):
        raise CalledMeanwhile(ContactLog.objects.select_related("by", "school").get(pk=newest))


def log_call(school: School, call: Call, *, by: User, now: datetime, seen: int | None) -> Batch:
    """Write the call down, with what follows from how it ended, and return the batch that undoes all of it.

    `seen` is the id of the newest conversation on the page where somebody pressed; None: there was none. A request for a visit
    tells the school nothing for a minute, as every act that can be undone. Raises CalledMeanwhile, and RuleBroken with every
    reason.
    """
    if call.outcome == CallOutcome.WANTS:
        return held(lambda: _logged(school, call, by=by, now=now, seen=seen), now=now)
    return _logged(school, call, by=by, now=now, seen=seen)


def talk_to_undo(
    school: School,
    conversation: Conversation,
    *,
    by: User,
    now: datetime,
    visit: Visit | None = None,
    ask_again_on: date | None = None,
) -> Batch:
    """Write the conversation down as `log_conversation` does; by the batch nobody has spoken with the school.

    Where it is about a visit, what it tells the school waits for a minute. A batch without changes, which is not stored: it
    stands already. Raises RuleBroken with every reason.
    """

    def talk() -> Batch:
        return _talked(school, conversation, visit, ask_again_on, by=by, now=now)

    return held(talk, now=now) if visit else talk()


@transaction.atomic
def _talked(
    school: School, conversation: Conversation, visit: Visit | None, ask_again_on: date | None, *, by: User, now: datetime
) -> Batch:
    changes = Changes()
    log = log_conversation(school, conversation, by=by, now=now, visit=visit, ask_again_on=ask_again_on, changes=changes)
    _keep_typed(changes, log, who=conversation.who, note=conversation.note)
    # Without a name: the words of a batch stay when somebody is erased.
    about = f" about visit {visit.reference}" if visit else ""
    batch = changes.keep_any(BatchKind.CALL, f"Logged a conversation with {school}{about}", by=by, now=now)
    batch.visits = [visit.pk] if visit else None
    return batch


def request_to_undo(
    school: School, *, preferred_month: date | None, by: User, now: datetime, contact: Contact | None = None
) -> Batch:
    """Store that the school asked for a visit, as `request_visit` does; by the batch it never did.

    It tells the school nothing for a minute, as a call that ends so. Raises RuleBroken with every reason.
    """
    return held(lambda: _requested(school, preferred_month, contact, by=by, now=now), now=now)


@transaction.atomic
def _requested(school: School, month: date | None, contact: Contact | None, *, by: User, now: datetime) -> Batch:
    changes = Changes()
    visit = request_visit(school, preferred_month=month, contact=contact, by=by, now=now, changes=changes)
    return changes.keep(BatchKind.CALL, f"Put {school} among the requests, as visit {visit.reference}", by=by, now=now)


@transaction.atomic
def agree_to_undo(school: School, *, year: AcademicYear, accepted_on: date, by_role: str, by: User, now: datetime) -> Batch:
    """Store the school's agreement for the academic year, or correct it, as `record_agreement` does; the batch undoes it.

    It tells nobody anything. A batch without changes, which is not stored: it stands already. Raises RuleBroken as it does.
    """
    changes = Changes()
    record_agreement(school, year=year, accepted_on=accepted_on, by_role=by_role, now=now, changes=changes)
    return changes.keep_any(BatchKind.CALL, f"Wrote down the agreement of {school} for {year}", by=by, now=now)


@transaction.atomic
def _logged(school: School, call: Call, *, by: User, now: datetime, seen: int | None) -> Batch:
    school = lock_numbers(school)
    _refuse_called_meanwhile([school], seen=seen)
    changes = Changes()
    alone_until = _write_down(school, call, changes, by=by, now=now)
    return changes.keep(BatchKind.CALL, f"Logged for {school}: {_short(call, alone_until)}", by=by, now=now)


def log_call_together(
    schools: Collection[School], call: Call, *, group: SchoolGroup, by: User, now: datetime, seen: int | None
) -> Batch:
    """Write down one call with a trust or federation for each of these schools of it, and return the batch that undoes all of it.

    All of them or none: raises RuleBroken with the reasons of every school that refuses. `seen` is the id of the newest
    conversation with any of them on the page where somebody pressed; None: there was none. Raises CalledMeanwhile where there is
    a newer one. As with one school, a request for a visit tells nobody anything for a minute.
    """
    if not schools:
        raise RuleBroken(["Tick at least one school."])
    if len(schools) > MOST_TOGETHER:
        raise RuleBroken([f"A call is written down for at most {MOST_TOGETHER} schools at once. Tick fewer of them."])
    if call.outcome == CallOutcome.WANTS:
        return held(lambda: _logged_together(schools, call, group=group, by=by, now=now, seen=seen), now=now)
    return _logged_together(schools, call, group=group, by=by, now=now, seen=seen)


@transaction.atomic
def _logged_together(
    schools: Collection[School], call: Call, *, group: SchoolGroup, by: User, now: datetime, seen: int | None
) -> Batch:
    ids = [school.pk for school in schools]
    chains = School.objects.filter(pk__in=ids, chain__isnull=False).order_by().values("chain")
    numbers = School.objects.select_for_update(of=("self",)).filter(Q(pk__in=ids) | Q(chain__in=chains)).order_by("pk")
    locked = [row for row in numbers if row.pk in ids]
    _refuse_called_meanwhile(locked, seen=seen)
    changes, reasons = Changes(), []
    of_all = f"One call with {group}, about {len(locked)} schools." if len(locked) > 1 else f"A call with {group}."
    alone_until, later = _alone_until(call, on=timezone.localdate(now)), 0
    for school in locked:
        try:
            waits_until = _write_down(school, call, changes, by=by, now=now, also=of_all)
            later += waits_until != alone_until
        except RuleBroken as broken:
            reasons += broken.reasons
    if reasons:
        # What was written for the others is rolled back with it.
        raise RuleBroken(list(dict.fromkeys(reasons)))
    number = "1 school" if len(locked) == 1 else f"{len(locked)} schools"
    as_before = f"; {later} of them later, as before" if later else ""
    return changes.keep(BatchKind.CALL, f"Logged for {number} of {group}: {_short(call, alone_until)}{as_before}", by=by, now=now)


def _write_down(school: School, call: Call, changes: Changes, *, by: User, now: datetime, also: str = "") -> date | None:
    """Write the call with the locked school down, and what follows from it; return until when it is not asked, None: as before.

    What was written is recorded in `changes`. `also` is a sentence for the conversation. A school that is to be left alone for
    longer than the call says stays so; only who speaks about that one school and says when to call again has it back sooner.
    Raises RuleBroken with every reason.
    """
    alone_until, standing = _alone_until(call, on=timezone.localdate(now)), day_to_ask_again(school)
    is_its_own_day = call.outcome == CallOutcome.LATER and not also
    stays = alone_until is not None and standing is not None and standing > alone_until and not is_its_own_day
    conversation = Conversation(
        day=timezone.localdate(now),
        how=ContactLog.How.PHONE,
        who=NOBODY if call.outcome == CallOutcome.NO_ANSWER else call.who,
        note="\n".join(filter(None, (_words(call, now=now), also, call.note))),
        follow_up_on=call.again_on if call.outcome == CallOutcome.LATER else None,
    )
    until = None if stays else alone_until
    log = log_conversation(school, conversation, by=by, now=now, ask_again_on=until, changes=changes)
    _keep_typed(changes, log, who=call.who, note=call.note)
    if call.outcome == CallOutcome.WANTS:
        request_visit(school, preferred_month=call.month, by=by, now=now, changes=changes)
    return standing if stays else alone_until


def _keep_typed(changes: Changes, log: ContactLog, *, who: str, note: str) -> None:
    """Keep what somebody typed beside the conversation that was made of it, where these changes created that."""
    for change in changes.rows:
        if (change["table"], change["pk"]) == (table_of(log), log.pk):
            change[TYPED] = {"who": who, "note": note}


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
