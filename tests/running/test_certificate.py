"""The certificate of the site's address is looked at as a browser would, on a server of this machine with one made for it."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Event, Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.utils import timezone
from pytest_django.fixtures import Settings

from schools.running import checks
from schools.running.checks import look_at_certificate
from schools.running.health import Finding, Level

pytestmark = pytest.mark.real_clock
A_DAY = timedelta(days=1)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the certificates are, of which this process believes those in the file `believed`."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "believed"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    return tmp_path


def certificate(folder: Path, *, begins: datetime, ends: datetime, host: str = "localhost", is_believed: bool = True) -> Path:
    """A file with a certificate that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    uses = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "crl_sign", "encipher_only",
         "decipher_only"), False,
    )  # fmt: skip
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), begins, ends)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, key_cert_sign=True, **uses), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    shown = made.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "of-the-site"
    path.write_bytes(secret + shown)
    (folder / "believed").write_bytes(shown if is_believed else b"")
    return path


@contextmanager
def server(handler: type[BaseRequestHandler]) -> Iterator[str]:
    """The address, under https, of a server that listens until the block ends."""
    with ThreadingTCPServer(("127.0.0.1", 0), handler) as listens:
        Thread(target=listens.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield f"https://localhost:{listens.server_address[1]}"
        finally:
            listens.shutdown()


@contextmanager
def site(path: Path) -> Iterator[str]:
    """A server that shows the certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)

    class Shows(BaseRequestHandler):
        def handle(self) -> None:
            try:
                with context.wrap_socket(self.request, server_side=True):
                    pass
            except OSError:
                """Whoever looks does not believe it and goes away."""

    with server(Shows) as address:
        yield address


def seen(settings: Settings, address: str) -> Finding:
    settings.SPEAKOUT_ADDRESS = address
    return look_at_certificate(timezone.now())


@pytest.mark.parametrize(
    ("age", "left", "is_fault"),
    [
        # Of 90 days, as Let's Encrypt gives; it is renewed when 30 are left.
        (timedelta(days=1), timedelta(days=89), False),
        (timedelta(days=74), timedelta(days=16), False),
        (timedelta(days=76), timedelta(days=14), True),
        # Of six days.
        (timedelta(days=4), timedelta(days=2), False),
        (timedelta(days=5, hours=6), timedelta(hours=18), True),
    ],
)
def test_a_certificate_that_should_have_been_renewed_by_now_is_a_fault(
    folder: Path, settings: Settings, age: timedelta, left: timedelta, *, is_fault: bool
) -> None:
    now = datetime.now(UTC)
    ends = now + left + timedelta(hours=1)
    with site(certificate(folder, begins=now - age, ends=ends)) as address:
        finding = seen(settings, address)
    assert finding.level is (Level.FAULT if is_fault else Level.WELL)
    assert f"It holds until {timezone.localtime(ends):%d %B %Y}, {left.days} more day" in finding.sentence
    assert ("it should have been renewed: see to the reverse proxy" in finding.sentence) is is_fault


@pytest.mark.parametrize(
    ("days_left", "host", "is_believed", "why"),
    [
        (-1, "localhost", True, "certificate has expired"),
        (80, "another.example.org", True, "Hostname mismatch"),
        (80, "localhost", False, "self-signed certificate"),
    ],
)
def test_a_certificate_that_browsers_refuse_is_a_fault_that_says_why(
    folder: Path, settings: Settings, days_left: int, host: str, why: str, *, is_believed: bool
) -> None:
    now = datetime.now(UTC)
    path = certificate(folder, begins=now - 10 * A_DAY, ends=now + days_left * A_DAY, host=host, is_believed=is_believed)
    with site(path) as address:
        finding = seen(settings, address)
    assert finding.level is Level.FAULT
    assert finding.sentence.startswith(f"Browsers refuse it: {why}")
    assert finding.sentence.endswith("See to the reverse proxy that renews it.")


def test_a_site_that_has_no_certificate_to_show_is_a_fault(settings: Settings) -> None:
    class Refuses(BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(1024)
            self.request.sendall(bytes([21, 3, 3, 0, 2, 2, 80]))  # the alert "internal error", as a proxy without one sends it

    class SpeaksPlainly(BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(1024)
            self.request.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    for handler in (Refuses, SpeaksPlainly):
        with server(handler) as address:
            finding = seen(settings, address)
        assert finding.level is Level.FAULT, finding
        assert "shows none" in finding.sentence


def test_a_site_that_does_not_answer_is_noted_and_nobody_waits_for_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "PATIENCE", 0.2)
    ends = Event()

    class IsSilent(BaseRequestHandler):
        def handle(self) -> None:
            ends.wait(60)

    with server(IsSilent) as address:
        finding = seen(settings, address)
        assert not ends.is_set()
        ends.set()
    assert finding == Finding.note(f"{address} cannot be reached from this machine (TimeoutError).")
    assert seen(settings, address) == Finding.note(f"{address} cannot be reached from this machine (ConnectionRefusedError).")


def test_an_address_without_https_has_none(settings: Settings) -> None:
    assert seen(settings, "http://localhost:8000") == Finding.note("http://localhost:8000 has none: it is not https.")
