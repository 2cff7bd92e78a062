"""Closing, correcting and restating at once: a closed return is what was there when it was closed, and nothing is lost."""

from datetime import date, time

import pytest
from django.core.management import call_command
from django.test import override_settings

from schools import models
from schools.core.periods import Period
from schools.reach.actions import close, sign_off
from schools.reach.allowance import REQUESTS_PER_MINUTE
from schools.reach.queries import reach
from schools.reach.returns import total_of
from schools.reach.rows import Cut
from tests import factories
from tests.processes import together
from tests.reach.examples import delivered, worked_example
from tests.reach.racing import NOW, SHARED, ask, do, publish_period, read_or_write

pytestmark = pytest.mark.django_db(transaction=True)
YEAR = Period.parse("2025/26")
DAY = date(2025, 10, 20)
ROUNDS = 4


@pytest.fixture
def school() -> models.School:
    return worked_example(area="Cumbria")


def area() -> models.Area:
    return models.Area.objects.get(name="Cumbria")


def another(school: models.School, hour: int, pupils: int = 20) -> models.Session:
    """A session for Year 4 that somebody recorded."""
    session = delivered(school, "ks2-assembly", DAY, time(hour, 0), {4: pupils})
    session.went_ahead, session.recorded_by = "yes", factories.manager()
    session.save()
    return session


def seats() -> str:
    """The area's attendances as they are now."""
    mine = models.Area.objects.filter(pk=area().pk)
    return str(reach(YEAR, by=Cut.AUTHORITY, as_of=NOW.date(), areas=mine).total.attendances)


@pytest.mark.exhaustive
def test_a_correction_comes_before_the_closing_or_is_a_restatement(school: models.School) -> None:
    by = factories.manager()
    host = factories.SchoolFactory(area=factories.AreaFactory(name="Devon"))
    for day in range(ROUNDS):
        # Hosted here, and hosted elsewhere with a guest from here who was forgotten.
        here, there = another(school, 9 + day), another(host, 9 + day)
        signed = sign_off(area(), YEAR, by=by, now=NOW)
        answers = together(
            do,
            [
                ("close", signed.pk, by.pk, 4, ()),
                ("amend", here.pk, by.pk, 4, ((school.pk, 30 + day),)),
                ("amend", there.pk, by.pk, 4, ((host.pk, 20), (school.pk, 7))),
            ],
        )
        signed.refresh_from_db()
        assert signed.is_closed is (answers[0] == "done")
        if signed.is_closed:
            assert total_of(signed.figures)["attendances"] == seats(), answers
            assert all("say there why" in answer for answer in answers[1:]), answers
            models.Return.objects.all().delete()
            models.ClosedPeriod.objects.all().delete()
        else:
            assert "changed after" in answers[0]
            assert "done" in answers[1:]


def test_two_managers_close_a_return_once(school: models.School) -> None:
    signed = sign_off(area(), YEAR, by=factories.manager(), now=NOW)
    managers = [factories.manager(), factories.manager()]
    answers = together(do, [("close", signed.pk, by.pk, 4, ()) for by in managers])
    assert sorted(answers) == ["This return is closed already.", "done"]
    signed.refresh_from_db()
    assert signed.closed_by == managers[answers.index("done")]
    assert models.ClosedPeriod.objects.count() == 1


@pytest.mark.exhaustive
def test_restatements_at_once_follow_one_another(school: models.School) -> None:
    by = factories.manager()
    sessions = [another(school, hour) for hour in (9, 10, 11, 12)]
    signed = close(sign_off(area(), YEAR, by=by, now=NOW), by=by, now=NOW)
    work = [("restate", session.pk, by.pk, 4, ((school.pk, 21 + n),)) for n, session in enumerate(sessions)]
    assert together(do, work) == ["done"] * 4
    value = total_of(signed.figures)["attendances"]
    for one in signed.restatements.order_by("pk"):
        [(old, new)] = [(old, new) for column, old, new in one.figures if column == "attendances"]
        assert old == value
        value = new
    assert value == seats() == str(175 + 21 + 22 + 23 + 24)


