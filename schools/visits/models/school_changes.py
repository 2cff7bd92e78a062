"""What a host changes about its visit by its own page: it cancels it, or asks for another day."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from schools.core.words import long_day
from schools.directory.models import SchoolAccess
from schools.visits.half_days import HalfDay
from schools.visits.models.batches import Batch
from schools.visits.models.choices import BOOKED_STAGES, OfferedState, SessionStage, VisitStage
from schools.visits.models.sessions import Session
from schools.visits.models.visits import Visit

MOST_DAYS = 3
"""So many other half-days a school names at once; its page has as many boxes."""


class ChangeWhat(models.TextChoices):
    """What a host does, or asks for."""

    CANCEL = "cancel", _("The school cancelled")
    MOVE = "move", _("The school asks for another day")


class ChangeWhy(models.TextChoices):
    """Why; chosen from a list, so that nobody has to name anybody."""

    CLASH = "clash", _("Something else is on that day")
    STAFF = "staff", _("Staff are missing")
    AWAY = "away", _("The pupils are away, or the school is closed")
    WISH = "wish", _("We do not want the visit any more")
    OTHER = "other", _("Something else")


def _visit_is(*stages: VisitStage) -> Exists:
    """Return the condition on the visit's stage, checked for each row: by a join SQLite reads every visit for a few changes."""
    return Exists(Visit.objects.filter(pk=OuterRef("visit"), stage__in=stages))


def _scheduled() -> models.QuerySet[Session]:
    """Return the sessions of the visit of the outer row, a change, that are to take place."""
    return Session.objects.filter(visit=OuterRef("visit"), stage=SessionStage.SCHEDULED)


def _not_moved() -> Q:
    """Return the condition that a row is a wish for another day, and that the visit is still on the day that it had then.

    Or that day was called off, and more of the visit is left. Nor has a move met it that stands: after that the visit is there by
    another one, which the office has made by hand.
    """
    called_off = Session.objects.filter(visit=OuterRef("visit"), day=OuterRef("day"), stage=SessionStage.CANCELLED)
    there = Q(Exists(_scheduled().filter(day=OuterRef("day")))) | Q(Exists(called_off), Exists(_scheduled()))
    not_met = Q(batch=None) | Q(batch__undone_at__isnull=False)
    return Q(there, not_met, _visit_is(*BOOKED_STAGES), what=ChangeWhat.MOVE)


class SchoolChangeQuerySet(models.QuerySet["SchoolChange"]):
    """A selection of what schools changed, or asked to be changed."""

    def standing(self) -> "SchoolChangeQuerySet":
        """Changes that are so now: cancellations of what is cancelled still, and wishes for another day of what was not moved."""
        is_off = Q(_visit_is(VisitStage.CANCELLED), what=ChangeWhat.CANCEL, batch__undone_at=None)
        return self.filter(is_off | (_not_moved() & Q(over_at=None)))

    def wishes(self) -> "SchoolChangeQuerySet":
        """Wishes for another day that are so now, whether the office has answered or not."""
        return self.filter(_not_moved(), over_at=None)

    def with_day(self) -> "SchoolChangeQuerySet":
        """Wishes, each with the day of the visit on which it waits (`waits_on`): its own, or the first left where that is off."""
        first = _scheduled().order_by("day").values("day")
        return self.annotate(waits_on=Coalesce(Subquery(first.filter(day=OuterRef("day"))[:1]), Subquery(first[:1])))

    def of_what_is_to_come(self, *, on: date) -> "SchoolChangeQuerySet":
        """Changes of visits of which a scheduled session, or its window, is on the day or later."""
        return self.filter(Exists(_scheduled().filter(Q(day__gte=on) | Q(until_day__gte=on))))

    def taken_back(self) -> "SchoolChangeQuerySet":
        """Wishes that the school took back while the visit stayed where it is, and in whose place it has put no other."""
        # Of another day where that of this one was called off.
        another = SchoolChange.objects.filter(visit=OuterRef("visit"), what=ChangeWhat.MOVE, over_at=None)
        return self.filter(_not_moved(), ~Exists(another.filter(at__gte=OuterRef("over_at"))), over_at__isnull=False)

    def to_see(self) -> "SchoolChangeQuerySet":
        """Changes that are so now and that nobody in the office has seen to."""
        return self.standing().filter(seen_at=None)

    def to_do(self) -> "SchoolChangeQuerySet":
        """Those of them that wait for the office; a wish does not while the school has dates to choose from, offered since."""
        dates = {"state": OfferedState.OPEN, "moves_from": F("day"), "offered_at__gte": OuterRef("at")}
        to_move = _scheduled().filter(**{f"visit__offered_dates__{name}": value for name, value in dates.items()})
        return self.to_see().filter(~Exists(to_move))


