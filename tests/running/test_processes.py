"""One list of processes: every file that keeps them running has all of them, and starts again what ends."""

import configparser
import shutil
import subprocess
from io import StringIO
from pathlib import Path

from django.core.management import call_command, load_command_class

from schools.running.processes import PROCESSES, Place, supervisor_file, systemd_units

PLACE = Place(root=Path("/srv/speakout"), user="nobody", environment=Path("/etc/speakout/environment"))
NAMES = {process.name for process in PROCESSES}


def parsed(text: str) -> configparser.RawConfigParser:
    reader = configparser.RawConfigParser(strict=True)
    reader.optionxform = str  # type: ignore[assignment,method-assign]  # as its documentation says
    reader.read_string(text)
    return reader


def test_each_process_has_a_unit_that_always_starts_it_again_and_one_target_starts_all() -> None:
    units = {name: parsed(text) for name, text in systemd_units(PLACE).items()}
    assert units.keys() == {f"speakout-{name}.service" for name in NAMES} | {"speakout.target"}
    assert set(units["speakout.target"]["Unit"]["Wants"].split()) == units.keys() - {"speakout.target"}
    for process in PROCESSES:
        service = units[f"speakout-{process.name}.service"]["Service"]
        assert service["ExecStart"] == " ".join(process.command(PLACE))
        assert (service["Restart"], service["User"], service["EnvironmentFile"]) == (
            "always",
            "nobody",
            "/etc/speakout/environment",
        )
        assert service["Environment"] == "DJANGO_SETTINGS_MODULE=speakout.settings.production"
    assert not [name for name in units if name.endswith(".timer")]


def test_the_files_are_written_without_asking_the_database() -> None:
    """Root writes them, whom PostgreSQL need not know; Django's checks of the system would ask it."""
    assert not load_command_class("schools", "processes").requires_system_checks


def test_supervisor_knows_the_same_processes_with_the_same_commands() -> None:
    programs = parsed(supervisor_file(PLACE))
    assert {name.removeprefix("program:") for name in programs.sections() if name.startswith("program:")} == NAMES
    for process in PROCESSES:
        program = programs[f"program:{process.name}"]
        assert program["autorestart"] == "true"
        assert program["environment"] == 'DJANGO_SETTINGS_MODULE="speakout.settings.production"'
        assert program["command"].endswith(f"exec {' '.join(process.command(PLACE))}'")


def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    """Where systemd is: by itself it says nothing of an unknown key in its exit code, so all that it says is looked at."""
    place = Place(root=tmp_path, user="root", environment=tmp_path / "environment")
    (tmp_path / "var").mkdir()
    for program in ("python", "gunicorn"):
        made = tmp_path / ".venv" / "bin" / program
        made.parent.mkdir(parents=True, exist_ok=True)
        made.write_text("#!/bin/sh\n")
        made.chmod(0o755)
    for name, text in systemd_units(place).items():
        (tmp_path / name).write_text(text)
    if not (systemd := shutil.which("systemd-analyze")):
        return
    units = [str(tmp_path / name) for name in systemd_units(place)]

    def verify() -> tuple[int, str]:
        command = [systemd, "verify", "--recursive-errors=no", *units]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)  # noqa: S603  # our own units
        return done.returncode, "\n".join(line for line in done.stderr.splitlines() if "speakout" in line)

    assert verify() == (0, "")
    broken = tmp_path / "speakout-web.service"
    broken.write_text(broken.read_text().replace("Restart=always", "Restrat=always"))
    assert verify() != (0, ""), "else this test proves nothing"


def test_the_command_writes_what_the_list_says(tmp_path: Path) -> None:
    call_command("processes", "systemd", folder=tmp_path, user="someone", stdout=StringIO())
    assert {path.name for path in tmp_path.iterdir()} == systemd_units(PLACE).keys()
    assert "User=someone" in (tmp_path / "speakout-clock.service").read_text()
    printed = StringIO()
    call_command("processes", "supervisor", bind="127.0.0.1:9999", stdout=printed)
    assert "--bind 127.0.0.1:9999" in printed.getvalue()
