"""What schools said about a visit, on its page in the office: beside what was typed, with a button to take it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import BigIntegerField, F
from django.utils import timezone

from schools.accounts.models import User
from schools.accounts.requests import SignedInRequest
from schools.core.batched_queries import Given
from schools.core.errors import RuleBroken
from schools.core.ids import IsAmong
from schools.core.periods import AcademicYear
from schools.core.prepared import GivenRows, Prepared
from schools.core.words import long_day, short_time
from schools.core.year_groups import year_group_name
from schools.delivery.models import Feedback
from schools.delivery.questions import WORDS_OF_QUESTIONS
from schools.directory.models import Contact, School, SchoolAccess
from schools.directory.queries import expected_pupils_of
from schools.directory.sites import sites_in_use
from schools.office.bookings.as_read import posted, to_post
from schools.office.frame.undo_bars import QUICKER, say_with_undo
from schools.office.frame.visibility import today, visible_rows
from schools.visits.actions.taking_answers import end_links, leave_answers, take_answers, undo_answers
from schools.visits.models import AnswerItem, AnswerState, OfferedDates, SchoolAnswer, Subject, Visit
from schools.visits.new_contacts import NewContact
from schools.visits.queries.parties import own_schools_of
from schools.visits.queries.requests import contact_of_address
from schools.visits.queries.school_answers import answers_of, site_words, year_as_said
from schools.visits.rules.school_answers import (
    answer_as_shown,
    name_beside,
    reasons_of_another_lead,
    reasons_of_lead_since,
    reasons_of_other_areas,
    to_come,
)

MOST_DECIDED = 60
"""So many of the answers that were taken or left stand on the page, the latest; whatever waits stands there too."""
ANSWERS = Prepared(
    lambda: answers_of(Given("visit", BigIntegerField()), most=MOST_DECIDED).prefetch_related("session__headcounts")
)
FEEDBACK = Prepared(lambda: Feedback.objects.filter(visit=Given("visit", BigIntegerField())).select_related("school"))
LINKS = Prepared(
    lambda: (
        SchoolAccess.objects.filter(contact__in=Contact.objects.at(School.objects.filter(IsAmong(F("pk"), GivenRows("schools")))))
        .select_related("contact")
        .order_by("contact_id", "-purpose")
    )
)
"""Who at some schools has links to their pages, each person's together."""
DOES = ("take", "take-all", "leave", "undo-take", "end-links")
"""The buttons of the part of the page; each names the answers that it is about, and what the page showed of them."""
NOTHING = "–"
OWN_ADDRESS = "The school’s own address"
STAYS = "{person} stays among the people at the school: the entry was changed since, or something else needs it."
DONE = {AnswerItem.QUESTIONS, AnswerItem.PACK}
"""What a school says that it has done; nobody here decides about it."""


type Rolls = Mapping[int, int | None]
"""How many are on roll by what we have, by the id of the answer that corrects it; None: not known."""


@dataclass(frozen=True)
class Line:
    """One answer beside what the office has."""

    answer: SchoolAnswer
    ours: str
    elsewhere: Contact | None = None
    """Who at another school has the address of whom it names, and is not here yet; None: nobody whom the reader may see."""
    why_not: str = ""
    """Why the reader cannot take it, or put back what it replaced; blank: they can."""
    name_was_left: bool = False
    """Whether it is the phone of a lead whose name was left: only the reader can say whether it is that of the lead who stays."""

    @property
    def to_post(self) -> str:
        """What its form posts: the id of the answer, and what is shown of it, so that nobody decides about it unread."""
        return to_post(self.answer.pk, answer_as_shown(self.answer))

    @property
    def is_to_read(self) -> bool:
        """Whether there is nothing to take over: it is only read."""
        return self.answer.item in {AnswerItem.NOTE, AnswerItem.COUNTED}

    @property
    def is_alone(self) -> bool:
        """Whether it is taken by itself, never with all the rest."""
        return self.name_was_left or self.answer.item == AnswerItem.SITE

    @property
    def may_be_phone_of_lead(self) -> bool:
        """Whether it is a phone for the lead of the visit, or for whoever is named in their place."""
        is_phone = self.answer.item == AnswerItem.LEAD_PHONE and bool(self.answer.words)
        return is_phone and not self.name_was_left and not self.why_not

    @property
    def theirs(self) -> str:
        """What the school said, for people to read."""
        if self.answer.item == AnswerItem.CONTACT:
            return str(NewContact.of(self.answer.words))
        if self.answer.item == AnswerItem.PARENTS and self.answer.words:
            return long_day(date.fromisoformat(self.answer.words))
        if self.answer.item == AnswerItem.SITE:
            return self.answer.words or OWN_ADDRESS
        return self.answer.words

    @property
    def may_undo(self) -> bool:
        """Whether the reader can let it wait again, once somebody has taken or left it."""
        is_taken = self.answer.state == AnswerState.TAKEN
        return self.answer.decided_by_id is not None and not (is_taken and self.why_not)

    @property
    def about(self) -> str:
        """What it is about, such as “How many will be there, Year 5, KS2 assembly, Thursday 26 November”."""
        answer = self.answer
        parts = [str(answer.get_item_display())]
        if answer.year_group is not None:
            parts.append(year_group_name(answer.year_group, answer.school.nation))
        if answer.academic_year is not None:
            parts.append(str(AcademicYear(answer.academic_year)))
        if answer.session:
            parts += [answer.session.name, long_day(answer.session.day)]
        return ", ".join(parts)


