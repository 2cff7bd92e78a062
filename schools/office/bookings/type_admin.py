"""Session types."""

from django.contrib import admin
from django.http import HttpRequest

from schools.office.frame.model_admin import OfficeAdmin
from schools.programme.models import SessionType
from schools.visits.rules import reasons_not_to_redefine


@admin.register(SessionType)
class SessionTypeAdmin(OfficeAdmin):
    """What is taught, to whom, by how many. Audience, channel and series stay once a session of the type exists."""

    list_display = ("name", "name_p", "audience", "channel", "minutes", "presenters", "active")
    list_filter = ("active", "audience", "channel")
    search_fields = ("name", "name_p", "slug")

    def get_readonly_fields(self, request: HttpRequest, obj: SessionType | None = None) -> list[str]:
        """Built-in slugs are named in files; what figures rest on stays."""
        if obj is None:
            return []
        return ["slug", *(["audience", "channel", "series"] if reasons_not_to_redefine(obj) else [])]
