"""Publishing: rounded once and frozen, so that no two public files ever give a few children away (rule 20).

The two leaks of public files that hid small numbers are in test_leaks.py.
"""

from datetime import UTC, date, datetime, time
from itertools import product
from pathlib import Path

import pytest

from schools import models
from schools.core.errors import RuleBroken
from schools.core.periods import Period
from schools.reach.actions.publishing import bundle_of, preview_publication, publish
from schools.reach.bundles import Files, zipped
from schools.reach.queries import reach
from schools.reach.rows import Cut
from tests import factories
from tests.reach.examples import delivered, worked_example
from tests.reach.published import lines, seats, signed, verified

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)
YEAR = Period.parse("2025/26")
FEW = {1, 2, 3, 4}
NUMBERS = (
    "atoms", "pupils", "reach_by_area", "reach_by_authority", "attendances_by_month_within_nation",
    "attendances_by_session_type_within_region", "attendances_by_year_group_within_nation",
)  # fmt: skip
"""Files of a bundle whose numbers are of pupils."""


@pytest.fixture
def manager() -> models.User:
    return factories.manager(name="Mo Manager")


def published(name: str, by: models.User) -> Files:
    """What publishing the period gives out."""
    return bundle_of(publish(Period.parse(name), by=by, now=NOW))


def area_with(name: str, *counts: tuple[str, date, int]) -> models.School:
    """An area of one school, with a session of so many pupils of Year 5 of each type and day."""
    school: models.School = factories.SchoolFactory(area=factories.AreaFactory(name=name))
    for number, (slug, day, pupils) in enumerate(counts):
        delivered(school, slug, day, time(9 + number % 8), {5: pupils})
    return school


def test_what_was_published_stays_whatever_comes_after_it(manager: models.User, tmp_path: Path) -> None:
    """Later periods, restated months, further years, an authority that changes its area: all bundles together are one sum."""
    school = area_with(
        "Cumbria", ("ks2-assembly", date(2025, 10, 6), 58), ("online-ks2", date(2025, 11, 3), 13), ("send", date(2026, 3, 2), 4),
        ("ks2-assembly", date(2026, 9, 7), 61),
    )  # fmt: skip
    other = area_with("Devon", ("ks2-assembly", date(2025, 10, 6), 31), ("ks2-assembly", date(2026, 3, 2), 12))
    bundles = {"autumn": published("2025-08-01..2025-12-31", manager)}
    models.Headcount.objects.filter(session__day=date(2025, 10, 6)).update(pupils=999)
    delivered(other, "ks2-assembly", date(2025, 10, 7), time(9), {5: 77})
    bundles["year"] = bundle_of(publish(YEAR, by=manager, now=NOW, despite_no_room=10_000))
    held = models.AreaAuthority.objects.get(authority=school.authority)
    held.to_day = date(2026, 7, 31)
    held.save()
    models.AreaAuthority.objects.create(
        authority=held.authority, area=models.Area.objects.get(name="Devon"), from_day=date(2026, 8, 1)
    )
    moved = {"area": models.Area.objects.get(name="Devon")}
    session = delivered(other, "ks2-assembly", date(2026, 10, 5), time(9), {5: 22}, authority=school.authority)
    session.headcounts.update(authority=school.authority, **moved)
    bundles["next"] = published("2026-08-01..2026-10-31", manager)
    bundles["both"] = published("2025-08-01..2026-10-31", manager)
    stored = {
        (a.place.code, f"{a.month:%Y-%m}", a.session_type.slug, str(a.year_group)): str(a.attendances)
        for a in models.PublishedAtom.objects.select_related("place", "session_type")
    }
    for name, files in bundles.items():
        atoms = {tuple(line.values())[:4]: line["attendances"] for line in lines(files, "atoms")}
        assert atoms.items() <= stored.items(), name
        assert verified(files, tmp_path / name)[0] == 0
    by_area = {name: seats(files, "reach_by_area", "area") for name, files in bundles.items()}
    assert by_area["autumn"]["Cumbria"] == 70
    assert by_area["year"]["Cumbria"] == 75  # 71 and then 4: the restatement of October never enters
    for area in ("Cumbria", "Devon", "TOTAL"):
        assert by_area["both"][area] == by_area["year"][area] + by_area["next"][area]


