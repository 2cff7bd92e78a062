"""Move an authority to another area from a day on: say where and when, look at what moves with it, move it."""

from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Min, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect

from schools.accounts.models import User
from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.directory.actions import move_authority
from schools.directory.models import Area, AreaAuthority, Authority, School, SchoolQuerySet
from schools.directory.queries import area_holding, coordinators_in, holdings_in_order, next_holding
from schools.directory.rules import reasons_not_to_move_authority
from schools.office.frame import query_params
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today, visible_rows
from schools.office.registers.forms.authorities import MoveAuthorityForm
from schools.visits.models import Visit, VisitQuerySet

MOST_VISITS = 100


@dataclass(frozen=True)
class Preview:
    """What moves with the authority, as things stand."""

    leaving: Area | None
    area: Area
    from_day: date
    until: AreaAuthority | None
    """The holding that begins later and stays."""
    schools: SchoolQuerySet
    visits: VisitQuerySet
    lost: list[User]
    gained: list[User]
    stored_sessions_stay: bool
    """The day has passed: sessions delivered since then stay where they were."""


@allowed("change_areaauthority")
def move(request: SignedInRequest, authority_id: int) -> HttpResponse:
    """The form; with an area and a day, what would move; posted, it moves."""
    authority = get_object_or_404(visible_rows(Authority.objects.all(), request.user, on=today()), pk=authority_id)
    data = request.POST if request.method == "POST" else (request.GET or None)
    form = MoveAuthorityForm(data, authority=authority)
    if not form.is_valid():
        return _page(request, authority, form, show_errors=form.is_bound)
    area, from_day = form.cleaned_data["area"], form.cleaned_data["from_day"]
    if request.method != "POST":
        reasons = reasons_not_to_move_authority(authority, area, from_day=from_day)
        return _page(request, authority, form, reasons=reasons, preview=None if reasons else _preview(authority, area, from_day))
    leaving = Area.objects.filter(pk=query_params.row_id(request.POST.get("leaving")) or 0).first()
    try:
        move_authority(authority, area, from_day=from_day, leaving=leaving)
    except RuleBroken as broken:
        return _page(request, authority, form, reasons=broken.reasons)
    words = f"Moved from {leaving or 'no area'} to {area} from {from_day:%-d %B %Y} on."
    LogEntry.objects.log_actions(request.user.pk, [authority], CHANGE, change_message=words, single_object=True)
    messages.success(request, f"{authority}: {words} Next: tell its coordinators.")
    return redirect("admin:schools_authority_change", authority.pk)


def _preview(authority: Authority, area: Area, from_day: date) -> Preview:
    on = today()
    since = max(on, from_day)
    leaving = area_holding(authority, on=from_day)
    schools = School.objects.bookable().filter(authority=authority).order_by("name", "pk")
    visits = Visit.objects.filter(school__authority=authority).to_come(on=since).select_related("school", "coordinator")
    first = Min("sessions__day", filter=Q(sessions__day__gte=since, sessions__stage="scheduled"))
    before, after = ({user.pk: user for user in coordinators_in(one, on=since)} for one in (leaving, area))
    return Preview(
        leaving=leaving,
        area=area,
        from_day=from_day,
        until=next_holding(authority, after=from_day),
        schools=schools,
        visits=visits.annotate(first_day=first).order_by("first_day", "pk"),
        lost=[user for pk, user in before.items() if pk not in after],
        gained=[user for pk, user in after.items() if pk not in before],
        stored_sessions_stay=from_day <= on,
    )


def _page(
    request: SignedInRequest,
    authority: Authority,
    form: MoveAuthorityForm,
    *,
    reasons: list[str] | None = None,
    preview: Preview | None = None,
    show_errors: bool = False,
) -> HttpResponse:
    return page(
        request,
        "office/registers/move_authority.html",
        f"Move {authority} to another area",
        authority=authority,
        holdings="; ".join(holding.in_words for holding in holdings_in_order(authority)),
        form=form,
        reasons=reasons or [],
        wrong_forms=[form] if show_errors else [],
        preview=preview,
        schools=list(preview.schools) if preview else [],
        visits=list(preview.visits[:MOST_VISITS]) if preview else [],
        visits_count=preview.visits.count() if preview else 0,
    )
