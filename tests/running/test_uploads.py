"""Who hands in a large file in the office may take long; a stranger’s is refused unread, and what is small the proxy keeps."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http.multipartparser import MultiPartParserError
from django.test import Client, RequestFactory
from django.urls import reverse

from schools.accounts.models import Role, User
from schools.running import web
from tests.factories import UserFactory, user_with
from tests.page.follow import blocks

MOST = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
PIECE = 64 * 1024


@pytest.fixture
def signs() -> Iterator[list[str]]:
    """One for each sign that the process goes on."""
    before, given = web._listeners[:], list[str]()
    web.give_signs_to(lambda: given.append("sign"))
    yield given
    web._listeners[:] = before


def handed_in(user: User | AnonymousUser | None, size: int) -> Any:
    """A request with a file of so many bytes; None: nobody has looked yet who is signed in."""
    request = RequestFactory().post("/", {"file": SimpleUploadedFile("schools.csv", b"x" * size)})
    if user is not None:
        request.user = user
    return request


def test_each_piece_of_a_large_file_of_the_office_says_that_the_process_goes_on(signs: list[str]) -> None:
    request = handed_in(UserFactory.build(is_staff=True), MOST + PIECE)
    assert request.FILES["file"].size == MOST + PIECE
    request.close()
    assert len(signs) >= MOST // PIECE


@pytest.mark.parametrize("is_staff", [True, False])
def test_what_the_proxy_keeps_is_taken_from_everybody_without_a_sign(signs: list[str], *, is_staff: bool) -> None:
    request = handed_in(UserFactory.build(is_staff=is_staff), MOST - PIECE)
    assert request.FILES["file"].size == MOST - PIECE
    request.close()
    assert signs == []


@pytest.mark.parametrize("user", [None, AnonymousUser(), UserFactory.build(is_staff=False)])
def test_a_large_file_of_anybody_else_is_refused(signs: list[str], user: User | AnonymousUser | None) -> None:
    with pytest.raises(MultiPartParserError):
        assert handed_in(user, MOST + PIECE).FILES
    assert signs == []


class Unread:
    """A body of which nothing may be read."""

    def read(self, *_: int) -> bytes:
        raise AssertionError("somebody waits for a stranger")

    readline = read


@pytest.mark.django_db
@pytest.mark.parametrize("content_type", ["multipart/form-data; boundary=x", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("is_volunteer", [True, False])
def test_nothing_is_read_of_what_is_too_large_for_the_proxy_to_keep(content_type: str, *, is_volunteer: bool) -> None:
    client = Client(enforce_csrf_checks=True)
    if is_volunteer:
        client.force_login(user_with(Role.VOLUNTEER))
    client.cookies["csrftoken"] = "a" * 32
    body: dict[str, Any] = {"wsgi.input": Unread(), "CONTENT_LENGTH": str(MOST + 1), "CONTENT_TYPE": content_type}
    for name in ("account_login", "home"):
        assert client.post(reverse(name), b"", content_type, **body).status_code == 400, name


def test_the_proxy_of_the_page_keeps_whatever_is_read_of_strangers() -> None:
    (caddyfile,) = [text for language, text in blocks() if language == "text"]
    size = re.search(r"^ *buffer_requests\n *max_buffer_size (\d+)$", caddyfile, flags=re.MULTILINE)
    assert size
    assert int(size[1]) >= MOST
