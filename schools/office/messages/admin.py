"""The admin list of edited texts; they are edited on pages of their own."""

from django.contrib import admin
from django.http import HttpRequest

from schools.messages.models import EditedText
from schools.office.frame.model_admin import HistoryAdmin, ReadOnly, signed_in


@admin.register(EditedText)
class EditedTextAdmin(ReadOnly, HistoryAdmin):
    """Texts of messages in the charity’s own words."""

    list_display = ("key", "language", "text")
    search_fields = ("key", "text")

    def has_view_permission(self, request: HttpRequest, obj: EditedText | None = None) -> bool:
        """Allow managers only."""
        return signed_in(request).is_manager
