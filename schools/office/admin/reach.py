"""Signed-off returns: what was kept, and what was restated. Their own pages sign off, close and restate."""

from django.contrib import admin

from schools.office.admin.base import OfficeAdmin, ReadOnly
from schools.reach.models import Restatement, Return, ReturnRow


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
    list_select_related = ("of_return", "session__type")
    search_fields = ("of_return__area_name", "of_return__period")


@admin.register(Restatement)
class RestatementAdmin(ReadOnly, OfficeAdmin):
    """What changed after a return was closed, and why."""

    list_display = ("of_return", "session", "why", "by", "at")
    list_select_related = ("of_return", "session__type", "by")
    search_fields = ("of_return__area_name", "of_return__period", "why")
