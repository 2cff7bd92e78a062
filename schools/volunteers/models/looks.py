"""Who saw a clearance: one row a page and person, which outlives the clearance (rule 13)."""

from typing import Any, NoReturn

from django.conf import settings
from django.db import NotSupportedError, models
from django.db.models import Q

from schools.core.words import local_moment


class LookPage(models.TextChoices):
    """On what page, or in what file, somebody saw a clearance."""

    LIST = "list", "The list of clearances"
    CLEARANCE = "clearance", "The page of a clearance"
    HISTORY = "history", "The history of a clearance"
    VOLUNTEER = "volunteer", "The volunteer’s page"
    GUESTS = "guests", "Who could come from another area"
    IMPORT = "import", "An import of volunteers"
    FILE = "file", "A file"
    LETTER = "letter", "A letter of assurance"
    EARLIER = "earlier", "A page of an earlier version"


class ClearanceLookQuerySet(models.QuerySet["ClearanceLook"]):
    """A selection of looks."""

    def delete(self) -> NoReturn:
        """Refuse: looks go by `delete_looks_kept_long_enough` alone. Raises NotSupportedError."""
        msg = "Looks at clearances are deleted by delete_looks_kept_long_enough alone."
        raise NotSupportedError(msg)


class ClearanceLook(models.Model):
    """That somebody saw decision, dates or reference of a volunteer's clearances on a page or in a file; never changed.

    It points to the volunteer by number alone, so that it stays when the clearance goes or two entries are made one. Triggers of
    the database refuse to change it, and to delete it before its day (schools/volunteers/triggers.py).
    """

    Page = LookPage

    # Both may be blank only because the version before, which serves while this one migrates, writes neither; see
    # `schools.volunteers.triggers.complete_looks`.
    volunteer_number = models.PositiveBigIntegerField("number of the volunteer", null=True, blank=True)
    keep_until = models.DateField(null=True, blank=True, help_text="The last day on which it is kept.")
    page = models.CharField(max_length=10, choices=LookPage.choices, default=LookPage.EARLIER, db_default=LookPage.EARLIER)
    clearance = models.BigIntegerField(
        "number of the clearance",
        db_column="clearance_id",
        null=True,
        blank=True,
        help_text="Of rows of earlier versions, which kept a row for each clearance.",
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="clearance_looks",
        help_text="Blank: the command that imports volunteers, or somebody at a school.",
    )
    # Not a foreign key: the access goes when its time is over or its person is erased, and the look stays.
    access_number = models.PositiveBigIntegerField(
        "number of the access", null=True, blank=True, help_text="By whose link somebody at a school looked."
    )
    shown_to = models.CharField(
        max_length=200, blank=True, default="", db_default="", help_text="The school, as it was called then; blank: no school."
    )
    at = models.DateTimeField()

    objects = ClearanceLookQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-pk")
        verbose_name = "look at clearances"
        verbose_name_plural = "looks at clearances"
        indexes = (
            models.Index(fields=["volunteer_number"], name="look_at_volunteer"),
            models.Index(fields=["keep_until"], name="look_kept_until"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(volunteer_number__isnull=False, keep_until__isnull=False) | Q(clearance__isnull=False),
                name="look_at_somebody",
                violation_error_message="Say at whose clearances somebody looked, and until when that is kept.",
            ),
            models.CheckConstraint(
                condition=Q(page__in=LookPage.values),
                name="look_page_known",
                violation_error_message="Choose the page from the list.",
            ),
            models.CheckConstraint(
                condition=Q(access_number=None, shown_to="") | Q(~Q(shown_to=""), by=None, access_number__isnull=False),
                name="look_by_one_way",
                violation_error_message="Say who looked: somebody who signs in, or a school with its access.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.by or self.shown_to or 'The command'} looked at volunteer {self.volunteer_number}, {local_moment(self.at)}"

    def delete(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse, as the QuerySet does. Raises NotSupportedError."""
        ClearanceLook.objects.none().delete()
