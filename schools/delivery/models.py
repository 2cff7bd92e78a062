"""Submissions of outcomes, so that an outcome that arrives twice is stored once; and what schools thought of a visit."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from schools.core.words import local_day, local_moment
from schools.directory.models import School
from schools.visits.models import Session, Visit


class OutcomeSubmission(models.Model):
    """One submission of the outcome form, known by a key that is sent with it, so that sending it twice stores it once.

    A phone makes a new key for each version of a report and names the versions that it replaces. Of one that was replaced before
    it arrived only the key is kept, so that it changes nothing when it arrives late.
    """

    key = models.UUIDField(unique=True)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="submissions")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="submissions")
    digest = models.CharField(
        max_length=64,
        blank=True,
        help_text="SHA-256 of what was said, so that a key is not used for something else; blank where it was replaced unread.",
    )
    version = models.PositiveIntegerField(
        null=True, blank=True, help_text="The session’s version once this was stored; none where it was replaced unread."
    )
    received_at = models.DateTimeField()

    class Meta:
        ordering = ("-received_at", "-pk")

    def __str__(self) -> str:
        return f"{self.session}, {local_moment(self.received_at)}"


class Opinion(models.TextChoices):
    """How a question after a visit is answered."""

    YES = "yes", _("Yes")
    PARTLY = "partly", _("Partly")
    NO = "no", _("No")


QUESTIONS = ("right_for_age", "kept_to_agreed", "knew_beforehand", "surer", "again")
"""The columns of the five questions, in the order in which they are asked."""


class Feedback(models.Model):
    """What one school, host or guest, thinks of a visit: five closed questions and a comment, said once.

    Answers of fewer than five schools are never shown alone in figures. A worry about a child, or about one of our people, has
    no place here: the page says whom to phone.
    """

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="feedback")
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="feedback")
    right_for_age = models.CharField(max_length=6, choices=Opinion.choices, blank=True)
    kept_to_agreed = models.CharField(max_length=6, choices=Opinion.choices, blank=True)
    knew_beforehand = models.CharField(max_length=6, choices=Opinion.choices, blank=True)
    surer = models.CharField(max_length=6, choices=Opinion.choices, blank=True)
    again = models.CharField(max_length=6, choices=Opinion.choices, blank=True)
    comment = models.CharField(max_length=1000, blank=True, help_text="Never a pupil's name.")
    given_by = models.CharField(max_length=150, help_text="Who said it, by their own word: mailboxes are shared.")
    at = models.DateTimeField()

    class Meta:
        ordering = ("-at", "-pk")
        verbose_name = "feedback of a school"
        verbose_name_plural = "feedback of schools"
        constraints = (
            models.UniqueConstraint(
                fields=["visit", "school"],
                name="feedback_once",
                violation_error_message="This school has said what it thinks of the visit already.",
            ),
            models.CheckConstraint(
                condition=Q(right_for_age__in=["", *Opinion.values])
                & Q(kept_to_agreed__in=["", *Opinion.values])
                & Q(knew_beforehand__in=["", *Opinion.values])
                & Q(surer__in=["", *Opinion.values])
                & Q(again__in=["", *Opinion.values]),
                name="feedback_answers_known",
                violation_error_message="Each question is answered with yes, partly or no.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.school}, {local_day(self.at)}"
