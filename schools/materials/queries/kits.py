"""What a session needs: the kit of its type, in its language, for the people expected, with the coordinator's own decisions."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import ceil

from django.db.models import Exists, OuterRef, Q, QuerySet, prefetch_related_objects

from schools.core.batched_queries import Batch, GivenIds, NamedQuery, Row, all_columns, named_query, run_batch
from schools.materials.models import KitLine, Material, Per, SessionKit
from schools.visits.models import Session

PUPILS_IN_CLASS = 30
"""Pupils; a kit line "per class" is needed once for every group of this size, and once for the rest."""

type Amount = tuple[int | None, bool]
"""How many pieces (None: not known), and whether it may be more because the number of some people is not known."""


@dataclass(frozen=True)
class KitItem:
    """How much of a material to bring.

    `quantity` None: nobody knows how many people will be there. `at_least`: it may be more, because the number of some people is
    not known. `store_id`: the store that the coordinator chose for it, if any.
    """

    material: Material
    quantity: int | None
    at_least: bool = False
    store_id: int | None = None
    is_decided: bool = False
    """Whether the quantity is the coordinator's, not the kit's."""


@dataclass(frozen=True)
class Sitting:
    """The facts of a session that decide how much it needs.

    `pupils`: the sum of the year groups whose number is known; None where no number is known.
    """

    session_id: int
    type_id: int
    language: str
    adults: int | None
    pupils: int | None
    is_whole: bool = True
    """Whether the number of every year group is known."""

    @classmethod
    def of(cls, session: Session) -> "Sitting":
        """Return the facts of a session; its headcounts should be prefetched."""
        expected = [headcount.expected for headcount in session.headcounts.all()]
        known = [pupils for pupils in expected if pupils is not None]
        pupils = sum(known) if known else None
        return cls(session.pk, session.type_id, session.language, session.adults, pupils, len(known) == len(expected))


def kit_parts(decided: QuerySet[SessionKit]) -> list[NamedQuery]:
    """Return the queries that Kits needs: the kits of all types, the rows of the QuerySet, and the materials of both.

    The materials come in every language and version.
    """
    in_kits = Material.objects.filter(Exists(KitLine.objects.filter(material=OuterRef("pk"))))
    # A subquery of ids runs once; Exists would look up the sessions again for each material.
    chosen = decided.order_by().values("material")
    materials = Material.objects.filter(Q(name__in=in_kits.order_by().values("name")) | Q(pk__in=chosen))
    return [
        named_query("kit line", KitLine.objects.all(), **all_columns(KitLine)),
        named_query("decided", decided, **all_columns(SessionKit)),
        named_query("material", materials, **all_columns(Material)),
    ]


OF_SESSIONS = Batch(lambda: kit_parts(SessionKit.objects.filter(session__in=GivenIds("sessions"))))
"""The same for the decisions about some sessions, given by id."""


class Kits:
    """The kits of all session types, and what coordinators decided for single sessions."""

    def __init__(self, answers: Mapping[str, list[Row]]) -> None:
        """Build the kits from the answers to kit_parts."""
        materials = {row["id"]: Material(**row) for row in answers["material"]}
        self._variants: defaultdict[tuple[str, str, str], list[Material]] = defaultdict(list)
        for material in sorted(materials.values(), key=lambda material: (material.version, material.pk)):
            self._variants[material.name, material.kind, material.language].append(material)
        self._lines: defaultdict[int, list[KitLine]] = defaultdict(list)
        for fact in answers["kit line"]:
            line = KitLine(**fact)
            line.material = materials[line.material_id]
            self._lines[line.session_type_id].append(line)
        self._decided: defaultdict[int, list[SessionKit]] = defaultdict(list)
        for fact in answers["decided"]:
            choice = SessionKit(**fact)
            choice.material = materials[choice.material_id]
            self._decided[choice.session_id].append(choice)
        self._of_type: dict[tuple[int, str], list[tuple[KitLine, Material]]] = {}
        self._known: dict[Sitting, list[KitItem]] = {}

    @classmethod
    def read(cls, decided: QuerySet[SessionKit]) -> "Kits":
        """Read the kits, and the rows of the QuerySet as what was decided for single sessions; one query."""
        return cls(run_batch(*kit_parts(decided)))

    def items(self, sitting: Sitting) -> list[KitItem]:
        """Return what the session needs, ordered by the material's name; a material of which it needs none is left out."""
        # Sessions of one type and size need the same, so that is worked out once, except where something was decided for one.
        alike = sitting if self.is_decided(sitting.session_id) else replace(sitting, session_id=0)
        if alike not in self._known:
            self._known[alike] = self._work_out(sitting)
        return list(self._known[alike])

    def _work_out(self, sitting: Sitting) -> list[KitItem]:
        amounts: dict[int, Amount] = {}
        materials: dict[int, Material] = {}
        for line, material in self._lines_of(sitting.type_id, sitting.language):
            materials[material.pk] = material
            amount = _needed(line, sitting)
            amounts[material.pk] = _combine_amounts(amounts[material.pk], amount, sum) if material.pk in amounts else amount
        chosen = {choice.material_id: choice for choice in self._decided[sitting.session_id]}
        materials |= {choice.material_id: choice.material for choice in chosen.values() if choice.quantity is not None}
        return [
            item
            for material in sorted(materials.values(), key=lambda material: (material.name, material.pk))
            for item in _item(material, amounts.get(material.pk), chosen.get(material.pk))
        ]

    def is_decided(self, session_id: int) -> bool:
        """Whether the coordinator decided something for the session, so that the kit alone does not say what it needs."""
        return session_id in self._decided

    def _lines_of(self, type_id: int, language: str) -> list[tuple[KitLine, Material]]:
        """Return the kit of the type, each line with its material in the language."""
        if (type_id, language) not in self._of_type:
            lines = self._lines[type_id]
            self._of_type[type_id, language] = [(line, self._in_language(line.material, language)) for line in lines]
        return self._of_type[type_id, language]

    def _in_language(self, material: Material, language: str) -> Material:
        """Return the material in the language: of the same version, else of the latest, else the material itself."""
        if material.language == language:
            return material
        variants = self._variants[material.name, material.kind, language]
        same = [variant for variant in variants if variant.version == material.version]
        return (same or variants[-1:] or [material])[0]


