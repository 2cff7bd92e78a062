"""The outbox."""

from django.contrib import admin

from schools.messages.models import OutboxMessage
from schools.office.admin.base import OfficeAdmin, ReadOnly


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnly, OfficeAdmin):
    """What was sent to whom, and what could not be."""

    list_display = ("subject", "to", "created_at", "sent_at", "attempts", "last_error")
    list_filter = (("sent_at", admin.EmptyFieldListFilter),)
    search_fields = ("to", "subject")
    date_hierarchy = "created_at"
