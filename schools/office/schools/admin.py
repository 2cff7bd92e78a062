"""The admin lists of schools and of what belongs to a school: people, rolls, agreements, links."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils import timezone

import schools.office.schools.conversation_admin  # noqa: F401  # registers itself
from schools.core.errors import RuleBroken
from schools.core.periods import AcademicYear
from schools.core.year_groups import year_group_name
from schools.directory.actions import change_school, enter_school, keep_roll, save_site
from schools.directory.models import (
    Contact,
    Roll,
    RollSource,
    School,
    SchoolAgreement,
    SchoolAuthority,
    SchoolLink,
    Sector,
    Site,
    Source,
)
from schools.directory.registers import CLOSING, KEPT_BY_PROGRAM, OWNED_BY_REGISTERS
from schools.directory.registers.cells import postcode as tidied_postcode
from schools.directory.rules import is_closed_by_people
from schools.erasing.actions import NotesToRead
from schools.erasing.models import PersonKind
from schools.office.frame.list_files import Columns
from schools.office.frame.list_filters import AcademicYearFilter, SchoolAreaFilter, YearGroupFilter
from schools.office.frame.model_admin import HistoryAdmin, OfficeAdmin, ReadOnly, RegisterFirst, signed_in
from schools.office.frame.optimistic_forms import OfficeForm
from schools.office.frame.visibility import today
from schools.office.schools.deleting import WithPeople, erase_deleted, sees_all_their_schools
from schools.office.schools.forms.schools import SchoolForm
from schools.office.schools.forms.years import OfYearForm, RollForm
from schools.office.schools.sites import warnings_of_changed_site
from schools.reach.actions.drift import note_drift
from schools.reach.queries.moving import areas_of_schools
from schools.visits.actions.conversations import forget_earlier_days
from schools.visits.rules.closed_periods import reasons_year_locked

NOTES_FIRST = "Nobody was erased yet: notes name them. Read each note below, decide about it, and erase them here."


@admin.register(School)
class SchoolAdmin(RegisterFirst, WithPeople, HistoryAdmin):
    """Every primary school. Only the next import changes what a register says, but for a closing of which it does not tell."""

    form = SchoolForm
    page_name = "school-detail"
    list_display = ("name", "postcode", "authority", "sector", "status", "pupils", "register_id")
    list_select_related = ("authority",)
    list_filter = (SchoolAreaFilter, "status", "sector", "nation")
    search_fields = ("name", "register_id", "postcode")
    search_help_text = "Part of name, village or town, postcode or register number; one wrong letter does no harm."
    file_columns: ClassVar[Columns] = {
        "school": lambda school: school.name,
        "nation": lambda school: school.nation,
        "register_id": lambda school: school.register_id,
        "postcode": lambda school: school.postcode,
        "phone": lambda school: school.phone,
        "authority": lambda school: school.authority.name if school.authority else "",
        "sector": lambda school: school.sector,
        "status": lambda school: school.status,
        "pupils": lambda school: school.pupils,
    }
    autocomplete_fields = ("authority",)
    fieldsets = (
        (None, {"fields": ("name", "access_notes", "ask_again_on")}),
        ("Where", {"fields": ("address", "postcode", "authority", "phone", "website")}),
        ("Pupils", {"fields": ("low_age", "high_age", "pupils", "census_day", "percent_fsm", "welsh_medium")}),
        ("Register", {"fields": ("nation", "register_id", "sector", "phase", "kind", "status", "opened", "closed", "source")}),
        ("Trust and federation", {"fields": ("trust", "trust_code", "federation", "federation_code")}),
        (
            "For the program",
            {
                "classes": ("collapse",),
                "fields": (
                    "easting",
                    "northing",
                    "placed_by",
                    "lsoa",
                    "fifth",
                    "chain",
                    "lineage",
                    "register_day",
                    "older_facts",
                    "missing_since",
                ),
            },
        ),
    )
    """The sets of fields on the page. A field that is not named here stands in the first set."""

    def most_likely_first(self, request: HttpRequest, rows: Any, text: str) -> Any:
        """Return schools of the user's own areas before others, and open ones before closed ones."""
        return rows.most_likely_first(text, signed_in(request), on=today())

    def get_fieldsets(self, request: HttpRequest, obj: School | None = None) -> list[Any]:
        """Return the declared sets, the first one with every field that none of them names."""
        (title, options), *others = super().get_fieldsets(request, obj)
        named = flatten_fieldsets([(title, options), *others])
        fields = [field.name for field in School._meta.fields if field.editable and not field.primary_key]
        unnamed = [name for name in fields if name not in named]
        return [(title, {**options, "fields": (*options["fields"], *unnamed)}), *others]

    def get_readonly_fields(self, request: HttpRequest, obj: School | None = None) -> list[str]:
        """Return what the program keeps and, for a school from a register, also what registers own.

        A manager says of a school that a register without closings does not name any more whether it has closed.
        """
        if obj is None or obj.source == Source.MANUAL:
            return list(KEPT_BY_PROGRAM)
        typed = CLOSING if is_closed_by_people(obj) and signed_in(request).is_manager else ()
        return [*(name for name in OWNED_BY_REGISTERS if name not in typed), *KEPT_BY_PROGRAM]

    def get_form(self, request: HttpRequest, obj: School | None = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002  # Django's signature
        """Return the form; it requires an authority, so that a school entered by hand lies somewhere."""
        form = super().get_form(request, obj, change, **kwargs)
        if "authority" in form.base_fields:
            form.base_fields["authority"].required = True
        if obj is None and "register_id" in form.base_fields:
            form.base_fields["register_id"].required = False
            form.base_fields["register_id"].help_text = "Blank where no register has it: it gets a number of our own."
            form.base_fields["sector"].help_text = "Other place: a holiday club and the like, left out of “schools in area”."
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Propose the sector “other place”: what no register has is mostly no school."""
        return {"sector": Sector.OTHER.value, **super().get_changeform_initial_data(request)}

    def save_model(self, request: HttpRequest, obj: School, form: forms.ModelForm, change: bool) -> None:  # noqa: FBT001  # Django's signature
        """Enter a new school by hand, or change one and its chain with it. A closing moves figures of returns, which is noted."""
        if not change:
            enter_school(obj)
            return
        change_school(obj, on=today())
        if "ask_again_on" in form.changed_data:
            forget_earlier_days(obj)
        if not set(CLOSING).isdisjoint(form.changed_data):
            because = f"{obj}: its status or its last day changed"
            note_drift(because, now=timezone.now(), by=signed_in(request), areas=areas_of_schools([obj]))

    def response_post_save_add(self, request: HttpRequest, obj: School) -> HttpResponseRedirect:
        """Go to the new school's page."""
        return redirect("admin:school-detail", obj.pk)

    def response_post_save_change(self, request: HttpRequest, obj: School) -> HttpResponseRedirect:
        """Go back to the school's page."""
        return redirect("admin:school-detail", obj.pk)


class SchoolRelatedAdmin(OfficeAdmin):
    """A table whose rows belong to a school."""

    list_select_related: ClassVar[Any] = ("school",)
    search_fields: ClassVar[Any] = ("school__name", "school__register_id")
    autocomplete_fields: ClassVar[Any] = ("school",)
    fixed_once_made = ("school",)


@admin.register(Contact)
class ContactAdmin(SchoolRelatedAdmin):
    """People at schools."""

    may_be_deleted = True
    list_display = ("name", "role", "schools", "email", "phone")
    file_columns: ClassVar[Columns] = {
        "name": lambda contact: contact.name,
        "role": lambda contact: contact.role,
        "school": lambda contact: contact.school.name,
        "nation": lambda contact: contact.school.nation,
        "register_id": lambda contact: contact.school.register_id,
        "also_at": lambda contact: ", ".join(school.name for school in contact.also_at.all()),
        "email": lambda contact: contact.email,
        "phone": lambda contact: str(contact.phone),
    }
    search_fields = ("name", "email", "school__name", "also_at__name")
    exclude = ("also_at",)
    """The school's page says who belongs to several: a list of 25,000 schools helps nobody."""

    @admin.display(description="school", ordering="school__name")
    def schools(self, contact: Contact) -> str:
        """Return the names of their schools."""
        return ", ".join(school.name for school in (contact.school, *contact.also_at.all()))

    def get_queryset(self, request: HttpRequest) -> Any:
        """Read the other schools too, for the list."""
        return super().get_queryset(request).prefetch_related("also_at")

    def delete_model(self, request: HttpRequest, obj: Contact) -> None:
        """Erase them: an entry that was only deleted would leave them named, and nothing by which to find that."""
        erase_deleted(obj, by=signed_in(request))

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Ask first, then erase them; a reason against it is said on their page, and nothing is done.

        Where notes name them, a manager is led to the page on which each note is decided about.
        """
        try:
            return super().delete_view(request, object_id, extra_context)
        except RuleBroken as broken:
            if isinstance(broken, NotesToRead) and signed_in(request).has_perm("schools.add_erasure"):
                messages.warning(request, NOTES_FIRST)
                return redirect("admin:erase", PersonKind.CONTACT.value, object_id)
            messages.error(request, " ".join(broken.reasons))
            return redirect("admin:schools_contact_change", object_id)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether they may be deleted: somebody of several schools only by who sees all of these."""
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or sees_all_their_schools(signed_in(request), obj))