def in_no_authority(nation: str, pupils: int, roll: int) -> models.School:
    """A school in no authority, with a session for so many pupils of Year 5."""
    school: models.School = factories.SchoolFactory(nation=nation, authority=None)
    models.Roll.objects.create(school=school, academic_year=2025, year_group=5, source="register", pupils=roll)
    visit = factories.VisitFactory(school=school)
    session = factories.SessionFactory(
        visit=visit, type=models.SessionType.objects.get(slug="ks2-assembly"), day=date(2025, 10, 6), starts=time(9),
        ends=time(10), delivered=True,
    )  # fmt: skip
    factories.HeadcountFactory(session=session, school=school, year_group=5, pupils=pupils)
    return school


def test_schools_in_no_authority_are_told_in_their_own_nation(manager: models.User, tmp_path: Path) -> None:
    in_no_authority("scotland", 42, 90)
    in_no_authority("northern-ireland", 78, 64)
    factories.SchoolFactory(nation="wales", authority=None, pupils=70)
    area_with("Cumbria", ("ks2-assembly", date(2025, 10, 6), 33))
    files = published("2025/26", manager)
    code, words = verified(files, tmp_path / "bundle")
    assert code == 0, words
    numbers = ("attendances", "pupils_reached_low", "pupils_reached", "pupils_on_roll", "pupils_per_roll_percent")
    by_nation = {row["nation"]: [row[number] for number in numbers] for row in lines(files, "reach_by_nation")}
    assert by_nation["scotland"] == ["40", "40", "40", "90", "44.4"]
    assert by_nation["northern-ireland"] == ["75", "75", "75", "60", "100.0"]
    assert by_nation["wales"][:4] == ["0", "0", "0", "70"]
    [unplaced] = [row for row in lines(files, "reach_by_authority") if row["code"] == "none.none"]
    assert [unplaced[number] for number in numbers] == ["115", "115", "115", "220", "52.3"]
    assert {line["place"]: line["pupils_reached"] for line in lines(files, "pupils")}.items() >= {
        "scotland.none.none.none": "40",
        "northern-ireland.none.none.none": "75",
    }.items()


def test_pupils_without_room_in_what_was_published_are_told_and_asked_about(manager: models.User) -> None:
    """Autumn was published in Cumbria; then its sessions were found to lie in Devon, as mend_places does."""
    area_with("Cumbria", ("ks2-assembly", date(2025, 10, 6), 58), ("ks2-assembly", date(2026, 3, 2), 20))
    assert preview_publication(YEAR, by=manager, now=NOW).no_room == []
    published("2025-08-01..2025-12-31", manager)
    assert preview_publication(YEAR, by=manager, now=NOW).no_room == []
    devon = factories.AreaAuthorityFactory(area__name="Devon", authority__name="Devon County")
    to_devon = {"area": devon.area, "authority": devon.authority, "region": devon.area.region}
    models.Session.objects.filter(day=date(2025, 10, 6)).update(**to_devon)
    models.Headcount.objects.filter(session__day=date(2025, 10, 6)).update(**to_devon)
    assert preview_publication(YEAR, by=manager, now=NOW).no_room == [("Devon, Devon County", 58)]
    for agreed in (0, 57):
        with pytest.raises(RuleBroken, match="have no room in what was published: 58 of Devon, Devon County"):
            publish(YEAR, by=manager, now=NOW, despite_no_room=agreed)
    assert models.Publication.objects.count() == 1
    files = bundle_of(publish(YEAR, by=manager, now=NOW, despite_no_room=58))
    assert {row["area"]: row["pupils_reached"] for row in lines(files, "reach_by_area")}["Devon"] == "0"


