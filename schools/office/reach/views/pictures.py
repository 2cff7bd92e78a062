"""Pictures of reach, each beside its table; and cold spots, where children were never reached."""

from collections.abc import Hashable, Sequence
from functools import partial
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.nations import Nation
from schools.core.periods import AcademicYear
from schools.core.snapshot import snapshot
from schools.directory.models import Area, School
from schools.directory.queries import named_areas
from schools.office.frame.lane import heavy
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today
from schools.office.reach.columns import names_apart
from schools.office.reach.forms.pictures import PicturesForm
from schools.office.reach.views.tables import before_in_words, own_areas, tabs
from schools.reach import pictures
from schools.reach.picture_of_fifths import by_fifth
from schools.reach.picture_of_map import coverage_map
from schools.reach.queries import a_year_before, attendances_by_month, pupils_alone
from schools.reach.queries.children import ColdSpots, cold_spots, years_at_school
from schools.reach.queries.coverage import coverage
from schools.reach.queries.fifths import indices_known
from schools.reach.queries.kept import kept
from schools.reach.queries.years_compared import years_compared
from schools.reach.rows import Cut, percent
from schools.reach.sentences import about_fifths

SCHOOLS_ON_A_PAGE = 50


@allowed("read_reach")
@heavy()
def drawn(request: SignedInRequest) -> HttpResponse:
    """Show reach by area and by month, the coverage map and the cohort strip, of a year and of one area or all."""
    # As of one moment, so that what several pictures rest on is read once.
    with snapshot():
        form, areas = form_and_areas(request)
        context: dict[str, Any] = {"form": form, **tabs(request)}
        if form.is_valid():
            context["pictures"] = _pictures(form.cleaned_data["year"], areas)
    return page(request, "office/reach/pictures.html", "Pictures of reach", **context)


def _pictures(year: AcademicYear, areas: QuerySet[Area] | None) -> list[pictures.Picture]:
    indices = indices_known()
    query = (*_query(year, areas), tuple(indices))
    return kept("pictures", query, year.period, lambda: _drawn_anew(year, areas, indices))


def _query(year: AcademicYear, areas: QuerySet[Area] | None) -> tuple[Hashable, ...]:
    """Return what tells the questions of two pages about a year apart."""
    return year, today(), None if areas is None else frozenset(area.pk for area in areas)


def _drawn_anew(
    year: AcademicYear, areas: QuerySet[Area] | None, indices: Sequence[tuple[Nation, int]]
) -> list[pictures.Picture]:
    on, period = today(), year.period
    before = AcademicYear(year.start - 1).period
    same_days = a_year_before(period, as_of=on)
    compared = years_compared(year, same_days, as_of=on, areas=areas)
    pupils = {cell: figures.pupils_reached for cell, figures in compared.before.items()}
    months = attendances_by_month(before.first_day, period.last_day, as_of=on, areas=areas)
    fifths = pupils_alone(period, by=Cut.FIFTH, as_of=on, areas=areas) if indices else None
    drawings = (
        pictures.by_place(compared.now, pupils, names_apart(compared.now), before_words=before_in_words(same_days)),
        pictures.by_month(year, months, as_of=on, same_days=compared.before["total"].attendances),
        coverage_map(coverage(year, as_of=on, areas=areas)),
        pictures.cohort_strip(year, compared.by_class),
        by_fifth(fifths, about_fifths(indices)) if fifths else None,
    )
    return [each for each in drawings if each]


@allowed("read_reach")
@heavy()
def cold(request: SignedInRequest) -> HttpResponse:
    """Show areas and schools by children who were in no session in all their years at school."""
    with snapshot():
        form, areas = form_and_areas(request)
        context: dict[str, Any] = {"form": form, **tabs(request)}
        if form.is_valid():
            context |= _cold_context(request, form, _cold_spots(form.cleaned_data["year"], areas))
    return page(request, "office/reach/cold_spots.html", "Cold spots", **context)


def _cold_spots(year: AcademicYear, areas: QuerySet[Area] | None) -> ColdSpots:
    count = partial(cold_spots, year, as_of=today(), areas=areas)
    return kept("cold-spots", _query(year, areas), years_at_school(year), count)


def _cold_context(request: SignedInRequest, form: PicturesForm, spots: ColdSpots) -> dict[str, Any]:
    pages = Paginator(spots.schools, SCHOOLS_ON_A_PAGE).get_page(request.GET.get("page"))
    names: dict[int | None, str] = {pk: area.name for pk, area in named_areas()[0].items()}
    here = list(pages)
    user = request.user
    own = School.objects.for_user(user, on=today()) if user.has_perm("schools.view_school") else School.objects.none()
    with_rights: Any = School.objects.annotate(may_open=Exists(own.filter(pk=OuterRef("pk"))))
    schools: dict[int, Any] = with_rights.in_bulk([school.school for school in here])
    roll, never = sum(school.roll for school in spots.schools), sum(school.never for school in spots.schools)
    return {
        "areas": [
            {"name": names.get(area, "No area"), "never": lost, "roll": of, "percent": percent(lost, of), "schools": number}
            for area, lost, of, number in spots.by_area()
        ],
        "lines": [
            {
                "school": schools[school.school],
                "may_open": schools[school.school].may_open,
                "area": names.get(school.area, "No area"),
                "cold": school,
                "percent": percent(school.never, school.roll),
            }
            for school in here
        ],
        "pages": pages,
        "number": len(spots.schools),
        "without_roll": spots.without_roll,
        "total": {"roll": roll, "never": never, "percent": percent(never, roll)},
        "query": f"year={form.data['year']}&area={form.data.get('area', '')}",
        "as_of": timezone.localdate(),
    }


def form_and_areas(request: SignedInRequest) -> tuple[PicturesForm, QuerySet[Area] | None]:
    """Return the form, and the areas that it asks for; None means all."""
    own = own_areas(request)
    form = PicturesForm(request.GET, this_year=AcademicYear.of(today()), areas=own)
    if form.is_valid() and form.cleaned_data["area"]:
        return form, Area.objects.filter(pk=form.cleaned_data["area"].pk)
    return form, own
