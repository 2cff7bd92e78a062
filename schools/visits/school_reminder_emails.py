"""The words of what schools are sent before and after a visit, and when they asked for one; none names a pupil."""

from django.utils.translation import gettext as _

from schools.accounts.languages import in_language_of
from schools.charity.queries import current
from schools.core.nations import Scheme, scheme_of
from schools.core.periods import AcademicYear
from schools.core.words import long_day, time_range
from schools.directory.models import Contact
from schools.messages.wording import wording
from schools.visits.models import Session, Visit
from schools.visits.queries.parties import Party
from schools.visits.school_emails import closing_of

type Mail = tuple[str, str]
"""The subject and the text."""


def _mail(contact: Contact, subject: str, *parts: str) -> Mail:
    return subject, "\n\n".join([wording("shared.hello", {"name": contact.name}), *(part for part in parts if part)]) + "\n"


def _lines(party: Party) -> str:
    """Return the host and a line for each session; for a guest, that their pupils go there."""
    lines = "\n".join(f"- {_slot(session)}: {session.name}" for session in party.sessions)
    guests = wording("shared.guests", {"guest": party.school})
    return "\n\n".join([*([guests] if party.is_guest else []), f"{party.visit.school}\n{lines}"])


def _slot(session: Session) -> str:
    if session.until_day:
        return f"{long_day(session.day)} – {long_day(session.until_day)}"
    return f"{long_day(session.day)}, {time_range(session.starts, session.ends)}"


def _where(party: Party) -> dict[str, str]:
    return {"where": f"{party.visit.school}, {long_day(party.first_day)}", "charity": current().brand}


def mail_of_pack(party: Party) -> Mail:
    """Return what a school should know before the visit: what is taught, who comes, what is needed, what follows a disclosure."""
    with in_language_of(None):
        at = _where(party)
        scheme = Scheme(scheme_of(party.visit.school.nation)).label
        lead = party.visit.safeguarding_contact
        if lead:
            safe = wording("school-pack.if-a-child-tells", {"name": lead})
        else:
            safe = wording("school-pack.if-a-child-tells-and-nobody-is-named")
        return _mail(
            party.contact,
            wording("school-pack.subject", at),
            wording("school-pack.opening", at),
            _lines(party),
            wording("school-pack.what-is-taught"),
            wording("school-pack.who-comes", {"scheme": scheme}),
            wording("school-pack.what-we-need"),
            safe,
            closing_of(party.visit),
        )


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
            wording("school-week.opening"),
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


def mail_of_thanks(party: Party) -> Mail:
    """Return the thanks after a visit, with the school's own numbers and the five questions."""
    with in_language_of(None):
        at = _where(party)
        heading = wording("school-thanks.above-the-numbers")
        lines = "\n".join(f"- {session.name}: {_number(party.counted[session.pk])}" for session in party.sessions
                          if session.pk in party.counted)  # fmt: skip
        return _mail(
            party.contact,
            wording("school-thanks.subject", at),
            wording("school-thanks.opening", at),
            f"{heading}\n{lines}" if lines else "",
            _questions(),
            closing_of(party.visit),
        )


def _number(counted: int | None) -> str:
    return _("not counted") if counted is None else str(counted)


def _questions() -> str:
    heading = wording("questions.above-them")
    return "\n".join([heading, *(f"{number}. {wording(key)}" for number, key in enumerate(QUESTIONS, 1))])


def mail_of_thanks_again(party: Party) -> Mail:
    """Return the only chase of the five questions."""
    with in_language_of(None):
        at = _where(party)
        opening = wording("school-thanks-again.opening")
        subject = wording("school-thanks-again.subject", at)
        return _mail(party.contact, subject, opening, _lines(party), _questions(), wording("school-thanks-again.closing"))


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
