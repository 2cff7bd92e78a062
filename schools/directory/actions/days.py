"""Which days a register speaks of: what is known of the authorities that it names, and of the registers before it."""

from collections.abc import Mapping
from datetime import date, timedelta
from operator import itemgetter

from django.db.models import Max
from django.db.models.fields.json import KeyTextTransform, KeyTransform

from schools.core.periods import AcademicYear
from schools.directory.actions.differences import Known
from schools.directory.actions.places import Places
from schools.directory.belonging import ALWAYS
from schools.directory.models import ImportRun, RunState
from schools.directory.registers import AuthorityFacts
from schools.directory.reorganisations import REORGANISATIONS


def known_of(authorities: Mapping[str, AuthorityFacts], places: Places, register: str) -> Known:
    """Return what is known of the file's authorities; the known reorganisations count though nothing of them is stored yet.

    `register` is the name of the register, of which other files were read before.
    """
    by_id = {authority.pk: authority.closed for authority in places.stored if authority.closed}
    by_gss = {old: day - timedelta(days=1) for old, _, day in REORGANISATIONS}
    closed = {key: by_id.get(places.ids[key] or 0) or by_gss.get(facts.gss) for key, facts in authorities.items()}
    known = {key: day for key, day in closed.items() if day}
    return Known(places.ids, known, by_id, places.succession.followers(), _whole_files(register))


def _whole_files(register: str) -> list[tuple[date, frozenset[str]]]:
    """Return the days of which the register's whole files spoke, the earliest first, each with the schools of refused rows."""
    runs = ImportRun.objects.filter(register=register, state=RunState.APPLIED, complete=True).order_by()
    rows = runs.values_list("day", KeyTextTransform("day", "report"), KeyTransform("refused", "report"))
    # Reports from before they kept their day have none.
    files = [(date.fromisoformat(kept) if kept else day, refused or ()) for day, kept, refused in rows]
    return sorted(((day, frozenset(row["id"] for row in refused)) for day, refused in files), key=itemgetter(0))


def last_run(register: str) -> date:
    """Return the day of the newest import of the register: what is stored without a day is at least as new as that."""
    newest: date | None = ImportRun.objects.filter(register=register, state=RunState.APPLIED).aggregate(day=Max("day"))["day"]
    return newest or ALWAYS


def last_run_with_rolls(register: str, year: AcademicYear) -> date | None:
    """Return the day of the newest import with pupils by year group of the school year, as a day of it; None: there was none.

    Numbers that were stored before their day was kept are as new as that.
    """
    runs = ImportRun.objects.filter(register=register, state=RunState.APPLIED, report__rolls__academic_year=str(year))
    newest: date | None = runs.aggregate(day=Max("day"))["day"]
    return newest and min(max(newest, year.first_day), year.last_day)
