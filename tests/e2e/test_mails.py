"""Mails as a mail program shows them: on a phone, in light and in dark, every word in sight and easy to read."""

import re
from datetime import UTC, date, datetime, time
from typing import Literal

import pytest
from django.core import mail
from playwright.sync_api import Browser
from pytest_django.fixtures import Settings

from schools.models import Area, Charity, Contact
from tests.e2e.conftest import PHONE, Visitor
from tests.factories import AreaFactory, CoverFactory, SchoolFactory, SessionFactory, able_volunteer, coordinator_of
from tests.messages.letters import html_of
from tests.news import tell_and_send

pytestmark = [pytest.mark.e2e, pytest.mark.django_db]

DAY = date(2026, 12, 3)


@pytest.fixture
def _mails(db: None, settings: Settings) -> None:
    """One mail to a volunteer before two sessions, one with a way out, one to a coordinator and one to a school."""
    settings.SPEAKOUT_ADDRESS = "https://speakout.example.org"
    Charity.objects.update(name="Kind Words", address="1 High Street\nKendal", reply_to="office@kind.example.org")
    area: Area = AreaFactory()
    ann = coordinator_of(area, name="Ann Lake", phone="+441632960123")
    volunteer = able_volunteer(area, signs_in=True, name="Asha Rao")
    name = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch Community Primary School & Nursery"
    school = SchoolFactory(area=area, name=name)
    Contact.objects.create(school=school, name="Nia", email="nia@oak.example.org")
    agreed = {"visit__school": school, "visit__coordinator": ann, "visit__stage": "confirmed"}
    first = SessionFactory(day=DAY, visit__agreed_on=date(2026, 11, 2), **agreed)
    second = SessionFactory(visit=first.visit, day=DAY, starts=time(10), ends=time(10, 30))
    for session in (first, second):
        CoverFactory(session=session, volunteer=volunteer)
    SessionFactory(visit__school=SchoolFactory(area=area, name="Ivy"), visit__coordinator=ann, day=date(2026, 12, 4))
    tell_and_send(datetime(2026, 12, 2, 9, tzinfo=UTC), kinds=["near-you", "school-day-before"])
    tell_and_send(datetime(2026, 12, 2, 18, tzinfo=UTC), kinds=["evening"])
    tell_and_send(datetime(2026, 12, 3, 8, tzinfo=UTC), kinds=["morning-list"])


@pytest.mark.usefixtures("_mails")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_mail_is_read_on_a_phone_in_light_and_in_dark(browser: Browser, scheme: Literal["light", "dark"]) -> None:
    assert len(mail.outbox) == 4
    context = browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]}, color_scheme=scheme)
    reader = Visitor(context, "", name=f"mail-{scheme}", scripts=True)
    for number, message in enumerate(mail.outbox):
        reader.page.set_content(html_of(message))
        reader.looks(f"{number}-{re.sub('[^a-z]+', '-', str(message.subject).lower())[:30]}")
        ground = reader.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == ("rgb(251, 250, 247)" if scheme == "light" else "rgb(18, 25, 29)")
        buttons = reader.page.locator(".button a")
        assert buttons.count() == 1
        for button in buttons.all():
            box = button.bounding_box()
            assert box is not None
            assert box["height"] >= 44
    context.close()
    assert reader.troubles == []