def test_room_in_one_year_is_none_in_another(manager: models.User) -> None:
    """Of two years that are published together: what Devon lacks in the first it does not have in the next."""
    area_with("Cumbria", ("ks2-assembly", date(2024, 10, 7), 58))
    devon = area_with("Devon", ("ks2-assembly", date(2025, 10, 6), 100), ("workshop-5-6", date(2025, 10, 7), 100))
    for autumn in ("2024-08-01..2024-12-31", "2025-08-01..2025-12-31"):
        published(autumn, manager)
    there = models.Session.objects.filter(visit__school=devon).values("area", "authority", "region")[0]
    to_devon = {f"{place}_id": number for place, number in there.items()}
    models.Session.objects.filter(day=date(2024, 10, 7)).update(**to_devon)
    models.Headcount.objects.filter(session__day=date(2024, 10, 7)).update(**to_devon)
    years = Period.parse("2024/25..2025/26")
    assert [place.pupils for place in preview_publication(years, by=manager, now=NOW).no_room] == [58]


def test_published_numbers_taken_for_the_truth_are_published_the_same(manager: models.User) -> None:
    """With up to four more of any: whoever reads cannot tell one of these charities from another."""
    school = worked_example(area="Cumbria")
    area_with("Devon", ("ks2-assembly", date(2025, 10, 6), 33), ("ks1-assembly", date(2026, 2, 2), 8))
    first = published("2025/26", manager)
    truth = [
        (atom.place.area_id, atom.month, atom.session_type.slug, atom.year_group, atom.attendances)
        for atom in models.PublishedAtom.objects.select_related("place", "session_type")
    ]
    hosts = {
        models.Area.objects.get(name="Cumbria").pk: school,
        models.Area.objects.get(name="Devon").pk: models.School.objects.get(headcounts__session__day=date(2026, 2, 2)),
    }
    atoms_before = first["atoms.csv"]
    for more in range(5):
        for table in (models.PublishedAtom, models.PublishedPupils, models.PublishedPlace, models.Publication):
            table.objects.all().delete()
        models.Headcount.objects.all().delete()
        models.Session.objects.all().delete()
        for number, (area, month, slug, group, pupils) in enumerate(truth):
            delivered(hosts[area or 0], slug, month, time(9 + number % 8), {group: pupils + (more if number == more else 0)})
        assert published("2025/26", manager)["atoms.csv"] == atoms_before


def test_only_sums_of_stored_numbers_move_with_a_count(manager: models.User) -> None:
    """Two charities that differ in a count by less than is hidden give out the same files, byte for byte."""

    def charity(pupils: int) -> Files:
        for table in (models.PublishedAtom, models.PublishedPupils, models.PublishedPlace, models.Publication):
            table.objects.all().delete()
        models.Headcount.objects.filter(year_group=6).update(pupils=pupils)
        return published("2025/26", manager)

    school = area_with("Cumbria", ("ks2-assembly", date(2025, 10, 6), 50))
    delivered(school, "ks2-assembly", date(2025, 10, 13), time(9), {6: 10})
    assert len({tuple(charity(pupils).items()) for pupils in (10, 11, 14)}) == 1
    assert charity(10) != charity(15)


def test_a_public_table_says_the_figures_that_may_be_public_and_no_others(manager: models.User) -> None:
    worked_example(area="Cumbria")
    files = published("2025/26", manager)
    for cut in ("area", "authority", "region", "nation"):
        [row, total] = lines(files, f"reach_by_{cut}")
        for never in (
            "children",
            "high",
            "estimated_",
            "attendances_estimated",
            "counts_missing",
            "whole_programme",
            "not_counted",
            "online",
            "adults",
        ):
            assert not any(never in column for column in row if column != "schools_online_only"), never
        assert (row["attendances"], row["pupils_reached"], row["pupils_reached_low"]) == ("175", "85", "85")
        assert (row["sessions_delivered"], row["schools_visited"]) == ("4", "1")
        assert total[cut] == "TOTAL"
        assert total["code"] == "total"


