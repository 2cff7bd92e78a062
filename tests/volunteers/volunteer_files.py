"""Small files of volunteers, and what is stored after one was imported."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from schools.accounts.models import User
from schools.directory.actions import Importer, TableReport
from schools.volunteers.actions import import_volunteers
from schools.volunteers.models import SignOff, Volunteer
from tests.directory.own_files import written

COLUMNS = (
    "reference", "name", "email", "phone", "postcode", "areas", "status", "joined", "scheme", "level", "clearance_reference",
    "issued", "decision", "decided_on", "recheck_on", "signed_off", "availability", "away", "furthest_km", "languages",
)  # fmt: skip


def file_of(folder: Path, *rows: Mapping[str, str], name: str = "people.csv") -> Path:
    """The rows as a CSV file with every column."""
    lines = [",".join(row.get(column, "") for column in COLUMNS) for row in rows]
    return written(folder, ",".join(COLUMNS), *lines, name=name)


def imported(folder: Path, *rows: Mapping[str, str], now: datetime, by: User | None = None) -> TableReport:
    """The report of importing the rows."""
    return import_volunteers(file_of(folder, *rows), Importer(by, now))


def counted(report: TableReport) -> tuple[int, int, int, int, list[int]]:
    """Created, updated, unchanged, ignored, and the lines that were refused."""
    return report.created, report.updated, report.unchanged, report.ignored, [problem.line for problem in report.refused]


def state_of(volunteer: Volunteer) -> dict[str, Any]:
    """Everything that an import may write of the volunteer, as plain values."""
    return {
        "name": volunteer.name,
        "email": volunteer.mail_address,
        "phone": str(volunteer.phone.as_e164) if volunteer.phone else "",
        "postcode": volunteer.home_postcode,
        "status": volunteer.status,
        "joined": volunteer.joined,
        "left": volunteer.left,
        "furthest_km": volunteer.furthest_km,
        "languages": set(volunteer.languages),
        "areas": {area.name for area in volunteer.areas.all()},
        "clearances": {
            (clearance.scheme, clearance.issued): (
                clearance.level, clearance.reference, clearance.decision, clearance.decided_on, clearance.recheck_on,
            )
            for clearance in volunteer.clearances.all()
        },
        "signed_off": {
            sign_off.session_type.slug: sign_off.day
            for sign_off in volunteer.sign_offs.filter(stage=SignOff.Stage.SIGNED_OFF).select_related("session_type")
        },
        "availability": {(half.weekday, half.part) for half in volunteer.availabilities.all()},
        "away": {(away.first_day, away.last_day) for away in volunteer.aways.all()},
        "steps": {(step.step, step.day) for step in volunteer.steps.all()},
    }  # fmt: skip


def everybody() -> dict[str, dict[str, Any]]:
    """What is stored of everybody, by reference; of somebody whose reference was made up, by e-mail address."""
    return {
        volunteer.email if volunteer.reference.startswith("P") else volunteer.reference: state_of(volunteer)
        for volunteer in Volunteer.objects.select_related("user")
    }
