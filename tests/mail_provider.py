"""A small stand-in for a mail provider's programming interface, which answers as a test says and remembers what it took."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CUT = "cut"
"""The connection ends without an answer, once the provider has the message."""
TAKEN = (200, {"ErrorCode": 0, "Message": "OK", "To": "asha@example.org", "MessageID": "b7bc2f4a-e38e-4336-af7d-e6c392c2f817"})

type Answer = tuple[int, object] | str


class _Post(BaseHTTPRequestHandler):
    """One request."""

    server: "MailProvider"

    def do_POST(self) -> None:
        self.server.taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
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
        return mailers_at(f"http://127.0.0.1:{self.server_address[1]}/")


def mailers_at(address: str) -> dict[str, Any]:
    """Return the setting MAILERS for a Postmark at the address."""
    options = {"server_token": "a-server-token", "api_url": address, "timeout": 5}
    backend = "schools.messages.provider.ProviderBackend"
    return {"default": {"BACKEND": backend, "OPTIONS": {"anymail": "anymail.backends.postmark.EmailBackend", "options": options}}}


@contextmanager
def mail_provider() -> Iterator[MailProvider]:
    """Run a provider in a thread."""
    with MailProvider() as provider:
        threading.Thread(target=provider.serve_forever, args=(0.05,), daemon=True).start()
        yield provider
        provider.shutdown()
