"""Finding sessions that were frozen in a wrong place, because what tells it was loaded later, and putting them right (rule 3)."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import batched

from django.db import transaction
from django.db.models import Model

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.core.history import CHANGED, record_history
from schools.core.ids import Ids
from schools.directory.actions.settling import settle_the_past
from schools.directory.models import Area, Authority
from schools.directory.queries import Place, places_on
from schools.reach import rules
from schools.reach.actions.returns import Figures, figures_now, know, write_drift
from schools.reach.models import Restatement, Return
from schools.reach.queries.publishing import months_published
from schools.visits.actions.locks import hold_areas
from schools.visits.models import Headcount, Session, SessionStage

AT_ONCE = 2000
REASON = "mend_places"
BEFORE_MENDING = "Something else changed before sessions were mended, such as which authority a school belonged to."

type Named = tuple[str, str]
"""The names of an authority and of an area; "" for none."""


@dataclass
class Mended:
    """What was put right, or would be."""

    sessions: int = 0
    moves: Counter[tuple[Named, Named]] = field(default_factory=Counter)
    """How many sessions and headcounts go from one place to another."""
    restated: int = 0
    """Sessions on which closed returns rest; they are among the sessions."""
    schools: int = 0
    """Schools that belong to another authority today."""
    published: int = 0
    """Sessions of months that were published; they are among the sessions."""


@dataclass
class _Wrong:
    """A session of which a place is wrong, and the right places of its rows."""

    session: Session
    rows: list[tuple[Session | Headcount, Place]] = field(default_factory=list)

    @property
    def areas(self) -> set[int]:
        """The areas that the session leaves, and those to which it comes."""
        both = [area for row, place in self.rows for area in (row.area_id, place.area_id)]
        return {area for area in both if area is not None}


def preview_mending(*, now: datetime) -> Mended:
    """Return what `mend_places` would do; nothing is changed."""
    with transaction.atomic():
        mended = Mended(schools=settle_the_past(now=now, reason=REASON))
        names = _Names()
        for wrong in _wrong():
            _count(mended, wrong, names)
            mended.restated += bool(_resting(wrong))
        transaction.set_rollback(True)
    return mended


@transaction.atomic
def mend_places(*, now: datetime, by: User | None = None, why: str = "") -> Mended:
    """Freeze delivered sessions and their headcounts where their schools lay on their day, by all that is known now.

    First, schools' authorities are worked out again. Each changed row gets a line in its history. A session on which a closed
    return rests is restated: that needs a manager (`by`) and the reason (`why`); the return's files stay the same bytes. Raises
    RuleBroken with every reason where these are missing; then nothing is changed. A second call changes nothing.
    """
    mended = Mended(schools=settle_the_past(now=now, reason=REASON))
    names = _Names()
    misplaced = list(_wrong())
    hold_areas({area for wrong in misplaced for area in wrong.areas})
    resting = [(wrong, signed) for wrong in misplaced if (signed := _resting(wrong))]
    if resting and (reasons := _reasons_not_to_restate(by, why)):
        raise RuleBroken(reasons)
    figures = _figures_before({signed.pk for _, returns in resting for signed in returns}, now=now)
    restated = {id(wrong) for wrong, _ in resting}
    for wrong in misplaced:
        _count(mended, wrong, names)
    _write((wrong for wrong in misplaced if id(wrong) not in restated), now=now, by=by)
    if by is not None:
        for wrong, returns in resting:
            _restate(wrong, returns, figures, names, now=now, by=by, why=why)
    mended.restated = len(resting)
    return mended


def _figures_before(returns: Iterable[int], *, now: datetime) -> dict[int, Figures]:
    """Lock the returns, write down what moved them before, and return their figures as they are until sessions are mended."""
    figures = {}
    locked = Return.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=Ids(returns))
    for signed in locked.order_by("pk"):
        figures[signed.pk] = figures_now(signed)
        write_drift(signed, figures[signed.pk], BEFORE_MENDING, now=now)
    return figures


def _reasons_not_to_restate(by: User | None, why: str) -> list[str]:
    if by is None:
        return ["Closed returns rest on some of these sessions. Say which manager restates them, with --by, and why, with --why."]
    return rules.reasons_not_to_restate(why=why, by=by)


def _wrong() -> Iterator[_Wrong]:
    """Yield the delivered sessions of which any place is not that of its school on its day, in order of id."""
    ids = Session.objects.filter(stage=SessionStage.DELIVERED).order_by("pk").values_list("pk", flat=True)
    for some in batched(ids.iterator(AT_ONCE), AT_ONCE):
        sessions = list(Session.objects.filter(pk__in=Ids(some)).select_related("visit").order_by("pk"))
        counts = list(Headcount.objects.filter(session__in=Ids(some)).order_by("pk"))
        by_id = {session.pk: _Wrong(session) for session in sessions}
        rows: list[tuple[Session | Headcount, int, Session]] = [
            (session, session.visit.school_id, session) for session in sessions
        ]
        rows += [(count, count.school_id, by_id[count.session_id].session) for count in counts]
        places = places_on((school, session.day) for _, school, session in rows)
        for row, school, session in rows:
            frozen = Place(row.authority_id, row.area_id, row.region_id)
            place = _in_its_region(places[school, session.day], frozen)
            if place != frozen:
                by_id[session.pk].rows.append((row, place))
        yield from (wrong for wrong in by_id.values() if wrong.rows)


def _in_its_region(place: Place, frozen: Place) -> Place:
    """Return the place in the region that was frozen with its area: nothing tells on which day an area came to another one."""
    return replace(place, region_id=frozen.region_id) if frozen.region_id and place.area_id == frozen.area_id else place


def _resting(wrong: _Wrong) -> list[Return]:
    """Return the closed returns that change: those of the areas that the session leaves, and to which it comes."""
    day: date = wrong.session.day
    closed = Return.objects.closed().filter(area__in=wrong.areas, first_day__lte=day, last_day__gte=day)
    return list(closed.select_related("area").order_by("pk"))


def _write(some: Iterable[_Wrong], *, now: datetime, by: User | None) -> None:
    """Write the places, with a line in the history of each row."""
    changed: dict[type[Model], list[Session | Headcount]] = {Session: [], Headcount: []}
    for wrong in some:
        for row, place in wrong.rows:
            row.authority_id, row.area_id, row.region_id = place.authority_id, place.area_id, place.region_id
            changed[type(row)].append(row)
    for model in (Session, Headcount):
        rows = changed[model]
        for batch in batched(rows, AT_ONCE):
            model.objects.bulk_update(batch, ["authority", "area", "region"], batch_size=200)  # type: ignore[arg-type]  # of one model
            ids = [row.pk for row in batch]
            record_history(model, ids, kind=CHANGED, by_id=by.pk if by else None, now=now, reason=REASON)


class _Names:
    """The names of authorities and areas, and the months that were published, each read once."""

    def __init__(self) -> None:
        self._authorities = dict(Authority.objects.order_by().values_list("pk", "name"))
        self._areas = dict(Area.objects.order_by().values_list("pk", "name"))
        self.months_published = months_published()

    def of(self, place: Place) -> Named:
        """Return the names of the authority and the area."""
        return self._authorities.get(place.authority_id or 0, ""), self._areas.get(place.area_id or 0, "")


def _changes(wrong: _Wrong, names: _Names) -> list[tuple[Named, Named]]:
    return [(names.of(Place(row.authority_id, row.area_id, row.region_id)), names.of(place)) for row, place in wrong.rows]


def _count(mended: Mended, wrong: _Wrong, names: _Names) -> None:
    mended.sessions += 1
    mended.published += f"{wrong.session.day:%Y-%m}" in names.months_published
    mended.moves.update(set(_changes(wrong, names)))


def _restate(
    wrong: _Wrong,
    returns: list[Return],
    figures: dict[int, Figures],
    names: _Names,
    *,
    now: datetime,
    by: User,
    why: str,
) -> None:
    """Write the places of one session and what that changes in the closed returns; `figures` are those before, and then after."""
    moves = sorted(set(_changes(wrong, names)))
    outcome = [["Place", "; ".join(filter(None, before)), "; ".join(filter(None, after))] for before, after in moves]
    _write([wrong], now=now, by=by)
    for signed in returns:
        old, new = figures[signed.pk], figures_now(signed)
        changed = [[column, old[column], new[column]] for column in new if old[column] != new[column]]
        figures[signed.pk] = new
        Restatement.objects.create(
            of_return=signed, session=wrong.session, why=why.strip(), outcome=outcome, figures=changed, at=now, by=by
        )
        know(signed, new)
