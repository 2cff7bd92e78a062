"""Returns: the list, signing one off, reading one with its restatements, closing it, its files."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_POST

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.periods import AcademicYear, Period
from schools.directory.models import Area
from schools.office.frame.lane import heavy
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today
from schools.office.reach.drilldown import Reader
from schools.office.reach.forms.returns import SignOffForm
from schools.office.reach.views.publications import ZIP
from schools.office.reach.views.tables import CSV, download, tabs
from schools.reach import actions
from schools.reach.actions.returns import differences, known_figures
from schools.reach.bundles import zipped
from schools.reach.figures import BY_NAME, FIGURES, Reads
from schools.reach.models import Return
from schools.reach.returns import total_of


@allowed("read_reach")
def returns(request: SignedInRequest) -> HttpResponse:
    """Show the returns of the user's areas, and the form that signs one off."""
    user, on = request.user, today()
    may_sign_off = user.has_perm("schools.sign_off_return")
    posted = request.POST if request.method == "POST" and may_sign_off else None
    form = SignOffForm(
        posted,
        areas=Area.objects.for_user(user, on=on) if may_sign_off else Area.objects.none(),
        last_year=AcademicYear(AcademicYear.of(on).start - 1),
    )
    if request.method == "POST" and not may_sign_off:
        raise PermissionDenied
    if form.is_valid():
        try:
            signed = actions.sign_off(form.cleaned_data["area"], form.cleaned_data["period"], by=user, now=timezone.now())
        except RuleBroken as broken:
            form.add_error(None, broken)
        else:
            messages.success(request, "Signed off. A manager closes it.")
            return redirect("admin:return-detail", signed.pk)
    rows = Return.objects.for_user(user, on=on).select_related("signed_off_by", "closed_by")
    counted = rows.defer("evidence").annotate(restated=Count("restatements")).order_by("-last_day", "area_name", "pk")
    return page(
        request,
        "office/reach/returns.html",
        "Returns",
        **tabs(request),
        form=form,
        wrong_forms=[form] if form.is_bound and form.errors else [],
        may_sign_off=may_sign_off,
        returns=counted,
    )


def _own(request: SignedInRequest, return_id: int) -> Return:
    rows = Return.objects.for_user(request.user, on=today()).select_related("area", "signed_off_by", "closed_by")
    return get_object_or_404(rows, pk=return_id)


@allowed("read_reach")
def detail(request: SignedInRequest, return_id: int) -> HttpResponse:
    """Show a return as it was signed off, and what was restated since."""
    return _page(request, _own(request, return_id), reasons=[])


@allowed("close_return")
@require_POST
def close(request: SignedInRequest, return_id: int) -> HttpResponse:
    """Close the return, which locks the sessions behind it."""
    signed = _own(request, return_id)
    try:
        actions.close(signed, by=request.user, now=timezone.now(), seen=request.POST.get("seen", ""))
    except RuleBroken as broken:
        # Read anew: what was signed off meanwhile is what they must see before they press again.
        return _page(request, _own(request, return_id), reasons=broken.reasons)
    messages.success(request, "Closed. Outcomes behind it change by restatement alone.")
    return redirect("admin:return-detail", signed.pk)


@allowed("sign_off_return")
def sign_off_again(request: SignedInRequest, return_id: int) -> HttpResponse:
    """Sign off the figures as they are now, while the return is open."""
    signed = _own(request, return_id)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    period = Period(signed.first_day, signed.last_day, signed.period)
    try:
        actions.sign_off(signed.area, period, by=request.user, now=timezone.now())
    except RuleBroken as broken:
        return _page(request, signed, reasons=broken.reasons)
    messages.success(request, "Signed off as it is now.")
    return redirect("admin:return-detail", signed.pk)


@allowed("read_reach")
@heavy()
def figures_csv(request: SignedInRequest, return_id: int) -> HttpResponseBase:
    """Send the figures as they were signed off."""
    signed = _own(request, return_id)
    return download(actions.figures_file(signed), _file_name(signed, "reach"), CSV)


@allowed("read_reach")
@heavy()
def sessions_csv(request: SignedInRequest, return_id: int) -> HttpResponseBase:
    """Send the sessions behind the figures, as they were."""
    signed = _own(request, return_id)
    return download(actions.sessions_file(signed), _file_name(signed, "sessions"), CSV)


@allowed("read_reach")
@heavy()
def bundle_zip(request: SignedInRequest, return_id: int) -> HttpResponse:
    """Send a closed return as one folder: figures, lines, schools, how they were made, and what checks them."""
    signed = _own(request, return_id)
    if not signed.is_closed:
        answer = _page(request, signed, reasons=["This return is open and may change. It can be taken away once it is closed."])
        answer.status_code = HTTPStatus.CONFLICT
        return answer
    folder = _file_name(signed, "bundle").removesuffix(".csv")
    content = zipped(actions.bundle_of(signed), folder)
    return HttpResponse(content, content_type=ZIP, headers={"Content-Disposition": f'attachment; filename="{folder}.zip"'})


def _file_name(signed: Return, of: str) -> str:
    parts = ("return", slugify(signed.area_name), signed.period.replace("/", "-"), of, f"definitions-{signed.definitions}")
    return f"{'_'.join(parts)}.csv"


def _page(request: SignedInRequest, signed: Return, *, reasons: list[str]) -> HttpResponse:
    restatements = list(signed.restatements.select_related("session__type", "session__visit__school", "by"))
    drifts = list(signed.drifts.select_related("by"))
    known = actions.figures_now(signed) if signed.is_closed else total_of(signed.figures)
    user = request.user
    return page(
        request,
        "office/reach/return.html",
        f"Return of {signed.area_name}, {signed.period}",
        signed=signed,
        reasons=reasons,
        lines=_lines(signed, known),
        drifts=[(drift, _with_headings(drift.figures)) for drift in drifts],
        is_unexplained=signed.is_closed and bool(differences(known_figures(signed), known)),
        restatements=[(restatement, _with_headings(restatement.figures)) for restatement in restatements],
        may_close=not signed.is_closed and user.has_perm("schools.close_return"),
        may_sign_off=not signed.is_closed and user.has_perm("schools.sign_off_return"),
        open_sessions=Reader(user, today()).sessions({restatement.session_id for restatement in restatements}),
        sessions=signed.rows.values("session").distinct().count(),
    )


def _with_headings(figures: list[list[str]]) -> list[tuple[str, str, str]]:
    return [(_heading(column), _shown(column, old), _shown(column, new)) for column, old, new in figures]


def _heading(column: str) -> str:
    """Return the heading of a kept column; its name where the figure no longer exists."""
    return BY_NAME[column].heading if column in BY_NAME else column


def _shown(column: str, text: str | None) -> str:
    """Return a kept figure as people read it; a dash where it was not known."""
    if not text:
        return "–"
    if text.isdecimal():
        return f"{int(text):,}"
    is_percent = column in BY_NAME and BY_NAME[column].reads is Reads.PERCENT
    return f"{text} %" if is_percent else text


def _lines(signed: Return, known: dict[str, str]) -> list[dict[str, Any]]:
    """Return each figure of the whole area as it was signed off, and as it is known today where that differs."""
    total = total_of(signed.figures)
    return [
        {
            "heading": column.heading,
            "definition": column.definition,
            "value": _shown(column.name, total.get(column.name)),
            "today": _shown(column.name, known[column.name]) if known.get(column.name) != total.get(column.name) else "",
        }
        for column in FIGURES
    ]
