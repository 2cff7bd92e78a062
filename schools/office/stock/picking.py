"""The lines of a picking list: what is packed in a store for the sessions of a week."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from schools.core.csv import Cell
from schools.directory.models import Area
from schools.materials.actions.packing import Line
from schools.materials.models import Packed, Store
from schools.materials.queries import KitItem, Reservations, fetched_from
from schools.visits.models import Session, Visit

HEADER = ("day", "starts", "school", "postcode", "visit", "session", "material", "pieces", "packed")
"""The columns of a picking list's file."""


@dataclass(frozen=True)
class PickingLine:
    """One line of a picking list: a quantity of a material, or its pieces by label, for one session."""

    session: Session
    item: KitItem
    pieces: str
    """The labels of the pieces of equipment; "" for consumables."""
    packed: Packed | None
    """The tick; None where nothing is packed."""

    @property
    def key(self) -> Line:
        """The ids of the session and the material."""
        return self.session.pk, self.item.material.pk

    @property
    def visit_day(self) -> tuple[Visit, date]:
        """The visit and the day: what is packed for one of them goes to one place (rule 33)."""
        return self.session.visit, self.session.day

    @property
    def name(self) -> str:
        """The value that the ticked box sends: the line, and the number of pieces that the page showed."""
        return f"{self.session.pk}-{self.item.material.pk}-{self.item.quantity or 0}"

    @property
    def is_packed(self) -> bool:
        """Whether as many as are needed lie in the box."""
        return self.packed is not None and self.packed.quantity == self.item.quantity

    @property
    def was_packed(self) -> int | None:
        """How many were packed, where another number is needed now; None otherwise."""
        return self.packed.quantity if self.packed and not self.is_packed else None

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The line in the file, in the order of HEADER."""
        return (
            self.session.day,
            self.session.starts,
            self.session.where.name,
            self.session.where.postcode,
            self.session.visit.reference,
            self.session.name,
            str(self.item.material),
            self.pieces or self.item.quantity,
            "yes" if self.is_packed else "no",
        )


def picking_lines(store: Store, week: date, *, on: date) -> Iterator[PickingLine]:
    """Yield what leaves the store in the week that begins on `week`, equipment included, ordered by day, visit and time."""
    last_day = week + timedelta(days=6)
    reservations = Reservations(areas=Area.objects.filter(pk=store.area_id), on=on, until=last_day)
    in_week = [pk for pk, session in reservations.sessions.items() if week <= session.day <= last_day]
    sessions = Session.objects.select_related("type", "visit__school", "site").in_bulk(in_week)
    packed = Packed.objects.still_in_the_box().on_list_of(store).filter(session__in=in_week)
    ticks = {(tick.session_id, tick.material_id): tick for tick in packed}
    labels: dict[tuple[int, int], list[str]] = {}
    for booking in fetched_from(store, in_week):
        labels.setdefault((booking.session_id, booking.piece.material_id), []).append(booking.piece.label)
    ordered = sorted(in_week, key=lambda pk: (sessions[pk].day, sessions[pk].visit_id, sessions[pk].starts, pk))
    for pk in ordered:
        for item in reservations.kits[pk]:
            key = (pk, item.material.pk)
            reserved = reservations.by_session.get(pk, {}).get(item.material.pk)
            if item.material.is_equipment and key in labels:
                pieces = KitItem(item.material, len(labels[key]))
                yield PickingLine(sessions[pk], pieces, ", ".join(labels[key]), ticks.get(key))
            elif reserved and reserved.store == store.pk:
                yield PickingLine(sessions[pk], item, "", ticks.get(key))
