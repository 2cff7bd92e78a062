"""What the tests of letters of assurance share: who has agreed to be named, opening one, and reading its PDF."""

import io
from typing import Any

import pypdf
from django.test import Client

from schools import models
from tests.school_portal.visits import BEFORE


def agreed(*people: models.Volunteer, names: bool = True, version: int = 1) -> None:
    """Let these people accept a version of the agreement that lets schools read their names, or does not."""
    wanted = {"from_day": BEFORE.date(), "text": f"We agree, {version}.", "names_to_schools": names}
    agreement, _ = models.Agreement.objects.get_or_create(version=version, defaults=wanted)
    for person in people:
        models.Accepted.objects.create(volunteer=person, agreement=agreement, at=BEFORE)


def person(name: str) -> models.Volunteer:
    return models.Volunteer.objects.get(name=name)


def opened(path: str, do: str = "letter") -> Any:
    """Press a button of the page that belongs to the page of the visit."""
    return Client().post(f"{path}pack/", {"do": do})


def words_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.content.decode()
    return str(answer.content.decode())


def looks() -> list[tuple[Any, ...]]:
    rows = models.ClearanceLook.objects.order_by("pk")
    return list(rows.values_list("volunteer_number", "page", "by", "access_number", "shown_to"))


def read_pdf(content: bytes) -> tuple[pypdf.PdfReader, str]:
    """The PDF as another program reads it, and the words on its pages."""
    reader = pypdf.PdfReader(io.BytesIO(content))
    return reader, "\n".join(page.extract_text() for page in reader.pages)
