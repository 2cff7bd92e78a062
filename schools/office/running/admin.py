"""The lists of periodic jobs, of signs of life, and of backups, which the program keeps by itself."""

from django.contrib import admin
from django.template.defaultfilters import filesizeformat
from django.utils.safestring import SafeString

from schools.backups.models import BackupRun
from schools.office.frame.chips import chip
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


@admin.register(BackupRun)
class BackupRunAdmin(ReadOnly, OfficeAdmin):
    """Backups and restore drills: when, and whether they ended well."""

    list_display = ("started_at", "kind", "ended", "file_name", "bytes", "problem")
    list_filter = ("kind",)

    @admin.display(description="how it ended")
    def ended(self, run: BackupRun) -> SafeString:
        """Return a chip: well, failed, or not ended; one that was killed never ends."""
        if run.finished_at is None:
            return chip("quiet", "Under way, or killed")
        return chip("problem", "Failed") if run.problem else chip("done", "Well")

    @admin.display(description="size", ordering="size")
    def bytes(self, run: BackupRun) -> str:
        """Return the size of the file in words."""
        return filesizeformat(run.size) if run.size is not None else ""
