"""Whose mail came back stands under *Tell these people* however far off it is; who is needed no more does not stand there."""

from datetime import date, time, timedelta

import pytest
from django.test import Client

from schools import models
from schools.visits.actions import cancel_visit, decline, end_membership, swap
from schools.visits.actions.cover.written_answers import accept_to_undo, end_swap_to_undo
from schools.visits.actions.editing import remove_session
from schools.visits.actions.undoing import undo
from schools.visits.guests_to_tell import everybody_to_tell
from schools.visits.queries import VisitDay
from tests import factories
from tests.news import tell, tell_and_send
from tests.office.conftest import NOW
from tests.office.telling import SOON, TELL, agreed, boxes, on_home, read

pytestmark = pytest.mark.django_db

CAME_BACK = "The mail came back or got no answer, and nothing else tells them: phone them."


def test_host_and_volunteer_whose_correction_came_back_are_phoned_however_far_off_it_is(
    office: Client, area: models.Area
) -> None:
    session, by = agreed(area, day=date(2026, 12, 4)), factories.manager()
    session.headcounts.all().delete()
    volunteer = factories.able_volunteer(area, signs_in=True, name="Asha Bell")
    factories.CoverFactory(session=session, volunteer=volunteer)
    batch = cancel_visit(session.visit, code="weather", note="", by=by, now=NOW)
    assert tell_and_send(NOW) == 2
    undo(batch, by=by, now=NOW + timedelta(minutes=2))
    models.Session.objects.update(school_news="")
    models.Cover.objects.update(news="")
    told = list(models.OutboxMessage.objects.values_list("pk", flat=True))
    assert tell_and_send(NOW + timedelta(minutes=3)) == 2
    assert (boxes(office), on_home(office)) == ({}, 0), "the mail has told them"
    again = models.OutboxMessage.objects.exclude(pk__in=told)
    again.update(sent_at=None, stopped_at=NOW, last_error="550 no such person")
    assert {name: len(found) for name, found in boxes(office).items()} == {"session": 1, "cover": 1}
    assert on_home(office) == 1
    body = read(office)
    assert (body.count(CAME_BACK), SOON in body) == (2, False)
    assert "takes place." in body
    assert "you’re down for it." in body
    office.post(TELL, boxes(office))
    assert (boxes(office), on_home(office), tell(NOW + timedelta(minutes=4))) == ({}, 0, 0)


def test_host_and_guest_whose_mail_of_a_session_taken_out_came_back_are_phoned_while_others_are_to_come(
    office: Client, area: models.Area
) -> None:
    session = agreed(area, day=date(2026, 12, 4))
    later = factories.SessionFactory(visit=session.visit, day=date(2026, 12, 4), starts=time(13), ends=time(13, 30))
    factories.HeadcountFactory(session=later, school=session.headcounts.get().school, year_group=4, expected=20)
    remove_session(later, by=factories.manager(), now=NOW)
    assert tell_and_send(NOW) == 2
    assert (boxes(office), on_home(office)) == ({}, 0)
    models.OutboxMessage.objects.update(sent_at=None, stopped_at=NOW, last_error="550 no such person")
    assert (len(boxes(office)["guest"]), on_home(office)) == (2, 1)
    by = factories.manager()
    assert [len(everybody_to_tell(by, on=date(2026, 12, day))) for day in (4, 5)] == [1, 0]
    office.post(TELL, boxes(office))
    assert (boxes(office), on_home(office)) == ({}, 0)


def test_a_question_whose_mail_came_back_is_asked_on_the_phone_until_they_answer_or_have_left(
    office: Client, area: models.Area
) -> None:
    session, asha = agreed(area, day=date(2026, 12, 4)), factories.able_volunteer(area, signs_in=True, name="Asha Bell")
    ben, by = factories.able_volunteer(area, signs_in=True, name="Ben Cole"), factories.manager()
    assert asha.user
    assert ben.user
    session.headcounts.all().delete()
    factories.CoverFactory(session=session, volunteer=asha)
    day = VisitDay(session.visit, session.day)
    swap(day, asha, ben, by=asha.user, now=NOW)
    assert tell_and_send(NOW, kinds=["mornings"]) == 1
    models.OutboxMessage.objects.update(sent_at=None, stopped_at=NOW, last_error="550 no such person")
    assert (len(boxes(office)["cover"]), on_home(office)) == (1, 1)
    assert "could you take it?" in read(office)
    batch = end_membership(ben, day=NOW.date(), by=by, now=NOW)
    assert (boxes(office), on_home(office)) == ({}, 0)
    undo(batch, by=by, now=NOW + timedelta(seconds=30))
    assert on_home(office) == 1
    decline(day, ben, by=ben.user, now=NOW + timedelta(minutes=5))
    assert (boxes(office), on_home(office)) == ({}, 0)


def asked_to_go_instead(area: models.Area, *names: str) -> tuple[models.Session, list[models.Volunteer]]:
    """Somebody who goes tomorrow has asked these others to take the place; all were mailed, and nothing else is to be told."""
    session = agreed(area)
    session.headcounts.all().delete()
    people = [factories.able_volunteer(area, signs_in=True, name=name) for name in ("Asha Bell", *names)]
    factories.CoverFactory(session=session, volunteer=people[0])
    for other in people[1:]:
        swap(VisitDay(session.visit, session.day), people[0], other, by=people[0].user, now=NOW)  # type: ignore[arg-type]  # signs in
    assert tell_and_send(NOW, kinds=["mornings"]) == len(names)
    return session, people


def test_who_was_asked_to_go_instead_and_is_needed_no_more_is_not_phoned(office: Client, area: models.Area) -> None:
    session, (asha, ben) = asked_to_go_instead(area, "Ben Cole")
    assert (set(boxes(office)), on_home(office)) == ({"cover"}, 1)
    assert asha.user
    batch = end_swap_to_undo(VisitDay(session.visit, session.day), asha, by=asha.user, now=NOW)
    assert (boxes(office), on_home(office)) == ({}, 0)
    assert tell_and_send(NOW + timedelta(minutes=2), kinds=["mornings"]) == 1
    assert (boxes(office), on_home(office)) == ({}, 0), "Ben never was down for it"
    undo(batch, by=factories.manager(), now=NOW + timedelta(minutes=3))
    assert on_home(office) == 1
    assert session.covers.get(volunteer=ben).state == "offered"


def test_the_second_who_was_asked_to_go_instead_is_not_phoned_once_the_first_has_said_yes(
    office: Client, area: models.Area
) -> None:
    session, (_, ben, cara) = asked_to_go_instead(area, "Ben Cole", "Cara Dee")
    to_phone = models.MessageAbout.objects.filter(phone_until__isnull=False)
    before = sorted(to_phone.values_list("volunteer", "phone_until"))
    assert [volunteer for volunteer, _ in before] == sorted([ben.pk, cara.pk])
    # One place, so that the first yes fills the session.
    models.SessionType.objects.filter(pk=session.type_id).update(presenters=1)
    batch = accept_to_undo(VisitDay(session.visit, session.day), ben, by=factories.manager(), now=NOW)
    assert session.covers.get(volunteer=cara).state == "withdrawn"
    assert (boxes(office), on_home(office)) == ({}, 0)
    undo(batch, by=factories.manager(), now=NOW + timedelta(minutes=2))
    assert sorted(to_phone.values_list("volunteer", "phone_until")) == before
    assert len(boxes(office)["cover"]) == 2
