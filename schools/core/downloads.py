"""Answers that a browser stores as a file, and never shows or runs in our name."""

from django.http import HttpResponse
from django.utils.http import content_disposition_header


def download(content: bytes, *, name: str, content_type: str) -> HttpResponse:
    """Return the answer with the bytes under this name; a browser may not guess another type from the bytes."""
    headers = {
        "Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or "attachment",
        "X-Content-Type-Options": "nosniff",
        "Content-Length": str(len(content)),
    }
    return HttpResponse(content, content_type=content_type, headers=headers)
