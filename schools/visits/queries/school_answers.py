"""What the office has of a visit that a school can correct, and what the school has said of it."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db.models import Case, IntegerField, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from schools.core.batched_queries import Given
from schools.core.periods import AcademicYear
from schools.directory.models import School, Site
from schools.directory.queries import expected_pupils
from schools.directory.sites import names_apart
from schools.visits.models import AnswerItem, AnswerState, SchoolAnswer, Session, SessionStage, Subject, Visit

type Values = dict[Subject, str]
"""By what they are about; blank: not known."""


def office_values(visit: Visit, sessions: Iterable[Session], school: int) -> Values:
    """Return what the office has for the school, host or guest, of these sessions to come.

    The sessions have their headcounts prefetched, the visit its safeguarding contact.
    """
    values: Values = {}
    is_host = visit.school_id == school
    for session in sessions:
        own = {count.year_group: count.expected for count in session.headcounts.all() if count.school_id == school}
        if not own and is_host:
            own = dict.fromkeys(session.type.year_groups)
        for group, expected in sorted(own.items()):
            values[Subject(AnswerItem.EXPECTED, session.pk, group)] = "" if expected is None else str(expected)
        if is_host and session.type.presenters:
            values[Subject(AnswerItem.ROOM, session.pk)] = _plain(session.room)
    if is_host:
        lead = visit.safeguarding_contact
        values[Subject(AnswerItem.LEAD)] = lead.name if lead else ""
        values[Subject(AnswerItem.LEAD_PHONE)] = lead.phone.as_e164 if lead and lead.phone else ""
        values[Subject(AnswerItem.ARRIVAL)] = _plain(visit.arrival_notes)
        values[Subject(AnswerItem.PARKING)] = _plain(visit.parking)
        values[Subject(AnswerItem.PARENTS)] = visit.parents_told_on.isoformat() if visit.parents_told_on else ""
    return values


def year_of_visit(sessions: Iterable[Session], *, on: date) -> int:
    """Return the first calendar year of the academic year of the visit with these sessions, as of the day.

    It is that of the first session that is not cancelled, of those on that day or later; where none is, of those before it. A
    visit can lie in two years: part of it was in July, and more was agreed for October. Without a session it is that of the day.
    """
    ranked = ((_rank(session, on=on), session.day) for session in sessions)
    return AcademicYear.of(min(ranked, default=(0, on))[1]).start


def year_as_said(answer: SchoolAnswer, sessions: Iterable[Session]) -> int:
    """Return of which academic year the school spoke of its roll or agreed, by its first calendar year.

    Where it is not kept, because the version before wrote the answer down, it is that of the visit with these sessions.
    """
    if answer.academic_year is not None:
        return answer.academic_year
    return year_of_visit(sessions, on=timezone.localdate(answer.at))


def _rank(session: Session, *, on: date) -> int:
    """Return 0 for a session of the day or later, 1 for an earlier one, 2 for a cancelled one; as `first_year_of` does."""
    if session.stage == SessionStage.CANCELLED:
        return 2
    return int(session.last_day < on)


def first_year_of(sessions: QuerySet[Session], *, on: date) -> QuerySet[Session, int]:
    """Return what `year_of_visit` would of these sessions, as a subquery; nothing where there is none."""
    past = Q(until_day__lt=on) | Q(until_day=None, day__lt=on)
    rank = Case(When(stage=SessionStage.CANCELLED, then=2), When(past, then=1), default=0, output_field=IntegerField())
    return sessions.order_by(rank, "day").values_list("academic_year", flat=True)[:1]


def roll_values(school: School, academic_year: int) -> Values:
    """Return how many we reckon with in each year group of the school in that academic year; blank: not known. One query."""
    known = expected_pupils(school, academic_year=academic_year)
    return {
        Subject(AnswerItem.ROLL, None, group): "" if pupils is None else str(pupils) for group, pupils in sorted(known.items())
    }


def site_words(sessions: Iterable[Session], sites: Iterable[Site]) -> str:
    """Return the names of the sites at which people go to these sessions, in order; "" is the school’s own address.

    `sites` are those that the school has in use (`names_apart`).
    """
    apart = names_apart(sites)
    places = (session.site for session in sessions if session.type.presenters)
    return ", ".join(sorted({apart.get(site.pk, site.name) if site else "" for site in places}))


def _plain(text: str) -> str:
    """Return the text as a box of a form sends it back."""
    return "\n".join(text.splitlines()).strip()


def our_counts(sessions: Iterable[Session], school: int) -> Values:
    """Return how many of the school's pupils we counted in these delivered sessions; blank: not counted."""
    return {
        Subject(AnswerItem.COUNTED, session.pk, count.year_group): "" if count.pupils is None else str(count.pupils)
        for session in sessions
        for count in session.headcounts.all()
        if count.school_id == school
    }


def not_of_another_year(answers: Iterable[SchoolAnswer], year: int) -> list[SchoolAnswer]:
    """Return the answers without what was said of another academic year, from or into which the visit was moved."""
    return [each for each in answers if each.academic_year in {None, year}]


def latest_by_subject(answers: Iterable[SchoolAnswer]) -> dict[Subject, SchoolAnswer]:
    """Return the answer that waits, for each subject."""
    return {answer.subject: answer for answer in answers if answer.state == AnswerState.OPEN}


def words_by_subject(answers: Iterable[SchoolAnswer]) -> dict[Subject, SchoolAnswer]:
    """Return the answer that a box begins with, for each subject: what waits, and of numbers who were there the latest of all.

    The office only reads those, so they stay the school’s own word.
    """
    stand = (each for each in answers if each.state == AnswerState.OPEN or each.item == AnswerItem.COUNTED)
    return {answer.subject: answer for answer in sorted(stand, key=lambda answer: (answer.at, answer.pk))}


def as_it_stands(values: Mapping[Subject, str], answers: Mapping[Subject, SchoolAnswer], subject: Subject) -> str:
    """Return what the school has before it: its own words (`words_by_subject`), else what the office has."""
    return answers[subject].words if subject in answers else values.get(subject, "")


def pack_read(visit: int, school: int) -> SchoolAnswer | None:
    """Return who at the school has said first that they have read what it gets beforehand; None: nobody has."""
    return SchoolAnswer.objects.filter(visit=visit, school=school, item=AnswerItem.PACK).order_by("pk").first()


def agreements_said(*, on: date) -> QuerySet[Any]:
    """Return by what schools say on the pages of their visits that they agree, each with the `year` for which it was said.

    A visit may be in another year by now. What the version before wrote down names none: it is of the year of its visit. What the
    office took says nothing here: it stands among the agreements of its year.
    """
    year = first_year_of(Session.objects.filter(visit=OuterRef("visit")), on=on)
    answers = SchoolAnswer.objects.filter(item=AnswerItem.AGREEMENT).exclude(state=AnswerState.TAKEN)
    return answers.annotate(year=Coalesce("academic_year", Subquery(year), output_field=IntegerField()))


def answers_of(visit: Visit | Given, *, most: int) -> QuerySet[SchoolAnswer]:
    """Return what schools said about the visit, the latest first, as the office reads it: all that waits, and `most` of the rest.

    What waits is never cut off: nobody could take or leave what is on no page. There is one of each subject at most.
    """
    answers = SchoolAnswer.objects.filter(visit=visit)
    latest = answers.exclude(state=AnswerState.OPEN).values("pk")[:most]
    shown = answers.filter(Q(state=AnswerState.OPEN) | Q(pk__in=latest))
    return shown.select_related("school", "session__type", "session__visit__school", "decided_by")
