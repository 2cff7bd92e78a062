"""When and where a volunteer can come: half days of the week, days away, and schools that they must not go to."""

from django.db import models
from django.db.models import F, Q

from schools.core.words import days_between
from schools.directory.models import School
from schools.volunteers.models.people import Volunteer


class PartOfDay(models.TextChoices):
    """Half a school day; the morning ends at noon."""

    MORNING = "morning", "Morning"
    AFTERNOON = "afternoon", "Afternoon"


class Availability(models.Model):
    """A half day of the week on which somebody can usually come; somebody without any rows counts as always available."""

    PartOfDay = PartOfDay

    volunteer = models.ForeignKey(Volunteer, on_delete=models.CASCADE, related_name="availabilities", db_index=False)
    weekday = models.PositiveSmallIntegerField(
        choices=[
            (0, "Monday"),
            (1, "Tuesday"),
            (2, "Wednesday"),
            (3, "Thursday"),
            (4, "Friday"),
            (5, "Saturday"),
            (6, "Sunday"),
        ]
    )
    part = models.CharField(max_length=10, choices=PartOfDay.choices)

    class Meta:
        ordering = ("volunteer", "weekday", "part")
        verbose_name_plural = "availabilities"
        constraints = (
            models.UniqueConstraint(
                fields=["volunteer", "weekday", "part"],
                name="availability_once",
                violation_error_message="This half day is there already.",
            ),
            models.CheckConstraint(
                condition=Q(weekday__lte=6) & Q(part__in=PartOfDay.values),
                name="availability_choices_known",
                violation_error_message="Choose a weekday and morning or afternoon.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.get_part_display().lower()}"


class Away(models.Model):
    """Days on which somebody cannot come, both ends included."""

    volunteer = models.ForeignKey(Volunteer, on_delete=models.CASCADE, related_name="aways")
    first_day = models.DateField()
    last_day = models.DateField()

    class Meta:
        ordering = ("volunteer", "first_day")
        verbose_name = "time away"
        verbose_name_plural = "times away"
        constraints = (
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")),
                name="away_days_in_order",
                violation_error_message="The last day away must not be before the first.",
            ),
        )

    def __str__(self) -> str:
        return days_between(self.first_day, self.last_day)


class Conflict(models.Model):
    """A school that a volunteer must not go to, such as their child's or their employer. The reason is not stored."""

    volunteer = models.ForeignKey(Volunteer, on_delete=models.CASCADE, related_name="conflicts", db_index=False)
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="conflicts")

    class Meta:
        ordering = ("volunteer", "school")
        constraints = (
            models.UniqueConstraint(
                fields=["volunteer", "school"],
                name="conflict_once",
                violation_error_message="This conflict is known already.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.volunteer} not at {self.school}"
