"""The form about the charity, with its history, and the list of its public texts."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from schools.charity.models import Charity, PublicText
from schools.charity.published import reasons_not_to_blank
from schools.office.frame.model_admin import HistoryAdmin, ReadOnly, signed_in
from schools.office.frame.optimistic_forms import OfficeForm


class CharityForm(OfficeForm):
    """The charity, with boxes as large as what is written into them."""

    class Meta:
        """Sizes of the boxes."""

        widgets: ClassVar = {
            "address": forms.Textarea(attrs={"rows": 4, "autocomplete": "street-address"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.name:
            self.fields["name"].widget.attrs["autofocus"] = True

    def clean(self) -> Any:
        """Refuse to blank what a published text fills in: it would say nothing where it names somebody."""
        data = super().clean()
        blank = [name for name in self.changed_data if not self.cleaned_data.get(name)]
        for name, reason in reasons_not_to_blank(blank):
            self.add_error(name, reason)
        return data


@admin.register(Charity)
class CharityAdmin(HistoryAdmin):
    """The charity that runs this installation. There is one row; it is made by itself."""

    form = CharityForm
    list_display = ("name", "sender", "reply_to", "safeguarding_phone", "cycle_years", "most_pupils")
    fieldsets = (
        ("Who you are", {"fields": ("name", "address", "data_protection", "credentials")}),
        ("Whom to phone", {"fields": ("safeguarding_phone", "concern_name", "concern_phone")}),
        ("Your mails", {"fields": ("sender", "reply_to")}),
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


@admin.register(PublicText)
class PublicTextAdmin(ReadOnly, HistoryAdmin):
    """Texts that anybody may read. They are written on a page of their own."""

    list_display = ("key", "language", "version", "published_at")

    def page_of(self, obj: PublicText) -> str:
        """Return the page on which the text is written."""
        return reverse("admin:public-text", args=[obj.key], query={"language": obj.language})

    def has_view_permission(self, request: HttpRequest, obj: PublicText | None = None) -> bool:
        """Allow managers only."""
        return signed_in(request).is_manager
