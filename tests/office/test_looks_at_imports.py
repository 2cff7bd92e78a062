"""Looks at clearances in what an import says, also where something of them was corrected since."""

from datetime import date

import pytest
from django.test import Client

from schools import models
from tests.office.test_imports import CLEARED, handed_in, shown

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_clearance_is_looked_at_though_address_and_day_were_corrected_since(managers_office: Client) -> None:
    pasted = CLEARED.replace("reference", "email").replace("V1", "ann@ash.example.org")
    run = handed_in(managers_office, pasted=pasted)
    managers_office.post(f"/admin/imports/{run.pk}/", {"do": "apply"})
    before = models.ClearanceLook.objects.count()
    volunteer = models.Volunteer.objects.get()
    volunteer.email = "another@example.org"
    volunteer.save()
    models.Clearance.objects.update(issued=date(2025, 1, 3))
    assert "DBS issued 1 January 2025: clear" in shown(managers_office, run)
    assert models.ClearanceLook.objects.filter(volunteer_number=volunteer.pk).count() == before + 1
