"""The page of a visit day that stood open while the day changed: what its buttons would do is not what somebody saw."""

from datetime import date, time
from typing import Any

import pytest
from django.test import Client

from schools import models
from tests import factories
from tests.browsing import hidden

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(area: models.Area) -> models.Session:
    school = factories.SchoolFactory(area=area, name="Ashfield Primary")
    session: models.Session = factories.SessionFactory(visit__school=school)
    return session


def day_of(session: models.Session) -> str:
    return f"/admin/visit/{session.visit_id}/{session.day}/"


def presses(office: Client, address: str, shown: dict[str, list[str]], do: str, /, **typed: Any) -> Any:
    """Press a button of the page that was read before: its hidden boxes are as they were."""
    return office.post(address, {**shown, "do": do, **typed}, follow=True)


def states() -> set[tuple[str, str]]:
    return set(models.Cover.objects.values_list("volunteer__name", "state"))


def test_who_was_to_replace_somebody_is_put_on_nothing_once_they_are_gone(
    office: Client, session: models.Session, area: models.Area
) -> None:
    factories.SessionFactory(visit=session.visit, starts=time(10), ends=time(10, 30))
    asha, ben = (factories.able_volunteer(area, name=name) for name in ("Asha Rao", "Ben Cole"))
    cover = factories.CoverFactory(session=session, volunteer=asha, role="lead")
    address = f"{day_of(session)}?instead={asha.pk}&session={session.pk}"
    shown = hidden(office.get(address).content.decode())
    models.Cover.objects.filter(pk=cover.pk).update(state="withdrawn")
    for do in ("assign", "offer"):
        page = presses(office, address, shown, do, **{"cover-volunteer": ben.pk})
        assert "or whose place it is, has changed. Look at the day again." in page.content.decode(), do
    assert states() == {("Asha Rao", "withdrawn")}


def test_nobody_is_put_on_the_rest_of_the_day_where_the_chosen_session_was_cancelled(
    office: Client, session: models.Session, area: models.Area
) -> None:
    factories.SessionFactory(visit=session.visit, starts=time(10), ends=time(10, 30))
    ben = factories.able_volunteer(area, name="Ben Cole")
    address = f"{day_of(session)}?session={session.pk}"
    shown = hidden(office.get(address).content.decode())
    models.Session.objects.filter(pk=session.pk).update(stage="cancelled", cancelled_code="weather")
    page = presses(office, address, shown, "assign", **{"cover-volunteer": ben.pk})
    assert "A session that you chose, or whose place it is, has changed." in page.content.decode()
    assert f'value="{ben.pk}"' in page.content.decode()
    assert states() == set()


@pytest.mark.parametrize("stands", ["", "accepted", "offered"])
def test_who_agreed_by_phone_is_not_down_for_another_time_than_the_page_showed(
    office: Client, session: models.Session, area: models.Area, stands: str
) -> None:
    asha, ben = (factories.able_volunteer(area, name=name) for name in ("Asha Rao", "Ben Cole"))
    if stands:
        factories.CoverFactory(session=session, volunteer=asha, state=stands)
    address = f"{day_of(session)}?instead={asha.pk}&session={session.pk}" if stands == "accepted" else day_of(session)
    shown = hidden(office.get(address).content.decode())
    models.Session.objects.update(starts=time(13), ends=time(13, 30))
    before = states()
    pressed = [("accept", {}), ("decline", {})] if stands == "offered" else [("assign", {"cover-volunteer": ben.pk})]
    for do, typed in pressed:
        page = presses(office, address, shown | {"answer-volunteer": [str(asha.pk)]}, do, **typed)
        assert "was moved to Thu 26 November 2026, 1:00–1:30 pm. Ask them whether they can come then" in page.content.decode(), do
    assert states() == before


def test_a_yes_on_the_page_of_a_session_is_for_the_time_that_it_showed(
    office: Client, session: models.Session, area: models.Area
) -> None:
    factories.CoverFactory(session=session, volunteer=factories.able_volunteer(area, name="Asha Rao"), state="offered")
    address = f"/admin/session/{session.pk}/"
    shown = hidden(office.get(address).content.decode())
    models.Session.objects.update(starts=time(13), ends=time(13, 30))
    assert "was moved to Thu 26 November 2026, 1:00–1:30 pm." in presses(office, address, shown, "accept").content.decode()
    assert states() == {("Asha Rao", "offered")}
    again = hidden(office.get(address).content.decode())
    presses(office, address, again, "accept")
    assert states() == {("Asha Rao", "accepted")}


