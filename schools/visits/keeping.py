"""Keeping what a message is about, and keeping it back where its visit was changed a moment ago by what can be undone."""

from collections.abc import Collection, Iterable, Set
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Concat

from schools.messages.kinds import Draft
from schools.messages.models import OutboxMessage
from schools.visits.fingerprints import fingerprint
from schools.visits.models import Batch, KnownBy, MessageAbout


def keep_about(message: OutboxMessage, rows: Iterable[MessageAbout]) -> None:
    """Store the rows of a message that was just written; it waits as long as a batch keeps back what is said about its visits.

    Raises IntegrityError where another message says the same already. All kinds keep their rows by this of which
    something can follow from the batch, so that it does not leave early, whoever asks the kinds meanwhile.
    """
    written = MessageAbout.objects.bulk_create(rows)
    if until := kept_back({row.visit_id for row in written}, since=message.created_at):
        OutboxMessage.objects.filter(pk=message.pk).update(next_try=until)


def keep_about_anew(rows: Iterable[MessageAbout]) -> None:
    """Store the rows of a message that a sender has at this moment, in place of those from before.

    When it may go was said when it was written. What was done since holds it no more back than any other that waits: its kind has
    just been asked whether it is true.
    """
    MessageAbout.objects.bulk_create(rows)


PERHAPS = "perhaps:"
"""So the fingerprint of a row begins of which an earlier try of its message may have spoken, and the last does not."""


def said_by(message: OutboxMessage) -> QuerySet[MessageAbout]:
    """Return the rows of what the last try of the message says, without what only an earlier one may have said."""
    return message.about.exclude(facts__startswith=PERHAPS)


def leave_perhaps(message: OutboxMessage, *, but: Collection[str]) -> None:
    """Mark the rows of which this try speaks no more: all but those with these facts.

    An earlier one may have arrived, so they stay on the log and count as known. But what they say goes again once it is due:
    rather twice than never. The message stands in the mark, as another may leave the same.
    """
    left = said_by(message).exclude(facts__in=but)
    left.update(facts=Concat(Value(f"{PERHAPS}{message.pk}:"), F("facts")))


def facts_of_key(facts: str) -> str:
    """Return the fingerprint of what a row says, also where it is marked."""
    return facts.rpartition(":")[2]


def keep_visits(message: OutboxMessage, draft: Draft) -> None:
    """Keep about which visits a mail to the office is, so that their log has it; the draft holds their ids.

    What volunteers and schools know is not touched: the rows are of neither. What the office itself did with the visit a moment
    ago keeps nothing back that a school says: an alarm goes at once.
    """
    MessageAbout.objects.bulk_create(_of_the_office(message, draft))


def keep_given_back(message: OutboxMessage, draft: Draft) -> None:
    """Keep the same of a mail that somebody can’t make it; it is kept back with the batch that took them off."""
    keep_about(message, _of_the_office(message, draft))


def _of_the_office(message: OutboxMessage, draft: Draft) -> list[MessageAbout]:
    visits: Iterable[int] = draft.about  # type: ignore[assignment]  # as the queries of these kinds make it
    facts: dict[str, Any] = {"known_by": KnownBy.MESSAGE, "is_reminder": True, "facts": fingerprint(draft.key)}
    return [MessageAbout(message=message, visit_id=visit, **facts) for visit in sorted(set(visits))]


def keep_on_log(message: OutboxMessage, visit: int) -> None:
    """Keep that a direct mail is about the visit (by id), so that its log has it; written twice it is the same.

    As of a mail to the office, nothing of what volunteers and schools know is touched.
    """
    if not message.about.exists():
        facts: dict[str, Any] = {"known_by": KnownBy.MESSAGE, "is_reminder": True, "facts": fingerprint(message.key)}
        MessageAbout.objects.create(message=message, visit_id=visit, **facts)


def forget_visits(message: OutboxMessage) -> None:
    """Forget about which visits the mail was, which nobody can have got."""
    MessageAbout.objects.filter(message=message).delete()


def kept_back(visits: Set[int], *, since: datetime) -> datetime | None:
    """Return until when messages about the visits (by id) are kept back; None: they may go."""
    batches = Batch.objects.filter(held_until__gt=since, undone_at=None).values_list("held_until", "visits")
    return max((until for until, held in batches if until and not visits.isdisjoint(held or ())), default=None)
