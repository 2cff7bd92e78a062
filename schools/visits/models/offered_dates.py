"""Half-days that were offered to a school, of which it chooses one; they are held for it until it has answered, or too long."""

from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from schools.core.batched_queries import Day
from schools.directory.models import AccessPurpose, Contact, School, SchoolAccess
from schools.visits.models.batches import Batch
from schools.visits.models.choices import BOOKED_STAGES, OfferedState, SessionStage, VisitStage
from schools.visits.models.school_changes import ChangeWhat, SchoolChange
from schools.visits.models.sessions import Session
from schools.visits.models.visits import Visit
from schools.volunteers.models import MessageTo

MOST_OFFERED = 5
"""So many half-days are offered at once: more would be a list to read, and keep people from other schools."""
FEWEST_OFFERED = 3
"""So many at least, where there are as many, so that the school has a choice."""


LOOKED_AFTER = timedelta(days=14)
"""So long home says that a school chose none of the dates; after that it is due like any other."""


def _is_booked(day: Day) -> Q:
    """Return whether something is booked on the day or later with the school of the outer row, under any of its numbers."""
    booked = Session.objects.filter(visit__stage__in=BOOKED_STAGES, stage=SessionStage.SCHEDULED, day__gte=day)
    # Two questions that an index answers, and no OR across tables, which none does.
    of_chain = booked.filter(visit__school__chain=OuterRef("school__chain"))
    return Q(Exists(booked.filter(visit__school=OuterRef("school")))) | Q(Exists(of_chain))


def _asked_for(day: Day) -> Q:
    """Return the condition that a new visit is still wanted on the day: nothing is booked, and what the school asked for stands.

    A request that the dates answer has been neither booked nor declined.
    """
    is_request = Q(visit=None) | Q(visit__stage=VisitStage.REQUESTED)
    return is_request & ~_is_booked(day) & Q(moves_from=None)


def _not_moved() -> Q:
    """Return the condition that the dates are to move a visit that is booked, and that it is still on the day it had then."""
    there = Session.objects.filter(visit=OuterRef("visit"), day=OuterRef("moves_from"), stage=SessionStage.SCHEDULED)
    return Q(Exists(there), moves_from__isnull=False, visit__stage__in=BOOKED_STAGES)


def _waiting_wishes() -> models.QuerySet[SchoolChange]:
    """Return the wishes for another day that wait with the visit which the dates, the outer row, are to move."""
    return SchoolChange.objects.wishes().filter(visit=OuterRef("visit"), seen_at=None)


def _day_stands() -> Exists:
    """Return whether school or office have said, since the dates were offered, that the day of the visit stands after all."""
    since, wishes = OuterRef("offered_at"), SchoolChange.objects.filter(what=ChangeWhat.MOVE, visit=OuterRef("visit"))
    return Exists(wishes.filter(Q(over_at__gt=since) | Q(seen_at__gt=since)))


def _is_to_come(day: Day) -> Q:
    """Return the condition that the half-day which the school chose is on the day or later: its key begins with its own day."""
    return Q(chosen__gte=Cast(Value(day, models.DateField()) if isinstance(day, date) else day, models.TextField()))


def of_mails_of(dates: OuterRef, *, message: str = "") -> Q:
    """Return the condition that a message offers the dates of this id; `message` leads to it, such as `message__`.

    Each further mail of the same dates has a number at the end of its key.
    """
    key = Concat(Value("dates-to-choose:"), Cast(dates, models.TextField()), output_field=models.TextField())
    return Q(**{f"{message}key": key}) | Q(**{f"{message}key__startswith": Concat(key, Value(":"))})


def _links_were_ended() -> Q:
    """Return whether the links of who was offered the dates, the outer row, were ended after these were mailed to them."""
    ended = SchoolAccess.objects.filter(
        purpose=AccessPurpose.DATES, contact=OuterRef("contact"), revoked_at__gte=OuterRef("offered_at")
    )
    mails = MessageTo.objects.filter(of_mails_of(OuterRef(OuterRef("pk")), message="message__"), contact=OuterRef("contact"))
    before = mails.filter(message__sent_at__gte=OuterRef(OuterRef("offered_at")), message__sent_at__lte=OuterRef("revoked_at"))
    after = mails.filter(message__sent_at__gt=OuterRef("revoked_at"))
    return Q(Exists(ended.filter(Exists(before), ~Exists(after))))


