"""The steps of a volunteer from enquirer to active, and to leaving: the step, its day, and who stored it."""

from collections.abc import Collection
from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from schools.core.words import long_day
from schools.volunteers.models.people import Volunteer, VolunteerStatus


class StepKind(models.TextChoices):
    """The kind of a step."""

    ENQUIRED = "enquired", "Enquired"
    APPLIED = "applied", "Applied"
    INTERVIEWED = "interviewed", "Interviewed"
    REFERENCES = "references", "References taken up"
    TRAINING = "training", "Began training"
    ACTIVE = "active", "Became active"
    PAUSED = "paused", "Paused"
    RETURNED = "returned", "Came back"
    LEFT = "left", "Left"


STATUS_AFTER: dict[str, VolunteerStatus] = {
    StepKind.ENQUIRED: VolunteerStatus.ENQUIRER,
    StepKind.APPLIED: VolunteerStatus.APPLICANT,
    StepKind.INTERVIEWED: VolunteerStatus.APPLICANT,
    StepKind.REFERENCES: VolunteerStatus.APPLICANT,
    StepKind.TRAINING: VolunteerStatus.IN_TRAINING,
    StepKind.ACTIVE: VolunteerStatus.ACTIVE,
    StepKind.PAUSED: VolunteerStatus.PAUSED,
    StepKind.RETURNED: VolunteerStatus.ACTIVE,
    StepKind.LEFT: VolunteerStatus.LEFT,
}
"""The status that follows from each kind of step, where it is the latest."""

STATUS_BEFORE: dict[str, VolunteerStatus] = {
    StepKind.ENQUIRED: VolunteerStatus.ENQUIRER,
    StepKind.APPLIED: VolunteerStatus.ENQUIRER,
    StepKind.INTERVIEWED: VolunteerStatus.APPLICANT,
    StepKind.REFERENCES: VolunteerStatus.APPLICANT,
    StepKind.TRAINING: VolunteerStatus.APPLICANT,
    StepKind.ACTIVE: VolunteerStatus.IN_TRAINING,
    StepKind.PAUSED: VolunteerStatus.ACTIVE,
    StepKind.RETURNED: VolunteerStatus.PAUSED,
    StepKind.LEFT: VolunteerStatus.ACTIVE,
}
"""The status that somebody probably had before the first step that is written down of them, by that step."""


class VolunteerStep(models.Model):
    """One step of a volunteer; their status follows from the latest one (volunteers.actions.take_step)."""

    Kind = StepKind

    volunteer = models.ForeignKey(Volunteer, on_delete=models.CASCADE, related_name="steps", db_index=False)
    step = models.CharField(max_length=12, choices=StepKind.choices)
    day = models.DateField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="steps_written"
    )
    could_sign_in = models.BooleanField(
        null=True, blank=True, editable=False, help_text="Of leaving: whether they could sign in until then. Blank: not noted."
    )

    class Meta:
        ordering = ("volunteer", "day", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=["volunteer", "day", "step"],
                name="volunteer_step_once_a_day",
                violation_error_message="This step is written down for that day already.",
            ),
            models.CheckConstraint(
                condition=Q(step__in=StepKind.values),
                name="volunteer_step_known",
                violation_error_message="Choose one of the steps.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.volunteer}: {self.get_step_display().lower()}, {long_day(self.day)}"


def had_status(statuses: Collection[str], *, day: date | OuterRef) -> Q:
    """Return the condition that a volunteer has one of the statuses, as far as that says anything of the day.

    A step that was taken after the day says nothing of it. Who has left keeps what had begun on their last day.
    """
    # A subquery, read only of who passes neither test before it; a join would read everybody's steps.
    of_step = OuterRef(day) if isinstance(day, OuterRef) else day
    later_step = Exists(VolunteerStep.objects.filter(volunteer=OuterRef("pk"), day__gt=of_step))
    return Q(status__in=statuses) | Q(left__gte=day) | Q(later_step)


def statuses_on(volunteer: Volunteer, day: date) -> set[VolunteerStatus]:
    """Return what the volunteer was on the day by their steps; several where a step was taken on that very day.

    Before their first step it is what that step speaks of. Of whom no step is written down it is the status of today; who has
    left since then was active.
    """
    steps = list(volunteer.steps.order_by("day", "pk"))
    earlier = [step for step in steps if step.day < day]
    if earlier:
        before = STATUS_AFTER[earlier[-1].step]
    elif steps:
        before = STATUS_BEFORE[steps[0].step]
    else:
        left_since = volunteer.left is not None and volunteer.left >= day
        before = VolunteerStatus.ACTIVE if left_since else VolunteerStatus(volunteer.status)
    return {before, *(STATUS_AFTER[step.step] for step in steps if step.day == day)}
