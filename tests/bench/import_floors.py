"""What the import of a register is compared with: rows inserted without any check, and django-import-export."""

import re
from pathlib import Path
from typing import Any

from tests.bench.register_files import dictionaries


# Longer than 40 lines: it is one program, which another process runs.
def floor(path: Path, links: Path | None = None) -> int:
    """Read every row into a dictionary and insert the schools that have our year groups, and the links between them."""
    from datetime import date

    from django.db import transaction

    from schools.core.year_groups import year_groups_of_ages
    from schools.models import School, SchoolLink

    def day(cell: str) -> date | None:
        return date(int(cell[6:]), int(cell[3:5]), int(cell[:2])) if cell else None

    def number(cell: str) -> int | None:
        return int(cell) if cell.isdigit() else None

    def has_our_year_groups(row: dict[str, str]) -> bool:
        # New schools whose ages nobody recorded yet have 0 to 0; primary schools among them are known to be ours.
        low, high = number(row["StatutoryLowAge"]), number(row["StatutoryHighAge"])
        if not high:
            return row["PhaseOfEducation (name)"] == "Primary"
        return bool(year_groups_of_ages(low, high))

    statuses = {"Open": "open", "Closed": "closed", "Open, but proposed to close": "closing", "Proposed to open": "proposed"}
    ours = re.compile(r"E[0-9]{8}")
    schools = [
        School(
            nation="england",
            register_id=row["URN"],
            name=row["EstablishmentName"],
            sector="mainstream",
            phase=row["PhaseOfEducation (name)"],
            kind=row["TypeOfEstablishment (name)"],
            status=statuses[row["EstablishmentStatus (name)"]],
            opened=day(row["OpenDate"]),
            closed=day(row["CloseDate"]),
            low_age=number(row["StatutoryLowAge"]),
            high_age=number(row["StatutoryHighAge"]),
            pupils=number(row["NumberOfPupils"]),
            census_day=day(row["CensusDate"]),
            address=", ".join(filter(None, (row["Street"], row["Locality"], row["Address3"], row["Town"], row["County (name)"]))),
            postcode=row["Postcode"],
            easting=number(row["Easting"]),
            northing=number(row["Northing"]),
            phone=row["TelephoneNum"],
            website=row["SchoolWebsite"],
            lsoa=row["LSOA (code)"],
        )
        for row in dictionaries(path)
        if ours.fullmatch(row["GSSLACode (name)"]) and has_our_year_groups(row)
    ]
    with transaction.atomic():
        School.objects.bulk_create(schools, batch_size=500)
        if links:
            ids = {school.register_id: school.pk for school in schools}
            pairs = {
                (row["URN"], row["LinkURN"]) if row["LinkType"].startswith("Succ") else (row["LinkURN"], row["URN"])
                for row in dictionaries(links)
                if row["LinkType"].startswith(("Succ", "Pred")) and row["URN"] in ids and row["LinkURN"] in ids
            }
            SchoolLink.objects.bulk_create(
                [SchoolLink(predecessor_id=ids[one], successor_id=ids[other], kind="successor") for one, other in pairs],
                batch_size=500,
            )
    return len(schools)


# Longer than 40 lines: it is one program, which another process runs.
def by_import_export(path: Path, *, quickest: bool = False) -> int:
    """The same rows and columns through django-import-export as it comes, with its checks, differences and the history."""
    import tablib
    from import_export import fields, resources, widgets

    from schools.models import School

    columns = {
        "register_id": "URN", "name": "EstablishmentName", "phase": "PhaseOfEducation (name)",
        "kind": "TypeOfEstablishment (name)", "low_age": "StatutoryLowAge", "high_age": "StatutoryHighAge",
        "pupils": "NumberOfPupils", "address": "Street", "postcode": "Postcode", "easting": "Easting", "northing": "Northing",
        "phone": "TelephoneNum", "website": "SchoolWebsite", "lsoa": "LSOA (code)",
    }  # fmt: skip
    days = {"opened": "OpenDate", "closed": "CloseDate", "census_day": "CensusDate"}
    declared = {
        name: fields.Field(column_name=column, attribute=name, widget=widgets.IntegerWidget())
        if name in {"low_age", "high_age", "pupils", "easting", "northing"}
        else fields.Field(column_name=column, attribute=name)
        for name, column in columns.items()
    }
    declared |= {
        name: fields.Field(column_name=column, attribute=name, widget=widgets.DateWidget(format="%d-%m-%Y"))
        for name, column in days.items()
    }

    class SchoolResource(resources.ModelResource):
        class Meta:
            model = School
            import_id_fields = ("register_id",)
            fields = tuple(declared)
            use_transactions = True
            use_bulk = quickest
            skip_diff = quickest
            batch_size = 500

        def before_save_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
            instance.nation, instance.status = "england", "open"

    SchoolResource.fields.update(declared)
    with path.open(encoding="cp1252", newline="") as file:
        rows = tablib.Dataset().load(file, format="csv")
    result = SchoolResource().import_data(rows, raise_errors=True)
    return int(result.totals["new"] + result.totals["update"] + result.totals["skip"])
