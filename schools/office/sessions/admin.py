"""The admin of sessions, headcounts, covers, safeguarding notices, closed periods and submitted outcomes."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString

from schools.core.words import long_day, time_range
from schools.core.year_groups import year_group_name
from schools.delivery.models import OutcomeSubmission
from schools.office.frame.chips import chip_of_cover, chip_of_session
from schools.office.frame.list_actions import BulkPage
from schools.office.frame.list_files import Columns, columns_of_fields
from schools.office.frame.list_filters import SchoolAreaFilter, YearGroupFilter
from schools.office.frame.model_admin import HistoryAdmin, OfficeAdmin, ReadOnly
from schools.office.frame.visibility import today
from schools.visits.models import ClosedPeriod, Cover, Headcount, SafeguardingNotice, Session


@admin.register(Session)
class SessionAdmin(ReadOnly, HistoryAdmin):
    """Sessions: assemblies and workshops. They are changed from the session's page, by actions that ask the rules."""

    page_name = "session-detail"
    list_display = ("day", "time", "school", "kind", "state", "reference")
    list_select_related = ("type", "visit__school")
    list_filter = (SchoolAreaFilter, "stage", "type", "language")
    search_fields = ("visit__reference", "visit__school__name", "visit__school__register_id")
    search_help_text = "Reference of the visit, school or register number."
    file_columns: ClassVar[Columns] = {
        "day": lambda session: session.day,
        "starts": lambda session: session.starts,
        "ends": lambda session: session.ends,
        "school": lambda session: session.visit.school.name,
        "nation": lambda session: session.visit.school.nation,
        "register_id": lambda session: session.visit.school.register_id,
        "session_type": lambda session: session.name,
        "stage": lambda session: session.stage,
        "visit": lambda session: session.visit.reference,
    }
    bulk_pages: ClassVar[dict[str, BulkPage]] = {
        "ask_how_these_went": BulkPage("Ask how they went…", "bulk-chase", "change_session"),
    }
    date_hierarchy = "day"
    ordering = ("-day", "starts", "pk")
    fields = ("visit", "type", "day", "starts", "ends", "until_day", "stage", "room", "language")

    @admin.display(ordering="starts")
    def time(self, session: Session) -> str:
        """Return when the session starts and ends."""
        return time_range(session.starts, session.ends)

    @admin.display(ordering="visit__school__name")
    def school(self, session: Session) -> str:
        """Return the school to which the visit is."""
        return str(session.visit.school)

    @admin.display(description="type", ordering="type")
    def kind(self, session: Session) -> str:
        """Return the name of the type in the school's nation."""
        return session.name

    @admin.display(ordering="visit__reference")
    def reference(self, session: Session) -> str:
        """Return the reference of the visit."""
        return session.visit.reference

    @admin.display(ordering="stage")
    def state(self, session: Session) -> SafeString:
        """Return as a chip whether the session is covered, reported or cancelled."""
        return chip_of_session(session, on=today())

    def read_for_list(self, rows: Any) -> Any:
        """Add who covers the sessions."""
        return rows.with_cover()


@admin.register(Headcount)
class HeadcountAdmin(ReadOnly, HistoryAdmin):
    """Headcounts: expected pupils, which booking writes, and counted pupils, which the outcome writes."""

    list_display = ("school", "day", "session_type", "year", "expected", "pupils")
    file_columns: ClassVar[Columns] = {
        "school": lambda count: count.school.name,
        "nation": lambda count: count.school.nation,
        "register_id": lambda count: count.school.register_id,
        "day": lambda count: count.session.day,
        "starts": lambda count: count.session.starts,
        "session_type": lambda count: count.session.type.name_in(count.school.nation),
        "year_group": lambda count: count.year_group,
        "expected": lambda count: count.expected,
        "pupils": lambda count: count.pupils,
    }
    list_select_related = ("school", "session__type")
    list_filter = (("pupils", admin.EmptyFieldListFilter), YearGroupFilter)
    search_fields = ("school__name", "session__visit__reference")
    date_hierarchy = "session__day"

    @admin.display(ordering="session__day")
    def day(self, count: Headcount) -> str:
        """Return the session's day."""
        return long_day(count.session.day)

    @admin.display(description="session", ordering="session__type")
    def session_type(self, count: Headcount) -> str:
        """Return the session's type, named as in the school's nation."""
        return count.session.type.name_in(count.school.nation)

    @admin.display(description="year group", ordering="year_group")
    def year(self, count: Headcount) -> str:
        """Return the year group, named as in the school's nation."""
        return year_group_name(count.year_group, count.school.nation)


