"""How deprived small areas are: the nations' files, a school's fifth, and files of which nothing is used."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from schools import models
from schools.directory.actions import place_in_fifths
from schools.reach.queries.fifths import indices_known
from tests import factories

IDACI = "Income Deprivation Affecting Children Index (IDACI) Decile (where 1 is most deprived 10% of LSOAs)"

pytestmark = pytest.mark.django_db


def run(path: Path, nation: str = "england", *options: str) -> dict[str, Any]:
    out = StringIO()
    call_command("import_deprivation", str(path), "--nation", nation, "--json", *options, stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def england(folder: Path, census: int, rows: dict[str, int]) -> Path:
    lines = [
        f'LSOA code ({census}),LSOA name ({census}),"{IDACI}"',
        *(f"{code},A name,{decile}" for code, decile in rows.items()),
    ]
    path = folder / f"file_7_{census}.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def fifths() -> dict[str, tuple[int, int]]:
    return {row.small_area: (row.fifth, row.year) for row in models.Deprivation.objects.all()}


def test_englands_indices_divide_their_deciles_into_fifths(tmp_path: Path) -> None:
    path = england(tmp_path, 2021, {"E01000001": 1, "E01000002": 2, "E01000003": 3, "E01000004": 10})
    assert run(path)["created"] == 4
    assert fifths() == {"E01000001": (1, 2025), "E01000002": (1, 2025), "E01000003": (2, 2025), "E01000004": (5, 2025)}
    again = run(path)
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 4)


def test_an_older_index_never_replaces_a_newer_one(tmp_path: Path) -> None:
    run(england(tmp_path, 2021, {"E01000001": 1}))
    report = run(england(tmp_path, 2011, {"E01000001": 9, "E01000009": 9}))
    assert report["ignored_because"] == {"a newer index is known": 1}
    assert fifths() == {"E01000001": (1, 2025), "E01000009": (5, 2019)}


def test_scotlands_roll_file_has_percentiles_and_its_schools_get_their_fifth(tmp_path: Path) -> None:
    path = tmp_path / "roll.csv"
    path.write_text(
        "SeedCode,SchoolName,DataZone,DZSIMDPercentile\n"
        "8212627,Abbey,S01011295,58\n8212628,Other,S01011295,58\n5520924,Abbeyhill,S01008686,20\n5520925,Elm,S01008687,21\n"
        "5520926,Unknown,,\n",
        encoding="utf-8",
    )
    school = factories.SchoolFactory(nation="scotland", lsoa="S01008687")
    report = run(path, "scotland")
    assert fifths() == {"S01011295": (3, 2020), "S01008686": (1, 2020), "S01008687": (2, 2020)}
    assert report["ignored_because"] == {"the same row again": 1}
    assert [problem["line"] for problem in report["refused"]] == [6]
    assert report["schools_in_other_fifths"] == 1
    school.refresh_from_db()
    assert school.fifth == 2


def test_any_file_is_read_by_columns_that_somebody_names(tmp_path: Path) -> None:
    path = tmp_path / "wales.csv"
    path.write_text("Ardal,Degradd\nW01000001,4\n", encoding="utf-8")
    run(path, "wales", "--year", "2019", "--columns", "small_area=Ardal", "decile=Degradd")
    assert fifths() == {"W01000001": (2, 2019)}
    with pytest.raises(CommandError, match="matches no column"):
        run(path, "wales", "--columns", "rainfall=Ardal")


def test_a_file_of_another_census_is_refused_whole_and_says_why(tmp_path: Path) -> None:
    schools = [
        factories.SchoolFactory(lsoa=f"E010{number:05}", postcode=f"LA9 4{number % 10}X{'ABDEF'[number // 10]}")
        for number in range(40)
    ]
    path = england(tmp_path, 2021, {f"E010{number:05}": 1 for number in range(20)} | {"E01099999": 2})
    with pytest.raises(CommandError) as refused:
        run(path)
    assert "lacks the small areas of 20 of 40 schools, such as E01000020: it belongs to another census." in str(refused.value)
    assert fifths() == {}
    # The list of postcodes may name the small areas of the other census.
    for school in schools[20:]:
        models.Postcode.objects.create(postcode=school.postcode, easting=350_000, northing=500_000, small_area="E01099999")
    assert run(path)["created"] == 21
    assert models.School.objects.filter(fifth=1).count() == 40


def test_a_school_is_in_a_fifth_of_its_nations_newest_index_alone(tmp_path: Path) -> None:
    old = factories.SchoolFactory(lsoa="E01000009", postcode="LA9 4XX")
    models.Postcode.objects.create(postcode="LA9 4XX", easting=350_000, northing=500_000, small_area="E01000001")
    gone = factories.SchoolFactory(lsoa="E01000009")
    scot = factories.SchoolFactory(nation="scotland", lsoa="S01008687")
    models.Deprivation.objects.create(small_area="S01008687", nation="scotland", fifth=2, year=2020)
    run(england(tmp_path, 2011, {"E01000001": 9, "E01000009": 1}))
    assert fifths_of(old, gone, scot) == [1, 1, 2]
    run(england(tmp_path, 2021, {"E01000001": 10}))
    assert fifths_of(old, gone, scot) == [5, None, 2]
    assert indices_known() == [("england", 2025), ("scotland", 2020)]


def fifths_of(*schools: models.School) -> list[int | None]:
    """The fifth of each of the schools as it is stored."""
    stored = models.School.objects.in_bulk([school.pk for school in schools])
    return [stored[school.pk].fifth for school in schools]


def test_a_row_of_another_nation_or_without_a_number_is_refused_alone(tmp_path: Path) -> None:
    path = england(tmp_path, 2021, {"E01000001": 1, "S01008686": 2, "Leeds": 3, "E01000002": 11})
    report = run(path)
    assert [(problem["line"], problem["id"]) for problem in report["refused"]] == [
        (3, "S01008686"), (4, "Leeds"), (5, "E01000002"),
    ]  # fmt: skip
    assert "not of England" in report["refused"][0]["reason"]
    assert fifths() == {"E01000001": (1, 2025)}


def test_a_school_without_a_small_area_has_that_of_its_postcode(tmp_path: Path) -> None:
    listed, unlisted = factories.SchoolFactory(postcode="LA9 4XX"), factories.SchoolFactory(postcode="LA9 4XY")
    path = tmp_path / "postcodes.csv"
    path.write_text("pcds,oseast1m,osnrth1m,lsoa21cd\nLA9 4XX,350000,500000,E01000001\n", encoding="utf-8")
    call_command("import_postcodes", str(path), "--json", stdout=StringIO())
    run(england(tmp_path, 2021, {"E01000001": 9}))
    listed.refresh_from_db()
    unlisted.refresh_from_db()
    assert (listed.fifth, unlisted.fifth) == (5, None)
    assert place_in_fifths() == 0
    # A list without small areas changes none that are known.
    path.write_text("pcds,oseast1m,osnrth1m\nLA9 4XX,350001,500000\n", encoding="utf-8")
    out = StringIO()
    call_command("import_postcodes", str(path), "--json", stdout=out)
    assert json.loads(out.getvalue())["updated"] == 1
    assert models.Postcode.objects.get().small_area == "E01000001"
