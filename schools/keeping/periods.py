"""How long what is kept, and why: the retention table. docs/retention.md says the same, and a test compares the two.

How rows of a period are chosen and what becomes of them is in ways.py, the people among them in leaving.py.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from django.conf import settings
from django.utils import timezone


class Unit(StrEnum):
    """In what a period is counted."""

    DAYS = "days"
    MONTHS = "months"
    YEARS = "years"


@dataclass(frozen=True)
class Period:
    """One line of the retention table."""

    name: str
    """Stands in reports, files and documents, and never changes."""
    of: str
    """What it is that is kept so long."""
    setting: str
    """The setting that says how long."""
    unit: Unit
    since: str
    """From when the time is counted."""
    tables: tuple[str, ...]
    """The tables of which rows change, as the registry calls them; their histories with them."""
    then: str
    """What becomes of it afterwards."""

    @property
    def length(self) -> int:
        """How many of its units it lasts, as this installation is set."""
        return int(getattr(settings, self.setting))

    @property
    def in_words(self) -> str:
        """The length as it is read: “24 months”."""
        unit = self.unit.value if self.length != 1 else self.unit.value.removesuffix("s")
        return f"{self.length} {unit}"

    def last_day_over(self, today: date) -> date:
        """Return the latest day from which the time is over today: what is of that day, or earlier, is kept no longer."""
        if self.unit is Unit.DAYS:
            return today - timedelta(days=self.length)
        return months_before(today, self.length * (12 if self.unit is Unit.YEARS else 1))

    def last_moment_over(self, now: datetime) -> datetime:
        """Return the moment before which the time is over: the end of that day, as the clock on the wall has it."""
        day = self.last_day_over(timezone.localdate(now)) + timedelta(days=1)
        return timezone.make_aware(datetime.combine(day, time.min))


def months_before(day: date, months: int) -> date:
    """Return the same day so many months earlier; the last of the month where that one is shorter."""
    month = day.year * 12 + day.month - 1 - months
    year, month = divmod(month, 12)
    first_of_next = date(year + (month == 11), (month + 1) % 12 + 1, 1)  # after December
    return min(date(year, month + 1, 1) + timedelta(days=day.day - 1), first_of_next - timedelta(days=1))


MONTHS, DAYS, YEARS = Unit.MONTHS, Unit.DAYS, Unit.YEARS

PERIODS: tuple[Period, ...] = (
    Period(
        "messages", "words and addresses of mails and SMS", "SPEAKOUT_KEEP_MESSAGES_MONTHS", MONTHS,
        "written, once it was sent or stopped", ("OutboxMessage",), "address, words and file are taken out; that it went stays",
    ),
    Period(
        "devices", "devices that were signed in", "SPEAKOUT_SIGNED_IN_DAYS", DAYS,
        "signing in, once the device is signed out", ("usersessions.UserSession",), "the row goes",
    ),
    Period(
        "office-log", "the office’s log of who changed what", "SPEAKOUT_KEEP_LOG_MONTHS", MONTHS,
        "the change", ("admin.LogEntry",), "the line goes",
    ),
    Period(
        "api-questions", "questions of programs that read the figures", "SPEAKOUT_KEEP_QUESTIONS_MONTHS", MONTHS,
        "the question", ("ApiUse",), "the row goes, but for the latest of each token",
    ),
    Period(
        "imports", "imports of volunteers, people at schools and sessions, row by row", "SPEAKOUT_KEEP_IMPORTS_MONTHS", MONTHS,
        "handed in", ("ImportRun", "ImportChange", "ImportFile"), "the import goes with what it changed, row by row",
    ),
    Period(
        "import-files", "files of imports that nobody applied", "SPEAKOUT_KEEP_IMPORT_FILES_DAYS", DAYS,
        "handed in", ("ImportFile", "ImportChange"), "the import is thrown away",
    ),
    Period(
        "tasks", "finished background tasks", "SPEAKOUT_KEEP_TASKS_DAYS", DAYS,
        "finished", ("django_tasks_database.DBTaskResult",), "the row goes",
    ),
    Period(
        "undoing", "what was changed in one go, to undo it", "SPEAKOUT_KEEP_UNDOING_MONTHS", MONTHS,
        "the change", ("Batch",), "the row goes; the change stays",
    ),
    Period(
        "invitations", "invitations", "SPEAKOUT_KEEP_INVITATIONS_MONTHS", MONTHS,
        "expired", ("Invitation",), "the row goes, but for the latest of each enquirer",
    ),
    Period(
        "away", "days on which somebody was away", "SPEAKOUT_KEEP_AWAY_MONTHS", MONTHS,
        "the last of the days", ("Away",), "the row goes",
    ),
    Period(
        "addresses", "addresses that could not be reached and can be again", "SPEAKOUT_KEEP_ADDRESSES_MONTHS", MONTHS,
        "lifted", ("SuppressedAddress",), "the row goes",
    ),
    Period(
        "certificates", "number and level of a certificate", "SPEAKOUT_KEEP_CERTIFICATES_MONTHS", MONTHS,
        "the volunteer left", ("Clearance",), "number and level are taken out; scheme, decision and days stay",
    ),
    Period(
        "notes", "notes on visits, sessions and covers, and with whom a visit was agreed", "SPEAKOUT_KEEP_NOTES_MONTHS", MONTHS,
        "the last day of the visit", ("Visit", "Session", "Cover", "MessageAbout"),
        "the words are taken out; visit, session and cover stay",
    ),
    Period(
        "access-notes", "earlier words on how one gets into a school or a site", "SPEAKOUT_KEEP_NOTES_MONTHS", MONTHS,
        "replaced by others", ("School", "Site"), "the words are taken out; those of today stay",
    ),
    Period(
        "agreed-by", "in which role somebody agreed for a school", "SPEAKOUT_KEEP_NOTES_MONTHS", MONTHS,
        "agreed", ("SchoolAgreement",), "the role is taken out; that the school agreed stays",
    ),
    Period(
        "school-words", "what schools said about a visit by themselves", "SPEAKOUT_KEEP_NOTES_MONTHS", MONTHS,
        "the last day of the visit", ("SchoolAnswer", "SchoolAlarm", "SchoolChange", "Feedback", "VisitRequest", "OfferedDates"),
        "answer, alarm, change, request and dates go; of feedback comment and name are taken out",
    ),
    Period(
        "school-links", "links by which people at schools open their pages", "SPEAKOUT_KEEP_INVITATIONS_MONTHS", MONTHS,
        "expired", ("SchoolAccess",), "the row goes, but for the one that each person used last",
    ),
    Period(
        "school-asked", "requests for a visit, and people named at a school, that nobody confirmed by mail",
        "SPEAKOUT_KEEP_REQUESTS_DAYS", DAYS, "asked, or named", ("VisitRequest", "SchoolAnswer"), "the row goes",
    ),
    Period(
        "school-enquiries", "confirmed requests of nobody whom we know, that belong to no visit",
        "SPEAKOUT_KEEP_ENQUIRERS_MONTHS", MONTHS, "asked", ("VisitRequest",), "the row goes",
    ),
    Period(
        "conversations", "conversations with schools", "SPEAKOUT_KEEP_CONVERSATIONS_MONTHS", MONTHS,
        "the conversation", ("ContactLog",), "the row goes",
    ),
    Period(
        "notices", "safeguarding notices", "SPEAKOUT_KEEP_NOTICES_YEARS", YEARS,
        "somebody was told", ("SafeguardingNotice",), "the row goes",
    ),
    Period(
        "access", "who asked what is held on them, and how we knew them", "SPEAKOUT_KEEP_ACCESS_MONTHS", MONTHS,
        "asked", ("SubjectAccess",), "the row goes",
    ),
    Period(
        "ways-back", "who was let in again, by whom, and trustees who ended", "SPEAKOUT_KEEP_RECOVERIES_MONTHS", MONTHS,
        "ended", ("Recovery", "RecoveryStep", "Trustee"),
        "the request goes with its steps; of trustees name and address are taken out",
    ),
    Period(
        "unanswered",
        "new addresses that nobody confirmed, trustees who never said yes, and addresses of nobody that were typed to sign in",
        "SPEAKOUT_KEEP_REQUESTS_DAYS", DAYS,
        "the link expired, or the address was typed", ("AddressChange", "Trustee", "OutboxMessage"),
        "the row goes; of a mail address and words are taken out",
    ),
    Period(
        "looks", "looks at clearances", "SPEAKOUT_LOOKS_KEPT_YEARS", YEARS,
        "the look", ("ClearanceLook",), "the row goes",
    ),
    Period(
        "enquirers", "enquirers, applicants and people in training who went no further", "SPEAKOUT_KEEP_ENQUIRERS_MONTHS", MONTHS,
        "the latest step, invitation, clearance, sign-off or session, or when they were entered",
        ("Volunteer",), "they leave, and are erased",
    ),
    Period(
        "volunteers", "volunteers who have left", "SPEAKOUT_KEEP_VOLUNTEERS_MONTHS", MONTHS,
        "left, or were last at a session after that", ("Volunteer",), "they are erased",
    ),
    Period(
        "contacts", "people at schools of which nobody hears any more", "SPEAKOUT_KEEP_CONTACTS_MONTHS", MONTHS,
        "entered, and whatever was heard last of them or their schools", ("Contact",), "they are erased",
    ),
    Period(
        "colleagues", "people of the office who may not sign in any more", "SPEAKOUT_KEEP_COLLEAGUES_MONTHS", MONTHS,
        "last signed in", ("User",), "they are erased",
    ),
)  # fmt: skip
"""In the order of the report: rows first, then people."""

BY_NAME = {period.name: period for period in PERIODS}
