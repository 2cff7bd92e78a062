"""Cover: one volunteer on one session."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from schools.visits.models.choices import HOLDING_STATES, LIVE_STATES, CoverNews, CoverRole, CoverState, WhyNot
from schools.visits.models.querysets import BaseCoverQuerySet
from schools.visits.models.sessions import Session
from schools.volunteers.models import Volunteer


class CoverQuerySet(BaseCoverQuerySet["Cover"]):
    """A selection of covers."""


ASKED_AGAIN = "Asked again after the visit was moved."
"""What the program itself notes of whom a move asks for a half day on which they can't usually come; they answer for that."""


class Cover(models.Model):
    """One volunteer on one session. A cover that was declined or withdrawn stays as a record."""

    Role = CoverRole
    State = CoverState
    News = CoverNews

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="covers")
    volunteer = models.ForeignKey(Volunteer, on_delete=models.PROTECT, related_name="covers")
    role = models.CharField(max_length=10, choices=CoverRole.choices, default=CoverRole.PRESENTER)
    state = models.CharField(max_length=10, choices=CoverState.choices, default=CoverState.OFFERED)
    offered_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        help_text="Who said no or gave the place back, they or a coordinator; blank: nobody, or somebody else came instead.",
    )
    instead_of = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="swaps")
    override_note = models.CharField(max_length=300, blank=True)
    gave_back = models.BooleanField(
        default=False, db_default=False, help_text="They can’t make it after all; the place is to be filled again."
    )
    gave_back_why = models.CharField(max_length=6, choices=WhyNot.choices, blank=True, db_default="")
    news = models.CharField(
        max_length=10, choices=CoverNews.choices, blank=True, db_default="", help_text="What they have to be told."
    )
    news_why = models.CharField(max_length=300, blank=True, db_default="", help_text="Why it came so, for those who were on it.")
    told_at = models.DateTimeField(null=True, blank=True, help_text="Blank where there is news: they do not know it yet.")

    counts: bool
    """Whether the cover counts towards its session being covered; set by CoverQuerySet.with_counting."""

    objects = CoverQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ("session", "role", "pk")
        verbose_name = "place on a session"
        verbose_name_plural = "places on sessions"
        # Home asks for covers with news to tell, places that were given back, and who would like to watch. All are few among all.
        indexes = (
            models.Index(fields=["session"], condition=~Q(news="") & Q(told_at=None), name="cover_to_tell"),
            models.Index(fields=["session"], condition=Q(gave_back=True), name="cover_given_back"),
            models.Index(fields=["session"], condition=Q(state=CoverState.ASKED), name="cover_asked"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["session", "volunteer"],
                condition=Q(state__in=LIVE_STATES),
                name="cover_one_live",
                violation_error_message="This volunteer is on the session already.",
            ),
            models.UniqueConstraint(
                fields=["session"],
                condition=Q(role=CoverRole.LEAD, state__in=HOLDING_STATES),
                name="cover_one_lead",
                violation_error_message="The session has a lead already. Choose presenter.",
            ),
            models.CheckConstraint(
                condition=Q(role__in=CoverRole.values) & Q(state__in=CoverState.values) & Q(news__in=["", *CoverNews.values]),
                name="cover_choices_known",
                violation_error_message="Choose the role, the state and the news from the lists.",
            ),
            models.CheckConstraint(
                condition=Q(gave_back_why__in=["", *WhyNot.values]),
                name="cover_why_known",
                violation_error_message="Choose why they can’t make it from the list.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.volunteer} on {self.session}"

    @property
    def coordinators_note(self) -> str:
        """The note by which a coordinator answers for reasons to ask first (rules 7 and 8); blank: there is none of theirs."""
        return "" if self.is_asked_again else self.override_note

    @property
    def is_asked_again(self) -> bool:
        """Whether a move asks them for a half day on which they can't usually come, and no coordinator has written a note."""
        return self.override_note == ASKED_AGAIN
