"""Templates of visits: which sessions a booking has, before anybody knows the school and the day."""

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from schools.programme.models import SessionType


class VisitTemplate(models.Model):
    """A kind of visit that is booked again and again. Built-in ones have a slug; managers change them and add others."""

    slug = models.SlugField(unique=True, null=True, blank=True, editable=False, help_text="Of a built-in template.")
    name = models.CharField(max_length=80, unique=True, error_messages={"unique": "Another template has this name."})
    note = models.CharField(max_length=200, blank=True, help_text="For which schools it is meant.")
    active = models.BooleanField(default=True, help_text="Untick it instead of deleting it.")

    history = HistoricalRecords(use_base_model_db=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class VisitTemplateLine(models.Model):
    """The sessions of one type in a template: the day of the visit, the start, and the most pupils in each."""

    template = models.ForeignKey(VisitTemplate, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField(default=1)
    type = models.ForeignKey(SessionType, on_delete=models.PROTECT, related_name="template_lines")
    days_later = models.PositiveSmallIntegerField(default=0, help_text="Days after the visit's first day; 7 is a week later.")
    starts = models.TimeField(null=True, blank=True, help_text="Blank: after the session before it.")
    window_days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Online only: in how many days the school may show it."
    )
    most_pupils = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="More pupils than this are divided over several sessions. Blank: the type's largest group, else everybody.",
    )

    history = HistoricalRecords(use_base_model_db=True)

    class Meta:
        ordering = ("template", "position", "pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(days_later__lte=365),
                name="visit_template_line_within_a_year",
                violation_error_message="A visit's days lie within one year.",
            ),
            models.CheckConstraint(
                condition=Q(window_days=None) | Q(window_days__gte=1, window_days__lte=120),
                name="visit_template_line_window_believable",
                violation_error_message="A window has 1 to 120 days.",
            ),
            models.CheckConstraint(
                condition=Q(most_pupils=None) | Q(most_pupils__gte=1),
                name="visit_template_line_most_pupils_believable",
                violation_error_message="A session has at least one pupil.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.type}, {self.template}"
