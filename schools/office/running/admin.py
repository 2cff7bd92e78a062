"""The lists of periodic jobs and of signs of life, which the program keeps by itself."""

from django.contrib import admin

from schools.office.frame.model_admin import OfficeAdmin, ReadOnly
from schools.running.models import PeriodicJob, SignOfLife


@admin.register(PeriodicJob)
class PeriodicJobAdmin(ReadOnly, OfficeAdmin):
    """Periodic jobs: when each is due, and how its last run ended."""

    list_display = ("name", "due_at", "started_at", "finished_at", "failures", "outcome")
    search_fields = ("name", "outcome")


@admin.register(SignOfLife)
class SignOfLifeAdmin(ReadOnly, OfficeAdmin):
    """Processes that work in the background, and when each was last seen."""

    list_display = ("process", "machine", "started_at", "seen_at")
    list_filter = ("process",)
    search_fields = ("machine", "name")
