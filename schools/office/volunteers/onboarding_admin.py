"""How volunteers come in: invitations, the agreement and who accepted it, calendar addresses, changes of address."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from schools.accounts.models import AddressChange
from schools.office.frame.model_admin import OfficeAdmin, ReadOnly
from schools.volunteers.models import Accepted, Agreement, FeedToken, Invitation


@admin.register(Invitation)
class InvitationAdmin(ReadOnly, OfficeAdmin):
    """Who was sent a way in, and whether they used it."""

    list_display = ("volunteer", "email", "sent_at", "expires_at", "used_at", "by")
    list_select_related = ("volunteer", "by")
    list_filter = (("used_at", admin.EmptyFieldListFilter),)
    search_fields = ("volunteer__name", "email")
    date_hierarchy = "sent_at"


@admin.register(Agreement)
class AgreementAdmin(OfficeAdmin):
    """What volunteers promise. A version that somebody accepted stays as it is: write a new one."""

    list_display = ("version", "from_day")
    search_fields = ("text",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Everything, once somebody accepted it."""
        fixed = ["version", "from_day", "text"] if obj and obj.accepted.exists() else []
        return [*super().get_readonly_fields(request, obj), *fixed]


@admin.register(Accepted)
class AcceptedAdmin(ReadOnly, OfficeAdmin):
    """Who accepted which version, when."""

    list_display = ("volunteer", "agreement", "at")
    list_select_related = ("volunteer", "agreement")
    list_filter = ("agreement",)
    search_fields = ("volunteer__name",)


@admin.register(FeedToken)
class FeedTokenAdmin(ReadOnly, OfficeAdmin):
    """Who has an address for their calendar; the secret in it is known to nobody here."""

    list_display = ("volunteer", "made_at")
    list_select_related = ("volunteer",)
    search_fields = ("volunteer__name",)


@admin.register(AddressChange)
class AddressChangeAdmin(ReadOnly, OfficeAdmin):
    """Who wants to sign in with another address, and which end has said yes."""

    list_display = ("user", "new_email", "asked_at", "expires_at", "old_said_yes_at", "new_said_yes_at")
    list_select_related = ("user",)
    search_fields = ("user__name", "user__email", "new_email")
