"""Pictures of reach, each beside its table; and cold spots: where children were never reached."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.periods import AcademicYear
from schools.directory.models import Area, School
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today
from schools.office.reach.forms.pictures import PicturesForm
from schools.office.reach.views.tables import own_areas, tabs
from schools.reach import pictures
from schools.reach.queries import a_year_before, figures_alone, reach
from schools.reach.queries.children import ColdSpots, cold_spots, pupils_by_class
from schools.reach.queries.coverage import coverage
from schools.reach.rows import Cut, percent

SCHOOLS_ON_A_PAGE = 50


@allowed("read_reach")
def drawn(request: SignedInRequest) -> HttpResponse:
    """Reach by area and by month, the coverage map and the cohort strip of a year and of an area, or all."""
    form, areas = _asked(request)
    context: dict[str, Any] = {"form": form, **tabs(request)}
    if form.is_valid():
        context["pictures"] = _pictures(form.cleaned_data["year"], areas)
    return page(request, "office/reach/pictures.html", "Pictures of reach", **context)


def _pictures(year: AcademicYear, areas: Any) -> list[pictures.Picture]:
    on, period = today(), year.period
    before = AcademicYear(year.start - 1).period
    same_days = a_year_before(period, as_of=on)
    now = reach(period, by=Cut.AREA, as_of=on, areas=areas)
    then = figures_alone(same_days, by=Cut.AREA, as_of=on, areas=areas)
    pupils = {cell: figures.pupils_reached for cell, figures in then.items()}
    months, months_before = (
        {month: figures.attendances for month, figures in figures_alone(one, by=Cut.MONTH, as_of=on, areas=areas).items()}
        for one in (period, before)
    )
    found = (
        pictures.by_place(now, pupils, lambda row: row.area or "No area"),
        pictures.by_month(year, months, months_before, as_of=on, same_days=then["total"].attendances),
        pictures.coverage_map(coverage(year, as_of=on, areas=areas)),
        pictures.cohort_strip(year, pupils_by_class(year, as_of=on, areas=areas)),
    )
    return [one for one in found if one]


@allowed("read_reach")
def cold(request: SignedInRequest) -> HttpResponse:
    """Areas and schools by children who were in no session in all their years at school."""
    form, areas = _asked(request)
    context: dict[str, Any] = {"form": form, **tabs(request)}
    if form.is_valid():
        found = cold_spots(form.cleaned_data["year"], as_of=today(), areas=areas)
        context |= _cold_context(request, form, found)
    return page(request, "office/reach/cold_spots.html", "Cold spots", **context)


def _cold_context(request: SignedInRequest, form: PicturesForm, found: ColdSpots) -> dict[str, Any]:
    pages = Paginator(found.schools, SCHOOLS_ON_A_PAGE).get_page(request.GET.get("page"))
    names: dict[int | None, str] = dict(Area.objects.values_list("pk", "name"))
    here = list(pages)
    schools = School.objects.in_bulk([one.school for one in here])
    may_open: set[int] = set()
    if request.user.has_perm("schools.view_school"):
        may_open = set(School.objects.for_user(request.user, on=today()).filter(pk__in=schools).values_list("pk", flat=True))
    roll, never = sum(one.roll for one in found.schools), sum(one.never for one in found.schools)
    return {
        "areas": [
            {"name": names.get(area, "No area"), "never": lost, "roll": of, "percent": percent(lost, of), "schools": number}
            for area, lost, of, number in found.by_area()
        ],
        "lines": [
            {
                "school": schools[one.school],
                "may_open": one.school in may_open,
                "area": names.get(one.area, "No area"),
                "cold": one,
                "percent": percent(one.never, one.roll),
            }
            for one in here
        ],
        "pages": pages,
        "number": len(found.schools),
        "without_roll": found.without_roll,
        "total": {"roll": roll, "never": never, "percent": percent(never, roll)},
        "query": f"year={form.data['year']}&area={form.data.get('area', '')}",
        "as_of": timezone.localdate(),
    }


def _asked(request: SignedInRequest) -> tuple[PicturesForm, Any]:
    """The form, and the areas that it asks for; None: all."""
    own = own_areas(request)
    choices = Area.objects.select_related("region") if own is None else own
    form = PicturesForm(request.GET, this_year=AcademicYear.of(today()), areas=choices)
    if form.is_valid() and form.cleaned_data["area"]:
        return form, Area.objects.filter(pk=form.cleaned_data["area"].pk)
    return form, own