class SiteForm(OfficeForm):
    """A site; its postcode is checked."""

    def clean_postcode(self) -> str:
        """Return the postcode in its usual form: capitals and one space."""
        typed = tidied_postcode(self.cleaned_data["postcode"])
        if not typed:
            raise forms.ValidationError("This is not a postcode. Write it like LA9 4XX.")
        return typed


@admin.register(Site)
class SiteAdmin(HistoryAdmin, SchoolRelatedAdmin):
    """The places of schools that are in several. Sessions that were at one keep it from being deleted."""

    form = SiteForm
    may_be_deleted = True
    list_display = ("name", "school", "postcode", "active")
    file_columns: ClassVar[Columns] = {
        "school": lambda site: site.school.name,
        "nation": lambda site: site.school.nation,
        "register_id": lambda site: site.school.register_id,
        "site": lambda site: site.name,
        "address": lambda site: site.address,
        "postcode": lambda site: site.postcode,
        "in_use": lambda site: "yes" if site.active else "no",
    }
    list_filter = ("active",)
    search_fields = ("name", "postcode", "school__name")

    def save_model(self, request: HttpRequest, obj: Site, form: forms.ModelForm, change: bool) -> None:  # noqa: FBT001  # Django's signature
        """Store the site with the place of its postcode; say what is booked at another address than before, or at none any more.

        Whoever goes there is told of it by nobody else.
        """
        save_site(obj)
        if change:
            changed = [name for name in form.fields if name in form.initial and form.initial[name] != getattr(obj, name)]
            for words in warnings_of_changed_site(obj, changed, on=today()):
                messages.warning(request, words)

    def response_post_save_add(self, request: HttpRequest, obj: Site) -> HttpResponseRedirect:
        """Go to the school's page."""
        return redirect("admin:school-detail", obj.school_id)

    def response_post_save_change(self, request: HttpRequest, obj: Site) -> HttpResponseRedirect:
        """Go back to the school's page."""
        return redirect("admin:school-detail", obj.school_id)


