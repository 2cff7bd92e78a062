"""import_sessions as a command: other files, exit codes, JSON, queries, killed half way, two at once."""

import json
import multiprocessing
import signal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from pytest_django import DjangoAssertNumQueries

from schools.core.tables import UnreadableTable
from schools.models import Headcount, School, Session, Visit
from schools.visits.session_files import importing
from schools.visits.session_files.importing import SessionImport, check_sessions, import_sessions
from tests.factories import (
    SchoolFactory,
    able_volunteer,
)
from tests.processes import together
from tests.visits import session_files
from tests.visits.session_files import NOW, TODAY, import_and_die, import_in_turn, imported, row, to_come, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def school() -> School:
    return SchoolFactory(register_id="100001", name="St Bega’s")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sessions.csv"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "urn,name\n1,Elm\n",
        "visit,nation\n",
        "%PDF-1.4 …",
        f"{','.join(session_files.COLUMNS)},visit\n",
        '"never closed',
    ],
)
def test_another_kind_of_file_is_said_in_one_line(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")

    with pytest.raises(UnreadableTable) as error:
        import_sessions(file, now=NOW)
    assert "\n" not in str(error.value)

    with pytest.raises(CommandError) as stopped:
        call_command("import_sessions", file)
    assert stopped.value.returncode == 2
    assert str(stopped.value) == str(error.value)


def test_a_dry_run_tells_and_changes_nothing(file: Path, school: School) -> None:
    write(file, row(), row(visit="A2"))

    assert check_sessions(file, on=TODAY) == SessionImport(created=2)
    assert not Visit.objects.exists()

    said = StringIO()
    call_command("import_sessions", file, "--dry-run", stdout=said)
    assert said.getvalue() == "2 sessions would be created, 0 unchanged.\n"
    assert not Visit.objects.exists()


def test_the_command_counts_sessions_in_one_json_object(file: Path, school: School) -> None:
    SchoolFactory(register_id="100002")
    write(file, row(), row(register_id="100002"))
    said = StringIO()

    call_command("import_sessions", file, "--json", stdout=said)

    assert json.loads(said.getvalue()) == {
        "created": 1, "updated": 0, "unchanged": 0, "closed": 0, "ignored": 0, "refused": [], "left_out": []
    }  # fmt: skip
    assert said.getvalue().count("\n") == 1


def test_the_command_lists_bad_lines_and_ends_with_1(file: Path, school: School) -> None:
    write(file, row(minutes=0), row(visit="A2", language="fr"))
    said, lines = StringIO(), StringIO()

    with pytest.raises(CommandError) as stopped:
        call_command("import_sessions", file, stderr=lines)
    assert stopped.value.returncode == 1
    assert str(stopped.value) == "Nothing was stored: 2 lines are bad. Mend the file and import the whole of it again."
    assert [line.split(":")[0] for line in lines.getvalue().splitlines()] == ["line 2 (A1)", "line 3 (A2)"]

    with pytest.raises(CommandError):
        call_command("import_sessions", file, "--json", stdout=said)
    assert [refusal["line"] for refusal in json.loads(said.getvalue())["refused"]] == [2, 3]
    assert [refusal["id"] for refusal in json.loads(said.getvalue())["refused"]] == ["A1", "A2"]
    assert not Session.objects.exists()


def test_what_somebody_else_stored_meanwhile_is_judged_again(file: Path, school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    write(file, row(), row(visit="A2"))
    store = importing.store

    def overtaken(*_: object, **__: object) -> None:
        monkeypatch.setattr(importing, "store", store)
        first_alone = write(file.with_name("first.csv"), row())
        assert import_sessions(first_alone, now=NOW).created == 1
        raise IntegrityError

    monkeypatch.setattr(importing, "store", overtaken)

    assert import_sessions(file, now=NOW) == SessionImport(created=1, unchanged=1)


def test_an_import_that_is_overtaken_again_and_again_gives_up_in_words(
    file: Path, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overtaken(*_: object, **__: object) -> None:
        raise IntegrityError

    write(file, row())
    monkeypatch.setattr(importing, "store", overtaken)

    with pytest.raises(CommandError, match="Nothing was stored; import the file again later") as stopped:
        call_command("import_sessions", file)
    assert stopped.value.returncode == 1


@pytest.mark.parametrize("sessions", [2, 40])
def test_queries_do_not_grow_with_the_sessions_of_a_batch(
    file: Path, school: School, sessions: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    able_volunteer(reference="W1")
    past = [row(visit=f"P{number}", covers="W1:lead:attended") for number in range(sessions)]
    future = [to_come(visit=f"F{number}", covers="W1:lead:offered") for number in range(sessions // 2)]
    write(file, *past, *future)

    with django_assert_num_queries(36):
        imported(file)
    with django_assert_num_queries(8):
        imported(file)


@pytest.mark.django_db(transaction=True)
@pytest.mark.exhaustive
def test_an_import_that_is_killed_half_way_leaves_the_database_as_it_was(file: Path) -> None:
    SchoolFactory(register_id="100001")
    write(file, *(row(visit=f"A{number}") for number in range(9)))
    process = multiprocessing.get_context("spawn").Process(
        target=import_and_die, args=(str(file), str(connection.settings_dict["NAME"])), daemon=True
    )

    process.start()
    process.join(60)

    assert process.exitcode == -signal.SIGKILL
    assert (Visit.objects.count(), Session.objects.count(), Headcount.objects.count()) == (0, 0, 0)
    assert imported(file).created == 9


@pytest.mark.django_db(transaction=True)
def test_the_same_file_by_two_at_once_is_stored_once(file: Path) -> None:
    SchoolFactory(register_id="100001")
    write(file, *(row(visit=f"A{number}") for number in range(600)))

    answers = together(import_in_turn, [(str(file),), (str(file),)])

    assert sorted(answers) == [(0, 600), (600, 0)]
    assert (Visit.objects.count(), Session.objects.count(), Headcount.objects.count()) == (600, 600, 600)
