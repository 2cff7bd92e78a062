"""Returns: signed off, closed, restated; and the same bytes for ever."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from uuid import uuid4

import pytest

from schools import models
from schools.core.errors import RuleBroken
from schools.core.periods import Period
from schools.delivery.actions import Restate, amend, record
from schools.delivery.queries import Outcome
from schools.reach.actions import close, figures_file, restate, sessions_file, sign_off
from schools.reach.queries import reach
from schools.reach.returns import RENDERERS, digest_of, figures_kept, total_of
from schools.reach.rows import Cut
from schools.visits.actions.merging import merge_people, undo_merge
from tests import factories
from tests.reach.examples import delivered, place_of, worked_example

pytestmark = pytest.mark.django_db
YEAR = Period.parse("2025/26")
NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)
DAY = date(2025, 10, 6)
WHY = "The school found that two classes were swapped."


@pytest.fixture
def school() -> models.School:
    return worked_example(area="Cumbria")


@pytest.fixture
def cumbria(school: models.School) -> models.Area:
    return models.Area.objects.get(name="Cumbria")


@pytest.fixture
def coordinator(cumbria: models.Area) -> models.User:
    return factories.coordinator_of(cumbria, name="Cora Nwosu")


@pytest.fixture
def closed(cumbria: models.Area, coordinator: models.User) -> models.Return:
    return close(sign_off(cumbria, YEAR, by=coordinator, now=NOW), by=factories.manager(), now=NOW)


def outcome(session: models.Session, **pupils: int) -> Outcome:
    return Outcome("yes", headcounts={(session.visit.school_id, int(group[1:])): number for group, number in pupils.items()})


def amending(session: models.Session, said: Outcome, by: models.User) -> Callable[[Restate | None], object]:
    session.refresh_from_db()
    return lambda told: amend(session, said, key=uuid4(), version=session.version, by=by, now=NOW, restate=told)


def files(signed: models.Return) -> tuple[str, str]:
    signed.refresh_from_db()
    return "".join(figures_file(signed)), "".join(sessions_file(signed))


def test_a_period_is_signed_off_from_the_day_after_its_last(cumbria: models.Area, coordinator: models.User) -> None:
    until_today = Period(date(2026, 10, 1), NOW.date(), "2026-10-01..2026-11-24")
    with pytest.raises(RuleBroken, match=r"ends on .* Sign it off once it is over"):
        sign_off(cumbria, until_today, by=coordinator, now=NOW)
    assert sign_off(cumbria, until_today, by=coordinator, now=NOW + timedelta(days=1)).first_day == date(2026, 10, 1)


def test_what_is_signed_off_is_the_areas_figures_and_the_lines_behind_them(
    cumbria: models.Area, coordinator: models.User
) -> None:
    signed = sign_off(cumbria, YEAR, by=coordinator, now=NOW)
    assert not signed.is_closed
    assert {name: total_of(signed.figures)[name] for name in ("attendances", "pupils_reached", "children_reached")} == {
        "attendances": "175",
        "pupils_reached": "89",
        "children_reached": "89",
    }
    assert signed.sentence.startswith("In 2025/26 we reached at least 88 pupils (about 89 if no session was given")
    lines = files(signed)[1].splitlines()
    assert len(lines) == 1 + 4  # what was cancelled is not behind a figure
    assert sum(int(cell) for line in lines[1:] for cell in line.split(",")[18:25] if cell) == 175


def test_a_guest_from_the_area_is_behind_it_and_the_hosts_line_is_not(cumbria: models.Area, coordinator: models.User) -> None:
    guest = factories.SchoolFactory(area=cumbria)
    host = factories.SchoolFactory(area=factories.AreaFactory(name="Devon"))
    session = delivered(host, "ks2-assembly", DAY, time(9, 0), {5: 40}, adults=3)
    factories.HeadcountFactory(session=session, school=guest, year_group=5, pupils=20, **place_of(guest))
    signed = sign_off(cumbria, YEAR, by=coordinator, now=NOW)
    assert total_of(signed.figures)["attendances"] == "195"
    mine = [line for line in files(signed)[1].splitlines() if session.visit.reference in line]
    assert [line.split(",")[2] for line in mine] == [guest.register_id]


def test_until_it_is_closed_it_can_be_signed_off_again(
    school: models.School, cumbria: models.Area, coordinator: models.User
) -> None:
    first = sign_off(cumbria, YEAR, by=coordinator, now=NOW)
    delivered(school, "ks1-assembly", DAY, time(13, 0), {1: 20})
    with pytest.raises(RuleBroken, match="changed after Cora Nwosu signed them off"):
        close(first, by=factories.manager(), now=NOW)
    again = sign_off(cumbria, YEAR, by=coordinator, now=NOW)
    assert again.pk == first.pk
    assert total_of(again.figures)["attendances"] == "195"
    assert again.rows.count() == 5
    assert close(again, by=factories.manager(), now=NOW).closed_period is not None


def test_who_may_not_and_when_not(cumbria: models.Area, coordinator: models.User) -> None:
    stranger = factories.coordinator_of(factories.AreaFactory(name="Devon"))
    with pytest.raises(RuleBroken) as refusal:
        sign_off(cumbria, Period.parse("2026/27"), by=stranger, now=NOW)
    assert refusal.value.reasons == [
        "Only a coordinator of Cumbria signs off its return. Ask one of them.",
        "2026/27 ends on Sat 31 July 2027. Sign it off once it is over.",
    ]
    signed = sign_off(cumbria, YEAR, by=coordinator, now=NOW)
    with pytest.raises(RuleBroken, match="Only a manager closes a return"):
        close(signed, by=coordinator, now=NOW)
    close(signed, by=factories.manager(), now=NOW)
    with pytest.raises(RuleBroken, match="What changes now is restated"):
        sign_off(cumbria, YEAR, by=coordinator, now=NOW)
    with pytest.raises(RuleBroken, match="closed already"):
        close(signed, by=factories.manager(), now=NOW)


def test_closing_locks_the_sessions_and_only_a_restatement_changes_them(closed: models.Return, coordinator: models.User) -> None:
    session = models.Session.objects.get(day=DAY)
    said = outcome(session, y5=57, y6=31)
    with pytest.raises(RuleBroken, match=r"return of Cumbria .* is signed off\. Ask a manager"):
        amending(session, said, coordinator)(None)
    by = factories.manager(name="Mo Manager")
    with pytest.raises(RuleBroken, match="say there why its outcome changes"):
        amending(session, said, by)(None)
    with pytest.raises(RuleBroken, match="Say why it changes after its return was closed"):
        restate(session, amending(session, said, by), why="  ", by=by, now=NOW)
    restate(session, amending(session, said, by), why=WHY, by=by, now=NOW)
    [restated] = models.Restatement.objects.all()
    assert (restated.of_return, restated.session, restated.why, restated.by) == (closed, session, WHY, by)
    assert restated.outcome == [["Year 5", "58", "57"], ["Year 6", "30", "31"]]
    # Two workshops of Year 5 with 59 in all are still the larger; 175 seats are as many as before.
    assert restated.figures == [
        ["pupils_reached", "89", "90"],
        ["pupils_in_person", "89", "90"],
        ["children_reached", "89", "90"],
    ]


def test_a_correction_that_changes_nothing_and_one_that_is_refused_are_no_restatements(closed: models.Return) -> None:
    session, by = models.Session.objects.get(day=DAY), factories.manager()
    restate(session, amending(session, outcome(session, y5=58, y6=30), by), why=WHY, by=by, now=NOW)
    with pytest.raises(RuleBroken, match="cannot be right"):
        restate(session, amending(session, outcome(session, y5=5800), by), why=WHY, by=by, now=NOW)
    assert not models.Restatement.objects.exists()


def test_an_outcome_that_comes_late_is_a_restatement_too(school: models.School, cumbria: models.Area) -> None:
    late = factories.SessionFactory(visit__school=school, day=date(2026, 5, 4))
    by = factories.manager()
    close(sign_off(cumbria, YEAR, by=by, now=NOW), by=by, now=NOW)
    said = outcome(late, y5=12)
    restate(late, lambda told: record(late, said, key=uuid4(), by=by, now=NOW, restate=told), why=WHY, by=by, now=NOW)
    [restated] = models.Restatement.objects.all()
    assert ["Did it go ahead?", "Nobody told us", "Yes"] in restated.outcome
    assert ["outcomes_missing", "1", "0"] in restated.figures
    assert ["attendances", "175", "187"] in restated.figures


def test_a_guests_closed_return_is_restated_by_a_session_elsewhere(closed: models.Return, cumbria: models.Area) -> None:
    host = factories.SchoolFactory(area=factories.AreaFactory(name="Devon"))
    session, by = delivered(host, "ks2-assembly", DAY, time(9, 0), {5: 40}), factories.manager()
    session.went_ahead, session.recorded_by = "yes", by
    session.save()
    guest = factories.SchoolFactory(area=cumbria)
    said = Outcome("yes", headcounts={(host.pk, 5): 40, (guest.pk, 5): 20})
    restate(session, amending(session, said, by), why=WHY, by=by, now=NOW, schools=[host.pk, guest.pk])
    assert ["attendances", "175", "195"] in models.Restatement.objects.get(of_return=closed).figures


def test_the_same_bytes_after_amendments_renames_and_moves_of_areas(closed: models.Return, school: models.School) -> None:
    before = files(closed)
    session, by = models.Session.objects.get(day=DAY), factories.manager()
    restate(session, amending(session, outcome(session, y5=1, y6=2), by), why=WHY, by=by, now=NOW)
    models.Area.objects.update(name="Cumberland")
    models.Region.objects.update(name="The North")
    models.Authority.objects.update(name="New Council", gss=None)
    models.School.objects.update(name="Renamed")
    models.AreaAuthority.objects.all().delete()
    models.SessionType.objects.filter(slug="ks2-assembly").update(slug="assembly-for-ks2", series=True)
    models.Headcount.objects.update(pupils=999)
    assert files(closed) == before
    assert sha256("".join(before).encode()).hexdigest() == closed.digest


@pytest.mark.parametrize("undone", [False, True])
def test_the_same_bytes_after_two_volunteers_and_two_contacts_are_made_one(
    cumbria: models.Area, coordinator: models.User, school: models.School, undone: bool
) -> None:
    ann, anne = (factories.able_volunteer(cumbria, name=name) for name in ("Ann Ash", "Anne Ash"))
    sessions = list(models.Session.objects.filter(stage="delivered").order_by("pk")[:2])
    for session, person in zip(sessions, (ann, anne), strict=True):
        factories.CoverFactory(session=session, volunteer=person, role="lead", state="attended")
    pat, patt = (models.Contact.objects.create(school=school, name=name, email="p@here.example") for name in ("Pat", "Patt"))
    models.Visit.objects.filter(pk=sessions[0].visit_id).update(contact=patt)
    closed = close(sign_off(cumbria, YEAR, by=coordinator, now=NOW), by=factories.manager(), now=NOW)
    before = files(closed)
    assert anne.reference in before[1]
    merges = [merge_people(*two, chosen=(), mark=None, by=coordinator, now=NOW) for two in ((ann, anne), (pat, patt))]
    assert models.Cover.objects.filter(volunteer=ann).count() == 2
    assert models.Visit.objects.get(pk=sessions[0].visit_id).contact == pat
    if undone:
        for merge in reversed(merges):
            undo_merge(merge, by=coordinator, now=NOW)
    assert files(closed) == before
    assert sha256("".join(before).encode()).hexdigest() == closed.digest


def test_the_first_renderer_writes_what_it_always_wrote() -> None:
    rows = [["=1+1", 'Ynys Môn, "Anglesey"', "12", ""], ["-5", "'=x", "line\nbreak", "+44"]]
    written = "".join(RENDERERS[1](["a", "b", "c", "d"], rows))
    assert sha256(written.encode()).hexdigest() == "48dcd03996a15149ebd390e5c62e0ec3c3da7d7f0340efb942724804c9e833a8"
    assert written.startswith("\ufeffa,b,c,d\r\n'=1+1,")


def by_first_definitions(area: models.Area, by: models.User) -> models.Return:
    """A return that was signed off before there were three numbers of pupils."""
    signed = sign_off(area, YEAR, by=by, now=NOW)
    table = reach(YEAR, by=Cut.AUTHORITY, as_of=NOW.date(), areas=models.Area.objects.filter(pk=area.pk), definitions=1)
    signed.figures, signed.definitions = figures_kept(table), 1
    signed.save()
    signed.digest = digest_of((figures_file(signed), sessions_file(signed)))
    signed.save()
    return signed


def test_a_return_of_the_first_definitions_is_closed_by_them(cumbria: models.Area, coordinator: models.User) -> None:
    signed = by_first_definitions(cumbria, coordinator)
    before = files(signed)
    closed = close(signed, by=factories.manager(), now=NOW)
    assert (closed.is_closed, closed.definitions, files(closed)) == (True, 1, before)
    assert "definitions" not in before[0].splitlines()[0]
    assert total_of(closed.figures).keys().isdisjoint({"pupils_reached_low", "definitions"})


def test_a_restatement_of_the_first_definitions_says_what_moved_by_them(cumbria: models.Area, coordinator: models.User) -> None:
    signed = close(by_first_definitions(cumbria, coordinator), by=factories.manager(), now=NOW)
    session = models.Session.objects.get(type__slug="ks2-assembly", day=DAY)
    before, manager = files(signed), factories.manager()
    change = amending(session, outcome(session, y5=70, y6=30), manager)
    restate(session, change, why=WHY, by=manager, now=NOW)
    [restated] = signed.restatements.all()
    assert restated.figures == [["attendances", "175", "187"], ["pupils_reached", "89", "100"], *restated.figures[2:]]
    assert {column for column, *_ in restated.figures} <= {
        "attendances", "pupils_reached", "pupils_in_person", "children_reached", "coverage_percent",
    }  # fmt: skip
    assert files(signed) == before


def test_a_new_return_keeps_the_version_of_the_definitions_in_its_file(closed: models.Return) -> None:
    assert (closed.definitions, total_of(closed.figures)["definitions"], total_of(closed.figures)["pupils_reached_low"]) == (
        2, "2", "88",
    )  # fmt: skip
