"""What looks wrong: each kind once, and what is confirmed stays so only while the rows behind it do."""

from datetime import UTC, date, datetime, time
from itertools import combinations
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from schools import models
from schools.core.errors import RuleBroken
from schools.core.periods import AcademicYear
from schools.delivery.actions import amend, record
from schools.delivery.queries import Outcome
from schools.reach.actions import confirm, withdraw_confirmation
from schools.reach.queries.doubt_lines import Doubt
from schools.reach.queries.doubts import doubts, sessions_in_doubt
from tests import factories

YEAR = AcademicYear(2026)
ON = date(2026, 11, 24)


@pytest.fixture
def area(db: None) -> models.Area:
    return factories.AreaFactory(name="Cumberland")


def delivered(
    area: models.Area, *, covered: bool = True, school: models.School | None = None, **headcount: int
) -> models.Session:
    school = school or factories.SchoolFactory(area=area)
    place = {"area": area, "region": area.region, "authority": school.authority}
    session: models.Session = factories.SessionFactory(visit__school=school, day=date(2026, 11, 3), delivered=True, **place)
    factories.HeadcountFactory(session=session, **place, **headcount)
    if covered:
        factories.CoverFactory(session=session, state="attended")
    return session


def found() -> list[Doubt]:
    return doubts(YEAR, as_of=ON)


def kinds() -> list[str]:
    return [one.kind.value for one in found()]


def test_nothing_looks_wrong_in_plain_data(area: models.Area) -> None:
    session = delivered(area, expected=30, pupils=29, year_group=5)
    models.Roll.objects.create(school=session.visit.school, academic_year=2026, year_group=5, pupils=30, source="coordinator")
    assert found() == []


def school_says(session: models.Session, number: int | str, *, minute: int = 0, **fields: Any) -> None:
    """The school's own number of the session's year group."""
    at = datetime(2026, 11, 4, 9, minute, tzinfo=UTC)
    count = session.headcounts.get()
    about = {"visit": session.visit, "school": count.school, "session": session, "year_group": count.year_group}
    answer = {**about, "item": "counted", "words": str(number), "given_by": "Jo", "at": at, "state": "taken", **fields}
    models.SchoolAnswer.objects.create(**answer)


@pytest.mark.parametrize(("number", "looks_wrong"), [(40, False), (41, True), (20, False), (19, True), (0, True), ("", False)])
def test_the_schools_own_number_may_differ_by_ten_pupils(area: models.Area, number: int | str, looks_wrong: bool) -> None:
    session = delivered(area, expected=30, pupils=30, year_group=5)
    school_says(session, number)
    assert kinds() == (["school"] if looks_wrong else [])
    assert list(sessions_in_doubt(models.Session.objects.all(), on=ON)) == ([session] if looks_wrong else [])


def test_the_latest_word_of_the_school_counts_and_our_correction_ends_the_doubt(area: models.Area) -> None:
    session = delivered(area, expected=30, pupils=30, year_group=5)
    school_says(session, 12)
    (doubt,) = found()
    assert (doubt.words, doubt.session) == (f"{session.name}: 30 in Year 5 (the school says 12).", session.pk)
    assert [(count.year_group, count.pupils) for count in doubt.counts] == [(5, 30)]
    confirm(doubt, reason="We counted twice.", by=factories.manager(), now=datetime(2026, 11, 24, 9, 0, tzinfo=UTC))
    assert list(sessions_in_doubt(models.Session.objects.all(), on=ON)) == []
    school_says(session, 13, minute=1, state="open")
    assert [each.confirmed for each in found()] == [None], "they say something else now"
    session.headcounts.update(pupils=14)
    assert "school" not in kinds()


def test_what_nobody_here_counted_is_far_from_no_number(area: models.Area) -> None:
    session = delivered(area, expected=30, year_group=5)
    session.headcounts.update(pupils=None)
    school_says(session, 12)
    assert "school" not in kinds()


@pytest.mark.parametrize(("pupils", "looks_wrong"), [(33, False), (34, True)])
def test_one_type_may_have_a_tenth_more_pupils_than_the_roll(area: models.Area, pupils: int, looks_wrong: bool) -> None:
    session = delivered(area, expected=30, pupils=pupils, year_group=5)
    models.Roll.objects.create(school=session.visit.school, academic_year=2026, year_group=5, pupils=30, source="coordinator")
    assert kinds() == (["roll"] if looks_wrong else [])


