"""The admin lists of stock: materials, kits, stores, the ledger, equipment, packing, parcels."""

from typing import ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from schools.materials.actions import place_store
from schools.materials.models import (
    KitLine,
    Material,
    MaterialUse,
    Movement,
    Packed,
    Parcel,
    Piece,
    PieceBooking,
    SessionKit,
    StockSubmission,
    Store,
)
from schools.office.frame.fields import tidied_postcode
from schools.office.frame.list_files import Columns, columns_of_fields
from schools.office.frame.model_admin import HistoryAdmin, OfficeAdmin, ReadOnly
from schools.office.frame.optimistic_forms import OfficeForm


@admin.register(Material)
class MaterialAdmin(HistoryAdmin):
    """Things that people take to a session."""

    may_be_deleted = True
    # Equipment is kept piece by piece, consumables as numbers. If the kind changed, no page would show the stock any more.
    fixed_once_made = ("kind",)
    list_display = ("name", "language", "version", "unit", "kind", "reorder_level", "lead_days")
    file_columns: ClassVar[Columns] = columns_of_fields(
        "name", "language", "version", "unit", "kind", "reorder_level", "lead_days"
    )
    list_filter = ("kind", "language")
    search_fields = ("name", "version")


@admin.register(KitLine)
class KitLineAdmin(HistoryAdmin):
    """What a session of each type needs."""

    may_be_deleted = True
    list_display = ("session_type", "material", "quantity", "per")
    file_columns: ClassVar[Columns] = columns_of_fields("session_type", "material", "quantity", "per")
    list_select_related = ("session_type", "material")
    list_filter = ("session_type",)
    search_fields = ("session_type__name", "material__name")
    autocomplete_fields = ("session_type", "material")


@admin.register(MaterialUse)
class MaterialUseAdmin(ReadOnly, HistoryAdmin):
    """What sessions used. The outcome of the session records it."""

    list_display = ("material", "session", "school", "planned", "arrived", "used")
    file_columns: ClassVar[Columns] = {
        "school": lambda use: use.session.visit.school.name,
        **columns_of_fields("session", "material", "planned", "arrived", "used"),
    }
    list_select_related = ("material", "session__type", "session__visit__school")
    list_filter = ("material",)
    search_fields = ("material__name", "session__visit__school__name", "session__visit__reference")

    @admin.display(ordering="session__visit__school__name")
    def school(self, use: MaterialUse) -> str:
        """Return the school of the session."""
        return str(use.session.visit.school)


class StoreForm(OfficeForm):
    """A store; its postcode is checked."""

    class Meta:
        """Help texts that say what volunteers can read."""

        help_texts: ClassVar = {
            "address": "Volunteers read it only where there is no keeper, or where the postcode is given and is not that of the "
            "keeper’s home: nobody is shown where another volunteer lives.",
            "access_notes": "When it is open, and whom to ask. Volunteers read this: no address of somebody’s home.",
        }

    def clean_postcode(self) -> str:
        """Return the postcode in its usual form: capitals and one space."""
        return tidied_postcode(self.cleaned_data["postcode"])


@admin.register(Store)
class StoreAdmin(OfficeAdmin):
    """Where things are kept. The ledger says what is in there."""

    form = StoreForm
    page_name = "store-stock"
    fields = ("name", "area", "keeper", "address", "postcode", "access_notes")

    fixed_once_made = ("area",)
    list_display = ("name", "area", "keeper", "postcode")
    file_columns: ClassVar[Columns] = columns_of_fields("name", "area", "keeper", "postcode")
    list_select_related = ("area", "keeper")
    list_filter = ("area",)
    search_fields = ("name", "area__name", "postcode")
    autocomplete_fields = ("area", "keeper")

    def save_model(self, request: HttpRequest, obj: Store, form: forms.ModelForm, change: bool) -> None:  # noqa: FBT001  # Django's signature
        """Store the row, and find its place again if the postcode changed."""
        super().save_model(request, obj, form, change)
        if "postcode" in form.changed_data:
            place_store(obj)


