"""Drift: a closed return remembers its figures, and whatever moves them later writes a line that says why."""

from datetime import UTC, date, datetime, time
from functools import partial
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from schools import models
from schools.core.errors import RuleBroken
from schools.core.periods import Period
from schools.directory.actions import link_schools
from schools.directory.models import LinkKind
from schools.reach.actions import close, drift, figures_file, figures_now, sign_off
from schools.reach.actions.drift import find_drift, live_figures, note_drift, what_would_move
from schools.reach.actions.linking import FiguresMove, link_feeder, remove_feeder
from schools.reach.actions.returns import BEFORE_RESTATING, differences, restate
from schools.reach.queries.moving import what_import_would_move, what_rolls_would_move
from tests import factories
from tests.reach.examples import delivered, worked_example
from tests.reach.test_returns import amending, outcome

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)
TWO_YEARS = Period.parse("2024/25..2025/26")


@pytest.fixture
def manager() -> models.User:
    return factories.manager(name="Mo Manager")


@pytest.fixture
def pair() -> tuple[models.School, models.School]:
    """An infant and a junior school of one area; the same 30 children sat in both, a year apart."""
    area = factories.AreaFactory(name="Cumbria")
    infants, juniors = (factories.SchoolFactory(area=area, name=name) for name in ("Infants", "Juniors"))
    delivered(infants, "ks1-assembly", date(2025, 3, 3), time(9), {2: 30})
    delivered(juniors, "ks2-assembly", date(2026, 3, 2), time(9), {3: 30})
    return infants, juniors


@pytest.fixture
def closed(pair: tuple[models.School, models.School], manager: models.User) -> models.Return:
    area = models.Area.objects.get(name="Cumbria")
    return close(sign_off(area, TWO_YEARS, by=manager, now=NOW), by=manager, now=NOW)


def moved(signed: models.Return) -> list[tuple[str, list[list[str]]]]:
    return [(drift.because, drift.figures) for drift in signed.drifts.order_by("pk")]


def test_a_link_says_before_what_it_moves_and_writes_it_down_after(
    closed: models.Return, pair: tuple[models.School, models.School], manager: models.User
) -> None:
    before = "".join(figures_file(closed))
    with pytest.raises(FiguresMove) as stopped:
        link_feeder(*pair, by=manager, now=NOW, looked="")
    assert stopped.value.reasons == ["This changes children reached of 2024/25..2025/26 in 1 area, 1 of them closed: Cumbria."]
    assert not models.SchoolLink.objects.exists()
    assert not models.Drift.objects.exists()
    link = link_feeder(*pair, by=manager, now=NOW, looked=stopped.value.looked)
    closed.refresh_from_db()
    assert moved(closed) == [("Infants feeds Juniors", [["children_reached", "60", "30"]])]
    assert figures_now(closed)["children_reached"] == "30"
    assert "".join(figures_file(closed)) == before
    remove_feeder(link, by=manager, now=NOW)
    assert moved(closed)[1] == ("Infants no longer feeds Juniors", [["children_reached", "30", "60"]])


def test_an_open_period_is_named_where_sessions_were_reported_and_not_before(
    pair: tuple[models.School, models.School],
) -> None:
    area = models.Area.objects.get(name="Cumbria")

    def moves() -> list[str]:
        closing = partial(models.School.objects.all().update, closed=date(2025, 12, 1))
        return what_would_move(closing, [area.pk], since=None, on=NOW.date())

    assert any("2025/26 in 1 area" in sentence for sentence in moves())
    models.Headcount.objects.all().delete()
    models.Session.objects.all().delete()
    assert moves() == []


def test_what_was_written_down_once_is_not_written_down_again(
    closed: models.Return, pair: tuple[models.School, models.School]
) -> None:
    link_schools(*pair, kind=LinkKind.FEEDER, day=None)
    assert find_drift(now=NOW) == 1
    assert find_drift(now=NOW) == 0
    [(because, _)] = moved(closed)
    assert "nightly comparison" in because


