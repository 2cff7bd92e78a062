"""The outbox."""

from django.contrib import admin

from schools.messages.models import OutboxMessage
from schools.office.frame.model_admin import OfficeAdmin, ReadOnly


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnly, OfficeAdmin):
    """What was sent to whom, and what could not be."""

    list_display = ("subject", "to", "created_at", "sent_at", "attempts", "last_error")
    list_filter = (("sent_at", admin.EmptyFieldListFilter),)
    search_fields = ("to", "subject")
    date_hierarchy = "created_at"
    fields = ("key", "to", "subject", "text", "created_at", "sent_at", "attempts", "next_try", "last_error")
    readonly_fields = ("text",)

    @admin.display(description="body")
    def text(self, message: OutboxMessage) -> str:
        """What was written; not where it lets somebody in."""
        return message.body if message.expires_at is None else "(It lets somebody in, so it is not shown.)"