def lines_of(visit: Visit, answers: Iterable[SchoolAnswer], rolls: Rolls, *, user: User) -> list[Line]:
    """Return what schools said, what waits first, each with what the office has today, as the user may see it.

    One query where the phone of a lead waits that came without a name: it is of whoever was lead then.
    """
    shown = [each for each in answers if each.item not in DONE and (each.decided_by_id or _is_shown_undecided(each))]
    order = list(AnswerItem)
    shown.sort(key=lambda each: (each.state != AnswerState.OPEN, order.index(AnswerItem(each.item)), each.pk))
    why_not = reasons_of_other_areas(visit, shown, by=user, on=today())
    phones = [each for each in shown if each.item == AnswerItem.LEAD_PHONE and each.state == AnswerState.OPEN]
    beside = {phone.pk: name.state for phone in phones if (name := name_beside(phone, shown))}
    for phone in phones:
        named = phone.pk in beside
        reasons = reasons_of_another_lead(phone, shown, visit) if named else reasons_of_lead_since(phone, visit)
        why_not[phone.pk] = " ".join(reasons)
    return [
        Line(
            each,
            _ours(visit, each, rolls),
            elsewhere=_elsewhere(visit, each, user=user),
            why_not=why_not.get(each.pk, ""),
            name_was_left=beside.get(each.pk) == AnswerState.LEFT,
        )
        for each in shown
    ]


def rolls_beside(visit: Visit, answers: Iterable[SchoolAnswer]) -> Rolls:
    """Return how many we reckon with in each year group of which a school corrected the roll, in the year of which it spoke.

    One query for each such year, mostly a single one, and one for the sessions; none where no school did.
    """
    sessions = visit.sessions.all()
    of_year: defaultdict[int, list[SchoolAnswer]] = defaultdict(list)
    for answer in answers:
        if answer.item == AnswerItem.ROLL:
            of_year[year_as_said(answer, sessions)].append(answer)
    rolls: dict[int, int | None] = {}
    for year, corrected in of_year.items():
        schools = {answer.school_id: answer.school for answer in corrected}
        totals = {pk: (school.pupils, school.low_age, school.high_age) for pk, school in schools.items()}
        known = expected_pupils_of(totals, academic_year=year)
        rolls |= {answer.pk: known[answer.school_id].get(answer.year_group or 0) for answer in corrected}
    return rolls


def _is_shown_undecided(answer: SchoolAnswer) -> bool:
    """Whether it waits; or nobody had to decide: somebody was named and confirmed it, or the school confirmed our number."""
    return answer.state == AnswerState.OPEN or answer.item in {AnswerItem.CONTACT, AnswerItem.COUNTED}


def _elsewhere(visit: Visit, answer: SchoolAnswer, *, user: User) -> Contact | None:
    """Return who is named, where they are known at another school alone. Whoever takes the answer would make them two people.

    Two queries where somebody was named and it waits, else none.
    """
    if answer.item != AnswerItem.CONTACT or answer.state != AnswerState.OPEN:
        return None
    email = NewContact.of(answer.words).email
    if contact_of_address(visit.school, email) is not None:
        return None
    people = visible_rows(Contact.objects.with_address(email).exclude(email=""), user, on=today())
    # Without a limit, for which PostgreSQL would go through everybody in the order of their ids.
    return next(iter(people.select_related("school").order_by("pk")), None)


def _ours(visit: Visit, answer: SchoolAnswer, rolls: Rolls) -> str:
    session, lead = answer.session, visit.safeguarding_contact
    if answer.item == AnswerItem.ROLL:
        pupils = rolls[answer.pk]
        return NOTHING if pupils is None else str(pupils)
    if answer.item == AnswerItem.SITE:
        sessions = list(visit.sessions.select_related("type", "site"))
        # It is taken for what is to come; beside one of a visit that is over stands where that was.
        return site_words(to_come(sessions, on=today()) or sessions, sites_in_use(visit.school)) or OWN_ADDRESS
    if session and answer.item in {AnswerItem.EXPECTED, AnswerItem.COUNTED}:
        name = "expected" if answer.item == AnswerItem.EXPECTED else "pupils"
        subject = Subject("", answer.school_id, answer.year_group)
        counts = {Subject("", row.school_id, row.year_group): getattr(row, name) for row in session.headcounts.all()}
        number = counts.get(subject)
        return NOTHING if number is None else str(number)
    ours = {
        AnswerItem.ROOM: session.room if session else "",
        AnswerItem.LEAD: lead.name if lead else "",
        AnswerItem.LEAD_PHONE: lead.phone.as_e164 if lead and lead.phone else "",
        AnswerItem.ARRIVAL: visit.arrival_notes,
        AnswerItem.PARKING: visit.parking,
        AnswerItem.PARENTS: long_day(visit.parents_told_on) if visit.parents_told_on else "",
        AnswerItem.CONTACT: str(visit.contact) if visit.contact else "",
    }
    return ours.get(AnswerItem(answer.item), "") or NOTHING


