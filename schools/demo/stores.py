"""The stores of one area of the made-up charity: a ledger since the summer, equipment, packed boxes, a parcel on its way."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from uuid import UUID

from django.db.models import QuerySet

from schools.accounts.models import User
from schools.core.nations import Language, Nation
from schools.core.periods import AcademicYear
from schools.demo import rows
from schools.demo.made_schools import BATCH, MadeSchool
from schools.demo.people import Person, at
from schools.demo.places import Patch
from schools.directory.models import Area
from schools.materials.models import (
    Kind,
    Material,
    MaterialUse,
    Movement,
    MovementKind,
    Packed,
    Parcel,
    Piece,
    PieceBooking,
    Store,
)
from schools.materials.queries import Reservations
from schools.visits.models import Session

LEFT = {"Speak out sticker": (900, 150), "Workshop booklet": (230, 45), "Leaflet for parents": (240, 0)}
"""How many are left in an area's two stores; SOME of a material that is not named here."""
SOME = (160, 40)
PIECES = {
    "Hand puppet": ("Bear", "Fox", "Otter", "Owl"),
    "Slides on a stick": ("A", "B", "C"),
    "Card game": ("red", "blue", "green", "white"),
}
"""The labels of the pieces; each area adds its own number."""
AHEAD = timedelta(days=30)
PACKED_WITHIN = timedelta(days=4)


