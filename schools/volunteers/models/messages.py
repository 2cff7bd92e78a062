"""Whom a message is for that is about no visit; the outbox itself knows neither volunteers nor people at schools."""

from django.db import models
from django.db.models import Q

from schools.directory.models import Contact
from schools.messages.models import OutboxMessage
from schools.volunteers.models.people import Volunteer


class MessageTo(models.Model):
    """Whom a message is for that is about no visit: a volunteer, or somebody at a school."""

    message = models.ForeignKey(OutboxMessage, on_delete=models.CASCADE, related_name="readers")
    volunteer = models.ForeignKey(Volunteer, on_delete=models.CASCADE, null=True, blank=True, related_name="messages_to")
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, null=True, blank=True, related_name="messages_to")

    class Meta:
        ordering = ("pk",)
        verbose_name = "reader of a message"
        verbose_name_plural = "readers of messages"
        constraints = (
            models.CheckConstraint(
                condition=Q(volunteer=None, contact__isnull=False) | Q(volunteer__isnull=False, contact=None),
                name="message_to_somebody",
                violation_error_message="It is for a volunteer or for somebody at a school.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.message}, for {self.volunteer or self.contact}"
