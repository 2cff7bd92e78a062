"""The purge's report worked out otherwise than the program does: every row is read, and its day looked for in plain Python."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from schools import models
from schools.erasing.full_names import WORDS_OF_ROLES
from schools.keeping.periods import PERIODS
from schools.messages.actions import GONE
from tests.keeping.naive import is_over

type Days = Iterator[tuple[str, date | None]]
"""The period of a row, and the day from which its time is counted; None: nobody knows."""

PEOPLE = ("enquirers", "volunteers", "contacts", "colleagues")
FOR_PEOPLE_AT_SCHOOLS = ("volunteers", "contacts", "sessions")


def day_of(moment: datetime | None) -> date | None:
    """The day of the moment on the clock on the wall."""
    return timezone.localdate(moment) if moment else None


def latest(*days: date | None) -> date | None:
    """The latest of the days that are known."""
    return max((day for day in days if day), default=None)


def everything(table: Any) -> list[Any]:
    """Every row of a table or of a table's history."""
    return list(table.all())


@dataclass
class Report:
    """What a dry run should say, by period."""

    today: date
    due: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    oldest: dict[str, date] = field(default_factory=dict)
    for_managers: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def lines(self) -> list[str]:
        """The lines as `manage.py purge --dry-run` should print them."""
        lines = []
        for period in PERIODS:
            number, oldest, left = self.due[period.name], self.oldest.get(period.name), self.for_managers[period.name]
            words = f"{period.name} ({period.of}, {period.in_words}): {number:,} due"
            words += f", the oldest counts from {oldest}" if oldest else ", nothing counts yet"
            lines.append(words + (f", {left:,} for a manager to decide about" if left else ""))
        return [*lines, f"{sum(self.due.values()):,} would be removed; nothing was changed."]


def report(now: datetime) -> Report:
    """Read the whole database and say what is over."""
    made = Report(timezone.localdate(now))
    by_name = {period.name: period for period in PERIODS}
    for name, day in (
        *simple_rows(),
        *invitations_and_links(),
        *rows_of_programs(),
        *certificates(),
        *ways_in(),
        *notes(),
        *words_of_schools(),
    ):
        if day is None:
            continue
        made.oldest[name] = min(day, made.oldest.get(name, day))
        made.due[name] += is_over(day, by_name[name], made.today)
    for look in everything(models.ClearanceLook.objects):
        seen = timezone.localdate(look.at)
        made.oldest["looks"] = min(seen, made.oldest.get("looks", seen))
        made.due["looks"] += look.keep_until < made.today - timedelta(days=1)
    for name, day, is_managers in people():
        if day is None:
            made.for_managers[name] += 1
            continue
        made.oldest[name] = min(day, made.oldest.get(name, day))
        if is_over(day, by_name[name], made.today):
            (made.for_managers if is_managers else made.due)[name] += 1
    return made


MOMENTS: tuple[tuple[str, Any, str], ...] = (
    ("devices", UserSession, "last_seen_at"),
    ("office-log", LogEntry, "action_time"),
    ("undoing", models.Batch, "made_at"),
    ("addresses", models.SuppressedAddress, "lifted_at"),
    ("notices", models.SafeguardingNotice, "told_at"),
    ("ways-back", models.Recovery, "ended_at"),
    ("unanswered", models.AddressChange, "expires_at"),
)
"""Tables all of whose rows go, by the moment that counts."""
DAYS: tuple[tuple[str, Any, str], ...] = (
    ("away", models.Away, "last_day"),
    ("conversations", models.ContactLog, "day"),
    ("access", models.SubjectAccess, "asked_on"),
)
"""The same, by a day."""


def simple_rows() -> Days:
    """Rows whose day stands in one of their columns."""
    for name, table, column in MOMENTS:
        yield from ((name, day_of(getattr(row, column))) for row in everything(table.objects))
    for name, table, column in DAYS:
        yield from ((name, getattr(row, column)) for row in everything(table.objects))
    for message in everything(models.OutboxMessage.objects):
        if message.to and (message.sent_at or message.stopped_at or message.body == GONE):
            yield "unanswered" if message.key.startswith("no-sign-in:") else "messages", day_of(message.created_at)
    yield from (("agreed-by", row.accepted_on) for row in everything(models.SchoolAgreement.objects) if row.by_role)
    for trustee in everything(models.Trustee.objects):
        if trustee.name or trustee.email:
            yield "ways-back", day_of(trustee.ended_at)
        if trustee.said_yes_at is None:
            yield "unanswered", day_of(trustee.named_at + timedelta(days=7))


