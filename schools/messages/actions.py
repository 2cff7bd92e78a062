"""Writing a message into the outbox, and delivering it once: after the commit, or later where that fails."""

import logging
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet, Value
from django.tasks import task
from django.utils import timezone

from schools.accounts.models import User
from schools.charity.queries import kept_for_one_request
from schools.core.clocks import Clock
from schools.core.errors import RuleBroken
from schools.core.patience import patiently
from schools.messages import sources
from schools.messages.direct import direct_of, senders_on
from schools.messages.ending import body_without_links, end_untrue, is_true_beside
from schools.messages.kinds import Draft, kind_of
from schools.messages.line import in_line, in_turn, priority_of
from schools.messages.models import CAME_BACK, Channel, OutboxMessage, SuppressedAddress
from schools.messages.pace import NotThisYet, NotYet, in_its_place, is_limited, pause
from schools.messages.refusals import Suppressed, is_about_address
from schools.messages.sending import Fate, fate_of, new_message_id, send, without_words, words_of
from schools.messages.sms import KEY, Sms, refuse_second
from schools.messages.smtp import Unanswered
from schools.messages.suppression import lift, mark, refuse_suppressed, release
from schools.messages.tries import TakenByAnother, brought_nothing, hold_ours, note_handed_over

logger = logging.getLogger(__name__)

MAIL_QUEUE = "mail"
"""The queue of tasks that talk to the mail server, which may be slow; it has a worker of its own."""

FIRST_PAUSE = timedelta(minutes=1)
"""The time between the first and the second try of a message; it doubles from try to try."""
LONGEST_PAUSE = timedelta(hours=12)
NO_ENTRY_PAUSE = timedelta(seconds=20)
"""The time to the next try where the mail server itself was not there. It does not grow: nothing is wrong with the message.

It is less than the 30 seconds between two runs of the clock's job, or every other run would come a moment too soon.
"""

HELD = timedelta(minutes=2)
"""How long a message belongs to whoever took it. If they die, somebody else takes it after that."""
TEXT_HELD = timedelta(minutes=12)
"""The same from the moment at which the mail server gets the text: longer than it may take to answer (`ANSWER_WITHIN`)."""

MOST_ATTEMPTS = 30_000
"""The count stops here, since its column ends soon after."""
LONGEST_SUBJECT = 200

GONE = "(The text let somebody in and is no longer kept.)"
"""Replaces a text that has expired or was sent."""
ERASED_TEXT = "(The text was erased with the person it was for.)"
OLD_TEXT = "(The text was kept long enough and has been removed.)"
"""Replaces what was sent so long ago that nobody needs its words any more (schools/keeping)."""
OVER = Q(sent_at__isnull=False) | Q(stopped_at__isnull=False) | Q(body=GONE)
"""Messages that were sent or stopped, or that have expired unsent."""


@dataclass(frozen=True)
class Attachment:
    """A CSV file that is attached to a message."""

    name: str
    text: str


def put(
    key: str,
    *,
    to: str,
    subject: str,
    body: str,
    expires_at: datetime | None = None,
    attached: Attachment | None = None,
    kind: str = "",
    not_before: datetime | None = None,
) -> OutboxMessage:
    """Write a message for `to` in the caller's transaction, and deliver it once that is committed.

    `key` says what the message is about (such as `cover-agreed:17:3`). A second message with the same key is not written; the
    first is returned as it is. Line breaks in the subject become spaces, since no header can hold them. A text that lets somebody
    in (a code, a link) gives `expires_at`: it is not sent after that, and not kept once it was sent or has expired. One of a
    `kind` is sent only if that kind still says so then. With `not_before` nobody sends it sooner.
    """
    texts = {"to": to, "subject": _in_one_line(subject), "body": body, "expires_at": expires_at, "kind": kind}
    texts["next_try"] = not_before
    if attached:
        texts |= {"attached_name": attached.name, "attached": attached.text}
    message, is_new = OutboxMessage.objects.get_or_create(key=key, defaults=texts)
    if is_new:
        # Robust: the change is stored by then, and a broken queue must not make it look as if it were not.
        transaction.on_commit(partial(nudge, message, not_before), robust=True)
    return message


def nudge(message: OutboxMessage, not_before: datetime | None = None) -> None:
    """Let the message be sent soon, or then; where tasks cannot wait, the clock’s job sends what has waited."""
    soon = deliver_soon.using(priority=priority_of(message))
    if not_before is None or soon.get_backend().supports_defer:
        soon.using(run_after=not_before).enqueue(message.pk)


