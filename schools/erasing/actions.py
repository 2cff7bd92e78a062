"""Erasing somebody: their rows, the name in the texts of others, and the sheet that says what became of what."""

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from math import inf
from typing import Any, Literal

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import CharField

from schools.accounts.models import User
from schools.core.erased import ERASED_VALUE
from schools.core.erasures import keep_erasures
from schools.core.errors import RuleBroken
from schools.core.search_index import tidy_index
from schools.core.search_words import words_of
from schools.core.searchable import Searchable
from schools.directory.models import Contact
from schools.erasing.full_names import WORDS_OF_ROLES, is_full_name
from schools.erasing.links import Links
from schools.erasing.locks import hold_erasures, locks_of, locks_of_places
from schools.erasing.models import EarlierValue, Erasure
from schools.erasing.own_rows import OwnRows
from schools.erasing.people import Person, PersonRow, person_of
from schools.erasing.places import Place, places_of, plain
from schools.erasing.registry import PEOPLE, Fate, own_table, searched_columns, tables
from schools.erasing.rules import reasons_not_to_erase
from schools.erasing.values import Value, ValueKind, holds, number_of_shared, replaced, values_of
from schools.messages.models import OutboxMessage
from schools.visits.models import VisitRequest

MEANWHILE = "Somebody wrote or changed something that names them meanwhile. Look at the page again and decide about it."
BUSY = "Somebody is changing what names them at this moment, so nothing was erased. Try again in a minute."
MOST_ROUNDS = 20
"""So often what names somebody is locked anew, because more of it was found and somebody else had that."""


@dataclass(frozen=True)
class Decision:
    """What a manager decided about one place: keep it, cut the name out, or write another text."""

    what_to_do: Literal["keep", "cut", "edit"] = "cut"
    text: str = ""


CUT, KEEP = Decision(), Decision("keep")


def always_cut(_: Place) -> Decision:
    """Decide to cut the name out, as where somebody asked to be forgotten and nobody decided otherwise."""
    return CUT


def where_sure(row: PersonRow) -> Callable[[Place], Decision]:
    """Return what becomes of each note where somebody is erased and nobody looks: the name is cut where it means them for sure.

    Whoever is entered at a school, or asked for a visit, may be called Pat, Office, Head Teacher or Oak School Reception, which
    stand in notes for anybody and for nobody. Where references say that the row names them, that is sure as well.
    """
    if not isinstance(row, Contact | VisitRequest):
        return always_cut
    shared = row.also_at.all() if isinstance(row, Contact) else ()
    schools = filter(None, (row.school, *shared))
    no_names = WORDS_OF_ROLES.union(*(words_of(school.name) for school in schools))
    return lambda place: CUT if place.is_named or any(_is_sure(value, no_names) for value in place.values) else KEEP


class NotesToRead(RuleBroken):
    """Notes name somebody, and no manager has looked at them: nothing is cut out of what people typed unseen."""


def nothing_unseen(row: PersonRow) -> Callable[[Place], Decision]:
    """Return what becomes of each note where somebody is erased and nobody has looked: it stays where it may mean anybody.

    Where it means them for sure (`where_sure`), NotesToRead is raised: a manager decides about each on the page of erasing.
    """
    sure = where_sure(row)

    def kept(place: Place) -> Decision:
        if sure(place) != KEEP:
            raise NotesToRead(
                [f"Notes name {row}. A manager finds them under Erased people, reads each note and erases them there."]
            )
        return KEEP

    return kept


def _is_sure(value: Value, no_names: Collection[str]) -> bool:
    """Return whether the value means the person wherever it stands: an address, a number, or a name of more than no_names."""
    return value.kind is ValueKind.OTHER or is_full_name(value.text, no_names)


@dataclass
class Plan:
    """What erasing somebody does, or did."""

    person: Person
    gone: Counter[str] = field(default_factory=Counter)
    """Rows that are deleted or blanked, by what they are called."""
    named: Counter[str] = field(default_factory=Counter)
    """Rows of others in which the name is replaced."""
    places: list[Place] = field(default_factory=list)
    """Every place in rows of others that holds a value."""
    closed: Counter[str] = field(default_factory=Counter)
    """Rows that keep their bytes although they hold a value."""
    values: Sequence[Value] = ()

    @property
    def to_decide(self) -> list[Place]:
        """Return the places about which a manager decides, each once with its earlier states."""
        return list({place.key: place for place in self.places if place.is_decided}.values())

    @property
    def mark(self) -> str:
        """A mark of all places to decide about, so that nobody decides about what they have not seen."""
        seen = [(place.key, str(place.text)) for place in self.to_decide]
        return hashlib.sha256(repr(seen).encode()).hexdigest()

    @property
    def shared(self) -> int:
        """How many values somebody else, a school or the charity has too, so that nobody looks for what is left of them."""
        return number_of_shared(self.values)


