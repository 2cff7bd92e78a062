"""Dose on the page, in files and as JSON; and what counts as a year."""

import csv
import io
import json
from datetime import date, time

import openpyxl
import pytest
from django.core.cache import cache
from django.test import Client

from schools import models
from schools.core.periods import AcademicYear
from schools.reach.dose import DoseRow, DoseTable
from schools.reach.dose_files import in_words
from schools.reach.figures import DOSE
from schools.reach.queries.dose import dose
from tests import factories
from tests.office.test_reach_readers import token_of
from tests.reach.examples import delivered

ON = date(2026, 11, 24)


@pytest.fixture
def junior(area: models.Area) -> models.School:
    """A junior school with 30 in Year 6, fed by an infant school; its children were counted in Year 1 and in Year 5."""
    infant = factories.SchoolFactory(area=area, low_age=4, high_age=7, name="Elm Infant School")
    school: models.School = factories.SchoolFactory(area=area, low_age=7, high_age=11, name="Elm Junior School")
    models.School.objects.filter(pk__in=(infant.pk, school.pk)).update(lineage=infant.pk)
    models.Roll.objects.create(school=school, academic_year=2025, year_group=6, pupils=30, source="list")
    old = factories.SchoolFactory(area=area, low_age=4, high_age=11, name="Oak Primary School", pupils=None)
    delivered(old, "ks2-assembly", date(2019, 10, 7), time(9), {3: 12})
    delivered(infant, "ks1-assembly", date(2020, 10, 5), time(9), {1: 28})
    delivered(school, "ks2-assembly", date(2024, 10, 7), time(9), {5: 29})
    return school


def test_years_at_the_infant_school_count_and_a_year_of_a_series_or_of_nobody_does_not(junior: models.School) -> None:
    def years() -> tuple[int, int, int]:
        total = dose(AcademicYear(2025), as_of=ON).total
        return total.pupils_no_year, total.pupils_one_year, total.pupils_two_years

    assert years() == (0, 0, 30)
    models.School.objects.filter(pk=junior.pk).update(lineage=None)
    assert years() == (0, 30, 0)
    delivered(junior, "send", date(2025, 10, 6), time(9), {6: 5})
    delivered(junior, "ks2-assembly", date(2025, 10, 7), time(9), {6: 0, 5: 30})
    assert years() == (0, 30, 0)
    delivered(junior, "ks2-assembly", date(2025, 10, 8), time(9), {6: 1})
    assert years() == (0, 0, 30)


def test_years_before_the_first_that_is_recorded_are_not_known_and_never_none(junior: models.School) -> None:
    models.School.objects.filter(pk=junior.pk).update(lineage=None)
    models.Session.objects.filter(day__lt=date(2024, 8, 1)).delete()
    table = dose(AcademicYear(2025), as_of=ON)
    assert table.first_recorded == AcademicYear(2024)
    assert (table.total.pupils_one_year, table.total.pupils_years_unknown) == (0, 30)


def test_page_csv_and_json_say_the_same_and_lead_to_the_schools(managers_office: Client, junior: models.School) -> None:
    cache.clear()
    query = "?year=2025/26"
    page = managers_office.get(f"/admin/reach/dose/{query}").content.decode()
    assert "Of the 30 pupils who leave Year 6 (P7) in 2025/26, 30 (100.0 %) were in a year group that was counted in two" in page
    assert "1 school is left out, because its roll is not known." in page
    text = managers_office.get(f"/admin/reach/dose/csv/{query}").getvalue().decode("utf-8-sig")
    *_, total = csv.DictReader(io.StringIO(text))
    answer = Client().get(f"/api/dose/{query}", headers={"Authorization": f"Bearer {token_of()[1]}"})
    of_json = json.loads(answer.content)["total"]
    assert total["area"] == of_json["area"] == "TOTAL"
    for figure in DOSE:
        if figure.name != "leaving_estimated":
            assert int(total[figure.name]) == of_json[figure.name]
    assert managers_office.get(f"/admin/reach/dose/xlsx/{query}").getvalue().startswith(b"PK")
    behind = managers_office.get(f"/admin/reach/dose/behind/{query}&cell=total&figure=pupils_two_years").content.decode()
    assert 'id="adds-up">30<' in behind
    assert junior.name in behind
    assert "2020/21 and 2024/25" in behind


