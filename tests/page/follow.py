"""Types the commands of “From nothing to live” (docs/operations.md) and looks at the site through the proxy, as a browser would.

Run by .ci/page as root, in a copy of the machine's files that is thrown away. Fetching packages aside, it runs in a network of
its own, in which nothing but this machine can be reached.
"""

import os
import re
import secrets
import socket
import ssl
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from schools.running.processes import Place
from tests.mail_server import MailServer, mail_server

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "operations.md"
SECTION = "From nothing to live"
HOST = "speakout.example.org"
VISITOR = "127.0.0.9"
"""Where the visitor comes from; the proxy is somebody else."""
FORGED = "203.0.113.7"
"""What the visitor says where they come from."""
AUTHORITY = Path("/var/lib/caddy/.local/share/caddy/pki/authorities/local/root.crt")
TRUSTED = Path("/etc/ssl/certs/ca-certificates.crt")
LOCAL_CERTIFICATES = "{\n    local_certs\n    skip_install_trust\n}\n"
"""Before the page's own lines, because nobody vouches for this machine: Caddy vouches itself."""
SECONDS = 300.0
DOCTOR = """
cd /srv/speakout; set -a; . /etc/speakout/environment; set +a
runuser -u speakout -- .venv/bin/python manage.py doctor
"""


def blocks() -> list[tuple[str, str]]:
    """Language and text of each block of the section, in order."""
    section = PAGE.read_text().partition(f"\n## {SECTION}\n")[2].partition("\n## ")[0]
    found = re.findall(r"^ *```(\w+)\n(.*?)^ *```$", section, flags=re.MULTILINE | re.DOTALL)
    return [(language, textwrap.dedent(text)) for language, text in found]


def filled(text: str, values: dict[str, str]) -> str:
    """The text with what a reader has to fill in. AssertionError where the page asks for something else by now."""
    for placeholder, value in values.items():
        assert placeholder in text, f"{PAGE.name} has no {placeholder!r} any more"
        text = text.replace(placeholder, value)
    return text


def is_file_of_settings(text: str) -> bool:
    """Whether the block is what stands in /etc/speakout/environment."""
    return all(re.fullmatch(r"[A-Z_]+='.*'", line) for line in text.splitlines())


def typed(repository: Path, *, mail_port: int = 0) -> tuple[str, str]:
    """The commands that fetch what is needed, and all others, in the order of the page; files are written by commands too."""
    fetching, others = "", ""
    for language, text in blocks():
        if language == "text":
            others += f"cat >/etc/caddy/Caddyfile <<'PAGE'\n{LOCAL_CERTIFICATES}{text}PAGE\n"
        elif is_file_of_settings(text):
            at = f"smtp://127.0.0.1:{mail_port}"
            values = {"'…'": f"'{secrets.token_urlsafe(60)}'", "smtp+tls://NAME:PASSWORD@mail.example.org:587": at}
            others += f"cat >/etc/speakout/environment <<'PAGE'\n{filled(text, values)}PAGE\n"
        elif not fetching:
            fetching = filled(text, {"ADDRESS-OF-THE-REPOSITORY": f"file://{repository}"})
        else:
            others += text
    return fetching, others


def type_into_a_shell(commands: str) -> None:
    """Type the commands, one after the other; the first that fails ends it, in shells that they open too."""
    environment = {name: os.environ[name] for name in ("PATH", "LANG", "TERM") if name in os.environ}
    shell = ["bash", "-euo", "pipefail", "-c", "export SHELLOPTS; exec bash -x"]
    # Byte by byte, as from a keyboard: a shell that is opened reads on where the outer one stopped.
    subprocess.run(shell, input=commands.encode(), check=True, cwd="/", env=environment)


def prepare(place: Path) -> Path:
    """Put into this copy of the machine what an installation finds there: a repository, a running PostgreSQL, a systemd."""
    repository = place / "speakout.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", "--no-hardlinks", f"file://{ROOT}", str(repository)], check=True)
    subprocess.run(["git", "config", "--system", "--add", "safe.directory", "*"], check=True)
    subprocess.run(["chmod", "-R", "a+rX", str(place)], check=True)
    Path("/etc/apt/apt.conf.d/99yes").write_text('APT::Get::Assume-Yes "true";\n')
    stand_in = Path("/usr/local/sbin/systemctl")
    stand_in.write_text(f'#!/bin/sh\nexec {sys.executable} {ROOT}/tests/page/systemctl.py "$@"\n')
    stand_in.chmod(0o755)
    return repository


def start_postgres() -> None:
    """Start Debian's server, as its unit does with the machine."""
    version = max((path.name for path in Path("/etc/postgresql").iterdir()), key=int)
    Path("/run/postgresql").mkdir(exist_ok=True)
    subprocess.run(["chown", "postgres:", "/run/postgresql"], check=True)
    subprocess.run(["pg_ctlcluster", version, "main", "start"], check=True)


def leave_the_network() -> None:
    """Go on in a network in which there is this machine alone."""
    os.unshare(os.CLONE_NEWNET)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with Path("/etc/hosts").open("a") as hosts:
        hosts.write(f"127.0.0.1 {HOST}\n")


