"""A mail of an example for each text of messages: one that says the text."""

from collections.abc import Callable
from copy import copy
from datetime import date, datetime, time, timedelta
from functools import partial

from django.utils import timezone

from schools.charity.queries import current
from schools.core.nations import scheme_of
from schools.messages.kinds import Mail
from schools.messages.texts import Text
from schools.office.messages.example import NO_ACCESS, Example, ExampleMail, Make
from schools.office.messages.example_reminders import OF_REMINDERS_TO_SCHOOLS, mail_of_several_visits, online
from schools.planning.emails import (
    link_to_ask,
    link_to_me,
    link_to_open_mornings,
    mail_of_open_mornings,
    mail_of_schools_due,
    mail_of_term,
)
from schools.planning.queries.terms import Given
from schools.visits import school_reminder_emails as to_schools
from schools.visits.alarm_emails import mail_of_alarm, mail_of_alarm_to_volunteer
from schools.visits.contact_emails import mail_to_contact_before
from schools.visits.coordinator_emails import (
    MorningList,
    Undelivered,
    mail_of_morning,
    mail_of_undelivered,
    mail_that_somebody_cannot_come,
)
from schools.visits.emails import News, mail_to_volunteer
from schools.visits.half_days import HalfDay
from schools.visits.links import link_of_news, link_to_mornings, link_to_office, link_to_outcomes, link_to_visits
from schools.visits.models import (
    AlarmWhat,
    AnswerState,
    ChangeWhat,
    ChangeWhy,
    OfferedDates,
    SchoolAlarm,
    SchoolAnswer,
    SchoolChange,
    VisitStage,
)
from schools.visits.models.offered_dates import FEWEST_OFFERED
from schools.visits.new_contacts import NewContact
from schools.visits.offer_emails import link_to_choose, mail_of_choice, mail_of_dates_to_choose
from schools.visits.queries import OpenDay
from schools.visits.queries.entries import Entry
from schools.visits.queries.standings import AGREED, DOWN
from schools.visits.reminder_emails import mail_about_outcomes, mail_before
from schools.visits.rules.notices import SchoolTelling, Telling
from schools.visits.school_change_emails import mail_of_answer, mail_of_change
from schools.visits.school_emails import OF_PARTS, CalendarNews, SchoolNews, mail_to_school
from schools.visits.school_links import link_with
from schools.volunteers.kinds import link_to_clearances, mail_of_end
from schools.volunteers.models import Clearance

NOBODY, CALL_OFF = AlarmWhat.NOBODY, AlarmWhat.CALL_OFF


