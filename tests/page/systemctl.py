"""Stands for systemd where it does not run: starts what a unit says, as its user, with its settings. It restarts nothing.

`enable --now X.target` starts what the target wants, `reload X` starts X, as systemd does after the installation of a package.
"""

import configparser
import os
import pwd
import shlex
import subprocess
import sys
from pathlib import Path

FOLDERS = ("/etc/systemd/system", "/usr/lib/systemd/system")


def unit(name: str) -> configparser.SectionProxy | dict[str, str]:
    """The part Service of a unit, or Unit of a target. Raises StopIteration where there is none."""
    reader = configparser.RawConfigParser(strict=False, interpolation=None)
    reader.optionxform = str  # type: ignore[assignment,method-assign]  # as its documentation says
    reader.read_string(next(path for folder in FOLDERS if (path := Path(folder, name)).exists()).read_text())
    return reader["Unit" if name.endswith(".target") else "Service"]


def settings(file: str) -> dict[str, str]:
    """The lines NAME='value' of a file, as systemd reads them: without a shell."""
    lines = [line for line in Path(file).read_text().splitlines() if line and not line.startswith("#")]
    pairs = (line.partition("=") for line in lines)
    return {name: "".join(shlex.split(value)) for name, _, value in pairs}


def start(name: str) -> None:
    """Start a service, and leave it to itself."""
    service = unit(name)
    user = pwd.getpwnam(service.get("User", "root"))
    environment = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": user.pw_dir,
        "USER": user.pw_name,
    }
    if file := service.get("EnvironmentFile", ""):
        environment |= settings(file)
    as_user = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--init-groups"]
    if "CAP_NET_BIND_SERVICE" in service.get("AmbientCapabilities", ""):
        as_user += ["--inh-caps=+net_bind_service", "--ambient-caps=+net_bind_service"]
    with Path(f"/var/log/{name}.log").open("ab") as log:
        subprocess.Popen(
            [*as_user, *shlex.split(service["ExecStart"])], cwd=service.get("WorkingDirectory", "/"), env=environment,
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip


def main(arguments: list[str]) -> int:
    """Do what systemd would do."""
    match arguments:
        case ["daemon-reload"]:
            """Nothing is kept that could be old."""
        case ["enable", "--now", name]:
            for wanted in unit(name)["Wants"].split():
                start(wanted)
        case ["reload", name]:
            start(f"{name}.service")
        case _:
            print(f"systemctl {shlex.join(arguments)}: docs/operations.md says something new; teach it to this stand-in.")
            return 1
    return os.EX_OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
