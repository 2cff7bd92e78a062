"""The admin of visits, of templates to book from, of batches (changes to many at once) and of session types."""

from typing import Any, ClassVar, cast

from django.contrib import admin
from django.db.models import Value
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

import schools.office.bookings.pack_admin  # noqa: F401  # registers itself
from schools.core.words import long_day
from schools.delivery.models import Feedback
from schools.directory.models import School
from schools.office.bookings.forms.session_types import SessionTypeForm
from schools.office.frame.chips import chip, chip_of_visit
from schools.office.frame.list_actions import BulkPage
from schools.office.frame.list_files import Columns, columns_of_fields
from schools.office.frame.model_admin import HistoryAdmin, OfficeAdmin, OfficeInline, ReadOnly
from schools.office.frame.visibility import today
from schools.programme.actions import new_slug
from schools.programme.models import SessionType
from schools.visits.models import (
    BOOKED_STAGES,
    Batch,
    OfferedDates,
    SchoolAlarm,
    SchoolAnswer,
    SchoolChange,
    Visit,
    VisitQuerySet,
    VisitRequest,
    VisitStage,
    VisitTemplate,
    VisitTemplateLine,
)
from schools.visits.rules import reasons_not_to_redefine
from schools.visits.rules.closing_schools import is_closed_by


class VisitTemplateLineInline(OfficeInline):
    """The sessions of a template, on its page."""

    model = VisitTemplateLine
    extra = 1
    may_be_deleted = True
    show_change_link = False
    has_row_names = False
    verbose_name = "session"
    verbose_name_plural = "sessions of the template"
    fields = ("position", "type", "days_later", "starts", "most_pupils", "window_days")


@admin.register(VisitTemplate)
class VisitTemplateAdmin(HistoryAdmin):
    """Templates of visits that are booked again and again."""

    list_display = ("name", "note", "active")
    file_columns: ClassVar[Columns] = columns_of_fields("name", "note", "active")
    list_filter = ("active",)
    search_fields = ("name", "note")
    fields = ("name", "note", "active")
    inlines = (VisitTemplateLineInline,)


@admin.register(VisitTemplateLine)
class VisitTemplateLineAdmin(ReadOnly, HistoryAdmin):
    """The sessions of all templates; they are changed on the template's page."""

    list_display = ("template", "position", "type", "days_later", "starts", "most_pupils")
    list_select_related = ("template", "type")
    list_filter = ("template", "type")
    search_fields = ("template__name",)


@admin.register(Batch)
class BatchAdmin(ReadOnly, OfficeAdmin):
    """Batches: what was changed at once, by whom, and whether it was undone. A page of its own undoes them."""

    list_display = ("made_at", "words", "by", "undone_at")
    list_select_related = ("by",)
    list_filter = ("kind", ("undone_at", admin.EmptyFieldListFilter))
    date_hierarchy = "made_at"
    search_fields = ("words", "by__name")
    fields = ("kind", "words", "by", "made_at", "undone_at", "undone_by", "left_alone")


@admin.register(SchoolAnswer)
class SchoolAnswerAdmin(ReadOnly, OfficeAdmin):
    """What schools said about their visits by themselves. It is taken on the visit's page."""

    list_display = ("school", "visit", "item", "words", "given_by", "at", "state")
    list_select_related = ("school", "visit__school")
    list_filter = ("state", "item")
    search_fields = ("school__name", "visit__reference")


@admin.register(SchoolAlarm)
class SchoolAlarmAdmin(ReadOnly, OfficeAdmin):
    """What schools said on the day. Somebody sees to it on the visit's page."""

    list_display = ("visit", "day", "what", "given_by", "at", "over_at", "seen_at")
    list_select_related = ("visit__school",)
    list_filter = ("what",)
    search_fields = ("visit__school__name", "visit__reference")


@admin.register(SchoolChange)
class SchoolChangeAdmin(ReadOnly, OfficeAdmin):
    """What schools cancelled, or asked to be moved, by their own pages. Somebody sees to it on the visit's page."""

    list_display = ("visit", "what", "day", "why", "given_by", "at", "over_at", "seen_at")
    list_select_related = ("visit__school",)
    list_filter = ("what", "why")
    search_fields = ("visit__school__name", "visit__reference")


@admin.register(Feedback)
class FeedbackAdmin(ReadOnly, OfficeAdmin):
    """What schools thought of their visits: five questions and a comment."""

    list_display = ("school", "visit", "right_for_age", "kept_to_agreed", "knew_beforehand", "surer", "again", "at")
    list_select_related = ("school", "visit__school")
    list_filter = ("again",)
    search_fields = ("school__name", "visit__reference")


@admin.register(VisitRequest)
class VisitRequestAdmin(ReadOnly, OfficeAdmin):
    """What schools asked for on the page for that. A request is seen to on its own page, or on that of its visit."""

    page_name = "request-detail"
    list_display = ("asked_at", "school", "school_name", "name", "role", "state", "visit")
    file_columns: ClassVar[Columns] = {
        "asked_on": lambda request: timezone.localdate(request.asked_at),
        "school": lambda request: request.school.name if request.school else request.school_name,
        "register_id": lambda request: request.school.register_id if request.school else "",
        "name": lambda request: request.name,
        "role": lambda request: request.role,
        "state": lambda request: request.state,
        "visit": lambda request: request.visit.reference if request.visit else "",
    }
    list_select_related = ("school", "visit__school")
    list_filter = ("state",)
    search_fields = ("school__name", "school_name", "name", "email")