def test_pupils_are_public_of_whole_school_years_alone(manager: models.User) -> None:
    worked_example(area="Cumbria")
    autumn = lines(published("2025-08-01..2025-12-31", manager), "reach_by_area")[0]
    assert (autumn["attendances"], autumn["pupils_reached"], autumn["pupils_per_roll_percent"]) == ("175", "", "")
    financial = published("FY2025", manager)
    assert lines(financial, "pupils") == []
    assert lines(published("2025/26", manager), "pupils")[0]["pupils_reached"] == "85"


def test_pupils_are_never_more_than_the_published_attendances(manager: models.User) -> None:
    """Also where more was counted after the months were published."""
    school = area_with("Cumbria", ("ks2-assembly", date(2025, 10, 6), 23))
    published("2025-08-01..2025-12-31", manager)
    delivered(school, "ks2-assembly", date(2025, 10, 7), time(9), {4: 300})
    [row, _] = lines(bundle_of(publish(YEAR, by=manager, now=NOW, despite_no_room=303)), "reach_by_area")
    assert (row["attendances"], row["pupils_reached_low"], row["pupils_reached"]) == ("20", "20", "20")


@pytest.mark.parametrize(
    ("period", "sentence"),
    [
        ("2026/27", "2026/27 ends on Sat 31 July 2027. Publish it once it is over."),
        ("2026-11-01..2026-11-30", "ends on Mon 30 November 2026. Publish it once it is over."),
        (
            "2025-09-08..2025-12-19",
            "Only whole months are published, because each is rounded and frozen as a whole. Choose 2025-09-01..2025-12-31.",
        ),
        ("2010/11..2025/26", "At most 10 school years are published together."),
    ],
)
def test_a_period_that_cannot_be_published_is_refused_and_nothing_is_done(
    period: str, sentence: str, manager: models.User
) -> None:
    with pytest.raises(RuleBroken, match=sentence.replace("(", r"\(")):
        publish(Period.parse(period), by=manager, now=NOW)
    assert not models.Publication.objects.exists()
    assert not models.PublishedPlace.objects.exists()


def test_only_a_manager_publishes() -> None:
    by = factories.coordinator_of(factories.AreaFactory())
    with pytest.raises(RuleBroken, match="Only a manager publishes"):
        publish(YEAR, by=by, now=NOW)


def test_whoever_publishes_is_told_how_many_outcomes_are_missing_and_asked(manager: models.User) -> None:
    school = worked_example(area="Cumbria")
    for hour in (9, 11):
        delivered(school, "ks2-assembly", date(2026, 5, 4), time(hour), {5: None}, delivered=False)
    assert preview_publication(YEAR, by=manager, now=NOW).unreported.sessions == 2
    for agreed in (0, 1):
        with pytest.raises(RuleBroken, match="2 sessions for pupils in 2025/26 are not reported"):
            publish(YEAR, by=manager, now=NOW, despite_missing=agreed)
    assert not models.Publication.objects.exists()
    publication = publish(YEAR, by=manager, now=NOW, despite_missing=2)
    assert publication.outcomes_missing == 2
    assert "2 sessions for pupils in the period had not been reported" in bundle_of(publication)["method.md"].decode().replace(
        "\n", " "
    )


def test_what_an_earlier_renderer_published_keeps_its_words(manager: models.User) -> None:
    worked_example(area="Cumbria")
    publication = publish(YEAR, by=manager, now=NOW)
    new, mended = bundle_of(publication)["method.md"].decode(), "than the largest headcount where that is more"
    publication.renderer = 1
    first = bundle_of(publication)["method.md"].decode()
    assert (mended in new, mended in first) == (True, False)
    assert "never more than the exact roll. *At least*" in first


