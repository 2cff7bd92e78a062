"""Reads the settings of the environment, each within its range: what is not allowed stops the start with a sentence.

The sentence names the setting, what it may be and what to do. A value that may hold a secret is not repeated.
"""

import math
import os
import re
from collections.abc import Callable
from difflib import get_close_matches
from email.utils import parseaddr
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import SplitResult, unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

KNOWN = frozenset(
    f"SPEAKOUT_{name}"
    for name in (
        "ADDRESS", "ALLOWED_HOSTS", "BACKUP_DAYS", "BACKUP_FOLDER", "BACKUP_IDENTITY", "BACKUP_KEY", "BACKUP_MONTHS",
        "BACKUP_WEEKS", "CHROMIUM", "CSRF_TRUSTED_ORIGINS", "DATABASE_URL", "DEBUG", "DIRECT_URL", "ERASURES",
        "HEAVY_AT_ONCE", "HISTORIES",
        "HOLD_DATES_DAYS", "HSTS_PRELOAD", "HSTS_SUBDOMAINS",
        "KEEP_ACCESS_MONTHS", "KEEP_ADDRESSES_MONTHS", "KEEP_AWAY_MONTHS", "KEEP_CERTIFICATES_MONTHS",
        "KEEP_COLLEAGUES_MONTHS", "KEEP_CONTACTS_MONTHS", "KEEP_CONVERSATIONS_MONTHS", "KEEP_ENQUIRERS_MONTHS",
        "KEEP_IMPORTS_MONTHS", "KEEP_IMPORT_FILES_DAYS", "KEEP_INVITATIONS_MONTHS", "KEEP_LOG_MONTHS", "KEEP_MESSAGES_MONTHS",
        "KEEP_NOTES_MONTHS", "KEEP_NOTICES_YEARS", "KEEP_QUESTIONS_MONTHS", "KEEP_RECOVERIES_MONTHS", "KEEP_TASKS_DAYS",
        "KEEP_NOTES_MONTHS", "KEEP_NOTICES_YEARS", "KEEP_QUESTIONS_MONTHS", "KEEP_REQUESTS_DAYS", "KEEP_TASKS_DAYS",
        "KEEP_UNDOING_MONTHS", "KEEP_VOLUNTEERS_MONTHS",
        "LOG", "LOOKS_KEPT_YEARS", "MAILS_PER_MINUTE", "MAIL_FROM", "MAIL_SECRET", "MAIL_URL", "OFFER_HOURS",
        "OIDC_CLIENT", "OIDC_DOMAINS", "OIDC_NAME", "OIDC_SECRET", "OIDC_SERVER", "POOL_MAX", "POOL_MIN", "PORT", "PROXIES",
        "RECOVERY_HOURS", "REPLICA_URL", "SCREENSHOTS", "SECRET_KEY", "SECRET_KEY_FALLBACKS", "SENTRY_DSN", "SIGNED_IN_DAYS",
        "SMS", "SMS_KEY", "SMS_PER_DAY", "SMS_SECRET", "SMS_SENDER", "SMS_TEMPLATE", "STAFF_SECOND_FACTOR",
    )
)  # fmt: skip
"""Every setting that something reads: these modules, bin/demo and the browser tests."""

MOVED = dict.fromkeys(
    ("SPEAKOUT_TRAVEL_DETOUR", "SPEAKOUT_TRAVEL_KM_PER_HOUR", "SPEAKOUT_TRAVEL_MINUTES_AROUND"),
    "is no setting any more: a manager types how fast volunteers travel under “The charity” in the office (/admin/charity/)",
)
"""Settings of earlier versions, and where their values are now."""

SWITCHES = {"true": True, "on": True, "yes": True, "1": True, "false": False, "off": False, "no": False, "0": False}


def refuse(name: str, allowed: str, *, value: str = "") -> NoReturn:
    """Stop the start. `value` is left out where it may hold a secret. Raises ImproperlyConfigured."""
    shown = f", not “{value}”" if value else ""
    msg = f"{name} must be {allowed}{shown}. Correct it in the environment and start again."
    raise ImproperlyConfigured(msg)


def refuse_unknown() -> None:
    """Stop where the environment has a setting that nothing reads: a slip of the pen would go unnoticed for years.

    Raises ImproperlyConfigured.
    """
    for name in sorted(os.environ):
        if name in MOVED:
            msg = f"{name} {MOVED[name]}. Take it out of the environment and start again."
            raise ImproperlyConfigured(msg)
        if name.startswith("SPEAKOUT_") and name not in KNOWN:
            alike = get_close_matches(name, KNOWN, n=1)
            hint = f" Did you mean {alike[0]}?" if alike else ""
            msg = f"{name} is no setting.{hint} Correct its name or take it out (docs/operations.md lists all)."
            raise ImproperlyConfigured(msg)


