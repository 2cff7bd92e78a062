"""Small files in the shape of England's register (GIAS): its own header, shortened, and rows that say what matters."""

import csv
import io
from pathlib import Path

HEADER = (
    "URN", "LA (code)", "LA (name)", "EstablishmentNumber", "EstablishmentName", "TypeOfEstablishment (code)",
    "TypeOfEstablishment (name)", "EstablishmentTypeGroup (code)", "EstablishmentTypeGroup (name)", "EstablishmentStatus (code)",
    "EstablishmentStatus (name)", "OpenDate", "CloseDate", "PhaseOfEducation (code)", "PhaseOfEducation (name)",
    "StatutoryLowAge", "StatutoryHighAge", "CensusDate", "NumberOfPupils", "PercentageFSM", "SchoolSponsors (name)", "Street",
    "Locality", "Address3", "Town", "County (name)", "Postcode", "SchoolWebsite", "TelephoneNum", "HeadTitle (name)",
    "HeadFirstName", "HeadLastName", "HeadPreferredJobTitle", "InspectorateName (name)", "GOR (code)", "GOR (name)",
    "GSSLACode (name)", "Easting", "Northing", "InspectorateName (name)", "LSOA (code)",
    "TrustSchoolFlag (name)", "Trusts (code)", "Trusts (name)", "FederationFlag (name)", "Federations (code)",
    "Federations (name)",
)  # fmt: skip

SHORT = {
    "urn": "URN",
    "la_code": "LA (code)",
    "la_name": "LA (name)",
    "name": "EstablishmentName",
    "kind": "TypeOfEstablishment (name)",
    "group": "EstablishmentTypeGroup (name)",
    "status": "EstablishmentStatus (name)",
    "opened": "OpenDate",
    "closed": "CloseDate",
    "phase": "PhaseOfEducation (name)",
    "low": "StatutoryLowAge",
    "high": "StatutoryHighAge",
    "census_day": "CensusDate",
    "pupils": "NumberOfPupils",
    "fsm": "PercentageFSM",
    "street": "Street",
    "locality": "Locality",
    "address_3": "Address3",
    "town": "Town",
    "county": "County (name)",
    "postcode": "Postcode",
    "website": "SchoolWebsite",
    "phone": "TelephoneNum",
    "region": "GOR (name)",
    "gss": "GSSLACode (name)",
    "easting": "Easting",
    "northing": "Northing",
    "lsoa": "LSOA (code)",
    "trust_flag": "TrustSchoolFlag (name)",
    "trust_code": "Trusts (code)",
    "trust": "Trusts (name)",
    "federation_flag": "FederationFlag (name)",
    "federation_code": "Federations (code)",
    "federation": "Federations (name)",
}

USUAL = {
    "urn": "100001",
    "la_code": "909",
    "la_name": "Cumbria",
    "name": "Fellside Primary School",
    "kind": "Community school",
    "group": "Local authority maintained schools",
    "status": "Open",
    "phase": "Primary",
    "low": "4",
    "high": "11",
    "census_day": "17-01-2019",
    "pupils": "210",
    "street": "Low Road",
    "town": "Kendal",
    "postcode": "LA9 4XX",
    "region": "North West",
    "gss": "E10000006",
    "easting": "351500",
    "northing": "492700",
}


def row(**facts: str) -> list[str]:
    """An open primary school in Cumbria with the facts given; a head teacher's name is in every row, as in the real file."""
    named = {SHORT[name]: value for name, value in (USUAL | facts).items()}
    named |= {"HeadFirstName": "Hester", "HeadLastName": "Headingley"}
    return [named.get(column, "") for column in HEADER]


def text(*rows: list[str], header: tuple[str, ...] = HEADER) -> str:
    """The file with these rows, quoted and broken as the real one."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_MINIMAL)
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def written(folder: Path, *rows: list[str], name: str = "edubase.csv") -> Path:
    """The file in cp1252, as it is published."""
    path = folder / name
    path.write_bytes(text(*rows).encode("cp1252"))
    return path
