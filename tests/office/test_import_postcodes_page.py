"""A list of postcodes by the page: counted, shown by examples, and applied exactly as it was counted."""

import signal
import tracemalloc
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from schools import models
from schools.directory.actions import (
    POSTCODES,
    ImportOptions,
    StreamedKind,
    Upload,
    ask_for_preview,
    attempts,
    import_postcodes,
    runs,
    streamed_runs,
    work,
)
from schools.office.registers import tasks
from schools.office.running.jobs import place_anew
from tests import factories
from tests.directory.applying import NOW, killed_while_it_writes, writes_or_looks
from tests.office.test_imports import do, handed_in, shown
from tests.processes import alone, together

pytestmark = pytest.mark.django_db(transaction=True)

HEADER = "pcds\toseast1m\tosnrth1m\n"


def stored() -> dict[str, tuple[int, int]]:
    return {one.postcode: (one.easting, one.northing) for one in models.Postcode.objects.all()}


def rows_of(numbers: range, *, moved: int = 0) -> str:
    return "".join(f"AB{n // 100 + 1} {n // 10 % 10}A{'ABDEFGHJLN'[n % 10]}\t{400_000 + moved}\t{500_000 + n}\n" for n in numbers)


def test_a_list_is_counted_and_applied_once_and_homes_are_placed(managers_office: Client) -> None:
    factories.VolunteerFactory(reference="V1", home_postcode="AB1 0AA", easting=None, northing=None)
    models.Postcode.objects.create(postcode="AB1 0AB", easting=1, northing=2)
    pasted = HEADER + rows_of(range(3)) + "nonsense\t1\t2\n"
    run = handed_in(managers_office, "postcodes", pasted=pasted)
    page = shown(managers_office, run)
    assert "2 rows new, 1 changed, 0 known and the same; 1 refused." in page
    assert "Place: 400000 500000" in page
    assert "Place: 1 2 → 400000 500001" in shown(managers_office, run, part="updated")
    assert "it must be like LA9 4XX" in shown(managers_office, run, part="refused")
    assert len(stored()) == 1
    do(managers_office, run, "apply")
    assert stored() == {"AB1 0AA": (400000, 500000), "AB1 0AB": (400000, 500001), "AB1 0AD": (400000, 500002)}
    assert not models.ImportFile.objects.exists()
    assert "nothing was applied twice" in do(managers_office, run, "apply")
    assert models.Volunteer.objects.get().easting == 400000
    again = handed_in(managers_office, "postcodes", pasted=pasted)
    assert "0 rows new, 0 changed, 3 known and the same; 1 refused." in shown(managers_office, again)


