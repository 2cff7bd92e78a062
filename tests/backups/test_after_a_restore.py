"""Whichever way a database was restored, nobody is signed in who was in the picture, and what no backup knows is said."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from schools.management.commands import restore
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "erasures.csv"
    path.write_text("")
    return path


def by_the_restore(listed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command, which has loaded the picture and brought its tables up to date already."""
    monkeypatch.setattr(restore, "restore", lambda database, backup, secret: None)
    monkeypatch.setattr(restore, "connections", SimpleNamespace(close_all=lambda: None))
    monkeypatch.setattr(restore, "call_command", lambda name, **options: None)
    call_command("restore", "speakout-20261121T090000Z.pgdump.age", identity=Path("key.txt"), erasures=listed)


def without_it(listed: Path, _: pytest.MonkeyPatch) -> None:
    """What somebody runs who loaded the picture by the database’s own program."""
    call_command("erase_again", since="2026-11-21T09:00:00", erasures=listed)


@pytest.mark.parametrize("way", [by_the_restore, without_it])
def test_no_browser_of_the_picture_is_signed_in(
    client: Client,
    listed: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    way: Callable[[Path, pytest.MonkeyPatch], None],
) -> None:
    client.force_login(factories.manager())
    assert client.get(reverse("me")).status_code == 200
    way(listed, monkeypatch)
    assert client.get(reverse("me"))["Location"].startswith(reverse("account_login"))
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("Everybody is signed out. Before mail is sent: switch off again")
