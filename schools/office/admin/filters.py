"""List filters that call the words of QuerySets and offer only what the user may see."""

from collections.abc import Iterable
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.options import ModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest

from schools.directory.models import Area
from schools.office import needs
from schools.office.rows import today, visible_rows
from schools.visits.models import SessionQuerySet
from schools.volunteers.models import Clearance


class ScopedRelatedFilter(admin.RelatedFieldListFilter):
    """By a related row, among those that the user may see."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: ModelAdmin) -> Any:
        """The rows to choose from."""
        queryset = visible_rows(field.remote_field.model._default_manager.all(), request.user, on=today())  # type: ignore[arg-type]  # signed in
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
        value = self.value()
        if value is None or not value.isdigit():
            return queryset
        return self.in_areas(queryset, Area.objects.filter(pk=int(value)))

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


class SessionNeedsFilter(admin.SimpleListFilter):
    """Sessions that need somebody to do something; the lines of the home page lead here."""

    title = "what it needs"
    parameter_name = "needs"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Iterable[tuple[str, str]]:
        """The needs that home counts."""
        return [(need.key, need.in_filter) for need in needs.OF_SESSIONS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The sessions with the chosen need."""
        for need in needs.OF_SESSIONS:
            if need.key == self.value():
                return need.rows(cast("SessionQuerySet", queryset), today())
        return queryset


class EndingFilter(admin.SimpleListFilter):
    """Clearances by when they end."""

    title = "end"
    parameter_name = "ends"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> Iterable[tuple[str, str]]:
        """The one span that home counts."""
        return [("soon", f"Ends within {needs.ENDING_WITHIN.days} days")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Clearance]) -> QuerySet[Clearance]:
        """The clearances that end soon."""
        return needs.clearances_ending(queryset, on=today()) if self.value() == "soon" else queryset