def test_a_question_that_makes_no_sense_is_refused(managers_office: Client, junior: models.School) -> None:
    assert managers_office.get("/admin/reach/dose/csv/?year=2025").status_code == 400
    assert managers_office.get("/admin/reach/dose/behind/?year=2025/26&cell=0").status_code == 404
    assert managers_office.get("/admin/reach/dose/behind/?year=2025/26&figure=rainfall").status_code == 404
    answer = Client().get("/api/dose/?year=never", headers={"Authorization": f"Bearer {token_of()[1]}"})
    assert answer.status_code == 400
    assert "year: " in json.loads(answer.content)["errors"][0]
    assert Client().get("/api/dose/").status_code == 401


def test_a_coordinator_reads_their_own_areas_alone(junior: models.School, elsewhere: models.Area) -> None:
    client = Client()
    client.force_login(factories.coordinator_of(elsewhere))
    page = client.get("/admin/reach/dose/?year=2025/26").content.decode()
    assert "30 pupils" not in page
    assert "This is a part: in Northamptonshire alone." in page


def about_of(workbook: bytes) -> dict[str, object]:
    """Return the lines of a workbook's sheet about the file."""
    rows = openpyxl.load_workbook(io.BytesIO(workbook))["About this file"].iter_rows(values_only=True)
    return {str(name): value for name, value in rows}


@pytest.mark.parametrize("who", ["a coordinator", "a manager who chose the area"])
def test_of_one_area_the_sentence_the_name_of_each_file_and_its_sheet_say_so(
    who: str, managers_office: Client, junior: models.School, area: models.Area
) -> None:
    query, client = "?year=2025/26", Client()
    client.force_login(factories.coordinator_of(area))
    if who != "a coordinator":
        query, client = f"?year=2025/26&area={area.pk}", managers_office
    assert "This is a part: in Cumberland alone." in client.get(f"/admin/reach/dose/{query}").content.decode()
    for ending in ("csv", "xlsx"):
        sent = client.get(f"/admin/reach/dose/{ending}/{query}")
        name = f"dose_2025-26_cumberland_as-of_2026-11-24_definitions-2.{ending}"
        assert sent["Content-Disposition"] == f'attachment; filename="{name}"'
    about = about_of(sent.getvalue())
    assert about["Areas"] == "Cumberland"
    assert str(about["In words"]).endswith("This is a part: in Cumberland alone.")


def test_of_all_areas_nothing_is_called_a_part(managers_office: Client, junior: models.School) -> None:
    query = "?year=2025/26"
    assert "This is a part" not in managers_office.get(f"/admin/reach/dose/{query}").content.decode()
    sent = managers_office.get(f"/admin/reach/dose/xlsx/{query}")
    assert sent["Content-Disposition"] == 'attachment; filename="dose_2025-26_as-of_2026-11-24_definitions-2.xlsx"'
    about = about_of(sent.getvalue())
    assert about["Areas"] == "All"


def test_one_pupil_who_leaves_and_one_school_without_a_roll_are_said_in_the_singular() -> None:
    total = DoseRow(pupils_leaving=1, pupils_two_years=1, schools_leaving=2, schools_roll_unknown=1)
    table = DoseTable(AcademicYear(2025), ON, AcademicYear(2019), [], total)
    assert in_words(table, areas=None) == (
        "Of the 1 pupil who leaves Year 6 (P7) in 2025/26, 1 (100.0 %) was in a year group that was counted in two or more "
        "school years, 0 in one, 0 in none. 1 school is left out, because its roll is not known."
    )


@pytest.mark.parametrize("address", ["reach/", "reach/behind/", "reach/dose/", "reach/dose/behind/?year=2025/26"])
def test_a_table_and_what_is_behind_it_lead_to_the_same_pages(
    address: str, managers_office: Client, junior: models.School
) -> None:
    page = managers_office.get(f"/admin/{address}").content.decode()
    tabs = page.split('aria-label="Reach"')[1].split("</nav>")[0]
    for name in ("Reach", "Dose", "Data quality", "Likely feeders", "Returns", "Published", "Programs that read reach"):
        assert f">{name}</a>" in tabs, name