def invitations_and_links() -> Days:
    """Those by which nobody's time is counted any more, nor told whose a signature is."""
    said = (models.SchoolAnswer, models.SchoolAlarm, models.SchoolChange, models.OfferedDates)
    signed = {row.access_id for table in said for row in everything(table.objects)}
    used_last = {
        row.contact_id: row.pk for row in models.SchoolAccess.objects.exclude(last_used_at=None).order_by("last_used_at", "pk")
    }
    for link in everything(models.SchoolAccess.objects):
        if link.pk not in signed and (link.contact_id is None or used_last.get(link.contact_id) != link.pk):
            yield "school-links", link.expires
    latest_of = {row.volunteer_id: row.pk for row in models.Invitation.objects.order_by("sent_at", "pk")}
    for invitation in models.Invitation.objects.select_related("volunteer"):
        is_enquirers = invitation.volunteer.status in {"enquirer", "applicant", "in_training"}
        if not is_enquirers or latest_of[invitation.volunteer_id] != invitation.pk:
            yield "invitations", day_of(invitation.expires_at)


def rows_of_programs() -> Days:
    """What programs, imports and background tasks left."""
    last_use = {row.token_id: row.pk for row in models.ApiUse.objects.order_by("at", "pk")}
    for use in everything(models.ApiUse.objects):
        if use.pk != last_use[use.token_id]:
            yield "api-questions", day_of(use.at)
    for run in everything(models.ImportRun.objects):
        if run.register in FOR_PEOPLE_AT_SCHOOLS and run.state not in {"reading", "applying"}:
            yield "imports", day_of(run.asked_at)
        if run.state in {"ready", "failed"} and models.ImportFile.objects.filter(run=run).exists():
            yield "import-files", day_of(run.asked_at)
    tasks: Any = apps.get_model("django_tasks_database", "DBTaskResult")._default_manager
    yield from (("tasks", day_of(row.finished_at)) for row in everything(tasks) if row.status in {"SUCCESSFUL", "FAILED"})


def certificates() -> Days:
    """Numbers and levels of whom left, in the rows and in their earlier states."""
    left = {row.pk: row.left for row in everything(models.Volunteer.objects) if row.status == "left"}
    clearances: Any = models.Clearance
    for row in (*everything(clearances.objects), *everything(clearances.history)):
        if (row.reference or row.level) and row.volunteer_id in left:
            yield "certificates", left[row.volunteer_id]


def ways_in() -> Days:
    """Earlier words on how one gets in, from when the next state came."""
    tables: tuple[Any, ...] = (models.School, models.Site)
    for state in (state for table in tables for state in everything(table.history)):
        later = [row for row in type(state).objects.filter(id=state.id) if row.history_id > state.history_id]
        ends = min(later, key=lambda row: row.history_id, default=state if state.history_type == "-" else None)
        if state.access_notes and ends is not None:
            yield "access-notes", day_of(ends.history_date)


def last_days() -> dict[int | None, date | None]:
    """The last day of each visit: of its sessions, else of what was agreed with the school."""
    of_sessions: dict[int | None, date | None] = {}
    for session in everything(models.Session.objects):
        of_sessions[session.visit_id] = latest(of_sessions.get(session.visit_id), session.until_day or session.day)
    return {
        visit.pk: of_sessions.get(visit.pk) or visit.declined_on or visit.agreed_on or visit.requested_on or visit.preferred_month
        for visit in everything(models.Visit.objects)
    }


WORDS = {
    "Visit": ("agreed_with", "arrival_notes", "parking", "cancelled_note"),
    "Session": ("outcome_note", "cancelled_note"),
    "Cover": ("override_note", "news_why"),
}


def notes() -> Days:
    """Notes on visits, sessions and covers, in the rows and in their earlier states."""
    ends = last_days()
    visit_of: dict[int | None, int] = dict(models.Session.objects.values_list("pk", "visit"))
    tables: tuple[Any, ...] = (models.Visit, models.Session, models.Cover)
    for table in tables:
        for state in (*everything(table.objects), *everything(table.history)):
            if any(getattr(state, column) for column in WORDS[table.__name__]):
                visits = {"Visit": state.id, "Session": getattr(state, "visit_id", None)}
                visit = visits.get(table.__name__) or visit_of.get(getattr(state, "session_id", None))
                yield "notes", ends.get(visit)
    for about in everything(models.MessageAbout.objects):
        if about.says != [] or about.calendar is not None:
            yield "notes", ends.get(about.visit_id)