class OfferedDatesQuerySet(models.QuerySet["OfferedDates"]):
    """A selection of dates that were offered."""

    def not_taken_back(self) -> "OfferedDatesQuerySet":
        """Dates that nobody undid or took back: those alone answer what the school has said before."""
        return self.exclude(state=OfferedState.TAKEN_BACK)

    def open_on(self, day: Day) -> "OfferedDatesQuerySet":
        """Dates of which the school may still choose one on the day.

        None where a visit was booked meanwhile, or the school was closed; of those that move a visit none where it is off, on
        another day, or to stay.
        """
        is_new = _asked_for(day) & Q(Exists(School.objects.bookable().filter(pk=OuterRef("school"))))
        return self.filter(is_new | (_not_moved() & ~_day_stands()), state=OfferedState.OPEN, held_until__gte=day)

    def asked_for(self, day: Day) -> "OfferedDatesQuerySet":
        """Dates for a new visit that is still wanted on the day, whether the school has answered or not.

        A school that has got another number since can be visited under that.
        """
        there = School.objects.bookable()
        can_be_visited = Q(Exists(there.filter(pk=OuterRef("school")))) | Q(Exists(there.filter(chain=OuterRef("school__chain"))))
        return self.filter(_asked_for(day) & can_be_visited)

    def without_a_date(self, *, on: date) -> "OfferedDatesQuerySet":
        """Dates of the last two weeks of which the school chose none, or did not answer, and nothing has followed.

        What moves one visit follows on nothing but what was to move the same.
        """
        since = timezone.make_aware(datetime.combine(on - LOOKED_AFTER, time.min))
        later = OfferedDates.objects.not_taken_back().filter(offered_at__gt=OuterRef("offered_at"))
        of_visit, of_new = later.filter(visit=OuterRef("visit")), later.filter(moves_from=None)
        offered_since = Q(Exists(of_new.filter(school=OuterRef("school"))))
        offered_since |= Q(Exists(of_new.filter(school__chain=OuterRef("school__chain"))))
        over = self.filter(state__in=(OfferedState.NONE, OfferedState.LAPSED), answered_at__gte=since)
        is_new = _asked_for(on) & ~offered_since
        # A school that asks for another day by itself is on home with that, until somebody has seen to it.
        waits = _waiting_wishes()
        is_move = _not_moved() & ~_day_stands() & Q(~Exists(waits), ~Exists(of_visit), moves_from__gte=on)
        return over.filter(is_new | is_move)

    def without_reader(self, *, on: date) -> "OfferedDatesQuerySet":
        """Dates of which the school may still choose one, and nobody who is still there can open them.

        Who was offered them has left, or has no address any more, or their links were ended since they were mailed.
        """
        also_there = Contact.also_at.through.objects.filter(contact=OuterRef("contact"), school=OuterRef("school"))
        is_there = Q(contact__school=F("school")) | Exists(also_there)
        return self.open_on(on).exclude(is_there & ~Q(contact__email="") & ~_links_were_ended())

    def waiting_to_be_booked(self, *, on: Day) -> "OfferedDatesQuerySet":
        """Dates of which the school has chosen one that nobody has booked or declined yet, and that has not passed."""
        return self.filter(_is_to_come(on), state=OfferedState.CHOSEN, visit__stage=VisitStage.REQUESTED)

    def of_moves(self) -> "OfferedDatesQuerySet":
        """Dates by which a visit is moved that is booked already."""
        return self.filter(moves_from__isnull=False)

    def waiting_to_be_moved(self, *, on: Day) -> "OfferedDatesQuerySet":
        """Dates of which the school has chosen one to come, by which its visit was not moved: the choice is a wish that waits.

        Dates that were offered later for the visit take their place, unless they were taken back; and so does another day that
        the school has asked for since.
        """
        wish = _waiting_wishes().filter(at__lte=OuterRef("answered_at"))
        later = OfferedDates.objects.not_taken_back().filter(visit=OuterRef("visit"), offered_at__gt=OuterRef("offered_at"))
        waits = _is_to_come(on) & _not_moved() & Q(Exists(wish), ~Exists(later))
        return self.filter(waits, state=OfferedState.CHOSEN, moves_from__gte=on)

    def holding(self, *, on: Day) -> "OfferedDatesQuerySet":
        """Dates that keep other offers away: every one that may be chosen, and the chosen one until it is booked, or moved to."""
        # Short lists, each read from an index; with one OR every row of ten years would be looked at.
        booked, moved = self.waiting_to_be_booked(on=on).order_by(), self.waiting_to_be_moved(on=on).order_by()
        still = self.open_on(on).order_by().values("pk")
        return self.filter(pk__in=still.union(booked.values("pk"), moved.values("pk"), all=True))


