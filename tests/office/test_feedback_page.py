"""What schools thought, on its page, as a file, and behind its figures; a line of it on the page of reach."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from schools import models
from schools.accounts.models import Role
from tests import factories
from tests.reach.test_feedback import answers, asked_about, visit_in

ADDRESS = "/admin/reach/feedback/"
THIS_YEAR = "?year=2026/27"
IN_TIME = datetime(2026, 8, 28, 12, tzinfo=UTC)
"""The last day that is in the table of 2025/26 of whoever reads figures alone."""


@pytest.fixture
def six_schools(area: models.Area) -> list[models.Visit]:
    """Six that would have us again but for one, of whom two say that they are surer; a seventh has not answered."""
    visits = [visit_in(area, day=date(2026, 11, 3)) for _ in range(7)]
    for number, visit in enumerate(visits):
        asked_about(visit)
        if number < 6:
            answers(visit, again="yes" if number else "no", surer="yes" if number < 2 else "")
    return visits


def all_was_known_in_time(at: datetime = IN_TIME) -> None:
    """All that there is took place in May, and was reported, thanked for and answered by then."""
    models.Session.objects.update(day=date(2026, 5, 5), recorded_at=at)
    models.Session.history.update(day=date(2026, 5, 5), recorded_at=at, history_date=at)
    models.OutboxMessage.objects.update(sent_at=at)
    models.Feedback.objects.update(at=at)


def test_page_file_and_the_line_on_reach_say_the_same(managers_office: Client, six_schools: list[models.Visit]) -> None:
    words = "7 schools were asked what they thought of a visit; 6 answered. Would have us again: 83.3 % (43.6 to 97.0), of 6."
    page = managers_office.get(ADDRESS + THIS_YEAR).content.decode()
    assert words in page
    assert "fewer than five" in page
    assert words in managers_office.get("/admin/reach/?period=2026/27").content.decode()
    for by in ("area", "type"):
        text = managers_office.get(f"{ADDRESS}csv/{THIS_YEAR}&by={by}").getvalue().decode("utf-8-sig")
        assert text.splitlines()[-1].startswith(f"2026/27,{by},TOTAL,7,6,85.7,")


def test_behind_a_number_are_the_schools_and_behind_an_answer_only_how_many(
    managers_office: Client, six_schools: list[models.Visit]
) -> None:
    name = six_schools[0].school.name

    def behind(figure: str, status: int = 200) -> str:
        answer = managers_office.get(f"{ADDRESS}behind/{THIS_YEAR}&cell=total&figure={figure}")
        assert answer.status_code == status
        return answer.content.decode()

    assert 'id="adds-up">7<' in behind("asked")
    assert name in behind("asked")
    assert 'id="adds-up">6 of 7 schools<' in behind("answered_percent")
    yes = behind("again_yes")
    assert 'id="adds-up">5<' in yes
    assert name not in yes
    behind("surer_yes", 404)
    behind("rainfall", 404)
    assert managers_office.get(f"{ADDRESS}behind/{THIS_YEAR}&cell=999999").status_code == 404


def test_a_coordinator_reads_of_their_own_areas_alone(client: Client, six_schools: list[models.Visit]) -> None:
    client.force_login(factories.coordinator_of(factories.AreaFactory()))
    page = client.get(ADDRESS + THIS_YEAR).content.decode()
    assert "No school was asked yet what it thought of a visit in 2026/27." in page
    assert "They are asked the day after a visit" in page


def test_of_one_area_the_sentence_and_the_name_of_the_file_say_so(
    office: Client, client: Client, six_schools: list[models.Visit]
) -> None:
    part, words = "This is a part: in Cumberland alone.", "7 schools were asked what they thought of a visit; 6 answered"
    for page in (office.get(ADDRESS + THIS_YEAR), office.get("/admin/reach/?period=2026/27")):
        thought = page.content.decode().split(words)[1]
        assert part in thought.split("</p>")[0]
    sent = office.get(f"{ADDRESS}csv/{THIS_YEAR}")
    assert sent["Content-Disposition"] == 'attachment; filename="feedback_2026-27_by-area_cumberland.csv"'
    client.force_login(factories.manager())
    assert part not in client.get(ADDRESS + THIS_YEAR).content.decode()
    sent = client.get(f"{ADDRESS}csv/{THIS_YEAR}")
    assert sent["Content-Disposition"] == 'attachment; filename="feedback_2026-27_by-area.csv"'


def test_who_reads_each_answer_asks_for_any_period_and_others_for_a_school_year(
    client: Client, managers_office: Client, six_schools: list[models.Visit]
) -> None:
    """From periods that overlap it would follow what a single school said."""
    days = "?period=2026-11-01..2026-11-30"
    shown = managers_office.get(ADDRESS + days).content.decode()
    assert "For 2026-11-01..2026-11-30, 7 schools were asked" in shown
    assert 'href="/admin/reach/feedback/behind/?period=2026-11-01..2026-11-30&amp;by=area' in shown
    assert "No school was asked yet" in managers_office.get(f"{ADDRESS}?period=2026-10-01..2026-10-31").content.decode()
    client.force_login(factories.analyst())
    refused = client.get(ADDRESS + days).content.decode()
    assert "Choose one school year" in refused
    assert "7 schools" not in refused
    assert client.get(f"{ADDRESS}csv/{days}").status_code == 400
    assert client.get(f"{ADDRESS}behind/{days}&cell=total&figure=asked").status_code == 404


def test_who_coordinates_one_area_and_reads_the_figures_of_all_reads_those_as_an_analyst_does(
    client: Client, six_schools: list[models.Visit]
) -> None:
    both = factories.coordinator_of(factories.AreaFactory())
    both.groups.add(Group.objects.get(name=Role.ANALYST.value))
    client.force_login(both)
    days = "?period=2026-11-01..2026-11-30"
    assert "Choose one school year" in client.get(ADDRESS + days).content.decode()
    assert client.get(f"{ADDRESS}csv/{days}").status_code == 400
    assert "7 schools were asked" not in client.get("/admin/reach/?period=2026/27").content.decode()
    all_was_known_in_time()
    behind = f"{ADDRESS}behind/?period=2025/26&cell=total&figure="
    assert [client.get(behind + name).status_code for name in ("answered", "again_yes")] == [404, 200]


def test_who_reads_figures_alone_reads_a_year_once_its_answers_are_in_and_no_school_by_name(
    client: Client, six_schools: list[models.Visit]
) -> None:
    """A table that grew day by day would tell what the school said that came last."""
    client.force_login(factories.analyst())
    early = client.get(ADDRESS + THIS_YEAR).content.decode()
    assert "What schools thought of 2026/27 is shown once their answers are in, after Sat 28 August 2027." in early
    assert client.get(f"{ADDRESS}csv/{THIS_YEAR}").status_code == 400
    assert "7 schools" not in early
    assert "7 schools" not in client.get("/admin/reach/?period=2026/27").content.decode()

    all_was_known_in_time()
    models.Feedback.objects.filter(visit=six_schools[1]).update(at=IN_TIME + timedelta(days=1))
    words = "7 schools were asked what they thought of a visit; 5 answered. Would have us again: 80.0 %"
    shown = client.get(ADDRESS).content.decode()
    assert words in shown
    assert words in client.get("/admin/reach/?period=2025/26").content.decode()
    behind = f"{ADDRESS}behind/?period=2025/26&cell=total&figure="
    assert [client.get(behind + name).status_code for name in ("asked", "answered", "answered_percent", "again_yes")] == [
        404, 404, 404, 200,
    ]  # fmt: skip
    assert "figure=asked" not in shown + client.get(f"{behind}again_yes").content.decode()
    assert "figure=again_yes" in shown
    client.force_login(factories.manager())
    assert (
        "7 schools were asked what they thought of a visit; 6 answered"
        in client.get(f"{ADDRESS}?period=2025/26").content.decode()
    )


def late_session(visit: models.Visit, day: date) -> None:
    kind = models.SessionType.objects.get(slug="workshop-5-6")
    area = visit.sessions.get().area
    factories.SessionFactory(visit=visit, type=kind, day=day, delivered=True, area=area, recorded_at=IN_TIME + timedelta(days=20))


def correction(visit: models.Visit, **fields: Any) -> None:
    session = visit.sessions.get()
    for name, value in fields.items():
        setattr(session, name, value)
    session.save()


HAPPENINGS: dict[str, Callable[[models.Visit], None]] = {
    "a late report": lambda visit: late_session(visit, date(2026, 5, 6)),
    "a session of the next year": lambda visit: late_session(visit, date(2026, 9, 3)),
    "a correction to “did not take place”": lambda visit: correction(
        visit, stage="cancelled", went_ahead="no", cancelled_code="school"
    ),
    "a place that is mended": lambda visit: correction(visit, area=factories.AreaFactory()),
    "thanks that went late": lambda visit: asked_about(visit, factories.SchoolFactory(), sent_at=IN_TIME + timedelta(days=1)),
}


@pytest.mark.parametrize("happens", HAPPENINGS)
def test_what_is_reported_or_corrected_later_moves_nobodys_answer_for_who_reads_figures_alone(
    client: Client, six_schools: list[models.Visit], happens: str
) -> None:
    """Two tables that differ by one school would tell what it answered."""
    all_was_known_in_time()
    client.force_login(factories.analyst())
    csvs = [f"{ADDRESS}csv/?period=2025/26&by={by}" for by in ("area", "type")]
    before = [client.get(csv).getvalue() for csv in csvs]
    assert all(b",TOTAL,7,6," in file for file in before)
    HAPPENINGS[happens](six_schools[0])
    assert [client.get(csv).getvalue() for csv in csvs] == before


def test_a_correction_that_came_in_time_is_in_the_table_of_who_reads_figures_alone(
    client: Client, six_schools: list[models.Visit]
) -> None:
    all_was_known_in_time(IN_TIME - timedelta(days=1))
    correction(six_schools[0], stage="cancelled", went_ahead="no", cancelled_code="school")
    models.Session.history.filter(stage="cancelled").update(history_date=IN_TIME)
    client.force_login(factories.analyst())
    assert b",TOTAL,6,5," in client.get(f"{ADDRESS}csv/?period=2025/26").getvalue()


@pytest.mark.parametrize("query", ["?year=2026", "?year=2026/27&by=school", "?year=1066/67", "?period=2025-08-01..9999-12-31"])
def test_nonsense_is_said_and_is_no_file(managers_office: Client, query: str) -> None:
    assert managers_office.get(ADDRESS + query).status_code == 200
    assert managers_office.get(f"{ADDRESS}csv/{query}").status_code == 400
    assert managers_office.get(f"{ADDRESS}behind/{query}").status_code == 404
