"""Likely feeders: infant schools that probably feed a junior school; each is accepted or refused, and either is taken back."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.row_ids import row_id
from schools.directory.models import School, SchoolLink
from schools.office.frame.pages import allowed, page
from schools.office.frame.undo_bars import CHANGED
from schools.office.frame.visibility import today
from schools.office.reach.views.tables import tabs
from schools.reach import actions
from schools.reach.models import Confirmed
from schools.reach.queries.feeders import Proposal, decided_of, mark_of, proposal, proposals, with_effects

ON_A_PAGE = 25
ACCEPTED, REFUSED = "accepted", "refused"


@allowed(
    "view_confirmed",
    posts={"accept": "add_schoollink", "refuse": "add_confirmed", "undo": "delete_schoollink"},
)
def listed(request: SignedInRequest) -> HttpResponse:
    """Show likely feeders of the user's junior schools; `do` accepts or refuses one, or takes back what was decided."""
    if request.method == "POST":
        return _decide(request)
    user, on = request.user, today()
    every = proposals(user, on=on)
    pages = Paginator(every, ON_A_PAGE).get_page(request.GET.get("page"))
    here = with_effects(list(pages), on=on)
    schools = School.objects.select_related("authority").in_bulk([pk for pair in here for pk in (pair.infant, pair.junior)])
    return page(
        request,
        "office/reach/feeders.html",
        "Likely feeders",
        lines=[{"proposal": pair, "infant": schools[pair.infant], "junior": schools[pair.junior]} for pair in here],
        number=len(every),
        pages=pages,
        query="",
        decided=_decided(request),
        may_decide=user.has_perm("schools.add_schoollink"),
        **tabs(request),
    )


def _decide(request: SignedInRequest) -> HttpResponse:
    subject = request.POST.get("pair", "")
    if request.POST["do"] == "undo":
        return _take_back(request, subject)
    pair = proposal(request.user, subject, on=today())
    if pair is None:
        messages.warning(request, CHANGED)
        return redirect("admin:feeders")
    who: dict[str, Any] = {"by": request.user, "now": timezone.localtime()}
    try:
        if request.POST["do"] == "accept":
            return _redirect(pair, ACCEPTED, actions.accept_feeder(pair, **who))
        return _redirect(pair, REFUSED, actions.refuse_feeder(pair, **who))
    except RuleBroken as broken:
        messages.error(request, " ".join(broken.reasons))
        return redirect("admin:feeders")


def _redirect(pair: Proposal, decision: str, decided: SchoolLink | Confirmed) -> HttpResponse:
    return redirect(f"{reverse('admin:feeders')}?{decision}={pair.subject}&mark={mark_of(decided)}")


def _take_back(request: SignedInRequest, subject: str) -> HttpResponse:
    schools = _both(request, subject)
    mark = request.POST.get("mark", "")
    if schools and actions.take_feeder_back(*schools, mark=mark, by=request.user, now=timezone.localtime()):
        messages.success(request, f"Taken back: {schools[0]} and {schools[1]} are proposed again.")
    else:
        is_open = proposal(request.user, subject, on=today()) is not None
        messages.warning(request, "It is taken back already." if is_open else CHANGED)
    return redirect("admin:feeders")


def _both(request: SignedInRequest, subject: str) -> tuple[School, School] | None:
    """Return the infant and the junior school that the text names; None where the junior school is not one of the user's."""
    infant, _, junior = subject.partition(":")
    mine = School.objects.for_user(request.user, on=today()).filter(pk=row_id(junior) or 0).first()
    other = School.objects.filter(pk=row_id(infant) or 0).first()
    return (other, mine) if mine and other else None


def _decided(request: SignedInRequest) -> dict[str, Any] | None:
    """Return what was just decided and can be taken back; None where the address names nothing of the kind."""
    for decision in (ACCEPTED, REFUSED):
        subject = request.GET.get(decision, "")
        schools = _both(request, subject) if subject else None
        mark = request.GET.get("mark", "")
        if schools and (decided := decided_of(*schools, mark=mark)):
            infant, junior = schools
            words = f"{infant} {'feeds' if isinstance(decided, SchoolLink) else 'does not feed'} {junior}"
            return {"words": words, "pair": f"{infant.pk}:{junior.pk}", "mark": mark}
    return None
