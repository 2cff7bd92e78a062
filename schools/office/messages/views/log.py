"""The log of messages, searched and page by page, and the text of one message."""

from functools import reduce
from operator import and_
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from schools.accounts.models import User
from schools.accounts.requests import SignedInRequest
from schools.core.row_ids import row_id
from schools.directory.models import School
from schools.messages.kinds import kind_of
from schools.messages.masking import masked, text_to_show
from schools.messages.models import OutboxMessage, OutboxMessageQuerySet
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today
from schools.office.messages.forms import TO_DECIDE, LogForm
from schools.office.messages.log_lines import lines_of, shown_sms
from schools.office.messages.views.stopped import decide
from schools.visits.models import Visit
from schools.visits.queries.message_log import TEXTS_READ, about_school, about_visits, messages_seen_by, to_volunteers
from schools.volunteers.models import Volunteer

ON_A_PAGE = 50
LAST_PAGE = 1000
"""Whoever goes on so far is better served by the days."""


@allowed("view_visit")
def log(request: SignedInRequest) -> HttpResponse:
    """Show the messages that the user may see, the newest first; the form and the links of other pages narrow them."""
    on, form = today(), LogForm(request.GET)
    seen, about = _about(request)
    narrowed = form.narrowed(seen, schools=School.objects.for_user(request.user, on=on), now=timezone.now())
    number = min(max(row_id(request.GET.get("page")) or 1, 1), LAST_PAGE)
    first = (number - 1) * ON_A_PAGE
    # One more than are shown says whether there is another page; to count them all, the database would read every one.
    rows = list(
        narrowed.select_related("sms").defer("body", "attached").order_by("-created_at", "-pk")[first : first + ON_A_PAGE + 1]
    )
    rest = [(name, value) for name, value in request.GET.items() if name != "page" and value]
    return page(
        request,
        "office/messages/log.html",
        "Messages",
        form=form,
        about=about,
        lines=lines_of(rows[:ON_A_PAGE]),
        number=number,
        before=number - 1,
        after=number + 1 if len(rows) > ON_A_PAGE and number < LAST_PAGE else 0,
        query=urlencode(rest),
        is_narrowed=bool(rest),
        texts_read=TEXTS_READ if "subject" in form.chosen else 0,
        may_edit_texts=request.user.has_perm("schools.view_editedtext"),
        may_decide_at_once=form.chosen.get("state") == TO_DECIDE and request.user.has_perm("schools.change_outboxmessage"),
    )


def _about(request: SignedInRequest) -> tuple[OutboxMessageQuerySet, list[tuple[str, int, object]]]:
    """Return the messages about the visit, school or volunteer that the address names, and these; else all that the user sees.

    Raise Http404 for a row of others: whoever sees the row sees its messages.
    """
    on, user = today(), request.user
    about: list[tuple[str, int, object]] = []
    named: list[OutboxMessageQuerySet] = []
    if (pk := row_id(request.GET.get("of_visit"))) is not None:
        visit = get_object_or_404(Visit.objects.for_user(user, on=on).select_related("school"), pk=pk)
        named, about = [*named, about_visits([pk])], [*about, ("of_visit", pk, visit)]
    if (pk := row_id(request.GET.get("of_school"))) is not None:
        school = get_object_or_404(School.objects.for_user(user, on=on), pk=pk)
        named, about = [*named, about_school(school, user, on=on)], [*about, ("of_school", pk, school)]
    if (pk := row_id(request.GET.get("of_volunteer"))) is not None:
        volunteer = get_object_or_404(Volunteer.objects.for_user(user, on=on), pk=pk)
        named, about = [*named, to_volunteers([pk])], [*about, ("of_volunteer", pk, volunteer)]
    return reduce(and_, named) if named else messages_seen_by(user, on=on), about


@allowed("view_visit", posts={"again": "change_visit", "leave": "change_visit"})
def text(request: SignedInRequest, message_id: int) -> HttpResponse:
    """Show one message as it was sent, without the secrets in its links; `do` tries a stopped one again, or leaves it."""
    on = today()
    message = get_object_or_404(messages_seen_by(request.user, on=on).select_related("sms"), pk=message_id)
    if request.method == "POST":
        decide(request, message.pk)
        return redirect("admin:message", message.pk)
    [line] = lines_of([message])
    own = Visit.objects.for_user(request.user, on=on).filter(pk__in=[visit.pk for visit in line.parties.visits])
    kind = kind_of(message)
    return page(
        request,
        "office/messages/text.html",
        line.subject,
        line=line,
        when=kind.when if kind else "when somebody causes it",
        visits=own.select_related("school"),
        text=text_to_show(message),
        signers=_signers(message),
        error=masked(message.last_error),
        sms=shown_sms(message, now=timezone.now()),
        may_decide=request.user.has_perm("schools.change_visit") and OutboxMessage.objects.to_look_at().contains(message),
    )


def _signers(message: OutboxMessage) -> list[str]:
    """Return from whom its reader read that it was, by the names that they have now."""
    pairs = message.signed_by or []
    ids = {pk for pair in pairs for pk in pair if pk}
    names = {pk: str(user) for pk, user in User.objects.in_bulk(ids).items()} if ids else {}
    gone = "somebody who is no longer here"
    return [
        f"{names.get(own, gone)} for {names.get(other, gone)}, who was away" if other else names.get(own, gone)
        for own, other in pairs
    ]
