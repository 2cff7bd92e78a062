"""A row of a file of volunteers: its columns, and how each cell is understood (docs/imports.md, Volunteers)."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from schools.core.nations import Language, Scheme
from schools.directory.actions.own_files import OwnTable, phone_number, with_full_name
from schools.directory.registers import Refused, cells
from schools.volunteers.models import Decision, PartOfDay, VolunteerStatus

LONGEST = {"reference": 20, "name": 150, "email": 254, "level": 60, "clearance_reference": 40}
"""Characters that the columns may have."""
FURTHEST = range(1, 1001)
"""Kilometres that somebody may say they go at most."""
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
TABLE = OwnTable(
    title="a table of volunteers",
    needs=("name",),
    columns={
        "reference": ("ref", "volunteer reference", "volunteer number"),
        "name": ("full name", "volunteer", "volunteer name", "first name", "forename", "given name"),
        "surname": ("last name", "family name"),
        "email": ("e-mail", "email address", "e-mail address", "mail"),
        "phone": ("telephone", "phone number", "telephone number", "mobile", "mobile number"),
        "postcode": ("home postcode", "post code"),
        "areas": ("area",),
        "status": (),
        "joined": ("joined on", "date joined", "start date"),
        "scheme": ("clearance scheme",),
        "level": ("clearance level",),
        "clearance_reference": ("certificate number", "DBS number", "clearance number"),
        "issued": ("issued on", "date of issue", "DBS date"),
        "decision": ("clearance decision",),
        "decided_on": ("decision date",),
        "recheck_on": ("recheck", "recheck date", "renewal date"),
        "signed_off": ("signed off for", "sign-offs"),
        "availability": ("available",),
        "away": (),
        "furthest_km": ("furthest", "furthest distance"),
        "languages": ("language",),
    },
    number="reference",
)

type SignOffCell = tuple[str, date | None]
"""The slug of a session type, and the day; None: the day on which the volunteer joined."""


class ClearanceCells(NamedTuple):
    """What a row says of one clearance; it is known by its scheme and day of issue."""

    scheme: str
    issued: date | None
    level: str = ""
    reference: str = ""
    decision: str = ""
    decided_on: date | None = None
    recheck_on: date | None = None

    def over(self, before: "ClearanceCells") -> "ClearanceCells":
        """Return these values, and those before where these say nothing."""
        return ClearanceCells._make(new or old for new, old in zip(self, before, strict=True))


class VolunteerRow(NamedTuple):
    """One row of the file; "" and None where it says nothing."""

    reference: str
    name: str
    email: str
    phone: str
    postcode: str
    areas: tuple[str, ...]
    status: str
    joined: date | None
    clearance: ClearanceCells | None
    signed_off: tuple[SignOffCell, ...]
    availability: tuple[tuple[int, str], ...]
    away: tuple[tuple[date, date], ...]
    furthest_km: int | None
    languages: tuple[str, ...]
    left_out: tuple[str, ...] = ()

    @property
    def known_by(self) -> str:
        """The reference, else the e-mail address: what identifies the person in a report."""
        return self.reference or self.email


def read_row(named: Mapping[str, str], *, on: date) -> VolunteerRow:
    """Return the facts of a row; `on` is today: nothing in the file has happened later. Raises Refused."""
    known_by = cells.shortened(named["reference"] or named["email"])
    try:
        return _row(with_full_name(named), on)
    except Refused as refused:
        raise Refused(refused.reason, register_id=known_by) from refused
    except cells.UnusableCell as error:
        raise Refused(str(error), register_id=known_by) from error


def _row(named: Mapping[str, str], on: date) -> VolunteerRow:
    for column, longest in LONGEST.items():
        if len(named[column]) > longest:
            raise Refused(f"{column} has {len(named[column])} characters; it may have {longest}. Shorten it.")
    phone, postcode = phone_number(named["phone"]), cells.postcode(named["postcode"])
    unusable = [
        f"{column} is “{cells.shortened(named[column])}”, which cannot be used; the rest of the row can."
        for column, value in (("phone", phone), ("postcode", postcode))
        if named[column] and not value
    ]
    row = VolunteerRow(
        reference=_reference(named["reference"]),
        name=named["name"],
        email=_email(named["email"]),
        phone=phone,
        postcode=postcode,
        areas=_several(named["areas"]),
        status=_choice(named, "status", VolunteerStatus.values),
        joined=_past(named, "joined", on),
        clearance=_clearance(named, on),
        signed_off=tuple(_sign_off(value, on) for value in _several(named["signed_off"])),
        availability=tuple(sorted({_half_day(value) for value in _several(named["availability"])})),
        away=tuple(sorted({_away(value) for value in _several(named["away"])})),
        furthest_km=cells.whole_number(named["furthest_km"], column="furthest_km", among=FURTHEST),
        languages=_languages(named["languages"]),
        left_out=tuple(unusable),
    )
    if not row.known_by:
        raise Refused("It has neither a reference nor an e-mail address. Give one, so that the same person is known again.")
    return row


def _several(cell: str) -> tuple[str, ...]:
    """Return the values of a cell, each once, in the order in which they stand there."""
    return tuple(dict.fromkeys(value.strip() for value in cell.split(";") if value.strip()))


def _reference(cell: str) -> str:
    reference = re.sub(r"^([0-9]+)\.0+$", r"\1", cell)
    if any(sign in reference for sign in ":;@"):
        raise Refused(f"reference is “{cells.shortened(reference)}”. Give one without colon, semicolon and @.")
    return reference


def _email(cell: str) -> str:
    address = cell.lower()
    try:
        if address:
            validate_email(address)
    except ValidationError as error:
        raise Refused(f"email is “{cells.shortened(cell)}”. Write it like name@example.org, or leave it blank.") from error
    return address


def _choice(named: Mapping[str, str], column: str, choices: list[str]) -> str:
    word = re.sub(r"[ -]", "_", named[column].casefold())
    if word and word not in choices:
        raise Refused(f"{column} is “{cells.shortened(named[column])}”; it must be one of {', '.join(choices)}.")
    return word


def _past(named: Mapping[str, str], column: str, on: date) -> date | None:
    day = cells.day(named[column], column=column)
    if day and day > on:
        raise Refused(f"{column} is {day.isoformat()}, which is still to come. A file says what is so already; correct the day.")
    return day


def _clearance(named: Mapping[str, str], on: date) -> ClearanceCells | None:
    columns = ("scheme", "level", "clearance_reference", "issued", "decision", "decided_on", "recheck_on")
    if not any(named[column] for column in columns):
        return None
    scheme = _choice(named, "scheme", Scheme.values)
    if not scheme:
        raise Refused(f"It says something of a clearance, and scheme is blank. Give one of {', '.join(Scheme.values)}.")
    return ClearanceCells(
        scheme=scheme,
        issued=_past(named, "issued", on),
        level=named["level"],
        reference=named["clearance_reference"],
        decision=_choice(named, "decision", Decision.values),
        decided_on=_past(named, "decided_on", on),
        recheck_on=cells.day(named["recheck_on"], column="recheck_on"),
    )


def _sign_off(value: str, on: date) -> SignOffCell:
    slug, _, day = (part.strip() for part in value.partition("="))
    if value.endswith("=") or not slug:
        raise Refused(f"signed_off is “{cells.shortened(value)}”; write it like ks1-assembly or ks1-assembly=2025-09-30.")
    return slug.casefold(), _past({"signed_off": day}, "signed_off", on)


def _half_day(value: str) -> tuple[int, str]:
    weekday, _, part = (word.strip() for word in value.casefold().partition("-"))
    for number, name in enumerate(WEEKDAYS):
        if weekday in {name, name[:3]} and part in PartOfDay.values:
            return number, part
    raise Refused(f"availability is “{cells.shortened(value)}”; write it like mon-morning or thu-afternoon.")


def _away(value: str) -> tuple[date, date]:
    ends: list[date | None] = [cells.day(day, column="away") for day in value.split("..")]
    match ends:
        case [date() as first, date() as last] if first <= last:
            return first, last
    raise Refused(f"away is “{cells.shortened(value)}”; write it FIRST..LAST, like 2026-12-01..2026-12-24.")


def _languages(cell: str) -> tuple[str, ...]:
    codes = [code.casefold() for code in _several(cell)]
    if unknown := [code for code in codes if code not in Language.values]:
        raise Refused(f"languages has “{cells.shortened(unknown[0])}”; it may have {', '.join(Language.values)}.")
    return tuple(code for code in Language.values if code in codes)


type Reader = Callable[[Mapping[str, str]], VolunteerRow]
"""Makes the facts of a row from its cells."""
