"""`manage.py import_postcodes`: places of postcodes, streamed, Irish ones on the British grid."""

import tracemalloc
from pathlib import Path

import pytest

from schools.directory.actions import import_postcodes, postcode_files
from schools.models import Postcode
from tests.directory.own_files import numbers, reasons, run, written

pytestmark = pytest.mark.django_db


def stored() -> dict[str, tuple[int, int]]:
    return {one.postcode: (one.easting, one.northing) for one in Postcode.objects.all()}


@pytest.mark.parametrize(
    "header",
    ["pcd,oseast1m,osnrth1m", "pcds,oseast1m,osnrth1m", "Postcode,Eastings,Northings", "Postcode,Easting,Northing"],
)
def test_the_known_layouts_are_read_and_twice_changes_nothing(tmp_path: Path, header: str) -> None:
    path = written(tmp_path, header, "LA9 4XX,0351500,492700", "AB101AB,394235,806529")
    assert numbers(run("import_postcodes", path)) == (2, 0, 0, 0, 0, 0)
    assert stored() == {"LA9 4XX": (351500, 492700), "AB10 1AB": (394235, 806529)}
    assert numbers(run("import_postcodes", path)) == (0, 0, 2, 0, 0, 0)


def test_a_national_list_with_the_postcode_in_several_spellings_and_many_columns_is_read(tmp_path: Path) -> None:
    header = "pcd,pcd2,pcds,dointr,doterm,oscty,oseast1m,osnrth1m,osgrdind"
    path = written(tmp_path, header, '"LA9 4XX","LA9  4XX","LA9 4XX","198001","","E99","351500","0492700","1"')
    assert numbers(run("import_postcodes", path)) == (1, 0, 0, 0, 0, 0)
    assert stored() == {"LA9 4XX": (351500, 492700)}


def test_a_place_that_changed_is_updated_and_what_the_file_lacks_stays(tmp_path: Path) -> None:
    run("import_postcodes", written(tmp_path, "pcds,oseast1m,osnrth1m", "LA9 4XX,351500,492700", "LA9 4XY,351600,492800"))
    later = written(tmp_path, "pcds,oseast1m,osnrth1m", "LA9 4XX,351501,492700", "LA9 4XZ,1,1")
    assert run("import_postcodes", later, "--dry-run")["updated"] == 1
    assert stored()["LA9 4XX"] == (351500, 492700)
    assert numbers(run("import_postcodes", later)) == (1, 1, 0, 0, 0, 0)
    assert stored() == {"LA9 4XX": (351501, 492700), "LA9 4XY": (351600, 492800), "LA9 4XZ": (1, 1)}


def test_places_in_northern_ireland_are_brought_onto_the_british_grid(tmp_path: Path) -> None:
    run("import_postcodes", written(tmp_path, "pcds,oseast1m,osnrth1m", "BT1 1AA,333900,374100"))
    assert stored() == {"BT1 1AA": (146314, 529566)}


def test_rows_that_cannot_be_used_are_listed_and_the_rest_is_stored(tmp_path: Path) -> None:
    told = run(
        "import_postcodes",
        written(
            tmp_path,
            "pcds,oseast1m,osnrth1m",
            "LA9 4XX,351500,492700",
            "Kendal,351500,492700",
            "LA9 4XY,9351500,492700",
            "LA9 4XZ,x,492700",
            "LA9 4XX,351500,492701",
            "LA9 4XW",
            "JE2 3AB,,",
            "GY1 1AA,0,0",
            "SW1A 1CC,1,1",
            "SW1A 1CC,1,1",
        ),
    )
    assert numbers(told) == (2, 0, 0, 0, 2, 6)
    assert told["ignored_because"] == {"no grid reference": 2}
    assert [(line, number) for line, number, _ in reasons(told)] == [
        (3, "Kendal"), (4, "LA9 4XY"), (5, "LA9 4XZ"), (6, "LA9 4XX"), (7, ""), (11, "SW1A 1CC"),
    ]  # fmt: skip
    assert reasons(told)[3][2] == "The file has this postcode already; its first row was used."
    assert stored() == {"LA9 4XX": (351500, 492700), "SW1A 1CC": (1, 1)}


def test_a_list_that_is_stored_already_locks_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, "pcds,oseast1m,osnrth1m", "LA9 4XX,351500,492700")
    import_postcodes(path)

    class Locked:
        @staticmethod
        def atomic() -> None:
            pytest.fail("a transaction was begun")

    monkeypatch.setattr(postcode_files, "transaction", Locked)
    assert import_postcodes(path).unchanged == 1


@pytest.mark.django_db(transaction=True)
def test_an_import_that_is_killed_half_way_has_changed_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f"LA9 4A{letter},{number + 1},1" for number, letter in enumerate("ABDEFGHJ")]
    path = written(tmp_path, "pcds,oseast1m,osnrth1m", *lines)
    monkeypatch.setattr(postcode_files, "AT_ONCE", 2)
    calls = []

    def killed(*args: object, **_: object) -> list[tuple[postcode_files.Row, None]]:
        calls.append(args)
        if len(calls) == 4:  # the third batch of the second reading; in the first, one batch shows that there is news
            raise KeyboardInterrupt
        return [(row, None) for row in args[0]]  # type: ignore[attr-defined]  # the rows

    monkeypatch.setattr(postcode_files, "_differences", killed)
    with pytest.raises(KeyboardInterrupt):
        import_postcodes(path)
    assert len(calls) == 4
    assert stored() == {}


@pytest.mark.exhaustive
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak(rows: int) -> int:
        letters = "ABDEFGHJLNPQRSTUWXYZ"
        inward = [f"{digit}{one}{other}" for digit in range(10) for one in letters for other in letters]
        lines = (f"LA{number // 4000} {inward[number % 4000]},{number + 1},1" for number in range(rows))
        path = written(tmp_path, "pcds,oseast1m,osnrth1m", *lines)
        tracemalloc.start()
        try:
            postcode_files.preview_postcodes(path)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)
    assert peak(40_000) < peak(10_000) * 1.3
