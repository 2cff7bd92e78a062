"""Data quality: what looks wrong in a school year, and the confirmation that it is right."""

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.batched_queries import Question, ask_together
from schools.core.errors import RuleBroken
from schools.core.periods import AcademicYear
from schools.core.snapshot import snapshot
from schools.directory.models import Area, School
from schools.office.frame.lane import heavy
from schools.office.frame.pages import allowed, page
from schools.office.frame.undo_bars import CHANGED, say_with_undo
from schools.office.frame.visibility import today
from schools.office.reach.forms.doubts import ConfirmForm
from schools.office.reach.forms.pictures import PicturesForm
from schools.office.reach.views.tables import tabs
from schools.reach import actions
from schools.reach.models import DoubtKind
from schools.reach.queries.doubt_lines import Doubt
from schools.reach.queries.doubts import doubts
from schools.visits.models import Session

ON_A_PAGE = 50


@allowed("view_confirmed", posts={"confirm": "add_confirmed", "doubt": "add_confirmed"})
@heavy(posts=True)
def listed(request: SignedInRequest) -> HttpResponse:
    """Show what looks wrong in a year in the user's areas; what is confirmed is shown apart."""
    user, on = request.user, today()
    own = None if user.is_manager else Area.objects.coordinated_by(user, on=on)
    doubts_found: list[Doubt] | None = None
    # As of one moment, so that the areas are read once for both; what is posted is stored after it.
    with snapshot():
        form = PicturesForm(request.GET, this_year=AcademicYear.of(on), areas=own)
        if form.is_valid():
            area = form.cleaned_data["area"]
            doubts_found = doubts(form.cleaned_data["year"], as_of=on, areas=Area.objects.filter(pk=area.pk) if area else own)
    context: dict[str, Any] = {"form": form, **tabs(request)}
    if doubts_found is not None:
        if request.method == "POST" and (done := _confirm_or_withdraw(request, doubts_found, context)):
            return done
        context |= _context(request, form, doubts_found)
    elif request.method == "POST":
        raise Http404
    return page(request, "office/reach/doubts.html", "Data quality", **context)


def _confirm_or_withdraw(request: SignedInRequest, doubts_found: list[Doubt], context: dict[str, Any]) -> HttpResponse | None:
    """Confirm one of the doubts, or take a confirmation back; return None where the page is shown again with errors."""
    data = request.POST
    doubt = next((each for each in doubts_found if (each.kind, each.subject) == (data.get("kind"), data.get("subject"))), None)
    if doubt is None or not _is_as_read(doubt, data):
        messages.warning(request, CHANGED)
    elif data["do"] == "doubt":
        _withdraw(request, doubt)
    elif reasons := _confirm(request, doubt):
        context |= {"reasons": reasons, "wrong": doubt}
        return None
    return redirect(request.get_full_path())


def _is_as_read(doubt: Doubt, data: QueryDict) -> bool:
    """Return whether the doubt is as the page showed it: not confirmed, or confirmed by whoever stands there."""
    if data["do"] == "confirm":
        return not doubt.confirmed and doubt.digest == data.get("digest")
    return doubt.confirmed is not None and doubt.confirmed.mark == data.get("confirmed")


def _withdraw(request: SignedInRequest, doubt: Doubt) -> None:
    """Take the confirmation back that the page showed."""
    words, confirmed = "It is asked about again.", doubt.confirmed
    if confirmed is None or not actions.withdraw_confirmation(confirmed):
        messages.warning(request, CHANGED)
    # Nobody vouches unasked for what another has written.
    elif confirmed.by_id == request.user.pk:
        again = {"do": "confirm", "digest": doubt.digest, "reason": confirmed.reason}
        say_with_undo(request, words, {**again, "kind": doubt.kind, "subject": doubt.subject})
    else:
        messages.success(request, words)


def _confirm(request: SignedInRequest, doubt: Doubt) -> list[str]:
    """Confirm that it is right; return the reasons why that cannot be."""
    form = ConfirmForm(request.POST)
    if form.is_valid():
        try:
            row = actions.confirm(doubt, reason=form.cleaned_data["reason"], by=request.user, now=timezone.now())
        except RuleBroken as broken:
            form.add_error("reason", broken)
        else:
            words = "Confirmed. It is asked about again once what is behind it changes."
            back = {"do": "doubt", "kind": doubt.kind, "subject": doubt.subject, "confirmed": row.mark}
            say_with_undo(request, words, back)
    return [str(reason) for errors in form.errors.values() for reason in errors]


def _context(request: SignedInRequest, form: PicturesForm, doubts_found: list[Doubt]) -> dict[str, Any]:
    shows_confirmed = request.GET.get("show") == "confirmed"
    kind = request.GET.get("kind", "")
    of_state = [doubt for doubt in doubts_found if bool(doubt.confirmed) == shows_confirmed]
    chosen = [doubt for doubt in of_state if not kind or doubt.kind == kind]
    pages = Paginator(chosen, ON_A_PAGE).get_page(request.GET.get("page"))
    here = list(pages)
    user, on = request.user, today()
    sessions = Session.objects.for_user(user, on=on).filter(pk__in={doubt.session for doubt in here if doubt.session})
    schools = School.objects.for_user(user, on=on).filter(pk__in={doubt.school_id for doubt in here if doubt.school_id})
    of_sessions, of_schools = ask_together(Question(sessions, ["pk"]), Question(schools, ["pk"]))
    rest = f"year={form.data['year']}&area={form.data.get('area', '')}"
    return {
        "groups": [(DoubtKind(of).label, list(some)) for of, some in groupby(here, key=lambda doubt: doubt.kind)],
        "kinds": [(each, sum(doubt.kind == each for doubt in of_state)) for each in DoubtKind],
        "kind": kind,
        "shows_confirmed": shows_confirmed,
        "number": len(chosen),
        "open_number": sum(not doubt.confirmed for doubt in doubts_found),
        "confirmed_number": sum(bool(doubt.confirmed) for doubt in doubts_found),
        "pages": pages,
        "rest": rest,
        "query": f"{rest}&kind={kind}&show={'confirmed' if shows_confirmed else ''}",
        "sessions": {pk for (pk,) in of_sessions},
        "schools": {pk for (pk,) in of_schools},
        "may_confirm": user.has_perm("schools.add_confirmed"),
    }