def preview_erasure(row: PersonRow) -> Plan:
    """Return what erasing the person would do; nothing is changed. Raises RuleBroken with every reason against it."""
    with transaction.atomic():
        plan, _ = _erase_own_rows(row)
        transaction.set_rollback(True)
    return plan


@transaction.atomic
def erase(
    row: PersonRow,
    *,
    by: User | None,
    now: datetime,
    decisions: Mapping[str, Decision] | None = None,
    otherwise: Callable[[Place], Decision] = always_cut,
    mark: str | None = None,
    tidy: bool = True,
) -> Erasure:
    """Erase who somebody was and return the sheet; sessions, covers, hours and steps stay under the reference.

    `by` is None where nobody asked for it, but they were kept long enough (schools/keeping). `decisions` are by the keys of the
    places; what becomes of the rest, `otherwise` says. `mark` is that of the plan somebody looked at; None: nobody has to have
    looked. With `tidy` False the caller calls `tidy_indexes`. Raises RuleBroken with every reason; then nothing is changed.
    """
    plan, links = _erase_own_rows(row)
    if mark is not None and mark != plan.mark:
        raise RuleBroken([MEANWHILE])
    decided = {place.key: (decisions or {}).get(place.key) or otherwise(place) for place in plan.to_decide}
    _take_from_senders(links)
    for place in plan.places:
        if place.is_decided:
            _decide(place, decided[place.key], plan)
        elif place.fate is not Fate.CLOSED:
            _write(place, _without_the_name(place, plan.person))
    _cut_from_earlier_values(plan)
    kept = {key for key, decision in decided.items() if decision.what_to_do == "keep"}
    left = [place for place in places_of(plan.values, links) if place.key not in kept and place.fate is not Fate.CLOSED]
    if left:
        raise RuleBroken([MEANWHILE, *sorted({f"It stands in: {place.table}, {place.column}." for place in left})])
    if tidy:
        tidy_indexes()
    sheet = _sheet(plan, decided)
    erasure = Erasure.objects.create(kind=plan.person.kind, reference=plan.person.reference, at=now, by=by, sheet=sheet)
    # The list outlives a restore of a backup that still knows them (docs/operations.md).
    listed = partial(keep_erasures, settings.SPEAKOUT_ERASURES, plan.person.references, at=now)
    transaction.on_commit(listed, robust=True)
    return erasure


def tidy_indexes() -> None:
    """Take the words of whoever was erased out of the indexes by which people are found, which on SQLite are made anew."""
    for model in PEOPLE:
        if issubclass(model, Searchable):
            tidy_index(model._meta.db_table)


def _erase_own_rows(row: PersonRow) -> tuple[Plan, Links]:
    """Erase what is theirs alone and return what is left to do. Raises RuleBroken with every reason against it.

    Whatever names them is locked before, in everybody's order. Where more names them once that is locked, and somebody has it,
    all is let go and locked anew, with that: whoever moves a visit meanwhile has its row, and waits for the people on it. After
    MOST_ROUNDS it is left for another time.
    """
    person = _still_there(row)  # before anybody waits for it
    # One erasure after the other: they replace names in the same rows, each in another order.
    hold_erasures()
    locks = locks_of(Links(person))
    for _ in range(MOST_ROUNDS):
        with transaction.atomic():
            locks.take()
            person = _still_there(row, is_locked=True)
            links = Links(person)
            more = locks_of(links)
            if more.take_at_once():
                plan = _without_own_rows(person, links)
                more = more.joined(locks_of_places(plan.places))
                if more.take_at_once():
                    return plan, links
            transaction.set_rollback(True)
        locks = locks.joined(more)
    raise RuleBroken([BUSY])


def _still_there(row: PersonRow, *, is_locked: bool = False) -> Person:
    """Return the person as they are now, with their row locked or not. Raises RuleBroken with every reason not to erase them."""
    rows: Any = type(row)._default_manager
    there = (rows.select_for_update(of=("self",)) if is_locked else rows).filter(pk=row.pk).first()
    if there is None:
        raise RuleBroken(["They are not there any more: somebody was quicker."])
    if reasons := reasons_not_to_erase(there):
        raise RuleBroken(reasons)
    return person_of(there)


