"""Outcomes that are missing of what is published: the method sheet, the office and the tables tell of the same sessions."""

from datetime import UTC, date, datetime, time

import pytest

from schools import models
from schools.core.errors import RuleBroken
from schools.core.periods import Period
from schools.reach.actions.publishing import bundle_of, publish
from schools.reach.queries import publishing
from tests import factories
from tests.reach.examples import delivered, worked_example
from tests.reach.published import lines

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)
IN_AUGUST = datetime(2026, 8, 5, 8, 50, tzinfo=UTC)
"""Days after the school year, while some of its online windows are open."""
YEAR = Period.parse("2025/26")


@pytest.fixture
def manager() -> models.User:
    return factories.manager(name="Mo Manager")


def sheet_of(publication: models.Publication) -> str:
    """Its method sheet, in one line."""
    return " ".join(bundle_of(publication)["method.md"].decode().split())


def missing_in_tables(publication: models.Publication) -> set[str]:
    """What the totals of its tables of places say of missing outcomes."""
    files = bundle_of(publication)
    cuts = ("nation", "region", "area", "authority")
    return {row["outcomes_missing"] for cut in cuts for row in lines(files, f"reach_by_{cut}") if row["code"] == "total"}


@pytest.mark.parametrize("others", [True, False])
def test_sheet_list_and_tables_agree_on_outcomes_missing_while_windows_are_open(manager: models.User, *, others: bool) -> None:
    school = worked_example(area="Cumbria")
    windows: list[tuple[date | None, dict[str, bool]]] = [(date(2026, 8, 14), {})]
    if others:
        windows += [(date(2026, 8, 5), {}), (date(2026, 8, 4), {}), (None, {}), (date(2026, 8, 14), {"cancelled": True})]
        delivered(school, "parents", date(2026, 7, 24), time(9), {}, delivered=False)
    for hour, (until, fields) in enumerate(windows):
        window: dict[str, object] = {"until_day": until, "delivered": False, **fields}
        delivered(school, "online-ks2", date(2026, 7, 25), time(9 + hour), {5: None}, **window)
    waiting = [
        session for session in models.Session.objects.filter(day__range=("2025-08-01", "2026-07-31")).select_related("type")
        if session.stage == "scheduled" and session.type.audience == "pupils"
    ]  # fmt: skip
    still_open = [session for session in waiting if session.until_day and session.until_day >= IN_AUGUST.date()]
    assert (len(waiting), len(still_open)) == ((4, 2) if others else (1, 1))
    publication = publish(YEAR, by=manager, now=IN_AUGUST, despite_missing=len(waiting))
    assert publication.outcomes_missing == len(waiting)
    assert missing_in_tables(publication) == {str(len(waiting) - len(still_open))}
    sessions = f"{len(waiting)} session{'s' if others else ''}"
    assert (
        f"{sessions} for pupils in the period had not been reported, {len(still_open)} of them with an online window that was "
        "still open. They are in no number of pupils" in sheet_of(publication)
    )
    assert "`outcomes_missing` in the tables counts those alone that were over." in sheet_of(publication)


def test_whoever_publishes_is_told_of_open_windows(manager: models.User) -> None:
    school, until = worked_example(area="Cumbria"), date(2026, 8, 14)
    delivered(school, "online-ks2", date(2026, 7, 25), time(9), {5: None}, delivered=False, until_day=until)
    with pytest.raises(RuleBroken, match="is not reported, 1 of them with an online window that is still open"):
        publish(YEAR, by=manager, now=IN_AUGUST)
    with pytest.raises(RuleBroken, match=r"1 session for pupils in 2025/26 is not reported\."):
        publish(YEAR, by=manager, now=NOW)


@pytest.mark.parametrize("more", [True, False])
def test_an_outcome_that_comes_or_goes_while_it_is_counted_is_told_the_same_everywhere(
    manager: models.User, monkeypatch: pytest.MonkeyPatch, *, more: bool
) -> None:
    school = worked_example(area="Cumbria")
    delivered(school, "ks2-assembly", date(2026, 5, 4), time(9), {5: None}, delivered=False)
    counted = publishing.counted

    def late(period: Period, *, as_of: date) -> publishing.Counted:
        if more:
            delivered(school, "ks2-assembly", date(2026, 5, 5), time(9), {5: None}, delivered=False)
        else:
            models.Session.objects.filter(stage="scheduled").update(stage="cancelled", cancelled_code="weather")
        return counted(period, as_of=as_of)

    monkeypatch.setattr(publishing, "counted", late)
    if more:
        with pytest.raises(RuleBroken, match="2 sessions for pupils in 2025/26 are not reported"):
            publish(YEAR, by=manager, now=NOW, despite_missing=1)
        assert not models.Publication.objects.exists()
    else:
        publication = publish(YEAR, by=manager, now=NOW, despite_missing=1)
        assert (publication.outcomes_missing, missing_in_tables(publication)) == (0, {"0"})
        assert "0 sessions for pupils in the period had not been reported" in sheet_of(publication)


@pytest.mark.parametrize("renderer", [1, 2])
def test_a_publication_of_before_says_of_open_windows_what_it_always_said(manager: models.User, renderer: int) -> None:
    school = worked_example(area="Cumbria")
    delivered(school, "online-ks2", date(2026, 7, 25), time(9), {5: None}, delivered=False, until_day=date(2026, 8, 14))
    publication = publish(YEAR, by=manager, now=IN_AUGUST, despite_missing=1)
    publication.renderer = renderer
    publication.counts = {name: value for name, value in publication.counts.items() if name != "windows_open"}
    assert (
        "1 session for pupils in the period had not been reported. They are in no number, and never will be in the published "
        "attendances of their month. **How pupils" in sheet_of(publication)
    )
