"""The admin lists of people who sign in, of their roles, and of mail."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from schools.accounts import actions
from schools.accounts.models import OfficeFeed, Role, User
from schools.accounts.rules import reasons_not_to_change
from schools.core.words import joined
from schools.directory.actions.areas import name_for_areas
from schools.directory.models import Area, SchoolAccess
from schools.erasing.models import EarlierValue, Erasure
from schools.keeping.models import PurgeRun, SubjectAccess
from schools.messages.kinds import all_kinds, kind_of
from schools.messages.masking import subject_to_show, text_to_show
from schools.messages.models import MailPace, OutboxMessage, SuppressedAddress
from schools.office.frame.fields import RowsField
from schools.office.frame.list_files import Columns
from schools.office.frame.list_filters import ScopedRelatedFilter
from schools.office.frame.model_admin import OfficeAdmin, ReadOnly, signed_in
from schools.office.frame.optimistic_forms import OfficeForm
from schools.office.frame.visibility import today
from schools.recovery.models import Recovery, RecoveryStep, Trustee
from schools.visits.models import MessageAbout
from schools.volunteers.actions import add_person, give_role, lock_volunteer_of
from schools.volunteers.models import MessageTo


class UserForm(OfficeForm):
    """A person and their role."""

    role = forms.ChoiceField(choices=Role.choices, help_text="All but volunteers may open the office.")

    class Meta:
        model = User
        fields = ("name", "email", "phone", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and self.instance.roles:
            self.initial["role"] = min(self.instance.roles)

    def clean(self) -> Any:
        """Refuse to take the last manager away."""
        data = super().clean() or {}
        if self.instance.pk and "role" in data:
            for reason in reasons_not_to_change(self.instance, data["role"], may_sign_in=data["is_active"]):
                self.add_error(None, reason)
        return data


class NewUserForm(UserForm):
    """The form of a new person. No role is chosen beforehand, so that nobody becomes a manager by mistake."""

    class Meta:
        model = User
        fields = ("name", "email", "phone")
        help_texts: ClassVar[Any] = {"email": "They sign in with it. A mail goes there that says how."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs["autofocus"] = True
        self.fields["role"] = forms.ChoiceField(
            choices=[("", "Choose a role"), *Role.choices],
            help_text="All but volunteers may open the office. A volunteer is better added under Volunteers and invited there: "
            "this form makes a sign-in alone.",
            error_messages={"required": "Choose a role. It decides what they see."},
        )

    areas = RowsField(
        Area.objects.filter(automatic=False).order_by("name", "pk"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="What a coordinator looks after from today on, beside whoever does already.",
        error_messages={"invalid_choice": "Choose from the list."},
    )

    def clean(self) -> Any:
        """Refuse areas of somebody who may not look after any."""
        data = super().clean() or {}
        if data.get("areas") and data.get("role") and data["role"] not in LOOK_AFTER_AREAS:
            self.add_error("areas", "Only coordinators and managers look after areas. Choose that role, or untick the areas.")
        return data


LOOK_AFTER_AREAS = {Role.COORDINATOR.value, Role.MANAGER.value}


def _next(role: Role, *, has_areas: bool) -> str:
    """Return what to do after adding somebody in the role; `has_areas` says whether the charity has cut its work into areas."""
    if role != Role.COORDINATOR:
        return ""
    if not has_areas:
        return " Next: add the area that they look after."
    return " Next: name them on the page of the area that they look after."


def _has_areas() -> bool:
    return Area.objects.filter(automatic=False).exists()


class RoleFilter(ScopedRelatedFilter):
    """The filter by role, under the name of its column: Django would call it by the table of roles."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "role"


