"""The mail by which somebody confirms that they asked for a visit.

Anybody can have it sent to any address, so nothing stands in it that whoever asked has typed: it carries nobody's words.
"""

from django.utils import timezone
from django.utils.translation import gettext as _

from schools.charity.queries import current
from schools.core.words import long_day
from schools.messages.actions import put
from schools.messages.links import Link
from schools.visits.models import VisitRequest
from schools.visits.request_links import HOLDS, PAGE, token_of_request

TO_CONFIRM = "ask-for-visit"
"""How the keys begin; the number of the request follows."""


def ask_to_confirm(request: VisitRequest) -> None:
    """Send the link, in the language of the page on which the visit was asked for."""
    charity, until = current().brand, request.asked_at + HOLDS
    school = str(request.school) if request.school else _("your school")
    subject = _("Please confirm: a visit of %(charity)s") % {"charity": charity}
    opening = _("Somebody, probably you, asked on our page for a visit of %(charity)s to %(school)s.") % {
        "charity": charity, "school": school,
    }  # fmt: skip
    ask = _("Open this page, look at what was asked, and press the button. Before that nobody reads it.")
    closing = _("The link works until %(day)s. If it was not you, do nothing.") % {"day": long_day(timezone.localdate(until))}
    link = Link.to(PAGE, token_of_request(request), words=_("Look at what was asked"))
    body = "\n\n".join([_("Hello,"), opening, ask, link.text, closing]) + "\n"
    put(f"{TO_CONFIRM}:{request.pk}", to=request.email, subject=subject, body=body, expires_at=until)