def put_sms(mail: OutboxMessage, sms: Sms) -> None:
    """Write the SMS that goes beside a mail of a kind, in the transaction that writes the mail, and deliver it after that."""
    texts = {"to": sms.to, "subject": sms.words.splitlines()[0], "body": sms.words, "kind": mail.kind}
    # The mail may wait for the minute in which it can be undone: so does this.
    mail.refresh_from_db(fields=["next_try"])
    message = OutboxMessage.objects.create(
        key=f"{KEY}{mail.key}", channel=Channel.SMS, beside=mail, next_try=mail.next_try, **texts
    )
    transaction.on_commit(partial(nudge, message, mail.next_try), robust=True)


def _in_one_line(subject: str) -> str:
    subject = " ".join(subject.split())
    return subject if len(subject) <= LONGEST_SUBJECT else f"{subject[: LONGEST_SUBJECT - 1]}…"


def is_written(key: str) -> bool:
    """Return whether a message with the key is in the outbox, sent or not."""
    return OutboxMessage.objects.filter(key=key).exists()


@task(queue_name=MAIL_QUEUE)
def deliver_soon(message_id: int) -> bool:
    """Deliver the message now; the task queue calls this, so it reads the clock.

    Where only so many mails may go in a minute, the first in line goes in its place, and this one when it is its turn.
    """
    if is_limited() and not OutboxMessage.objects.filter(pk=message_id, channel=Channel.SMS).exists():
        first = in_line(OutboxMessage.objects.mails().due(now=timezone.now())).values_list("pk", flat=True).first()
        message_id = first or message_id
    return deliver(message_id, clock=timezone.now)


def deliver(message_id: int, *, clock: Clock) -> bool:
    """Try to send the message; False when that failed, or when it is sent already, not due, or taken by another sender.

    No lock is held while talking to the mail server: whoever moves `next_try` ahead has the message until then, and asks once
    more, in one statement, just before the server gets the text. All tries carry one Message-ID. So a second copy leaves only
    where the sender is killed between the server's yes and the commit that writes it down.
    """
    with kept_for_one_request():
        return _try(message_id, clock=clock) is Fate.SENT


class NoLongerTrue(Exception):
    """What the message would tell has changed while the mail server was being reached."""


def _try(message_id: int, *, clock: Clock) -> Fate | None:
    """Try to send the message and write down what became of it; None when it is not to be sent, or not by us."""
    now = clock()
    message = OutboxMessage.objects.due(now=now).filter(pk=message_id).first()
    if message is None or not _taken(message, now=now, until=now + HELD, attempts=min(message.attempts + 1, MOST_ATTEMPTS)):
        return None
    before = {"handed_over_at": message.handed_over_at, "handed_over_before": message.handed_over_before}
    try:
        refuse_second(message)
        # A kind that breaks fails its own message, and no other.
        if not _is_true(message, now=clock()):
            return None
        if not message.is_sms:
            _put_into_envelope(message, on=timezone.localdate(now))
        refuse_suppressed(message)
        message.source = sources.claim(message, now=clock())
        with in_its_place(message.channel, now=clock()):
            problem = send(message, before_text=partial(_keep, message, before=before, clock=clock))
    except (TakenByAnother, NoLongerTrue):
        return None
    except NotYet as wait:
        _write_wait(message, until=wait.until)
        return None if isinstance(wait, NotThisYet) else Fate.TOO_MANY
    except Exception as error:  # noqa: BLE001  # whatever a mail backend raises, the message must stay for the next try
        logger.warning("Message %s was not sent: %s", message.pk, without_words(error))
        sources.not_told(message)
        return _write_failure(message, error, before=before, now=clock())
    _write_sent(message, problem, now=clock())
    if message.source is not None:
        patiently(partial(sources.told, message, now=clock()), seconds=TEXT_HELD.total_seconds())
    return Fate.SENT


def _put_into_envelope(message: OutboxMessage, *, on: date) -> None:
    """Give the mail what is worked out for each try: whom it is from on that day, and the link that is its reader’s own."""
    message.senders = senders_on(message, on)
    if kind := kind_of(message):
        message.link = message.link or kind.own_link(message, on)


def _taken(message: OutboxMessage, *, now: datetime, until: datetime, **values: Any) -> bool:
    """Take the message until then, with these values; False when another sender was quicker, or its link has ended."""
    mine = (
        OutboxMessage.objects.unsent()
        .of_use(now=now)
        .filter(pk=message.pk, attempts=message.attempts, next_try=message.next_try, stopped_at=None)
    )
    values |= {"next_try": until, "message_id": message.message_id or new_message_id()}
    if mine.update(**values) != 1:  # one statement decides
        return False
    for name, value in values.items():
        setattr(message, name, value)
    return True


