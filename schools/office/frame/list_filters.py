"""List filters that use the methods of QuerySets, and offer only what the user may see."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import ModelAdmin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest

from schools.accounts.models import User
from schools.core.nations import Nation
from schools.core.periods import AcademicYear
from schools.core.row_ids import row_id
from schools.core.year_groups import YEAR_GROUPS, year_group_name
from schools.directory.models import Area
from schools.office.frame import need_registry
from schools.office.frame.visibility import today, visible_rows


class ScopedRelatedFilter(admin.RelatedFieldListFilter):
    """A filter by a related row, among those that the user may see."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: ModelAdmin) -> Any:
        """Return the rows to choose from."""
        queryset = visible_rows(field.remote_field.model._default_manager.all(), request.user, on=today())  # type: ignore[arg-type]  # signed in
        if queryset.model is User:
            # There may be thousands of people: offer only those to whom a row refers.
            queryset = queryset.filter(Exists(model_admin.model._default_manager.filter(Q((field.name, OuterRef("pk"))))))
            queryset = queryset.only("name", "email")
        return [(row.pk, str(row)) for row in queryset]


class _AreaFilter(admin.SimpleListFilter):
    """A filter by one of the areas that the user may see."""

    title = "area"
    parameter_name = "area"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Iterable[tuple[str, str]]:
        """Return the user's areas."""
        areas = Area.objects.for_user(request.user, on=today())  # type: ignore[arg-type]  # signed in
        return [(str(area.pk), area.name) for area in areas]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """Return the rows of the chosen area."""
        area = row_id(self.value())
        return queryset if area is None else self.in_areas(queryset, Area.objects.filter(pk=area))

    def in_areas(self, queryset: Any, areas: QuerySet[Area]) -> Any:
        """Return the rows of the areas; each kind of row defines in its own way what lies in an area."""
        raise NotImplementedError


class SchoolAreaFilter(_AreaFilter):
    """The filter of schools and sessions: their QuerySets know in which area they lie on a day."""

    def in_areas(self, queryset: Any, areas: QuerySet[Area]) -> Any:
        """Return the rows that lie in the areas today."""
        return queryset.in_areas(areas, on=today())


class VolunteerAreaFilter(_AreaFilter):
    """The filter of volunteers: by the areas in which they help."""

    def in_areas(self, queryset: Any, areas: QuerySet[Area]) -> Any:
        """Return the volunteers who help in the areas."""
        return queryset.in_areas(areas)


class YearGroupFilter(admin.SimpleListFilter):
    """A filter by year group, with the names of all nations."""

    title = "year group"
    parameter_name = "year_group"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Iterable[tuple[str, str]]:
        """Return all year groups, whether or not a row has them: looking through the rows would take too long."""
        nations = (Nation.ENGLAND, Nation.SCOTLAND)
        return [(str(group), ", ".join(year_group_name(group, nation) for nation in nations)) for group in YEAR_GROUPS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows of the chosen year group."""
        group = row_id(self.value())
        return queryset if group is None else queryset.filter(year_group=group)


class AcademicYearFilter(admin.SimpleListFilter):
    """A filter by academic year, the latest first."""

    title = "academic year"
    parameter_name = "academic_year"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Iterable[tuple[str, str]]:
        """Return the academic years of the rows that the user may see."""
        years = model_admin.get_queryset(request).order_by("-academic_year").values_list("academic_year", flat=True)
        return [(str(start), str(AcademicYear(start))) for start in years.distinct()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows of the chosen academic year."""
        start = row_id(self.value())
        return queryset if start is None else queryset.filter(academic_year=start)


class NeedsFilter(admin.SimpleListFilter):
    """A filter by what needs somebody; the lines of the home page link here. Every table with such rows has it."""

    title = "what it needs"
    parameter_name = need_registry.PARAMETER

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Iterable[tuple[str, str]]:
        """Return the needs that home counts in this table."""
        return [(need.key, need.in_filter) for need in need_registry.of_table(model_admin.model)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows with the chosen need."""
        for need in need_registry.of_table(queryset.model):
            if need.key == self.value():
                user: User = request.user  # type: ignore[assignment]  # signed in
                return need.rows(need.narrowed(queryset, user, on=today()), today())
        return queryset
