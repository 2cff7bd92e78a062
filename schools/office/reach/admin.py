"""Returns, publications, confirmed doubts, monthly mails, programs: shown here, changed on pages of their own."""

from typing import ClassVar

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from schools.office.frame.list_files import Columns, columns_of_fields
from schools.office.frame.model_admin import OfficeAdmin, ReadOnly
from schools.reach.models import (
    ApiToken,
    ApiUse,
    Confirmed,
    Drift,
    Publication,
    PublishedAtom,
    PublishedPlace,
    PublishedPupils,
    Restatement,
    Return,
    ReturnRow,
    Subscription,
)


@admin.register(Return)
class ReturnAdmin(ReadOnly, OfficeAdmin):
    """The figures of an area's period as they were signed off."""

    list_display = ("area_name", "period", "signed_off_by", "signed_off_at", "closed_by", "closed_at")
    file_columns: ClassVar[Columns] = columns_of_fields(
        "area_name", "period", "signed_off_by", "signed_off_at", "closed_by", "closed_at"
    )
    list_select_related = ("signed_off_by", "closed_by")
    list_filter = ("area", "period")
    search_fields = ("area_name", "period")
    exclude = ("figures", "evidence", "live")
    readonly_fields = ("shown_in_reach",)

    @admin.display(description="figures")
    def shown_in_reach(self, signed: Return) -> SafeString:
        """Return the way to the page that shows what was signed off as a table, with its files and what was restated."""
        return format_html(
            '<a href="{}">The figures of {}, in Reach</a>', reverse("admin:return-detail", args=[signed.pk]), signed
        )


@admin.register(ReturnRow)
class ReturnRowAdmin(ReadOnly, OfficeAdmin):
    """A line behind a return's figures."""

    list_display = ("of_return", "position", "session")
    list_select_related = ("of_return", "session__type", "session__visit__school")
    search_fields = ("of_return__area_name", "of_return__period")


@admin.register(Restatement)
class RestatementAdmin(ReadOnly, OfficeAdmin):
    """What changed after a return was closed, and why."""

    list_display = ("of_return", "session", "why", "by", "at")
    list_select_related = ("of_return", "session__type", "session__visit__school", "by")
    search_fields = ("of_return__area_name", "of_return__period", "why")


@admin.register(Drift)
class DriftAdmin(ReadOnly, OfficeAdmin):
    """What moved the figures of a closed return although no outcome was restated."""

    list_display = ("of_return", "because", "by", "at")
    list_select_related = ("of_return", "by")
    search_fields = ("of_return__area_name", "of_return__period", "because")


@admin.register(Publication)
class PublicationAdmin(ReadOnly, OfficeAdmin):
    """A period that was published, with its counts as they were; the page of published figures publishes."""

    list_display = ("period", "published_at", "published_by", "outcomes_missing")
    list_select_related = ("published_by",)
    search_fields = ("period",)


@admin.register(PublishedPlace)
class PublishedPlaceAdmin(ReadOnly, OfficeAdmin):
    """A place whose numbers are rounded in a run of its own, and what is left of it."""

    list_display = ("code", "nation", "region", "area", "authority")
    list_select_related = ("region", "area", "authority")
    search_fields = ("code", "area__name", "authority__name")


@admin.register(PublishedAtom)
class PublishedAtomAdmin(ReadOnly, OfficeAdmin):
    """Attendances as they were published first: every public number of attendances is a sum of these."""

    list_display = ("place", "month", "session_type", "year_group", "attendances")
    list_select_related = ("place", "session_type")
    search_fields = ("place__code", "session_type__slug")


@admin.register(PublishedPupils)
class PublishedPupilsAdmin(ReadOnly, OfficeAdmin):
    """Pupils of a school year as they were published first."""

    list_display = ("place", "academic_year", "pupils_reached_low", "pupils_reached")
    list_select_related = ("place",)
    search_fields = ("place__code",)


@admin.register(Confirmed)
class ConfirmedAdmin(ReadOnly, OfficeAdmin):
    """What looked wrong in the data and was confirmed to be right; the page of doubts confirms and takes back."""

    list_display = ("words", "kind", "reason", "area", "by", "at")
    list_select_related = ("area", "by")
    list_filter = ("kind", "area")
    search_fields = ("words", "reason")


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnly, OfficeAdmin):
    """Users who get the figures by mail every month; they subscribe on the reach page."""

    list_display = ("user", "asked_at")
    list_select_related = ("user",)
    search_fields = ("user__name", "user__email")


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnly, OfficeAdmin):
    """Programs that read reach as JSON; their own page makes and revokes tokens."""

    list_display = ("name", "everywhere", "made_by", "made_at", "revoked_by", "revoked_at")
    list_select_related = ("made_by", "revoked_by")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    search_fields = ("name",)


@admin.register(ApiUse)
class ApiUseAdmin(ReadOnly, OfficeAdmin):
    """What programs asked, and how they were answered."""

    list_display = ("token", "at", "question", "status")
    list_select_related = ("token",)
    list_filter = ("token", "status")
    search_fields = ("token__name", "question")
    date_hierarchy = "at"