def _keep(message: OutboxMessage, *, before: dict[str, datetime | None], clock: Clock) -> None:
    """Take the message again for as long as the server may need for its answer. Raises TakenByAnother, NoLongerTrue.

    A second time in one try the server has refused the first copy: what was known `before` the try holds again.
    """
    now = clock()
    with transaction.atomic():
        if not _taken(message, now=now, until=now + TEXT_HELD, **before):
            raise TakenByAnother
        brought_nothing(message, before=before["handed_over_at"])
    if not _is_true(message, now=now, is_written=True):
        raise NoLongerTrue
    # It came back from there, or was complained of, while the mail server was being reached.
    refuse_suppressed(message)
    note_handed_over(message, before=before["handed_over_at"], now=now)


def _is_true(message: OutboxMessage, *, now: datetime, is_written: bool = False) -> bool:
    """Ask the message’s kind whether it still holds, and give it the words of this moment; end it where it does not.

    One that nobody can have got is deleted. Another stays, ended, as what its reader may know. Of a direct message the slice
    that wrote it says whether it holds; its words stay.
    `is_written`: the mail is put together already, so what goes with it for a calendar stays as it was kept. Raises NoLongerTrue
    where its words would be others now, TakenByAnother, and NotThisYet where it waits for the end of the quiet hours.
    """
    kind = kind_of(message)
    if kind is None:
        if not (holds := direct_of(message).holds(message, now)):
            end_untrue(message, None, now=now)
        return holds
    if kind.waits_written and (opens := kind.opens(now=now)) > now:
        raise NotThisYet(opens)
    if message.is_sms:
        return is_true_beside(message, kind, now=now)
    draft = kind.again(message, now)
    if draft is not None and draft.key == message.key:
        message.link = draft.link
        _give_words(message, draft, now=now, is_written=is_written)
        if not is_written:
            message.calendar = draft.calendar
            with transaction.atomic():
                hold_ours(message)
                message.keep_said = kind.going(message, draft)
        return True
    end_untrue(message, kind, now=now)
    return False


def _give_words(message: OutboxMessage, draft: Draft, *, now: datetime, is_written: bool) -> None:
    """Give the message address and words of the draft. Raises TakenByAnother, or NoLongerTrue where it is put together already.

    Such a one is due at once, as if this try had not been: the next puts it together anew, with its calendar and its links.
    """
    words = {"to": draft.to, "subject": _in_one_line(draft.subject), "body": draft.body}
    if all(getattr(message, name) == value for name, value in words.items()):
        return
    if is_written:
        _write_wait(message, until=now)
        raise NoLongerTrue
    message.to, message.subject, message.body = words.values()
    # Only while it is ours: somebody who is erased meanwhile takes it from us, and our words may still name them.
    if not OutboxMessage.objects.filter(pk=message.pk, next_try=message.next_try).update(**words):
        raise TakenByAnother


def _write_failure(message: OutboxMessage, error: Exception, *, before: dict[str, datetime | None], now: datetime) -> Fate:
    """Write down why the message was not sent and when it is tried again, if it is.

    `before` says what was known, when this try began, of earlier ones that may have brought it.
    """
    fate = fate_of(error)
    values: dict[str, object] = {"last_error": words_of(error)}
    if fate is Fate.STOPPED:
        values |= {"stopped_at": now, "next_try": None, "stopped_by": _address_at_fault(message, error, now=now)}
        if message.is_sms:
            values["left_at"] = now  # its mail says the same, so nobody has to decide about it
    elif fate is Fate.NO_ENTRY:
        values |= {"next_try": now + NO_ENTRY_PAUSE, "attempts": message.attempts - 1}
    else:
        values["next_try"] = now + min(FIRST_PAUSE * 2 ** min(message.attempts - 1, 20), LONGEST_PAUSE)
    if fate is Fate.TOO_MANY:
        pause(Channel(message.channel), now=now)
    mine = OutboxMessage.objects.unsent().filter(pk=message.pk, next_try=message.next_try)
    if isinstance(error, Unanswered):
        mine.update(**values)
        return fate
    with transaction.atomic():
        if mine.update(**values, **before):
            brought_nothing(message, before=before["handed_over_at"])
    return fate


def _address_at_fault(message: OutboxMessage, error: Exception, *, now: datetime) -> SuppressedAddress | None:
    """Return the address by which the message is stopped, marked from now on; None where it is stopped for another reason."""
    if is_about_address(error):
        reason = SuppressedAddress.Reason.NUMBER if message.is_sms else SuppressedAddress.Reason.BOUNCE
        mark(message.to, reason, words_of(error), at=now)
    elif not isinstance(error, Suppressed):
        return None
    return SuppressedAddress.objects.active().of(message.to).first()