class OfferedDates(models.Model):
    """Half-days that somebody in the office offered to a school at once, and which of them it chose.

    A hold keeps other offers away and never a volunteer: who may take a session is asked of the session alone.
    """

    State = OfferedState

    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="offered_dates")
    visit = models.ForeignKey(
        Visit,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="offered_dates",
        help_text="That the school asked for, before or by its choice; or that is to be moved.",
    )
    moves_from = models.DateField(
        null=True, blank=True, help_text="The day of the booked visit that is to be moved; blank: no visit is booked yet."
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.SET_NULL, null=True, blank=True, related_name="offered_dates", help_text="Who gets the mail."
    )
    half_days = models.JSONField(help_text="Such as 2027-01-12-morning, in order.")
    types = models.JSONField(
        default=list, blank=True, help_text="The ids of the session types that people have to be able to do."
    )
    people = models.PositiveSmallIntegerField(help_text="So many have to go.")
    template = models.ForeignKey(
        "schools.VisitTemplate", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text="What was planned."
    )
    offered_at = models.DateTimeField()
    offered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="dates_offered"
    )
    held_until = models.DateField(help_text="The last day on which the school can choose.")
    state = models.CharField(max_length=6, choices=OfferedState.choices, default=OfferedState.OPEN)
    chosen = models.CharField(max_length=20, blank=True, help_text="One of the half-days.")
    wished = models.JSONField(
        null=True, blank=True, help_text="The half-days that would do instead, where none suits; blank: the school named none."
    )
    chosen_by = models.CharField(max_length=150, blank=True, help_text="Who chose, by their own word: mailboxes are shared.")
    access = models.ForeignKey(
        SchoolAccess, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", help_text="By whose link."
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    is_short = models.BooleanField(default=False, help_text="Too few people are left for the half-day that was chosen.")
    batch = models.OneToOneField(
        Batch,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="chosen_date",
        help_text="What the choice moved, by which the office undoes it.",
    )

    objects = OfferedDatesQuerySet.as_manager()

    class Meta:
        ordering = ("-offered_at", "-pk")
        verbose_name = "dates offered to a school"
        verbose_name_plural = "dates offered to schools"
        indexes = (
            models.Index(fields=["held_until"], condition=Q(state=OfferedState.OPEN), name="offered_dates_open"),
            models.Index(fields=["visit"], condition=Q(state=OfferedState.CHOSEN), name="offered_dates_chosen"),
            models.Index(fields=["moves_from"], condition=Q(state=OfferedState.CHOSEN), name="offered_dates_moves"),
            models.Index(
                fields=["answered_at"], condition=Q(state__in=(OfferedState.NONE, OfferedState.LAPSED)), name="offered_dates_none"
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["school"],
                condition=Q(state=OfferedState.OPEN),
                name="offered_dates_open_once",
                violation_error_message="Dates are offered to this school already. Take them back first, or wait for its answer.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=OfferedState.values),
                name="offered_dates_state_known",
                violation_error_message="Choose what became of the dates.",
            ),
            models.CheckConstraint(
                condition=(Q(state=OfferedState.CHOSEN, answered_at__isnull=False) & ~Q(chosen=""))
                | (~Q(state=OfferedState.CHOSEN) & Q(chosen="", is_short=False)),
                name="offered_dates_chosen_one",
                violation_error_message="A school that has chosen has chosen one half-day, and no other has.",
            ),
            models.CheckConstraint(
                condition=Q(moves_from=None) | Q(visit__isnull=False),
                name="offered_dates_move_a_visit",
                violation_error_message="Dates that move a visit say which.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.school}: {len(self.half_days)} dates offered"