def example_mail(text: Text, example: Example) -> ExampleMail:
    """Return a mail of the example that says the text, or would if the visit were so."""
    parts = text.key.split(".")
    names = [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return next(MAILS[name] for name in names if name in MAILS)(example)


def _news(example: Example, *tellings: Telling) -> ExampleMail:
    news = [
        News(telling, cover, example.known(cover.session, DOWN), example.other)
        for telling in tellings
        for cover in example.covers
    ]
    return ExampleMail("mornings", mail_to_volunteer(example.volunteer, news), link_of_news(example.volunteer, news))


def _of_telling(telling: Telling) -> Make:
    return lambda example: _news(example, telling)


def _of_planned(example: Example) -> ExampleMail:
    example.visit.stage = VisitStage.PLANNED
    return _news(example, Telling.OFFERED)


def _of_several(example: Example) -> ExampleMail:
    return _news(example, Telling.AGREED, Telling.OFFERED)


def _school_news(example: Example, telling: SchoolTelling, *, is_guest: bool = False, is_part: bool = False) -> ExampleMail:
    school = example.guest if is_guest else example.visit.school
    guests = [example.guest] if telling is SchoolTelling.GUESTS else []
    news = [
        SchoolNews(telling, example.visit, school, session, example.known(session, AGREED), is_part, guests)
        for session in (example.sessions[-1:] if is_part else example.sessions)
    ]
    link = None if telling is SchoolTelling.TAKEN_OFF else link_with(NO_ACCESS)
    return ExampleMail("visits", mail_to_school([example.contact], news), link)


def _of_school_telling(telling: SchoolTelling, *, is_part: bool = False) -> Make:
    return lambda example: _school_news(example, telling, is_guest=telling is SchoolTelling.TAKEN_OFF, is_part=is_part)


def _of_calendar(example: Example, *, is_anew: bool = False, is_there: bool = True) -> ExampleMail:
    first, last = example.sessions[0], example.sessions[-1]
    begins, ends = f"{example.day}T{first.starts}", f"{example.day}T{last.ends}"
    entry = Entry("", begins, ends, tuple(session.pk for session in example.sessions), is_there)
    news = CalendarNews(example.visit, None, [entry], is_anew, [(each, []) for each in example.sessions if is_anew and is_there])
    mail = mail_to_school([example.contact], [], [news])
    return ExampleMail("visits", mail, link_with(NO_ACCESS))


def _before(example: Example, *, is_tomorrow: bool) -> ExampleMail:
    mail = mail_before(example.volunteer, example.sessions, is_tomorrow=is_tomorrow)
    return ExampleMail("evening" if is_tomorrow else "two-days", mail, link_to_mornings(example.volunteer, example.sessions))


def _outcome(example: Example) -> ExampleMail:
    mail = mail_about_outcomes(example.volunteer, example.sessions)
    return ExampleMail("outcome", mail, link_to_outcomes(example.volunteer, example.sessions))


def _request(example: Example) -> ExampleMail:
    example.visit.preferred_month = example.visit.preferred_month or example.day
    return ExampleMail("school-request", to_schools.mail_of_request(example.visit, example.contact), link_with(NO_ACCESS))


def _dates(example: Example) -> ExampleMail:
    mail = to_schools.mail_of_dates(example.visit, example.contact, f"{example.day:%d %B}")
    return ExampleMail("school-dates", mail, link_with(NO_ACCESS))


def _dates_to_choose(example: Example, number: int = FEWEST_OFFERED) -> ExampleMail:
    keys = [HalfDay(example.day + timedelta(days=7 * later), is_afternoon=False).key for later in range(number)]
    offered = OfferedDates(school=example.visit.school, half_days=keys, people=2, held_until=example.day)
    return ExampleMail("dates-to-choose", mail_of_dates_to_choose(offered, example.contact), link_to_choose(NO_ACCESS))


def _dates_to_move(example: Example, number: int = FEWEST_OFFERED) -> ExampleMail:
    keys = [HalfDay(example.day + timedelta(days=7 * later), is_afternoon=False).key for later in range(1, 1 + number)]
    facts = {"visit": example.visit, "moves_from": example.day, "held_until": example.day}
    offered = OfferedDates(school=example.visit.school, half_days=keys, people=2, **facts)
    return ExampleMail("dates-to-choose", mail_of_dates_to_choose(offered, example.contact), link_to_choose(NO_ACCESS))


def _date_chosen(example: Example, *, is_booked: bool, is_moved: bool = False) -> ExampleMail:
    visit, half_day = copy(example.visit), HalfDay(example.day, is_afternoon=False)
    visit.stage = VisitStage.CONFIRMED if is_booked else VisitStage.REQUESTED
    names = {"chosen": half_day.key, "chosen_by": example.contact.name}
    offered = OfferedDates(school=visit.school, visit=visit, is_short=not is_booked, **names)
    offered.moves_from = example.day - timedelta(days=7) if is_moved else None
    mail = mail_of_choice(offered, coordinator=example.coordinator)
    return ExampleMail("date-chosen", mail, link_to_visits([visit.pk], coordinator=example.coordinator))


def _of_party(kind: str, mail: Callable[..., Mail]) -> Make:
    return lambda example: ExampleMail(kind, mail(example.party), link_with(NO_ACCESS))


def _later(moment: time, by: timedelta) -> time:
    return (datetime.combine(date.min, moment) + by).time()


def _given_back(
    example: Example, *, is_needed: bool = True, is_another_not: bool = False, is_taken_off: bool = False
) -> ExampleMail:
    """Return the mail about all of their sessions; `is_another_not`: and about one more, an hour later, that needs nobody."""
    covers = [copy(cover) for cover in example.covers]
    for cover in covers:
        cover.gave_back = not is_taken_off
    needing = [cover.session_id for cover in covers] if is_needed else []
    if is_another_not:
        other, session = copy(covers[-1]), copy(covers[-1].session)
        hour = timedelta(hours=1)
        session.pk, session.starts, session.ends = 0, _later(session.starts, hour), _later(session.ends, hour)
        other.session = session
        covers.append(other)
    mail = mail_that_somebody_cannot_come(covers, coordinator=example.coordinator, needing=needing)
    return ExampleMail("given-back", mail, link_to_visits([example.visit.pk], coordinator=example.coordinator))


def _morning_list(example: Example) -> ExampleMail:
    listed = MorningList(example.sessions, example.sessions, example.sessions)
    going = {cover.session_id: [cover] for cover in example.covers}
    mail = mail_of_morning(listed, going, coordinator=example.coordinator, on=example.day)
    return ExampleMail("morning-list", mail, link_to_office(coordinator=example.coordinator))


def _undelivered(example: Example) -> ExampleMail:
    subject, _text = _news(example, Telling.AGREED).mail
    address = example.volunteer.mail_address
    why = "There is no such mailbox."
    rows = [Undelivered(str(example.volunteer), *about, address, why) for about in ((str(example.visit), subject), ("", ""))]
    mail = mail_of_undelivered(rows, coordinator=example.coordinator)
    return ExampleMail("undelivered", mail, link_to_visits([example.visit.pk], coordinator=example.coordinator))


def _near_you(example: Example) -> ExampleMail:
    days = [OpenDay(example.visit, example.day, tuple(example.sessions))]
    mail = mail_of_open_mornings(example.volunteer, days, unit=current().distances_in)
    return ExampleMail("near-you", mail, link_to_open_mornings(example.volunteer))


def _term_thanks(example: Example) -> ExampleMail:
    number = len(example.sessions)
    mail = mail_of_term(example.volunteer, Given(number, 1, number * len(example.sessions)))
    return ExampleMail("term-thanks", mail, link_to_me(example.volunteer))


def _school_due(example: Example) -> ExampleMail:
    schools = [example.visit.school]
    return ExampleMail("school-due", mail_of_schools_due([example.contact], schools), link_to_ask(schools))


def _clearance_ends(example: Example, *, days: int = 30) -> ExampleMail:
    clearance = Clearance(volunteer=example.volunteer, scheme=scheme_of(example.visit.school.nation))
    words, link = mail_of_end(clearance, example.day, days), link_to_clearances(example.volunteer)
    return ExampleMail("clearance-ends", words, link)


PARTS_OF_ALARMS = {"nobody": (NOBODY, False), "here": (NOBODY, True), "call-off": (CALL_OFF, False), "on-again": (CALL_OFF, True)}
"""What the school says, and whether it was taken back, by the part of the texts’ keys."""


def _alarm_of(example: Example, part: str) -> SchoolAlarm:
    kind, is_over = PARTS_OF_ALARMS[part]
    now = timezone.now()
    return SchoolAlarm(visit=example.visit, day=example.day, what=kind, at=now, over_at=now if is_over else None)


def _alarm(example: Example, *, part: str) -> ExampleMail:
    mail = mail_of_alarm(_alarm_of(example, part), coordinator=example.coordinator)
    return ExampleMail("school-alarm", mail, link_to_visits([example.visit.pk], coordinator=example.coordinator))


def _school_change(example: Example, *, kind: ChangeWhat, is_over: bool = False) -> ExampleMail:
    day = HalfDay(example.day + timedelta(days=7), is_afternoon=False)
    keys = [] if is_over else [day.key]
    over_at = timezone.now() if is_over else None
    change = SchoolChange(visit=example.visit, day=example.day, what=kind, why=ChangeWhy.CLASH, half_days=keys, over_at=over_at)
    mail = mail_of_change(change, coordinator=example.coordinator)
    return ExampleMail("school-change", mail, link_to_visits([example.visit.pk], coordinator=example.coordinator))


def _day_stands(example: Example) -> ExampleMail:
    change = SchoolChange(visit=example.visit, day=example.day, what=ChangeWhat.MOVE, why=ChangeWhy.CLASH)
    return ExampleMail("day-stands", mail_of_answer(change, example.contact, day=change.day), link_with(NO_ACCESS))


def _contact_before(example: Example, *, is_confirmed: bool = False) -> ExampleMail:
    named = NewContact(example.other.name, "", "")
    state = AnswerState.TAKEN if is_confirmed else AnswerState.OPEN
    answer = SchoolAnswer(visit=example.visit, words=named.words, given_by=example.contact.name, state=state)
    return ExampleMail("school-contact-before", mail_to_contact_before(answer, example.contact), link_with(NO_ACCESS))


def _morning_alarm(example: Example, *, part: str) -> ExampleMail:
    mail = mail_of_alarm_to_volunteer(_alarm_of(example, part), example.volunteer, example.sessions)
    return ExampleMail("morning-alarm", mail, link_to_mornings(example.volunteer, example.sessions))


MAILS: dict[str, Make] = {
    "shared.hello": _of_telling(Telling.AGREED),
    "shared.and-more": _of_several,
    "shared.guests": partial(_school_news, telling=SchoolTelling.AGREED, is_guest=True),
    "shared.closing": _of_school_telling(SchoolTelling.AGREED),
    "shared.closing-of-several": mail_of_several_visits,
    "shared.calendar": _of_calendar,
    "shared.calendar.opening-anew": partial(_of_calendar, is_anew=True),
    "shared.calendar.opening-now": partial(_of_calendar, is_anew=True, is_there=False),
    "shared.answer": _of_telling(Telling.OFFERED),
    "shared.morning": _of_telling(Telling.AGREED),
    "shared.observe": _of_telling(Telling.REFUSED),
    "shared.outcome": _outcome,
    "shared.mine": _of_telling(Telling.CANCELLED),
    "shared.several": _of_several,
    "shared.school-visit": _of_school_telling(SchoolTelling.AGREED),
    "shared.school-visit.button-to-the-first": mail_of_several_visits,
    "shared.visit": _given_back,
    "shared.office": _morning_list,
    **{f"mornings.{telling.value}": _of_telling(telling) for telling in Telling},
    "mornings.question": _of_planned,
    "two-days": partial(_before, is_tomorrow=False),
    "evening": partial(_before, is_tomorrow=True),
    "before": partial(_before, is_tomorrow=True),
    "outcome": _outcome,
    **{f"visits.{telling.value}": _of_school_telling(telling) for telling in SchoolTelling},
    **{f"visits.{telling.value}.subject-of-part": _of_school_telling(telling, is_part=True) for telling in OF_PARTS},
    "visits.moved.opening-of-part": _of_school_telling(SchoolTelling.MOVED, is_part=True),
    **{f"visits-online.{telling.value}": online(_of_school_telling(telling)) for telling in SchoolTelling},
    **OF_REMINDERS_TO_SCHOOLS,
    "school-request": _request,
    "school-dates": _dates,
    "dates-to-choose": _dates_to_choose,
    **{
        f"dates-to-choose.{each}-of-one": partial(_dates_to_choose, number=1)
        for each in ("opening", "how-to-choose", "until", "closing")
    },
    "dates-to-move": _dates_to_move,
    **{f"dates-to-move.{each}-of-one": partial(_dates_to_move, number=1) for each in ("opening", "closing")},
    "date-chosen.booked": partial(_date_chosen, is_booked=True),
    "date-chosen.moved": partial(_date_chosen, is_booked=True, is_moved=True),
    "date-chosen.not-booked": partial(_date_chosen, is_booked=False),
    "school-agreement": _of_party("school-agreement", to_schools.mail_of_agreement),
    "given-back": _given_back,
    "given-back.closing-where-some-need-nobody": partial(_given_back, is_another_not=True),
    "given-back.closing-where-nobody-is-needed": partial(_given_back, is_needed=False),
    "given-back.subject-where-nobody-is-needed": partial(_given_back, is_needed=False),
    "given-back.taken-off": partial(_given_back, is_taken_off=True),
    "given-back.taken-off.subject-where-nobody-is-needed": partial(_given_back, is_needed=False, is_taken_off=True),
    "morning-list": _morning_list,
    "undelivered": _undelivered,
    **{f"school-alarm.{part}": partial(_alarm, part=part) for part in PARTS_OF_ALARMS},
    **{f"morning-alarm.{part}": partial(_morning_alarm, part=part) for part in PARTS_OF_ALARMS},
    "school-change": partial(_school_change, kind=ChangeWhat.CANCEL),
    "school-change.move": partial(_school_change, kind=ChangeWhat.MOVE),
    "school-change.back": partial(_school_change, kind=ChangeWhat.MOVE, is_over=True),
    "day-stands": _day_stands,
    "school-contact-before": _contact_before,
    "school-contact-before.from-now-on": partial(_contact_before, is_confirmed=True),
    "near-you": _near_you,
    "term-thanks": _term_thanks,
    "school-due": _school_due,
    "clearance-ends": _clearance_ends,
    "clearance-ends.subject-tomorrow": partial(_clearance_ends, days=1),
}
"""By the longest beginning of a text’s key that stands here."""
