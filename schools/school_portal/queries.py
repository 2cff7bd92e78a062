"""What a link from a mail to a school shows: the visit as it is now, what the office has, what the school said."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property, partial
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Subquery, Value
from django.utils import timezone
from django.utils.translation import gettext as _
from phonenumber_field.phonenumber import PhoneNumber

from schools.accounts.models import User
from schools.charity.queries import current
from schools.core.periods import AcademicYear
from schools.delivery.models import Feedback
from schools.directory.accesses import Read, read_token
from schools.directory.models import AccessPurpose, AreaAuthority, Contact, School, SchoolAccess, SchoolAgreement, Site
from schools.directory.models.areas import holds_on
from schools.directory.responsible import people_to_phone, read_person_to_phone
from schools.directory.sites import has_sites, sites_in_use
from schools.school_portal.beside import Beside, beside
from schools.school_portal.days import Day, clock_on, days_of, moment_words
from schools.school_portal.others import OtherVisit
from schools.visits.half_days import HalfDay
from schools.visits.models import (
    CALLED_OFF_STAGES,
    AlarmWhat,
    AnswerState,
    ChangeWhat,
    Cover,
    Headcount,
    SchoolAlarm,
    SchoolAnswer,
    SchoolChange,
    Session,
    Subject,
    Visit,
    VisitStage,
)
from schools.visits.queries.school_answers import (
    Values,
    agreements_said,
    as_it_stands,
    first_year_of,
    latest_by_subject,
    not_of_another_year,
    office_values,
    our_counts,
    roll_values,
    words_by_subject,
    year_of_visit,
)
from schools.visits.queries.school_changes import answered_since, changes_of
from schools.visits.rules.school_alarms import on_the_day
from schools.visits.rules.school_answers import held, is_called_off, reasons_not_to_prepare, to_come


class Dead(StrEnum):
    """Why a link opens nothing."""

    UNREADABLE = "unreadable"
    ENDED = "ended"
    """It was ended, is too old, went to an address that its person has no more, or was made before the school got its number."""
    LEFT = "left"
    """Its person is not at that school any more."""
    GONE = "gone"
    """There is no such visit any more, or the school’s pupils do not come to it."""


@dataclass(frozen=True)
class Opened:
    """A link that we signed, and the visit of which it is."""

    access: SchoolAccess
    school: School
    """The host, or a guest."""
    visit: Visit
    sessions: list[Session]
    """Those that concern the school, cancelled ones too, in order of time."""
    year: AcademicYear
    """The academic year of the visit by all of its sessions, as answers are stored; a guest's own may lie in another one."""
    duty_phone: PhoneNumber | None
    person: User | None
    """Whom the school phones about it: who looks after the visit today, as rule 32 has it; None: nobody does."""
    is_agreed: bool
    """Whether the school has agreed to the programme in the year of the visit, or has said so and nobody has looked yet."""
    has_sites: bool
    """Whether the host may have several sites; where it is not so, it has none."""

    @property
    def is_host(self) -> bool:
        """Whether we come to this school."""
        return self.school.pk == self.visit.school_id

    @property
    def worry_phone(self) -> PhoneNumber | None:
        """The number for a worry about a child; None where there is none yet."""
        return current().phone or self.duty_phone


def opened(token: str, *, on: date, with_counts: bool = True) -> Opened | Dead:
    """Return what a link opens today, or why it opens nothing; who did not get it from us learns nothing by it.

    `with_counts`: whether the sessions come with their headcounts, which costs a query; a guest is known by them in any case.
    """
    read = read_token(token, AccessPurpose.VISITS, on=on)
    if read is None:
        return Dead.UNREADABLE
    if read.is_ended:
        return Dead.ENDED
    visit: Any = _visit(read, on=on)
    if visit is None:
        return Dead.GONE
    if not visit.is_theirs:
        return _why_dead(visit, read.about[-1], Dead.LEFT)
    school, is_host = visit.school, visit.school_id == read.about[-1]
    sessions = _sessions_of(visit, with_counts=with_counts or not is_host)
    year = AcademicYear(year_of_visit(sessions, on=on))
    if not is_host:
        guests = {count.school for session in sessions for count in session.headcounts.all() if count.school_id == read.about[-1]}
        if not guests:
            return _why_dead(visit, read.about[-1], Dead.GONE)
        school = guests.pop()
        sessions = [each for each in sessions if any(count.school_id == school.pk for count in each.headcounts.all())]
    phone = PhoneNumber.from_string(str(visit.duty_phone)) if visit.duty_phone else None
    person, facts = read_person_to_phone(visit), {"is_agreed": visit.is_agreed, "has_sites": visit.has_sites}
    return Opened(read.access, school, visit, sessions, year, phone, person, **facts)


