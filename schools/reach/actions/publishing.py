"""Publishes a period: its months are rounded once, for ever, and its tables are kept as they were (rule 20)."""

from collections import defaultdict
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from schools.accounts.models import User
from schools.charity.queries import current
from schools.core.errors import RuleBroken
from schools.core.periods import AcademicYear, Period
from schools.core.words import joined
from schools.programme.models import SessionType
from schools.reach import bundles, rules
from schools.reach.models import Publication, PublishedAtom, PublishedPlace, PublishedPupils, lock_publications
from schools.reach.public_tables import kept
from schools.reach.queries import publishing
from schools.reach.queries.publishing import Counted, NoRoom, Place, Unreported
from schools.reach.rounding import Atom, Left, publish_attendances, publish_pupils, shared_out
from schools.reach.rows import DEFINITIONS

ROWS_A_STATEMENT = 2_000
"""Rows that one INSERT writes."""
MOST_NAMED = 5
"""So many places are named in a sentence."""
LEFT = ("attendances_left", "pupils_low_left", "pupils_more_left")


@dataclass(frozen=True)
class Preview:
    """What publishing a period would do."""

    period: Period
    reasons: list[str]
    """Why it cannot be published; empty where it can."""
    unreported: Unreported
    no_room: list[NoRoom]
    """Whose pupils would be left out, because they are more than the published attendances of their place."""
    months: list[str]
    """The months that would be rounded and frozen, like 2025-10; the others were published before."""
    publication: Publication | None
    """What was published of exactly this period already."""


def preview_publication(period: Period, *, by: User | None, now: datetime) -> Preview:
    """Return what publishing the period would do; `by` None means the command line."""
    known, on = publishing.months_published(), timezone.localdate(now)
    reasons = rules.reasons_not_to_publish(period, by=by, on=on)
    return Preview(
        period,
        reasons,
        publishing.unreported(period, as_of=on),
        [] if reasons else publishing.without_room(period, as_of=on),
        [month for month in publishing.months_between(period.first_day, period.last_day) if month not in known],
        publication_of(period),
    )


def publication_of(period: Period) -> Publication | None:
    """Return what was published of exactly this period; None where nothing was."""
    return Publication.objects.filter(first_day=period.first_day, last_day=period.last_day).first()


def publish(period: Period, *, by: User | None, now: datetime, despite_missing: int = 0, despite_no_room: int = 0) -> Publication:
    """Round what is not published yet of the period's months, freeze it, and keep the period's tables.

    `despite_missing`: the number of missing outcomes to which somebody agreed; `despite_no_room`: that of pupils who have no
    room in what was published. `by` None means the command line. Raises RuleBroken with every reason, also where a number is
    larger by now; then nothing was published.
    """
    if len(years := publishing.whole_years(period)) == 1:
        period = years[0].period  # by whatever dates somebody typed it
    on = timezone.localdate(now)
    reasons = rules.reasons_not_to_publish(period, by=by, on=on)
    unreported = publishing.unreported(period, as_of=on)
    if unreported.sessions > despite_missing:
        reasons.append(words_of_missing(period, unreported))
    if reasons:
        raise RuleBroken(reasons)
    # Read before the lock, because it takes seconds. What somebody publishes meanwhile stays: its months are left out below.
    counts = publishing.counted(period, as_of=on)
    if counts.unreported.sessions > despite_missing:
        raise RuleBroken([words_of_missing(period, counts.unreported)])
    no_room = publishing.without_room(period, as_of=on, counts=counts)
    if sum(place.pupils for place in no_room) > despite_no_room:
        raise RuleBroken([words_of_no_room(no_room)])
    with transaction.atomic():
        lock_publications()
        if earlier := publication_of(period):
            raise RuleBroken([words_of_earlier(earlier)])
        return _publish(counts, by=by, now=now)


def words_of_missing(period: Period, unreported: Unreported) -> str:
    """Return how many outcomes are missing, and what becomes of them if the period is published all the same."""
    number, windows = unreported
    sessions = f"{number:,} {'session' if number == 1 else 'sessions'} for pupils"
    open_ones = f", {windows:,} of them with an online window that is still open" if windows else ""
    return (
        f"{sessions} in {period} {'is' if number == 1 else 'are'} not reported{open_ones}. What is reported after publishing "
        "never enters the published attendances of that month. Wait for it, or publish without."
    )


def words_of_no_room(places: Sequence[NoRoom]) -> str:
    """Return whose pupils have no room in what was published, and what becomes of them if it is published all the same."""
    few = [f"{place.pupils:,} of {place.place}" for place in places[:MOST_NAMED]]
    rest = sum(place.pupils for place in places[MOST_NAMED:])
    named = joined([*few, f"{rest:,} of other places"] if rest else few)
    return (
        f"Pupils who have no room in what was published: {named}. Sessions of months that were published before are in another "
        "place now, were counted again, or were reported since. What was published stays, and the published pupils would leave "
        "these out for ever."
    )


def words_of_earlier(earlier: Publication) -> str:
    """Return that the period was published before, by whom and when."""
    by = f" by {earlier.published_by}" if earlier.published_by else ""
    local = timezone.localtime(earlier.published_at)
    return f"{earlier} was published on {local.day} {local:%B %Y}{by}. What was published stays; download it."