@pytest.mark.parametrize(("pupils", "looks_wrong"), [(45, False), (46, True)])
def test_one_type_may_have_half_as_many_pupils_again_as_the_share_of_the_registers_total(
    area: models.Area, pupils: int, looks_wrong: bool
) -> None:
    school = factories.SchoolFactory(area=area, pupils=210, low_age=4, high_age=11)  # 30 a year group
    delivered(area, school=school, expected=pupils, pupils=pupils, year_group=5)
    assert kinds() == (["roll"] if looks_wrong else [])
    if looks_wrong:
        assert "46 pupils of Year 5" in found()[0].words
        assert found()[0].words.endswith("each told as new, but about 30 by their share of the 210 in its register.")


@pytest.mark.parametrize(("pupils", "looks_wrong"), [(35, False), (36, True)])
def test_one_type_never_has_more_pupils_than_the_whole_school(area: models.Area, pupils: int, looks_wrong: bool) -> None:
    school = factories.SchoolFactory(area=area, pupils=70, low_age=7, high_age=9)  # 35 a year group: half as many again is 52
    for group in (3, 4):
        delivered(area, school=school, expected=pupils, pupils=pupils, year_group=group)
    assert kinds() == (["roll"] if looks_wrong else [])
    if looks_wrong:
        assert found()[0].words.endswith("but 70 in the whole school by its register.")
        assert [count.pupils for count in found()[0].counts] == [36, 36]


def test_an_exact_roll_of_a_year_group_comes_before_its_share(area: models.Area) -> None:
    school = factories.SchoolFactory(area=area, pupils=210, low_age=4, high_age=11)
    models.Roll.objects.create(school=school, academic_year=2026, year_group=5, pupils=60, source="coordinator")
    delivered(area, school=school, expected=60, pupils=60, year_group=5)
    assert kinds() == []


@pytest.mark.parametrize(("pupils", "looks_wrong"), [(45, False), (46, True), (15, False), (14, True)])
def test_counts_far_from_expected(area: models.Area, pupils: int, looks_wrong: bool) -> None:
    delivered(area, expected=30, pupils=pupils)
    assert kinds() == (["expected"] if looks_wrong else [])


def test_delivered_by_nobody(area: models.Area) -> None:
    session = delivered(area, covered=False, expected=30, pupils=30)
    assert [(one.kind, one.session, one.area) for one in found()] == [("no_cover", session.pk, area.pk)]


@pytest.mark.parametrize(("day", "looks_wrong"), [(date(2026, 11, 16), True), (date(2026, 11, 17), False)])
def test_an_outcome_is_asked_for_here_after_a_week(area: models.Area, day: date, looks_wrong: bool) -> None:
    factories.SessionFactory(visit__school=factories.SchoolFactory(area=area), day=day)
    assert kinds() == (["no_outcome"] if looks_wrong else [])


def test_one_person_at_two_sessions_at_once(area: models.Area) -> None:
    person = factories.VolunteerFactory()
    for starts, ends in ((time(9), time(10)), (time(9, 30), time(10, 30)), (time(10, 30), time(11))):
        session = factories.SessionFactory(
            visit__school=factories.SchoolFactory(area=area), day=date(2026, 12, 1), starts=starts, ends=ends
        )
        factories.CoverFactory(session=session, volunteer=person, state="accepted")
    assert kinds() == ["overlap"]


@pytest.mark.parametrize("seed", range(3))
def test_each_two_sessions_of_somebody_that_overlap_are_a_doubt_however_their_day_lies(area: models.Area, seed: int) -> None:
    some = Random(seed)  # noqa: S311  # no secret
    people = [factories.VolunteerFactory(), factories.VolunteerFactory()]
    school = factories.SchoolFactory(area=area)
    covers = []
    for _ in range(40):
        starts, minutes = some.randrange(9 * 60, 14 * 60, 15), some.choice([15, 30, 60, 180])
        times = {"starts": of_minutes(starts), "ends": of_minutes(starts + minutes)}
        day = date(2026, 12, some.choice([1, 2]))
        session = factories.SessionFactory(visit__school=school, day=day, **times)
        covers.append(
            factories.CoverFactory(
                session=session, volunteer=some.choice(people), state=some.choice(["accepted", "accepted", "offered"])
            )
        )
    sure = [cover for cover in covers if cover.state == "accepted"]
    naive = {
        frozenset((first.session_id, second.session_id))
        for first, second in combinations(sure, 2)
        if (first.volunteer_id, first.session.day) == (second.volunteer_id, second.session.day)
        if first.session.starts < second.session.ends and second.session.starts < first.session.ends
    }
    said = [doubt.subject for doubt in found() if doubt.kind == "overlap"]
    assert len(said) == len(naive) > 5
    assert {frozenset(map(int, subject.split(":")[1:])) for subject in said} == naive


