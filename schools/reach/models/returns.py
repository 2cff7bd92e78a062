"""Returns: the figures of an area's period as they were signed off, the rows behind them, and what was restated later."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from schools.accounts.models import User
from schools.core.words import local_moment
from schools.directory.models import Area
from schools.visits.models import ClosedPeriod, Session


class ReturnQuerySet(models.QuerySet["Return"]):
    """A selection of returns."""

    def closed(self) -> "ReturnQuerySet":
        """Returns that a manager closed: nothing of them changes any more."""
        return self.filter(closed_at__isnull=False)

    def for_user(self, user: User, *, on: date) -> "ReturnQuerySet":
        """Returns that the user may see: managers and analysts all, coordinators those of their areas, others none."""
        return self.filter(area__in=Area.objects.for_user(user, on=on))


class Return(models.Model):
    """An area's period, signed off by its coordinator and then closed by a manager.

    Names and figures are kept as they were: what is exported from a closed return is always the same.
    """

    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="returns")
    area_name = models.CharField(max_length=100, help_text="As it was when the return was signed off.")
    period = models.CharField(max_length=40, help_text="As it was asked for, such as 2025/26.")
    first_day = models.DateField()
    last_day = models.DateField()
    sentence = models.TextField(help_text="What the figures say in words.")
    figures = models.JSONField(help_text="Columns and rows of the area by authority, the total last.")
    definitions = models.PositiveSmallIntegerField(help_text="The version of the figures' definitions.")
    renderer = models.PositiveSmallIntegerField(help_text="The version of the code that writes the files.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of both files.")
    evidence = models.JSONField(
        null=True, blank=True,
        help_text="What the figures rest on besides the lines: places, schools, rolls, links. Blank: it was not kept.",
    )  # fmt: skip
    live = models.JSONField(
        null=True, blank=True,
        help_text="The whole area’s figures by column as they were known last. Blank: as signed off; nothing moved them yet.",
    )  # fmt: skip
    signed_off_at = models.DateTimeField()
    signed_off_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="returns_signed_off")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="returns_closed"
    )
    closed_period = models.OneToOneField(
        ClosedPeriod, on_delete=models.PROTECT, null=True, blank=True, related_name="signed_return"
    )

    objects = ReturnQuerySet.as_manager()

    class Meta:
        ordering = ("-last_day", "area_name", "pk")
        permissions = (
            ("sign_off_return", "Can sign off a return of their areas"),
            ("close_return", "Can close a return and restate it"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["area", "first_day", "last_day"],
                name="return_once",
                violation_error_message="This area has a return for this period already. Open that one.",
            ),
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")),
                name="return_days_in_order",
                violation_error_message="The last day must not be before the first day.",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, closed_by=None, closed_period=None)
                | Q(closed_at__isnull=False, closed_by__isnull=False, closed_period__isnull=False),
                name="return_closed_by_somebody",
                violation_error_message="A closed return says who closed it, when, and which period it locks.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.area_name}, {self.period}"

    @property
    def is_closed(self) -> bool:
        """Whether it is closed, so that nothing of it changes any more."""
        return self.closed_at is not None


class ReturnRow(models.Model):
    """A line behind a return's figures: a session, or a guest school in it, as it was."""

    of_return = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="rows", db_index=False)
    position = models.PositiveIntegerField()
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="return_rows")
    cells = models.JSONField(help_text="The cells of the session file's line.")

    class Meta:
        ordering = ("of_return", "position")
        constraints = (
            models.UniqueConstraint(
                fields=["of_return", "position"],
                name="return_row_once",
                violation_error_message="The return has a line at this position already.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.of_return}, line {self.position}"


class Restatement(models.Model):
    """A manager's change of an outcome on which a closed return rests: the old values, the new values, and why."""

    of_return = models.ForeignKey(Return, on_delete=models.PROTECT, related_name="restatements")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="restatements")
    why = models.CharField(max_length=500)
    outcome = models.JSONField(help_text="What changed in the outcome: what, old, new.")
    figures = models.JSONField(help_text="What changed in the area's figures: column, old, new.")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="restatements")

    class Meta:
        ordering = ("-at", "-pk")
        constraints = (
            models.CheckConstraint(
                condition=~Q(why=""),
                name="restatement_says_why",
                violation_error_message="Say why the return is restated.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.of_return}, {local_moment(self.at)}"


class Drift(models.Model):
    """The figures of a closed return moved although no outcome was restated: a link, a merger, a roll, an area, a register."""

    of_return = models.ForeignKey(Return, on_delete=models.PROTECT, related_name="drifts")
    because = models.CharField(max_length=300, help_text="What moved them, as people say it.")
    figures = models.JSONField(help_text="What moved in the area's figures: column, old, new.")
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="drifts",
        help_text="Who made the change; blank: not known, or a command.",
    )  # fmt: skip

    class Meta:
        ordering = ("-at", "-pk")
        constraints = (
            models.CheckConstraint(
                condition=~Q(because=""),
                name="drift_says_because_of_what",
                violation_error_message="Say because of what the figures moved.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.of_return}, {local_moment(self.at)}"
