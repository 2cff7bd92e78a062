"""What one session is to have, what is packed and sent for it, and what it used."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from simple_history.models import HistoricalRecords

from schools.core.words import long_day
from schools.materials.models.stores import Store
from schools.materials.models.things import MOST_PIECES, Kind, Material
from schools.visits.models import Session, SessionStage, Visit


class SessionKit(models.Model):
    """A coordinator's decision for one session and material, in place of what is worked out.

    `quantity` NULL: as the kit says; 0: not needed here. `store` NULL: the area's nearest with enough.
    """

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="kit_choices", db_index=False)
    material = models.ForeignKey(Material, on_delete=models.PROTECT, related_name="kit_choices")
    quantity = models.PositiveIntegerField(null=True, blank=True)
    store = models.ForeignKey(Store, on_delete=models.PROTECT, null=True, blank=True, related_name="kit_choices")

    class Meta:
        ordering = ("session", "material")
        constraints = (
            models.UniqueConstraint(
                fields=["session", "material"],
                name="session_kit_once",
                violation_error_message="This session has a line for the material already.",
            ),
            models.CheckConstraint(
                condition=Q(quantity=None) | Q(quantity__lte=MOST_PIECES),
                name="session_kit_believable",
                violation_error_message=f"A session has at most {MOST_PIECES:,} of a material.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.material} for {self.session}"


class PackedQuerySet(models.QuerySet["Packed"]):
    """The QuerySet of ticks on picking lists; its methods complete “ticks …”."""

    def still_in_the_box(self) -> "PackedQuerySet":
        """Ticks of boxes that were not unpacked: the session was never cancelled since it was packed.

        The box of a cancelled session counts as unpacked, also after an undo, because others may have taken its things meanwhile.
        The row stays: it says from which store the session would have been supplied.
        """
        cancelled = Session.history.filter(
            id=OuterRef("session_id"), stage=SessionStage.CANCELLED, history_date__gte=OuterRef("packed_at")
        )
        return self.filter(~Q(session__stage=SessionStage.CANCELLED), ~Exists(cancelled))

    def on_list_of(self, store: Store) -> "PackedQuerySet":
        """Ticks that the store's list shows: of what is used up the only one, wherever it is packed, of equipment its own.

        The pieces of a session may lie in several stores, each of which packs what lies there.
        """
        return self.filter(~Q(material__kind=Kind.EQUIPMENT) | Q(store=store))


class Packed(models.Model):
    """A tick on the picking list: the quantity lies in the session's box, taken from this store.

    What is used up comes from one store; `pack` holds the session while it puts one tick in place of another.
    """

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="packed", db_index=False)
    material = models.ForeignKey(Material, on_delete=models.PROTECT, related_name="+")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="packed")
    quantity = models.PositiveIntegerField()
    packed_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = PackedQuerySet.as_manager()

    class Meta:
        ordering = ("session", "material")
        verbose_name = "thing packed"
        verbose_name_plural = "things packed"
        constraints = (
            models.UniqueConstraint(
                fields=["session", "material", "store"],
                name="packed_once",
                violation_error_message="This is packed already.",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=MOST_PIECES),
                name="packed_believable",
                violation_error_message=f"Pack 1 to {MOST_PIECES:,} of a material.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.quantity:,} {self.material}"


class Parcel(models.Model):
    """A parcel sent ahead from a store to the school of a visit."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="parcels")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="parcels")
    sent_on = models.DateField()
    tracking = models.CharField("tracking number", max_length=60, blank=True)
    arrived_on = models.DateField(null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-sent_on", "-pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(arrived_on=None) | Q(arrived_on__gte=F("sent_on")),
                name="parcel_days_in_order",
                violation_error_message="A parcel cannot arrive before it was sent.",
            ),
        )

    def __str__(self) -> str:
        return f"Parcel to {self.visit.school}, {long_day(self.sent_on)}"


class MaterialUse(models.Model):
    """What a session was to have of a material, what arrived and what was used; NULL means "not said", never 0.

    `store` is the one from which the ledger took what was used; NULL where the ledger has no line of it.
    """

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="material_uses", db_index=False)
    material = models.ForeignKey(Material, on_delete=models.PROTECT, related_name="uses")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, null=True, blank=True, related_name="uses")
    planned = models.PositiveIntegerField(null=True, blank=True)
    arrived = models.PositiveIntegerField(null=True, blank=True)
    used = models.PositiveIntegerField(null=True, blank=True)

    history = HistoricalRecords()

    class Meta:
        ordering = ("session", "material")
        constraints = (
            models.UniqueConstraint(
                fields=["session", "material"],
                name="material_use_once",
                violation_error_message="This session has a line for the material already.",
            ),
            models.CheckConstraint(
                condition=(Q(planned=None) | Q(planned__lte=MOST_PIECES))
                & (Q(arrived=None) | Q(arrived__lte=MOST_PIECES))
                & (Q(used=None) | Q(used__lte=MOST_PIECES)),
                name="material_use_believable",
                violation_error_message=f"A session has at most {MOST_PIECES:,} of a material.",
            ),
        )

    def __str__(self) -> str:
        return f"{self.material}: {'not said' if self.used is None else self.used}"
