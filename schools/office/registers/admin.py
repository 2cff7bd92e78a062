"""The admin lists of regions, areas, authorities, terms and postcodes, and of imports."""

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from schools.directory.actions.locks import lock_register
from schools.directory.actions.settling import after_reorganisations
from schools.directory.models import (
    Area,
    AreaAuthority,
    AreaCoordinator,
    Authority,
    ColumnMatch,
    Deprivation,
    ImportChange,
    ImportFile,
    ImportRun,
    Postcode,
    Region,
    Reorganisation,
    StandIn,
    Term,
)
from schools.directory.queries import holdings_in_order
from schools.office.frame.list_files import Columns, columns_of_fields
from schools.office.frame.model_admin import HistoryAdmin, OfficeAdmin, OfficeInline, ReadOnly, RegisterFirst, signed_in
from schools.office.registers.looks import log_looks
from schools.reach.actions.drift import note_drift


@admin.register(Term)
class TermAdmin(HistoryAdmin):
    """Days on which schools are open: an authority's own or, without these, its nation's. `import_terms` reads a file of them."""

    may_be_deleted = True
    list_display = ("name", "nation", "authority", "first_day", "last_day")
    file_columns: ClassVar[Columns] = {
        "nation": lambda term: term.nation,
        "authority": lambda term: term.authority.name if term.authority else "",
        "authority_gss": lambda term: term.authority.gss if term.authority else "",
        "name": lambda term: term.name,
        "first_day": lambda term: term.first_day,
        "last_day": lambda term: term.last_day,
    }
    list_select_related = ("authority",)
    list_filter = ("nation", ("authority", admin.EmptyFieldListFilter))
    date_hierarchy = "first_day"
    search_fields = ("name", "authority__name", "authority__gss")
    search_help_text = "Name of the term, authority or its GSS code."
    autocomplete_fields = ("authority",)
    fields = ("nation", "authority", "name", "first_day", "last_day")


@admin.register(Region)
class RegionAdmin(OfficeAdmin):
    """Parts of nations."""

    may_be_deleted = True
    list_display = ("name", "nation")
    list_filter = ("nation",)
    search_fields = ("name",)


class AreaCoordinatorInline(OfficeInline):
    """The coordinators of the area."""

    model = AreaCoordinator
    autocomplete_fields = ("user",)


class AreaAuthorityInline(ReadOnly, OfficeInline):
    """The authorities that the area holds. `import_areas` writes them."""

    model = AreaAuthority
    verbose_name_plural = "authorities of the area"


@admin.register(Area)
class AreaAdmin(HistoryAdmin):
    """The areas in which the charity organises its work."""

    may_be_deleted = True
    page_name = "area-detail"
    list_display = ("name", "region", "duty_phone", "cycle_years")
    file_columns: ClassVar[Columns] = {
        "area": lambda area: area.name,
        "nation": lambda area: area.region.nation,
        "region": lambda area: area.region.name,
        "duty_phone": lambda area: str(area.duty_phone),
        "cycle_years": lambda area: area.cycle_years,
    }
    list_select_related = ("region",)
    list_filter = ("region",)
    search_fields = ("name", "region__name")
    autocomplete_fields = ("region",)
    inlines = (AreaAuthorityInline, AreaCoordinatorInline)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Redirect to the page that sets an area up, with its authorities and coordinators."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return redirect("admin:area-add")


@admin.register(AreaCoordinator)
class AreaCoordinatorAdmin(OfficeAdmin):
    """Who coordinates which area, from when to when."""

    may_be_deleted = True
    list_display = ("user", "area", "from_day", "to_day")
    file_columns: ClassVar[Columns] = {
        "coordinator": lambda row: str(row.user),
        "area": lambda row: row.area.name,
        "from_day": lambda row: row.from_day,
        "to_day": lambda row: row.to_day,
    }
    list_select_related = ("user", "area")
    list_filter = ("area",)
    search_fields = ("user__name", "area__name")
    autocomplete_fields = ("user", "area")


@admin.register(StandIn)
class StandInAdmin(ReadOnly, OfficeAdmin):
    """Who stands in for whom on which days. It is said on a page of its own, which refuses what cannot be."""

    list_display = ("coordinator", "stand_in", "from_day", "to_day")
    file_columns: ClassVar[Columns] = columns_of_fields("coordinator", "stand_in", "from_day", "to_day")
    list_select_related = ("coordinator", "stand_in")
    date_hierarchy = "from_day"
    search_fields = ("coordinator__name", "stand_in__name")


@admin.register(AreaAuthority)
class AreaAuthorityAdmin(ReadOnly, OfficeAdmin):
    """Which area holds which authority on which days. Only `import_areas` and moves write it, so that no day has two."""

    list_display = ("authority", "area", "from_day", "to_day")
    file_columns: ClassVar[Columns] = {
        "authority": lambda holding: holding.authority.name,
        "authority_gss": lambda holding: holding.authority.gss,
        "area": lambda holding: holding.area.name,
        "from_day": lambda holding: holding.from_day,
        "to_day": lambda holding: holding.to_day,
    }
    list_select_related = ("authority", "area")
    list_filter = ("area",)
    search_fields = ("authority__name", "authority__gss", "area__name")


def _settle(request: HttpRequest, authorities: set[int], because: str) -> None:
    """Work out again where schools belonged, as an import of authorities does, and note which closed returns that moves."""
    now, user = timezone.now(), signed_in(request)
    after_reorganisations(authorities, now=now, reason="office")
    note_drift(because, now=now, by=user)


