"""A manager erases a volunteer who left and somebody at a school: neither is anywhere afterwards, and nobody else lost a row."""

from datetime import date

import pytest
from django.apps import apps
from playwright.sync_api import expect

from schools import models
from schools.accounts.models import Role
from tests.e2e.charity import Charity, may_sign_in
from tests.e2e.conftest import DESK, NOW, Opener, Visitor
from tests.erasing.dumps import dump, places_with
from tests.factories import CoverFactory, SessionFactory, user_with

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


OF_THE_TWO_OR_THE_CLOCK = {
    "Contact": "whoever is erased at a school has no row any more",
    "EarlierValue": "what the two were called before goes",
    "Erasure": "each has a sheet",
    "MailPace": "whoever sends mail writes it",
    "PeriodicJob": "the clock writes it",
    "SignOfLife": "the clock writes it",
}
"""The tables whose number of rows may change, each with the reason."""


def rows() -> dict[str, int]:
    """The number of rows of every other table, histories included: nobody else loses one, or gets one."""
    tables = {table.__name__: table for table in apps.get_app_config("schools").get_models()}
    assert OF_THE_TWO_OR_THE_CLOCK.keys() <= tables.keys()
    return {name: table._default_manager.count() for name, table in tables.items() if name not in OF_THE_TWO_OR_THE_CLOCK}


def erases(manager: Visitor, name: str, reference: str) -> None:
    """Find them, read what becomes of what, type the reference, erase."""
    page = manager.page
    manager.goes_to("/admin/erasures/")
    page.get_by_role("searchbox", name="Name").fill(name)
    page.get_by_role("button", name="Find").click()
    manager.looks_at_each_width(f"whom-{reference[:3]}")
    page.get_by_role("main").get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", name="What you decide")).to_be_visible()
    manager.looks_at_each_width(f"plan-{reference[:3]}")
    page.get_by_label(f"Type {reference} to erase them").fill(reference)
    page.get_by_role("button", name="Erase them").click()
    expect(page.get_by_text("Erased. What was counted stays under")).to_be_visible()
    manager.looks_at_each_width(f"sheet-{reference[:3]}")


@pytest.mark.exhaustive
def test_two_people_are_erased_through_the_office_and_are_nowhere(charity: Charity, visitor: Opener) -> None:
    may_sign_in(user_with(Role.MANAGER, email="manager@example.org", name="Mo Fell"))
    colin = models.Volunteer.objects.get(name="Colin Newcomer")
    colin.name, colin.email = "Colin Oldcastle", "oldcastle@example.org"
    colin.status, colin.left = "left", date(2026, 11, 2)
    colin.save()
    session = SessionFactory(visit__school=charity.school, outcome_note="Oldcastle had the key of the hall.")
    CoverFactory(session=session, volunteer=colin, state="withdrawn")
    partner = {"key": "partner", "to": "asha@example.org", "subject": "Your morning", "body": "Colin goes instead of you."}
    message = models.OutboxMessage.objects.create(**partner, sent_at=NOW, kind="mornings")
    asha = models.Volunteer.objects.get(name="Asha Patel")
    models.MessageAbout.objects.create(visit=session.visit, message=message, volunteer=asha, known_by="message", facts="partner")
    ruth = models.Contact.objects.get(name="Ruth Bowness")
    before, contacts = rows(), models.Contact.objects.count()

    manager = visitor("erasing", size=DESK)
    manager.signs_in("manager@example.org")
    erases(manager, "Colin Oldcastle", colin.reference)
    erases(manager, "Ruth Bowness", f"contact:{ruth.pk}")

    assert places_with(dump(), {"colin", "newcomer", "oldcastle", "bowness", "ruth@"}) == []
    assert rows() == before
    assert models.Contact.objects.count() == contacts - 1
    message.refresh_from_db()
    assert message.body == f"Former volunteer {colin.reference} goes instead of you."
