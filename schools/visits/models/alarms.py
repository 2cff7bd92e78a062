"""What a school said on the day of a visit that cannot wait: that nobody has come, or that it must call off."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from schools.core.words import long_day
from schools.directory.models import SchoolAccess
from schools.visits.models.visits import Visit


class AlarmWhat(models.TextChoices):
    """What a school can say on the day."""

    NOBODY = "nobody", _("Nobody has come")
    CALL_OFF = "call_off", _("We must call off")


class SchoolAlarmQuerySet(models.QuerySet["SchoolAlarm"]):
    """A selection of alarms."""

    def standing(self) -> "SchoolAlarmQuerySet":
        """Alarms that the school has not taken back."""
        return self.filter(over_at=None)

    def calling_off(self) -> "SchoolAlarmQuerySet":
        """Alarms by which a school calls a day off, and that it has not taken back."""
        return self.standing().filter(what=AlarmWhat.CALL_OFF)

    def of_days_from(self, day: date) -> "SchoolAlarmQuerySet":
        """Alarms about that day, or a later one."""
        return self.filter(day__gte=day)


class SchoolAlarm(models.Model):
    """What a host said about one day of its visit that cannot wait; of each kind one stands at a time, until it is taken back.

    It changes neither visit nor session: the coordinator and everybody on the way are told at once, and the office decides.
    """

    What = AlarmWhat

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="alarms")
    day = models.DateField(help_text="The day of the visit that it is about.")
    what = models.CharField(max_length=8, choices=AlarmWhat.choices)
    given_by = models.CharField(max_length=150, help_text="Who said it, by their own word: mailboxes are shared.")
    access = models.ForeignKey(
        SchoolAccess, on_delete=models.SET_NULL, null=True, blank=True, related_name="alarms", help_text="By whose link."
    )
    at = models.DateTimeField()
    over_at = models.DateTimeField(null=True, blank=True, help_text="When the school took it back; blank: it stands.")
    over_by = models.CharField(max_length=150, blank=True, help_text="Who took it back, by their own word.")
    seen_at = models.DateTimeField(null=True, blank=True, help_text="When somebody in the office saw to it.")
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="alarms_seen"
    )

    is_to_take_place: bool
    """Whether something of its day is still to take place; set by queries.school_alarms.with_to_take_place."""

    objects = SchoolAlarmQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-pk")
        verbose_name = "alarm of a school"
        verbose_name_plural = "alarms of schools"
        indexes = (
            models.Index(fields=["visit"], condition=Q(over_at=None, seen_at=None), name="school_alarm_to_see"),
            models.Index(fields=["day"], name="school_alarm_day"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["visit", "day", "what"],
                condition=Q(over_at=None),
                name="school_alarm_stands_once",
                violation_error_message="The school has said this already, and it stands.",
            ),
            models.CheckConstraint(
                condition=Q(what__in=AlarmWhat.values),
                name="school_alarm_what_known",
                violation_error_message="Choose what the school says.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_what_display()}, {long_day(self.day)}"
