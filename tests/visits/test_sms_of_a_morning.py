"""An SMS to a school about a whole morning has room for some of its sessions: the first comes first."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from pytest_django.fixtures import Settings

from schools.messages import sms_ports
from schools.models import Contact
from schools.visits.actions import cancel_visit, confirm
from tests.factories import AreaFactory, SchoolFactory, SessionFactory, coordinator_of, manager
from tests.news import tell_and_send

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 25)
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
NIA = "+447400123458"


def test_a_school_reads_first_by_sms_that_the_first_session_of_the_morning_is_off(settings: Settings) -> None:
    settings.SPEAKOUT_SMS = "stub"
    sms_ports.taken.clear()
    area = AreaFactory()
    school, cora = SchoolFactory(area=area, name="Oak Primary"), coordinator_of(area, name="Cora Nwosu")
    Contact.objects.create(school=school, name="Nia", email="nia@oak.example.org", phone=NIA, sms_number=NIA, sms_since=NOW)
    visit = SessionFactory(visit__school=school, visit__coordinator=cora, day=DAY, starts=time(9, 5), ends=time(9, 25)).visit
    for starts in (time(10, 40), time(11, 20)):
        SessionFactory(visit=visit, day=DAY, starts=starts, ends=starts.replace(minute=starts.minute + 10))
    confirm(visit, agreed_on=NOW.date(), agreed_with="Nia", by=cora, now=NOW)
    tell_and_send(NOW, kinds=["visits"])
    cancel_visit(visit, code="weather", note="", by=manager(), now=NOW)
    tell_and_send(NOW + timedelta(minutes=1), kinds=["visits"])
    ((to, words),) = sms_ports.taken
    assert to == NIA
    assert [line.rpartition(", ")[2] for line in words.splitlines()[:2]] == ["9:05 am", "10:40 am"]
