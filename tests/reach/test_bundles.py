"""Closed returns as folders that anybody can check: verify.py counts every figure again, and finds any changed byte."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from hashlib import sha256
from pathlib import Path

import pytest
from django.db import transaction
from hypothesis import given, settings

from schools import models
from schools.core.periods import Period
from schools.reach.actions import bundle_of, close, figures_file, sessions_file, sign_off
from schools.reach.bundle_files import verify_return_1
from schools.reach.bundles import FILES, WORDS_OF_RETURNS, Files, write_folder, zipped
from schools.reach.figures import FILE_FIGURES
from schools.reach.queries.evidence import FILES as EVIDENCE
from tests import factories
from tests.profiles import examples
from tests.reach.examples import delivered, place_of, worked_example
from tests.reach.histories import LAST, histories
from tests.reach.naive import History
from tests.reach.published import lines, signed, verified
from tests.reach.stored import Country

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)
YEAR = Period.parse("2025/26")


def closed(area: models.Area, period: Period = YEAR) -> models.Return:
    by = factories.manager()
    return close(sign_off(area, period, by=by, now=NOW), by=by, now=NOW)


def busy_area() -> models.Area:
    """An area with guests, adults, an online session, missing counts, rolls, and a school that moved in."""
    school = worked_example(area="Cumbria")
    area = models.Area.objects.get(name="Cumbria")
    guest = factories.SchoolFactory(area=area, pupils=210)
    host = factories.SchoolFactory(area=factories.AreaFactory(name="Devon"))
    hosted = delivered(host, "ks2-assembly", date(2025, 11, 3), time(9), {5: 40}, adults=3)
    factories.HeadcountFactory(session=hosted, school=guest, year_group=5, pupils=20, **place_of(guest))
    talk = delivered(school, "parents", date(2025, 11, 4), time(18), {}, adults=14)
    factories.CoverFactory(session=talk, volunteer=factories.VolunteerFactory(), state="attended", role="lead")
    delivered(school, "online-ks2", date(2025, 12, 1), time(9), {4: 33, 5: None})
    delivered(guest, "ks1-assembly", date(2026, 1, 12), time(9), {})
    delivered(guest, "ks2-assembly", date(2026, 5, 4), time(9), {4: None}, delivered=False)
    delivered(school, "send", date(2026, 2, 2), time(9), {6: 5}, count_basis="spread")
    models.Roll.objects.create(school=guest, academic_year=2025, year_group=4, source="coordinator", pupils=31)
    return area


def test_verify_counts_every_figure_again(tmp_path: Path) -> None:
    files = bundle_of(closed(busy_area()))
    code, words = verified(files, tmp_path / "bundle")
    assert code == 0, words
    assert "Everything is equal." in words
    assert "the whole area: 27 of 27 figures are equal" in words


def test_a_school_of_which_one_year_group_is_known_counts_in_no_roll_and_no_coverage(tmp_path: Path) -> None:
    area = busy_area()
    partly = factories.SchoolFactory(area=area, pupils=None)
    delivered(partly, "ks2-assembly", date(2026, 3, 2), time(9), {5: 25})
    of_nobody = bundle_of(sign_off(area, YEAR, by=factories.manager(), now=NOW))
    models.Roll.objects.create(school=partly, academic_year=2025, year_group=5, source="list", pupils=26)
    files = bundle_of(sign_off(area, YEAR, by=factories.manager(), now=NOW))
    code, words = verified(files, tmp_path / "bundle")
    assert code == 0, words
    for name in ("pupils_on_roll", "coverage_percent"):
        assert lines(files, "figures")[-1][name] == lines(of_nobody, "figures")[-1][name] != ""


def test_a_return_says_where_one_total_covers_a_school_of_another_area_too(tmp_path: Path) -> None:
    school = worked_example(area="Cumbria")
    guest = factories.SchoolFactory(area=factories.AreaFactory(name="Devon"))
    shared = delivered(school, "ks2-assembly", date(2025, 11, 3), time(9), {4: 100}, count_basis="spread")
    factories.HeadcountFactory(session=shared, school=guest, year_group=4, pupils=40, **place_of(guest))
    own = delivered(school, "ks2-assembly", date(2025, 11, 4), time(9), {4: 40}, count_basis="spread")
    at_least = []
    for name, host_is_there in (("Cumbria", True), ("Devon", False)):
        files = bundle_of(sign_off(models.Area.objects.get(name=name), YEAR, by=factories.manager(), now=NOW))
        code, words = verified(files, tmp_path / name)
        assert code == 0, words
        of_basis = {line["day"]: line["count_basis"] for line in lines(files, "sessions") if line["count_basis"] != "counted"}
        assert of_basis == {str(shared.day): "together"} | ({str(own.day): "spread"} if host_is_there else {})
        at_least.append(lines(files, "figures")[-1]["pupils_reached_low"])
    # The largest headcounts of the worked example are more than the 40 of the host alone; of the guest nothing is certain.
    assert at_least == [str(58 + 30), "0"]


def test_a_booked_guest_of_which_nobody_came_makes_no_total_of_several_schools(tmp_path: Path) -> None:
    school = worked_example(area="Cumbria")
    area = models.Area.objects.get(name="Cumbria")
    guest = factories.SchoolFactory(area=area)
    shared = delivered(school, "ks2-assembly", date(2025, 11, 3), time(9), {4: 100}, count_basis="spread")
    factories.HeadcountFactory(session=shared, school=guest, year_group=4, pupils=0, **place_of(guest))
    files = bundle_of(sign_off(area, YEAR, by=factories.manager(), now=NOW))
    code, words = verified(files, tmp_path / "bundle")
    assert code == 0, words
    assert {line["count_basis"] for line in lines(files, "sessions") if line["day"] == str(shared.day)} == {"spread"}


def test_pupils_of_another_authority_at_a_session_for_adults_belong_to_no_row(tmp_path: Path) -> None:
    area = busy_area()
    school = factories.SchoolFactory(area=area)
    talk = delivered(school, "parents", date(2025, 11, 5), time(18), {}, adults=3)
    elsewhere = factories.AuthorityFactory()
    factories.HeadcountFactory(session=talk, school=school, year_group=4, pupils=None, area=area, authority=elsewhere)
    code, words = verified(bundle_of(closed(area)), tmp_path / "bundle")
    assert code == 0, words


@settings(deadline=None, max_examples=examples(12))
@given(history=histories())
def test_verify_counts_any_history_again(tmp_path_factory: pytest.TempPathFactory, history: History) -> None:
    with transaction.atomic():
        areas = Country(history).areas
        folder = tmp_path_factory.mktemp("history")
        for name, area in areas.items():
            files = bundle_of(sign_off(area, Period(history.first_day, LAST, "2025/26"), by=factories.manager(), now=NOW))
            write_folder(files, folder / name)
            assert verify_return_1.main(folder / name) == 0
        transaction.set_rollback(True)


def test_a_changed_number_is_found_also_where_the_checksums_were_forged(tmp_path: Path) -> None:
    files = bundle_of(closed(busy_area()))
    for name, content in files.items():
        changed = {**files, name: content[:-3] + bytes([content[-3] ^ 1]) + content[-2:]}
        assert verified(changed, tmp_path / f"byte-{name}")[0] == 1, name
    forged: list[tuple[str, bytes, bytes]] = [
        ("sessions", b",58,", b",57,"),
        ("figures", b",233,", b",234,"),
        ("schools", b",31,", b",32,"),
        ("rolls", b",4,31", b",4,30"),
        ("unreported", b",2025,4", b",2025,3"),
        ("lines", b",yes,0,", b",yes,1,"),
    ]
    for name, old, new in forged:
        content = files[f"{name}.csv"]
        assert old in content, name
        code, words = verified(signed({**files, f"{name}.csv": content.replace(old, new, 1)}), tmp_path / f"forged-{name}")
        assert (code, "NOT EQUAL" in words) == (1, True), name


def test_the_files_of_a_bundle_are_those_that_were_always_sent_and_stay(tmp_path: Path) -> None:
    one = closed(busy_area())
    files = bundle_of(one)
    assert files["figures.csv"].decode() == "".join(figures_file(one))
    assert files["sessions.csv"].decode() == "".join(sessions_file(one))
    before = zipped(files, "bundle")
    models.School.objects.update(name="Another", chain=None, lineage=None)
    models.Roll.objects.all().delete()
    models.Headcount.objects.update(pupils=9)
    one.refresh_from_db()
    assert zipped(bundle_of(one), "bundle") == before


@pytest.mark.parametrize("is_from_before_they_were_kept", [False, True])
def test_the_words_of_a_closed_return_stay_those_that_it_was_signed_off_by(
    monkeypatch: pytest.MonkeyPatch, *, is_from_before_they_were_kept: bool
) -> None:
    one = closed(busy_area())
    if is_from_before_they_were_kept:
        one.figures = {name: one.figures[name] for name in ("columns", "rows")}
        one.save()
    before = bundle_of(one)
    reworded = [replace(figure, heading="Reworded", definition="Says something else.") for figure in FILE_FIGURES]
    monkeypatch.setattr("schools.reach.bundles.FILE_FIGURES", reworded)
    for name, columns in EVIDENCE.items():
        monkeypatch.setitem(EVIDENCE, name, ("renamed", *columns[1:]))
    one.refresh_from_db()
    assert bundle_of(one) == before
    assert "Reworded" not in before["csv-metadata.json"].decode()
    later = bundle_of(closed(one.area, Period.parse("2024/25")))
    assert "Reworded" in later["csv-metadata.json"].decode()


def test_the_words_of_returns_that_kept_none_are_never_changed() -> None:
    """A reworded figure is written into new returns; what these say stays in its file, byte for byte."""
    content = (FILES / WORDS_OF_RETURNS).read_bytes()
    assert sha256(content).hexdigest() == "db7c82b6bdcb6940a3deff704a62bd6783c8774a9500dd149c6651f30e6c433e"


def test_a_return_of_the_first_definitions_has_what_was_kept_of_it(tmp_path: Path) -> None:
    one = closed(busy_area())
    models.Return.objects.update(definitions=1, evidence=None)
    one.refresh_from_db()
    files: Files = bundle_of(one)
    assert {name for name in files if name.endswith(".csv")} == {"figures.csv", "sessions.csv"}
    code, words = verified(files, tmp_path / "old")
    assert code == 0, words
    assert "only attendances can be counted again" in words


def test_schools_stand_with_their_chain_lineage_and_roll() -> None:
    area = busy_area()
    school = models.School.objects.exclude(chain=None).earliest("pk")
    models.School.objects.filter(pk=school.pk).update(pupils=420)
    models.Roll.objects.create(school=school, academic_year=2025, year_group=5, source="list", pupils=61)
    [line] = [line for line in lines(bundle_of(closed(area)), "schools") if line["school"].endswith(school.register_id)]
    assert (line["chain"], line["lineage"]) == (str(school.chain), str(school.lineage))
    assert line["roll_5"] == "61"
    assert line["stands_in_row"]
