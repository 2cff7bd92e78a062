"""The page of the week board. What is done with a morning is done where it opens: the rooms of sessions and bookings do that."""

from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.urls import reverse

from schools.accounts.requests import SignedInRequest
from schools.core.row_ids import row_id
from schools.directory.models import Area
from schools.office.calendar.board import board_of
from schools.office.calendar.forms import WEEK, Span, WeekForm
from schools.office.frame.pages import allowed, page
from schools.office.frame.undo_bars import undo_bar
from schools.office.frame.visibility import today


@allowed("view_session")
def week(request: SignedInRequest) -> HttpResponse:
    """Show a week's mornings by area and day; one that can still change opens in its place, without scripts as a page."""
    areas = list(Area.objects.for_user(request.user, on=today()).select_related("region"))
    choices = request.GET.copy()
    choices.setdefault("day", today().isoformat())
    form = WeekForm(choices, areas=areas)
    span, area = form.chosen_span(on=today()), form.chosen_area
    if area is None and row_id(request.GET.get("area")) is not None:
        raise Http404

    here = f"{reverse('admin:week-board')}{_address(span, area)}"
    return page(
        request,
        "office/calendar/week.html",
        "Week board",
        form=form,
        span=span,
        area=area,
        board=board_of(request.user, span, areas=areas, area=area, on=today()),
        has_areas=len(areas) > 1,
        is_over=span.last < today(),
        before=_address(span.previous, area),
        after=_address(span.following, area),
        now=_address(Span(WEEK, today()), area),
        calendar=f"{reverse('admin:calendar')}{_address(span, area)}&view={WEEK}",
        # Where one is led back to after something was done with a morning.
        here=here,
        **undo_bar(request),
    )


def _address(span: Span, area: Area | None) -> str:
    """Return the query of the address of a week; its Monday says which."""
    return "?" + urlencode({"day": span.first.isoformat()} | ({"area": area.pk} if area else {}))