def refuse_production(*names: str) -> None:
    """Stop where one of the settings of production alone is set: an installation runs here, which has not said so.

    Raises ImproperlyConfigured.
    """
    for name in names:
        if text(name):
            msg = (
                f"{name} is set, as for production, but these are the settings of development. Write "
                "DJANGO_SETTINGS_MODULE='speakout.settings.production' into the environment and start again; to develop, take "
                f"{name} out of it."
            )
            raise ImproperlyConfigured(msg)


def text(name: str, default: str = "") -> str:
    """Return the text as it is, without spaces around it."""
    return os.environ.get(name, default).strip()


def required[Value](read: Callable[[str], Value], name: str) -> Value:
    """Return what `read` makes of the setting. Raises ImproperlyConfigured where it is missing or blank."""
    if not text(name):
        msg = f"{name} must be set. Write it into the environment (docs/operations.md, Settings) and start again."
        raise ImproperlyConfigured(msg)
    return read(name)


def texts(name: str) -> list[str]:
    """Return the texts that are joined by commas."""
    return [part.strip() for part in text(name).split(",") if part.strip()]


def switch(name: str, *, default: bool) -> bool:
    """Return whether it is on."""
    value = text(name)
    if value and value.lower() not in SWITCHES:
        refuse(name, "true or false", value=value)
    return SWITCHES[value.lower()] if value else default


def choice(name: str, *values: str) -> str:
    """Return which of the values it is; the first where it is not set."""
    value = text(name) or values[0]
    if value not in values:
        refuse(name, f"{', '.join(values[:-1])} or {values[-1]}", value=value)
    return value


def number(name: str, default: int, least: int, most: int) -> int:
    """Return the whole number."""
    value = text(name) or str(default)
    if not re.fullmatch(r"[0-9]{1,9}", value) or not least <= int(value) <= most:
        refuse(name, f"a whole number from {least} to {most}", value=value)
    return int(value)


def hours(name: str, default: float, most: float) -> float:
    """Return hours, which may be a part of one, but more than none."""
    value = text(name) or str(default)
    try:
        number_of_hours = float(value)
    except ValueError:
        number_of_hours = math.nan
    if not 0 < number_of_hours <= most:  # false for what is no number, too
        refuse(name, f"a number of hours above 0, at most {most:g}", value=value)
    return number_of_hours


def place(name: str, default: Path | None = None) -> Path | None:
    """Return the path; the default where it is not set."""
    value = text(name)
    if value and not Path(value).is_absolute():
        refuse(name, "an absolute path, because commands run in different folders", value=value)
    return Path(value) if value else default


def hosts(name: str) -> list[str]:
    """Return the host names."""
    for host in texts(name):
        if not re.fullmatch(r"\.?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]", host):
            refuse(name, "host names joined by commas, without https:// and port, such as speakout.example.org", value=host)
    return texts(name)


def origin_of(value: str) -> SplitResult | None:
    """Return the parts of `https://host` or `https://host:port`; None where it is something else."""
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return None
    is_bare = parts.path in {"", "/"} and not (parts.query or parts.fragment or parts.username or parts.password)
    return parts if parts.scheme in {"http", "https"} and parts.hostname and is_bare else None


def address(name: str, default: str) -> str:
    """Return the beginning of links, without a slash at its end."""
    value = text(name) or default
    if origin_of(value) is None:
        refuse(name, "https:// with a host name and nothing behind it, such as https://speakout.example.org", value=value)
    return value.rstrip("/")


def origins(name: str) -> list[str]:
    """Return origins."""
    for value in texts(name):
        if origin_of(value) is None:
            refuse(name, "origins joined by commas, such as https://www.example.org", value=value)
    return [value.rstrip("/") for value in texts(name)]


def mail_address(name: str) -> str:
    """Return an e-mail address, with a name before it or not."""
    value = text(name)
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", parseaddr(value)[1]):
        refuse(name, "an e-mail address, such as speakout@example.org", value=value)
    return value


def age_key(name: str) -> str:
    """Return a public key of age; "" where none is set."""
    value = text(name)
    if value and not re.fullmatch(r"age1[02-9ac-hj-np-z]{58}", value):
        refuse(name, "a public key of age: age1 and 58 letters and digits (never the secret key, AGE-SECRET-KEY-…)")
    return value


def single_sign_on(name: str, *, client: str, secret: str) -> dict[str, str]:
    """Return server, client and secret of the provider of OpenID Connect; {} where no server is set.

    A server for the accounts of several organisations would let each of them vouch for our addresses.
    """
    server = text(name).rstrip("/")
    if not server:
        return {}
    parts = urlsplit(server)
    is_local = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost"}
    if not (parts.scheme == "https" or is_local) or not parts.hostname or parts.query or parts.username:
        refuse(name, "the issuer’s address, such as https://accounts.google.com", value=server)
    if {"common", "organizations", "consumers"} & set(parts.path.lower().split("/")):
        refuse(name, "the address of the charity’s own tenant, https://login.microsoftonline.com/TENANT-ID/v2.0", value=server)
    return {"server": server, "client": required(text, client), "secret": required(text, secret)}


