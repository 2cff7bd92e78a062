"""Materials, kits and what was used."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from schools.materials.models import KitLine, Material, MaterialUse
from schools.office.admin.base import HistoryAdmin, OfficeAdmin, ReadOnly


@admin.register(Material)
class MaterialAdmin(HistoryAdmin):
    """Things taken to a session."""

    may_be_deleted = True
    list_display = ("name", "language", "version", "unit", "kind", "reorder_level")
    list_filter = ("kind", "language")
    search_fields = ("name", "version")

    def get_history_queryset(self, request: HttpRequest, history_manager: Any, pk_name: str, object_id: Any) -> QuerySet[Model]:
        """Earlier states; the stock query names a table's foreign keys to Django, which warns where there are none."""
        earlier: QuerySet[Model] = history_manager.filter(**{pk_name: object_id}).select_related("history_user")
        return earlier


@admin.register(KitLine)
class KitLineAdmin(OfficeAdmin):
    """What a session of a type needs."""

    may_be_deleted = True
    list_display = ("session_type", "material", "quantity", "per")
    list_select_related = ("session_type", "material")
    list_filter = ("session_type",)
    search_fields = ("session_type__name", "material__name")
    autocomplete_fields = ("session_type", "material")


@admin.register(MaterialUse)
class MaterialUseAdmin(ReadOnly, HistoryAdmin):
    """What sessions used; recorded with the outcome."""

    list_display = ("material", "session", "school", "planned", "arrived", "used")
    list_select_related = ("material", "session__type", "session__visit__school")
    list_filter = ("material",)
    search_fields = ("material__name", "session__visit__school__name", "session__visit__reference")

    @admin.display(ordering="session__visit__school__name")
    def school(self, use: MaterialUse) -> str:
        """Where the session was."""
        return str(use.session.visit.school)
