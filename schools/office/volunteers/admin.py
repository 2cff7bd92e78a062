"""The admin lists of volunteers and of what belongs to them: steps, invitations, agreements and more."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import SafeString

import schools.office.volunteers.clearance_admin  # noqa: F401  # registers itself
from schools.accounts.models import AddressChange
from schools.directory.models import Area
from schools.office.frame.chips import chip, chip_of_volunteer
from schools.office.frame.list_actions import BulkPage
from schools.office.frame.list_files import Columns, columns_of_fields
from schools.office.frame.list_filters import VolunteerAreaFilter
from schools.office.frame.model_admin import HistoryAdmin, OfficeAdmin, ReadOnly, signed_in
from schools.office.frame.optimistic_forms import OfficeForm
from schools.office.frame.visibility import today, visible_rows
from schools.office.volunteers.forms import AgreementWordingForm
from schools.office.volunteers.volunteer_form import VolunteerForm
from schools.visits.models import Merge, TwoPeople
from schools.volunteers import actions
from schools.volunteers.models import (
    Accepted,
    Agreement,
    Availability,
    Away,
    Clearance,
    Conflict,
    FeedToken,
    Invitation,
    SignOff,
    Volunteer,
    VolunteerStatus,
    VolunteerStep,
)
from schools.volunteers.queries import renewal


class ClearTodayFilter(admin.SimpleListFilter):
    """A filter by whether a clear decision holds today."""

    title = "clear today"
    parameter_name = "clear"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return yes and no."""
        return [("yes", "Yes"), ("no", "No")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Return the volunteers of the chosen answer."""
        wanted = {"yes": True, "no": False}.get(self.value() or "")
        return queryset if wanted is None else queryset.filter(is_clear_today=wanted)


@admin.register(Volunteer)
class VolunteerAdmin(OfficeAdmin):
    """People who go to schools. Steps, clearances, sign-offs, half days and conflicts have forms of their own, each its verb."""

    form = VolunteerForm
    page_name = "volunteer-detail"
    list_display = ("name", "reference", "status_chip", "clear_today", "paid", "phone", "where")
    list_filter = ("status", ClearTodayFilter, VolunteerAreaFilter, "staff")
    file_columns: ClassVar[Columns] = {
        "name": lambda volunteer: volunteer.name,
        "reference": lambda volunteer: volunteer.reference,
        "status": lambda volunteer: volunteer.status,
        "clear_today": lambda volunteer: "yes" if volunteer.is_clear_today else "no",
        "paid_staff": lambda volunteer: "yes" if volunteer.staff else "no",
        "phone": lambda volunteer: str(volunteer.phone),
        "email": lambda volunteer: volunteer.mail_address,
        "areas": lambda volunteer: ", ".join(area.name for area in volunteer.areas.all()),
    }
    bulk_pages: ClassVar[dict[str, BulkPage]] = {
        "invite_these": BulkPage("Invite them to sign in…", "invite", "change_volunteer"),
    }
    search_fields = ("name", "reference", "user__email", "email")
    search_help_text = "Part of the name, reference, e-mail address or postcode; one wrong letter does no harm."

    PARTS: ClassVar[dict[str, tuple[str, ...]]] = {
        "Who they are": (
            "name",
            "user",
            "email",
            "phone",
            "share_phone",
            "mornings_by_mail",
            "emergency_contact",
            "reference",
            "staff",
        ),
        "Status": ("status", "joined", "left"),
        "Where they help": ("areas", "languages", "home_postcode", "place_of_home", "furthest_km"),
    }

    def most_likely_first(self, request: HttpRequest, rows: Any, text: str) -> Any:
        """Return volunteers of the user's own areas before others, and who has left last."""
        return rows.most_likely_first(text, signed_in(request), on=today())

    def kept_elsewhere(self, request: HttpRequest, obj: Volunteer) -> list[tuple[str, str]]:
        """Return the places on their page where each thing has its day, and who wrote it down."""
        page = self.page_of(obj)
        places = [("Each step on their way, with who wrote it down", f"{page}#steps-heading")]
        places.append(("What they are signed off for, and by whom", f"{page}#signed-heading"))
        if signed_in(request).has_perm("schools.view_clearance"):
            places.append(("Their clearances, each with its history", f"{page}#clearances"))
        return places

    @admin.display(description="status", ordering="status")
    def status_chip(self, volunteer: Volunteer) -> SafeString:
        """Return the status as a chip."""
        return chip_of_volunteer(volunteer)

    @admin.display(description="clear today", ordering="renewal")
    def clear_today(self, volunteer: Volunteer) -> SafeString:
        """Return whether a clear decision holds today, yes or no; in order, who has to be renewed first (rule 13: no dates)."""
        if volunteer.is_clear_today:  # type: ignore[attr-defined]  # read for the list
            return chip("covered", "yes")
        return chip("problem" if volunteer.status == VolunteerStatus.ACTIVE else "quiet", "no")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Refuse to filter by the order of renewal: an address that tries days one after the other would tell them."""
        return not lookup.startswith("renewal") and super().lookup_allowed(lookup, value, request)

    @admin.display(description="paid staff", ordering="staff")
    def paid(self, volunteer: Volunteer) -> str:
        """Return “paid staff” for the few who are, "" for the others."""
        return "paid staff" if volunteer.staff else ""

    @admin.display(description="areas")
    def where(self, volunteer: Volunteer) -> str:
        """Return the areas in which the volunteer helps."""
        return ", ".join(area.name for area in volunteer.areas.all())

    def get_queryset(self, request: HttpRequest) -> Any:
        """Read the areas too, for the list, and whether a decision holds today; the order of renewal is there to sort by."""
        holding = Clearance.objects.holding_on(today()).filter(volunteer=OuterRef("pk"))
        volunteers = super().get_queryset(request).select_related("user").prefetch_related("areas")
        return volunteers.annotate(is_clear_today=Exists(holding)).alias(renewal=renewal())

    @admin.display(description="place of home")
    def place_of_home(self, volunteer: Volunteer) -> str:
        """Return in words how precisely we know where the volunteer lives."""
        if volunteer.place_precision:
            return f"{volunteer.get_place_precision_display()}."
        if volunteer.easting is not None:
            return "Known, but not from the postcode."
        return "Not known: nothing is known of this postcode." if volunteer.home_postcode else "Not known: give the postcode."

    def get_readonly_fields(self, request: HttpRequest, obj: Volunteer | None = None) -> list[str]:
        """Return what the user cannot change here. Only managers change with which account a volunteer signs in."""
        for_managers = [] if signed_in(request).is_manager else ["user"]
        # The status of a stored volunteer follows from their steps.
        return ["place_of_home", *for_managers, *(["status", "left"] if obj else [])]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Redirect to the page that adds a volunteer; what the address says of their areas goes on with it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return redirect(f"{reverse('admin:volunteer-add')}?{request.GET.urlencode()}")

    def get_fieldsets(self, request: HttpRequest, obj: Volunteer | None = None) -> list[Any]:
        """Return the parts of the form, as on the page that adds a volunteer."""
        return [(heading, {"fields": list(fields)}) for heading, fields in self.PARTS.items()]

    def save_model(self, request: HttpRequest, obj: Volunteer, form: forms.ModelForm, change: bool) -> None:  # noqa: FBT001  # Django's signature
        """Store the volunteer, and place their home again if the postcode changed."""
        super().save_model(request, obj, form, change)
        if "home_postcode" in form.changed_data:
            actions.place_home(obj)

    def get_form(self, request: HttpRequest, obj: Volunteer | None = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002  # Django's signature
        """Return the form; a coordinator must choose at least one area for a volunteer."""
        form = super().get_form(request, obj, change, **kwargs)
        if "areas" in form.base_fields:
            form.base_fields["areas"].required = not signed_in(request).is_manager
        return form

    def save_related(self, request: HttpRequest, form: forms.ModelForm, formsets: Any, change: bool) -> None:  # noqa: FBT001  # Django's signature
        """Store the areas. Those that the user cannot see stay."""
        visible = visible_rows(Area.objects.all(), signed_in(request), on=today())
        unseen = list(form.instance.areas.exclude(pk__in=visible)) if change else []
        super().save_related(request, form, formsets, change)
        form.instance.areas.add(*unseen)


class VolunteerRelatedAdmin(OfficeAdmin):
    """A table whose rows belong to a volunteer."""

    list_select_related: ClassVar[Any] = ("volunteer",)
    search_fields: ClassVar[Any] = ("volunteer__name", "volunteer__reference")
    autocomplete_fields: ClassVar[Any] = ("volunteer",)
    fixed_once_made = ("volunteer",)


@admin.register(VolunteerStep)
class VolunteerStepAdmin(ReadOnly, OfficeAdmin):
    """The steps of each volunteer. They are recorded on the volunteer's page."""

    list_display = ("volunteer", "step", "day", "by")
    list_select_related = ("volunteer", "by")
    list_filter = ("step",)
    search_fields = ("volunteer__name", "volunteer__reference")
    date_hierarchy = "day"


class SignOffForm(OfficeForm):
    """A sign-off, with the day on which it ends."""

    class Meta:
        """How a sign-off is taken back, which is never deleted."""

        help_texts: ClassVar = {
            "recheck_on": "From this day on it no longer holds; blank: it has no end. To take it back, give the first day on "
            "which they no longer lead or present, such as today.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "stage" in self.fields and self.row and self.instance.stage == SignOff.Stage.SIGNED_OFF:
            # Put back to an earlier stage, it would be nothing that an import knows, and the next file would give it anew.
            self.fields["stage"].disabled = True
            self.fields["stage"].help_text = "This stays. To take the sign-off back, give its end below."


@admin.register(SignOff)
class SignOffAdmin(VolunteerRelatedAdmin):
    """The session types for which volunteers were trained, observed and signed off."""

    added_by = "by"
    form = SignOffForm
    list_display = ("volunteer", "session_type", "stage", "day", "recheck_on", "by")
    file_columns: ClassVar[Columns] = {
        "volunteer": lambda sign_off: sign_off.volunteer.name,
        "volunteer_reference": lambda sign_off: sign_off.volunteer.reference,
        "session_type": lambda sign_off: sign_off.session_type.name,
        "stage": lambda sign_off: sign_off.stage,
        "day": lambda sign_off: sign_off.day,
        "recheck_on": lambda sign_off: sign_off.recheck_on,
        "by": lambda sign_off: str(sign_off.by or ""),
    }
    list_select_related = ("volunteer", "session_type", "by")
    list_filter = ("stage", "session_type")
    fields = ("volunteer", "session_type", "stage", "day", "recheck_on")

    def save_model(self, request: HttpRequest, obj: SignOff, form: forms.ModelForm, change: bool) -> None:  # noqa: FBT001  # Django's signature
        """Store the sign-off; whoever changes it answers for it."""
        if form.has_changed():
            obj.by = signed_in(request)
        super().save_model(request, obj, form, change)


@admin.register(Availability)
class AvailabilityAdmin(VolunteerRelatedAdmin):
    """The times at which volunteers can usually come."""

    may_be_deleted = True
    list_display = ("volunteer", "weekday", "part")
    file_columns: ClassVar[Columns] = {
        "volunteer": lambda half_day: half_day.volunteer.name,
        "volunteer_reference": lambda half_day: half_day.volunteer.reference,
        "weekday": lambda half_day: half_day.get_weekday_display(),
        "part": lambda half_day: half_day.part,
    }
    list_filter = ("weekday", "part")


@admin.register(Away)
class AwayAdmin(VolunteerRelatedAdmin):
    """The days on which volunteers cannot come."""

    may_be_deleted = True
    list_display = ("volunteer", "first_day", "last_day")
    file_columns: ClassVar[Columns] = {
        "volunteer": lambda away: away.volunteer.name,
        "volunteer_reference": lambda away: away.volunteer.reference,
        "first_day": lambda away: away.first_day,
        "last_day": lambda away: away.last_day,
    }
    date_hierarchy = "first_day"


@admin.register(Conflict)
class ConflictAdmin(VolunteerRelatedAdmin):
    """The schools to which volunteers must not go."""

    may_be_deleted = True
    list_display = ("volunteer", "school")
    list_select_related = ("volunteer", "school")
    autocomplete_fields = ("volunteer", "school")


@admin.register(Invitation)
class InvitationAdmin(ReadOnly, OfficeAdmin):
    """Invitations to sign in: who got one, and whether they used it."""

    list_display = ("volunteer", "email", "sent_at", "expires_at", "used_at", "by")
    file_columns: ClassVar[Columns] = columns_of_fields("volunteer", "email", "sent_at", "expires_at", "used_at", "by")
    list_select_related = ("volunteer", "by")
    list_filter = (("used_at", admin.EmptyFieldListFilter),)
    search_fields = ("volunteer__name", "email")
    date_hierarchy = "sent_at"


@admin.register(Agreement)
class AgreementAdmin(HistoryAdmin):
    """What volunteers agree to. A version that somebody accepted stays as it is: write a new one."""

    form = AgreementWordingForm
    list_display = ("__str__", "from_day", "names_to_schools")
    file_columns: ClassVar[Columns] = columns_of_fields("version", "from_day", "names_to_schools")
    search_fields = ("text",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Make everything read-only once somebody accepted the agreement."""
        fixed = ["from_day", "text", "names_to_schools"] if obj and obj.accepted.exists() else []
        return [*super().get_readonly_fields(request, obj), *(["version"] if obj else []), *fixed]

    def get_fields(self, request: HttpRequest, obj: Agreement | None = None) -> list[Any]:
        """Return the day, the text and what it lets schools read; a stored version shows its number too."""
        return [*(["version"] if obj else []), "from_day", "text", "names_to_schools"]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Begin with the newest wording, from today on."""
        newest = Agreement.objects.order_by("-version").first()
        begin = {"text": newest.text if newest else "", "from_day": today()}
        begin["names_to_schools"] = newest is not None and newest.names_to_schools
        return begin | super().get_changeform_initial_data(request)

    def save_model(self, request: HttpRequest, obj: Agreement, form: forms.ModelForm, change: bool) -> None:  # noqa: FBT001  # Django's signature
        """Store the version; a new one gets the next number."""
        if change:
            super().save_model(request, obj, form, change)
        else:
            made = actions.publish_agreement(obj.text, from_day=obj.from_day, names_to_schools=obj.names_to_schools)
            obj.pk, obj.version = made.pk, made.version


@admin.register(Accepted)
class AcceptedAdmin(ReadOnly, OfficeAdmin):
    """Who accepted which version of the agreement, and when."""

    list_display = ("volunteer", "agreement", "at")
    list_select_related = ("volunteer", "agreement")
    list_filter = ("agreement",)
    search_fields = ("volunteer__name",)


@admin.register(Merge)
class MergeAdmin(ReadOnly, OfficeAdmin):
    """Entries of one person that were made one, by whom, and whether that was undone. A page of its own undoes them."""

    page_name = "merged"
    list_display = ("made_at", "words", "by", "undone_at")
    list_select_related = ("by",)
    list_filter = ("kind", ("undone_at", admin.EmptyFieldListFilter))
    search_fields = ("words", "by__name")
    fields = ("kind", "words", "by", "made_at", "undone_at", "undone_by", "left_alone")


@admin.register(TwoPeople)
class TwoPeopleAdmin(ReadOnly, OfficeAdmin):
    """Entries of which somebody said that they are not the same person. The page of duplicates says it and takes it back."""

    list_display = ("noted_at", "kind", "first_id", "second_id", "by")
    list_select_related = ("by",)
    list_filter = ("kind",)


@admin.register(FeedToken)
class FeedTokenAdmin(ReadOnly, OfficeAdmin):
    """Volunteers with a private calendar address. Nobody in the office can see the secret in it."""

    list_display = ("volunteer", "made_at")
    list_select_related = ("volunteer",)
    search_fields = ("volunteer__name",)


@admin.register(AddressChange)
class AddressChangeAdmin(ReadOnly, OfficeAdmin):
    """People who want to sign in with another address, and which of the two addresses has confirmed it."""

    list_display = ("user", "new_email", "asked_at", "expires_at", "old_said_yes_at", "new_said_yes_at")
    list_select_related = ("user",)
    search_fields = ("user__name", "user__email", "new_email")