@admin.register(User)
class UserAdmin(OfficeAdmin):
    """People who sign in. Nobody is deleted: untick “may sign in” instead."""

    list_display = ("name", "email", "role", "is_active")
    file_columns: ClassVar[Columns] = {
        "name": lambda user: user.name,
        "email": lambda user: user.email,
        "role": lambda user: ", ".join(group.name for group in user.groups.all()),
        "may_sign_in": lambda user: "yes" if user.is_active else "no",
    }
    list_filter = (("groups", RoleFilter), "is_active")
    search_fields = ("name", "email")
    form = UserForm

    @admin.display(description="role")
    def role(self, user: User) -> str:
        """Return the groups that the person is in."""
        return ", ".join(group.name for group in user.groups.all())

    def get_queryset(self, request: HttpRequest) -> Any:
        """Read the groups too, for the list."""
        return super().get_queryset(request).prefetch_related("groups")

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002  # Django's signature
        """Return the form; that of a new person has no “may sign in”."""
        return super().get_form(request, obj, change, **({} if obj else {"form": NewUserForm}) | kwargs)

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Return the boxes; areas are not asked for before there are some."""
        fields = super().get_fields(request, obj)
        return [name for name in fields if name != "areas" or _has_areas()]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """Keep the address of a stored person as it is: they sign in with it, and it was verified."""
        return ["email"] if obj else []

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Return whether an address may filter by it: no lookup reads the hash of a password letter by letter."""
        return lookup.partition("__")[0] != "password" and super().lookup_allowed(lookup, value, request)

    def lock_row(self, pk: int) -> None:
        """Hold volunteer, managers and person: of two who take the role from each other, one keeps it."""
        lock_volunteer_of(pk)
        actions.lock_managers(pk)
        super().lock_row(pk)

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:  # noqa: FBT001  # Django's signature
        """Add the person, or change name, role, and whether they may sign in."""
        role = Role(form.cleaned_data["role"])
        if change:
            super().save_model(request, obj, form, change)
            is_switched = "is_active" in form.changed_data
            if is_switched:
                actions.end_sessions([obj.pk])
            if give_role(obj, role, now=timezone.now(), comes_back=is_switched and obj.is_active):
                messages.info(request, f"{obj} has left as a volunteer, so they can no longer sign in.")
        else:
            user = add_person(obj.email, obj.name, role=role, by=signed_in(request))
            actions.set_phone(user, form.cleaned_data["phone"])
            obj.pk = user.pk
            obj.refresh_from_db()
            areas = list(form.cleaned_data["areas"])
            name_for_areas(user, areas, from_day=today())
            names = joined(area.name for area in areas)
            then = f" From today on they look after {names}." if areas else _next(role, has_areas=_has_areas())
            messages.info(request, f"A mail to {obj.email} says how to sign in.{then}")

    def response_add(self, request: HttpRequest, obj: User, post_url_continue: str | None = None) -> HttpResponse:
        """Go on to the form of an area after the first coordinator of a charity that has none."""
        response = super().response_add(request, obj, post_url_continue)
        goes_on = "_save" in request.POST and obj.is_coordinator and not _has_areas()
        return redirect("admin:area-add") if goes_on else response

    def _for_managers(self, request: HttpRequest) -> bool:
        return signed_in(request).is_manager

    def has_view_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Allow managers only."""
        return self._for_managers(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Allow managers only."""
        return self._for_managers(request)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Allow managers only."""
        return self._for_managers(request)


@admin.register(Group)
class GroupAdmin(ReadOnly, OfficeAdmin):
    """The four roles. The program sets their permissions, so nothing is changed here."""

    list_display = ("name",)
    fields = ("name",)
    search_fields = ("name",)

    def has_view_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Allow managers only."""
        return signed_in(request).is_manager

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the groups on the home page to managers. Django would ask for a permission of its own app instead."""
        return signed_in(request).is_manager


@admin.register(MessageAbout)
class MessageAboutAdmin(ReadOnly, OfficeAdmin):
    """What volunteers and schools were told about visits, and by which mail."""

    list_display = ("visit", "volunteer", "school", "known_by", "is_reminder", "at")
    list_select_related = ("visit__school", "volunteer", "school")
    list_filter = ("known_by", "is_reminder")


@admin.register(OfficeFeed)
class OfficeFeedAdmin(ReadOnly, OfficeAdmin):
    """People whose own calendar reads the visits of their areas. Nobody can see the secret in the address."""

    list_display = ("user", "made_at")
    list_select_related = ("user",)
    search_fields = ("user__name",)


@admin.register(MessageTo)
class MessageToAdmin(ReadOnly, OfficeAdmin):
    """Whom messages are for that are about no visit."""

    list_display = ("message", "volunteer", "contact")
    list_select_related = ("message", "volunteer", "contact__school")


@admin.register(SchoolAccess)
class SchoolAccessAdmin(ReadOnly, OfficeAdmin):
    """Who at a school has links to the school’s own pages. Nobody can see a link here."""

    list_display = ("contact", "purpose", "expires", "revoked_at", "last_used_at")
    list_select_related = ("contact__school",)
    list_filter = ("purpose",)
    search_fields = ("contact__name",)


class KindFilter(admin.SimpleListFilter):
    """Mail of one kind."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the kinds, each with whom it is for."""
        return [(kind.name, f"{kind.words}, to {kind.audience}") for kind in all_kinds()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Return the messages of the chosen kind."""
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnly, OfficeAdmin):
    """Mail and SMS: what was sent to whom, and what could not be sent."""

    list_display = ("subject_shown", "to", "channel", "kind_in_words", "created_at", "sent_at", "attempts", "last_error")
    list_filter = (("sent_at", admin.EmptyFieldListFilter), "channel", KindFilter)
    search_fields = ("to",)
    date_hierarchy = "created_at"
    fields = (
        "key_shown", "kind_in_words", "to", "subject_shown", "text", "created_at", "sent_at", "attempts", "next_try",
        "last_error", "message_id", "stopped_at", "stopped_by", "left_at", "channel", "beside", "arrived_at",
    )  # fmt: skip
    readonly_fields = ("key_shown", "kind_in_words", "subject_shown", "text")

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Return whether an address may filter by it: not by what is in a message, which may be its reader's alone."""
        words = {"key", "subject", "body", "attached", "attached_name"}
        return lookup.partition("__")[0] not in words and super().lookup_allowed(lookup, value, request)

    @admin.display(description="subject")
    def subject_shown(self, message: OutboxMessage) -> str:
        """Return the subject; of a message that is its reader's alone, what the office calls the kind."""
        return subject_to_show(message)

    @admin.display(description="key")
    def key_shown(self, message: OutboxMessage) -> str:
        """Return the key, which holds the facts; of a message that is its reader's alone, the name of its kind."""
        kind = kind_of(message)
        return kind.name if kind is not None and kind.is_private else message.key

    @admin.display(description="kind", ordering="kind")
    def kind_in_words(self, message: OutboxMessage) -> str:
        """Return what the office calls the kind, and when its messages go; a direct one goes as it is written."""
        kind = kind_of(message)
        return f"{kind.words} ({kind.when})" if kind else "Direct"

    @admin.display(description="body")
    def text(self, message: OutboxMessage) -> str:
        """Return the text of the message without the secrets in it."""
        return text_to_show(message)


@admin.register(SuppressedAddress)
class SuppressedAddressAdmin(ReadOnly, OfficeAdmin):
    """Addresses to which mail does not go, or did not for a time; what is to be done about them is on a page of its own."""

    list_display = ("address_in_words", "reason", "since", "words", "lifted_at", "lifted_why")
    list_filter = ("reason", ("lifted_at", admin.EmptyFieldListFilter))
    search_fields = ("address",)

    @admin.display(description="address", ordering="address")
    def address_in_words(self, row: SuppressedAddress) -> str:
        """Return the address; of who was erased, that they wanted nothing more sent."""
        return str(row)


@admin.register(MailPace)
class MailPaceAdmin(ReadOnly, OfficeAdmin):
    """How fast mail goes."""

    list_display = ("__str__", "paused_until")


@admin.register(Erasure)
class ErasureAdmin(ReadOnly, OfficeAdmin):
    """Who was erased, by reference; the page of erased people has the sheets."""

    list_display = ("reference", "kind", "at", "by")
    list_select_related = ("by",)
    list_filter = ("kind",)


@admin.register(EarlierValue)
class EarlierValueAdmin(ReadOnly, OfficeAdmin):
    """What people were called and reached by before, kept so that it is found when they are erased."""

    list_display = ("table", "row", "column", "value")


@admin.register(SubjectAccess)
class SubjectAccessAdmin(ReadOnly, OfficeAdmin):
    """Who asked what is held on them, by reference, and by which two steps they were known; a page of its own gives the files."""

    page_name = "held-request"
    list_display = ("reference", "kind", "asked_on", "first_check", "second_check", "by", "given_at")
    list_select_related = ("by",)
    list_filter = ("kind", ("given_at", admin.EmptyFieldListFilter))


@admin.register(PurgeRun)
class PurgeRunAdmin(ReadOnly, OfficeAdmin):
    """Purges of what was kept long enough; the page of periods shows the last one."""

    list_display = ("started_at", "finished_at", "removed")


@admin.register(Recovery)
class RecoveryAdmin(ReadOnly, OfficeAdmin):
    """Who was let in again, or is to be; a page of its own has every step, and its buttons."""

    page_name = "locked-out-request"
    list_display = ("user", "lost", "why", "asked_by", "asked_at", "takes_effect_at", "outcome")
    list_select_related = ("user", "asked_by")
    list_filter = ("lost", "outcome")
    search_fields = ("user__name",)


@admin.register(RecoveryStep)
class RecoveryStepAdmin(ReadOnly, OfficeAdmin):
    """Every step by which somebody was let in again: what, when, who and how."""

    list_display = ("recovery", "kind", "how", "by", "trustee", "at")
    list_select_related = ("recovery__user", "by", "trustee")
    list_filter = ("kind", "how")


@admin.register(Trustee)
class TrusteeAdmin(ReadOnly, OfficeAdmin):
    """People outside of the office who may agree; they are named and ended on a page of their own."""

    list_display = ("__str__", "email", "named_by", "named_at", "said_yes_at", "ended_at")
    list_select_related = ("named_by",)
    list_filter = (("ended_at", admin.EmptyFieldListFilter),)