def feedback_of(visit: Visit) -> list[dict[str, Any]]:
    """Return what schools thought of the visit: who said it, each question with its answer, the comment."""
    return [
        {
            "row": row,
            "at": f"{long_day(timezone.localtime(row.at).date())}, {short_time(timezone.localtime(row.at).time())}",
            "answers": [(words, getattr(row, f"get_{name}_display")() or NOTHING) for name, words in WORDS_OF_QUESTIONS.items()],
        }
        for row in FEEDBACK.run(visit=visit.pk)
    ]


def said_by_schools(visit: Visit, *, user: User) -> dict[str, Any]:
    """Return what the part of the page shows: what schools said, what they thought, and who there has links.

    At which site it is is taken by itself: with it goes where people travel, and a rule is in the way more often than not. What
    is of a guest school of another area is left to who looks after that one. So is the phone of a lead whose name was left,
    which would become the number of the lead who stays.
    """
    answers = ANSWERS.run(visit=visit.pk)
    lines = lines_of(visit, answers, rolls_beside(visit, answers), user=user)
    waiting = [line for line in lines if line.answer.state == AnswerState.OPEN]
    return {
        "school_said": lines,
        "pack_read": [each for each in answers if each.item == AnswerItem.PACK],
        "all_to_take": [line for line in waiting if not line.is_alone and not line.why_not],
        "lead_phone_waits": any(line.may_be_phone_of_lead for line in waiting),
        "feedback": feedback_of(visit),
        "accesses": LINKS.run(schools=own_schools_of(visit, user, on=today())),
    }


def answer_done(request: SignedInRequest, visit: Visit, do: str) -> list[str]:
    """Do what a button of the part says; return the reasons why that was not possible."""
    shown = posted(request.POST.getlist("answer"))
    by, now = request.user, timezone.localtime()
    try:
        words, decided = _done(visit, do, shown, by=by, now=now)
    except RuleBroken as broken:
        return broken.reasons
    if not words:
        messages.info(request, QUICKER)
        return []
    back = {"do": "undo-take", "answer": [to_post(answer.pk, answer_as_shown(answer)) for answer in decided]}
    say_with_undo(request, words, back if decided else {})
    return []


def _held_for_nobody(visit: Visit, ids: Collection[int], *, by: User, on: date) -> list[str]:
    """Return what to say of dates that are held for the schools of these accesses, and that nobody there can open any more."""
    there = Contact.objects.at(own_schools_of(visit, by, on=on)).order_by()
    people = SchoolAccess.objects.filter(pk__in=ids, contact__in=there).order_by().values("contact")
    # Whoever is known at a school elsewhere, too, may hold dates of that one: it is its own area's to read of.
    read = OfferedDates.objects.without_reader(on=on).filter(contact__in=people, school__in=School.objects.for_user(by, on=on))
    rows = read.select_related("school").order_by("pk")
    return [
        f"Dates that {row.school} was offered are held until {row.held_until:%-d %B}, and nobody there can open them any more: "
        "take them back, or offer others, on the page of that school’s dates."
        for row in rows
    ]


def _done(visit: Visit, do: str, shown: Mapping[int, str], *, by: User, now: Any) -> tuple[str, list[SchoolAnswer]]:
    """Do what the button says; return what to tell the user, and the answers about which it has just decided.

    Blank: somebody was quicker, and nothing was changed.
    """
    if do == "end-links":
        end_links(visit, shown, by=by, now=now)
        held = _held_for_nobody(visit, shown, by=by, on=timezone.localdate(now))
        return " ".join(["All their links are ended. The next mail to them carries a new one.", *held]), []
    if do == "leave":
        left = leave_answers(visit, shown, by=by, now=now)
        return "Left as it was. What the school said stands below, and can be looked at again.", left
    if do == "undo-take":
        stays = undo_answers(visit, shown, by=by, now=now)
        if stays is None:
            return "", []
        return " ".join(["Taken back. What the school said waits again.", *(STAYS.format(person=person) for person in stays)]), []
    taken = take_answers(visit, shown, by=by, now=now)
    return "It is taken." if len(taken) == 1 else f"All {len(taken)} are taken.", taken