@admin.register(Cover)
class CoverAdmin(ReadOnly, HistoryAdmin):
    """Covers: who is on which session. The page of the visit day assigns, offers and withdraws them."""

    list_display = ("volunteer", "day", "school", "role", "state_chip")
    file_columns: ClassVar[Columns] = {
        "volunteer": lambda cover: cover.volunteer.name,
        "volunteer_reference": lambda cover: cover.volunteer.reference,
        "day": lambda cover: cover.session.day,
        "starts": lambda cover: cover.session.starts,
        "ends": lambda cover: cover.session.ends,
        "school": lambda cover: cover.session.visit.school.name,
        "visit": lambda cover: cover.session.visit.reference,
        "role": lambda cover: cover.role,
        "state": lambda cover: cover.state,
    }
    list_select_related = ("volunteer", "session__type", "session__visit__school")
    list_filter = ("state", "role")
    search_fields = ("volunteer__name", "volunteer__reference", "session__visit__school__name", "session__visit__reference")
    date_hierarchy = "session__day"

    def page_of(self, obj: Cover) -> str:
        """Return the address of the visit day, where the cover can be changed."""
        return reverse("admin:visit-day", args=[obj.session.visit_id, obj.session.day])

    @admin.display(ordering="session__day")
    def day(self, cover: Cover) -> str:
        """Return the session's day and time."""
        return f"{long_day(cover.session.day)}, {time_range(cover.session.starts, cover.session.ends)}"

    @admin.display(ordering="session__visit__school__name")
    def school(self, cover: Cover) -> str:
        """Return the school to which the visit is."""
        return str(cover.session.visit.school)

    @admin.display(description="state", ordering="state")
    def state_chip(self, cover: Cover) -> SafeString:
        """Return the state as a chip."""
        return chip_of_cover(cover)


@admin.register(SafeguardingNotice)
class SafeguardingNoticeAdmin(OfficeAdmin):
    """Safeguarding notices: when which role was told that a child said something; never what was said, never a name (rule 12)."""

    list_display = ("told_at", "role_told", "school", "by", "charity_told_at")
    list_select_related = ("session__visit__school", "by")
    list_filter = (("charity_told_at", admin.EmptyFieldListFilter),)
    date_hierarchy = "told_at"
    search_fields = ("session__visit__school__name", "session__visit__reference", "role_told")
    fields = ("session", "told_at", "role_told", "by", "charity_told_at")
    readonly_fields = ("session", "told_at", "role_told", "by")

    @admin.display(ordering="session__visit__school__name")
    def school(self, notice: SafeguardingNotice) -> str:
        """Return the school at which the session was."""
        return str(notice.session.visit.school)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: a notice is written on the session's page."""
        return False


@admin.register(ClosedPeriod)
class ClosedPeriodAdmin(ReadOnly, OfficeAdmin):
    """Closed periods: days of an area that a signed-off return has locked."""

    list_display = ("area", "first_day", "last_day")
    file_columns: ClassVar[Columns] = columns_of_fields("area", "first_day", "last_day")
    list_select_related = ("area",)
    list_filter = ("area",)
    date_hierarchy = "first_day"
    search_fields = ("area__name",)


@admin.register(OutcomeSubmission)
class OutcomeSubmissionAdmin(ReadOnly, OfficeAdmin):
    """Submissions of the outcome form: by whom and when."""

    list_display = ("session", "school", "by", "received_at")
    list_select_related = ("session__type", "session__visit__school", "by")
    date_hierarchy = "received_at"
    search_fields = ("session__visit__school__name", "session__visit__reference", "by__name")

    @admin.display(ordering="session__visit__school__name")
    def school(self, submission: OutcomeSubmission) -> str:
        """Return the school at which the session was."""
        return str(submission.session.visit.school)