def test_where_the_worker_died_after_the_import_the_night_places_schools_and_homes(
    managers_office: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.VolunteerFactory(reference="V1", home_postcode="AB1 0AA", easting=None, northing=None)
    school = factories.SchoolFactory(postcode="AB1 0AD", easting=None, northing=None)
    run = handed_in(managers_office, "postcodes", pasted=HEADER + rows_of(range(3)))

    def dies(**_: object) -> int:
        raise SystemExit

    with monkeypatch.context() as patched, suppress(SystemExit):
        patched.setattr(tasks, "place_schools", dies)
        do(managers_office, run, "apply")
    run.refresh_from_db()
    assert run.state == "applied"
    assert (models.Volunteer.objects.get().easting, models.School.objects.get(pk=school.pk).easting) == (None, None)
    assert place_anew(lambda: NOW) == "1 schools and 1 homes placed, 0 schools in another fifth"
    assert (models.Volunteer.objects.get().northing, models.School.objects.get(pk=school.pk).northing) == (500_000, 500_002)


def test_what_another_list_changed_meanwhile_is_left_counted_and_shown(managers_office: Client, tmp_path: Path) -> None:
    for number in range(3):
        models.Postcode.objects.create(postcode=f"AB1 0A{'ABD'[number]}", easting=1, northing=2)
    run = handed_in(managers_office, "postcodes", pasted=HEADER + rows_of(range(4)))
    other = tmp_path / "other.csv"
    other.write_text("pcds,oseast1m,osnrth1m\nAB1 0AA,7,8\nAB1 0AB,400000,500001\nAB1 0AE,9,9\n")
    import_postcodes(other)
    page = do(managers_office, run, "apply")
    assert "0 rows new, 1 changed" in page
    assert "3 were left as they are" in page
    assert stored() == {"AB1 0AA": (7, 8), "AB1 0AB": (400000, 500001), "AB1 0AD": (400000, 500002), "AB1 0AE": (9, 9)}
    left = dict(run.changes.filter(state="left").values_list("known_by", "why"))
    assert left.keys() == {"AB1 0AA", "AB1 0AB", "AB1 0AE"}
    assert "It was so already" in left["AB1 0AB"]
    assert "Somebody changed it after the preview" in left["AB1 0AA"]


def test_the_first_rows_of_each_sort_are_shown_and_all_are_applied(
    managers_office: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streamed_runs, "EXAMPLES", 5)
    monkeypatch.setattr(streamed_runs, "MOST_REFUSED", 2)
    monkeypatch.setattr(streamed_runs, "AT_ONCE", 7)
    monkeypatch.setattr(attempts, "PIECE", 50)
    for number in range(10):
        models.Postcode.objects.create(postcode=f"AB1 0A{'ABDEFGHJLN'[number]}", easting=1, northing=2)
    run = handed_in(managers_office, "postcodes", pasted=HEADER + "x\t1\t2\n" * 6 + rows_of(range(40)))
    assert models.ImportFile.objects.filter(run=run, part="changes").count() > 1
    page = shown(managers_office, run)
    assert "30 rows new, 10 changed, 0 known and the same; 2 refused, and 4 more that are not listed." in page
    assert "below stand the first rows of each sort" in page
    assert run.changes.count() == 10
    do(managers_office, run, "apply")
    assert len(stored()) == 40
    assert (1, 2) not in stored().values()


def test_a_list_that_is_started_again_is_counted_anew(managers_office: Client) -> None:
    run = handed_in(managers_office, "postcodes", pasted=HEADER + rows_of(range(3)))
    models.Postcode.objects.create(postcode="AB1 0AB", easting=1, northing=2)
    do(managers_office, run, "again")
    assert "2 rows new, 1 changed" in shown(managers_office, run)
    assert models.ImportFile.objects.filter(run=run, part="changes").count() == 1
    do(managers_office, run, "apply")
    assert len(stored()) == 3


def test_columns_of_a_list_are_matched_by_hand(managers_office: Client) -> None:
    run = handed_in(managers_office, "postcodes", pasted="code\tx\ty\nLA9 4XX\t351500\t492700\n")
    assert "it has no column “postcode”, “easting” or “northing”" in shown(managers_office, run)
    do(managers_office, run, "match", **{"column-0": "postcode", "column-1": "easting", "column-2": "northing"})
    do(managers_office, run, "apply")
    assert stored() == {"LA9 4XX": (351500, 492700)}


def test_an_import_that_fails_half_way_stores_nothing(managers_office: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamed_runs, "AT_ONCE", 10)
    run = handed_in(managers_office, "postcodes", pasted=HEADER + rows_of(range(40)))
    written: list[int] = []

    def broken(changes: object) -> None:
        if written:
            msg = "The disk is full."
            raise OSError(msg)
        written.append(1)
        POSTCODES.write(changes)  # type: ignore[arg-type]  # what it is called with

    run.refresh_from_db()
    run.state = "applying"
    run.save()
    kind = StreamedKind(**{**vars(POSTCODES), "write": broken})
    with pytest.raises(OSError, match="full"):
        streamed_runs.apply_streamed(run, kind, clock=lambda: datetime(2026, 11, 24, tzinfo=UTC))
    assert written
    assert not stored()
    assert models.ImportFile.objects.filter(run=run, part="changes").exists()


def test_a_list_that_takes_minutes_to_write_shows_that_it_is_being_written(managers_office: Client, tmp_path: Path) -> None:
    run = handed_in(managers_office, "postcodes", pasted=HEADER + rows_of(range(3)))
    models.ImportRun.objects.filter(pk=run.pk).update(state="applying", seen_at=NOW, applied_by=run.asked_by)
    session = managers_office.cookies[settings.SESSION_COOKIE_NAME].value
    seen, applied = together(writes_or_looks, [(what, run.pk, str(tmp_path), session) for what in ("look", "write")])
    assert (seen["stored"], seen["is silent"], seen["is a fault"], seen["taken up"]) == (0, False, False, (0, 0))
    assert seen["refusals"] == {runs.BEING_WRITTEN}
    assert "All of it is being written at this moment" in seen["page"]
    for words in ("sign of life", "Start again", "Throw it away"):
        assert words not in seen["page"]
    assert applied == ("applied", 3)
    page = shown(managers_office, run)
    assert "3 rows new" in page
    assert run.changes.filter(state="done").count() == 3
    assert "being written at this moment" not in page


def test_a_worker_that_is_killed_while_it_writes_leaves_nothing_and_is_missed(managers_office: Client) -> None:
    run = handed_in(managers_office, "postcodes", pasted=HEADER + rows_of(range(3)))
    models.ImportRun.objects.filter(pk=run.pk).update(state="applying", seen_at=NOW - timedelta(minutes=2))
    assert alone(killed_while_it_writes, run.pk) == -signal.SIGKILL
    assert not stored()
    page = shown(managers_office, run)
    assert "Nobody has given a sign of life" in page
    assert "Start again" in page
    do(managers_office, run, "again")
    do(managers_office, run, "apply")
    assert len(stored()) == 3


def test_a_coordinator_does_not_import_postcodes(office: Client) -> None:
    pasted = HEADER + rows_of(range(1))
    assert office.post("/admin/imports/", {"do": "upload", "kind": "postcodes", "pasted": pasted}).status_code == 200
    assert not models.ImportRun.objects.exists()


@pytest.mark.exhaustive
def test_the_preview_of_a_list_three_times_as_long_takes_no_more_memory() -> None:
    by, now = factories.manager(), datetime(2026, 11, 24, tzinfo=UTC)

    def peak(rows: int) -> int:
        content = (HEADER + rows_of(range(rows))).replace("\t", ",").encode()
        options = ImportOptions(register="postcodes", day=now.date())
        run = ask_for_preview(Upload("list.csv", BytesIO(content)), None, options, by=by, now=now, queue=lambda *_: None)
        tracemalloc.start()
        try:
            work(run.pk, run.attempt, clock=lambda: now, tables={"postcodes": POSTCODES})
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
            run.refresh_from_db()
            assert run.state == "ready"

    assert peak(45_000) < 1.1 * peak(15_000)  # rows are compared by the five thousand
