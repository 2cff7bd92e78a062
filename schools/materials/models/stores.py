"""Stores and pieces of equipment: where things are kept."""

from datetime import date

from django.db import models
from django.db.models import Q, Sum

from schools.accounts.models import User
from schools.directory.models import Area
from schools.materials.models.things import Material
from schools.visits.models import Session
from schools.volunteers.models import Volunteer, VolunteerStatus


class StoreQuerySet(models.QuerySet["Store"]):
    """The QuerySet of stores; its methods complete “stores …”."""

    def for_user(self, user: User, *, on: date) -> "StoreQuerySet":
        """Stores that the user sees: managers all, coordinators those of their areas, others none."""
        if user.is_manager:
            return self.all()
        return self.filter(area__in=Area.objects.coordinated_by(user, on=on)) if user.is_coordinator else self.none()


class Store(models.Model):
    """A place where an area keeps materials, such as a cupboard or an office; its stock is the sum of its movements."""

    name = models.CharField(max_length=100)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="stores", db_index=False)
    keeper = models.ForeignKey(
        Volunteer,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="stores",
        help_text="Who lets people in.",
    )
    address = models.CharField(max_length=300, blank=True)
    postcode = models.CharField(max_length=8, blank=True)
    access_notes = models.CharField(max_length=300, blank=True, help_text="When it is open, and whom to ask.")
    easting = models.PositiveIntegerField(null=True, blank=True)
    northing = models.PositiveIntegerField(null=True, blank=True)

    objects = StoreQuerySet.as_manager()

    class Meta:
        ordering = ("area", "name", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=["area", "name"],
                name="store_once_in_area",
                violation_error_message="This area has a store of that name already.",
            ),
            models.CheckConstraint(
                condition=Q(easting=None, northing=None) | Q(easting__isnull=False, northing__isnull=False),
                name="store_place_whole",
                violation_error_message="Give both easting and northing, or neither.",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def place(self) -> tuple[int | None, int | None]:
        """Easting and northing on the national grid; None where not known."""
        return self.easting, self.northing

    @property
    def has_keeper(self) -> bool:
        """Whether somebody lets people in: there is a keeper, who has neither left nor was erased."""
        return self.keeper is not None and self.keeper.status != VolunteerStatus.LEFT and not self.keeper.is_erased

    @property
    def may_be_home(self) -> bool:
        """Whether its address may be the keeper's home, which no volunteer sees; not where two known postcodes differ."""
        if self.keeper is None:
            return False
        here, home = ("".join(postcode.split()).upper() for postcode in (self.postcode, self.keeper.home_postcode))
        return not (here and home) or here == home


class PieceQuerySet(models.QuerySet["Piece"]):
    """The QuerySet of pieces; its methods complete “pieces …”."""

    def for_user(self, user: User, *, on: date) -> "PieceQuerySet":
        """Pieces that the user sees: managers all, coordinators those that belong to a store of their areas or lie in one."""
        if user.is_manager:
            return self.all()
        stores = Store.objects.for_user(user, on=on)
        moved = self.model._default_manager.filter(movements__store__in=stores).order_by().values("pk")
        lie_there = moved.annotate(there=Sum("movements__quantity")).filter(there__gt=0).values("pk")
        return self.filter(Q(home__in=stores) | Q(pk__in=lie_there))


class Piece(models.Model):
    """A single item of equipment, known by the label on it; its movements say where it is."""

    material = models.ForeignKey(Material, on_delete=models.PROTECT, related_name="pieces", db_index=False)
    label = models.CharField(max_length=40, help_text="What is written on it: a number or a name.")
    home = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="pieces", help_text="The store it belongs to.")

    objects = PieceQuerySet.as_manager()

    class Meta:
        ordering = ("material", "label")
        verbose_name = "piece of equipment"
        verbose_name_plural = "pieces of equipment"
        constraints = (
            models.UniqueConstraint(
                fields=["material", "label"],
                name="piece_once",
                violation_error_message="There is a piece of that label already.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.material} {self.label}"


class PieceBooking(models.Model):
    """A piece that a session has; the action sees to it, under a lock, that two visits do not have it on one day."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="piece_bookings", db_index=False)
    piece = models.ForeignKey(Piece, on_delete=models.PROTECT, related_name="bookings")

    class Meta:
        ordering = ("session", "piece")
        constraints = (
            models.UniqueConstraint(
                fields=["session", "piece"],
                name="piece_booking_once",
                violation_error_message="The session has this piece already.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.piece} for {self.session}"
