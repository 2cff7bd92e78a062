"""Days on which somebody else stands in for a coordinator."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from schools.accounts.models import Role
from schools.core.words import days_between
from schools.directory.models.areas import days_in_order


class StandInQuerySet(models.QuerySet["StandIn"]):
    """Stand-ins, narrowed by filters that chain in any order."""

    def on(self, day: date) -> "StandInQuerySet":
        """Those of the day."""
        return self.between(day, day)

    def between(self, first: date, last: date) -> "StandInQuerySet":
        """Those of at least one of these days, both included."""
        return self.filter(from_day__lte=last, to_day__gte=first)

    def able(self) -> "StandInQuerySet":
        """Those by somebody who may still sign in and look after visits."""
        looks_after = Q(stand_in__is_superuser=True) | Q(stand_in__groups__name__in=(Role.MANAGER.value, Role.COORDINATOR.value))
        return self.filter(looks_after, stand_in__is_active=True, stand_in__is_staff=True).distinct()


class StandIn(models.Model):
    """Days, both included, on which a colleague stands in for a coordinator; it gives the colleague no right.

    The actions keep two rows of a coordinator from overlapping, and somebody who is away from standing in, under a lock.
    """

    coordinator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="stand_ins", help_text="Who is away."
    )
    stand_in = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="stands_in")
    from_day = models.DateField()
    to_day = models.DateField()

    objects = StandInQuerySet.as_manager()

    class Meta:
        ordering = ("from_day", "pk")
        verbose_name = "stand-in"
        constraints = (
            days_in_order("stand_in_days_in_order"),
            models.CheckConstraint(
                condition=~Q(coordinator=F("stand_in")),
                name="stand_in_somebody_else",
                violation_error_message="Nobody stands in for themselves. Choose somebody else.",
            ),
            models.UniqueConstraint(
                fields=["coordinator", "from_day"],
                name="stand_in_once_from_a_day",
                violation_error_message="Somebody stands in from that day on already.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.stand_in} for {self.coordinator}, {days_between(self.from_day, self.to_day)}"
