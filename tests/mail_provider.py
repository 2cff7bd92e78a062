"""A small stand-in for a mail provider's programming interface, which answers as a test says and remembers what it took."""

import json
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CUT = "cut"
"""The connection ends without an answer, once the provider has the message."""
TAKEN: tuple[int, dict[str, object]] = (
    200,
    {"ErrorCode": 0, "Message": "OK", "To": "asha@example.org", "MessageID": "b7bc2f4a-e38e-4336-af7d-e6c392c2f817"},
)
ID = "<202611240850.of-the-provider@example.org>"
TAKEN_BY: dict[str, tuple[int, dict[str, object]]] = {
    "postmark": TAKEN,
    "brevo": (201, {"messageId": ID}),
    "mailgun": (200, {"id": ID, "message": "Queued. Thank you."}),
}
"""What each provider answers where it takes a mail."""

type Answer = tuple[int, object] | str


def _read(content_type: str, body: bytes) -> dict[str, Any]:
    """Return what was posted; of a form with files, which Mailgun gets, each field’s values."""
    if content_type.startswith("application/json"):
        posted: dict[str, Any] = json.loads(body)
        return posted
    form: Any = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body, policy=HTTP)
    fields: dict[str, Any] = {}
    for part in form.iter_parts():
        name, file = part["Content-Disposition"].params["name"], part.get_filename()
        text = part.get_payload(decode=True).decode()
        fields.setdefault(name, []).append({"name": file, "content": text} if file else text)
    return fields


def files_of(taken: dict[str, Any]) -> list[tuple[str, str]]:
    """Return names and texts of the files beside the mail that a provider took, whichever it was."""
    if "Attachments" in taken:
        return [(file["Name"], b64decode(file["Content"]).decode()) for file in taken["Attachments"]]
    files = taken["attachment"]
    is_form = "h:Message-Id" in taken
    return [(file["name"], file["content"] if is_form else b64decode(file["content"]).decode()) for file in files]


class _Post(BaseHTTPRequestHandler):
    """One request."""

    server: "MailProvider"

    def do_POST(self) -> None:
        self.server.taken.append(_read(self.headers["Content-Type"], self.rfile.read(int(self.headers["Content-Length"]))))
        answer = self.server.plan()
        if isinstance(answer, str):
            self.close_connection = True
            return
        status, body = answer
        text = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: Any) -> None:
        """Stay silent."""


class MailProvider(ThreadingHTTPServer):
    """Postmark on a port of its own; `plan` may be changed at any time."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Post)
        self.plan: Callable[[], Answer] = lambda: TAKEN
        self.taken: list[dict[str, Any]] = []
        """What came, as it came."""

    @property
    def mailers(self) -> dict[str, Any]:
        """The setting MAILERS that leads here."""
        return self.mailers_of("postmark")

    def mailers_of(self, name: str) -> dict[str, Any]:
        """The setting MAILERS that leads here as to the provider of that name."""
        return mailers_at(f"http://127.0.0.1:{self.server_address[1]}/", name)


KEYS = {
    "postmark": {"server_token": "a-server-token"},
    "brevo": {"api_key": "a-key"},
    "mailgun": {"api_key": "a-key", "sender_domain": "mg.example.org"},
}


def mailers_at(address: str, name: str = "postmark") -> dict[str, Any]:
    """Return the setting MAILERS for the provider at the address."""
    options = {**KEYS[name], "api_url": address, "timeout": 5}
    backend = "schools.messages.provider.ProviderBackend"
    return {"default": {"BACKEND": backend, "OPTIONS": {"anymail": f"anymail.backends.{name}.EmailBackend", "options": options}}}


@contextmanager
def mail_provider() -> Iterator[MailProvider]:
    """Run a provider in a thread."""
    with MailProvider() as provider:
        threading.Thread(target=provider.serve_forever, args=(0.05,), daemon=True).start()
        yield provider
        provider.shutdown()
