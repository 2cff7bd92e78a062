"""The lists of sessions, headcounts, covers, safeguarding notices, closed periods and outcomes; verbs are on their own pages."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from schools.core.words import long_day, time_range
from schools.core.year_groups import year_group_name
from schools.delivery.models import OutcomeSubmission
from schools.office.frame.chips import chip_of_cover, chip_of_session
from schools.office.frame.list_filters import SchoolAreaFilter, YearGroupFilter
from schools.office.frame.model_admin import HistoryAdmin, OfficeAdmin, ReadOnly
from schools.office.frame.visibility import today
from schools.visits.models import ClosedPeriod, Cover, Headcount, SafeguardingNotice, Session


@admin.register(Session)
class SessionAdmin(ReadOnly, HistoryAdmin):
    """Assemblies and workshops. Whatever changes about one is changed from the session's page, by a verb with its rules."""

    page_name = "session-detail"
    list_display = ("day", "time", "school", "kind", "state", "reference")
    list_select_related = ("type", "visit__school")
    list_filter = (SchoolAreaFilter, "stage", "type", "language")
    search_fields = ("visit__reference", "visit__school__name", "visit__school__register_id")
    search_help_text = "Reference of the visit, school or register number."
    date_hierarchy = "day"
    ordering = ("-day", "starts", "pk")
    fields = ("visit", "type", "day", "starts", "ends", "until_day", "stage", "room", "language")

    @admin.display(ordering="starts")
    def time(self, session: Session) -> str:
        """From when to when."""
        return time_range(session.starts, session.ends)

    @admin.display(ordering="visit__school__name")
    def school(self, session: Session) -> str:
        """Where."""
        return str(session.visit.school)

    @admin.display(description="type", ordering="type")
    def kind(self, session: Session) -> str:
        """The type, in the nation's words."""
        return session.name

    @admin.display(ordering="visit__reference")
    def reference(self, session: Session) -> str:
        """Of which visit."""
        return session.visit.reference

    @admin.display(ordering="stage")
    def state(self, session: Session) -> SafeString:
        """Whether it is covered, told, cancelled."""
        return chip_of_session(session, on=today())

    def read_for_list(self, rows: Any) -> Any:
        """Who covers them."""
        return rows.with_cover()


@admin.register(Headcount)
class HeadcountAdmin(ReadOnly, HistoryAdmin):
    """Pupils expected and counted; booking writes the one, the outcome the other."""

    list_display = ("school", "day", "session_type", "year", "expected", "pupils")
    list_select_related = ("school", "session__type")
    list_filter = (("pupils", admin.EmptyFieldListFilter), YearGroupFilter)
    search_fields = ("school__name", "session__visit__reference")
    date_hierarchy = "session__day"

    @admin.display(ordering="session__day")
    def day(self, count: Headcount) -> str:
        """The session's day."""
        return long_day(count.session.day)

    @admin.display(description="session", ordering="session__type")
    def session_type(self, count: Headcount) -> str:
        """The session's type."""
        return count.session.type.name_in(count.school.nation)

    @admin.display(description="year group", ordering="year_group")
    def year(self, count: Headcount) -> str:
        """In the nation's words."""
        return year_group_name(count.year_group, count.school.nation)


@admin.register(Cover)
class CoverAdmin(ReadOnly, HistoryAdmin):
    """Who is on which session; assigned, offered and withdrawn on the session's page."""

    list_display = ("volunteer", "day", "school", "role", "state_chip")
    list_select_related = ("volunteer", "session__type", "session__visit__school")
    list_filter = ("state", "role")
    search_fields = ("volunteer__name", "volunteer__reference", "session__visit__school__name", "session__visit__reference")
    date_hierarchy = "session__day"

    def page_of(self, obj: Cover) -> str:
        """The visit day, where something can be done about it."""
        return reverse("admin:visit-day", args=[obj.session.visit_id, obj.session.day])

    @admin.display(ordering="session__day")
    def day(self, cover: Cover) -> str:
        """The session's day and time."""
        return f"{long_day(cover.session.day)}, {time_range(cover.session.starts, cover.session.ends)}"

    @admin.display(ordering="session__visit__school__name")
    def school(self, cover: Cover) -> str:
        """Where."""
        return str(cover.session.visit.school)

    @admin.display(description="state", ordering="state")
    def state_chip(self, cover: Cover) -> SafeString:
        """The state as a chip."""
        return chip_of_cover(cover)


@admin.register(SafeguardingNotice)
class SafeguardingNoticeAdmin(OfficeAdmin):
    """That a child said something and somebody was told: a time and a role, never what was said, never a name."""

    list_display = ("told_at", "role_told", "school", "by", "charity_told_at")
    list_select_related = ("session__visit__school", "by")
    list_filter = (("charity_told_at", admin.EmptyFieldListFilter),)
    date_hierarchy = "told_at"
    search_fields = ("session__visit__school__name", "session__visit__reference", "role_told")
    fields = ("session", "told_at", "role_told", "by", "charity_told_at")
    readonly_fields = ("session", "told_at", "role_told", "by")

    @admin.display(ordering="session__visit__school__name")
    def school(self, told: SafeguardingNotice) -> str:
        """Where."""
        return str(told.session.visit.school)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """It is written down on the session's page."""
        return False


@admin.register(ClosedPeriod)
class ClosedPeriodAdmin(ReadOnly, OfficeAdmin):
    """Days of an area that a signed-off return has locked."""

    list_display = ("area", "first_day", "last_day")
    list_select_related = ("area",)
    list_filter = ("area",)
    date_hierarchy = "first_day"
    search_fields = ("area__name",)


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
