"""Returns, confirmed doubts, monthly mails, and programs that read reach: shown here, changed on pages of their own."""

from django.contrib import admin

from schools.office.frame.model_admin import OfficeAdmin, ReadOnly
from schools.reach.models import ApiToken, ApiUse, Confirmed, Restatement, Return, ReturnRow, Subscription


@admin.register(Return)
class ReturnAdmin(ReadOnly, OfficeAdmin):
    """The figures of an area's period as they were signed off."""

    list_display = ("area_name", "period", "signed_off_by", "signed_off_at", "closed_by", "closed_at")
    list_select_related = ("signed_off_by", "closed_by")
    list_filter = ("area", "period")
    search_fields = ("area_name", "period")


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
