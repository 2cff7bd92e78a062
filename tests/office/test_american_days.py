"""A file whose days have the month first: none of them is taken for a British one."""

from datetime import date

import pytest
from django.test import Client

from schools import models
from tests.office.test_imports import cumbria, do, handed_in, shown

__all__ = ["cumbria"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("sign", "other_sign"), [("/", "-"), ("-", "/"), (".", "-")])
def test_in_a_file_with_american_days_none_is_taken_for_a_british_one(
    managers_office: Client, cumbria: models.Area, sign: str, other_sign: str
) -> None:
    header, three_five, seven_sixteen = "reference\tname\tareas\tjoined\n", f"3{sign}5{sign}2019", f"7{sign}16{sign}2019"
    days = (three_five, seven_sixteen, f"6{sign}6{sign}2019", "2019-03-05", f"04{other_sign}05{other_sign}2019")
    rows = "".join(f"V{number}\tAnn Ash {number}\tCumbria\t{day}\n" for number, day in enumerate(days))
    run = handed_in(managers_office, pasted=header + rows)
    page = shown(managers_office, run, part="refused")
    reason = f"“{three_five}” may have the month first, because line 3 has “{seven_sixteen}”."
    assert f"{reason} Write the days of the file like 2019-08-31." in page
    assert '<th scope="row">V0</th>' in page
    assert f"joined is “{seven_sixteen}”, which is no date" in page
    do(managers_office, run, "apply")
    assert dict(models.Volunteer.objects.values_list("reference", "joined")) == {
        "V2": date(2019, 6, 6),  # the same day to both
        "V3": date(2019, 3, 5),
        "V4": date(2019, 5, 4),
    }
    british = handed_in(
        managers_office, pasted=header + f"V0\tAnn Ash\tCumbria\t{days[0]}\nV9\tIda Ash\tCumbria\t16{sign}7{sign}2019\n"
    )
    do(managers_office, british, "apply")
    assert models.Volunteer.objects.get(reference="V0").joined == date(2019, 5, 3)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("3/5/2026..3/9/2026\t", "“3/5/2026”"),
        ("3/5/2026 .. 3/9/2026\t", "“3/5/2026”"),
        ("\tks2-assembly=3/5/2019", "“3/5/2019”"),
        ("\tks1-assembly; ks2-assembly = 3/5/2019", "“3/5/2019”"),
    ],
)
def test_a_day_within_a_cell_is_none_of_britain_where_the_file_has_american_ones(
    managers_office: Client, cumbria: models.Area, cell: str, words: str
) -> None:
    header, joined = "reference\tname\tjoined\taway\tsigned_off\n", "1/31/2019"
    run = handed_in(managers_office, pasted=f"{header}V1\tAnn Ash\t\t{cell}\nV2\tBea Birch\t{joined}\t\t\n")
    reason = f"{words} may have the month first, because line 3 has “{joined}”."
    assert reason in shown(managers_office, run, part="refused")


def test_an_american_day_within_a_cell_refuses_the_days_of_other_rows(managers_office: Client, cumbria: models.Area) -> None:
    rows = "reference\tname\tjoined\taway\nV1\tAnn Ash\t3/5/2019\t\nV2\tBea Birch\t\t7/16/2026..7/20/2026\n"
    run = handed_in(managers_office, pasted=rows)
    assert "“3/5/2019” may have the month first, because line 3 has “7/16/2026”." in shown(managers_office, run, part="refused")
