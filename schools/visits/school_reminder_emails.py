"""The words of what schools are sent before and after a visit, and when they asked for one; none names a pupil."""

from django.utils.translation import gettext as _

from schools.accounts.languages import in_language_of
from schools.charity.queries import current
from schools.core.nations import Scheme, scheme_of
from schools.core.periods import AcademicYear
from schools.core.words import days_between, long_day
from schools.directory.models import Contact
from schools.messages.kinds import Mail
from schools.messages.wording import wording
from schools.visits.models import Session, Visit
from schools.visits.queries.parties import Party
from schools.visits.school_emails import closing_of


def _mail(contact: Contact, subject: str, *parts: str) -> Mail:
    return subject, "\n\n".join([wording("shared.hello", {"name": contact.name}), *(part for part in parts if part)]) + "\n"


def _lines(party: Party) -> str:
    """Return the host and a line for each session; for a guest, that their pupils go there."""
    is_at_several = party.where == party.visit.school.name
    lines = "\n".join(
        f"- {session.when}: {_name(session, party)}{f', {session.site}' if is_at_several and session.site_id else ''}"
        for session in party.sessions
    )
    guests = wording("shared.guests", {"guest": party.school})
    return "\n\n".join([*([guests] if party.is_guest else []), f"{party.where}\n{lines}"])


def _name(session: Session, party: Party) -> str:
    """Return its name; among sessions to which people come, one that the school shows by itself says so."""
    if session.type.presenters or not party.somebody_comes:
        return session.name
    return _("%(session)s (online, nobody comes)") % {"session": session.name}


def _where(party: Party) -> dict[str, str]:
    days = long_day(party.first_day) if party.somebody_comes else days_between(party.first_day, party.last_day)
    return {"where": f"{party.where}, {days}", "charity": current().brand}


def _of(name: str, party: Party) -> str:
    """Return the first part of the keys of a mail’s texts: where nobody comes, it speaks of what the school shows by itself."""
    return name if party.somebody_comes else f"{name}.online"


def mail_of_pack(party: Party, *, has_items: bool = False, has_letter: bool = False) -> Mail:
    """Return what a school should know before the visit: what is taught, who comes, what is needed, what follows a disclosure.

    `has_items`: whether there is something to look at beforehand on the page of the visit. `has_letter`: whether letters of
    assurance are made at all.
    """
    with in_language_of(None):
        at, key = _where(party), _of("school-pack", party)
        return _mail(
            party.contact,
            wording(f"{key}.subject", at),
            wording(f"{key}.opening", at),
            _lines(party),
            wording("school-pack.what-is-on-the-page" if has_items else "school-pack.what-is-taught"),
            *(_of_those_who_come(party, has_letter=has_letter) if party.somebody_comes else _of_what_is_shown()),
            closing_of(party.visit),
        )


def _of_those_who_come(party: Party, *, has_letter: bool) -> list[str]:
    lead = party.visit.safeguarding_contact
    if lead:
        safe = wording("school-pack.if-a-child-tells", {"name": lead})
    else:
        safe = wording("school-pack.if-a-child-tells-and-nobody-is-named")
    scheme = Scheme(scheme_of(party.visit.school.nation)).label
    # Names go to the host alone, whose gate they pass.
    letter = [wording("school-pack.letter")] if has_letter and not party.is_guest else []
    return [wording("school-pack.who-comes", {"scheme": scheme}), *letter, wording("school-pack.what-we-need"), safe]


def _of_what_is_shown() -> list[str]:
    return [wording("school-pack.online.what-you-need"), wording("school-pack.online.if-a-child-tells")]


def mail_of_week(party: Party) -> Mail:
    """Return the question a week before whether anything has changed, with the numbers that are known."""
    with in_language_of(None):
        known = {pk: number for pk, number in party.expected.items() if number is not None}
        numbers = "\n".join(
            _("- %(session)s: about %(number)s pupils") % {"session": session.name, "number": known[session.pk]}
            for session in party.sessions
            if session.pk in known
        )
        heading = wording("school-week.above-the-numbers")
        return _mail(
            party.contact,
            wording("school-week.subject", _where(party)),
            wording(f"{_of('school-week', party)}.opening"),
            _lines(party),
            f"{heading}\n{numbers}" if numbers else "",
            closing_of(party.visit),
        )


def mail_of_day_before(party: Party) -> Mail:
    """Return the reminder of the last school day before the visit."""
    with in_language_of(None):
        at = _where(party)
        opening = wording("school-day-before.opening")
        return _mail(party.contact, wording("school-day-before.subject", at), opening, _lines(party), closing_of(party.visit))


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


def mail_of_thanks(party: Party) -> Mail:
    """Return the thanks after a visit, with the school's own numbers and the five questions."""
    with in_language_of(None):
        at, key = _where(party), _of("school-thanks", party)
        heading = wording(f"{key}.above-the-numbers")
        lines = "\n".join(f"- {session.name}: {_number(party.counted[session.pk])}" for session in party.sessions
                          if session.pk in party.counted)  # fmt: skip
        return _mail(
            party.contact,
            wording("school-thanks.subject", at),
            wording(f"{key}.opening", at),
            f"{heading}\n{lines}" if lines else "",
            _questions(party),
            closing_of(party.visit),
        )


def _number(counted: int | None) -> str:
    return _("not counted") if counted is None else str(counted)


def _questions(party: Party) -> str:
    heading = wording(f"{_of('questions', party)}.above-them")
    keys = [key for key in QUESTIONS if key != ABOUT_PEOPLE or party.somebody_comes]
    return "\n".join([heading, *(f"{number}. {wording(key)}" for number, key in enumerate(keys, 1))])


def mail_of_thanks_again(party: Party) -> Mail:
    """Return the only chase of the five questions."""
    with in_language_of(None):
        at = _where(party)
        key = _of("school-thanks-again", party)
        opening, subject = wording(f"{key}.opening"), wording(f"{key}.subject", at)
        return _mail(party.contact, subject, opening, _lines(party), _questions(party), wording("school-thanks-again.closing"))


def mail_of_request(visit: Visit, contact: Contact) -> Mail:
    """Return the answer to a school that asked for a visit."""
    with in_language_of(None):
        month = visit.preferred_month
        at = {"school": visit.school, "charity": current().brand, "month": f"{month:%m/%Y}" if month else ""}
        when = wording("school-request.month", at) if month else ""
        return _mail(
            contact,
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
            contact,
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
            party.contact,
            wording("school-agreement.subject", at),
            wording("school-agreement.opening"),
            _lines(party),
            wording("school-agreement.closing"),
            closing_of(party.visit),
        )