def _item(material: Material, amount: Amount | None, chosen: SessionKit | None) -> Iterator[KitItem]:
    """Yield the item of the material; nothing where the coordinator decided that none is needed."""
    store = chosen.store_id if chosen else None
    if chosen and chosen.quantity is not None:
        if chosen.quantity:
            yield KitItem(material, chosen.quantity, store_id=store, is_decided=True)
    elif amount:
        yield KitItem(material, *amount, store_id=store)


def kit_for(*sessions: Session) -> list[KitItem]:
    """Return what to bring to all the sessions, ordered by the material's name; two queries.

    Quantities of things that are used up are added up. Equipment comes back, so the session that needs most decides.
    """
    return combined(kits_of(sessions).values())


def combined(each: Iterable[Iterable[KitItem]]) -> list[KitItem]:
    """Add up what several sessions need, as kit_for does; ordered by the material's name."""
    items: dict[int, KitItem] = {}
    for item in (item for of_session in each for item in of_session):
        known = items.get(item.material.pk)
        in_all: Callable[..., int] = max if item.material.is_equipment else sum
        if known:
            amount = _combine_amounts((known.quantity, known.at_least), (item.quantity, item.at_least), in_all)
            items[item.material.pk] = KitItem(item.material, *amount)
        else:
            items[item.material.pk] = item
    return sorted(items.values(), key=lambda item: (item.material.name, item.material.pk))


def kits_of(sessions: Iterable[Session]) -> dict[int, list[KitItem]]:
    """Return what each of the sessions needs, by its id; two queries, however many sessions."""
    sessions = list(sessions)
    prefetch_related_objects(sessions, "headcounts")
    kits = Kits(OF_SESSIONS.run(sessions=[session.pk for session in sessions]))
    return {session.pk: kits.items(Sitting.of(session)) for session in sessions}


def _combine_amounts(first: Amount, second: Amount, together: Callable[..., int]) -> Amount:
    known = [quantity for quantity, _ in (first, second) if quantity is not None]
    unsure = first[1] or second[1] or len(known) == 1
    return together(known) if known else None, unsure


def _needed(line: KitLine, sitting: Sitting) -> Amount:
    """Return what one session needs by one kit line, rounded up to whole pieces."""
    if line.per == Per.SESSION:
        return line.quantity, False
    if line.per == Per.ADULT:
        return None if sitting.adults is None else line.quantity * sitting.adults, False
    if sitting.pupils is None:
        return None, False
    groups = sitting.pupils if line.per == Per.PUPIL else ceil(sitting.pupils / PUPILS_IN_CLASS)
    return line.quantity * groups, not sitting.is_whole