def domains(name: str) -> list[str]:
    """Return domains of e-mail addresses, in small letters."""
    for domain in texts(name):
        if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9-]+)+", domain):
            refuse(name, "domains joined by commas, such as example.org", value=domain)
    return [domain.lower() for domain in texts(name)]


def sentry(name: str) -> str:
    """Return the address of a Sentry; "" where none is set."""
    value = text(name)
    try:
        parts = urlsplit(value)
    except ValueError:
        parts = urlsplit("")
    is_address = parts.scheme in {"http", "https"} and parts.username and parts.hostname and parts.path.strip("/").isdecimal()
    if value and not is_address:
        refuse(name, "the DSN of a Sentry project, https://key@host/number")
    return value


def database_parts(url: str, name: str) -> dict[str, Any]:
    """Return Django's settings for a database URL, which may hold a password."""
    kinds = ("postgres://", "postgresql://", "sqlite:///")
    try:
        config: dict[str, Any] = environ.Env.db_url_config(url) if url.startswith(kinds) else {}
    except (ValueError, ImproperlyConfigured):
        config = {}
    if config.get("NAME") in {None, "", ":memory:"}:  # each process would have a memory of its own
        refuse(name, "postgres://user:password@host/name (each part percent-encoded) or sqlite:////path/file")
    return config


PROVIDERS: dict[str, tuple[str, str, dict[str, str]]] = {
    "anymail+postmark": ("postmark", "server_token", {}),
    "anymail+brevo": ("brevo", "api_key", {}),
    "anymail+mailgun": ("mailgun", "api_key", {}),
    "anymail+mailgun-eu": ("mailgun", "api_key", {"api_url": "https://api.eu.mailgun.net/v3"}),
}
"""The providers that take mail by their programming interface: anymail's name, its name for the key, and what else it needs."""


def provider(name: str) -> tuple[str, dict[str, str]]:
    """Return the provider and its options where the setting is `anymail+PROVIDER://KEY`; "" and {} where mail goes by SMTP.

    Mailgun needs the domain from which mail comes, too: `anymail+mailgun://KEY@mg.example.org`.
    """
    scheme, _, rest = text(name).partition("://")
    if not scheme.startswith("anymail+"):
        return "", {}
    key, _, domain = rest.rstrip("/").rpartition("@") if "@" in rest else (rest.rstrip("/"), "", "")
    which, key_name, others = PROVIDERS.get(scheme, ("", "", {}))
    needs_domain = which == "mailgun"
    if not which or not re.fullmatch(r"[\w.~%+-]{8,}", key) or bool(domain) is not needs_domain:
        shapes = "anymail+postmark://KEY, anymail+brevo://KEY, anymail+mailgun://KEY@DOMAIN or anymail+mailgun-eu://KEY@DOMAIN"
        refuse(name, f"{shapes}, or an address of SMTP such as smtp+tls://name:password@host:port")
    return which, {key_name: unquote(key), **others, **({"sender_domain": domain} if needs_domain else {})}


def secret(name: str) -> str:
    """Return a secret that stands in an address, too; "" where none is set."""
    value = text(name)
    if value and not re.fullmatch(r"[A-Za-z0-9_-]{16,200}", value):
        refuse(name, "16 to 200 letters and digits (the output of `openssl rand -hex 16`, or Mailgun’s signing key)")
    return value


UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def uuid(name: str) -> str:
    """Return the id of something at GOV.UK Notify; "" where none is set."""
    value = text(name)
    if value and not re.fullmatch(UUID, value.lower()):
        refuse(name, "an id as GOV.UK Notify shows it, such as 26785a09-ab16-4eb0-8407-a37497a57506", value=value)
    return value.lower()


def notify_key(name: str) -> str:
    """Return an API key of GOV.UK Notify; "" where none is set."""
    value = text(name)
    if value and not re.fullmatch(rf"[\w-]*?{UUID}-{UUID}", value):
        refuse(name, "an API key of GOV.UK Notify: a name and two ids, joined by hyphens")
    return value


def mailer(name: str) -> dict[str, Any]:
    """Return what Django's mailer needs for `smtp://name:password@host:port`.

    `smtp+tls` means STARTTLS, `smtp+ssl` TLS from the first byte. Name and password are percent-encoded.
    """
    try:
        parts = urlsplit(text(name))
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in {"smtp", "smtp+tls", "smtp+ssl"} or not parts.hostname:
        refuse(name, "smtp+tls://name:password@host:port (or smtp://, smtp+ssl://), name and password percent-encoded")
    return {
        "host": parts.hostname,
        "port": port or {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}[parts.scheme],
        "use_tls": parts.scheme == "smtp+tls",
        "use_ssl": parts.scheme == "smtp+ssl",
        "username": parts.username,
        "password": parts.password,
    }