def of_minutes(minutes: int) -> time:
    return time(*divmod(minutes, 60))


def test_a_double_booking_across_two_areas_is_a_doubt_of_both_and_one_for_who_reads_both(
    area: models.Area, now: datetime
) -> None:
    person, other = factories.VolunteerFactory(), factories.AreaFactory(name="Devon")
    sessions = [
        factories.SessionFactory(
            visit__school=factories.SchoolFactory(area=place), day=date(2026, 12, 1), starts=starts, ends=time(10, 30)
        )
        for place, starts in ((area, time(9)), (other, time(9, 30)))
    ]
    for session in sessions:
        factories.CoverFactory(session=session, volunteer=person, state="accepted")
    [mine], [theirs], [whole] = (
        doubts(YEAR, as_of=ON, areas=areas)
        for areas in (models.Area.objects.filter(pk=area.pk), models.Area.objects.filter(pk=other.pk), None)
    )
    assert [(one.area, one.session) for one in (mine, theirs, whole)] == [
        (area.pk, sessions[0].pk), (other.pk, sessions[1].pk), (area.pk, sessions[0].pk),
    ]  # fmt: skip
    # Whoever says that it is right has said so for both.
    said = confirm(theirs, reason="They hand over half-way.", by=factories.manager(), now=now)
    assert [one.confirmed for one in doubts(YEAR, as_of=ON, areas=models.Area.objects.filter(pk=area.pk))] == [said]


def test_a_school_that_closed_and_another_at_its_postcode(area: models.Area) -> None:
    old = factories.SchoolFactory(area=area, status="closed", closed=date(2026, 8, 31), postcode="CA1 1AA")
    new = factories.SchoolFactory(area=area, authority=old.authority, opened=date(2026, 9, 1), postcode="CA1 1AA")
    assert kinds() == ["chain"]
    models.School.objects.filter(pk__in=[old.pk, new.pk]).update(chain=old.pk, lineage=old.pk)
    assert kinds() == []


def test_what_is_confirmed_stays_so_while_the_rows_are_the_same(area: models.Area, now: datetime) -> None:
    session = delivered(area, expected=30, pupils=60)
    by = factories.manager()
    with pytest.raises(RuleBroken):
        confirm(found()[0], reason=" ", by=by, now=now)
    said = confirm(found()[0], reason="Two classes came.", by=by, now=now)
    assert [one.confirmed for one in found()] == [said]
    assert not sessions_in_doubt(models.Session.objects.all(), on=ON).exists()

    session.headcounts.update(pupils=61)
    assert [one.confirmed for one in found()] == [None]
    assert list(sessions_in_doubt(models.Session.objects.all(), on=ON)) == [session]

    again = confirm(found()[0], reason="Counted again.", by=by, now=now)
    assert models.Confirmed.objects.get() == again
    withdraw_confirmation(again)
    assert [one.confirmed for one in found()] == [None]


def test_areas_see_their_own(area: models.Area) -> None:
    elsewhere = factories.AreaFactory(name="Northamptonshire")
    delivered(area, covered=False, expected=30, pupils=60)
    delivered(elsewhere, covered=False, expected=30, pupils=60)
    mine = doubts(YEAR, as_of=ON, areas=models.Area.objects.filter(pk=area.pk))
    assert {one.area for one in mine} == {area.pk}
    assert len(mine) == 2


def entered(
    session: models.Session, pupils: int, *, by: models.User, sure: bool, version: int | None = None, **other: Any
) -> None:
    """Somebody says that so many children of Year 5 came, and answers the question about the number if there is one."""
    key = (session.visit.school_id, 5)
    there = frozenset(session.covers.values_list("pk", flat=True))
    outcome = Outcome("yes", headcounts={key: pupils}, attended=there, sure_of={key: pupils} if sure else {}, **other)
    at = datetime(2026, 11, 3, 15, 30 + (version or 0), tzinfo=UTC)
    if version is None:
        record(session, outcome, key=uuid4(), by=by, now=at)
    else:
        amend(session, outcome, key=uuid4(), version=version, by=by, now=at)


