"""What looks wrong in the data, and was confirmed to be right all the same."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q

from schools.accounts.models import User
from schools.directory.models import Area


class DoubtKind(models.TextChoices):
    """One kind of thing that looks wrong."""

    ROLL = "roll", "More pupils than on roll"
    EXPECTED = "expected", "Far from the number expected"
    SCHOOL = "school", "Far from the school’s own number"
    NO_COVER = "no_cover", "Delivered by nobody"
    NO_OUTCOME = "no_outcome", "No outcome after a week"
    OVERLAP = "overlap", "One person at two sessions at once"
    CHAIN = "chain", "A school closed and another opened at its postcode"
    FEEDER = "feeder", "A junior school without the infant school that feeds it"


class ConfirmedQuerySet(models.QuerySet["Confirmed"]):
    """A selection of confirmed doubts."""

    def for_user(self, user: User, *, on: date) -> "ConfirmedQuerySet":
        """Confirmed doubts that the user may see: managers all, coordinators those of their areas, others none."""
        if user.is_manager:
            return self.all()
        return self.filter(area__in=Area.objects.coordinated_by(user, on=on)) if user.is_coordinator else self.none()


class Confirmed(models.Model):
    """Somebody's word that what looks wrong is right, and why; it holds as long as the rows behind it stay as they were."""

    kind = models.CharField(max_length=10, choices=DoubtKind.choices)
    subject = models.CharField(max_length=100, help_text="The rows that it is about, by their ids.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of what these rows said.")
    area = models.ForeignKey(Area, on_delete=models.CASCADE, null=True, blank=True, related_name="confirmed")
    words = models.CharField(max_length=500, help_text="What looked wrong.")
    reason = models.CharField(max_length=500, help_text="Why it is right.")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="confirmed")

    objects = ConfirmedQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-pk")
        verbose_name = "confirmed doubt"
        constraints = (
            models.UniqueConstraint(
                fields=["kind", "subject"],
                name="confirmed_once",
                violation_error_message="This is confirmed already. Take the earlier word back first.",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=DoubtKind.values),
                name="confirmed_kind_known",
                violation_error_message="Choose what looks wrong from the list.",
            ),
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="confirmed_says_why",
                violation_error_message="Say why it is right.",
            ),
        )

    def __str__(self) -> str:
        return self.words

    @property
    def mark(self) -> str:
        """A short text that differs where somebody has confirmed it anew since."""
        return f"{self.pk}-{self.by_id}-{self.at.timestamp()}"
