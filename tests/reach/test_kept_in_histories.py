"""Whatever happens to a made-up country, in whatever order: what is kept says what is counted anew."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from hypothesis import given, settings
from hypothesis import strategies as st

from schools import models
from schools.core.periods import AcademicYear
from schools.reach.queries import kept, reach_of_periods
from schools.reach.queries.children import cold_spots, years_at_school
from schools.reach.rows import Cut
from schools.reach.triggers import CHANGES
from tests.profiles import examples
from tests.reach.histories import histories
from tests.reach.naive import History
from tests.reach.stored import Country

ON = date(2026, 11, 24)
YEARS = (AcademicYear(2024), AcademicYear(2025))

type Act = Callable[[Country, int], object]


def row(model: Any, number: int, **only: Any) -> Any:
    """A selection of one row of the table, or of none."""
    keys = list(model.objects.filter(**only).order_by("pk").values_list("pk", flat=True))
    return model.objects.filter(pk__in=keys[number % len(keys) :][:1] if keys else [])


def link(country: Country, number: int) -> None:
    old, new = sorted(((number % 6), (number // 6) % 6))
    models.SchoolLink.objects.create(predecessor=country.schools[old], successor=country.schools[new], kind="feeder")
    models.School.objects.filter(pk__in=[country.schools[old].pk, country.schools[new].pk]).update(lineage=700_000)


ACTS: dict[str, Act] = {
    "a number is corrected": lambda _, n: row(models.Headcount, n).update(pupils=n),
    "nobody counted after all": lambda _, n: row(models.Headcount, n).update(pupils=None),
    "a headcount goes": lambda _, n: row(models.Headcount, n).delete(),
    "a session goes": lambda _, n: row(models.Session, n).delete(),
    "a session is undone": lambda _, n: row(models.Session, n, stage="delivered").update(stage="scheduled", went_ahead=""),
    "a session took place": lambda _, n: row(models.Session, n, stage="scheduled").update(stage="delivered", went_ahead="yes"),
    "a session goes to another year": lambda _, n: row(models.Session, n).update(day=F("day") + timedelta(days=370)),
    "the same pupils came again": lambda _, n: row(models.Session, n).update(pupils_are="again"),
    "a visit goes to another school": lambda country, n: row(models.Visit, n).update(school=country.schools[n % 6]),
    "a school closes": lambda _, n: row(models.School, n).update(closed=date(2025, 2, 1), status="closed"),
    "a school is no longer a chain's": lambda _, n: row(models.School, n).update(chain=None, lineage=None),
    "a school grows": lambda _, n: row(models.School, n).update(pupils=100 + n),
    "a roll comes": lambda country, n: models.Roll.objects.update_or_create(
        school=country.schools[n % 6], academic_year=2025, year_group=5, source="coordinator", defaults={"pupils": n}
    ),
    "a roll goes": lambda _, n: row(models.Roll, n).delete(),
    "schools are linked": link,
    "links go": lambda _, n: models.SchoolLink.objects.all().delete(),
    "an authority moves": lambda _, n: row(models.SchoolAuthority, n).delete(),
    "an area has another cycle": lambda _, n: row(models.Area, n).update(cycle_years=1 + n % 4),
    "an area has another name": lambda _, n: row(models.Area, n).update(name=f"Area {n}"),
    "an area goes to another region": lambda country, n: row(models.Area, n).update(region=country.regions["East"]),
    "somebody was not there": lambda _, n: row(models.Cover, n).update(state="absent"),
    "a type counts for the cycle no more": lambda _, n: row(models.SessionType, n).update(counts_for_cycle=False),
    "a school's telephone": lambda _, n: row(models.School, n).update(phone=str(n)),
    "nothing": lambda _, n: None,
}


def happens(country: Country, name: str, number: int) -> None:
    """Do it; what the database does not allow does not happen. Then others begin a transaction of their own."""
    try:
        with transaction.atomic():
            ACTS[name](country, number)
    except IntegrityError:
        pass
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {CHANGES} SET in_transaction = -id WHERE in_transaction > 0")  # noqa: S608  # our own name


def look(areas: Any) -> None:
    """Compare what is kept with what is counted now: the tables of both years, and the children never reached."""
    asked: dict[str, Any] = {"by": Cut.AREA, "as_of": ON, "areas": areas}
    periods = [year.period for year in YEARS]
    assert reach_of_periods(periods, may_be_kept=True, **asked) == reach_of_periods(periods, **asked)
    for year in YEARS:
        anew = cold_spots(year, as_of=ON, areas=areas)
        name = "cold", None if areas is None else "Valley", year
        assert kept.kept("cold", name, years_at_school(year), lambda: anew) == anew  # noqa: B023  # asked for at once


@pytest.mark.django_db
@settings(deadline=None, max_examples=examples(18))
@given(
    history=histories(),
    steps=st.lists(st.tuples(st.sampled_from(sorted(ACTS)), st.integers(0, 40)), min_size=4, max_size=12),
    areas=st.sampled_from((None, None, "Valley")),
)
def test_what_is_kept_is_what_is_counted_anew(history: History, steps: list[tuple[str, int]], areas: str | None) -> None:
    with transaction.atomic(), pytest.MonkeyPatch.context() as changed:
        # The test's own transaction is the world here.
        changed.setattr(kept, "is_own_moment", lambda: True)
        country = Country(history)
        happens(country, "nothing", 0)
        chosen = None if areas is None else models.Area.objects.filter(pk=country.areas[areas].pk)
        look(chosen)
        for name, number in steps:
            happens(country, name, number)
            look(chosen)
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_an_act_that_figures_rest_on_is_counted_anew_and_a_telephone_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the test above would hold of a page that keeps nothing."""
    monkeypatch.setattr(kept, "is_own_moment", lambda: True)
    country, counted = Country(History([], [], YEARS[0].first_day, YEARS[1].last_day, ON)), []
    for name in ("nothing", "a school's telephone", "an area has another cycle", "an area has another name"):
        happens(country, name, 3)
        kept.kept("seats", 1, YEARS[1].period, lambda: counted.append(name))  # noqa: B023  # asked for at once
    assert counted == ["nothing", "an area has another cycle", "an area has another name"]
