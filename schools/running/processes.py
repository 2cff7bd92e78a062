"""The processes of an installation: the one list, from which systemd units and a supervisor file are made."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

SETTINGS = "speakout.settings.production"
"""The settings of every process where the file with the settings names no others; manage.py alone would take development's."""


@dataclass(frozen=True)
class Place:
    """Where an installation is and what it may take of the machine."""

    root: Path
    """The checkout."""
    user: str = "speakout"
    environment: Path = Path("/etc/speakout/environment")
    """The file with the settings, lines like NAME='value'."""
    bind: str = "127.0.0.1:8000"
    """Where the web process listens."""
    web_workers: int = 3
    state: Path | None = None
    """The folder for sockets and supervisor's logs; None: `var/` of the checkout."""

    @property
    def folder(self) -> Path:
        """The folder for sockets and supervisor's logs."""
        return self.state or self.root / "var"

    @property
    def python(self) -> str:
        """The interpreter of the checkout."""
        return str(self.root / ".venv" / "bin" / "python")


@dataclass(frozen=True)
class Process:
    """One kind of process."""

    name: str
    words: str
    """What it does: “answers requests”."""
    command: Callable[[Place], list[str]]


def _web(place: Place) -> list[str]:
    gunicorn = str(place.root / ".venv" / "bin" / "gunicorn")
    # Without --control-socket gunicorn puts a socket into the home directory of its user, where two installations would meet.
    socket = str(place.folder / f"gunicorn-{place.bind.rpartition(':')[2]}.ctl")
    # With --preload the application is read once, and the workers share its memory (schools/running/start.py).
    return [
        gunicorn, "speakout.wsgi", "--preload", "--bind", place.bind, "--workers", str(place.web_workers),
        "--control-socket", socket, "--config", "python:speakout.web_process",
    ]  # fmt: skip


def _command(*arguments: str) -> Callable[[Place], list[str]]:
    return lambda place: [place.python, str(place.root / "manage.py"), *arguments]


PROCESSES: tuple[Process, ...] = (
    Process("web", "answers requests", _web),
    Process("mail", "sends mail as soon as it is written", _command("worker", "mail")),
    Process("heavy", "reads and applies files that were handed in", _command("worker", "heavy")),
    Process("clock", "does what is due again and again", _command("clock")),
)
"""All of them run all the time. Each may run several times, on several machines too."""


def systemd_units(place: Place) -> dict[str, str]:
    """Return the text of each systemd unit by its file name: one for each process, and a target that starts them all."""
    units = {f"speakout-{process.name}.service": _service(process, place) for process in PROCESSES}
    wants = " ".join(units)
    units["speakout.target"] = f"[Unit]\nDescription=Speakout\nWants={wants}\n\n[Install]\nWantedBy=multi-user.target\n"
    return units


def _service(process: Process, place: Place) -> str:
    return f"""[Unit]
Description=Speakout: {process.words}
PartOf=speakout.target
Wants=network-online.target
After=network-online.target postgresql.service
StartLimitIntervalSec=0

[Service]
User={place.user}
WorkingDirectory={place.root}
Environment=DJANGO_SETTINGS_MODULE={SETTINGS}
EnvironmentFile={place.environment}
ExecStart={" ".join(process.command(place))}
Restart=always
RestartSec=2
TimeoutStopSec=90
NoNewPrivileges=true
PrivateTmp=true
ProtectSystem=full

[Install]
WantedBy=speakout.target
"""


def supervisor_file(place: Place) -> str:
    """Return the configuration for supervisord: it starts every process and starts again what dies."""
    folder = place.folder
    head = f"""[supervisord]
nodaemon=true
logfile={folder}/supervisord.log
pidfile={folder}/supervisord.pid

[unix_http_server]
file={folder}/supervisor.sock
chmod=0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl=unix://{folder}/supervisor.sock
"""
    return "\n".join([head, *(_program(process, place) for process in PROCESSES)])


def _program(process: Process, place: Place) -> str:
    # supervisord reads no file with settings, so a shell does, and becomes the process.
    command = f"/bin/sh -c 'set -a; . {place.environment}; set +a; exec {' '.join(process.command(place))}'"
    return f"""[program:{process.name}]
command={command}
directory={place.root}
environment=DJANGO_SETTINGS_MODULE="{SETTINGS}"
autostart=true
autorestart=true
startsecs=0
startretries=1000000
stopwaitsecs=90
stopasgroup=false
redirect_stderr=true
stdout_logfile={place.folder}/{process.name}.log
"""