def test_nothing_is_written_down_where_nothing_moves(closed: models.Return) -> None:
    assert note_drift("Nothing at all", now=NOW) == 0
    assert moved(closed) == []


def test_a_roll_a_register_day_and_an_area_move_a_closed_return(
    closed: models.Return, pair: tuple[models.School, models.School]
) -> None:
    infants, juniors = pair
    for school, pupils in zip(pair, (40, 35), strict=True):
        on_roll = {"school": school, "academic_year": 2025, "pupils": pupils, "source": "list"}
        models.Roll.objects.bulk_create(models.Roll(**on_roll, year_group=group) for group in range(7))
    note_drift("Import of rolls.csv", now=NOW)
    models.School.objects.filter(pk=infants.pk).update(closed=date(2026, 1, 31))
    note_drift("Import of register.csv", now=NOW)
    models.AreaAuthority.objects.filter(authority=juniors.authority).update(to_day=date(2026, 7, 1))
    note_drift("Area Cumbria: its authorities changed", now=NOW)
    lines = moved(closed)
    assert [because for because, _ in lines] == [
        "Import of rolls.csv", "Import of register.csv", "Area Cumbria: its authorities changed",
    ]  # fmt: skip
    assert any(column == "pupils_on_roll" for column, _, _ in lines[0][1])
    assert ["schools_in_area", "2", "1"] in lines[1][1]
    assert ["schools_in_area", "1", "0"] in lines[2][1]


def test_a_restatement_is_no_drift(closed: models.Return) -> None:
    closed.live = figures_now(closed) | {"attendances": "61"}
    closed.save()
    # As if a restatement had stored 61 while the headcounts say 60: only then the difference is a drift.
    assert note_drift("Something", now=NOW) == 1
    assert moved(closed)[0][1] == [["attendances", "61", "60"]]


def test_what_moved_before_a_restatement_is_a_drift_of_its_own(
    closed: models.Return, pair: tuple[models.School, models.School], manager: models.User
) -> None:
    link_schools(*pair, kind=LinkKind.FEEDER, day=None)
    session = models.Session.objects.get(day=date(2026, 3, 2))
    said = outcome(session, y3=31)
    restate(session, amending(session, said, manager), why="Counted again.", by=manager, now=NOW)
    assert moved(closed) == [(BEFORE_RESTATING, [["children_reached", "60", "30"]])]
    assert ["children_reached", "30", "31"] in models.Restatement.objects.get().figures
    assert find_drift(now=NOW) == 0


