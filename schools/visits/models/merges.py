"""Merges: two rows of the same person made one, kept so that it can be undone once."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q

from schools.accounts.models import User
from schools.directory.models import Contact, School
from schools.volunteers.models import Volunteer


class MergeKind(models.TextChoices):
    """Of which table the two rows were."""

    VOLUNTEER = "volunteer", "Volunteers"
    CONTACT = "contact", "Contacts"


class MergeQuerySet(models.QuerySet["Merge"]):
    """A selection of merges."""

    def for_user(self, user: User, *, on: date) -> "MergeQuerySet":
        """Merges of people whom the user may see: managers see all."""
        if user.is_manager:
            return self.all()
        volunteers = Volunteer.objects.for_user(user, on=on).order_by().values("pk")
        contacts = Contact.objects.at(School.objects.for_user(user, on=on)).order_by().values("pk")
        return self.filter(Q(kind=MergeKind.VOLUNTEER, kept_id__in=volunteers) | Q(kind=MergeKind.CONTACT, kept_id__in=contacts))

    def kept_id(self, kind: MergeKind, person: int) -> int:
        """Return the id under which the person is kept today: their entry may have been merged into another since."""
        gone_to = dict(self.filter(kind=kind, undone_at=None).order_by("pk").values_list("gone_id", "kept_id"))
        seen: set[int] = set()
        while person in gone_to and person not in seen:
            seen.add(person)
            person = gone_to[person]
        return person


class Merge(models.Model):
    """Two rows of the same person made one; `moves` says how to undo it.

    `moves` is a list of {"table", "pk", "before": {column: value}, "after": {column: value}}, in the order in which it was done.
    A row that went has no `after`, a row that was made has no `before`. It names the person, so erasing them deletes it.
    """

    Kind = MergeKind

    kind = models.CharField(max_length=10, choices=MergeKind.choices)
    kept_id = models.PositiveBigIntegerField()
    gone_id = models.PositiveBigIntegerField()
    words = models.CharField(max_length=400)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="merges")
    made_at = models.DateTimeField()
    moves = models.JSONField(default=list, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    left_alone = models.JSONField(default=list, blank=True)

    objects = MergeQuerySet.as_manager()

    class Meta:
        ordering = ("-made_at", "-pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=MergeKind.values),
                name="merge_kind_known",
                violation_error_message="Choose one of the kinds.",
            ),
        )

    def __str__(self) -> str:
        return self.words


class TwoPeopleQuerySet(models.QuerySet["TwoPeople"]):
    """A selection of such entries."""

    def for_user(self, user: User, *, on: date) -> "TwoPeopleQuerySet":
        """Those of people whom the user may see, both of them: managers see all."""
        if user.is_manager:
            return self.all()
        volunteers = Volunteer.objects.for_user(user, on=on).order_by().values("pk")
        contacts = Contact.objects.at(School.objects.for_user(user, on=on)).order_by().values("pk")
        return self.filter(
            Q(kind=MergeKind.VOLUNTEER, first_id__in=volunteers, second_id__in=volunteers)
            | Q(kind=MergeKind.CONTACT, first_id__in=contacts, second_id__in=contacts)
        )

    def about(self, kind: str, pk: int) -> "TwoPeopleQuerySet":
        """Those that name this volunteer or contact."""
        return self.filter(Q(first_id=pk) | Q(second_id=pk), kind=kind)


class TwoPeople(models.Model):
    """Two entries of which somebody said that they are not the same person; they are no longer listed as entered twice."""

    kind = models.CharField(max_length=10, choices=MergeKind.choices)
    first_id = models.PositiveBigIntegerField(help_text="The lower of the two ids.")
    second_id = models.PositiveBigIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    noted_at = models.DateTimeField()

    objects = TwoPeopleQuerySet.as_manager()

    class Meta:
        ordering = ("-noted_at", "-pk")
        verbose_name = "pair of different people"
        verbose_name_plural = "pairs of different people"
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=MergeKind.values),
                name="two_people_kind_known",
                violation_error_message="Choose one of the kinds.",
            ),
            models.CheckConstraint(
                condition=Q(first_id__lt=models.F("second_id")),
                name="two_people_lower_first",
                violation_error_message="Name the entry with the lower id first, and two different ones.",
            ),
            models.UniqueConstraint(
                fields=["kind", "first_id", "second_id"],
                name="two_people_once",
                violation_error_message="That is noted already.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.first_id} and {self.second_id}"