def _why_dead(visit: Visit, school: int, state: Dead) -> Dead:
    """Return why a link of the school opens nothing: as `state` has it, or it is from before the host got its number of today.

    Then its mails carry another link since, and the visit takes place. One query where the school is not the host.
    """
    is_earlier = visit.school_id != school and School.objects.filter(visit.school.under_any_number, pk=school).exists()
    return Dead.ENDED if is_earlier else state


def _sessions_of(visit: Visit, *, with_counts: bool) -> list[Session]:
    """Return the sessions of the visit, in order of time; one query, or two with their headcounts."""
    rows = Session.objects.filter(visit=visit).select_related("type", "site").order_by("day", "starts", "pk")
    if with_counts:
        rows = rows.prefetch_related(Prefetch("headcounts", Headcount.objects.select_related("school")))
    sessions = list(rows)
    for session in sessions:
        session.visit = visit
    return sessions


def _visit(read: Read, *, on: date) -> Visit | None:
    """Return the visit with what is so of it: each fact a column of its own.

    Whom to phone about it, the duty phone of its area, whether the school has agreed, whether the host has sites, and whether the
    person is there still.
    """
    visit, contact, school = read.about[0], read.access.contact, read.about[-1]
    holding = AreaAuthority.objects.filter(holds_on(on), authority=OuterRef("school__authority"))
    year = first_year_of(Session.objects.filter(visit=OuterRef(OuterRef("pk"))), on=on)
    agreed = SchoolAgreement.objects.filter(school=school, academic_year=Subquery(year))
    # Said on the page of another visit of that year, it waits for the office there.
    waits = agreements_said(on=on).filter(school=school, state=AnswerState.OPEN, year=Subquery(year))
    visits = Visit.objects.select_related("school", "coordinator", "safeguarding_contact")
    phones = Subquery(holding.exclude(area__duty_phone="").values("area__duty_phone")[:1])
    shared = Contact.also_at.through.objects.filter(contact=contact, school=school)
    is_theirs = Value(value=True) if contact and contact.school_id == school else Exists(shared)
    facts = {
        "duty_phone": phones,
        "is_agreed": Exists(agreed) | Exists(waits),
        "is_theirs": is_theirs,
        "has_sites": has_sites("school__"),
    }
    people = people_to_phone("coordinator", "school__authority", on=on)
    return visits.annotate(**facts, **people).filter(pk=visit).first()


def latest_change(link: Opened, kind: ChangeWhat, *, on: date) -> Any:
    """Return the latest such change by the host that is so now, as `changes_of` has it; one query.

    A cancellation also says whether it `is_answered` since. None for a guest, who is not told who did it.
    """
    if not link.is_host:
        return None
    changes = changes_of(link.visit, on=on).filter(stands=True, what=kind)
    return (changes.annotate(is_answered=answered_since(on=on)) if kind == ChangeWhat.CANCEL else changes).first()


