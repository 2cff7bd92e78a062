"""Which rows each period is about, from when it counts, and what becomes of them: the purge goes by this list.

Rows leave the lists once their end was made, so that a second purge finds nothing to do. Histories are parts of their own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.db.models import (
    Case,
    DateField,
    DateTimeField,
    Exists,
    F,
    Max,
    Min,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    When,
)
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone

from schools.delivery.models import Feedback
from schools.directory.actions.runs import abandon
from schools.directory.models import ImportFile, ImportRun, RunState, School, SchoolAccess, SchoolAgreement, Site
from schools.erasing.links import SAID_BY_LINK
from schools.erasing.rules import IMPORTS_OF_PEOPLE
from schools.keeping import signing_in
from schools.keeping.leaving import WENT_NO_FURTHER
from schools.keeping.marks import delete_with_marks, forget_nobodys
from schools.keeping.models import SubjectAccess
from schools.keeping.periods import BY_NAME, Period
from schools.messages.actions import OLD_TEXT, OVER, erase_texts
from schools.messages.erasing import erase_mails, mails_of
from schools.messages.models import TO_STRANGERS, OutboxMessage, SuppressedAddress
from schools.reach.models import ApiUse
from schools.visits.contact_emails import NEW_CONTACT
from schools.visits.contact_kinds import CONTACT_BEFORE
from schools.visits.models import (
    AnswerItem,
    AnswerState,
    Batch,
    ContactLog,
    Cover,
    MessageAbout,
    OfferedDates,
    RequestState,
    SafeguardingNotice,
    SchoolAlarm,
    SchoolAnswer,
    SchoolChange,
    Session,
    Visit,
    VisitRequest,
)
from schools.visits.new_contacts import NewContact
from schools.volunteers.models import Away, Clearance, Invitation, VolunteerStatus

NOTES_OF_VISIT = ("agreed_with", "arrival_notes", "parking", "cancelled_note")
NOTES_OF_SESSION = ("outcome_note", "cancelled_note")
NOTES_OF_COVER = ("override_note", "news_why")
ON_CERTIFICATE = ("reference", "level")
OPEN_CONTACT = Q(item=AnswerItem.CONTACT, state=AnswerState.OPEN)
"""Whom a colleague named, and who has not said yes: it may be a stranger, as of a request that nobody confirmed."""


@dataclass(frozen=True)
class Part:
    """Rows of one table to which a period applies, as long as there is something to end about them."""

    period: Period
    rows: Callable[[], "QuerySet[Any]"]
    """The rows, `counts_from` added: the day or the moment from which their time is counted."""
    end: Callable[[Sequence[Any]], None]
    """Ends what is kept of the rows with these keys."""
    counts_days: bool = False

    def due(self, now: datetime) -> "QuerySet[Any]":
        """Return the rows whose time is over."""
        if self.counts_days:
            return self.rows().filter(counts_from__lte=self.period.last_day_over(_day(now)))
        return self.rows().filter(counts_from__lt=self.period.last_moment_over(now))

    def oldest_kept(self) -> date | None:
        """Return since when the oldest row counts that there is; None: there is none."""
        oldest: date | datetime | None = self.rows().order_by().aggregate(oldest=Min("counts_from"))["oldest"]
        return _day(oldest) if isinstance(oldest, datetime) else oldest


def _day(moment: datetime) -> date:
    """Return the day of the moment as the clock on the wall has it."""
    return timezone.localdate(moment)


def _deleting(name: str, rows: Callable[[], "QuerySet[Any]"], since: str, *, counts_days: bool = False) -> Part:
    """Return a part of which the rows go."""

    def end(keys: Sequence[Any]) -> None:
        rows().model._default_manager.filter(pk__in=keys).delete()

    return Part(BY_NAME[name], lambda: rows().annotate(counts_from=F(since)), end, counts_days)


def _blanking(name: str, rows: Callable[[], "QuerySet[Any]"], columns: Sequence[str]) -> Part:
    """Return a part of which these columns are blanked; the rows have `counts_from`, a day."""
    blank = dict.fromkeys(columns, "")

    def end(keys: Sequence[Any]) -> None:
        # By one UPDATE: a history that says “the note was taken out” would keep the note.
        rows().model._default_manager.filter(pk__in=keys).update(**blank)

    return Part(BY_NAME[name], lambda: rows().exclude(**blank), end, counts_days=True)


def _messages() -> "QuerySet[Any]":
    known = OutboxMessage.objects.filter(OVER).exclude(key__startswith=TO_STRANGERS)
    return known.exclude(to="").annotate(counts_from=F("created_at"))


def _end_messages(keys: Sequence[Any]) -> None:
    messages = OutboxMessage.objects.filter(pk__in=keys)
    messages.filter(sent_at=None).update(next_try=None)
    erase_texts(messages, instead=OLD_TEXT)


def _questions() -> "QuerySet[Any]":
    """Return all but the latest of each token, by which the page says when it was used last."""
    later = ApiUse.objects.filter(token=OuterRef("token"), at__gt=OuterRef("at"))
    return ApiUse.objects.filter(Exists(later))


def _imports() -> "QuerySet[Any]":
    """Return the imports whose rows name people; others are kept, as the origin of what is published (without_period.py)."""
    under_way = [RunState.READING, RunState.APPLYING]
    return ImportRun.objects.filter(register__in=IMPORTS_OF_PEOPLE).exclude(state__in=under_way)


def _files() -> "QuerySet[Any]":
    waiting = ImportRun.objects.filter(Exists(ImportFile.objects.filter(run=OuterRef("pk"))))
    return waiting.filter(state__in=[RunState.READY, RunState.FAILED]).annotate(counts_from=F("asked_at"))


def _throw_away(keys: Sequence[Any]) -> None:
    for run in ImportRun.objects.filter(pk__in=keys).exclude(state=RunState.APPLIED).order_by("pk"):
        abandon(run)


def _tasks() -> "QuerySet[Any]":
    tasks: Any = apps.get_model("django_tasks_database", "DBTaskResult")._default_manager
    finished: QuerySet[Any] = tasks.filter(status__in=["SUCCESSFUL", "FAILED"], finished_at__isnull=False)
    return finished


def _of_people_who_left(clearances: Any) -> "QuerySet[Any]":
    left: QuerySet[Any] = clearances.filter(volunteer__status=VolunteerStatus.LEFT, volunteer__left__isnull=False)
    with_day: QuerySet[Any] = left.annotate(counts_from=F("volunteer__left"))
    return with_day


def _last_day_of(visit: str) -> Coalesce:
    """Return the last day of the visit in this column: of its sessions, else of what was agreed with the school."""
    sessions = Session.objects.filter(visit=OuterRef(visit)).order_by().values("visit")
    last = sessions.annotate(last=Max(Coalesce("until_day", "day"))).values("last")
    visits = Visit.objects.filter(pk=OuterRef(visit)).order_by()
    days = visits.values_list(Coalesce("declined_on", "agreed_on", "requested_on", "preferred_month"))
    return Coalesce(Subquery(last), Subquery(days), output_field=DateField())


def _with_day(rows: Any, visit: str) -> Callable[[], "QuerySet[Any]"]:
    return lambda: rows.annotate(counts_from=_last_day_of(visit))


def _gone(history: Any, of: type[Model], column: str) -> Callable[[], "QuerySet[Any]"]:
    """Return what a history has of rows whose `of`, by the column, is gone, from the day on which the row was deleted."""
    deleted = history.filter(id=OuterRef("id"), history_type="-").order_by("-history_id")
    rows = history.exclude(Exists(of._default_manager.filter(pk=OuterRef(column))))
    return lambda: rows.annotate(counts_from=TruncDate(Subquery(deleted.values("history_date")[:1]))).exclude(counts_from=None)


def _replaced(history: Any) -> Callable[[], "QuerySet[Any]"]:
    """Return the earlier states of a table, from the day on which the next one came; of what was deleted the last one too."""
    next_one = history.filter(id=OuterRef("id"), history_id__gt=OuterRef("history_id")).order_by("history_id")
    deleted = Case(When(history_type="-", then=F("history_date")), output_field=DateTimeField())
    at = Coalesce(Subquery(next_one.values("history_date")[:1]), deleted, output_field=DateTimeField())
    return lambda: history.annotate(counts_from=TruncDate(at)).exclude(counts_from=None)


def _agreements() -> "QuerySet[Any]":
    rows: QuerySet[Any] = SchoolAgreement.objects.annotate(counts_from=F("accepted_on"))
    return rows


def _told_about_visits() -> "QuerySet[Any]":
    words = MessageAbout.objects.exclude(says=[], calendar__isnull=True)
    return words.annotate(counts_from=_last_day_of("visit"))


def _end_told(keys: Sequence[Any]) -> None:
    MessageAbout.objects.filter(pk__in=keys).update(says=[], calendar=None)


def _requests() -> "QuerySet[Any]":
    """Return what belongs to a visit, from its last day on, or to somebody whom we know; else from when it was asked."""
    confirmed = VisitRequest.objects.exclude(state=RequestState.UNCONFIRMED).exclude(visit=None, contact=None)
    return confirmed.annotate(counts_from=Coalesce(_last_day_of("visit"), TruncDate("asked_at"), output_field=DateField()))


def _enquiries() -> "QuerySet[Any]":
    """Return what was confirmed and belongs to no visit and nobody, of a school that is known here or not: it went no further."""
    return VisitRequest.objects.exclude(state=RequestState.UNCONFIRMED).filter(visit=None, contact=None)


def _unconfirmed() -> "QuerySet[Any]":
    return VisitRequest.objects.filter(state=RequestState.UNCONFIRMED)


def _since_asked(rows: Callable[[], "QuerySet[Any]"]) -> Callable[[], "QuerySet[Any]"]:
    return lambda: rows().annotate(counts_from=F("asked_at"))


def _delete_requests(keys: Sequence[Any]) -> None:
    # No page leads from a mail to whom it was for, once they are in no table: name and address go with the row.
    requests = VisitRequest.objects.filter(pk__in=keys)
    erase_mails(mails_of("ask-for-visit", keys))
    delete_with_marks(requests, "email")


def _open_contacts() -> "QuerySet[Any]":
    """Return whom a school named in place of somebody, and who has not confirmed it."""
    return SchoolAnswer.objects.filter(OPEN_CONTACT).annotate(counts_from=F("at"))


def _delete_open_contacts(keys: Sequence[Any]) -> None:
    answers = SchoolAnswer.objects.filter(pk__in=keys)
    addresses = [NewContact.of(words).email for words in answers.values_list("words", flat=True)]
    erase_mails([*mails_of(NEW_CONTACT, keys), *mails_of(CONTACT_BEFORE, keys)])
    answers.delete()
    forget_nobodys(addresses)


def _dates() -> "QuerySet[Any]":
    """Return the dates that were offered, from the last day of their visit on; where there is none, since they were offered."""
    last_day = Coalesce(_last_day_of("visit"), TruncDate("offered_at"), output_field=DateField())
    rows: QuerySet[Any] = OfferedDates.objects.annotate(counts_from=last_day)
    return rows


def _invitations() -> "QuerySet[Any]":
    """Return all but the latest of each enquirer: by that their own time is counted (leaving.py)."""
    later = Invitation.objects.filter(volunteer=OuterRef("volunteer"), sent_at__gt=OuterRef("sent_at"))
    rows: QuerySet[Any] = Invitation.objects.filter(~Q(volunteer__status__in=WENT_NO_FURTHER) | Exists(later))
    return rows


def _links() -> "QuerySet[Any]":
    """Return the links by which nothing was said that is kept: by them alone it is known whose a signature is (rule 26).

    Of each contact the one that they used last stays too: by that their own time is counted (leaving.py).
    """
    later = SchoolAccess.objects.filter(contact=OuterRef("contact"), last_used_at__gt=OuterRef("last_used_at"))
    rows: QuerySet[Any] = SchoolAccess.objects.filter(Q(contact=None) | Q(last_used_at=None) | Exists(later))
    for table in SAID_BY_LINK:
        rows = rows.exclude(Exists(table._default_manager.filter(access=OuterRef("pk"))))
    return rows


def _delete_dates(keys: Sequence[Any]) -> None:
    OfferedDates.objects.filter(pk__in=keys).delete()


def _delete_answers(keys: Sequence[Any]) -> None:
    SchoolAnswer.objects.filter(pk__in=keys).delete()


def _delete_alarms(keys: Sequence[Any]) -> None:
    SchoolAlarm.objects.filter(pk__in=keys).delete()


def _delete_changes(keys: Sequence[Any]) -> None:
    SchoolChange.objects.filter(pk__in=keys).delete()


_of_clearances: Any = Clearance
_of_visits: Any = Visit
_of_sessions: Any = Session
_of_covers: Any = Cover
_of_schools: Any = School
_of_sites: Any = Site
_answered = SchoolAnswer.objects.exclude(OPEN_CONTACT)

PARTS: tuple[Part, ...] = (
    Part(BY_NAME["messages"], _messages, _end_messages),
    _deleting("devices", signing_in.signed_out, "last_seen_at"),
    _deleting("office-log", LogEntry.objects.all, "action_time"),
    _deleting("api-questions", _questions, "at"),
    _deleting("imports", _imports, "asked_at"),
    Part(BY_NAME["import-files"], _files, _throw_away),
    _deleting("tasks", _tasks, "finished_at"),
    _deleting("undoing", Batch.objects.all, "made_at"),
    _deleting("invitations", _invitations, "expires_at"),
    _deleting("away", Away.objects.all, "last_day", counts_days=True),
    _deleting("addresses", lambda: SuppressedAddress.objects.filter(lifted_at__isnull=False), "lifted_at"),
    _blanking("certificates", lambda: _of_people_who_left(Clearance.objects), ON_CERTIFICATE),
    _blanking("certificates", lambda: _of_people_who_left(_of_clearances.history), ON_CERTIFICATE),
    _blanking("notes", _with_day(Visit.objects, "pk"), NOTES_OF_VISIT),
    _blanking("notes", _with_day(_of_visits.history, "id"), NOTES_OF_VISIT),
    _blanking("notes", _gone(_of_visits.history, Visit, "id"), NOTES_OF_VISIT),
    _blanking("notes", _with_day(Session.objects, "visit"), NOTES_OF_SESSION),
    _blanking("notes", _with_day(_of_sessions.history, "visit"), NOTES_OF_SESSION),
    _blanking("notes", _gone(_of_sessions.history, Visit, "visit"), NOTES_OF_SESSION),
    _blanking("notes", _with_day(Cover.objects, "session__visit"), NOTES_OF_COVER),
    _blanking("notes", _with_day(_of_covers.history, "session__visit"), NOTES_OF_COVER),
    _blanking("notes", _gone(_of_covers.history, Session, "session"), NOTES_OF_COVER),
    Part(BY_NAME["notes"], _told_about_visits, _end_told, counts_days=True),
    _blanking("access-notes", _replaced(_of_schools.history), ("access_notes",)),
    _blanking("access-notes", _replaced(_of_sites.history), ("access_notes",)),
    _blanking("agreed-by", _agreements, ("by_role",)),
    Part(BY_NAME["school-words"], _with_day(_answered, "visit"), _delete_answers, counts_days=True),
    Part(BY_NAME["school-words"], _with_day(SchoolAlarm.objects, "visit"), _delete_alarms, counts_days=True),
    Part(BY_NAME["school-words"], _with_day(SchoolChange.objects, "visit"), _delete_changes, counts_days=True),
    _blanking("school-words", _with_day(Feedback.objects, "visit"), ("comment", "given_by")),
    Part(BY_NAME["school-words"], _requests, _delete_requests, counts_days=True),
    Part(BY_NAME["school-words"], _dates, _delete_dates, counts_days=True),
    _deleting("school-links", _links, "expires", counts_days=True),
    Part(BY_NAME["school-asked"], _since_asked(_unconfirmed), _delete_requests),
    Part(BY_NAME["school-asked"], _open_contacts, _delete_open_contacts),
    Part(BY_NAME["school-enquiries"], _since_asked(_enquiries), _delete_requests),
    _deleting("conversations", ContactLog.objects.all, "day", counts_days=True),
    _deleting("notices", SafeguardingNotice.objects.all, "told_at"),
    _deleting("access", SubjectAccess.objects.all, "asked_on", counts_days=True),
    Part(BY_NAME["ways-back"], signing_in.ways_back, signing_in.end_ways_back),
    Part(BY_NAME["ways-back"], signing_in.trustees, signing_in.end_trustees),
    Part(BY_NAME["unanswered"], signing_in.address_changes, signing_in.delete_address_changes),
    Part(BY_NAME["unanswered"], signing_in.never_trustees, signing_in.delete_trustees),
    Part(BY_NAME["unanswered"], signing_in.mails_to_strangers, signing_in.erase_strangers),
)
"""In the order in which they are gone through. People follow after them (leaving.py)."""
