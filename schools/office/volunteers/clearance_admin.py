"""The admin lists of clearances, and of who looked at whose."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from schools.office.frame.model_admin import HistoryAdmin, OfficeAdmin, ReadOnly, signed_in
from schools.office.frame.visibility import today
from schools.volunteers import actions
from schools.volunteers.models import Clearance, ClearanceLook, LookPage, Volunteer


@admin.register(Clearance)
class ClearanceAdmin(HistoryAdmin):
    """Decisions whether somebody may work with children. Each look at one is logged (rule 13)."""

    list_display = ("volunteer", "scheme", "decision", "issued", "recheck_on", "withdrawn_on")
    list_select_related = ("volunteer",)
    list_filter = ("decision", "scheme")
    date_hierarchy = "recheck_on"
    search_fields = ("volunteer__name", "volunteer__reference")
    autocomplete_fields = ("volunteer",)
    fixed_once_made = ("volunteer",)
    readonly_fields = ("decided_by",)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Return whether an address may filter by it: no lookup reads a certificate's number or level letter by letter."""
        return lookup.partition("__")[0] not in {"reference", "level"} and super().lookup_allowed(lookup, value, request)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the list, and log a look at each person on the page, however it was filtered or searched."""
        response = super().changelist_view(request, extra_context)
        if shown := (getattr(response, "context_data", None) or {}).get("cl"):
            people = [clearance.volunteer_id for clearance in shown.result_list]
            actions.look_at(people, LookPage.LIST, by=signed_in(request), now=timezone.now())
        return response

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the clearance, and log the look."""
        response = super().change_view(request, object_id, form_url, extra_context)
        self._log_look(request, object_id, LookPage.CLEARANCE)
        return response

    def history_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the history, and log the look: the history shows the clearance too."""
        response = super().history_view(request, object_id, extra_context)
        self._log_look(request, object_id, LookPage.HISTORY)
        return response

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Show an earlier state, and log the look."""
        response = super().history_form_view(request, object_id, version_id, extra_context)
        self._log_look(request, object_id, LookPage.HISTORY)
        return response

    def _log_look(self, request: HttpRequest, object_id: str, shown_on: LookPage) -> None:
        """Log a look. Called after the page was made, so that somebody who may not see it is not logged."""
        if clearance := self.get_object(request, unquote(object_id)):
            actions.look_at([clearance.volunteer_id], shown_on, by=signed_in(request), now=timezone.now())

    def save_model(self, request: HttpRequest, obj: Clearance, form: forms.ModelForm, change: bool) -> None:  # noqa: FBT001  # Django's signature
        """Store the clearance. The user becomes the decider of a new decision."""
        decided = not change or "decision" in form.changed_data
        corrected = not {"scheme", "decided_on"}.isdisjoint(form.changed_data)
        actions.record_clearance(obj, decided=decided, by=signed_in(request), on=today(), corrected=corrected)


@admin.register(ClearanceLook)
class ClearanceLookAdmin(ReadOnly, OfficeAdmin):
    """Who saw whose clearances, on which page and when. Managers read it; each volunteer reads their own in the portal."""

    list_display = ("seen_of", "page", "by", "shown_to", "at", "keep_until")
    list_select_related = ("by",)
    list_filter = ("page",)
    date_hierarchy = "at"
    search_fields = ("by__name", "shown_to")
    search_help_text = "Name of who or which school looked, or of whose clearances they saw."
    fields = ("seen_of", "page", "by", "shown_to", "access_number", "at", "keep_until")
    readonly_fields = ("seen_of",)

    def read_for_list(self, rows: Any) -> Any:
        """Return the rows of a page with the names of whose clearances were seen, read at once."""
        looks = list(rows)
        names = dict(Volunteer.objects.filter(pk__in=[look.volunteer_number for look in looks]).values_list("pk", "name"))
        for look in looks:
            look.volunteer_name = names.get(look.volunteer_number, "")
        return looks

    @admin.display(description="of")
    def seen_of(self, look: Any) -> str:
        """Return the name of the volunteer, or the number of an entry that was made one with another."""
        if not hasattr(look, "volunteer_name"):
            self.read_for_list([look])
        return look.volunteer_name or f"entry {look.volunteer_number}"

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Return looks by somebody of the name, and looks at somebody of it."""
        rows, twice = super().get_search_results(request, queryset, search_term)
        if not search_term.strip():
            return rows, twice
        named_so = Volunteer.objects.named(search_term).order_by().values("pk")
        return queryset.filter(Q(pk__in=rows.order_by().values("pk")) | Q(volunteer_number__in=named_so)), twice