def _publish(counts: Counted, *, by: User | None, now: datetime) -> Publication:
    period, missing = counts.period, counts.unreported.sessions
    months, years = publishing.months_published(), publishing.years_published()
    publication = Publication.objects.create(
        period=period.name, first_day=period.first_day, last_day=period.last_day, outcomes_missing=missing, counts={},
        definitions=DEFINITIONS, renderer=bundles.PUBLIC_RENDERER, digest="", published_at=now, published_by=by,
    )  # fmt: skip
    runs = {place.code: place for place in PublishedPlace.objects.all()}
    _freeze_attendances(publication, counts, runs, months)
    _freeze_pupils(publication, counts, runs, years)
    PublishedPlace.objects.bulk_update(runs.values(), LEFT, batch_size=ROWS_A_STATEMENT // 10)
    stored = publishing.published(period)
    publication.counts = kept(counts, stored, charity=current().name)
    publication.digest = bundles.digest_of(bundles.public_files(publication, stored))
    publication.save(update_fields=["counts", "digest"])
    return publication


def _run(runs: dict[str, PublishedPlace], place: Place) -> PublishedPlace:
    """Return the run of the place; a new one begins with nothing left."""
    if place.code not in runs:
        runs[place.code] = PublishedPlace.objects.create(
            code=place.code, nation=place.nation, region_id=place.region, area_id=place.area, authority_id=place.authority
        )
    return runs[place.code]


def _freeze_attendances(
    publication: Publication, counts: Counted, runs: dict[str, PublishedPlace], known: Collection[str]
) -> None:
    types = dict(SessionType.objects.order_by().values_list("slug", "pk"))
    atoms = []
    for place, of_place in sorted(counts.attendances.items(), key=lambda pair: pair[0].code):
        run = _run(runs, place)
        new = {atom: number for atom, number in of_place.items() if atom.month not in known}
        numbers, run.attendances_left = publish_attendances(run.attendances_left, new)
        atoms += [_atom(publication, run, atom, types[atom.session_type], number) for atom, number in numbers.items()]
    PublishedAtom.objects.bulk_create(atoms, batch_size=ROWS_A_STATEMENT)


def _atom(publication: Publication, run: PublishedPlace, atom: Atom, session_type: int, number: int) -> PublishedAtom:
    month = date.fromisoformat(f"{atom.month}-01")
    return PublishedAtom(
        publication=publication, place=run, month=month, session_type_id=session_type, year_group=atom.year_group,
        attendances=number,
    )  # fmt: skip


def _freeze_pupils(
    publication: Publication, counts: Counted, runs: dict[str, PublishedPlace], years_known: Collection[int]
) -> None:
    """Freeze the pupils of whole academic years that were never published; earlier ones stay."""
    rows = []
    for year in publishing.whole_years(counts.period):
        if year.start in years_known:
            continue
        seats = _seats(year.period)
        for key, of_key in _runs_of_pupils(runs, seats).items():
            run = of_key[0]
            low, reached = counts.pupils[year.start].get(key, (0, 0))
            before = Left(run.attendances_left, run.pupils_low_left, run.pupils_more_left)
            room = [seats.get(run.code, 0) for run in of_key]
            least, about, left = publish_pupils(before, low, reached, attendances=sum(room))
            run.pupils_low_left, run.pupils_more_left = left.pupils_low, left.pupils_more
            for place, numbers in zip(of_key, shared_out(least, about, room), strict=True):
                if any(numbers):
                    rows.append(_pupils(publication, place, year, *numbers))
    PublishedPupils.objects.bulk_create(rows, batch_size=ROWS_A_STATEMENT)


def _pupils(publication: Publication, run: PublishedPlace, year: AcademicYear, least: int, about: int) -> PublishedPupils:
    return PublishedPupils(
        publication=publication, place=run, academic_year=year.start, pupils_reached_low=least, pupils_reached=about
    )


def _runs_of_pupils(runs: dict[str, PublishedPlace], seats: dict[str, int]) -> dict[Hashable, list[PublishedPlace]]:
    """Return the runs to which the pupils of each `Place.counted_by` belong, that with most attendances first.

    An area that changed its region has several. Its pupils are counted once: they are told in the first, and in the others
    what has no room there.
    """
    chosen: defaultdict[Hashable, list[PublishedPlace]] = defaultdict(list)
    for run in sorted(runs.values(), key=lambda run: (-seats.get(run.code, 0), run.code)):
        chosen[Place.of_code(run.code).counted_by].append(run)
    return chosen


def _seats(period: Period) -> dict[str, int]:
    """Return the published attendances of each place in the period, by its code."""
    seats: dict[str, int] = {}
    for place, _, number in publishing.published(period).atoms:
        seats[place.code] = seats.get(place.code, 0) + number
    return seats


def bundle_of(publication: Publication) -> bundles.Files:
    """Return the files of what was published, made of what is stored: the same bytes for ever."""
    period = Period(publication.first_day, publication.last_day, publication.period)
    return bundles.public_files(publication, publishing.published(period))