@admin.register(OfferedDates)
class OfferedDatesAdmin(ReadOnly, OfficeAdmin):
    """Half-days that were offered to schools. They are offered, and taken back, on a page of the school."""

    list_display = ("offered_at", "school", "state", "held_until", "chosen", "is_short", "visit")
    file_columns: ClassVar[Columns] = {
        "offered_on": lambda offered: timezone.localdate(offered.offered_at),
        "school": lambda offered: offered.school.name,
        "nation": lambda offered: offered.school.nation,
        "register_id": lambda offered: offered.school.register_id,
        "state": lambda offered: offered.state,
        "held_until": lambda offered: offered.held_until,
        "half_days": lambda offered: ", ".join(offered.half_days),
        "chosen": lambda offered: offered.chosen,
        "visit": lambda offered: offered.visit.reference if offered.visit else "",
    }
    list_select_related = ("school", "visit__school")
    list_filter = ("state", "is_short")
    search_fields = ("school__name",)


@admin.register(Visit)
class VisitAdmin(HistoryAdmin):
    """Visits. They are changed on their own pages, by actions that ask the rules."""

    page_name = "visit-detail"
    list_display = ("reference", "school", "days", "stage_chip", "coordinator", "agreed_on")
    list_select_related = ("school", "coordinator")
    list_filter = ("stage", "coordinator")
    search_fields = ("reference", "school__name", "school__register_id")
    search_help_text = "Reference, school or register number."
    file_columns: ClassVar[Columns] = {
        "reference": lambda visit: visit.reference,
        "school": lambda visit: visit.school.name,
        "nation": lambda visit: visit.school.nation,
        "register_id": lambda visit: visit.school.register_id,
        "first_day": lambda visit: visit.begins_on,
        "last_day": lambda visit: visit.ends_on,
        "stage": lambda visit: visit.stage,
        "coordinator": lambda visit: str(visit.coordinator or ""),
        "agreed_on": lambda visit: visit.agreed_on,
    }
    bulk_pages: ClassVar[dict[str, BulkPage]] = {
        "confirm_these": BulkPage("Confirm them…", "bulk-confirm", "change_visit"),
        "give_these": BulkPage("Give them to another coordinator…", "bulk-reassign", "change_visit"),
    }
    fields = (
        "reference", "school", "stage", "coordinator", "contact", "safeguarding_contact", "parents_told_on",
        "preferred_month", "arrival_notes", "parking", "agreed_on", "agreed_with", "cancelled_code", "cancelled_note",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the visits with the days of their sessions, so that the list can be ordered by them."""
        visits = cast("VisitQuerySet", super().get_queryset(request)).with_days()
        return visits.annotate(may_be_offered=Value(request.user.has_perm("schools.add_visit")))

    def read_for_list(self, rows: Any) -> Any:
        """Return the visits with the columns that the list shows, or needs to show them; a row of all three tables is long."""
        of_school = ("name", "status", "closed", "low_age", "high_age")
        of_coordinator = ("name", "email")
        return rows.only(
            *("reference", "stage", "agreed_on"),
            *(f"school__{column}" for column in of_school),
            *(f"coordinator__{column}" for column in of_coordinator),
        )

    @admin.display(ordering="begins_on")
    def days(self, visit: Visit) -> str:
        """Return the day of the sessions, or the first and the last day; of a request without any the way to offer some."""
        first, last = visit.begins_on, visit.ends_on
        if first is None or last is None:
            may_offer = getattr(visit, "may_be_offered", False) and visit.school.is_bookable
            return _offer_dates(visit.school) if visit.stage == VisitStage.REQUESTED and may_offer else "–"
        return long_day(first) if first == last else f"{long_day(first)} to {long_day(last)}"

    @admin.display(description="stage", ordering="stage")
    def stage_chip(self, visit: Visit) -> SafeString:
        """Return the stage as a chip, with another where the school is closed by the last day to come (rule 4)."""
        stage, last = chip_of_visit(visit), visit.ends_on
        is_standing = visit.stage in BOOKED_STAGES
        if is_standing and last is not None and last >= today() and is_closed_by(visit.school, last):
            return format_html("{} {}", stage, chip("problem", "School closed by then"))
        return stage

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Redirect to the booking pages: a visit is added by booking it."""
        return redirect("admin:book")

    def has_change_permission(self, request: HttpRequest, obj: Visit | None = None) -> bool:
        """Refuse: a visit is changed on its own pages."""
        return False


def _offer_dates(school: School) -> SafeString:
    """Return the link to the page on which dates are offered to the school."""
    address = reverse("admin:offer-dates", args=[school.pk])
    return format_html('<a href="{}">Offer dates<span class="visually-hidden"> to {}</span></a>', address, school)


@admin.register(SessionType)
class SessionTypeAdmin(HistoryAdmin):
    """Session types: what is taught, to whom, by how many. Audience, channel and series are fixed once a session has the type."""

    form = SessionTypeForm
    list_display = ("name", "name_p", "audience", "channel", "minutes", "presenters", "active")
    file_columns: ClassVar[Columns] = columns_of_fields(
        "name", "name_p", "audience", "channel", "minutes", "presenters", "active"
    )
    list_filter = ("active", "audience", "channel")
    search_fields = ("name", "name_p", "slug")

    def get_readonly_fields(self, request: HttpRequest, obj: SessionType | None = None) -> list[str]:
        """Return the slug, because files name it; and what figures depend on, once a session has the type."""
        if obj is None:
            return []
        return ["slug", *(["audience", "channel", "series"] if reasons_not_to_redefine(obj) else [])]

    def save_model(self, request: HttpRequest, obj: SessionType, form: ModelForm, change: bool) -> None:  # noqa: FBT001  # Django's signature
        """Store the session type; a new one gets a slug that no other has."""
        if not change:
            obj.slug = new_slug(obj.name)
        super().save_model(request, obj, form, change)