def test_of_two_restatements_of_one_session_the_second_is_told(school: models.School) -> None:
    by, session = factories.manager(), another(school, 9)
    signed = close(sign_off(area(), YEAR, by=by, now=NOW), by=by, now=NOW)
    answers = together(do, [("restate", session.pk, by.pk, 4, ((school.pk, pupils),)) for pupils in (31, 32)])
    restated = [one.outcome for one in signed.restatements.order_by("pk")]
    # Either the second read what the first had written, or it is told what differs.
    assert "done" in answers
    assert len(restated) == answers.count("done")
    assert restated[0][0][1] == "20"
    if len(restated) > 1:
        assert restated[1][0][1] == restated[0][0][2]
    else:
        assert any("changed this outcome after you opened it" in answer for answer in answers)


@pytest.mark.exhaustive
def test_a_session_booked_into_the_period_comes_before_the_closing_or_is_refused(school: models.School) -> None:
    """Nothing that the closed return does not know of lies in its days afterwards."""
    by, open_school = factories.manager(), factories.SchoolFactory(authority=school.authority)
    coordinator = factories.coordinator_of(area())
    for minute in range(ROUNDS):
        signed = sign_off(area(), YEAR, by=by, now=NOW)
        answers = together(do, [("close", signed.pk, by.pk, 4, ()), ("book", open_school.pk, coordinator.pk, minute, ())])
        signed.refresh_from_db()
        if signed.is_closed:
            assert "is signed off. Ask a manager to restate it." in answers[1], answers
            assert total_of(signed.figures)["outcomes_missing"] == missing()
            models.Return.objects.all().delete()
            models.ClosedPeriod.objects.all().delete()
        else:
            assert "changed after" in answers[0]
            assert answers[1] == "done"


def missing() -> str:
    """The area's outcomes missing as they are now."""
    mine = models.Area.objects.filter(pk=area().pk)
    return str(reach(YEAR, by=Cut.AUTHORITY, as_of=NOW.date(), areas=mine).total.outcomes_missing)


@pytest.mark.exhaustive
def test_whoever_books_holds_the_closing_off_until_the_booking_is_stored(school: models.School) -> None:
    """The closing begins while the booking is stored and not yet committed: nobody else sees it then."""
    by, open_school = factories.manager(), factories.SchoolFactory(authority=school.authority)
    coordinator = factories.coordinator_of(area())
    signed = sign_off(area(), YEAR, by=by, now=NOW)
    answers = together(do, [("close late", signed.pk, by.pk, 4, ()), ("book slowly", open_school.pk, coordinator.pk, 0, ())])
    assert answers[1] == "done"
    assert "changed after" in answers[0]


def test_two_managers_publish_a_period_once_and_its_months_once(school: models.School) -> None:
    """The same year twice, and the autumn of it: whoever comes second finds the months frozen."""
    another(school, 9, 23)
    managers = [factories.manager(name="Mo Manager"), factories.manager(name="Ma Manager"), factories.manager()]
    periods = ("2025/26", "2025/26", "2025-08-01..2025-12-31")
    answers = together(publish_period, [(period, by.pk) for period, by in zip(periods, managers, strict=True)])
    assert answers[2] == "done"
    assert sorted(answers[:2], key=len)[0] == "done"
    assert "2025/26 was published on" in sorted(answers[:2], key=len)[1]
    assert models.Publication.objects.count() == 2
    told = sum(models.PublishedAtom.objects.values_list("attendances", flat=True))
    [place] = models.PublishedPlace.objects.all()
    assert told + place.attendances_left == 175 + 23
    assert models.PublishedPupils.objects.count() == 1


def test_programs_that_ask_several_servers_at_once_have_one_allowance() -> None:
    with override_settings(CACHES=SHARED):
        call_command("createcachetable")
    let = together(ask, [(7, 25), (7, 25), (7, 25), (8, 10)])
    assert sum(let[:3]) == REQUESTS_PER_MINUTE
    assert let[3] == 10


def test_whoever_reads_what_is_kept_while_others_write_reads_what_is_counted(school: models.School) -> None:
    """Also where a transaction that began first is committed last: of one moment, both are the same."""
    with override_settings(CACHES=SHARED):
        call_command("createcachetable")
    headcounts = list(models.Headcount.objects.filter(session__academic_year=2025).values_list("pk", flat=True))
    tasks = [("read", 0, 12)] * 4 + [("write", headcount, 40) for headcount in headcounts[:4] * 2]
    seen = [both for reader in together(read_or_write, tasks)[:4] for both in reader]
    assert [both for both in seen if both[0] != both[1]] == []
    assert len({counted for counted, _ in seen}) > 1
