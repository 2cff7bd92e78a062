"""Whichever way a database was restored, nobody is signed in who was in the picture, and what no backup knows is said."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from schools.management.commands import restore
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "erasures.csv"
    path.write_text("")
    return path


def test_without_the_list_of_erasures_nothing_is_restored_unless_that_is_said(
    settings: Settings, listed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    factories.manager()
    loaded: list[Path] = []
    monkeypatch.setattr(restore, "restore", lambda database, backup, secret: loaded.append(backup))
    monkeypatch.setattr(restore, "connections", SimpleNamespace(close_all=lambda: None))
    monkeypatch.setattr(restore, "call_command", lambda name, **options: None)
    picture, missing = Path("speakout-20261121T090000Z.pgdump.age"), listed.with_name("lost.csv")
    for named, words in ((missing, f"There is no list of erasures at {missing}"), (None, "No list of erasures is named")):
        settings.SPEAKOUT_ERASURES = named
        with pytest.raises(CommandError, match=rf"^{words}.*--erasures FILE.*--without-erasures.* Nothing was restored\.$"):
            call_command("restore", str(picture), identity=Path("key.txt"))
        assert not loaded
    call_command("restore", str(picture), "--without-erasures", identity=Path("key.txt"))
    assert loaded == [picture]
    assert "is restored. 0 erased again." in capsys.readouterr().out


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
