"""Looks at clearances in what an import says, also where something of them was corrected since."""

from datetime import date

import pytest
from django.test import Client
from django.utils import timezone

from schools import models
from schools.visits.actions.merging import merge_people
from tests import factories
from tests.office.test_imports import handed_in, shown

pytestmark = pytest.mark.django_db(transaction=True)

CLEARED = (
    "reference\tname\tscheme\tissued\tdecision\tdecided_on\trecheck_on\n"
    "V1\tAnn Ash\tdbs\t2025-01-01\tclear\t2025-01-02\t2028-01-01\n"
)  # fmt: skip


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


@pytest.mark.parametrize("since", ["another reference", "another, and the first is somebody else's", "merged"])
def test_a_clearance_is_looked_at_though_its_owner_is_listed_otherwise_since(managers_office: Client, since: str) -> None:
    run = handed_in(managers_office, pasted=CLEARED)
    managers_office.post(f"/admin/imports/{run.pk}/", {"do": "apply"})
    ann = models.Volunteer.objects.get()
    if since == "merged":
        kept = factories.VolunteerFactory(name="Ann Ash", reference="V7")
        merge_people(kept, ann, chosen=(), mark=None, by=factories.manager(), now=timezone.now())
        ann = kept
    else:
        models.Volunteer.objects.filter(pk=ann.pk).update(reference="V7")
        if since != "another reference":
            factories.VolunteerFactory(name="Bea Birch", reference="V1")
    before = models.ClearanceLook.objects.filter(volunteer_number=ann.pk).count()
    assert "DBS issued 1 January 2025: clear" in shown(managers_office, run)
    assert models.ClearanceLook.objects.filter(volunteer_number=ann.pk).count() == before + 1


def test_each_look_at_a_clearance_on_the_page_is_logged(managers_office: Client) -> None:
    run = handed_in(managers_office, pasted=CLEARED)
    assert "DBS issued 1 January 2025: clear, decided on 2 January 2025" in shown(managers_office, run)
    assert not models.ClearanceLook.objects.exists()
    managers_office.post(f"/admin/imports/{run.pk}/", {"do": "apply"})
    assert models.ClearanceLook.objects.count() == 1  # the import itself
    shown(managers_office, run)
    assert models.ClearanceLook.objects.count() == 2
    shown(managers_office, run, part="refused")


def test_a_complaint_about_a_clearance_is_a_look_at_that_of_whoever_is_known_and_no_other_complaint_is_one(
    managers_office: Client,
) -> None:
    """The file is held against what is stored: that the days are missing says that they are not stored either."""
    ann = factories.VolunteerFactory(name="Ann Ash", reference="V1")
    factories.ClearanceFactory(volunteer=ann, decision="pending", decided_on=None, recheck_on=None)
    factories.VolunteerFactory(name="Bea Birch", reference="V2")
    rows = "reference\tname\tscheme\tissued\tdecision\tfurthest_km\nv1\t\tdbs\t2025-01-01\tclear\t\nV2\t\t\t\t\tfar\n"
    run = handed_in(managers_office, pasted=rows + "V9\tNew Nell\tdbs\t2025-01-01\tclear\t\n")
    assert not models.ClearanceLook.objects.exists()
    page = shown(managers_office, run, part="refused")
    assert page.count("The DBS decision is clear, which needs") == 2
    assert list(models.ClearanceLook.objects.values_list("volunteer_number", "page")) == [(ann.pk, "import")]
