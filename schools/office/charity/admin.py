"""The form about the charity, with its history."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from schools.charity.models import Charity
from schools.office.frame.model_admin import HistoryAdmin
from schools.office.frame.optimistic_forms import OfficeForm


class CharityForm(OfficeForm):
    """The charity, with boxes as large as what is written into them."""

    class Meta:
        """Sizes of the boxes."""

        widgets: ClassVar = {
            "address": forms.Textarea(attrs={"rows": 4, "autocomplete": "street-address"}),
            "privacy_notice": forms.Textarea(attrs={"rows": 18, "class": "vLargeTextField"}),
            "accessibility_statement": forms.Textarea(attrs={"rows": 10, "class": "vLargeTextField"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.name:
            self.fields["name"].widget.attrs["autofocus"] = True


@admin.register(Charity)
class CharityAdmin(HistoryAdmin):
    """The charity that runs this installation. There is one row; it is made by itself."""

    form = CharityForm
    list_display = ("name", "sender", "reply_to", "safeguarding_phone", "cycle_years", "most_pupils")
    fieldsets = (
        ("Who you are", {"fields": ("name", "address", "safeguarding_phone")}),
        ("Your mails", {"fields": ("sender", "reply_to")}),
        ("What anybody may read", {"fields": ("privacy_notice", "accessibility_statement")}),
        ("Your measures", {
            "fields": (
                "cycle_years", "most_pupils", "distances_in", "travel_km_per_hour", "travel_detour", "travel_minutes_around",
            ),
        }),
    )  # fmt: skip

    def page_of(self, obj: Charity) -> str:
        """Return the address of the charity's page."""
        return reverse("admin:charity")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: the row is there."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: an installation always has a charity."""
        return False