class OfYearAdmin(SchoolRelatedAdmin):
    """What is known of a school for one academic year: numbers of years and year groups are shown and chosen in words."""

    form = OfYearForm
    of_row: tuple[str, ...] = ()
    """The fields of the form, in their order."""
    in_words: ClassVar[dict[str, str]] = {"academic_year": "year"}
    """What is shown of a row that one may only read, in place of which field."""

    @admin.display(description="academic year", ordering="academic_year")
    def year(self, row: Any) -> str:
        """Return the academic year, like “2025/26”."""
        return str(AcademicYear(row.academic_year))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Return the fields of the form; those of a row that one may only read in words. A new row comes from whoever adds it."""
        fields = [name for name in self.of_row if obj is not None or name != "source"]
        is_read = obj is not None and not self.has_change_permission(request, obj)
        return [self.in_words.get(name, name) for name in fields] if is_read else fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return the declared fields, and what is shown in words."""
        return [*super().get_readonly_fields(request, obj), *self.in_words.values()]


@admin.register(Roll)
class RollAdmin(OfYearAdmin):
    """Pupils on roll. What a coordinator adds here is used instead of the register's number."""

    form = RollForm
    may_be_deleted = True
    list_display = ("school", "year", "group", "pupils", "source")
    file_columns: ClassVar[Columns] = {
        "school": lambda roll: roll.school.name,
        "nation": lambda roll: roll.school.nation,
        "register_id": lambda roll: roll.school.register_id,
        "academic_year": lambda roll: str(AcademicYear(roll.academic_year)),
        "year_group": lambda roll: year_group_name(roll.year_group, roll.school.nation),
        "pupils": lambda roll: roll.pupils,
        "source": lambda roll: roll.source,
    }
    list_filter = (AcademicYearFilter, YearGroupFilter, "source")
    readonly_fields = ("source",)
    of_row = ("school", "academic_year", "year_group", "pupils", "source")
    in_words: ClassVar[dict[str, str]] = {"academic_year": "year", "year_group": "group"}

    @admin.display(description="year group", ordering="year_group")
    def group(self, roll: Roll) -> str:
        """Return the name of the year group in the nation of the school."""
        return year_group_name(roll.year_group, roll.school.nation)

    def has_change_permission(self, request: HttpRequest, obj: Roll | None = None) -> bool:
        """Allow changes of rows that a coordinator entered; only imports change the register's."""
        return super().has_change_permission(request, obj) and (obj is None or obj.source == RollSource.COORDINATOR)

    def has_delete_permission(self, request: HttpRequest, obj: Roll | None = None) -> bool:
        """Allow deleting what a coordinator entered and no signed-off return rests on; only imports delete the register's."""
        may = super().has_delete_permission(request, obj)
        if not may or obj is None:
            return may
        is_typed = obj.source == RollSource.COORDINATOR
        return is_typed and not reasons_year_locked(obj.school, obj.academic_year, by=signed_in(request))

    def get_form(self, request: HttpRequest, obj: Roll | None = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002  # Django's signature
        """Return the form of whoever asks: a year on which a signed-off return rests is changed by managers alone (rule 14)."""
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"by": signed_in(request)})

    def save_model(self, request: HttpRequest, obj: Roll, form: forms.ModelForm, change: bool) -> None:  # noqa: FBT001  # Django's signature
        """Store the row as entered by a coordinator; what it moves of closed returns is written down with who did it."""
        keep_roll(obj)
        self._note_drift(obj, request)

    def delete_model(self, request: HttpRequest, obj: Roll) -> None:
        """Delete the row, and write down what that moves of closed returns."""
        super().delete_model(request, obj)
        self._note_drift(obj, request)

    def _note_drift(self, roll: Roll, request: HttpRequest) -> None:
        because = f"Pupils on roll at {roll.school} in {AcademicYear(roll.academic_year)}"
        note_drift(because, now=timezone.now(), by=signed_in(request), areas=areas_of_schools([roll.school]))