@admin.register(Movement)
class MovementAdmin(ReadOnly, OfficeAdmin):
    """The stock ledger. Only actions write it, and nobody changes or deletes a line."""

    list_display = ("day", "material", "store", "quantity", "kind", "session", "by", "note")
    file_columns: ClassVar[Columns] = {
        "day": lambda line: line.day,
        "material": lambda line: line.material.name,
        "store": lambda line: line.store.name,
        "quantity": lambda line: line.quantity,
        "kind": lambda line: line.kind,
        "visit": lambda line: line.session.visit.reference if line.session else "",
        "by": lambda line: str(line.by or ""),
        "note": lambda line: line.note,
    }
    list_select_related = ("material", "store", "session__type", "session__visit__school", "by")
    list_filter = ("kind", "store", "material")
    search_fields = ("material__name", "store__name", "note", "session__visit__reference")


@admin.register(Piece)
class PieceAdmin(ReadOnly, OfficeAdmin):
    """Pieces of equipment. A new piece is received on a store's page."""

    list_display = ("material", "label", "home")
    file_columns: ClassVar[Columns] = {
        "material": lambda piece: piece.material.name,
        "label": lambda piece: piece.label,
        "home": lambda piece: piece.home.name if piece.home else "",
    }
    list_select_related = ("material", "home")
    list_filter = ("material", "home")
    search_fields = ("material__name", "label")


@admin.register(PieceBooking)
class PieceBookingAdmin(ReadOnly, OfficeAdmin):
    """Which session has which piece. They are chosen on the session's page of materials."""

    list_display = ("piece", "session", "school")
    file_columns: ClassVar[Columns] = {
        "school": lambda booking: booking.session.visit.school.name,
        **columns_of_fields("session", "piece"),
    }
    list_select_related = ("piece__material", "session__type", "session__visit__school")
    search_fields = ("piece__label", "piece__material__name", "session__visit__reference")

    @admin.display(ordering="session__visit__school__name")
    def school(self, booking: PieceBooking) -> str:
        """Return the school to which the piece goes."""
        return str(booking.session.visit.school)


@admin.register(SessionKit)
class SessionKitAdmin(ReadOnly, OfficeAdmin):
    """What coordinators decided for single sessions, on the session's page of materials."""

    list_display = ("material", "session", "quantity", "store")
    file_columns: ClassVar[Columns] = columns_of_fields("material", "session", "quantity", "store")
    list_select_related = ("material", "session__type", "session__visit__school", "store")
    list_filter = ("material",)
    search_fields = ("material__name", "session__visit__reference")


@admin.register(Packed)
class PackedAdmin(ReadOnly, OfficeAdmin):
    """Ticks of the picking lists."""

    list_display = ("material", "session", "store", "quantity", "packed_at", "by")
    file_columns: ClassVar[Columns] = columns_of_fields("material", "session", "store", "quantity", "packed_at", "by")
    list_select_related = ("material", "session__type", "session__visit__school", "store", "by")
    list_filter = ("store",)
    search_fields = ("material__name", "session__visit__reference")


@admin.register(Parcel)
class ParcelAdmin(ReadOnly, OfficeAdmin):
    """Parcels sent ahead. They are recorded on the visit's page of parcels."""

    list_display = ("visit", "store", "sent_on", "tracking", "arrived_on")
    file_columns: ClassVar[Columns] = {
        "visit": lambda parcel: parcel.visit.reference,
        "school": lambda parcel: parcel.visit.school.name,
        "store": lambda parcel: parcel.store.name,
        "sent_on": lambda parcel: parcel.sent_on,
        "tracking": lambda parcel: parcel.tracking,
        "arrived_on": lambda parcel: parcel.arrived_on,
    }
    list_select_related = ("visit__school", "store")
    list_filter = ("store",)
    search_fields = ("visit__reference", "visit__school__name", "tracking")


@admin.register(StockSubmission)
class StockSubmissionAdmin(ReadOnly, OfficeAdmin):
    """Every form about stock that was sent: by whom, and when."""

    list_display = ("by", "received_at")
    list_select_related = ("by",)
    date_hierarchy = "received_at"
    search_fields = ("by__name",)
