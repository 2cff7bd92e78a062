"""A hostile file that is handed in on a page or named in a command is one sentence there, and nothing half done."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from schools import models
from tests.core import hostile

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

HARM = [
    (lambda path: hostile.repeated(path, columns=10_000, rows=10_000), "a.ods", "takes more than 512 MB of memory to read"),
    (lambda path: hostile.blank_lines(path, 1), "a.csv.gz", "has more than 500,000 rows, blank and repeated ones counted"),
]
"""One whose reader dies, and one that its reader refuses."""


@pytest.mark.parametrize(("make", "name", "words"), HARM)
@pytest.mark.parametrize(
    ("page", "fields"),
    [
        ("/admin/registers/", {"register": "gias"}),
        pytest.param("/admin/imports/", {"kind": "volunteers"}, marks=pytest.mark.exhaustive),
        pytest.param("/admin/imports/", {"kind": "sessions"}, marks=pytest.mark.exhaustive),
    ],
)
def test_a_hostile_upload_fails_in_one_sentence_and_its_file_is_not_kept(
    managers_office: Client,
    tmp_path: Path,
    page: str,
    fields: dict[str, str],
    make: Callable[[Path], Path],
    name: str,
    words: str,
) -> None:
    upload = SimpleUploadedFile(name, make(tmp_path / name).read_bytes())
    answer = managers_office.post(page, {"do": "upload", "file": upload, **fields}, follow=True)
    run = models.ImportRun.objects.get()
    assert run.state == "failed"
    assert words in run.problem
    assert run.problem in answer.content.decode()
    assert not models.ImportFile.objects.exists()
    assert not models.ImportChange.objects.exists()


@pytest.mark.parametrize(("make", "name", "words"), HARM)
@pytest.mark.parametrize(
    "command",
    [
        "import_schools",
        *(pytest.param(other, marks=pytest.mark.exhaustive) for other in ("import_volunteers", "import_sessions")),
    ],
)
def test_a_command_refuses_a_hostile_file_in_one_sentence_as_a_whole(
    tmp_path: Path, command: str, make: Callable[[Path], Path], name: str, words: str
) -> None:
    with pytest.raises(CommandError, match=words) as caught:
        call_command(command, str(make(tmp_path / name)), stdout=StringIO())
    assert caught.value.returncode == 2
    assert "\n" not in str(caught.value)
    assert not models.School.objects.exists()
