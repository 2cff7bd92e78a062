"""The words of what schools are sent before and after a visit, and when they asked for one; none names a pupil."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from schools.accounts.languages import in_language_of
from schools.charity.queries import current
from schools.core.nations import Scheme, scheme_of
from schools.core.periods import AcademicYear
from schools.core.words import days_between, joined, long_day, month_words
from schools.directory.models import Contact
from schools.directory.queries import still_at
from schools.messages.kinds import Mail
from schools.messages.wording import wording
from schools.visits.models import Session, Visit
from schools.visits.queries.parties import Party
from schools.visits.school_emails import closing_of


@dataclass(frozen=True)
class Listed:
    """The sessions of a visit, as a mail to one of its schools lists them."""

    place: str
    """Where people go, above the lines of a mail about one visit; in a section the heading says it."""
    lines: str
    guests: str
    """That it is about guests; "": it is about the host."""


@dataclass(frozen=True)
class Words:
    """What a mail says to a school about one visit: alone it is the whole mail, and of several it is a section of it."""

    subject: str
    opening: str
    closing: str
    listed: Listed | None = None
    """None: it lists no sessions."""
    numbers: str = ""
    """How many pupils are expected, or were counted; "": nobody knows."""
    texts: tuple[str, ...] = ()
    """What may be said alike of many visits."""
    of_several: str = ""
    """What a mail about several visits says at the end of its texts, where each has such words."""
    closing_of_several: str = "shared.closing-of-several"
    """The key of how a mail about several visits ends, where their closings differ."""


type WordsOf = Callable[[Party], Words]
"""Says what a kind has to say to a school about one visit."""


def mail_to_reader(about: Sequence[tuple[WordsOf, Party]]) -> Mail:
    """Return one mail about these visits to whoever reads for their schools; what is said alike of all of them, it says once."""
    with in_language_of(None):
        every, parties = [words_of(party) for words_of, party in about], [party for _, party in about]
        first, *others = every
        names = names_of(parties)
        if not others:
            sessions = _with_place(first.listed) if first.listed else []
            return _mail(names, first.subject, first.opening, *sessions, first.numbers, *first.texts, first.closing)
        subject = wording("shared.and-more", {"first": first.subject})
        references = joined(dict.fromkeys(party.visit.reference for party in parties))
        return _mail(names, subject, *_sections(every, headings_of(parties)), _closing_of_several(every, references))


def names_of(parties: Iterable[Party]) -> str:
    """Return who reads for these schools: several, where visits name different people of one mailbox."""
    return joined(dict.fromkeys(party.contact.name for party in parties))


def _sections(every: Sequence[Words], headings: Sequence[str]) -> Iterator[str]:
    """Yield the opening, a section for each visit, and the texts after them; a section has those that are not said of all."""
    first = every[0]
    opening = first.opening if all(words.opening == first.opening for words in every) else ""
    alike = [text for text in first.texts if all(text in words.texts for words in every)]
    yield opening
    for words, heading in zip(every, headings, strict=True):
        yield from (heading, "" if opening else words.opening)
        if words.listed:
            yield from (words.listed.guests, words.listed.lines)
        yield words.numbers
        yield from (text for text in words.texts if text not in alike)
    yield from (*alike, first.of_several if all(words.of_several for words in every) else "")


def _closing_of_several(every: Sequence[Words], references: str) -> str:
    first = every[0].closing
    alike = all(words.closing == first for words in every)
    return first if alike else wording(every[0].closing_of_several, {"references": references})


def _mail(name: str, subject: str, *parts: str) -> Mail:
    return subject, "\n\n".join([wording("shared.hello", {"name": name}), *(part for part in parts if part)]) + "\n"


def _listed(party: Party) -> Listed:
    """Return the host and a line for each session; for a guest, that their pupils go there."""
    return Listed(party.where, _lines(party), wording("shared.guests", {"guest": party.school}) if party.is_guest else "")


def _with_place(listed: Listed) -> list[str]:
    return [listed.guests, f"{listed.place}\n{listed.lines}"]


def _lines(party: Party) -> str:
    is_at_several = party.where == party.visit.school.name
    return "\n".join(
        f"- {session.when}: {_name(session, party)}{f', {session.site}' if is_at_several and session.site_id else ''}"
        for session in party.sessions
    )


def _name(session: Session, party: Party) -> str:
    """Return its name; among sessions to which people come, one to which nobody comes says so."""
    if session.type.is_gone_to or not party.somebody_comes:
        return session.name
    return _("%(session)s (online, nobody comes)") % {"session": session.name}


def heading_of(party: Party) -> str:
    """Return the school of the visit, where people go, and its days."""
    return f"{party.where}, {days_between(party.first_day, party.last_day)}"


def headings_of(parties: Sequence[Party]) -> list[str]:
    """Return the heading of each; where several have the same, the visit's reference stands beside it, and of whom."""
    headings = [heading_of(party) for party in parties]
    return [
        f"{heading} ({_apart(party)})" if headings.count(heading) > 1 else heading
        for heading, party in zip(headings, parties, strict=True)
    ]


