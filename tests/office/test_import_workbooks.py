"""A workbook of two sheets, as offices keep a sheet for each area: every row of both comes in, for each kind of table."""

import io
from typing import NamedTuple

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model
from django.test import Client

from schools import models
from schools.office.registers.kinds import KINDS
from tests import factories
from tests.materials.stores import a_material, store_in
from tests.office.test_imports import do, handed_in, shown
from tests.visits.session_files import COLUMNS, row

pytestmark = pytest.mark.django_db(transaction=True)


class Sample(NamedTuple):
    """A header, and three rows that are each a row of the model."""

    model: type[Model]
    header: str
    rows: tuple[str, str, str]


SAMPLES = {
    "volunteers": Sample(models.Volunteer, "reference,name", ("V1,Ann Ash", "V2,Bea Birch", "V3,Cat Cedar")),
    "contacts": Sample(
        models.Contact, "nation,register_id,name", ("england,100001,Jo Ash", "england,100001,Jo Birch", "england,100001,Jo Cedar")
    ),
    "areas": Sample(
        models.AreaAuthority,
        "region,area,authority_gss",
        ("North,Lakes,E06000091", "North,Coast,E06000092", "North,Fells,E06000093"),
    ),
    "authorities": Sample(
        models.Authority,
        "nation,gss,code,name",
        ("england,E06000094,994,Lakeland", "england,E06000095,995,Coastland", "england,E06000096,996,Fellland"),
    ),
    "terms": Sample(
        models.Term,
        "nation,name,first_day,last_day",
        (
            "england,autumn,2026-09-03,2026-12-18",
            "england,autumn,2027-09-02,2027-12-17",
            "england,autumn,2028-09-04,2028-12-15",
        ),
    ),
    "rolls": Sample(
        models.Roll,
        "nation,register_id,academic_year,year_group,pupils",
        ("england,100001,2025/26,4,24", "england,100001,2025/26,5,25", "england,100001,2025/26,6,26"),
    ),
    "postcodes": Sample(
        models.Postcode,
        "pcds,oseast1m,osnrth1m",
        ("LA9 4XX,351500,492700", "LA9 4XY,351600,492700", "LA9 4XZ,351700,492700"),
    ),
    "deprivation": Sample(
        models.Deprivation,
        "small_area,fifth,year",
        ("E01000001,1,2025", "E01000002,2,2025", "E01000003,3,2025"),
    ),
    "stock": Sample(
        models.Movement,
        "store,material,quantity,labels,day",
        ("Hall,Sticker,120,,2026-11-03", "Hall,Poster,30,,2026-11-03", "Hall,Puppet,,A,2026-11-03"),
    ),
    "sessions": Sample(
        models.Session,
        ",".join(COLUMNS),
        tuple(",".join(str(row(visit=visit).get(name, "")) for name in COLUMNS) for visit in ("A1", "A2", "A3")),  # type: ignore[arg-type]  # three
    ),
}


@pytest.fixture(autouse=True)
def _known(area: models.Area) -> None:
    factories.SchoolFactory(register_id="100001")
    for number in (91, 92, 93):
        factories.AuthorityFactory(gss=f"E060000{number}")
    store_in(area, name="Hall")
    a_material()
    a_material("Poster")
    a_material("Puppet", kind="equipment")


def workbook(**sheets: list[str]) -> SimpleUploadedFile:
    book, content = openpyxl.Workbook(), io.BytesIO()
    book.remove(book.worksheets[0])
    for name, lines in sheets.items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(line.split(","))
    book.save(content)
    return SimpleUploadedFile("table.xlsx", content.getvalue())


def test_each_kind_of_table_has_a_sample_here() -> None:
    assert SAMPLES.keys() == KINDS.keys()


@pytest.mark.parametrize("kind", SAMPLES)
def test_every_row_of_both_sheets_comes_in_and_one_that_is_added_to_the_second_is_the_only_new_one(
    managers_office: Client, kind: str
) -> None:
    model, header, (first, second, third) = SAMPLES[kind]
    before = model._default_manager.count()
    two = handed_in(managers_office, kind, file=workbook(Kendal=[header, first], Penrith=[header, second]))
    assert "2 rows new, 0 changed, 0 known and the same; 0 refused." in shown(managers_office, two)
    do(managers_office, two, "apply")
    assert model._default_manager.count() == before + 2
    three = handed_in(managers_office, kind, file=workbook(Kendal=[header, first], Penrith=[header, second, third]))
    assert "1 row new, 0 changed, 2 known and the same; 0 refused." in shown(managers_office, three)
    do(managers_office, three, "apply")
    assert model._default_manager.count() == before + 3


@pytest.mark.parametrize("kind", ["volunteers", "sessions", "postcodes"])
def test_the_report_says_on_which_sheet_a_line_is(managers_office: Client, kind: str) -> None:
    _, header, (first, second, third) = SAMPLES[kind]
    bad = third.replace("V3,Cat Cedar", "V3,").replace("ks2-assembly", "juggling").replace("LA9 4XZ", "nowhere")
    sheets = workbook(Kendal=[header, first, second], Penrith=[header, bad])
    run = handed_in(managers_office, kind, file=sheets)
    assert run.report
    assert [problem["line"] for problem in run.report["refused"]] == [5]
    assert "Line 4 is row 1 of the sheet “Penrith”" in shown(managers_office, run, part="left-out")
