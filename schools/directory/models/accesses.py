"""The links by which somebody at a school opens their own pages, without signing in."""

from django.db import models
from django.db.models import Q

from schools.directory.models.years import Contact


class AccessPurpose(models.TextChoices):
    """What a person's links are good for."""

    VISITS = "visits", "Visits to their school"
    DATES = "dates", "Dates that were offered to their school"


class SchoolAccess(models.Model):
    """That one person at a school may open their pages by links from our mails: one row for each purpose.

    No secret is stored. A link is signed with the installation's key for this row, its generation and its address
    (schools.directory.accesses), so a copy of the database opens nothing. Raising the generation ends every link that was sent.
    """

    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, null=True, blank=True, related_name="accesses", help_text="Blank: nobody whom we know."
    )
    email = models.EmailField(help_text="The address to which the links went.")
    purpose = models.CharField(max_length=10, choices=AccessPurpose.choices)
    generation = models.PositiveIntegerField(default=0, help_text="Grows when the links are ended.")
    expires = models.DateField(help_text="The last day of the links; each mail puts it off.")
    revoked_at = models.DateTimeField(null=True, blank=True, help_text="When the links from before were ended.")
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="When somebody last sent something by a link.")

    class Meta:
        ordering = ("pk",)
        verbose_name = "access of somebody at a school"
        verbose_name_plural = "accesses of people at schools"
        indexes = (models.Index(fields=["revoked_at"], condition=Q(revoked_at__isnull=False), name="school_access_ended"),)
        constraints = (
            models.UniqueConstraint(
                fields=["contact", "purpose"],
                name="school_access_once",
                violation_error_message="This person has such an access already.",
            ),
            models.CheckConstraint(
                condition=Q(purpose__in=AccessPurpose.values),
                name="school_access_purpose_known",
                violation_error_message="Choose what the access is good for.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.contact or self.email}: {self.get_purpose_display().lower()}"
