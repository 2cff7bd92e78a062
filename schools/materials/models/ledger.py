"""The stock ledger: lines that are written once; triggers of the database refuse to change or delete them (rule 21)."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q

from schools.accounts.models import User
from schools.materials.models.stores import Piece, Store
from schools.materials.models.things import Material
from schools.visits.models import Session

MOST_MOVED = 1_000_000
"""The largest believable number of one material in one line."""


class MovementKind(models.TextChoices):
    """Why the stock changed."""

    RECEIVED = "received", "Received"
    MOVED = "moved", "Moved"
    USED = "used", "Used"
    LOST = "lost", "Lost or spoilt"
    FOUND = "found", "Found"
    COUNTED = "counted", "Counted"


class MovementQuerySet(models.QuerySet["Movement"]):
    """The QuerySet of movements; its methods complete “movements …”."""

    def for_user(self, user: User, *, on: date) -> "MovementQuerySet":
        """Movements of the stores that the user sees."""
        return self.filter(store__in=Store.objects.for_user(user, on=on))


class Movement(models.Model):
    """A line of the ledger: pieces of a material that came to a store, or (negative) left it.

    A move writes two lines with one `transfer`, which add up to 0. A count writes the difference to the ledger, also where it
    is 0. Lines of a session correct each other: their sum is what counts. Beside a use, *found* says what the ledger did not know
    of, or (also negative) keeps the stock as it was counted after the session's day.
    """

    Kind = MovementKind

    material = models.ForeignKey(Material, on_delete=models.PROTECT, related_name="movements", db_index=False)
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="movements", db_index=False)
    piece = models.ForeignKey(Piece, on_delete=models.PROTECT, null=True, blank=True, related_name="movements", db_index=False)
    quantity = models.IntegerField(help_text="Negative: it left the store.")
    kind = models.CharField(max_length=8, choices=MovementKind.choices)
    transfer = models.UUIDField(null=True, blank=True, help_text="The two lines of one move share it.")
    session = models.ForeignKey(
        Session, on_delete=models.PROTECT, null=True, blank=True, related_name="movements", db_index=False
    )
    day = models.DateField()
    written_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="movements")
    note = models.CharField(max_length=300, blank=True)

    objects = MovementQuerySet.as_manager()

    class Meta:
        ordering = ("-day", "-pk")
        # The first two answer alone what is in stock, by store and by material; the third lists a material's lines; the fourth
        # says when each material was counted last.
        indexes = (
            models.Index(fields=["store", "material", "quantity"], name="movement_of_store"),
            models.Index(fields=["material", "store", "quantity"], name="movement_of_material"),
            models.Index(fields=["material", "-day", "-id"], name="movement_story"),
            models.Index(fields=["store", "material", "day"], condition=Q(kind="counted"), name="movement_counts"),
            models.Index(fields=["session"], condition=Q(session__isnull=False), name="movement_of_session"),
            models.Index(fields=["piece"], condition=Q(piece__isnull=False), name="movement_of_piece"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(kind__in=MovementKind.values) & Q(quantity__gte=-MOST_MOVED, quantity__lte=MOST_MOVED),
                name="movement_believable",
                violation_error_message=f"Choose what happened from the list; one line moves at most {MOST_MOVED:,}.",
            ),
            models.CheckConstraint(
                condition=Q(kind=MovementKind.RECEIVED, quantity__gt=0)
                | Q(kind=MovementKind.LOST, quantity__lt=0)
                | Q(kind=MovementKind.FOUND, quantity__gt=0)
                | Q(Q(kind=MovementKind.FOUND) & ~Q(quantity=0), session__isnull=False)
                | Q(Q(kind__in=(MovementKind.USED, MovementKind.MOVED)) & ~Q(quantity=0))
                | Q(kind=MovementKind.COUNTED),
                name="movement_goes_the_right_way",
                violation_error_message="What is received or found is added, what is lost is taken away; give at least one.",
            ),
            models.CheckConstraint(
                condition=Q(kind=MovementKind.MOVED, transfer__isnull=False) | Q(~Q(kind=MovementKind.MOVED), transfer=None),
                name="movement_transfer_of_moves",
                violation_error_message="Moving takes two stores; nothing else does.",
            ),
            models.CheckConstraint(
                condition=Q(kind=MovementKind.USED, session__isnull=False)
                | Q(kind=MovementKind.FOUND)
                | Q(~Q(kind__in=(MovementKind.USED, MovementKind.FOUND)), session=None),
                name="movement_used_by_a_session",
                violation_error_message="Only what is used belongs to a session, and it belongs to one.",
            ),
            models.CheckConstraint(
                condition=Q(piece=None) | Q(quantity__in=(-1, 1)),
                name="movement_piece_is_one",
                violation_error_message="A piece of equipment is one thing.",
            ),
            models.UniqueConstraint(
                fields=["transfer", "store"],
                name="movement_transfer_between_two",
                violation_error_message="A move goes from one store to another.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.quantity:+,} {self.material}, {self.get_kind_display().lower()}"
