"""Files that people hand in: in the office as slowly as their line is; of everybody else nothing large is read."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler
from django.http.multipartparser import MultiPartParserError

from schools.running.web import give_sign


class OfficeUploads(FileUploadHandler):
    """Says with each piece of a large request that the process goes on, where it is of somebody who may open the office.

    What is small the proxy keeps until all of it is there (docs/operations.md), so reading it takes no time. What is larger comes
    as slowly as it is sent, and a stranger who sends slowly would hold a process with it: so it is refused unread.
    """

    _is_large = False

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, str],  # noqa: N803  # Django's name
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        """Look at who sends it, before anything is read. Raises MultiPartParserError, which is answered with 400."""
        self._is_large = content_length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if self._is_large and not getattr(getattr(self.request, "user", None), "is_staff", False):
            raise MultiPartParserError("Only people of the office hand in what is so large.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Pass the piece on to the handlers that keep it."""
        if self._is_large:
            give_sign()
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Keep nothing: another handler has the file."""
