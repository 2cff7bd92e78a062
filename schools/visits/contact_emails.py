"""The two mails of somebody at a school who names another: that one confirms it by a link, and the one before is told.

The first can be sent to any address, so nothing stands in it that somebody typed. The second goes to whom we write to already.
"""

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from schools.charity.queries import current
from schools.core.words import long_day
from schools.directory.models import Contact
from schools.messages.actions import put
from schools.visits.fingerprints import fingerprint
from schools.visits.models import SchoolAnswer, Visit
from schools.visits.new_contacts import HOLDS, PAGE, NewContact, token_of_new_contact

NEW_CONTACT, CONTACT_BEFORE = "school-contact-new", "school-contact-before"
"""How the keys of the two begin; the number of the answer follows."""


def ask_new_contact(answer: SchoolAnswer, visit: Visit) -> None:
    """Mail the link to whoever the answer names, in the language of the page on which they were named."""
    facts = {"school": visit.school, "charity": current().brand, "day": long_day(timezone.localdate(answer.at + HOLDS))}
    parts = [
        _("Hello,"),
        _("Somebody at %(school)s says that you look after the visit of %(charity)s there from now on.") % facts,
        _("Open this page and press the button: from then on our mails about it go to you, with all that there is to prepare."),
        f"{settings.SPEAKOUT_ADDRESS}{reverse(PAGE, args=[token_of_new_contact(answer)])}",
        _("The link works until %(day)s. If it is not you, do nothing: then nothing changes.") % facts,
    ]
    subject = _("Please confirm: a visit of %(charity)s to %(school)s") % facts
    put(
        _key(NEW_CONTACT, answer),
        to=NewContact.of(answer.words).email,
        subject=subject,
        body=_text(parts),
        expires_at=answer.at + HOLDS,
    )


def tell_contact_before(answer: SchoolAnswer, visit: Visit, before: Contact) -> None:
    """Tell whom we write to so far that somebody else was named, so that nobody is left out without knowing it."""
    person = NewContact.of(answer.words)
    facts = {"school": visit.school, "who": answer.given_by, "name": person.name, "reference": visit.reference}
    parts = [
        _("Hello %(name)s,") % {"name": before.name},
        _("%(who)s says that %(name)s looks after our visit to %(school)s from now on.") % facts,
        _("Until they have confirmed it, our mails about it go to you; after that, to them."),
        _("If that is wrong, reply to this mail or phone us. The visit has the number %(reference)s.") % facts,
    ]
    subject = _("Somebody else is to look after our visit to %(school)s") % facts
    put(_key(CONTACT_BEFORE, answer), to=before.email, subject=subject, body=_text(parts))


def _key(beginning: str, answer: SchoolAnswer) -> str:
    return f"{beginning}:{answer.pk}:{fingerprint(answer.words, answer.at.isoformat())}"


def _text(parts: list[str]) -> str:
    return "\n\n".join(parts) + "\n"
