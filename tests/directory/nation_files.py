"""Small files in the shape of the other nations' registers: their own headers and invented rows."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

SCOTLAND_STATISTICS = (
    "Local Authority", "SeedCode", "School Name", "School Type", "Teachers (Full Time Equivalent) [Note 1]", "Pupil roll",
    "P1", "P2", "P3", "P4", "P5", "P6", "P7", "S1",
)  # fmt: skip
SCOTLAND_ROLL = (
    "SeedCode", "School Name", "School Type", "GSS LA code", "Address 1", "Town", "PostCode", "Email", "Headteacher",
    "School Roll", "Latitude", "Longitude", "Grid Reference",
)  # fmt: skip
WALES = (
    "School_Number", "School_Name", "LA_Code", "Local_Authority", "Sector", "Governance", "WM_Code", "Welsh_Medium_Type",
    "School_Type", "Religious_Character", "Address1", "Address2", "Address3", "Address4", "Postcode", "Phone_Number", "Pupils",
)  # fmt: skip
GOV_WALES = (
    "School Number", "School Name", "LA Code", "Local Authority", "Sector", "Governance - see notes", "WM Code",
    "Welsh Medium Type - see notes", "School Type", "Religious Character", "Address 1", "Address 2", "Address 3", "Address 4",
    "Postcode", "Phone Number", "Pupils - see notes",
)  # fmt: skip
NORTHERN_IRELAND = (
    "Reference", "Institution_Name", "Address_1", "Address_2", "Address_3", "Town_Name", "County_Name", "Postcode", "Telephone",
    "Email", "Institution_Type", "Management_Type", "Latitude", "Longitude", "Irish_Grid_Reference_X", "Irish_Grid_Reference_Y",
    "Principal", "Primary_Reception_Pupil", "Number_Year_1", "Number_Year_2", "Number_Year_3", "Number_Year_4", "Number_Year_5",
    "Number_Year_6", "Number_Year_7", "District",
)  # fmt: skip

STATISTICS_ROW = {
    "Local Authority": "Argyll & Bute", "SeedCode": "8100001", "School Name": "Glen Primary School", "School Type": "Primary",
    "Teachers (Full Time Equivalent) [Note 1]": "4.2", "Pupil roll": "61",
    "P1": "9", "P2": "C", "P3": "8", "P4": "7", "P5": "0", "P6": "10", "P7": "z", "S1": "z",
}  # fmt: skip
ROLL_ROW = {
    "SeedCode": "8100001", "School Name": "Glen Primary School", "School Type": "Primary", "GSS LA code": "S12000035",
    "Address 1": "1 Shore Road", "Town": "Glen", "PostCode": "pa311aa", "Email": "head@glen.example", "Headteacher": "H Heading",
    "School Roll": "61", "Grid Reference": "NR 8630 8790",
}  # fmt: skip
WALES_ROW = {
    "School_Number": "6600001", "School_Name": "Ysgol y Bryn", "LA_Code": "660", "Local_Authority": "Isle of Anglesey",
    "Sector": "Primary", "Governance": "Community", "WM_Code": "WM", "Welsh_Medium_Type": "Welsh medium",
    "School_Type": "Infants & Juniors", "Religious_Character": "---", "Address1": "Ffordd y Bryn", "Address2": "---",
    "Address3": "Llan", "Postcode": "LL77 7AA", "Phone_Number": "01248 000000", "Pupils": "120",
}  # fmt: skip
NORTHERN_IRELAND_ROW = {
    "Reference": "101-0001", "Institution_Name": "Lough Primary School", "Address_1": "2 Lough Road", "Town_Name": "Belfast",
    "County_Name": "Antrim", "Postcode": "BT1 1AA", "Telephone": "028 9000 0000", "Email": "head@lough.example",
    "Institution_Type": "Primary", "Management_Type": "Controlled", "Latitude": "54.6", "Longitude": "-5.93",
    "Irish_Grid_Reference_X": "333900", "Irish_Grid_Reference_Y": "374100", "Principal": "P Heading",
    "Primary_Reception_Pupil": "3", "Number_Year_1": "20", "Number_Year_2": "21", "Number_Year_3": "22", "Number_Year_4": "23",
    "Number_Year_5": "24", "Number_Year_6": "25", "Number_Year_7": "*", "District": "Belfast City Council",
}  # fmt: skip

LAYOUTS = {
    "scotland": (SCOTLAND_STATISTICS, STATISTICS_ROW),
    "scotland roll": (SCOTLAND_ROLL, ROLL_ROW),
    "wales": (WALES, WALES_ROW),
    "northern-ireland": (NORTHERN_IRELAND, NORTHERN_IRELAND_ROW),
}
"""The header and the usual row of each."""


def row(layout: str, **facts: str) -> list[str]:
    """The usual row with other facts: blanks and hyphens of a column's name may be written as underscores."""
    header, usual = LAYOUTS[layout]
    spelled = {name.replace(" ", "_").replace("-", "_"): name for name in header}
    named = usual | {spelled[name]: value for name, value in facts.items()}
    return [named.get(column, "") for column in header]


def text(layout: str, *rows: list[str], header: Sequence[str] = ()) -> str:
    """The file with these rows, else with the usual one."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([header or LAYOUTS[layout][0], *(rows or [row(layout)])])
    return out.getvalue()


def written(folder: Path, layout: str, *rows: list[str], name: str, header: Sequence[str] = ()) -> Path:
    """The file in UTF-8 with BOM."""
    path = folder / name
    path.write_text(text(layout, *rows, header=header), encoding="utf-8-sig")
    return path
