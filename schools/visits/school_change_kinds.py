"""The kinds of messages about what a host changes by its own page: to coordinators, and their answer to it (rule 32)."""

from collections.abc import Collection, Iterator
from datetime import date, datetime
from functools import partial

from django.db.models import QuerySet
from django.utils import timezone

from schools.accounts.models import User
from schools.messages.hours import is_quiet
from schools.messages.kinds import Audience, Draft, Kind, draft_of
from schools.messages.models import OutboxMessage
from schools.visits.keeping import forget_visits, keep_visits
from schools.visits.links import link_to_visits
from schools.visits.models import SchoolChange
from schools.visits.queries import responsible_by_visit, still_seeing
from schools.visits.queries.parties import contact_to_write_to
from schools.visits.queries.school_changes import OVER, answers_to_mail, changes_to_tell, who_heard
from schools.visits.queries.standings import SCHOOL
from schools.visits.reminders import Reminded, of_visits, reminder
from schools.visits.school_change_emails import mail_of_answer, mail_of_change
from schools.visits.school_links import link_of_school

SCHOOL_CHANGE, DAY_STANDS = "school-change", "day-stands"


def changes_due(now: datetime, about: Collection[int] | None) -> Iterator[Draft]:
    """Yield what coordinators, or their stand-ins, are told: what a school cancelled, asks for, or took back after they knew."""
    yield from _drafts(changes_to_tell(now, about), now=now)


def changes_again(message: OutboxMessage, now: datetime) -> Draft | None:
    """Return the draft of the message as of now; its key names the change."""
    rows = changes_to_tell(now, None).filter(pk=int(message.key.split(":")[1]))
    return draft_of(message, _drafts(rows, now=now))


def _drafts(rows: QuerySet[SchoolChange], *, now: datetime) -> Iterator[Draft]:
    if is_quiet(now):
        return
    changes = list(rows)
    heard = who_heard(SCHOOL_CHANGE, [change for change in changes if change.over_at])
    responsible = responsible_by_visit((change.visit for change in changes), on=timezone.localdate(now))
    ended: set[tuple[int, date, int]] = set()
    for change in sorted(changes, key=lambda each: -each.pk):
        since = timezone.localdate(change.at)
        users = {user.pk: user for row in responsible[change.visit_id] for user in row.written_to(of=since) if user.email}
        # Who stood in until then has heard of it, too.
        gone = {person for pk, person in heard if pk == change.pk} - users.keys()
        for user in (*users.values(), *still_seeing(change.visit, gone, on=timezone.localdate(now))):
            if change.over_at and not _is_news_of_an_end(change, user, heard, ended):
                continue
            key = f"{SCHOOL_CHANGE}:{change.pk}:{user.pk}:{change.at.isoformat()}{OVER if change.over_at else ''}"
            link = link_to_visits([change.visit_id], coordinator=user)
            write = partial(mail_of_change, change, coordinator=user)
            yield Draft(key, user.email, write, [change.visit_id], link, who=str(user))


def _is_news_of_an_end(
    change: SchoolChange, user: User, heard: Collection[tuple[int, int]], ended: set[tuple[int, date, int]]
) -> bool:
    """Return whether somebody is told that the wish was taken back: who heard of it, and of several such wishes once."""
    about = change.visit_id, change.day, user.pk
    if (change.pk, user.pk) not in heard or about in ended:
        return False
    ended.add(about)
    return True


def answers_due(now: datetime, about: Collection[int] | None) -> Iterator[Draft]:
    """Yield what schools are answered that asked for another day: that the day stands, where the office has said so by mail."""
    if is_quiet(now, weekends=True):
        return
    for change in of_visits(answers_to_mail(now), about):
        visit, contact = change.visit, contact_to_write_to(change.visit, change.visit.school)
        if contact and change.seen_at:
            about_it = [Reminded(SCHOOL, (visit.pk, visit.school_id))]
            key = f"{DAY_STANDS}:{change.pk}:{change.seen_at.isoformat()}"
            yield Draft(key, contact.email, partial(mail_of_answer, change, contact, day=change.waits_on), about_it)


KINDS = (
    Kind(
        SCHOOL_CHANGE,
        "A school cancels, or asks for another day",
        changes_due,
        changes_again,
        keep_visits,
        forget_visits,
        Audience.COORDINATORS,
        "at once",
    ),
    reminder(
        DAY_STANDS,
        "The day stands",
        Audience.SCHOOLS,
        "once the office says so",
        answers_due,
        is_woken=True,
        own_link=link_of_school,
    ),
)