def words_of_schools() -> Days:
    """What schools said about a visit by themselves, and what they asked for."""
    ends = last_days()
    yield from answers_of_schools(ends)
    said: tuple[Any, ...] = (models.SchoolAlarm, models.SchoolChange)
    for table in said:
        yield from (("school-words", ends[row.visit_id]) for row in everything(table.objects))
    for feedback in everything(models.Feedback.objects):
        if feedback.comment or feedback.given_by:
            yield "school-words", ends[feedback.visit_id]
    for request in everything(models.VisitRequest.objects):
        if request.state == "asked":
            yield "school-asked", day_of(request.asked_at)
        elif request.visit_id is None and request.contact_id is None:
            yield "school-enquiries", day_of(request.asked_at)
        else:
            yield "school-words", ends.get(request.visit_id) or day_of(request.asked_at)
    for dates in everything(models.OfferedDates.objects):
        yield "school-words", ends.get(dates.visit_id) or day_of(dates.offered_at)


def answers_of_schools(ends: dict[int | None, date | None]) -> Days:
    """What schools answered; whom they named, and who has not confirmed it, counts as a request does."""
    for answer in everything(models.SchoolAnswer.objects):
        is_unconfirmed = answer.item == "contact" and answer.state == "open"
        yield ("school-asked", day_of(answer.at)) if is_unconfirmed else ("school-words", ends[answer.visit_id])


def people() -> Iterator[tuple[str, date | None, bool]]:
    """Everybody to whom a period applies, their day, and whether a manager has to decide about them."""
    for volunteer in models.Volunteer.objects.select_related("user"):
        ways = (volunteer.name, volunteer.email, volunteer.user.email if volunteer.user else "")
        is_managers = is_named(ways, volunteer.phone) or gave_a_notice(volunteer.user_id)
        were_active = volunteer.steps.filter(step__in=["active", "returned"]).exists()
        if volunteer.status in {"enquirer", "applicant", "in_training"} and not were_active:
            yield "enquirers", heard_of_enquirer(volunteer), is_managers
        elif volunteer.status == "left" and volunteer.name != f"Former volunteer {volunteer.reference}":
            came = [cover.session.day for cover in volunteer.covers.filter(state="attended").select_related("session")]
            yield "volunteers", latest(volunteer.left, *came), is_managers
    for user in models.User.objects.filter(is_active=False, volunteer=None):
        if user.name != f"Former colleague {user.pk}":
            is_managers = is_named((user.name, user.email), user.phone) or gave_a_notice(user.pk)
            yield "colleagues", latest(day_of(user.date_joined), day_of(user.last_login)), is_managers
    at_schools = Heard()
    for contact in models.Contact.objects.prefetch_related("also_at"):
        schools = {contact.school_id, *(school.pk for school in contact.also_at.all())}
        if contact.wants_invitations or at_schools.waits(contact.pk, schools):
            continue
        day = latest(day_of(contact.entered_at), at_schools.of(contact.pk, schools))
        yield "contacts", day, is_named((contact.name, contact.email), contact.phone)


def heard_of_enquirer(volunteer: models.Volunteer) -> date | None:
    """The day on which something was heard of an enquirer last."""
    steps = [step.day for step in models.VolunteerStep.objects.filter(volunteer=volunteer)]
    invited = [day_of(row.sent_at) for row in models.Invitation.objects.filter(volunteer=volunteer)]
    covered = [cover.session.day for cover in models.Cover.objects.filter(volunteer=volunteer).select_related("session")]
    signed_off = [row.day for row in models.SignOff.objects.filter(volunteer=volunteer)]
    signed_in = day_of(volunteer.user.last_login) if volunteer.user else None
    entered = day_of(volunteer.entered_at)
    return latest(*steps, *invited, *covered, *days_of_clearances(volunteer), *signed_off, signed_in, volunteer.joined, entered)


def days_of_clearances(volunteer: models.Volunteer) -> Iterator[date | None]:
    """The days that stand in their clearances, and those on which somebody typed them."""
    clearances: Any = models.Clearance
    for row in clearances.objects.filter(volunteer=volunteer):
        yield from (row.applied_on, row.issued, row.decided_on, row.withdrawn_on)
    yield from (day_of(state.history_date) for state in clearances.history.filter(volunteer=volunteer))


def gave_a_notice(user_id: int | None) -> bool:
    """Whether a safeguarding notice says that it was them."""
    return user_id is not None and models.SafeguardingNotice.objects.filter(by=user_id).exists()


