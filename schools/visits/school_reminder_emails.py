"""The words of what schools are sent before and after a visit, and when they asked for one; none names a pupil."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from schools.accounts.languages import in_language_of
from schools.charity.queries import current
from schools.core.nations import Scheme, scheme_of
from schools.core.periods import AcademicYear
from schools.core.words import long_day, time_range
from schools.directory.models import Contact
from schools.visits.models import Session, Visit
from schools.visits.queries.parties import Party
from schools.visits.school_emails import closing_of

type Mail = tuple[str, str]
"""The subject and the text."""


def _mail(contact: Contact, subject: str, *parts: str) -> Mail:
    return subject, "\n\n".join([_("Hello %(name)s,") % {"name": contact.name}, *(part for part in parts if part)]) + "\n"


def _lines(party: Party) -> str:
    """Return the host and a line for each session; for a guest, that their pupils go there."""
    lines = "\n".join(f"- {_slot(session)}: {session.name}" for session in party.sessions)
    guests = _("This is about pupils of %(guest)s, who are guests there.") % {"guest": party.school}
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
        checked = _("Everybody who comes is checked under %(scheme)s and trained before they may go to a school.")
        lead = party.visit.safeguarding_contact
        if lead:
            safe = _("If a child tells us something, we tell %(name)s at once, and you act as your own policy says.")
            safe %= {"name": lead}
        else:
            safe = _("If a child tells us something, we tell your safeguarding lead at once. Please write to us who that is.")
        return _mail(
            party.contact,
            _("Before our visit: %(where)s") % at,
            _("This is what you should know before %(charity)s comes:") % at,
            _lines(party),
            _("Children learn to recognise abuse and whom to tell. You are welcome to ask us for the plan of each session."),
            checked % {"scheme": scheme},
            _("Please tell parents beforehand, and have a member of staff in the room all the time. We need a screen and sound."),
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
        heading = _("These are the numbers that you gave us:")
        return _mail(
            party.contact,
            _("Has anything changed? %(where)s") % _where(party),
            _("We are coming soon. Please tell us if anything has changed since we agreed: the room, the times, the classes."),
            _lines(party),
            f"{heading}\n{numbers}" if numbers else "",
            closing_of(party.visit),
        )


def mail_of_day_before(party: Party) -> Mail:
    """Return the reminder of the last school day before the visit."""
    with in_language_of(None):
        at = _where(party)
        opening = _("This is to remind you that we are coming:")
        return _mail(party.contact, _("We are coming: %(where)s") % at, opening, _lines(party), closing_of(party.visit))


QUESTIONS = (
    gettext_noop("Was it right for the age of your pupils?"),
    gettext_noop("Did the people who came keep to what was agreed?"),
    gettext_noop("Did you know beforehand what your pupils would hear?"),
    gettext_noop("Do you feel surer about what to do when a child tells you something?"),
    gettext_noop("Would you have us again?"),
)
"""The five questions after a visit; each is answered with yes, partly or no."""


def mail_of_thanks(party: Party) -> Mail:
    """Return the thanks after a visit, with the school's own numbers and the five questions."""
    with in_language_of(None):
        at = _where(party)
        heading = _("These are your pupils whom we counted. Please tell us if a number is wrong:")
        lines = "\n".join(f"- {session.name}: {_number(party.counted[session.pk])}" for session in party.sessions
                          if session.pk in party.counted)  # fmt: skip
        return _mail(
            party.contact,
            _("Thank you: %(where)s") % at,
            _("Thank you for having had %(charity)s there.") % at,
            f"{heading}\n{lines}" if lines else "",
            _questions(),
            closing_of(party.visit),
        )


def _number(counted: int | None) -> str:
    return _("not counted") if counted is None else str(counted)


def _questions() -> str:
    heading = _("Five questions, which you can answer with yes, partly or no in a reply to this mail. Please name no child:")
    return "\n".join([heading, *(f"{number}. {_(words)}" for number, words in enumerate(QUESTIONS, 1))])


def mail_of_thanks_again(party: Party) -> Mail:
    """Return the only chase of the five questions."""
    with in_language_of(None):
        at = _where(party)
        opening = _("Some days ago we asked you how our visit was. If you have answered since, thank you: do nothing.")
        subject = _("How was our visit? %(where)s") % at
        return _mail(party.contact, subject, opening, _lines(party), _questions(), _("We shall not ask again."))


def mail_of_request(visit: Visit, contact: Contact) -> Mail:
    """Return the answer to a school that asked for a visit."""
    with in_language_of(None):
        month = visit.preferred_month
        at = {"school": visit.school, "charity": current().brand, "month": f"{month:%m/%Y}" if month else ""}
        when = _("You asked for %(month)s.") % at if month else ""
        return _mail(
            contact,
            _("You asked for a visit: %(school)s") % at,
            _("%(charity)s has received that you would like a visit at %(school)s.") % at,
            when,
            _("Nothing is agreed yet. We shall write or ring to find a day that suits you."),
            closing_of(visit),
        )


def mail_of_dates(visit: Visit, contact: Contact, dates: str) -> Mail:
    """Return the dates that were offered to a school, as somebody noted them."""
    with in_language_of(None):
        at = {"school": visit.school, "dates": dates}
        return _mail(
            contact,
            _("Dates for our visit: %(school)s") % at,
            _("As we said, we could come on one of these: %(dates)s") % at,
            _("Please tell us which suits you, or which others would. Nothing is agreed until then."),
            closing_of(visit),
        )


def mail_of_agreement(party: Party) -> Mail:
    """Return the question whether the school agrees to the programme in the academic year of its sessions."""
    with in_language_of(None):
        at = {"school": party.school, "year": AcademicYear.of(party.first_day)}
        return _mail(
            party.contact,
            _("Your agreement for %(year)s: %(school)s") % at,
            _("Once a school year we ask every school whose pupils we meet to agree to it. This is what we have planned:"),
            _lines(party),
            _("Please reply that you agree, and say in which role you do, such as head teacher."),
            closing_of(party.visit),
        )
