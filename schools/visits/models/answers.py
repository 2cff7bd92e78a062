"""What schools said about a visit by themselves: it stands beside what the office typed until somebody takes it."""

from typing import NamedTuple

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from schools.core.year_groups import YEAR_GROUPS
from schools.directory.models import School, SchoolAccess
from schools.visits.models.sessions import Session
from schools.visits.models.visits import Visit


class AnswerItem(models.TextChoices):
    """What a school can say something about."""

    EXPECTED = "expected", _("How many will be there")
    ROOM = "room", _("Room")
    LEAD = "lead", _("Safeguarding lead")
    LEAD_PHONE = "lead_phone", _("Phone of the safeguarding lead")
    ARRIVAL = "arrival", _("On arrival")
    PARKING = "parking", _("Parking")
    NOTE = "note", _("Anything to know")
    AGREEMENT = "agreement", _("Agreement of the year")
    COUNTED = "counted", _("How many were there")
    QUESTIONS = "questions", _("The five questions")
    PACK = "pack", _("What they get beforehand was read")
    PARENTS = "parents", _("On which day you told parents")
    CONTACT = "contact", _("Whom we write to about the visit")
    ROLL = "roll", _("How many are on roll")
    SITE = "site", _("At which of your sites")


class AnswerState(models.TextChoices):
    """What became of an answer."""

    OPEN = "open", "Waits for the office"
    TAKEN = "taken", "Taken"
    LEFT = "left", "Left as it was"


class Subject(NamedTuple):
    """What an answer is about: an item, of one session and year group where the item is so."""

    item: str
    session: int | None = None
    year_group: int | None = None

    @property
    def key(self) -> str:
        """The name of its box in a form."""
        return "-".join(str(part) for part in self if part is not None)


class SchoolAnswer(models.Model):
    """One thing that a school, host or guest, said about a visit. While it is open there is one of each, and the latest counts.

    What was typed in the office stays until somebody there takes the answer; `before` is what it replaced, for the way back.
    """

    Item = AnswerItem
    State = AnswerState

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="school_answers")
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="answers", help_text="The host, or a guest.")
    item = models.CharField(max_length=10, choices=AnswerItem.choices)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, null=True, blank=True, related_name="school_answers")
    year_group = models.PositiveSmallIntegerField(null=True, blank=True)
    academic_year = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Of which it was said, as its page named it; blank where it is of no year."
    )
    words = models.TextField(blank=True, help_text="Never a pupil's name.")
    given_by = models.CharField(max_length=150, help_text="Who said it, by their own word: mailboxes are shared.")
    access = models.ForeignKey(
        SchoolAccess, on_delete=models.SET_NULL, null=True, blank=True, related_name="answers", help_text="By whose link."
    )
    link_generation = models.PositiveIntegerField(
        null=True, blank=True, help_text="Which generation that link was of, where it named whom we write to."
    )
    at = models.DateTimeField()
    state = models.CharField(max_length=5, choices=AnswerState.choices, default=AnswerState.OPEN)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="school_answers_decided"
    )
    before = models.JSONField(null=True, blank=True, help_text="What it replaced where it was taken.")

    class Meta:
        ordering = ("-at", "-pk")
        verbose_name = "answer of a school"
        verbose_name_plural = "answers of schools"
        indexes = (models.Index(fields=["visit"], condition=Q(state=AnswerState.OPEN), name="school_answer_open"),)
        constraints = (
            models.UniqueConstraint(
                "visit",
                "school",
                "item",
                Coalesce("session", 0),
                Coalesce("year_group", 99),
                Coalesce("academic_year", 0),
                condition=Q(state=AnswerState.OPEN),
                name="school_answer_open_once",
                violation_error_message="The school's answer to this waits already.",
            ),
            models.CheckConstraint(
                condition=Q(item__in=AnswerItem.values),
                name="school_answer_item_known",
                violation_error_message="Choose what the answer is about.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=AnswerState.values),
                name="school_answer_state_known",
                violation_error_message="An answer waits, was taken, or was left.",
            ),
            models.CheckConstraint(
                condition=Q(year_group=None) | Q(year_group__lte=YEAR_GROUPS[-1]),
                name="school_answer_year_group_known",
                violation_error_message="A year group is 0 (Reception or P1) to 6.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.school}: {self.get_item_display()}"

    @property
    def subject(self) -> Subject:
        """What it is about."""
        return Subject(self.item, self.session_id, self.year_group)
