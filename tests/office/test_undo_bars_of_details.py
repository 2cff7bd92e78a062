"""After the details of a visit or of a session are changed, the bar stands on its page."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from schools import models
from tests import factories
from tests.browsing import saved

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(area: models.Area) -> models.Session:
    school = factories.SchoolFactory(area=area, name="Ashfield")
    made: models.Session = factories.SessionFactory(visit__school=school, room="Hall")
    factories.HeadcountFactory(session=made, year_group=5, expected=30)
    return made


def of_visit(office: Client, session: models.Session) -> Any:
    return saved(office, f"/admin/visit/{session.visit_id}/edit/", {"parking": "Behind the hall"})


def of_session(office: Client, session: models.Session) -> Any:
    pk = session.visit.school_id
    typed = {"do": "store", "room": "Gym", "language": "en", f"come{pk}": ["5"], f"n{pk}_5": "28"}
    return saved(office, f"/admin/session/{session.pk}/edit/", typed)


def of_session_that_is_over(office: Client, session: models.Session) -> Any:
    models.Session.objects.update(stage="delivered", went_ahead="yes", day=date(2026, 11, 20))
    return saved(office, f"/admin/session/{session.pk}/edit/", {"do": "store", "room": "Gym", "language": "cy"})


ACTS: dict[str, tuple[Callable[[Client, models.Session], Any], str, str]] = {
    "visit": (of_visit, "visit/{visit}", "Changed the details of visit T"),
    "session": (of_session, "session/{session}", "Changed the details of KS2 assembly, Thu 26 November 2026"),
    "session that is over": (of_session_that_is_over, "session/{session}", "Corrected KS2 assembly, Fri 20 November 2026"),
}


def stored() -> list[Any]:
    visits, sessions = models.Visit.objects.values_list("parking"), models.Session.objects.values_list("room", "language")
    return [list(rows) for rows in (visits, sessions, models.Headcount.objects.values_list("expected"))]


@pytest.mark.parametrize("name", ACTS)
def test_the_bar_stands_on_its_page_and_undoes_it(name: str, office: Client, session: models.Session) -> None:
    act, address, words = ACTS[name]
    before = stored()
    answer = act(office, session)
    batch = models.Batch.objects.get()
    here = f"/admin/{address.format(visit=session.visit_id, session=session.pk)}/"
    assert answer.headers["Location"] == f"{here}?done={batch.pk}"
    page = office.get(answer.headers["Location"])
    assert page.context["undoable"].words.startswith(words)
    assert "Undo this" in page.content.decode()
    assert stored() != before
    undone = office.post(f"/admin/batch/{batch.pk}/", {"do": "undo", "back": page.context["undo_leads_to"]})
    assert undone.headers["Location"] == here
    assert stored() == before


@pytest.mark.parametrize("name", ["visit", "session"])
def test_what_somebody_else_changed_since_is_not_undone_and_the_page_says_so(
    name: str, office: Client, session: models.Session
) -> None:
    ACTS[name][0](office, session)
    models.Visit.objects.update(parking="Road")
    models.Headcount.objects.update(expected=25)
    batch = models.Batch.objects.get()
    page = office.post(f"/admin/batch/{batch.pk}/", {"do": "undo"})
    assert page.status_code == 200
    assert "Somebody changed it again since, so nothing is undone." in page.content.decode()
    assert (models.Visit.objects.get().parking, models.Headcount.objects.get().expected) == ("Road", 25)
    if name == "session":
        assert models.Session.objects.get().room == "Gym"


@pytest.mark.parametrize("name", ["visit", "session"])
def test_another_areas_coordinator_cannot_undo_it(
    name: str, office: Client, session: models.Session, elsewhere: models.Area
) -> None:
    ACTS[name][0](office, session)
    office.force_login(factories.coordinator_of(elsewhere))
    before = stored()
    assert office.post(f"/admin/batch/{models.Batch.objects.get().pk}/", {"do": "undo"}).status_code == 404
    assert stored() == before


def test_what_is_stored_as_it_stands_has_no_bar(office: Client, session: models.Session) -> None:
    of_visit(office, session)
    again = of_visit(office, session)
    assert again.headers["Location"] == f"/admin/visit/{session.visit_id}/"
    assert models.Batch.objects.count() == 1


def test_a_language_for_which_a_return_is_restated_asks_for_the_reason_and_has_no_bar(
    managers_office: Client, session: models.Session, area: models.Area
) -> None:
    models.Session.objects.update(area=area)
    models.ClosedPeriod.objects.create(area=area, first_day=date(2026, 11, 20), last_day=date(2026, 11, 20))
    page = of_session_that_is_over(managers_office, session)
    assert page.status_code == 200
    models.Session.objects.update(language="cy")
    answer = saved(managers_office, f"/admin/session/{session.pk}/edit/", {"do": "store", "room": "Gym", "language": "cy"})
    assert answer.headers["Location"].startswith(f"/admin/session/{session.pk}/?done="), "no return names a room"