def test_a_period_is_published_once_and_its_bytes_stay(manager: models.User) -> None:
    school = worked_example(area="Cumbria")
    publication = publish(YEAR, by=manager, now=NOW)
    before = zipped(bundle_of(publication), "bundle")
    with pytest.raises(RuleBroken, match=r"2025/26 was published on 24 November 2026 by Mo Manager\. What was published stays"):
        publish(YEAR, by=manager, now=NOW)
    delivered(school, "ks2-assembly", date(2026, 6, 1), time(9), {5: 90})
    models.Area.objects.update(name="Westmorland")
    models.Charity.objects.update(name="Another")
    publish(Period.parse("2024/25..2025/26"), by=manager, now=NOW)
    publication.refresh_from_db()
    assert zipped(bundle_of(publication), "bundle") == before


def test_verify_finds_everything_equal_and_any_changed_number_unequal(manager: models.User, tmp_path: Path) -> None:
    worked_example(area="Cumbria")
    area_with("Devon", ("ks2-assembly", date(2025, 10, 6), 33), ("online-ks2", date(2026, 2, 2), 8))
    files = published("2025/26", manager)
    assert verified(files, tmp_path / "right") == (0, verified(files, tmp_path / "again")[1])
    # A changed byte of any file is found by its checksum; of a number also where the list of checksums was forged.
    for name in files:
        changed = {**files, name: files[name][:-3] + bytes([files[name][-3] ^ 1]) + files[name][-2:]}
        assert verified(changed, tmp_path / f"byte-{name}")[0] == 1, name
    for name, old, new in (
        ("atoms", b"5,25\r", b"5,30\r"),
        ("pupils", b",85", b",80"),
        ("reach_by_area", b",175,", b",170,"),
        ("atoms", b"2025-10", b"2025-11"),
        ("rolls", b"0\r", b"5\r"),
    ):
        content = files[f"{name}.csv"]
        if old in content:
            forged = signed({**files, f"{name}.csv": content.replace(old, new, 1)})
            code, told = verified(forged, tmp_path / f"forged-{name}-{old.hex()}")
            assert code == 1, (name, old)
            assert "NOT EQUAL" in told


def test_on_the_first_day_with_nothing_the_files_are_there_and_empty(manager: models.User, tmp_path: Path) -> None:
    files = published("2025/26", manager)
    assert [row["attendances"] for row in lines(files, "reach_by_area")] == ["0"]
    assert verified(files, tmp_path / "empty")[0] == 0


def test_counts_of_schools_and_sessions_are_exact(manager: models.User) -> None:
    worked_example(area="Cumbria")
    area_with("Devon", ("ks2-assembly", date(2025, 10, 6), 3))
    files = published("2025/26", manager)
    table = reach(YEAR, by=Cut.AREA, as_of=NOW.date())
    exact = {
        row.area: (str(row.schools_visited), str(row.sessions_delivered), str(row.schools_in_area))
        for row in [*table.rows, table.total]
    }
    assert exact == {
        row["area"]: (row["schools_visited"], row["sessions_delivered"], row["schools_in_area"])
        for row in lines(files, "reach_by_area")
    }


def test_no_difference_of_any_two_published_numbers_is_a_few(manager: models.User) -> None:
    school = worked_example(area="Cumbria")
    for month, pupils in ((9, 3), (11, 1), (12, 2)):
        delivered(school, "online-ks2", date(2025, month, 1), time(13), {4: pupils})
    bundles = [published(name, manager) for name in ("2025-09-01..2025-10-31", "2025-08-01..2025-12-31", "2025/26", "FY2025")]
    rows = [row for files in bundles for name in NUMBERS for row in lines(files, name)]
    for column in ("attendances", "pupils_reached", "pupils_reached_low"):
        told = {int(row[column]) for row in rows if row.get(column)}
        assert told
        assert not {abs(one - other) for one, other in product(told, repeat=2)} & FEW


@pytest.mark.parametrize("typed", ["2025-08-01..2026-07-31", "2025/26..2025/26"])
def test_a_school_year_that_is_typed_by_its_days_is_published_as_that_year(manager: models.User, typed: str) -> None:
    area_with("Cumbria", ("ks2-assembly", date(2025, 10, 6), 30))
    publication = publish(Period.parse(typed), by=manager, now=NOW, despite_no_room=10_000)
    assert publication.period == "2025/26"