def test_the_page_of_who_cannot_make_it_puts_nobody_on_at_a_time_that_they_did_not_hear(
    office: Client, session: models.Session, area: models.Area
) -> None:
    asha, ben = (factories.able_volunteer(area, name=name) for name in ("Asha Rao", "Ben Cole"))
    factories.CoverFactory(session=session, volunteer=asha)
    address = f"{day_of(session)}cannot/{asha.pk}/"
    shown = hidden(office.get(address).content.decode())
    models.Session.objects.update(starts=time(13), ends=time(13, 30))
    page = presses(office, address, shown, "put", **{"cover-volunteer": ben.pk})
    assert "was moved to Thu 26 November 2026, 1:00–1:30 pm." in page.content.decode()
    assert states() == {("Asha Rao", "accepted")}


@pytest.mark.parametrize(
    ("page", "do", "stands"),
    [
        ("", "assign", ""),
        ("", "offer", ""),
        ("", "accept", "offered"),
        ("", "decline", "offered"),
        ("", "unask", "accepted"),
        ("cannot", "put", "accepted"),
        ("cannot", "ask", "accepted"),
        ("cannot", "nobody", "accepted"),
        ("off", "take-off", "accepted"),
    ],
)
def test_every_button_of_a_day_that_was_moved_to_another_leads_there_and_does_nothing(
    office: Client, session: models.Session, area: models.Area, page: str, do: str, stands: str
) -> None:
    asha, ben = (factories.able_volunteer(area, name=name) for name in ("Asha Rao", "Ben Cole"))
    if stands:
        cover = factories.CoverFactory(session=session, volunteer=asha, state=stands)
        if do == "unask":
            factories.CoverFactory(session=session, volunteer=ben, state="offered", instead_of=cover)
    address = f"{day_of(session)}{page}/{asha.pk}/" if page else day_of(session)
    body = office.get(address).content.decode()
    assert f'value="{do}"' in body
    shown = hidden(body) | {"cover-volunteer": [str(ben.pk)], "answer-volunteer": [str(asha.pk)]}
    before = states()
    models.Session.objects.update(day=date(2026, 11, 27))
    answer = presses(office, address, shown, do, **{"cover-note": "Ben comes by bus."})
    assert answer.redirect_chain == [(f"/admin/visit/{session.visit_id}/2026-11-27/", 302)]
    says = answer.content.decode()
    assert "Nothing is stored. " in says
    assert "was moved to Fri 27 November 2026, 9:15–9:45 am. Ask them whether they can come then" in says
    assert "Your note was: “Ben comes by bus.”" in says
    assert states() == before


def test_a_day_that_is_another_areas_by_now_or_that_never_was_leads_nowhere(
    office: Client, session: models.Session, elsewhere: models.Area
) -> None:
    theirs = factories.SessionFactory(visit__school=factories.SchoolFactory(area=elsewhere))
    for moved, posted in ((theirs, theirs), (session, theirs)):
        address = f"/admin/visit/{moved.visit_id}/2026-11-27/"
        assert office.post(address, {"do": "assign", "session": posted.pk}).status_code == 404


def test_who_was_asked_to_take_a_place_by_a_slip_is_asked_no_more_and_never_heard_of_it(
    office: Client, session: models.Session, area: models.Area
) -> None:
    asha, ben = (factories.able_volunteer(area, name=name) for name in ("Asha Rao", "Ben Cole"))
    factories.CoverFactory(session=session, volunteer=asha)
    address = f"{day_of(session)}?instead={asha.pk}"
    shown = hidden(office.get(address).content.decode())
    answer = presses(office, address, shown, "offer", **{"cover-volunteer": ben.pk})
    assert "Asha Rao holds the place until they say yes." in answer.content.decode()
    assert "Undo this" in answer.content.decode()
    assert states() == {("Asha Rao", "accepted"), ("Ben Cole", "offered")}
    office.post(f"/admin/batch/{models.Batch.objects.get().pk}/", {"do": "undo"})
    assert states() == {("Asha Rao", "accepted")}
