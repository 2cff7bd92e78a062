"""Visits, sessions, headcounts, covers. What happens to them is done on their own pages, by actions; here they are found."""

from typing import Any, cast

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from schools.core.words import long_day, time_range
from schools.core.year_groups import year_group_name
from schools.office.admin.base import HistoryAdmin, OfficeAdmin, ReadOnly
from schools.office.admin.filters import SchoolAreaFilter, YearGroupFilter
from schools.office.chips import chip_of_cover, chip_of_session, chip_of_visit
from schools.office.forms.stored import OfficeForm
from schools.office.rows import today
from schools.visits.models import ClosedPeriod, ContactLog, Cover, Headcount, Session, Told, Visit, VisitQuerySet
from schools.visits.rules.talking import reasons_not_to_log


@admin.register(Visit)
class VisitAdmin(HistoryAdmin):
    """Bookings. Whatever changes about one is changed on its own pages, by a verb with its rules."""

    page_name = "visit-detail"
    list_display = ("reference", "school", "days", "stage_chip", "coordinator", "agreed_on")
    list_select_related = ("school", "coordinator")
    list_filter = ("stage", "coordinator")
    search_fields = ("reference", "school__name", "school__register_id")
    search_help_text = "Reference, school or register number."
    fields = (
        "reference", "school", "stage", "coordinator", "contact", "safeguarding_contact", "parents_told_on",
        "preferred_month", "arrival_notes", "parking", "agreed_on", "agreed_with", "cancelled_code", "cancelled_note",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the days of their sessions, by which the list may be put in order."""
        return cast("VisitQuerySet", super().get_queryset(request)).with_days()

    @admin.display(ordering="begins_on")
    def days(self, visit: Visit) -> str:
        """The day of its sessions, or the first and the last of them; a dash where none is booked yet."""
        first, last = visit.begins_on, visit.ends_on
        if first is None or last is None:
            return "–"
        return long_day(first) if first == last else f"{long_day(first)} to {long_day(last)}"

    @admin.display(description="stage", ordering="stage")
    def stage_chip(self, visit: Visit) -> SafeString:
        """The stage as a chip."""
        return chip_of_visit(visit)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """A visit is added by booking it."""
        return redirect("admin:book")

    def has_change_permission(self, request: HttpRequest, obj: Visit | None = None) -> bool:
        """It is changed on its own pages."""
        return False


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


@admin.register(Told)
class ToldAdmin(OfficeAdmin):
    """That a child said something and somebody was told: a time and a role, never what was said, never a name."""

    list_display = ("told_at", "role_told", "school", "by", "charity_told_at")
    list_select_related = ("session__visit__school", "by")
    list_filter = (("charity_told_at", admin.EmptyFieldListFilter),)
    date_hierarchy = "told_at"
    search_fields = ("session__visit__school__name", "session__visit__reference", "role_told")
    fields = ("session", "told_at", "role_told", "by", "charity_told_at")
    readonly_fields = ("session", "told_at", "role_told", "by")

    @admin.display(ordering="session__visit__school__name")
    def school(self, told: Told) -> str:
        """Where."""
        return str(told.session.visit.school)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """It is written down on the session's page."""
        return False


class ConversationForm(OfficeForm):
    """A conversation with a school, by the same rule as on the school's own page."""

    def clean(self) -> Any:
        """Refuse days that cannot be, and a visit to another school."""
        data = super().clean()
        said: ContactLog = self.instance
        school = self.cleaned_data.get("school") or (said.school if said.pk else None)
        day, visit = self.cleaned_data.get("day"), self.cleaned_data.get("visit")
        if school is not None and day is not None:
            follow_up_on = self.cleaned_data.get("follow_up_on")
            for reason in reasons_not_to_log(school, day, follow_up_on=follow_up_on, visit=visit, on=today()):
                self.add_error(None, reason)
        return data


@admin.register(ContactLog)
class ContactLogAdmin(OfficeAdmin):
    """Conversations with schools."""

    form = ConversationForm
    may_be_deleted = True
    added_by = "by"
    list_display = ("day", "school", "how", "who", "follow_up_on", "by", "next_step")
    list_select_related = ("school", "by")
    list_filter = ("how", ("follow_up_on", admin.EmptyFieldListFilter))
    date_hierarchy = "day"
    search_fields = ("school__name", "who", "note")
    autocomplete_fields = ("school", "visit")
    fields = ("school", "visit", "day", "how", "who", "note", "dates_offered", "follow_up_on")
    fixed_once_made = ("school",)

    @admin.display(description="")
    def next_step(self, log: ContactLog) -> SafeString:
        """To the next conversation: whom to ring, what was said before, a form."""
        address = reverse("admin:log-talk", args=[log.school_id])
        return format_html(
            '<a href="{}">Log a conversation<span class="visually-hidden"> with {}</span></a>', address, log.school
        )


@admin.register(ClosedPeriod)
class ClosedPeriodAdmin(ReadOnly, OfficeAdmin):
    """Days of an area that a signed-off return has locked."""

    list_display = ("area", "first_day", "last_day")
    list_select_related = ("area",)
    list_filter = ("area",)
    date_hierarchy = "first_day"
    search_fields = ("area__name",)