class SchoolChange(models.Model):
    """What a host did, or asked for, by its page until a few school days before the visit.

    A cancellation is done at once, by the verb of the office, whose batch it names. Another day is a wish: it changes nothing,
    waits beside the visit, or beside what is left of it where its first day was called off, and is over when the school takes it
    back or the visit is moved, by whatever way. It names the move that has met it: the undo of that lets it wait again, and
    nothing else that brings the visit back to its day.
    """

    What = ChangeWhat
    Why = ChangeWhy

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="school_changes")
    what = models.CharField(max_length=6, choices=ChangeWhat.choices)
    day = models.DateField(help_text="The first day of the visit at that time.")
    why = models.CharField(max_length=5, choices=ChangeWhy.choices)
    note = models.TextField(blank=True, help_text="Never a pupil's name.")
    half_days = models.JSONField(default=list, blank=True, help_text="The half-days that would do instead.")
    given_by = models.CharField(max_length=150, help_text="Who said it, by their own word: mailboxes are shared.")
    access = models.ForeignKey(
        SchoolAccess, on_delete=models.SET_NULL, null=True, blank=True, related_name="changes", help_text="By whose link."
    )
    at = models.DateTimeField()
    over_at = models.DateTimeField(null=True, blank=True, help_text="When the school took its wish back; blank: it did not.")
    over_by = models.CharField(max_length=150, blank=True, help_text="Who took it back, by their own word.")
    seen_at = models.DateTimeField(null=True, blank=True, help_text="When somebody in the office saw to it.")
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="school_changes_seen"
    )
    is_mailed = models.BooleanField(default=False, help_text="Whether the school gets a mail that the day stands.")
    # Of a wish: the move that has met it.
    batch = models.OneToOneField(
        Batch,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="school_change",
        help_text="What the cancellation changed, by which the office undoes it.",
    )

    objects = SchoolChangeQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-pk")
        verbose_name = "change by a school"
        verbose_name_plural = "changes by schools"
        indexes = (models.Index(fields=["visit"], condition=Q(seen_at=None), name="school_change_not_seen"),)
        constraints = (
            models.UniqueConstraint(
                fields=["visit", "day"],
                condition=Q(what=ChangeWhat.MOVE, over_at=None),
                name="school_change_waits_once",
                violation_error_message="The school has asked for another day already.",
            ),
            models.CheckConstraint(
                condition=Q(what__in=ChangeWhat.values),
                name="school_change_what_known",
                violation_error_message="Choose what the school changes.",
            ),
            models.CheckConstraint(
                condition=Q(why__in=ChangeWhy.values),
                name="school_change_why_known",
                violation_error_message="Choose why the school changes it.",
            ),
            models.CheckConstraint(
                condition=Q(what=ChangeWhat.MOVE) | Q(over_at=None),
                name="school_change_cancelled_is_done",
                violation_error_message="A school takes back a wish alone; what it cancelled is undone by the office.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_what_display()}, {long_day(self.day)}"

    @property
    def wanted(self) -> list[HalfDay]:
        """The half-days that would do instead, in the order in which the school named them."""
        return HalfDay.of_all(self.half_days)

    def wanted_from(self, day: date) -> list[HalfDay]:
        """Return those of the half-days that would do which are on the day or after it."""
        return [half_day for half_day in self.wanted if half_day.day >= day]
