"""The admin of what schools get beforehand of each session type: texts and files, by language."""

from typing import Any, ClassVar, cast

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from schools.office.bookings.forms.packs import PackItemForm
from schools.office.frame.list_files import Columns, columns_of_fields
from schools.office.frame.model_admin import HistoryAdmin
from schools.programme.models import PackItem, PackItemQuerySet


@admin.register(PackItem)
class PackItemAdmin(HistoryAdmin):
    """Plans, materials and pages for parents, which schools read on the page of their visit. Managers keep them."""

    form = PackItemForm
    list_display = ("title", "session_type", "kind", "language", "file")
    file_columns: ClassVar[Columns] = columns_of_fields("title", "session_type", "kind", "language")
    list_select_related = ("session_type",)
    list_filter = ("session_type", "kind", "language")
    search_fields = ("title", "words", "file_name")
    may_be_deleted = True

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the rows without the bytes of their files."""
        return cast("PackItemQuerySet", super().get_queryset(request)).without_files()

    def get_fields(self, request: HttpRequest, obj: PackItem | None = None) -> list[Any]:
        """Return the boxes, and of a stored row the way to its file."""
        boxes = ["session_type", "kind", "language", "title", "words"]
        link = ["file_there"] if obj and obj.size else []
        return [*boxes, *link, *(["file"] if self.has_change_permission(request, obj) else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return the link to the file, which is no box."""
        return [*super().get_readonly_fields(request, obj), "file_there"]

    @admin.display(description="file", ordering="size")
    def file(self, item: PackItem) -> str:
        """Return the name and size of the file; a dash where there is none."""
        return item.file_words or "–"

    @admin.display(description="file that is there")
    def file_there(self, item: PackItem) -> SafeString:
        """Return the link to the file, with its name and size."""
        return format_html('<a href="{}" download>{}</a>', reverse("admin:pack-file", args=[item.pk]), item.file_words)
