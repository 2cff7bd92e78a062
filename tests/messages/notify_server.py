"""A small stand-in for GOV.UK Notify, which answers as a test says, checks who asks, and remembers what it took."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from pytest_django.fixtures import Settings

CUT, SLOW = "cut", "slow"
"""The connection ends without an answer, once Notify has the text; or the answer comes too late."""
SERVICE, SECRET = "26785a09-ab16-4eb0-8407-a37497a57506", "3d844edf-8d35-48ac-975b-e847b4f122b0"
KEY = f"test-{SERVICE}-{SECRET}"
TEMPLATE = "f33517ff-2a88-4f6e-b855-c550268ce08a"
TOKEN = "a-token-of-the-callbacks"

type Answer = tuple[int, object] | str


def errors(status: int, error: str, message: str) -> Answer:
    """Return an answer as Notify refuses something."""
    return status, {"status_code": status, "errors": [{"error": error, "message": message}]}


class _Post(BaseHTTPRequestHandler):
    """One request."""

    server: "NotifyServer"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        token = jwt.decode(self.headers["Authorization"].removeprefix("Bearer "), SECRET, ["HS256"])
        assert token["iss"] == SERVICE
        self.server.taken.append(body)
        answer = self.server.plan(body)
        if answer == CUT:
            self.close_connection = True
            return
        if answer == SLOW:
            time.sleep(self.server.slow_for)
        status, words = taken(body) if isinstance(answer, str) else answer
        text = words.encode() if isinstance(words, str) else json.dumps(words).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: Any) -> None:
        """Stay silent."""


def taken(body: dict[str, Any]) -> tuple[int, object]:
    """Return the answer of Notify where it took the SMS."""
    content = {"body": body["personalisation"]["text"], "from_number": "Speakout"}
    return 201, {"id": "740e5834-3a29-46b4-9a6f-16142fde533a", "reference": body["reference"], "content": content}


class NotifyServer(ThreadingHTTPServer):
    """Notify on a port of its own; `plan` may be changed at any time."""

    daemon_threads = True
    slow_for = 1.5

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Post)
        self.plan: Callable[[dict[str, Any]], Answer] = taken
        self.taken: list[dict[str, Any]] = []
        """What came, as it came."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent where a client hung up."""


@contextmanager
def notify_server(settings: Settings) -> Iterator[NotifyServer]:
    """Run Notify in a thread, with the settings that lead there."""
    with NotifyServer() as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        settings.SPEAKOUT_SMS, settings.SPEAKOUT_SMS_KEY, settings.SPEAKOUT_SMS_TEMPLATE = "notify", KEY, TEMPLATE
        settings.NOTIFY_SERVER = f"http://127.0.0.1:{server.server_address[1]}"
        yield server
        server.shutdown()


def receipt(reference: str, status: str, **others: Any) -> dict[str, Any]:
    """Return what Notify posts about an SMS, as its documentation shows it."""
    return {
        "id": "740e5834-3a29-46b4-9a6f-16142fde533a", "reference": reference, "to": "+447400123456", "status": status,
        "created_at": "2026-11-24T09:00:00.000000Z", "completed_at": "2026-11-24T09:01:00.000000Z",
        "sent_at": "2026-11-24T09:00:30.000000Z", "notification_type": "sms", "template_id": TEMPLATE, "template_version": 1,
        **others,
    }  # fmt: skip


def answered(message: str, **others: Any) -> dict[str, Any]:
    """Return what Notify posts about an answer to an SMS."""
    return {
        "id": "f9cc5ce3-0d1e-4d5a-9f2a-7e5d7fba5b1c", "source_number": "447400123456", "destination_number": "07400000000",
        "message": message, "date_received": "2026-11-24T09:05:00.000000Z", "service_id": SERVICE, **others,
    }  # fmt: skip
