"""Cover: one volunteer on one session."""

from datetime import date

from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from schools.accounts.models import User
from schools.core.nations import Nation, Scheme, scheme_of
from schools.visits.models.news import CoverNews
from schools.visits.models.sessions import Session, SessionStage
from schools.volunteers.models import Clearance, SignOff, Volunteer


class CoverRole(models.TextChoices):
    """What the volunteer does there; trainees and observers don't count as cover."""

    LEAD = "lead", "Lead"
    PRESENTER = "presenter", "Presenter"
    TRAINEE = "trainee", "Trainee"
    OBSERVER = "observer", "Observer"


class CoverState(models.TextChoices):
    """Where the asking stands."""

    OFFERED = "offered", "Offered"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    WITHDRAWN = "withdrawn", "Withdrawn"
    ATTENDED = "attended", "Attended"
    ABSENT = "absent", "Absent"


class WhyNot(models.TextChoices):
    """Why somebody can't make it after all; chosen, never typed: what somebody has is nobody's business."""

    UNWELL = "unwell", _("I’m not well")
    WORK = "work", _("Work")
    FAMILY = "family", _("Family")
    WAY = "way", _("I can’t get there")
    OTHER = "other", _("Something else")


LIVE_STATES = (CoverState.OFFERED, CoverState.ACCEPTED, CoverState.ATTENDED)
HOLDING_STATES = (CoverState.ACCEPTED, CoverState.ATTENDED)
PRESENTING_ROLES = (CoverRole.LEAD, CoverRole.PRESENTER)


NATION = "session__visit__school__nation"
"""The path from a cover to the nation under whose scheme it is judged."""


def scheme_in(nation: str) -> Case:
    """The scheme of the nation that a path leads to."""
    others = (value for value in Nation.values if scheme_of(value) != Scheme.DBS)
    return Case(
        *(When(**{nation: value}, then=Value(scheme_of(value))) for value in others),
        default=Value(Scheme.DBS.value),
    )


def _is_clear(day: OuterRef, scheme: OuterRef) -> Q:
    """Whether the volunteer is clear on the session's day under its nation's scheme."""
    return Q(Exists(Clearance.objects.clear_on(day, scheme).filter(volunteer=OuterRef("volunteer"))))


def _sign_off_ended(day: OuterRef, session_type: OuterRef) -> Q:
    """Whether the volunteer's sign-off for the session's type has ended by its day; one that never was is another question."""
    ended = SignOff.objects.filter(
        volunteer=OuterRef("volunteer"), session_type=session_type, stage=SignOff.Stage.SIGNED_OFF, recheck_on__lte=day
    )
    return Q(Exists(ended))


def _may_be_there(day: OuterRef, session_type: OuterRef, scheme: OuterRef) -> Q:
    """Whether the volunteer may lead or present on the session's day."""
    return Q(_is_clear(day, scheme), ~_sign_off_ended(day, session_type))


def _counts(may: Q) -> Q:
    return (Q(state=CoverState.ACCEPTED) & may) | Q(state=CoverState.ATTENDED)


class CoverQuerySet(models.QuerySet["Cover"]):
    """Covers …"""

    def live(self) -> "CoverQuerySet":
        """Covers that still mean something: offered, accepted or attended."""
        return self.filter(state__in=LIVE_STATES)

    def holding(self) -> "CoverQuerySet":
        """Covers that hold a place: accepted or attended (an offer holds none)."""
        return self.filter(state__in=HOLDING_STATES)

    def presenting(self) -> "CoverQuerySet":
        """Covers that count as cover: leads and presenters."""
        return self.filter(role__in=PRESENTING_ROLES)

    def counting(self) -> "CoverQuerySet":
        """Covers that count towards a session being covered (DESIGN.md, rules 5 and 6).

        Leads and presenters who attended, or who accepted, are clear on the session's day under its nation's scheme and whose
        sign-off has not ended by then: when either lapses, the cover stays but stops counting.
        """
        may = _may_be_there(OuterRef("session__day"), OuterRef("session__type"), OuterRef("scheme"))
        return self.alias(scheme=scheme_in(NATION)).presenting().filter(_counts(may))

    def counting_there(self) -> "CoverQuerySet":
        """Those of counting() inside a query of sessions that has `scheme`: day, type and scheme are that session's.

        Found from each cover they would be looked up, by way of the visit and the school, for every single one.
        """
        may = _may_be_there(OuterRef(OuterRef("day")), OuterRef(OuterRef("type")), OuterRef(OuterRef("scheme")))
        return self.filter(session=OuterRef("pk")).presenting().filter(_counts(may))

    def lapsed(self, *, on: date) -> "CoverQuerySet":
        """Covers of scheduled sessions from the day on whose volunteer said yes but may not be there by then: not clear any more,
        or, to lead or present, with a sign-off that has ended.
        """
        ended = _sign_off_ended(OuterRef("session__day"), OuterRef("session__type"))
        may_not = ~_is_clear(OuterRef("session__day"), OuterRef("scheme")) | Q(ended, role__in=PRESENTING_ROLES)
        to_come = self.filter(state=CoverState.ACCEPTED, session__stage=SessionStage.SCHEDULED, session__day__gte=on)
        return to_come.alias(scheme=scheme_in(NATION)).filter(may_not)

    def to_tell(self, *, on: date) -> "CoverQuerySet":
        """Covers of sessions from the day on whose volunteer has to be told something, whatever has become of the cover."""
        return self.exclude(news="").filter(Q(session__day__gte=on) | Q(session__was_day__gte=on), told_at=None)

    def with_counting(self) -> "CoverQuerySet":
        """Adds `counts`: whether the cover is one of counting()."""
        # By name in a mapping, because Cover declares the attribute for those who read it.
        added = {"counts": Exists(Cover.objects.counting().filter(pk=OuterRef("pk")))}
        return self.annotate(**added)

    def for_user(self, user: User, *, on: date) -> "CoverQuerySet":
        """Covers of the sessions that a manager or coordinator sees, and a volunteer's own."""
        if user.is_manager:
            return self.all()
        if user.is_coordinator:
            return self.filter(session__in=Session.objects.for_user(user, on=on))
        return self.filter(volunteer__user=user)


class Cover(models.Model):
    """One volunteer on one session. Once answered with no it stays as the record of that."""

    Role = CoverRole
    State = CoverState
    News = CoverNews

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="covers")
    volunteer = models.ForeignKey(Volunteer, on_delete=models.PROTECT, related_name="covers")
    role = models.CharField(max_length=10, choices=CoverRole.choices, default=CoverRole.PRESENTER)
    state = models.CharField(max_length=10, choices=CoverState.choices, default=CoverState.OFFERED)
    offered_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
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
    """Added by CoverQuerySet.with_counting."""

    objects = CoverQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ("session", "role", "pk")
        # Home asks who has to be told and what was given back, and few are.
        indexes = (
            models.Index(fields=["session"], condition=~Q(news="") & Q(told_at=None), name="cover_to_tell"),
            models.Index(fields=["session"], condition=Q(gave_back=True), name="cover_given_back"),
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
