"""Sessions that were frozen in a wrong place are found and put right once; closed returns are restated and keep their bytes."""

from datetime import date, time
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from schools.core.errors import RuleBroken
from schools.models import (
    Area,
    Authority,
    Drift,
    Headcount,
    Publication,
    Restatement,
    Return,
    Roll,
    School,
    SchoolAuthority,
    Session,
)
from schools.reach.actions import close, sign_off
from schools.reach.actions.drift import find_drift
from schools.reach.actions.mending import BEFORE_MENDING, mend_places, preview_mending
from tests import factories
from tests.reach.examples import delivered
from tests.reach.test_returns import NOW, YEAR, files

pytestmark = pytest.mark.django_db
DAY = date(2025, 10, 6)
WHY = "The register of that year was loaded late."


@pytest.fixture
def session() -> Session:
    """Frozen in Coast, as an earlier load had it; by what is known now its school lay in Lakes on that day."""
    coast, lakes = (
        factories.AreaAuthorityFactory(area__name=name, authority__name=name).authority for name in ("Coast", "Lakes")
    )
    school = factories.SchoolFactory(authority=coast)
    made = delivered(school, "ks2-assembly", DAY, time(9, 15), {5: 28, 6: 30})
    SchoolAuthority.objects.filter(school=school).update(from_day=date(2026, 1, 1))
    SchoolAuthority.objects.create(school=school, authority=lakes, to_day=date(2025, 12, 31))
    return made


@pytest.fixture
def closed(session: Session) -> Return:
    area = Area.objects.get(name="Coast")
    return close(sign_off(area, YEAR, by=factories.coordinator_of(area), now=NOW), by=factories.manager(), now=NOW)


def where() -> tuple[str, set[str]]:
    """The authority of the session, and those of its headcounts."""
    of_session = Session.objects.get().authority
    return str(of_session), {str(count.authority) for count in Headcount.objects.select_related("authority")}


def mend(*options: str) -> str:
    out = StringIO()
    call_command("mend_places", *options, stdout=out)
    return out.getvalue()


def test_sessions_in_a_wrong_place_are_mended_once_with_a_line_in_their_history(session: Session) -> None:
    assert where() == ("Coast", {"Coast"})
    before = session.history.count()
    told = mend("--dry-run")
    assert "Coast (Coast) → Lakes (Lakes): 1." in told
    assert (where(), session.history.count()) == (("Coast", {"Coast"}), before)
    told = mend()
    assert told.splitlines()[:2] == [
        "Sessions that were in a wrong place: 1, 0 of them in closed returns.",
        "Coast (Coast) → Lakes (Lakes): 1.",
    ]
    assert where() == ("Lakes", {"Lakes"})
    assert (session.history.count(), session.history.first().history_change_reason) == (before + 1, "mend_places")
    assert Headcount.history.filter(history_change_reason="mend_places").count() == 2
    assert "Sessions that were in a wrong place: 0" in mend()
    assert session.history.count() == before + 1


@pytest.mark.usefixtures("closed")
def test_a_closed_return_is_mended_by_a_manager_who_says_why_alone_else_nothing_changes() -> None:
    manager = factories.manager()
    assert preview_mending(now=NOW).restated == 1
    with pytest.raises(CommandError, match=r"Say which manager restates them.*Nothing was changed"):
        mend()
    with pytest.raises(CommandError, match="Nobody signs in as nobody@"):
        mend("--by", "nobody@example.org")
    with pytest.raises(RuleBroken, match="Only a manager"):
        mend_places(now=NOW, by=factories.UserFactory(), why=WHY)
    with pytest.raises(RuleBroken, match="Say why"):
        mend_places(now=NOW, by=manager)
    assert (where(), Restatement.objects.count()) == (("Coast", {"Coast"}), 0)


def test_the_restatement_says_what_moved_and_the_returns_files_stay_the_same_bytes(closed: Return) -> None:
    before, manager = files(closed), factories.manager()
    mend("--by", manager.email, "--why", WHY)
    assert where() == ("Lakes", {"Lakes"})
    restated = Restatement.objects.get()
    assert (restated.of_return, restated.by, restated.why) == (closed, manager, WHY)
    assert restated.outcome == [["Place", "Coast; Coast", "Lakes; Lakes"]]
    assert ["attendances", "58", "0"] in restated.figures
    assert files(closed) == before
    mend()
    assert Restatement.objects.count() == 1


def test_what_settling_the_past_and_others_moved_before_is_a_drift_and_no_part_of_the_restatement(closed: Return) -> None:
    school = School.objects.get()
    on_roll = [Roll(school=school, academic_year=2025, year_group=group, pupils=31, source="list") for group in range(7)]
    Roll.objects.bulk_create(on_roll)
    mend("--by", factories.manager().email, "--why", WHY)
    drift = Drift.objects.get()
    assert (drift.of_return, drift.because) == (closed, BEFORE_MENDING)
    columns = {column for column, *_ in drift.figures}
    assert "pupils_on_roll" in columns
    assert "pupils_on_roll" not in {column for column, *_ in Restatement.objects.get().figures}
    assert find_drift(now=NOW) == 0


def test_sessions_in_months_that_were_published_are_told(session: Session) -> None:
    Publication.objects.create(
        period="autumn", first_day=date(2025, 8, 1), last_day=date(2025, 12, 31), outcomes_missing=0, counts={}, definitions=2,
        renderer=1, digest="", published_at=NOW,
    )  # fmt: skip
    words = "In months that were published: 1. What was published stays where it was"
    assert words in mend("--dry-run")
    assert words in mend()
    assert "months that were published" not in mend()


def test_what_was_loaded_before_such_facts_were_kept_is_settled_by_the_same_command() -> None:
    cumberland = factories.AreaAuthorityFactory(area__name="Cumberland", authority__gss="E06000063").authority
    school = factories.SchoolFactory(authority=cumberland)
    made = delivered(school, "ks2-assembly", date(2022, 3, 7), time(9, 15), {5: 28})
    mended = mend_places(now=NOW)
    made.refresh_from_db()
    assert (mended.sessions, str(made.authority), School.objects.get().authority) == (1, "Cumbria", cumberland)
    rows = SchoolAuthority.objects.order_by("to_day").values_list("authority__gss", "from_day", "to_day")
    assert set(rows) == {("E10000006", None, date(2023, 3, 31)), ("E06000063", date(2023, 4, 1), None)}
    assert Authority.objects.get(gss="E10000006").closed == date(2023, 3, 31)
    assert mend_places(now=NOW).sessions == 0