def _write_wait(message: OutboxMessage, *, until: datetime) -> None:
    """Give the message back as it was taken: nobody asked the mail server."""
    sources.not_told(message)
    mine = OutboxMessage.objects.unsent().filter(pk=message.pk, next_try=message.next_try)
    mine.update(next_try=until, attempts=message.attempts - 1)


def _write_sent(message: OutboxMessage, problem: str, *, now: datetime) -> None:
    """Write down that the message was sent. Where the database is away, wait for it as long as the message is ours.

    A provider may have reported already that it came back; then it stays so.
    """
    kept: dict[str, Any] = {"body": body_without_links(message) if message.expires_at is None else Value(GONE)}
    kept["signed_by"] = [sender.ids for sender in message.senders if sender.ids]
    has_come_back = Q(stopped_at__isnull=False, last_error__startswith=CAME_BACK)
    update = OutboxMessage.objects.exclude(has_come_back).filter(pk=message.pk).update
    patiently(
        partial(update, sent_at=now, next_try=None, stopped_at=None, stopped_by=None, last_error=problem, **kept),
        seconds=TEXT_HELD.total_seconds(),
    )


def deliver_due(*, clock: Clock) -> tuple[int, int]:
    """Try every message that is due, in the order in which they go; return how many were sent, and wait.

    Where the mail server is not there, or no more may go in this minute, the others of that channel are left alone for a moment:
    most for the next run. The texts of expired messages are removed.
    """
    now = clock()
    OutboxMessage.objects.expired(now=now).exclude(to="").exclude(body=GONE).update(body=GONE)
    sent, closed = 0, dict[str, datetime]()
    for message_id, channel in in_turn(clock=clock, closed=closed):
        # Once for each message: a text that somebody edits meanwhile is said from the next mail on.
        with kept_for_one_request():
            fate = _try(message_id, clock=clock)
        sent += fate is Fate.SENT
        if fate in {Fate.NO_ENTRY, Fate.TOO_MANY}:
            closed[channel] = clock() + NO_ENTRY_PAUSE
    return sent, OutboxMessage.objects.unsent().filter(stopped_at=None).count()


@transaction.atomic
def send_again(message_id: int, *, now: datetime) -> None:
    """Let a stopped message be tried again, now and then as any other. Raises RuleBroken when it cannot be sent any more."""
    message = _stopped(message_id)
    if message.expires_at and (message.expires_at <= now or message.body == GONE):
        raise RuleBroken(["The link in this mail has ended. Invite them again, or ask them to begin anew; leave this mail."])
    release(OutboxMessage.objects.filter(pk=message.pk))
    transaction.on_commit(partial(nudge, message), robust=True)


@transaction.atomic
def try_address_again(address_id: int, *, why: str, by: User, now: datetime) -> int:
    """Let mail go to a marked address again, and return how many messages are tried again now. Raises RuleBroken."""
    released = lift(address_id, why=why, by=by, now=now)
    for message in released:
        transaction.on_commit(partial(nudge, message), robust=True)
    return len(released)


@transaction.atomic
def leave_unsent(message_id: int, *, now: datetime) -> None:
    """Write down that a stopped message is left unsent, so that home counts it no longer. Raises RuleBroken."""
    message = _stopped(message_id)
    OutboxMessage.objects.filter(pk=message.pk).update(left_at=now, body=body_without_links(message))


def _stopped(message_id: int) -> OutboxMessage:
    """Return the message, locked. Raises RuleBroken when nothing is to be decided about it."""
    message = OutboxMessage.objects.select_for_update(of=("self",)).to_look_at().filter(pk=message_id).first()
    if message is None:
        raise RuleBroken(["Somebody has decided about this mail already. Look at the list again."])
    return message


def erase_texts(messages: QuerySet[OutboxMessage], *, instead: str = ERASED_TEXT) -> int:
    """Take address and words out of these messages, and return of how many; what waits is left to its kind, which asks anew.

    That a message of its kind went, and when, stays: the log of a visit says so still. One that was stopped is left at that, as
    there is nobody any more to whom it could go.
    """
    over = messages.filter(OVER)
    over.filter(sent_at=None, stopped_at__isnull=False, left_at=None).update(left_at=F("stopped_at"))
    OutboxMessage.objects.filter(beside__in=list(over.values_list("pk", flat=True))).update(
        to="", subject=instead, body=instead, last_error=""
    )
    return over.update(to="", subject=instead, body=instead, last_error="", attached_name="", attached="")
