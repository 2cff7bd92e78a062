"""The wish to be asked when a visit is due again, on the page of a visit: of whoever has the link, and of nobody else."""

from collections.abc import Mapping
from datetime import datetime

from django import forms
from django.utils.translation import gettext_lazy

from schools.directory.models import Contact
from schools.planning.opting_out import set_question
from schools.school_portal.forms import GivenForm
from schools.school_portal.queries import Opened, VisitPage
from schools.visits.actions.school_answers import Giver


class InvitationsForm(GivenForm):
    """One box, which begins as it stands; it needs no name, since it is about the person to whom the link belongs."""

    do = "invitations"

    given_by = None  # type: ignore[assignment]  # so Django takes a box out of a form
    wants = forms.BooleanField(
        required=False,
        label=gettext_lazy("Ask me when a visit to my school is due again"),
        help_text=gettext_lazy("One mail in a school year at most for each school. You can end them by a link in each of them."),
    )

    def __init__(self, data: Mapping[str, str] | None, *, contact: Contact) -> None:
        super().__init__(data)
        self.fields["wants"].initial = contact.wants_invitations


def contact_to_ask(page: VisitPage) -> Contact | None:
    """Return whose wish the page shows; None: nobody’s, as of a visit that is off or over, or on its day."""
    contact = page.link.access.contact
    is_time = page.state in {"open", "agreed", "held"} and not page.is_today
    return contact if is_time and contact is not None and contact.email else None


def store_wish(form: InvitationsForm, link: Opened, giver: Giver, *, now: datetime) -> None:
    """Store whether the person of the link wants to be asked; sent twice, it is the same."""
    if link.access.contact is not None:
        set_question(link.access.contact.pk, is_wanted=form.cleaned_data["wants"])