def _without_own_rows(person: Person, links: Links) -> Plan:
    """Erase the rows that are the person's own, and return the plan with what is left of them elsewhere."""
    plan = Plan(person, values=values_of(person))
    own = OwnRows(person, plan.values, links)
    own.erase()
    plan.gone = own.gone
    named, closed = set[tuple[str, Any]](), set[tuple[str, Any]]()
    plan.places = list(places_of(plan.values, links))
    for place in plan.places:
        if not place.is_decided:
            rows_of_table = closed if place.fate is Fate.CLOSED else named
            rows_of_table.add((str(own_table(place.model)._meta.verbose_name_plural), place.row))
    plan.named = Counter(table for table, _ in named)
    plan.closed = Counter(table for table, _ in closed)
    return plan


def _take_from_senders(links: Links) -> None:
    """Take what is being sent from whoever sends it, since their copy may name the person. It is asked anew, and goes then."""
    named = OutboxMessage.objects.unsent().filter(pk__in=links.ids[OutboxMessage], stopped_at=None, handed_over_at=None)
    named.exclude(kind="").exclude(next_try=None).update(next_try=None)


def _cut_from_earlier_values(plan: Plan) -> None:
    """Take the name out of what was just kept of others: such as an emergency contact, which somebody else may be."""
    for earlier in EarlierValue.objects.order_by("pk"):
        there = [value for value in plan.values if value.is_theirs_alone and holds(earlier.value, value)]
        if there:
            earlier.value = replaced(earlier.value, there, plan.person)
            earlier.save(update_fields=["value"])


def _decide(place: Place, decision: Decision, plan: Plan) -> None:
    if decision.what_to_do == "keep":
        return
    if decision.what_to_do == "cut" or not isinstance(place.text, str):
        _write(place, _without_the_name(place, plan.person))
        return
    if any(holds(decision.text, value) for value in place.values):
        raise RuleBroken([f"Your text for “{place.table}” names them still. Take the name out, or choose to keep it."])
    _write(place, decision.text)


def _without_the_name(place: Place, person: Person) -> Any:
    """Return what stands there with other words in place of the name, and with shorter ones where the column has no room."""
    shorter = (person, replace(person, instead=ERASED_VALUE), replace(person, instead="–"))
    texts = [replaced(place.text, place.values, each) for each in shorter]
    fitting = (text for text in texts if not isinstance(text, str) or len(text) <= _room_in(place))
    # A short number may have no room for what stands in its place: then the end goes, and not all of the text.
    fits = next(fitting, None)
    return texts[-1][: int(_room_in(place))] if fits is None else fits


def _room_in(place: Place) -> float:
    """Return how many characters the column of the place has room for."""
    column: Any = place.model._meta.get_field(place.column)
    return column.max_length if isinstance(column, CharField) and column.max_length is not None else inf


def _write(place: Place, text: Any) -> None:
    """Write the column of the row as it is now.

    Raises RuleBroken where somebody changed it since it was read, or where the text is too long or is that of another row.
    """
    if isinstance(text, str) and len(text) > _room_in(place):
        raise RuleBroken([f"Your text for “{place.table}” is too long. Write {_room_in(place)} characters at most."])
    rows: Any = place.model._default_manager.filter(pk=place.pk)
    now = list(rows.select_for_update().values_list(place.column, flat=True))
    if not now or plain(now[0]) != place.text:
        raise RuleBroken([MEANWHILE])
    try:
        with transaction.atomic():
            rows.update(**{place.column: text})
    except IntegrityError:
        raise RuleBroken([f"Another row of “{place.table}” is called “{text}” already. Write another text there."]) from None


def _sheet(plan: Plan, decided: Mapping[str, Decision]) -> dict[str, Any]:
    """Return the sheet as it is stored: references, tables, numbers and decisions, never a value."""
    searched = [searched_columns(model) for model in tables()]
    return {
        # For whoever completes the list of erasures where it could not be written (schools/backups).
        "references": list(plan.person.references),
        "gone": sorted(plan.gone.items()),
        "named": sorted(plan.named.items()),
        "closed": sorted(plan.closed.items()),
        "decided": [[place.table, place.row, place.column, decided[place.key].what_to_do] for place in plan.to_decide],
        "values": sum(value.is_theirs_alone for value in plan.values),
        "shared": plan.shared,
        "tables": sum(bool(columns) for columns in searched),
        "columns": sum(len(columns) for columns in searched),
    }
