"""A bad line between a browser and the site: requests and answers get lost, late, hang, or come from somebody else.

A fault is planned for the next request of a kind: one that sends a report, or one that opens or keeps a page. The proxy counts
the faults that really met a request. It also gives each release names of files of its own, and slows down no honest clock: in the
service worker it makes the limits of time `FASTER` times as short, as the pages' init script does there.
"""

import re
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from django.contrib.staticfiles.storage import StaticFilesStorage

FASTER = 10
"""How many times as short every limit of time of a second or more is in the tests: 8 s are 0.8 s."""
HURRY = f"""
(() => {{
  const real = self.setTimeout;
  self.setTimeout = (work, wait, ...more) => real(work, wait >= 1000 ? wait / {FASTER} : wait, ...more);
}})();
"""
LATE = 1.2
"""Seconds after which a late request or answer comes: over the first limit (8 s), under the second (20 s)."""

SENDING = ("lost", "unanswered", "late", "late answer", "hangs", "slow", "502", "503", "redirect", "hotel")
"""What can happen to a request that sends a report, or asks for the token that it needs."""
OPENING = ("lost", "hangs", "slow", "502", "503", "504")
"""What can happen to a request for a page."""
HTML = [("Content-Type", "text/html")]
FOREIGN = {
    **{status: (int(status), HTML) for status in ("502", "503", "504")},
    "hotel": (200, HTML),
    "redirect": (302, [("Location", "/accounts/login/?next=/phone/")]),
}
"""Faults that are an answer, though not of the site: its status and headers."""
RELEASED = re.compile(r"^/static/(.+)\.([0-9a-f]{12})\.(\w+)$")
NOT_PASSED_ON = {"connection", "keep-alive", "transfer-encoding", "content-length"}


class ReleasedStorage(StaticFilesStorage):
    """Static files under names that every release changes; the proxy knows none but those of the release that runs."""

    release = 1

    def url(self, name: str | None) -> str:
        """Return the address of the file in this release."""
        before, dot, ending = super().url(name).rpartition(".")
        return f"{before}.{self.release:012x}{dot}{ending}"


class Line(ThreadingHTTPServer):
    """What one phone reaches the site through; while it has no signal, nothing comes through, for pages and worker alike."""

    daemon_threads = True
    request_queue_size = 128  # a phone asks for many pages at once, on a machine that may have much to do
    has_signal = True

    @property
    def address(self) -> str:
        """The site, as this phone knows it."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class FaultyProxy:
    """Stands between two phones and the site at `upstream`'s port; `plan` says what happens next, `met` what has happened."""

    def __init__(self, upstream: Callable[[], int]) -> None:
        self.upstream = upstream
        self.met: Counter[str] = Counter()
        self._plans: dict[str, deque[str]] = {"sending": deque(), "opening": deque()}
        self._lock = threading.Lock()
        self._on_their_way = 0
        self.heals = threading.Event()
        proxy = self

        class Handler(_Handler):
            faults = proxy

        self.lines = [Line(("127.0.0.1", 0), Handler) for _ in range(2)]
        for line in self.lines:
            threading.Thread(target=line.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Stop answering."""
        for line in self.lines:
            line.shutdown()
            line.server_close()

    def plan(self, kind: str, fault: str) -> None:
        """Let the fault happen to the next request of the kind that has none yet."""
        self._plans[kind].append(fault)

    def spare(self, kind: str) -> None:
        """Forget the faults that are planned for requests of the kind."""
        self._plans[kind].clear()

    def heal(self) -> None:
        """From now on nothing happens to any request; what hung ends, and what is late comes, before this returns."""
        for plan in self._plans.values():
            plan.clear()
        self.heals.set()
        while self._on_their_way:
            time.sleep(0.01)
        self.heals.clear()

    def fault(self, kind: str) -> str:
        """What happens to this request: a planned fault, or "" for none."""
        with self._lock:
            plan = self._plans.get(kind)
            fault = plan.popleft() if plan else ""
            if fault:
                self.met[f"{kind}: {fault}"] += 1
            return fault

    def count(self, change: int) -> None:
        """Note that a request that is not over yet begins (1) or ends (-1)."""
        with self._lock:
            self._on_their_way += change


class _Handler(BaseHTTPRequestHandler):
    faults: FaultyProxy
    server: Line

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def do_HEAD(self) -> None:
        self._handle()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name that the server calls it by
        """Say nothing."""

    @property
    def kind(self) -> str:
        """What the request is for: "sending" a report, "opening" a page, or "" for anything else."""
        if self.path == "/phone/token/" or (self.command == "POST" and self.path.startswith(("/sessions/", "/mornings/"))):
            return "sending"
        is_page = self.headers.get("Sec-Fetch-Mode") == "navigate" or "Speakout-Keep" in self.headers
        return "opening" if is_page and self.command == "GET" and not self.path.startswith("/accounts/") else ""

    def _handle(self) -> None:
        if not self.server.has_signal:
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.faults.count(1)
        try:
            self._meet(self.faults.fault(self.kind), body)
        except (OSError, HTTPException):
            self.close_connection = True  # The site is down, or whoever asked has gone.
        finally:
            self.faults.count(-1)

    def _meet(self, fault: str, body: bytes) -> None:
        if fault == "hangs":
            self.faults.heals.wait(30)
        if fault in FOREIGN:
            self._answer(*FOREIGN[fault], b"<h1>This is not your site</h1>")
        if fault in {"lost", "hangs", *FOREIGN}:
            return
        if fault in {"late", "slow"}:
            self.faults.heals.wait(LATE if fault == "late" else 0.1)
        status, headers, content = self._forward(body)
        if fault == "late answer":
            self.faults.heals.wait(LATE)
        if fault != "unanswered":
            self._answer(status, headers, content)

    def _forward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        path = self.path
        if match := RELEASED.match(path):
            if int(match[2], 16) != ReleasedStorage.release:
                return 404, [], b""
            path = f"/static/{match[1]}.{match[3]}"
        connection = HTTPConnection("127.0.0.1", self.faults.upstream(), timeout=60)
        try:
            connection.request(self.command, path, body or None, dict(self.headers.items()))
            answer: HTTPResponse = connection.getresponse()
            content = answer.read()
            headers = [(name, value) for name, value in answer.getheaders() if name.lower() not in NOT_PASSED_ON]
            return answer.status, headers, HURRY.encode() + content if path == "/sw.js" else content
        finally:
            connection.close()

    def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