@admin.register(SchoolAgreement)
class SchoolAgreementAdmin(OfYearAdmin):
    """Yearly agreements of schools that the programme may come."""

    list_display = ("school", "year", "accepted_on", "by_role")
    file_columns: ClassVar[Columns] = {
        "school": lambda agreement: agreement.school.name,
        "nation": lambda agreement: agreement.school.nation,
        "register_id": lambda agreement: agreement.school.register_id,
        "academic_year": lambda agreement: str(AcademicYear(agreement.academic_year)),
        "accepted_on": lambda agreement: agreement.accepted_on,
        "by_role": lambda agreement: agreement.by_role,
    }
    list_filter = (AcademicYearFilter,)
    date_hierarchy = "accepted_on"
    of_row = ("school", "academic_year", "accepted_on", "by_role")


@admin.register(SchoolAuthority)
class SchoolAuthorityAdmin(ReadOnly, SchoolRelatedAdmin):
    """Which authority a school belonged to on which days. Only imports write it, so that no day has two."""

    list_display = ("school", "authority", "from_day", "to_day")
    list_select_related = ("school", "authority")


@admin.register(SchoolLink)
class SchoolLinkAdmin(ReadOnly, OfficeAdmin):
    """Which school followed which. Only imports write it, together with the chains that follow from it."""

    list_display = ("predecessor", "successor", "kind", "day")
    file_columns: ClassVar[Columns] = {
        "nation": lambda link: link.successor.nation,
        "predecessor": lambda link: link.predecessor.name,
        "predecessor_register_id": lambda link: link.predecessor.register_id,
        "successor": lambda link: link.successor.name,
        "successor_register_id": lambda link: link.successor.register_id,
        "kind": lambda link: link.kind,
        "day": lambda link: link.day,
    }
    list_select_related = ("predecessor", "successor")
    list_filter = ("kind",)
    search_fields = ("predecessor__name", "successor__name")