@admin.register(Authority)
class AuthorityAdmin(RegisterFirst):
    """Local authorities, including those that a reorganisation ended."""

    may_be_deleted = True
    list_display = ("name", "nation", "gss", "code", "opened", "closed")
    file_columns: ClassVar[Columns] = {
        "authority": lambda authority: authority.name,
        "nation": lambda authority: authority.nation,
        "authority_gss": lambda authority: authority.gss,
        "code": lambda authority: authority.code,
        "opened": lambda authority: authority.opened,
        "closed": lambda authority: authority.closed,
    }
    list_filter = ("nation",)
    search_fields = ("name", "gss", "code")
    readonly_fields = ("areas", "another_area")

    @admin.display(description="areas")
    def areas(self, authority: Authority) -> str:
        """Return the areas that hold the authority, with the days of each."""
        return f"{'; '.join(holding.in_words for holding in holdings_in_order(authority)) or 'None yet'}."

    @admin.display(description="another area")
    def another_area(self, authority: Authority) -> str:
        """Return a link to the page that moves the authority, with a preview of what moves with it."""
        return format_html("<a href='{}'>Move it to another area</a>", reverse("admin:authority-move", args=[authority.pk]))

    def save_model(self, request: HttpRequest, obj: Authority, form: ModelForm, change: bool) -> None:  # noqa: FBT001  # Django's signature
        """Store the authority; where its days changed, its schools follow at once."""
        lock_register()
        super().save_model(request, obj, form, change)
        if {"opened", "closed"}.intersection(form.changed_data):
            _settle(request, {obj.pk}, f"{obj}: its first or last day changed")

    def get_fields(self, request: HttpRequest, obj: Authority | None = None) -> list[Any]:
        """Return the fields; a stored authority shows its areas too, and a link for those who may move it."""
        may_move = request.user.has_perm("schools.change_areaauthority")
        held = ["areas", *(["another_area"] if may_move else [])] if obj else []
        return ["name", *held, "nation", "gss", "code", "opened", "closed"]


@admin.register(Reorganisation)
class ReorganisationAdmin(RegisterFirst):
    """Which authority followed which, in a reorganisation."""

    may_be_deleted = True
    list_display = ("old", "new", "day")
    list_select_related = ("old", "new")
    date_hierarchy = "day"
    search_fields = ("old__name", "new__name")
    autocomplete_fields = ("old", "new")

    def save_model(self, request: HttpRequest, obj: Reorganisation, form: ModelForm, change: bool) -> None:  # noqa: FBT001  # Django's signature
        """Store it; the schools of the authorities, those that it named before among them, follow at once."""
        lock_register()
        before = Reorganisation.objects.filter(pk=obj.pk).values_list("old_id", "new_id")
        concerned = {obj.old_id, obj.new_id}.union(*before)
        super().save_model(request, obj, form, change)
        _settle(request, concerned, f"{obj.new} followed {obj.old}")

    def delete_model(self, request: HttpRequest, obj: Reorganisation) -> None:
        """Delete it; the schools of both authorities follow at once."""
        lock_register()
        super().delete_model(request, obj)
        _settle(request, {obj.old_id, obj.new_id}, f"{obj.new} followed {obj.old} no more")


@admin.register(Postcode)
class PostcodeAdmin(ReadOnly, OfficeAdmin):
    """Where postcodes are. `import_postcodes` writes them."""

    list_display = ("postcode", "easting", "northing", "small_area")
    search_fields = ("postcode__istartswith",)
    search_help_text = "The first letters and figures of the postcode."


@admin.register(Deprivation)
class DeprivationAdmin(ReadOnly, OfficeAdmin):
    """How deprived small areas are. `import_deprivation` writes them."""

    list_display = ("small_area", "nation", "fifth", "year")
    list_filter = ("nation", "fifth")
    search_fields = ("small_area__istartswith",)
    search_help_text = "The first letters and figures of the code."


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnly, OfficeAdmin):
    """Imports of registers and tables. They are made and applied on their own page."""

    page_name = "register-run"
    list_display = ("file_name", "register", "state", "asked_by", "asked_at", "applied_at")
    list_select_related = ("asked_by",)
    list_filter = ("state", "register")
    search_fields = ("file_name",)
    exclude = ("report",)


@admin.register(ImportFile)
class ImportFileAdmin(ReadOnly, OfficeAdmin):
    """Files that wait to be applied or thrown away. The office shows that they exist, not their content."""

    list_display = ("name", "part", "run")
    list_select_related = ("run",)
    exclude = ("content",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        """Show each file once, whatever the number of its pieces, without the content, which may be large."""
        return super().get_queryset(request).filter(number=0).defer("content")


@admin.register(ImportChange)
class ImportChangeAdmin(ReadOnly, OfficeAdmin):
    """What each import changed of each row, or left as it was. One of a volunteer may name a clearance: the look is logged."""

    list_display = ("name", "register_id", "kind", "state", "run")
    list_select_related = ("run",)
    list_filter = ("kind", "state")
    search_fields = ("name", "register_id")

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Return whether an address may filter by it: not by why something was left, which may be a decision about somebody."""
        return lookup.partition("__")[0] != "why" and super().lookup_allowed(lookup, value, request)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the change, and log the look where it names a stored clearance (rule 13)."""
        response = super().change_view(request, object_id, form_url, extra_context)
        change = self.get_object(request, unquote(object_id))
        if isinstance(change, ImportChange) and change.run.register == "volunteers":
            log_looks([change], by=signed_in(request), now=timezone.now())
        return response


@admin.register(ColumnMatch)
class ColumnMatchAdmin(ReadOnly, OfficeAdmin):
    """Columns of files as somebody matched them by hand, on the page of an import; matching one again changes it."""

    list_display = ("theirs", "ours", "kind")
    list_filter = ("kind",)
    search_fields = ("theirs", "ours")