class VisitPage:
    """Everything that the page of one visit shows to one school at a moment; it writes nothing."""

    def __init__(self, link: Opened, *, now: datetime) -> None:
        self.link = link
        self.on = timezone.localdate(now)
        self.sessions_to_come = to_come(link.sessions, on=self.on)
        self.sessions_held = held(link.sessions)
        self.today = on_the_day(link.visit, link.sessions, now=now)
        self.reasons_not_to_prepare = reasons_not_to_prepare(link.visit, link.sessions, on=self.on)

    @property
    def state(self) -> str:
        """In which state the visit is, for whoever reads the page."""
        if self.link.visit.stage in CALLED_OFF_STAGES:
            return "cancelled"
        if self.sessions_to_come:
            return "agreed" if self.link.visit.stage == VisitStage.CONFIRMED else "open"
        if not self.link.sessions:
            return "open"
        if self.sessions_held:
            return "held"
        if is_called_off(self.link.sessions):
            return "cancelled"
        return "over"

    @property
    def somebody_comes(self) -> bool:
        """Whether anybody goes to what is to come; else the school shows it by itself, or sees us on a screen."""
        return any(each.type.is_gone_to for each in self.sessions_to_come)

    @property
    def somebody_came(self) -> bool:
        """Whether anybody was at what took place."""
        return any(each.type.is_gone_to for each in self.sessions_held)

    @property
    def pupils_were_there(self) -> bool:
        """Whether any of what took place was for pupils; else all was for adults, such as a workshop for parents."""
        return any(each.type.is_for_pupils for each in self.sessions_held)

    @property
    def is_today(self) -> bool:
        """Whether we are expected today, or it is the evening before: then the phone comes first."""
        # What the school shows by itself, on whichever day of some weeks, brings nobody to phone.
        is_on = any(each.day <= self.on <= each.last_day for each in self.sessions_to_come if each.type.is_gone_to)
        return self.state in {"agreed", "open"} and (is_on or self.today is not None)

    @cached_property
    def alarms(self) -> list[SchoolAlarm]:
        """What the host said of the day and has not taken back; a guest sees none."""
        if self.today is None or not self.link.is_host:
            return []
        of_day = SchoolAlarm.objects.standing().filter(visit=self.link.visit, day=self.today.day)
        return list(of_day.select_related("seen_by").order_by("pk"))

    @property
    def may_name_contact(self) -> bool:
        """Whether the school can say that somebody else is written to: the host, while there is something to prepare."""
        return self.link.is_host and not self.reasons_not_to_prepare

    @property
    def alarm_lines(self) -> list[tuple[SchoolAlarm, str, str]]:
        """The alarms that stand, each with when the school said it, and when the office saw to it; blank: nobody has yet."""
        at = partial(clock_on, on=self.on)
        return [(alarm, at(alarm.at), at(alarm.seen_at) if alarm.seen_at and alarm.seen_by else "") for alarm in self.alarms]

    @property
    def alarm_buttons(self) -> list[tuple[str, str]]:
        """What the host can say now, or take back: the value of each button with its words."""
        if self.today is None or not self.link.is_host:
            return []
        standing = {alarm.what for alarm in self.alarms}
        back = [
            (do, words)
            for kind, do, words in (
                (AlarmWhat.NOBODY, "here", _("They are here, or it was a mistake")),
                (AlarmWhat.CALL_OFF, "on", _("It takes place after all")),
            )
            if kind in standing
        ]
        kept = {alarm.what for alarm in self.alarms if self.today.is_about_what_is_left(alarm)}
        return back + [(kind.value, str(kind.label)) for kind in self.today.may_say if kind not in kept]

    @property
    def days(self) -> list[Day]:
        """The days of the visit, each with its sessions."""
        return days_of(self.link.sessions)

    @property
    def may_change(self) -> bool:
        """Whether the page leads to the one on which the host moves or cancels; that says whether it is too late."""
        return self.link.is_host and bool(self.sessions_to_come) and self.state in {"agreed", "open"} and not self.is_today

    @property
    def cancelled(self) -> SchoolChange | None:
        """By what the host has cancelled the visit by itself; None: it stands, or somebody else cancelled it."""
        return self.beside.change if self.state == "cancelled" else None

    @property
    def wanted_instead(self) -> list[HalfDay]:
        """The half-days to come that the host asked for when it cancelled the visit by itself."""
        return self.cancelled.wanted_from(self.on) if self.cancelled else []

    @property
    def wish(self) -> SchoolChange | None:
        """The wish for another day that waits, or to which the office has answered that the day stands; None: there is none."""
        return self.beside.change if self.may_change else None

    @property
    def wish_at(self) -> str:
        """When the host asked for it."""
        return moment_words(self.wish.at) if self.wish else ""

    @property
    def are_dates_offered(self) -> bool:
        """Whether the school has dates to choose from instead of its wish."""
        return self.beside.are_dates_offered

    @property
    def is_answered(self) -> bool:
        """Whether the host that cancelled it was offered dates since, or another visit was booked since."""
        return self.beside.is_answered

    @property
    def cancelled_at(self) -> str:
        """When it did so."""
        return moment_words(self.cancelled.at) if self.cancelled else ""

    @property
    def year(self) -> AcademicYear:
        """The academic year of the visit."""
        return self.link.year

    @cached_property
    def people(self) -> list[str]:
        """The first names of those who come to what is to come and may, each once."""
        covers = Cover.objects.holding().filter(session__in=[each.pk for each in self.sessions_to_come if each.type.is_gone_to])
        covers = covers.of_who_may_come().select_related("volunteer")
        return list(dict.fromkeys(cover.volunteer.first_name for cover in covers.order_by("pk")))

    @cached_property
    def values(self) -> Values:
        """What the office has, that the school can correct."""
        return office_values(self.link.visit, self.sessions_to_come, self.link.school.pk)

    @cached_property
    def counts(self) -> Values:
        """What we counted, that the school can set its own numbers beside."""
        return our_counts(self.sessions_held, self.link.school.pk)

    @cached_property
    def rolls(self) -> Values:
        """How many we reckon with in each year group of the school, which it can correct; of the year of the visit. One query."""
        return roll_values(self.link.school, self.year.start)

    @property
    def may_name_site(self) -> bool:
        """Whether the host can say at which of its sites the visit is best: while somebody of ours is to come."""
        return self.link.is_host and self.link.has_sites and self.somebody_comes and not self.reasons_not_to_prepare

    @cached_property
    def sites(self) -> list[Site]:
        """The sites of the host at which the visit could be, by name; none where it cannot say so. Two queries at most."""
        return sites_in_use(self.link.visit.school) if self.may_name_site else []

    @cached_property
    def waiting(self) -> dict[Subject, SchoolAnswer]:
        """What the school said and the office has not looked at yet."""
        return latest_by_subject(self._answers)

    @cached_property
    def _answers(self) -> list[SchoolAnswer]:
        answers = SchoolAnswer.objects.filter(visit=self.link.visit, school=self.link.school)
        return not_of_another_year(answers, self.year.start)

    @cached_property
    def feedback(self) -> Feedback | None:
        """What the school thought of the visit; None: it has not said so yet."""
        return Feedback.objects.filter(visit=self.link.visit, school=self.link.school).first()

    @cached_property
    def beside(self) -> Beside:
        """What the host changed, and the reader's other visits; on the day itself nothing but this one matters."""
        if self.is_today:
            return Beside()
        link, change = self.link, ChangeWhat.MOVE if self.may_change else None
        if link.is_host and self.state == "cancelled":
            change = ChangeWhat.CANCEL
        return beside(link.access, link.visit.pk, link.school.pk, change=change, on=self.on)

    @property
    def others(self) -> list[OtherVisit]:
        """The other visits that the reader can open."""
        return self.beside.others

    @property
    def asks_agreement(self) -> bool:
        """Whether the school has still to agree for the year."""
        return not self.link.is_agreed

    def is_agreed_as(self, role: str) -> bool:
        """Return whether the school has agreed for the year in just this role: whoever pressed twice has said nothing else."""
        school, year = self.link.school, self.link.year.start
        waits = agreements_said(on=self.on).filter(school=school, state=AnswerState.OPEN, year=year, words=role)
        return waits.exists() or SchoolAgreement.objects.filter(school=school, academic_year=year, by_role=role).exists()

    def stands(self, subjects: Iterable[Subject], values: Values) -> Values:
        """Return what each box begins with: the school’s own words, else what the office has."""
        own = words_by_subject(self._answers)
        return {subject: as_it_stands(values, own, subject) for subject in subjects}
