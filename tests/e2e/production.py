"""The site as it is installed: gunicorn with production settings, over TLS, on the database of the tests.

Production answers nothing but HTTPS and marks its cookies secure, so gunicorn gets a certificate that is made for the run. The
browser is told to trust that one key and no other (`trusting`). A service worker, which phones need, is refused elsewhere.
"""

import base64
import hashlib
import os
import socket
import ssl
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import urlopen

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from schools.accounts.models import User
from speakout.settings.base import PASSWORD_HASHERS
from tests.e2e.charity import PASSWORD

HOST = "127.0.0.1"
NAME = "localhost"
"""The same machine by its name: browsers take passkeys on a name alone, not on an address in numbers."""
STARTS_WITHIN = 120
"""Seconds for gunicorn's first answer on a busy machine."""


class Certificate:
    """A key and a certificate for this machine, as files, and the name by which a browser trusts the key."""

    def __init__(self, folder: Path) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
        begins = datetime(2020, 1, 1, tzinfo=UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(begins + timedelta(days=36_500))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST)), x509.DNSName(NAME)]), critical=False)
            .sign(key, hashes.SHA256())
        )
        self.key, self.file = folder / "key.pem", folder / "certificate.pem"
        none = serialization.NoEncryption()
        self.key.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, none))
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.trusted_as = base64.b64encode(hashlib.sha256(public).digest()).decode()

    @property
    def trusting(self) -> str:
        """The option with which Chromium trusts this key and no other that nobody vouches for."""
        return f"--ignore-certificate-errors-spki-list={self.trusted_as}"


class Installation:
    """The site at one address, whether or not it runs, as `tests.e2e.phone.Server`, under gunicorn.

    People who are there get their password anew, hashed as production reads it. `close` takes away what only production needs in
    the database.
    """

    def __init__(self, folder: Path) -> None:
        self.certificate = Certificate(folder)
        with socket.socket() as free:
            free.bind((HOST, 0))
            self.port: int = free.getsockname()[1]
        self._folder = folder
        self._environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.e2e.production_settings",
            "SPEAKOUT_SECRET_KEY": "of-one-run-of-the-tests-and-of-nothing-else-0123456789-abcdefgh",
            "SPEAKOUT_ALLOWED_HOSTS": f"{HOST},{NAME}",
            "SPEAKOUT_DATABASE_URL": database_address(),
            "SPEAKOUT_MAIL_URL": "smtp://127.0.0.1:9",
            "SPEAKOUT_MAIL_FROM": "speakout@example.org",
            "TESTS_STATIC": str(folder / "static"),
        }
        # Tests' tables come from the models: that of the cache is missing.
        self._manage("createcachetable")
        self._manage("collectstatic", "--noinput", "--verbosity=0")
        with override_settings(PASSWORD_HASHERS=PASSWORD_HASHERS):
            for user in User.objects.all():
                user.set_password(PASSWORD)
                user.save()
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def _manage(self, *command: str) -> None:
        subprocess.run([sys.executable, "manage.py", *command], cwd=settings.BASE_DIR, env=self._environment, check=True)  # noqa: S603  # our own

    def start(self) -> None:
        """Start gunicorn and wait until it answers."""
        environment = {**self._environment, "TESTS_NOW": timezone.now().isoformat()}
        command = [
            sys.executable, "-m", "gunicorn", "speakout.wsgi", "--bind", f"{HOST}:{self.port}", "--workers", "2",
            "--keyfile", str(self.certificate.key), "--certfile", str(self.certificate.file), "--no-control-socket",
            # The workers' clock is set, by which gunicorn would take them for hanging.
            "--timeout", "0", "--config", "tests/e2e/gunicorn_clock.py", "--log-level", "warning",
        ]  # fmt: skip
        self._process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment)  # noqa: S603  # our own
        context = ssl.create_default_context(cafile=str(self.certificate.file))
        for _ in range(STARTS_WITHIN * 10):
            try:
                with urlopen(f"{self.address}/accounts/login/", context=context):  # noqa: S310  # our own address
                    return
            except URLError:
                time.sleep(0.1)
        self.stop()
        msg = f"gunicorn gave no answer within {STARTS_WITHIN} seconds"
        raise RuntimeError(msg)

    def stop(self) -> None:
        """End gunicorn, which answers what it has begun first."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)
            self._process = None

    def close(self) -> None:
        """Stop, and take the table of the cache out of the tests' database."""
        self.stop()
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS speakout_cache")

    @property
    def trusting(self) -> list[str]:
        return [self.certificate.trusting]

    @property
    def address(self) -> str:
        return f"https://{HOST}:{self.port}"


def database_address() -> str:
    """The address of the tests' database, as production reads it from its environment."""
    known = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{known['NAME']}"
    return f"postgres://{known['USER']}@/{known['NAME']}?host={quote(str(known['HOST']), safe='')}"
