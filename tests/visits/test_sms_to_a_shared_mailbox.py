"""Of two people at schools who share a mailbox, who said yes to SMS gets what is urgent, whoever the mail begins with."""

from datetime import UTC, date, datetime, timedelta

import pytest
from pytest_django.fixtures import Settings

from schools.messages import sms_ports
from schools.models import Contact
from schools.visits.actions import cancel_session, confirm
from tests.factories import AreaFactory, SchoolFactory, SessionFactory, coordinator_of, manager
from tests.news import tell_and_send

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 25)
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
NIA = "+447400123458"


@pytest.mark.parametrize("said_yes", ["Oak Primary", "Fern Primary"])
def test_of_two_who_share_a_mailbox_the_one_who_said_yes_gets_the_sms(settings: Settings, said_yes: str) -> None:
    settings.SPEAKOUT_SMS = "stub"
    sms_ports.taken.clear()
    area, sessions = AreaFactory(), []
    cora = coordinator_of(area, name="Cora Nwosu")
    for name in ("Oak Primary", "Fern Primary"):
        yes = {"phone": NIA, "sms_number": NIA, "sms_since": NOW} if name == said_yes else {}
        school = SchoolFactory(area=area, name=name)
        Contact.objects.create(school=school, name=f"Head of {name}", email="office@trust.example.org", **yes)
        sessions.append(SessionFactory(visit__school=school, visit__coordinator=cora, day=DAY))
        confirm(sessions[-1].visit, agreed_on=NOW.date(), agreed_with="", by=manager(), now=NOW)
    tell_and_send(NOW, kinds=["visits"])
    for session in sessions:
        cancel_session(session, code="school", note="", by=manager(), now=NOW)
    tell_and_send(NOW + timedelta(minutes=1), kinds=["visits"])
    facts = [(to, set(words.splitlines()[:2])) for to, words in sms_ports.taken]
    schools = {
        "Our visit is cancelled: Oak Primary, Wed 25 Nov, 9:15 am",
        "Our visit is cancelled: Fern Primary, Wed 25 Nov, 9:15 am",
    }
    assert facts == [(NIA, schools)]