class Visitor:
    """A browser with its cookies, which forges the header that says where it comes from."""

    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}
        self.set_cookies: list[str] = []

    def ask(self, path: str, data: dict[str, str] | None = None) -> tuple[HTTPResponse, str]:
        """Answer and text of a page behind the proxy, by HTTPS."""
        plain = socket.create_connection((HOST, 443), timeout=60, source_address=(VISITOR, 0))
        connection = HTTPConnection(HOST)
        connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=HOST)
        headers = {
            "X-Forwarded-For": FORGED, "X-Forwarded-Proto": "http", "Referer": f"https://{HOST}/",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Content-Type": "application/x-www-form-urlencoded",
        }  # fmt: skip
        connection.request("POST" if data else "GET", path, urlencode(data) if data else None, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        for line in answer.headers.get_all("Set-Cookie") or []:
            self.set_cookies.append(line)
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        connection.close()
        return answer, text

    def send(self, path: str, **data: str) -> HTTPResponse:
        """Fill a form in and send it."""
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.ask(path)[1])
        assert token, f"{path} has no form"
        return self.ask(path, {"csrfmiddlewaretoken": token[1], **data})[0]


def eventually(what_holds: Callable[[], Any]) -> Any:
    """The first answer of the function that is true. AssertionError where there is none in the time."""
    ends = time.monotonic() + SECONDS
    while True:
        try:
            answer = what_holds()
        except OSError as error:
            answer, why = None, repr(error)
        else:
            why = repr(answer)
        if answer:
            return answer
        assert time.monotonic() < ends, f"it did not come about: {why}"
        time.sleep(0.5)


def look(mail: MailServer) -> None:
    """Look at the site from outside: the sign-in page, monitors, mail, slow senders, cookies, the visitor's address."""
    with TRUSTED.open("a") as trusted:
        trusted.write(eventually(lambda: AUTHORITY.exists() and AUTHORITY.read_text()))
    visitor = Visitor()
    eventually(lambda: visitor.ask("/live/")[0].status == 200)
    answer, page = visitor.ask("/accounts/login/")
    assert (answer.status, "<h1>Sign in</h1>" in page) == (200, True), page[:2000]
    for address in re.findall(r'href="(/static/[^"]+\.css)"', page):
        assert visitor.ask(address)[0].status == 200, address
    eventually(lambda: visitor.ask("/ready/")[0].status == 200)
    link = re.search(rf"https://{HOST}(/\S+)", eventually(lambda: mail.taken and mail.taken[0].replace("=\n", "")))
    assert link, mail.taken
    answer, _ = visitor.ask(link[1])
    assert answer.status in {200, 302}, f"the first manager's link answers {answer.status}"
    slow_senders_hold_nobody_up(visitor)
    sign_in(visitor, mail)
    unsafe = [line for line in visitor.set_cookies if "secure" not in line.lower()]
    assert unsafe == [], "each cookie goes by HTTPS alone"
    assert any(line.startswith("sessionid=") and "httponly" in line.lower() for line in visitor.set_cookies)
    question = ["runuser", "-u", "speakout", "--", "psql", "-Atc", "SELECT DISTINCT ip FROM usersessions_usersession", "speakout"]
    seen = subprocess.run(question, check=True, capture_output=True, text=True, cwd="/").stdout.split()
    assert seen == [VISITOR], f"the visitor came from {VISITOR} and was taken for {seen}"
    plain = HTTPConnection(HOST, 80)
    plain.request("GET", "/accounts/login/")
    answer = plain.getresponse()
    assert (answer.status, urlsplit(answer.headers["Location"]).scheme) == (308, "https"), "without HTTPS there is no page"


def sign_in(visitor: Visitor, mail: MailServer) -> None:
    """Sign in by the code that is mailed, as step 7 of the page says."""
    before = len(mail.taken)
    answer = visitor.send("/accounts/login/", login="asha@example.org", password="", code="1")
    assert answer.status == 302, answer.status
    text = eventually(lambda: len(mail.taken) > before and mail.taken[-1])
    code = re.search(r"^\s*(\d{4}-?\d{4})\s*$", text, flags=re.MULTILINE)
    assert code, text
    assert visitor.send(answer.headers["Location"], code=code[1]).status == 302


def slow_senders_hold_nobody_up(visitor: Visitor) -> None:
    """Begin twice as many forms as there are web processes, end none, and ask for a page meanwhile."""
    head = f"POST /accounts/login/ HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 2000000\r\n"
    # Without a cookie of the kind the form would be refused before anybody waits for the rest of it.
    head += f"Referer: https://{HOST}/\r\nCookie: csrftoken={'a' * 32}\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n"
    senders = []
    for _ in range(2 * Place(ROOT).web_workers):
        plain = socket.create_connection((HOST, 443), timeout=60)
        senders.append(ssl.create_default_context().wrap_socket(plain, server_hostname=HOST))
        senders[-1].sendall(f"{head}login=asha".encode())
    for _ in range(10):
        began = time.monotonic()
        assert visitor.ask("/accounts/login/")[0].status == 200
        assert time.monotonic() - began < 10, "a web process waits for somebody who sends slowly"
    for sender in senders:
        sender.close()


def main() -> int:
    """Follow the page; an exception where it does not lead to a site that works."""
    began = time.monotonic()
    place = Path("/var/tmp/speakout-page")  # noqa: S108  # of the copy
    place.mkdir()
    repository = prepare(place)
    type_into_a_shell(typed(repository)[0])
    start_postgres()
    leave_the_network()
    with mail_server() as mail:
        type_into_a_shell(typed(repository, mail_port=mail.port)[1])
        look(mail)
        type_into_a_shell(DOCTOR)
    print(f"Live behind the proxy by the page alone, in {(time.monotonic() - began) / 60:.1f} minutes.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
