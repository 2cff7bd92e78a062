"""Templates of visits, and what was changed in one go."""

from django.contrib import admin

from schools.office.frame.model_admin import OfficeAdmin, OfficeInline, ReadOnly
from schools.visits.models import Batch, VisitTemplate, VisitTemplateLine


class VisitTemplateLineInline(OfficeInline):
    """The sessions of a template."""

    model = VisitTemplateLine
    extra = 1
    may_be_deleted = True
    show_change_link = False
    verbose_name_plural = "sessions of the template"
    fields = ("position", "type", "days_later", "starts", "most_pupils", "window_days")


@admin.register(VisitTemplate)
class VisitTemplateAdmin(OfficeAdmin):
    """Kinds of visit that are booked again and again."""

    list_display = ("name", "note", "active")
    list_filter = ("active",)
    search_fields = ("name", "note")
    fields = ("name", "note", "active")
    inlines = (VisitTemplateLineInline,)


@admin.register(VisitTemplateLine)
class VisitTemplateLineAdmin(ReadOnly, OfficeAdmin):
    """Sessions of all templates; each template's own page changes them."""

    list_display = ("template", "position", "type", "days_later", "starts", "most_pupils")
    list_select_related = ("template", "type")
    list_filter = ("template", "type")
    search_fields = ("template__name",)


@admin.register(Batch)
class BatchAdmin(ReadOnly, OfficeAdmin):
    """What was changed in one go, by whom, and whether it was undone; undoing is done on a page of its own."""

    list_display = ("made_at", "words", "by", "undone_at")
    list_select_related = ("by",)
    list_filter = ("kind", ("undone_at", admin.EmptyFieldListFilter))
    date_hierarchy = "made_at"
    search_fields = ("words", "by__name")
    fields = ("kind", "words", "by", "made_at", "undone_at", "undone_by", "left_alone")