def _apart(party: Party) -> str:
    return f"{party.visit.reference}, {party.school}" if party.is_guest else party.visit.reference


def _where(party: Party) -> dict[str, str]:
    days = long_day(party.first_day) if party.somebody_comes else days_between(party.first_day, party.last_day)
    return {"where": f"{party.where}, {days}", "charity": current().brand}


def _of(name: str, party: Party) -> str:
    """Return the first part of the keys of a mail’s texts: where nobody comes, it speaks of what the school shows by itself."""
    return name if party.somebody_comes else f"{name}.online"


def _of_those_there(name: str, party: Party) -> str:
    """Return the first part of the keys of a mail’s texts about who is there: where all are adults, no pupils and classes."""
    return name if party.pupils_are_there else f"{name}.for-adults"


def words_of_pack(party: Party, *, has_items: bool = False, has_letter: bool = False) -> Words:
    """Return what a school should know before the visit: what is taught, who comes, what is needed, what follows a disclosure.

    `has_items`: whether there is something to look at beforehand on the page of the visit. `has_letter`: whether letters of
    assurance are made at all.
    """
    at, key = _where(party), _of("school-pack", party)
    of_programme = _of_those_there("school-pack", party)
    return Words(
        wording(f"{key}.subject", at),
        wording(f"{key}.opening", at),
        closing_of(party.visit),
        _listed(party),
        texts=(
            wording(f"{of_programme}.what-is-on-the-page" if has_items else f"{of_programme}.what-is-taught"),
            *(_of_those_who_come(party, has_letter=has_letter) if party.somebody_comes else _of_what_is_shown()),
        ),
    )


def _of_those_who_come(party: Party, *, has_letter: bool) -> list[str]:
    lead = still_at(party.visit.safeguarding_contact, party.visit.school)
    if party.is_guest:  # whom we tell is at the host, which alone can say who that is
        safe = wording("school-pack.if-a-child-tells-at-another-school", {"host": party.visit.school})
    elif lead:
        safe = wording("school-pack.if-a-child-tells", {"name": lead})
    else:
        safe = wording("school-pack.if-a-child-tells-and-nobody-is-named")
    scheme = Scheme(scheme_of(party.visit.school.nation)).label
    # Names go to the host alone, whose gate they pass.
    letter = [wording("school-pack.letter")] if has_letter and not party.is_guest else []
    what_we_need = wording(f"{_of_those_there('school-pack', party)}.what-we-need")
    return [wording("school-pack.who-comes", {"scheme": scheme}), *letter, what_we_need, safe]


def _of_what_is_shown() -> list[str]:
    return [wording("school-pack.online.what-you-need"), wording("school-pack.online.if-a-child-tells")]


def words_of_week(party: Party) -> Words:
    """Return the question a week before whether anything has changed, with the numbers that are known."""
    known = {pk: number for pk, number in party.expected.items() if number is not None}
    numbers = "\n".join(
        _("- %(session)s: about %(number)s pupils") % {"session": name, "number": known[session.pk]}
        for session, name in _apart_by_time(party.sessions)
        if session.pk in known
    )
    heading = wording("school-week.above-the-numbers")
    return Words(
        wording("school-week.subject", _where(party)),
        wording(f"{_of_those_there('school-week', party) if party.somebody_comes else 'school-week.online'}.opening"),
        closing_of(party.visit),
        _listed(party),
        f"{heading}\n{numbers}" if numbers else "",
    )


def words_of_day_before(party: Party) -> Words:
    """Return the reminder of the last school day before the visit."""
    subject, opening = wording("school-day-before.subject", _where(party)), wording("school-day-before.opening")
    return Words(subject, opening, closing_of(party.visit), _listed(party))


