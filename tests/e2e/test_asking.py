"""Somebody at a school scans the poster, finds the school and asks; the coordinator reads it on home and takes them over."""

import re

import pytest
from django.core import mail
from playwright.sync_api import expect

from schools import models
from schools.messages.actions import deliver_due
from tests.e2e.charity import Charity
from tests.e2e.conftest import BOTH, NOW, PHONE, Opener, Visitor
from tests.factories import SchoolFactory
from tests.school_portal.asking import open_the_door

ADDRESS = "nell@school.example.org"

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def asks(ruth: Visitor, area: models.Area, school: models.School) -> str:
    """Send the form, first wrongly, and choose the school of two that fit; the path of the link that is mailed."""
    ruth.goes_to(f"/ask/{area.pk}/")
    ruth.looks_at_each_width("poster")
    ruth.page.get_by_label("Which school are you at").fill("larkfield")
    ruth.page.get_by_role("button", name="Mail me the link").click()
    expect(ruth.page.get_by_text("Your name: say who you are").first).to_be_visible()
    ruth.looks_at_each_width("wrong")
    ruth.page.get_by_label(f"{school.name}, CA1 9ZZ").check()
    ruth.page.get_by_label("Your name").fill("Nell Bryant")
    ruth.page.get_by_label("Your role at the school").fill("deputy head")
    ruth.page.get_by_label("Your e-mail address at the school").fill(ADDRESS)
    ruth.page.get_by_label("Monday morning").check()
    ruth.page.get_by_role("button", name="Mail me the link").click()
    expect(ruth.page.get_by_role("heading", name="Look at your mail")).to_be_visible()
    ruth.looks("sent")
    deliver_due(clock=lambda: NOW)
    (body,) = [str(sent.body) for sent in mail.outbox if sent.to == [ADDRESS]]
    path = re.search(r"https?://[^/\s]+(/ask/confirm/\S+)", body)
    assert path
    return path[1]


@pytest.mark.parametrize("scripts", BOTH)
def test_a_school_asks_from_a_poster_and_the_coordinator_reads_it(charity: Charity, visitor: Opener, scripts: bool) -> None:
    open_the_door()
    models.Visit.objects.filter(school=charity.school).delete()
    area = models.Area.objects.get(holdings__authority=charity.school.authority)
    SchoolFactory(name="Larkfield Infants", authority=charity.school.authority)  # so that there is one to choose
    ruth = visitor("asks", size=PHONE, scripts=scripts)
    ruth.goes_to(asks(ruth, area, charity.school))
    ruth.looks_at_each_width("confirm")
    ruth.page.get_by_role("button", name="Yes, we ask for it").click()
    expect(ruth.page.get_by_role("heading", name="Thank you: we have your request")).to_be_visible()
    ruth.looks_at_each_width("confirmed")

    ravi = visitor("coordinator-asked", scripts=scripts)
    ravi.signs_in("coordinator@example.org")
    ravi.goes_to("/admin/")
    ravi.page.get_by_role("link", name=re.compile("asked for a visit and waits for a day")).click()
    expect(ravi.page.get_by_role("heading", level=1)).to_be_visible()
    visit = models.Visit.objects.get(school=charity.school, stage="requested")
    ravi.goes_to(f"/admin/visit/{visit.pk}/")
    ravi.looks_at_each_width("asked")
    ravi.page.get_by_role("button", name=re.compile("Put them among the people")).click()
    expect(ravi.page.get_by_text("is among the people at the school now")).to_be_visible()
    ravi.goes_to(f"/admin/area/{area.pk}/poster/")
    expect(ravi.page.get_by_role("img", name=re.compile("QR code"))).to_be_visible()
    ravi.looks_at_each_width("poster")
    visit.refresh_from_db()
    assert visit.contact
    assert visit.contact.email == ADDRESS
