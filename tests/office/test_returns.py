"""Returns in the office: signing off, closing, reading; and a manager who says why."""

import re
from datetime import date, time

import pytest
from django.test import Client

from schools import models
from tests import factories
from tests.portal.pages import day_url
from tests.reach.examples import delivered, place_of

DAY = date(2025, 10, 6)
LIST = "/admin/reach/returns/"


@pytest.fixture
def session(area: models.Area) -> models.Session:
    """A delivered session of last year in the coordinator's area."""
    return delivered(factories.SchoolFactory(area=area), "ks2-assembly", DAY, time(9, 0), {5: 28, 6: 31}, version=1)


def sign_off(office: Client, area: models.Area, period: str = "2025/26") -> models.Return:
    answer = office.post(LIST, {"area": area.pk, "period": period}, follow=True)
    assert answer.status_code == 200
    return models.Return.objects.get()


@pytest.mark.usefixtures("session")
def test_a_coordinator_signs_off_and_a_manager_closes(office: Client, area: models.Area) -> None:
    signed = sign_off(office, area)
    address = f"{LIST}{signed.pk}/"
    page = office.get(address).content.decode()
    assert "In 2025/26 we reached at least 59 pupils" in page
    assert "Close this return" not in page
    assert office.post(f"{address}close/").status_code == 403
    office.force_login(factories.manager(name="Mo Manager"))
    assert "Close this return" in office.get(address).content.decode()
    assert "Closed" in office.post(f"{address}close/", {"seen": signed.digest}, follow=True).content.decode()
    signed.refresh_from_db()
    assert signed.is_closed
    listed = office.get(LIST).content.decode()
    assert "Mo Manager" in listed
    assert '<nav class="stock-tabs" aria-label="Reach">' in listed
    row = office.get(f"/admin/schools/return/{signed.pk}/change/").content.decode()
    assert f'<a href="{address}">The figures of {signed}, in Reach</a>' in row
    assert "columns" not in row  # the figures are JSON with these words


def test_nobody_closes_figures_that_they_never_saw(office: Client, area: models.Area, session: models.Session) -> None:
    signed = sign_off(office, area)
    address, manager, coordinator = f"{LIST}{signed.pk}/", factories.manager(), signed.signed_off_by
    office.force_login(manager)
    opened = seen_on(office.get(address).content.decode())
    session.headcounts.filter(year_group=5).update(pupils=8)
    office.force_login(coordinator)
    office.post(f"{address}sign-off/")
    office.force_login(manager)
    for posted in ({"seen": opened}, {}):
        refused = office.post(f"{address}close/", posted).content.decode()
        assert "It was signed off anew since you opened it." in refused
        assert "In 2025/26 we reached at least 39 pupils" in refused
        signed.refresh_from_db()
        assert not signed.is_closed
    # Whoever has read the new figures closes them with the button beside.
    assert "Closed" in office.post(f"{address}close/", {"seen": seen_on(refused)}, follow=True).content.decode()
    signed.refresh_from_db()
    assert signed.is_closed


def seen_on(page: str) -> str:
    """The digest of the figures that a page shows, as its form sends it."""
    (found,) = re.findall(r'name="seen" value="(\w+)"', page)
    return str(found)


def test_another_areas_coordinator_neither_signs_off_nor_reads(
    office: Client, area: models.Area, elsewhere: models.Area, session: models.Session
) -> None:
    signed = sign_off(office, area)
    office.force_login(factories.coordinator_of(elsewhere))
    assert "Cumberland" not in office.get(LIST).content.decode()
    for page in ("", "figures/", "sessions/", "sign-off/"):
        assert office.get(f"{LIST}{signed.pk}/{page}").status_code == 404
    refused = office.post(LIST, {"area": area.pk, "period": "2025/26"})
    assert "error-summary" in refused.content.decode()
    assert session.return_rows.count() == 1


@pytest.mark.usefixtures("session")
def test_an_analyst_reads_and_signs_nothing_off(office: Client, area: models.Area) -> None:
    signed = sign_off(office, area)
    office.force_login(factories.analyst())
    assert "Sign off this period" not in office.get(LIST).content.decode()
    assert office.post(LIST, {"area": area.pk, "period": "2025/26"}).status_code == 403
    figures = office.get(f"{LIST}{signed.pk}/figures/").getvalue().decode()
    assert figures.splitlines()[-1].split(",")[17] == "59"
    assert office.post(f"{LIST}{signed.pk}/close/").status_code == 403


def test_a_period_that_is_not_over_is_refused_with_a_sentence(office: Client, area: models.Area) -> None:
    page = office.post(LIST, {"area": area.pk, "period": "2026/27"}).content.decode()
    assert "Sign it off once it is over" in page
    assert not models.Return.objects.exists()


def test_a_manager_says_why_and_the_return_shows_it(office: Client, area: models.Area, session: models.Session) -> None:
    signed = sign_off(office, area)
    manager = factories.manager(name="Mo Manager")
    office.force_login(manager)
    office.post(f"{LIST}{signed.pk}/close/", {"seen": signed.digest})
    before = office.get(f"{LIST}{signed.pk}/figures/").getvalue()
    address = day_url(session, "admin:day-outcome")
    page = office.get(address)
    assert "Why does it change now?" in page.content.decode()
    form = page.context["form"]
    (part,) = form.parts
    said = {box.html_name: value for box in [*part, *form.whole_day] if (value := box.value()) not in (None, "", [])}
    said |= {part.add_prefix(name): "27" for name, (_, group) in part.expected.items() if group == 5}
    assert "Say why it changes" in office.post(address, said).content.decode()
    assert not models.Restatement.objects.exists()
    answer = office.post(address, said | {"why": "Two children were counted twice."})
    assert answer.status_code == 302
    shown = office.get(f"{LIST}{signed.pk}/").content.decode()
    assert "Two children were counted twice." in shown
    assert "Pupils reached, whole area" in shown
    # What was signed off stands, what it became stands beside it.
    assert office.get(f"{LIST}{signed.pk}/figures/").getvalue() == before
    lines = {line["heading"]: line for line in office.get(f"{LIST}{signed.pk}/").context["lines"]}
    assert (lines["Pupils reached"]["value"], lines["Pupils reached"]["today"]) == ("59", "58")


def test_a_restatement_leads_to_its_session_where_the_reader_may_open_that_alone(
    office: Client, area: models.Area, elsewhere: models.Area, session: models.Session
) -> None:
    theirs = delivered(factories.SchoolFactory(area=elsewhere), "ks2-assembly", DAY, time(9, 0), {5: 28})
    factories.HeadcountFactory(
        session=theirs, school=session.visit.school, year_group=5, pupils=20, **place_of(session.visit.school)
    )
    signed = sign_off(office, area)
    by = factories.manager()
    for restated in (session, theirs):
        models.Restatement.objects.create(
            of_return=signed, session=restated, why="Counted again.", outcome=[], figures=[], at=signed.signed_off_at, by=by
        )
    addresses = [f"/admin/session/{restated.pk}/" for restated in (session, theirs)]

    def linked() -> list[bool]:
        page = office.get(f"{LIST}{signed.pk}/").content.decode()
        return [f'href="{address}"' in page for address in addresses]

    assert linked() == [office.get(address).status_code == 200 for address in addresses] == [True, False]
    office.force_login(by)
    assert linked() == [office.get(address).status_code == 200 for address in addresses] == [True, True]