def is_named(ways: tuple[str, ...], phone: Any) -> bool:
    """Whether the charity names somebody today who is called or reached so; one word, or words for roles, name nobody."""
    charity = models.Charity.objects.get()
    texts = [charity.concern_name, charity.data_protection, charity.sender, charity.reply_to, charity.address]
    texts += [text.words for text in models.PublicText.objects.all()]
    for trustee in models.Trustee.objects.filter(ended_at=None):
        texts += [trustee.name, trustee.email]
    by_phone = bool(phone) and phone == charity.concern_phone
    return by_phone or any(stands_by_itself(way, text) for way in ways if is_somebody(way) for text in texts)


def is_somebody(way: str) -> bool:
    """Whether this is an address, or a name of more than words for roles."""
    words = re.split(r"[\W_]+", way.lower().replace("’", "").replace("'", "").strip(" .,()"))
    return "@" in way or (len(words) > 1 and any(len(word) > 1 for word in {*words} - WORDS_OF_ROLES))


def stands_by_itself(way: str, text: str) -> bool:
    """Whether it stands in the text with no letter, digit or hyphen on either side, nor more of an address."""
    text, way = f"  {text.lower()}  ", way.lower()
    ends = [(at, at + len(way)) for at in range(len(text)) if text.startswith(way, at)]
    if "@" in way:
        ends = [(begin, end) for begin, end in ends if not (text[begin - 1] in ".+'&" and text[begin - 2].isalnum())]
        ends = [(begin, end) for begin, end in ends if not (text[end] == "." and text[end + 1].isalnum())]
    return any(not any(sign.isalnum() or sign in "_-" for sign in (text[begin - 1], text[end])) for begin, end in ends)


class Heard:
    """What is heard of people at schools, and of these, read once."""

    def __init__(self) -> None:
        self.by_school: dict[int, date | None] = {}
        self.by_person: dict[int, date | None] = {}
        self.waiting_schools: set[int | None] = set()
        self.waiting_people: set[int | None] = set()
        self._read_visits()
        self._read_what_schools_said()

    def _read_visits(self) -> None:
        for visit in everything(models.Visit.objects):
            self._hear(visit.school_id, None, latest(visit.requested_on, visit.agreed_on, visit.declined_on))
            self._wait(visit.stage == "requested", visit.school_id, visit.contact_id, visit.safeguarding_contact_id)
        for session in models.Session.objects.select_related("visit"):
            day, visit = session.until_day or session.day, session.visit
            self._hear(visit.school_id, visit.contact_id, day)
            self._hear(None, visit.safeguarding_contact_id, day)
        for count in models.Headcount.objects.select_related("session"):
            self._hear(count.school_id, None, count.session.until_day or count.session.day)
        for talk in everything(models.ContactLog.objects):
            self._hear(talk.school_id, None, talk.day)

    def _read_what_schools_said(self) -> None:
        for request in everything(models.VisitRequest.objects):
            if request.state != "asked":
                self._hear(request.school_id, request.contact_id, day_of(request.asked_at))
            self._wait(request.state == "waits", request.school_id, request.contact_id)
        for answer in models.SchoolAnswer.objects.select_related("access"):
            self._hear(answer.school_id, answer.access.contact_id if answer.access else None, day_of(answer.at))
        for dates in everything(models.OfferedDates.objects):
            day = latest(day_of(dates.offered_at), day_of(dates.answered_at), dates.held_until)
            self._hear(dates.school_id, dates.contact_id, day)
            self._wait(dates.state == "open", dates.school_id, dates.contact_id)
        for access in everything(models.SchoolAccess.objects):
            self._hear(None, access.contact_id, day_of(access.last_used_at))

    def _hear(self, school: int | None, person: int | None, day: date | None) -> None:
        if school is not None:
            self.by_school[school] = latest(self.by_school.get(school), day)
        if person is not None:
            self.by_person[person] = latest(self.by_person.get(person), day)

    def _wait(self, is_waiting: bool, school: int | None, *people_there: int | None) -> None:
        if is_waiting:
            self.waiting_schools.add(school)
            self.waiting_people.update(people_there)

    def waits(self, person: int, schools: set[int]) -> bool:
        """Whether somebody is needed still."""
        return person in self.waiting_people or bool(schools & self.waiting_schools)

    def of(self, person: int, schools: set[int]) -> date | None:
        """The day on which something was heard last of them or of one of their schools."""
        return latest(self.by_person.get(person), *(self.by_school.get(school) for school in schools))
