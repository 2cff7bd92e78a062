"""Terms: the days on which schools of an authority, or of a nation, are open."""

from datetime import date

from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from schools.core.nations import Nation
from schools.directory.models.areas import Authority


class TermQuerySet(models.QuerySet["Term"]):
    """Terms, narrowed by filters that chain in any order."""

    def around(self, days: tuple[date, date]) -> "TermQuerySet":
        """Terms that share a day with the period from the first to the last of the two days."""
        first, last = days
        return self.filter(first_day__lte=last, last_day__gte=first)


class Term(models.Model):
    """Days on which schools are open, first and last included; an authority's own terms replace its nation's."""

    nation = models.CharField(max_length=20, choices=Nation.choices)
    authority = models.ForeignKey(
        Authority, on_delete=models.CASCADE, null=True, blank=True, related_name="terms", help_text="Blank: the whole nation."
    )
    name = models.CharField(max_length=60, help_text="Such as autumn term, first half.")
    first_day = models.DateField()
    last_day = models.DateField()

    objects = TermQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ("nation", "authority__name", "first_day")
        constraints = (
            models.CheckConstraint(
                condition=Q(nation__in=Nation.values),
                name="term_nation_known",
                violation_error_message="Choose one of the nations.",
            ),
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")),
                name="term_days_in_order",
                violation_error_message="The last day must not be before the first day.",
            ),
            models.UniqueConstraint(
                fields=["authority", "first_day"],
                condition=Q(authority__isnull=False),
                name="term_once_in_authority",
                violation_error_message="The authority has a term that begins on that day already.",
            ),
            models.UniqueConstraint(
                fields=["nation", "first_day"],
                condition=Q(authority=None),
                name="term_once_in_nation",
                violation_error_message="The nation has a term that begins on that day already.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name}, {self.authority or self.get_nation_display()}"
