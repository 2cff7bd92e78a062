"""The materials of the made-up charity, and what a session of each type needs."""

from collections.abc import Iterator
from dataclasses import dataclass

from schools.core.nations import Language
from schools.materials.models import KitLine, Material, MaterialUse
from schools.programme.models import SessionType
from schools.visits.models import Session

STICKERS, BOOKLET, LEAFLET = "Speak out sticker", "Workshop booklet", "Leaflet for parents"
CONSUMABLE, EQUIPMENT = Material.Kind.CONSUMABLE, Material.Kind.EQUIPMENT
MATERIALS = (
    (STICKERS, "sticker", CONSUMABLE, Language.ENGLISH, 500),
    (BOOKLET, "booklet", CONSUMABLE, Language.ENGLISH, 120),
    (BOOKLET, "booklet", CONSUMABLE, Language.WELSH, 60),
    (LEAFLET, "leaflet", CONSUMABLE, Language.ENGLISH, 200),
    ("Poster with the helpline", "poster", CONSUMABLE, Language.ENGLISH, 100),
    ("Hand puppet", "puppet", EQUIPMENT, Language.ENGLISH, None),
    ("Slides on a stick", "stick", EQUIPMENT, Language.ENGLISH, None),
    ("Card game", "set", EQUIPMENT, Language.ENGLISH, None),
)
KIT = {
    "ks1-assembly": ((STICKERS, 1, "pupil"), ("Hand puppet", 1, "session"), ("Slides on a stick", 1, "session")),
    "ks2-assembly": (("Poster with the helpline", 2, "session"), ("Slides on a stick", 1, "session")),
    "workshop-2": ((STICKERS, 1, "pupil"), ("Hand puppet", 1, "class")),
    "workshop-5-6": ((BOOKLET, 1, "pupil"), ("Card game", 1, "class")),
    "send": ((STICKERS, 1, "pupil"), ("Hand puppet", 2, "session")),
    "parents": ((LEAFLET, 1, "adult"),),
}


@dataclass(frozen=True)
class Need:
    """A line of a type's kit: so many of a material per session, class, pupil or adult."""

    material: Material
    quantity: int
    per: str

    def pieces(self, *, pupils: int, adults: int) -> int:
        """Return how many pieces a session with these numbers of people needs."""
        times = {"pupil": pupils, "adult": adults, "class": -(-pupils // 30), "session": 1}
        return self.quantity * times[self.per]


def store(types: dict[str, SessionType]) -> dict[str, list[Need]]:
    """Store the materials and kit lines, and return the needs by the slug of the session type."""
    made = Material.objects.bulk_create(
        Material(name=name, unit=unit, kind=kind, language=language, reorder_level=level, lead_days=10 if level else None)
        for name, unit, kind, language, level in MATERIALS
    )
    english = {material.name: material for material in made if material.language == Language.ENGLISH}
    needs = {slug: [Need(english[name], quantity, per) for name, quantity, per in lines] for slug, lines in KIT.items()}
    KitLine.objects.bulk_create(
        KitLine(session_type=types[slug], material=need.material, quantity=need.quantity, per=need.per)
        for slug, lines in needs.items()
        for need in lines
    )
    return needs


def uses(session: Session, needs: list[Need], *, planned: int, pupils: int, adults: int) -> Iterator[MaterialUse]:
    """Yield what a delivered session was to have, had and used of each material; equipment counts as used."""
    for need in needs:
        pieces = need.pieces(pupils=planned, adults=adults)
        used = min(pieces, need.pieces(pupils=pupils, adults=adults))
        yield MaterialUse(session=session, material_id=need.material.pk, planned=pieces, arrived=pieces, used=used)
