"""What people were called and reached by before, and the register of those who were erased."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from schools.core.words import local_day


class EarlierValue(models.Model):
    """A name, an address or a phone that somebody had before; a trigger of the database writes it when it changes.

    Without it nobody could find what still names the person by it. It goes when they are erased.
    """

    table = models.CharField(max_length=40, help_text="volunteer, user or contact.")
    row = models.PositiveBigIntegerField("number of the row")
    column = models.CharField(max_length=40)
    value = models.TextField()

    class Meta:
        ordering = ("pk",)
        verbose_name = "earlier value"
        indexes = (models.Index(fields=["table", "row"], name="earlier_value_of_row"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(table__in=["volunteer", "user", "contact"]),
                name="earlier_value_of_person",
                violation_error_message="It belongs to a volunteer, a sign-in or somebody at a school.",
            ),
        )

    def __str__(self) -> str:
        return f"Earlier {self.column} of {self.table} {self.row}"


class PersonKind(models.TextChoices):
    """Of which table somebody is."""

    VOLUNTEER = "volunteer", "Volunteer"
    CONTACT = "contact", "Somebody at a school"
    STAFF = "staff", "Somebody of the office"
    REQUESTER = "requester", "Somebody who asked for a visit"
    TRUSTEE = "trustee", "Trustee"


class Erasure(models.Model):
    """That somebody was erased: the reference, when, by whom, and the sheet that says what became of what. It holds no name."""

    Kind = PersonKind

    kind = models.CharField(max_length=10, choices=PersonKind.choices)
    reference = models.CharField(max_length=40, help_text="P7K2QX of a volunteer, contact:12 and the like of others.")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="erasures")
    sheet = models.JSONField(default=dict, blank=True, help_text="Rows by table and what became of them, and what was decided.")

    objects: ClassVar[models.Manager["Erasure"]] = models.Manager()

    class Meta:
        ordering = ("-at", "-pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=PersonKind.values),
                name="erasure_kind_known",
                violation_error_message="Choose of which kind the person was.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.reference}, {local_day(self.at)}"

    @property
    def references(self) -> list[str]:
        """Return all references by which they are listed, merged entries and requests too; older sheets know the first alone."""
        return list(dict.fromkeys([self.reference, *self.sheet.get("references", ())]))
