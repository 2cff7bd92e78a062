"""A small mail server for tests, which refuses, cuts and waits wherever a test wants it to, and remembers what it took."""

import re
import socketserver
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

CUT = "cut"
"""At any step: the connection ends without an answer. At `text`: before the message is taken."""
TAKE_AND_CUT = "take and cut"
"""At `text`: the message is taken, but its sender never hears so."""

type Step = str
"""connect, mail, rcpt, data, text (the whole text has come), yes (the message was taken and the answer is out)."""
type Plan = Callable[[Step], str | None]
"""What the server answers at a step; None is the usual answer. It is called in the thread of the connection, and may sleep."""

USUAL = {"connect": "220 ready", "mail": "250 ok", "rcpt": "250 ok", "data": "354 go on", "text": "250 taken", "yes": ""}


class _Conversation(socketserver.StreamRequestHandler):
    """One connection."""

    server: "MailServer"

    def handle(self) -> None:
        if not self.answer("connect"):
            return
        for line in self.rfile:
            command = line[:4].decode("ascii", "replace").upper().strip()
            if command == "QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            step = {"MAIL": "mail", "RCPT": "rcpt", "DATA": "data"}.get(command)
            if step is None:
                self.wfile.write(b"250 ok\r\n")
            elif not self.answer(step) or (step == "data" and self.went_on and not self.take()):
                return

    def answer(self, step: Step) -> bool:
        """Answer at the step; False where the connection ends."""
        words = self.server.plan(step) or USUAL[step]
        if words == CUT:
            return False
        self.went_on = words.startswith("3")
        if words:
            self.wfile.write(f"{words}\r\n".encode())
        return True

    def take(self) -> bool:
        lines: list[bytes] = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            lines.append(line)
        else:
            return False
        words = self.server.plan("text") or USUAL["text"]
        if words == TAKE_AND_CUT or words.startswith("2"):
            self.server.taken.append(b"".join(lines).decode())
        if words in {CUT, TAKE_AND_CUT}:
            return False
        self.wfile.write(f"{words}\r\n".encode())
        return not words.startswith("2") or self.answer("yes")


class MailServer(socketserver.ThreadingTCPServer):
    """The server on a port of its own; `plan` may be changed at any time."""

    daemon_threads = True
    request_queue_size = 50

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.plan: Plan = lambda _: None
        self.taken: list[str] = []
        """The messages that it took, as they came."""

    def handle_error(self, *_: Any) -> None:
        """Stay silent: that a sender was killed is what some tests are about."""

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def copies(self) -> Counter[str]:
        """How often each Message-ID was taken."""
        return Counter(re.findall(r"^Message-ID: (\S+)", "\n".join(self.taken), re.MULTILINE))

    @property
    def mailers(self) -> dict[str, Any]:
        """The setting MAILERS that leads here."""
        options = {"host": "127.0.0.1", "port": self.port, "timeout": 5}
        return {"default": {"BACKEND": "schools.messages.smtp.CarefulBackend", "OPTIONS": options}}


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Run a mail server in a thread."""
    with MailServer() as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()
