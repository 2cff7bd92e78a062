"""That outcomes arrived."""

from django.contrib import admin

from schools.delivery.models import OutcomeSubmission
from schools.office.frame.model_admin import OfficeAdmin, ReadOnly


@admin.register(OutcomeSubmission)
class OutcomeSubmissionAdmin(ReadOnly, OfficeAdmin):
    """Every sending of the outcome form, by whom and when."""

    list_display = ("session", "school", "by", "received_at")
    list_select_related = ("session__type", "session__visit__school", "by")
    date_hierarchy = "received_at"
    search_fields = ("session__visit__school__name", "session__visit__reference", "by__name")

    @admin.display(ordering="session__visit__school__name")
    def school(self, submission: OutcomeSubmission) -> str:
        """Where the session was."""
        return str(submission.session.visit.school)