def test_what_is_restated_while_drift_is_counted_is_not_taken_back(
    closed: models.Return, manager: models.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = models.Session.objects.get(day=date(2026, 3, 2))

    def counted_before(alike: list[models.Return]) -> dict[int, dict[str, str]]:
        figures = live_figures(alike)
        restate(session, amending(session, outcome(session, y3=31), manager), why="Counted again.", by=manager, now=NOW)
        return figures

    monkeypatch.setattr(drift, "live_figures", counted_before)
    assert note_drift("Import of rolls.csv", now=NOW) == 0
    assert moved(closed) == []
    assert models.Restatement.objects.count() == 1


def test_closed_returns_of_many_areas_say_the_same_together_as_alone(manager: models.User) -> None:
    """One table tells the figures of all of them; each is what its own return would be signed off with."""
    worked_example(area="Cumbria")
    school = factories.SchoolFactory(area=factories.AreaFactory(name="Devon"), pupils=210)
    delivered(school, "online-ks2", date(2025, 10, 6), time(9), {4: 31, 5: None})
    factories.AreaFactory(name="Kent")
    year = Period.parse("2025/26")
    returns = [sign_off(area, year, by=manager, now=NOW) for area in models.Area.objects.order_by("name")]
    live = live_figures(returns)
    for signed in returns:
        assert differences(figures_now(signed), live[signed.pk]) == [], signed


def test_what_would_move_changes_nothing_and_knows_the_day_from_which_it_counts(
    closed: models.Return, pair: tuple[models.School, models.School]
) -> None:
    held = models.AreaAuthority.objects.get(authority=pair[1].authority)

    def end() -> None:
        held.to_day = date(2026, 6, 30)
        held.save()

    told = what_would_move(end, [held.area_id], since=None, on=NOW.date())
    assert any("schools in area" in words and "2025/26 in 1 area" in words for words in told)
    assert any("1 of them closed: Cumbria" in words for words in told)
    held.refresh_from_db()
    assert held.to_day is None
    later = what_would_move(end, [held.area_id], since=date(2026, 8, 1), on=NOW.date())
    assert all("2024/25" not in words and "2025/26" not in words for words in later)


def test_a_preview_of_a_register_names_periods_areas_and_closed_returns(
    closed: models.Return, pair: tuple[models.School, models.School]
) -> None:
    run = models.ImportRun.objects.create(
        register="gias", file_name="register.csv", day=date(2026, 11, 1), roll_year=2025, asked_at=NOW, seen_at=NOW, state="ready"
    )
    infants, juniors = pair

    def change(what: str, school: models.School, other: str = "", **fields: object) -> None:
        models.ImportChange.objects.create(
            run=run, school=school, kind=what, register_id=school.register_id, other_id=other, name=school.name, fields=fields
        )

    assert what_import_would_move(run) == []
    change("updated", juniors, name=["Juniors", "Junior school"])
    assert what_import_would_move(run) == []
    change("linked", juniors, infants.register_id, kind=[None, "Successor"])
    change("updated", infants, closed=[None, "2026-01-31"])
    told = what_import_would_move(run)
    assert told[:2] == [
        "Pupils reached of 2024/25 may move in 1 area, 1 of them closed: Cumbria.",
        "Pupils reached of 2025/26 may move in 1 area, 1 of them closed: Cumbria.",
    ]
    assert told[2] == (
        "Schools in area, rolls and coverage may move in 1 area, among them Cumbria 2024/25..2025/26, which is closed."
    )


FACTS: dict[str, Any] = {"file_name": "a.csv", "day": date(2021, 11, 1), "asked_at": NOW, "seen_at": NOW, "state": "ready"}


def register_with_rolls(school: models.School, year: int) -> models.ImportRun:
    """A preview of a register that gives another number for a year group of the school."""
    run = models.ImportRun.objects.create(register="gias", roll_year=year, **FACTS)
    run.changes.create(school=school, kind="rolls", register_id=school.register_id, name=school.name, fields={"Year 3": [30, 31]})
    return run


def list_of_rolls(school: models.School, *years: int) -> models.ImportRun:
    """A preview of a list that gives another number for a year group of the school in each of the years."""
    run = models.ImportRun.objects.create(register="rolls", **FACTS)
    for year in years:
        known_by = f"{school.nation}:{school.register_id}:{year}:3"
        run.changes.create(kind="updated", known_by=known_by, register_id=f"{year}", fields={"pupils": [30, 31]})
    return run


def test_a_preview_of_rolls_alone_names_the_areas_whose_rolls_may_move(
    closed: models.Return, pair: tuple[models.School, models.School]
) -> None:
    """Also where nobody was counted in that year: rolls of one year stand for later years that have none."""
    sentence = "Rolls and coverage may move in 1 area, among them Cumbria 2024/25..2025/26, which is closed."
    assert what_import_would_move(register_with_rolls(pair[1], 2020)) == [sentence]
    assert what_rolls_would_move(list_of_rolls(pair[1], 2020)) == [sentence]


def test_rolls_of_a_later_year_than_a_closed_return_do_not_name_it(
    closed: models.Return, pair: tuple[models.School, models.School]
) -> None:
    """Figures read no roll of a year after their period; the earliest year of a list decides for each area."""
    models.Headcount.objects.all().delete()
    sentence = "Rolls and coverage may move in 1 area."
    assert what_import_would_move(register_with_rolls(pair[1], 2026)) == [sentence]
    assert what_rolls_would_move(list_of_rolls(pair[1], 2026, 2027)) == [sentence]
    reached = "Rolls and coverage may move in 1 area, among them Cumbria 2024/25..2025/26, which is closed."
    assert what_import_would_move(register_with_rolls(pair[1], 2025)) == [reached]
    for years in ((2025, 2026), (2026, 2025)):
        assert what_rolls_would_move(list_of_rolls(pair[1], *years)) == [reached]


def test_an_area_in_which_schools_stand_otherwise_is_not_named_for_their_rolls_again(
    closed: models.Return, pair: tuple[models.School, models.School]
) -> None:
    """A school that opened earlier moves a return of any period, whatever year the rolls are of."""
    elsewhere = factories.SchoolFactory(area=factories.AreaFactory(name="Devon"))
    run = register_with_rolls(pair[1], 2026)
    run.changes.create(school=elsewhere, kind="rolls", register_id=elsewhere.register_id, name="D", fields={"Year 3": [30, 31]})
    run.changes.create(
        school=pair[1], kind="updated", register_id=pair[1].register_id, name="J", fields={"opened": [None, "2025-01-06"]}
    )
    assert what_import_would_move(run) == [
        "Schools in area, rolls and coverage may move in 1 area, among them Cumbria 2024/25..2025/26, which is closed.",
        "Rolls and coverage may move in 1 area.",
    ]


def test_the_page_of_a_return_shows_as_signed_and_as_known_today_and_why(
    closed: models.Return, pair: tuple[models.School, models.School], manager: models.User, client: Client
) -> None:
    client.force_login(manager)
    quiet = client.get(f"/admin/reach/returns/{closed.pk}/").content.decode()
    assert "As known today" in quiet
    assert "Why they differ" not in quiet
    with pytest.raises(FiguresMove) as stopped:
        link_feeder(*pair, by=manager, now=NOW, looked="")
    link_feeder(*pair, by=manager, now=NOW, looked=stopped.value.looked)
    page = client.get(f"/admin/reach/returns/{closed.pk}/")
    lines = {line["heading"]: line for line in page.context["lines"]}
    assert (lines["Children reached"]["value"], lines["Children reached"]["today"]) == ("60", "30")
    assert lines["Attendances"]["today"] == ""
    words = page.content.decode()
    assert "Infants feeds Juniors" in words
    assert "Children reached: 60 → 30" in words


def test_the_page_of_a_school_asks_before_a_link_moves_figures(
    closed: models.Return, pair: tuple[models.School, models.School], manager: models.User, client: Client
) -> None:
    client.force_login(manager)
    address = reverse("admin:school-detail", args=[pair[0].pk])
    asked = client.post(address, {"do": "feeds", "other": pair[1].pk})
    assert "This changes children reached" in asked.content.decode()
    assert not models.SchoolLink.objects.exists()
    told = client.post(address, {"do": "feeds", "other": pair[1].pk, "looked": asked.context["moves"].looked})
    assert told.status_code == 302
    assert models.SchoolLink.objects.count() == 1
    assert len(moved(closed)) == 1


def test_a_command_that_imports_rolls_writes_down_what_moved(
    closed: models.Return, pair: tuple[models.School, models.School], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("rolls") / "rolls.csv"
    rows = [f"england,{pair[1].register_id},2025/26,{group},30" for group in range(7)]
    path.write_text("\n".join(["nation,register_id,academic_year,year_group,pupils", *rows]) + "\n")
    call_command("import_rolls", str(path))
    [(because, figures)] = moved(closed)
    assert because == "Import of rolls.csv"
    assert any(column == "pupils_on_roll" for column, _, _ in figures)


def test_a_link_that_may_not_be_is_refused_as_before(pair: tuple[models.School, models.School], manager: models.User) -> None:
    with pytest.raises(RuleBroken) as refusal:
        link_feeder(pair[0], pair[0], by=manager, now=NOW, looked="")
    assert not isinstance(refusal.value, FiguresMove)
