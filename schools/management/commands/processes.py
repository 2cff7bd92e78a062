"""`manage.py processes systemd|supervisor`: writes the files that keep the processes running, from their list."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from schools.running.processes import Place, supervisor_file, systemd_units

SETTINGS = Path("/etc/speakout/environment")


class Command(BaseCommand):
    """Writes into a folder, or prints; nothing is started."""

    requires_system_checks = ()  # root writes the files, whom the database need not know

    help = "Writes the files for systemd or supervisor that keep web, mail, heavy and clock running."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add what the files say."""
        parser.add_argument("kind", choices=["systemd", "supervisor"])
        parser.add_argument("--folder", type=Path, help="where to write them; without it they are printed")
        parser.add_argument("--user", default="speakout", help="as whom the processes run (systemd)")
        parser.add_argument("--environment", type=Path, default=SETTINGS, help="the file with the settings")
        parser.add_argument("--bind", default="127.0.0.1:8000", help="where the web process listens")
        parser.add_argument("--state", type=Path, help="where sockets and supervisor's logs go; var/ of the checkout unless said")
        parser.add_argument("--web-workers", type=int, default=3, help="how many requests are answered at the same moment")

    def handle(self, *_: Any, kind: str, folder: Path | None, **options: Any) -> None:
        """Write the files."""
        asked_for = {name: options[name] for name in ("user", "environment", "bind", "web_workers", "state")}
        place = Place(root=Path(settings.BASE_DIR), **asked_for)
        files = systemd_units(place) if kind == "systemd" else {"supervisord.conf": supervisor_file(place)}
        for name, text in files.items():
            if folder is None:
                self.stdout.write(f"# {name}\n{text}")
            else:
                (folder / name).write_text(text)
                self.stdout.write(f"{folder / name}")
