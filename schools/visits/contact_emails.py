"""The two mails of somebody at a school who names another: that one confirms it by a link, and the one before is told.

The first can be sent to any address, so nothing stands in it that somebody typed. The second goes to whom we write to already, as
a message of a kind (schools/visits/contact_kinds.py).
"""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from schools.accounts.languages import in_language_of
from schools.charity.queries import current
from schools.core.words import long_day
from schools.directory.models import Contact
from schools.messages.actions import put
from schools.messages.direct import Direct
from schools.messages.kinds import Mail
from schools.messages.links import Link
from schools.messages.models import OutboxMessage
from schools.messages.wording import wording
from schools.visits.fingerprints import fingerprint
from schools.visits.keeping import forget_visits, keep_on_log
from schools.visits.models import AnswerState, SchoolAnswer, Visit
from schools.visits.new_contacts import HOLDS, PAGE, NewContact, token_of_new_contact
from schools.visits.rules.new_contacts import reasons_not_to_confirm_contact

NEW_CONTACT = "school-contact-new"
"""How the keys of the first begin; the number of the answer follows."""


def ask_new_contact(answer: SchoolAnswer, visit: Visit) -> None:
    """Mail the link to whoever the answer names, in the language of the page on which they were named; the visit’s log has it."""
    facts = {"school": visit.school, "charity": current().brand, "day": long_day(timezone.localdate(answer.at + HOLDS))}
    parts = [
        _("Hello,"),
        _("Somebody at %(school)s says that you look after the visit of %(charity)s there from now on.") % facts,
        _("Open this page and press the button: from then on our mails about it go to you, with all that there is to prepare."),
        Link.to(PAGE, token_of_new_contact(answer), words=_("Confirm that it is you")).text,
        _("The link works until %(day)s. If it is not you, do nothing: then nothing changes.") % facts,
    ]
    subject = _("Please confirm: a visit of %(charity)s to %(school)s") % facts
    message = put(
        f"{NEW_CONTACT}:{answer.pk}:{fingerprint(answer.words, answer.at.isoformat())}",
        to=NewContact.of(answer.words).email,
        subject=subject,
        body=_text(parts),
        expires_at=answer.at + HOLDS,
    )
    keep_on_log(message, visit.pk)


def _can_be_confirmed(message: OutboxMessage, now: datetime) -> bool:
    """Whether whoever was asked can still confirm that they look after the visit: it stands, and nobody ended the link."""
    number = int(message.key.split(":")[1])
    answer = SchoolAnswer.objects.select_related("visit", "access__contact").filter(pk=number, state=AnswerState.OPEN).first()
    return answer is not None and not reasons_not_to_confirm_contact(
        answer, answer.visit, list(answer.visit.sessions.select_related("type")), now=now
    )


OF_NEW_CONTACT = Direct(_can_be_confirmed, forget_visits)


def mail_to_contact_before(answer: SchoolAnswer, reader: Contact) -> Mail:
    """Return what somebody reads in whose place another was named, so that nobody is left out without knowing it."""
    name = "from-now-on" if answer.state == AnswerState.TAKEN else "until-they-confirm"
    facts = {"school": answer.visit.school, "who": answer.given_by, "name": NewContact.of(answer.words).name}
    with in_language_of(None):
        parts = [
            wording("shared.hello", {"name": reader.name}),
            wording("school-contact-before.opening", facts),
            wording(f"school-contact-before.{name}"),
            wording("school-contact-before.closing", {"reference": answer.visit.reference}),
        ]
        return wording("school-contact-before.subject", {"school": answer.visit.school}), _text(parts)


def _text(parts: list[str]) -> str:
    return "\n\n".join(parts) + "\n"
