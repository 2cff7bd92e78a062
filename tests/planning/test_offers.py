"""What was given back is offered to one person after the other, where the area wants that; and whom one may ask oneself."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.core.management import call_command

from schools import models
from schools.planning.actions import decline_and_ask_next, offer_due, withdraw_and_ask_next
from schools.planning.queries import substitutes_for
from schools.visits.actions import claim, swap
from schools.visits.queries import VisitDay
from tests import factories
from tests.factories import able_volunteer
from tests.news import tell, tell_and_send

pytestmark = pytest.mark.django_db


@pytest.fixture
def area() -> models.Area:
    area: models.Area = factories.AreaFactory(auto_offers=True)
    return area


@pytest.fixture
def session(area: models.Area) -> models.Session:
    school = factories.SchoolFactory(area=area, easting=330_000, northing=520_000)
    session: models.Session = factories.SessionFactory(visit__school=school)
    return session


def day_of(session: models.Session) -> VisitDay:
    return VisitDay(session.visit, session.day)


def at(area: models.Area, km: int, name: str, *, signs_in: bool = True) -> models.Volunteer:
    """An able volunteer who lives so many kilometres away."""
    return able_volunteer(area, signs_in=signs_in, name=name, easting=330_000 + 1000 * km, northing=520_000)


def asked() -> list[str]:
    return list(models.Cover.objects.filter(state="offered").order_by("pk").values_list("volunteer__name", flat=True))


def gives_back(session: models.Session, name: str, now: datetime) -> models.Volunteer:
    volunteer = at(models.Area.objects.get(), 1, name)
    factories.CoverFactory(session=session, volunteer=volunteer)
    withdraw_and_ask_next(day_of(session), volunteer, by=factories.UserFactory(), now=now)
    return volunteer


def test_the_nearest_is_asked_at_once_and_the_next_when_they_say_no(
    session: models.Session, area: models.Area, now: datetime
) -> None:
    near, far = at(area, 5, "Near"), at(area, 20, "Far")
    at(area, 2, "Without mail", signs_in=False)
    gives_back(session, "Asha", now)
    assert asked() == ["Near"]
    decline_and_ask_next(day_of(session), near, by=near.user or factories.UserFactory(), now=now)
    assert asked() == ["Far"]
    decline_and_ask_next(day_of(session), far, by=far.user or factories.UserFactory(), now=now)
    # Nobody is left: who gave it back is not asked again, and home shows it.
    assert asked() == []
    assert models.Session.objects.given_back(on=now.date()).get() == session


def test_while_an_answer_is_awaited_nobody_else_is_asked(session: models.Session, area: models.Area, now: datetime) -> None:
    at(area, 5, "Near"), at(area, 20, "Far")
    factories.CoverFactory(session=session, volunteer=(bela := at(area, 2, "Bela")))
    gives_back(session, "Asha", now)
    assert asked() == ["Near"]

    withdraw_and_ask_next(day_of(session), bela, by=factories.UserFactory(), now=now + timedelta(hours=1))
    assert asked() == ["Near"]
    assert offer_due(now=now + timedelta(hours=23)) == 0
    assert offer_due(now=now + timedelta(hours=24)) == 1
    assert asked() == ["Near", "Far"]


def test_after_a_time_without_an_answer_the_next_is_asked_too_and_the_first_to_accept_has_it(
    session: models.Session, area: models.Area, now: datetime
) -> None:
    factories.CoverFactory(session=session, volunteer=able_volunteer(area))
    near = at(area, 5, "Near")
    at(area, 20, "Far")
    at(area, 30, "Further")
    gives_back(session, "Asha", now)
    assert offer_due(now=now + timedelta(hours=23)) == 0
    assert offer_due(now=now + timedelta(hours=24)) == 1
    assert asked() == ["Near", "Far"]
    # Twice at once asks nobody twice.
    assert offer_due(now=now + timedelta(hours=24)) == 0
    claim(day_of(session), near, role="presenter", by=near.user or factories.UserFactory(), now=now + timedelta(hours=25))
    assert asked() == []
    assert offer_due(now=now + timedelta(hours=72)) == 0


def test_nobody_is_asked_where_the_area_did_not_switch_it_on_or_a_coordinator_took_somebody_off(
    session: models.Session, area: models.Area, now: datetime
) -> None:
    from schools.visits.actions import take_off

    at(area, 5, "Near")
    volunteer = at(area, 1, "Asha")
    factories.CoverFactory(session=session, volunteer=volunteer)
    take_off(day_of(session), volunteer, by=factories.UserFactory(), now=now)
    assert offer_due(now=now) == 0
    models.Area.objects.update(auto_offers=False)
    gives_back(session, "Ben", now)
    assert offer_due(now=now + timedelta(hours=48)) == 0
    assert asked() == []


def test_where_nobody_can_take_the_whole_day_a_session_of_it_is_offered(
    session: models.Session, area: models.Area, now: datetime
) -> None:
    second = factories.SessionFactory(visit=session.visit, starts=time(11), ends=time(11, 30))
    near = at(area, 5, "Near")
    factories.CoverFactory(volunteer=near, session__starts=time(11, 15), session__ends=time(11, 45))
    volunteer = at(area, 1, "Asha")
    for one in (session, second):
        factories.CoverFactory(session=one, volunteer=volunteer)
    withdraw_and_ask_next(day_of(session), volunteer, by=factories.UserFactory(), now=now)
    assert list(models.Cover.objects.filter(state="offered").values_list("volunteer__name", "session")) == [("Near", session.pk)]


def test_what_is_past_cancelled_or_not_planned_is_not_offered(session: models.Session, area: models.Area, now: datetime) -> None:
    at(area, 5, "Near")
    models.Area.objects.update(auto_offers=False)
    gives_back(session, "Asha", now)
    models.Area.objects.update(auto_offers=True)
    models.Visit.objects.update(stage="requested")
    assert offer_due(now=now) == 0
    models.Visit.objects.update(stage="confirmed", agreed_on=date(2026, 11, 1))
    assert offer_due(now=now + timedelta(days=3)) == 0
    models.Session.objects.update(stage="cancelled", cancelled_code="weather")
    assert offer_due(now=now) == 0


def test_nobody_is_asked_for_a_morning_that_its_school_calls_off_until_it_takes_that_back(
    session: models.Session, area: models.Area, now: datetime
) -> None:
    at(area, 5, "Near")
    said: dict[str, Any] = {"what": models.SchoolAlarm.What.CALL_OFF, "given_by": "Jo", "at": now}
    alarm = models.SchoolAlarm.objects.create(visit=session.visit, day=session.day, **said)
    gives_back(session, "Asha", now)
    assert offer_due(now=now + timedelta(minutes=5)) == 0
    assert asked() == []
    assert models.Session.objects.given_back(on=now.date()).get() == session, "the office sees that it lacks somebody"
    alarm.over_at = now
    alarm.save()
    assert offer_due(now=now + timedelta(minutes=10)) == 1
    assert asked() == ["Near"]


def test_the_command_says_how_many_mornings_it_offered(
    session: models.Session, area: models.Area, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("send_offers")
    assert capsys.readouterr().out == "0 mornings offered to the next person.\n"


def test_whom_one_may_ask_to_go_instead_is_told_by_first_names_alone(
    session: models.Session, area: models.Area, now: datetime
) -> None:
    me, full = at(area, 1, "Asha Rao"), at(area, 1, "Carol Dix")
    for volunteer in (me, full):
        factories.CoverFactory(session=session, volunteer=volunteer)
    two = [at(area, 5, "Ben Cole"), at(area, 6, "Ben Adams")]
    dora = at(area, 7, "Dora Lee")
    at(area, 2, "Edna Way", signs_in=False)
    away = at(area, 3, "Fred Off")
    models.Away.objects.create(volunteer=away, first_day=session.day, last_day=session.day)
    colleagues = substitutes_for(me, session, on=now.date(), role="presenter")
    assert [(one.pk, one.name) for one in colleagues] == [(two[0].pk, "Ben C."), (two[1].pk, "Ben A."), (dora.pk, "Dora")]
    swap(day_of(session), me, dora, by=me.user or factories.UserFactory(), now=now)
    tell_and_send(now)
    claim(day_of(session), dora, role="presenter", by=dora.user or factories.UserFactory(), now=now)
    held = models.Cover.objects.holding().values_list("volunteer__name", flat=True)
    assert sorted(held) == ["Carol Dix", "Dora Lee"]
    tell(now)
    mails = models.OutboxMessage.objects.values_list("to", "subject")
    assert me.user is not None
    assert (me.user.email, f"Dora goes instead of you: {session.visit.school}, Thu 26 November 2026") in mails
