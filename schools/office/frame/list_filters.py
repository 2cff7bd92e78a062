"""List filters that call the words of QuerySets and offer only what the user may see."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import ModelAdmin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest

from schools.accounts.models import User
from schools.core.nations import Nation
from schools.core.periods import AcademicYear
from schools.core.year_groups import YEAR_GROUPS, year_group_name
from schools.directory.models import Area
from schools.office.frame import need_registry, query_params
from schools.office.frame.visibility import today, visible_rows


class ScopedRelatedFilter(admin.RelatedFieldListFilter):
    """By a related row, among those that the user may see."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: ModelAdmin) -> Any:
        """The rows to choose from."""
        queryset = visible_rows(field.remote_field.model._default_manager.all(), request.user, on=today())  # type: ignore[arg-type]  # signed in
        if queryset.model is User:
            # Of a nation's thousands of people only those whom a row names.
            queryset = queryset.filter(Exists(model_admin.model._default_manager.filter(Q((field.name, OuterRef("pk"))))))
        return [(row.pk, str(row)) for row in queryset]


class _AreaFilter(admin.SimpleListFilter):
    """By one of the areas that the user may see."""

    title = "area"
    parameter_name = "area"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Iterable[tuple[str, str]]:
        """The user's areas."""
        areas = Area.objects.for_user(request.user, on=today())  # type: ignore[arg-type]  # signed in
        return [(str(area.pk), area.name) for area in areas]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        """The rows of the chosen area."""
        area = query_params.row_id(self.value())
        return queryset if area is None else self.in_areas(queryset, Area.objects.filter(pk=area))

    def in_areas(self, queryset: Any, areas: QuerySet[Area]) -> Any:
        """The rows of the areas; each kind of row has its own way of lying in one."""
        raise NotImplementedError


class SchoolAreaFilter(_AreaFilter):
    """Schools and sessions: their QuerySets know where they lie on a day."""

    def in_areas(self, queryset: Any, areas: QuerySet[Area]) -> Any:
        """Where they lie today."""
        return queryset.in_areas(areas, on=today())


class VolunteerAreaFilter(_AreaFilter):
    """Volunteers: the areas in which they help."""

    def in_areas(self, queryset: Any, areas: QuerySet[Area]) -> Any:
        """Who helps there."""
        return queryset.in_areas(areas)


class YearGroupFilter(admin.SimpleListFilter):
    """By a year group, in every nation's words."""

    title = "year group"
    parameter_name = "year_group"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Iterable[tuple[str, str]]:
        """All that there are, whether a row has them or not: nobody waits for the rows to be looked through."""
        nations = (Nation.ENGLAND, Nation.SCOTLAND)
        return [(str(group), ", ".join(year_group_name(group, nation) for nation in nations)) for group in YEAR_GROUPS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of the chosen one."""
        group = query_params.row_id(self.value())
        return queryset if group is None else queryset.filter(year_group=group)


class AcademicYearFilter(admin.SimpleListFilter):
    """By an academic year, the latest first."""

    title = "academic year"
    parameter_name = "academic_year"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Iterable[tuple[str, str]]:
        """Those that a row of the user's has."""
        years = model_admin.get_queryset(request).order_by("-academic_year").values_list("academic_year", flat=True)
        return [(str(start), str(AcademicYear(start))) for start in years.distinct()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of the chosen one."""
        start = query_params.row_id(self.value())
        return queryset if start is None else queryset.filter(academic_year=start)


class NeedsFilter(admin.SimpleListFilter):
    """Rows that need somebody to do something; the lines of the home page lead here. Every table with such rows has it."""

    title = "what it needs"
    parameter_name = need_registry.PARAMETER

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Iterable[tuple[str, str]]:
        """The needs that home counts in this table."""
        return [(need.key, need.in_filter) for need in need_registry.of_table(model_admin.model)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows with the chosen need."""
        for need in need_registry.of_table(queryset.model):
            if need.key == self.value():
                return need.rows(queryset, today())
        return queryset
