"""What a manager types of authorities and reorganisations is worked into the past of the schools at once."""

from datetime import date
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from schools import models
from schools.directory.actions import import_register
from tests import factories
from tests.directory.gias_files import row, written
from tests.office.conftest import NOW
from tests.office.test_guest_schools import as_shown

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("way", ["a reorganisation", "the first day"])
def test_what_is_typed_of_a_reorganisation_moves_its_schools_as_an_import_does(way: str, tmp_path: Path) -> None:
    read_at = (date(2024, 9, 1), date(2025, 9, 1))
    for number, (gss, name) in enumerate((("E06000901", "Old"), ("E06000902", "New"))):
        facts = row(gss=gss, la_name=name, la_code=f"90{number}")
        import_register(written(tmp_path, facts, name=f"{number}.csv"), day=read_at[number], now=NOW)
    old, new = (models.Authority.objects.get(name=name) for name in ("Old", "New"))

    def first_day() -> date | None:
        return models.SchoolAuthority.objects.get(authority=new).from_day

    assert first_day() == read_at[1]
    client = Client()
    client.force_login(factories.manager())
    if way == "a reorganisation":
        address, day = reverse("admin:schools_reorganisation_add"), {"old": old.pk, "new": new.pk, "day": "2025-04-01"}
        assert client.post(address, day).status_code == 302
    else:
        address = reverse("admin:schools_authority_change", args=[new.pk])
        answer = client.post(address, as_shown(client, address) | {"opened": ["2025-04-01"]})
        assert answer.status_code == 302, answer.context["adminform"].errors
    assert first_day() == date(2025, 4, 1)
    if way == "a reorganisation":
        pk = models.Reorganisation.objects.get().pk
        client.post(reverse("admin:schools_reorganisation_delete", args=[pk]), {"post": "yes"})
        assert first_day() == read_at[1]