def known_as(name: str, area: models.Area) -> models.User:
    user = factories.able_volunteer(area, signs_in=True, name=name).user
    assert user is not None
    user.name = name
    user.save()
    return user


@pytest.fixture
def margaret(area: models.Area) -> models.User:
    return known_as("Margaret Hill", area)


@pytest.fixture
def asha(area: models.Area) -> models.User:
    return known_as("Asha Rahman", area)


@pytest.fixture
def to_tell(area: models.Area, margaret: models.User, asha: models.User) -> models.Session:
    """A session of 3 November of which nobody has told yet: Margaret and Asha were there, 30 children were expected."""
    session: models.Session = factories.SessionFactory(
        visit__school=factories.SchoolFactory(area=area), day=date(2026, 11, 3), starts=time(9, 15)
    )
    factories.HeadcountFactory(session=session, year_group=5, expected=30)
    for user in (margaret, asha):
        factories.CoverFactory(session=session, volunteer=user.volunteer, state="accepted")
    return session


CONFIRMED_BY_MARGARET = "900 in Year 5 was confirmed when it was entered, on Tue 3 November 2026 by Margaret Hill."


def test_a_doubt_says_that_its_count_was_confirmed_when_it_was_entered(
    to_tell: models.Session, margaret: models.User, asha: models.User
) -> None:
    entered(to_tell, 900, by=margaret, sure=True)
    models.Roll.objects.create(school=to_tell.visit.school, academic_year=2026, year_group=5, pupils=30, source="coordinator")
    assert [(one.kind, one.entered) for one in found()] == [
        ("roll", (CONFIRMED_BY_MARGARET,)),
        ("expected", (CONFIRMED_BY_MARGARET,)),
    ]
    # Whoever corrects something else leaves the word with her who gave it; another number takes it away.
    entered(to_tell, 900, by=asha, sure=True, version=1, adults=3)
    assert {one.entered for one in found()} == {(CONFIRMED_BY_MARGARET,)}
    entered(to_tell, 90, by=asha, sure=False, version=2)
    assert {one.entered for one in found()} == {()}
    entered(to_tell, 900, by=asha, sure=True, version=3)
    assert {one.entered for one in found()} == {(CONFIRMED_BY_MARGARET.replace("Margaret Hill", "Asha Rahman"),)}


def test_a_count_that_was_changed_since_was_not_confirmed(to_tell: models.Session, margaret: models.User) -> None:
    entered(to_tell, 900, by=margaret, sure=True)
    to_tell.headcounts.update(pupils=901)
    assert [(one.kind, one.entered) for one in found()] == [("expected", ())]


def test_a_count_that_nobody_confirmed_says_nothing(to_tell: models.Session, margaret: models.User) -> None:
    entered(to_tell, 900, by=margaret, sure=False)
    assert [(one.kind, one.entered) for one in found()] == [("expected", ())]


def test_a_share_of_one_total_is_not_said_to_be_a_count_that_was_confirmed(
    to_tell: models.Session, margaret: models.User
) -> None:
    entered(to_tell, 900, by=margaret, sure=True, count_basis="spread")
    [[words]] = [one.entered for one in found()]
    assert words == CONFIRMED_BY_MARGARET.replace("Year 5 was", "Year 5, with a share of one number for several year groups, was")


@pytest.mark.parametrize("how_many", [1, 3])
def test_the_doubts_cost_the_same_however_many_counts_were_confirmed(
    how_many: int, area: models.Area, margaret: models.User, django_assert_num_queries: Any
) -> None:
    for number in range(how_many):
        school = factories.SchoolFactory(area=area)
        session = factories.SessionFactory(
            visit__school=school, day=date(2026, 11, 3), starts=time(8 + number, 15), ends=time(9 + number)
        )
        factories.HeadcountFactory(session=session, year_group=5, expected=30)
        factories.CoverFactory(session=session, volunteer=margaret.volunteer, state="accepted")
        entered(session, 900, by=margaret, sure=True)
    with django_assert_num_queries(14):
        assert len(found()) == how_many