class Keeper:
    """A maker of one area's stores; the area's sessions must be stored before."""

    def __init__(self, patch: Patch, schools: Sequence[MadeSchool], team: Sequence[Person], *, by: User, on: date) -> None:
        self.area = patch.area
        self.number = patch.number
        self.is_welsh = patch.nation == Nation.WALES
        self.by = by
        self.on = on
        self.opened_on = AcademicYear.of(on).first_day
        keeper = next((person.volunteer for person in team if person.volunteer.staff), None)
        near, far = schools[0].school, schools[-1].school
        self.main, self.second = (
            Store.objects.create(
                area=self.area,
                name=name,
                keeper=keeper if is_main else None,
                address=address,
                postcode=school.postcode,
                access_notes=notes,
                easting=school.easting,
                northing=school.northing,
            )
            for name, is_main, school, address, notes in (
                (f"{self.area} office", True, near, "The Old Library, Market Street", "Weekdays, 9 am to 4 pm; ring the bell."),
                ("Village hall cupboard", False, far, "The village hall, Station Road", "The key is at the shop next door."),
            )
        )

    def fill(self) -> None:
        """Write the ledger, choose equipment for sessions to come, pack the boxes of the next days."""
        used = MaterialUse.objects.filter(
            session__area=self.area, session__day__gte=self.opened_on, material__kind=Kind.CONSUMABLE, used__gt=0
        )
        lines = [*self._stock(used), *self._used(used)]
        lines.sort(key=lambda line: line.day)
        rows.store(lines)
        used.update(store=self.main)
        self._choose_pieces(self._receive_pieces())
        self._pack()

    def _line(self, material: Material, store: Store, quantity: int, kind: MovementKind, day: date, **more: object) -> Movement:
        written = {"day": day, "written_at": at(day, 16), "by": self.by}
        return Movement(material=material, store=store, quantity=quantity, kind=kind, **written, **more)

    def _stock(self, used: QuerySet[MaterialUse]) -> Iterator[Movement]:
        """Yield the count of the summer, what came in the autumn and what was moved to the second store.

        Together with what was used these lines add up to LEFT.
        """
        gone: defaultdict[int, int] = defaultdict(int)
        for material_id, pieces in used.values_list("material_id", "used"):
            gone[material_id] += pieces or 0
        came_on = min(self.opened_on + timedelta(days=45), self.on)
        for number, material in enumerate(Material.objects.filter(kind=Kind.CONSUMABLE).order_by("pk")):
            if material.language == Language.WELSH and not self.is_welsh:
                continue
            here, there = LEFT.get(material.name, SOME)
            opening = here + there + gone[material.pk] - (came := 50)
            note = "Stock take in the summer"
            yield self._line(material, self.main, opening, MovementKind.COUNTED, self.opened_on, note=note)
            yield self._line(material, self.main, came, MovementKind.RECEIVED, came_on, note="From the printer")
            if there:
                transfer = UUID(int=(self.number + 1) * 1_000 + number)
                yield self._line(material, self.main, -there, MovementKind.MOVED, came_on, transfer=transfer)
                yield self._line(material, self.second, there, MovementKind.MOVED, came_on, transfer=transfer)

    def _used(self, used: QuerySet[MaterialUse]) -> Iterator[Movement]:
        for use in used.select_related("session", "material"):
            yield self._line(use.material, self.main, -(use.used or 0), MovementKind.USED, use.session.day, session=use.session)

    def _receive_pieces(self) -> dict[int, list[Piece]]:
        materials = {material.name: material for material in Material.objects.filter(kind=Kind.EQUIPMENT)}
        pieces = Piece.objects.bulk_create(
            Piece(
                material=materials[name],
                label=f"{label}{self.number + 1}" if len(label) == 1 else f"{label} {self.number + 1}",
                home=self.main if position % 3 else self.second,
            )
            for name, labels in PIECES.items()
            for position, label in enumerate(labels)
        )
        Movement.objects.bulk_create(
            self._line(piece.material, piece.home, 1, MovementKind.RECEIVED, self.opened_on, piece=piece) for piece in pieces
        )
        of_material: defaultdict[int, list[Piece]] = defaultdict(list)
        for piece in pieces:
            of_material[piece.material_id].append(piece)
        return of_material

    def _choose_pieces(self, of_material: dict[int, list[Piece]]) -> None:
        """Choose pieces for visits to come, soonest first, as far as there are any; the second visit is left without."""
        held: dict[tuple[int, date], int] = {}
        bookings = []
        reservations = self._reservations()
        coming = [session for session in reservations.sessions.values() if session.day >= self.on]
        visits = list(dict.fromkeys(session.visit for session in coming))
        for session in coming:
            if session.visit in visits[1:2]:
                continue
            for item in reservations.kits[session.pk]:
                pieces = of_material.get(item.material.pk, [])
                free = [piece for piece in pieces if held.get((piece.pk, session.day), session.visit) == session.visit]
                # Pieces that the visit's other sessions have come first, because one box serves the whole morning.
                free.sort(key=lambda piece: (piece.pk, session.day) not in held)
                for piece in free[: item.quantity or 0]:
                    held[piece.pk, session.day] = session.visit
                    bookings.append(PieceBooking(session_id=session.pk, piece=piece))
        PieceBooking.objects.bulk_create(bookings, batch_size=BATCH)

    def _pack(self) -> None:
        """Pack the boxes of the next days, and send a parcel to the first visit after them."""
        reservations = self._reservations()
        packed = [
            Packed(
                session_id=reserved.want.session,
                material_id=reserved.want.material,
                store=reservations.stores[reserved.store],
                quantity=reserved.taken,
                packed_at=at(self.on, 8),
                by=self.by,
            )
            for reserved in reservations.reserved
            if reserved.store
            and reserved.taken
            and not reserved.missing
            and self.on <= reserved.want.day <= self.on + PACKED_WITHIN
        ]
        Packed.objects.bulk_create(packed, batch_size=BATCH)
        later = (session for session in reservations.sessions.values() if session.day > self.on + PACKED_WITHIN)
        if sent := next(later, None):
            visit = Session.objects.select_related("visit").get(pk=sent.pk).visit
            Parcel.objects.create(
                visit=visit, store=self.main, sent_on=self.on - timedelta(days=1), tracking="AB 1234 5678 9GB", by=self.by
            )

    def _reservations(self) -> Reservations:
        return Reservations(areas=Area.objects.filter(pk=self.area.pk), on=self.on, until=self.on + AHEAD)
