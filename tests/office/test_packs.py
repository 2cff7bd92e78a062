"""Managers keep what schools get beforehand: words, files, or both, by session type and language."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from schools import models
from schools.programme.models import MOST_BYTES
from tests.browsing import saved
from tests.office.test_visibility import url
from tests.pack_files import PDF, PNG

pytestmark = pytest.mark.django_db

ADD = url(models.PackItem, "add")


def typed(**more: Any) -> dict[str, Any]:
    kind = models.SessionType.objects.get(slug="ks2-assembly")
    return {"session_type": kind.pk, "kind": "plan", "language": "en", "title": "Plan", "words": "", **more}


def upload(name: str, content: bytes, said: str = "application/pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type=said)


def errors(answer: Any) -> dict[str, list[str]]:
    return dict(answer.context["adminform"].form.errors)


def made(**fields: Any) -> models.PackItem:
    kind = models.SessionType.objects.get(slug="ks2-assembly")
    file = {"file_name": "plan.pdf", "file_kind": "pdf", "size": len(PDF), "content": PDF}
    return models.PackItem.objects.create(**{"session_type": kind, "title": "Plan", **file, **fields})


def test_a_manager_adds_a_file_and_gets_it_back_as_a_download(managers_office: Client) -> None:
    answer = managers_office.post(ADD, typed(file=upload("plan.pdf", PDF, "text/html")))
    assert answer.status_code == 302
    item = models.PackItem.objects.get()
    assert (item.file_name, item.file_kind, item.size, bytes(item.content)) == ("plan.pdf", "pdf", len(PDF), PDF)
    page = managers_office.get(url(models.PackItem, "change", item.pk)).content.decode()
    assert reverse("admin:pack-file", args=[item.pk]) in page
    file = managers_office.get(reverse("admin:pack-file", args=[item.pk]))
    assert file.content == PDF
    assert file.headers["Content-Type"] == "application/pdf"
    assert file.headers["Content-Disposition"] == 'attachment; filename="plan.pdf"'
    assert file.headers["X-Content-Type-Options"] == "nosniff"


def test_words_alone_are_enough_and_nothing_is_not(managers_office: Client) -> None:
    refused = managers_office.post(ADD, typed())
    assert errors(refused) == {"__all__": ["Write something, or choose a file."]}
    assert managers_office.post(ADD, typed(words="We tell a story.")).status_code == 302
    item = models.PackItem.objects.get()
    assert (item.size, item.file_words) == (0, "")
    assert managers_office.get(reverse("admin:pack-file", args=[item.pk])).status_code == 404


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"MZ", "“plan.pdf” is not a PDF"),
        (b"", "This file is empty."),
        (PDF.ljust(MOST_BYTES + 1), "“plan.pdf” is larger than 5 MB"),
    ],
)
def test_a_file_that_schools_cannot_open_is_refused_and_nothing_typed_is_lost(
    managers_office: Client, content: bytes, sentence: str
) -> None:
    refused = managers_office.post(ADD, typed(words="We tell a story.", file=upload("plan.pdf", content)))
    assert [each.startswith(sentence) for each in errors(refused)["file"]] == [True]
    assert "We tell a story." in refused.content.decode()
    assert not models.PackItem.objects.exists()


def test_another_file_takes_the_place_and_words_alone_leave_it(managers_office: Client) -> None:
    item = made()
    change = url(models.PackItem, "change", item.pk)
    assert saved(managers_office, change, typed(title="The plan")).status_code == 302
    item.refresh_from_db()
    assert (item.title, item.file_name, bytes(item.content)) == ("The plan", "plan.pdf", PDF)
    assert saved(managers_office, change, typed(file=upload("new.png", PNG))).status_code == 302
    item.refresh_from_db()
    assert (item.file_name, bytes(item.content)) == ("new.png", PNG)
    history: Any = models.PackItem
    assert not hasattr(history.history.first(), "content")


def test_of_two_managers_the_second_does_not_overwrite_unseen(managers_office: Client) -> None:
    item = made(words="Old words")
    change = url(models.PackItem, "change", item.pk)
    page = managers_office.get(change)
    seen = page.context["adminform"].form.seen
    models.PackItem.objects.filter(pk=item.pk).update(words="Their words", file_name="theirs.pdf")
    refused = managers_office.post(change, typed(words="My words", seen=seen))
    assert refused.status_code == 200
    assert "Their words is stored now." in refused.content.decode()
    item.refresh_from_db()
    assert item.words == "Their words"


def test_a_coordinator_reads_it_and_changes_nothing(office: Client) -> None:
    item = made()
    change = url(models.PackItem, "change", item.pk)
    page = office.get(change)
    assert page.status_code == 200
    assert 'type="file"' not in page.content.decode()
    assert office.get(reverse("admin:pack-file", args=[item.pk])).content == PDF
    assert office.get(ADD).status_code == 403
    assert office.post(change, typed(title="Mine")).status_code == 403
    assert models.PackItem.objects.get().title == "Plan"


def test_the_list_reads_no_files(managers_office: Client) -> None:
    made()
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert "plan.pdf" in managers_office.get(url(models.PackItem, "changelist")).content.decode()
    assert not [query for query in asked.captured_queries if '"schools_packitem"."content"' in query["sql"]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": 0},
        {"size": MOST_BYTES + 1},
        {"file_kind": "exe"},
        {"file_name": ""},
        {"language": "xx"},
        {"kind": "x"},
        {"size": 0, "file_name": "", "file_kind": ""},
    ],
)
def test_the_database_refuses_what_no_form_would_store(wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        made(**wrong)