QUESTIONS = (
    "questions.first",
    "questions.second",
    "questions.third",
    "questions.fourth",
    "questions.fifth",
)
"""The five questions after a visit, by their keys; each is answered with yes, partly or no."""
ABOUT_PEOPLE = "questions.second"
"""The one that is not asked where nobody came."""
ABOUT_PUPILS = frozenset(("questions.first", "questions.third"))
"""Those that are not asked where everything was for adults."""


def words_of_thanks(party: Party, *, asks: bool = True) -> Words:
    """Return the thanks after a visit, with the school's own numbers and, unless the school has answered them, the questions."""
    at, key = {"where": heading_of(party), "charity": current().brand}, _of("school-thanks", party)
    heading = wording(f"{key}.above-the-numbers")
    counted = [
        (name, party.counted[session.pk]) for session, name in _apart_by_time(party.sessions) if session.pk in party.counted
    ]
    lines = "\n".join(f"- {name}: {_number(number)}" for name, number in counted)
    return Words(
        wording("school-thanks.subject", at),
        wording("school-thanks.opening-of-guest" if party.is_guest and party.somebody_comes else f"{key}.opening", at),
        wording("school-thanks.closing", {"reference": party.visit.reference}),
        numbers=f"{heading}\n{lines}" if lines else "",
        texts=(_questions(party),) if asks else (),
        of_several=wording("questions.of-several") if asks else "",
        closing_of_several="school-thanks.closing-of-several",
    )


def _apart_by_time(sessions: Sequence[Session]) -> list[tuple[Session, str]]:
    """Return each session with its name, and with its time where another one has the same name."""
    times = Counter(session.name for session in sessions)
    return [(each, f"{each.name} ({each.when})" if times[each.name] > 1 else each.name) for each in sessions]


def _number(counted: int | None) -> str:
    return _("not counted") if counted is None else str(counted)


def _questions(party: Party) -> str:
    name = _of("questions", party) if party.pupils_are_there else "questions.for-adults"
    heading = wording(f"{name}.above-them")
    keys = [key for key in QUESTIONS if _is_asked(key, party)]
    return "\n".join([heading, *(f"{number}. {wording(key)}" for number, key in enumerate(keys, 1))])


def _is_asked(question: str, party: Party) -> bool:
    if question == ABOUT_PEOPLE:
        return party.somebody_comes
    return party.pupils_are_there or question not in ABOUT_PUPILS


def words_of_thanks_again(party: Party) -> Words:
    """Return the only chase of the five questions."""
    key = _of("school-thanks-again", party)
    return Words(
        wording(f"{key}.subject", {"where": heading_of(party)}),
        wording(f"{key}.opening"),
        wording("school-thanks-again.closing"),
        _listed(party),
        texts=(_questions(party),),
        of_several=wording("questions.of-several"),
    )


def mail_of_request(visit: Visit, contact: Contact) -> Mail:
    """Return the answer to a school that asked for a visit."""
    with in_language_of(None):
        month = visit.preferred_month
        at = {"school": visit.school, "charity": current().brand, "month": month_words(month) if month else ""}
        when = wording("school-request.month", at) if month else ""
        return _mail(
            contact.name,
            wording("school-request.subject", at),
            wording("school-request.opening", at),
            when,
            wording("school-request.what-follows"),
            closing_of(visit),
        )


def mail_of_dates(visit: Visit, contact: Contact, dates: str) -> Mail:
    """Return the dates that were offered to a school, as somebody noted them."""
    with in_language_of(None):
        at = {"school": visit.school, "dates": dates}
        return _mail(
            contact.name,
            wording("school-dates.subject", at),
            wording("school-dates.opening", at),
            wording("school-dates.closing"),
            closing_of(visit),
        )


def mail_of_agreement(party: Party) -> Mail:
    """Return the question whether the school agrees to the programme in the academic year of its sessions."""
    with in_language_of(None):
        at = {"school": party.school, "year": AcademicYear.of(party.first_day)}
        return _mail(
            party.contact.name,
            wording("school-agreement.subject", at),
            wording("school-agreement.opening"),
            *_with_place(_listed(party)),
            wording("school-agreement.closing"),
            closing_of(party.visit),
        )
