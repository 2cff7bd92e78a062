"""Settings for real use: every secret comes from the environment and has no default; only HTTPS."""

from typing import Any
from urllib.parse import unquote, urlsplit

from speakout.settings.base import *  # noqa: F403  # see development.py
from speakout.settings.base import MIDDLEWARE, TASK_QUEUES, database, env


def mailer(url: str) -> dict[str, Any]:
    """Return Django's mailer for `smtp://name:password@host:port`.

    `smtp+tls` means STARTTLS, `smtp+ssl` TLS from the first byte. Name and password are percent-encoded. Each step of a try is
    given up after 30 seconds, but not the wait for the answer to the whole text (schools/messages/smtp.py).
    """
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtp+tls", "smtp+ssl"} or not parts.hostname:
        msg = "SPEAKOUT_MAIL_URL must read smtp+tls://name:password@host:port (or smtp://, smtp+ssl://)."
        raise ValueError(msg)
    options: dict[str, Any] = {
        "host": parts.hostname,
        "port": parts.port or {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}[parts.scheme],
        "use_tls": parts.scheme == "smtp+tls",
        "use_ssl": parts.scheme == "smtp+ssl",
        "timeout": 30,
    }
    if parts.username:
        options |= {"username": unquote(parts.username), "password": unquote(parts.password or "")}
    return {"BACKEND": "schools.messages.smtp.CarefulBackend", "OPTIONS": options}


DEBUG = False
SECRET_KEY = env.str("SPEAKOUT_SECRET_KEY")
# Keys of before: what they have signed is still believed, so that a new key signs nobody out.
SECRET_KEY_FALLBACKS = env.list("SPEAKOUT_SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("SPEAKOUT_ALLOWED_HOSTS")
SPEAKOUT_ADDRESS = env.str("SPEAKOUT_ADDRESS", default=f"https://{ALLOWED_HOSTS[0]}")
CSRF_TRUSTED_ORIGINS = env.list("SPEAKOUT_CSRF_TRUSTED_ORIGINS", default=[])
DATABASES = {"default": database(env.str("SPEAKOUT_DATABASE_URL"))}
MAILERS = {"default": mailer(env.str("SPEAKOUT_MAIL_URL"))}
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("SPEAKOUT_MAIL_FROM")

# On by default; `check --deploy` fails where it is turned off.
SPEAKOUT_STAFF_SECOND_FACTOR = env.bool("SPEAKOUT_STAFF_SECOND_FACTOR", default=True)

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": TASK_QUEUES}}

# One cache for all processes, because allauth counts failed sign-ins in it.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "speakout_cache",
        # With more entries the table drops some that are still valid, and with them the counts of attempts.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

MIDDLEWARE = [
    MIDDLEWARE[0],
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Pages are compressed, for phones with a bad connection. Django adds random bytes, so that the length tells nothing about a
    # secret.
    "django.middleware.gzip.GZipMiddleware",
    *MIDDLEWARE[1:],
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# How many of our proxies are in front of gunicorn. Their headers are trusted only then, because anybody can send such headers.
_proxies = env.int("SPEAKOUT_PROXIES", default=0)
ALLAUTH_TRUSTED_PROXY_COUNT = _proxies
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _proxies else None
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^health/$"]
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365
# About other hosts of the charity's domain this installation decides nothing unless it is told to.
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SPEAKOUT_HSTS_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = env.bool("SPEAKOUT_HSTS_PRELOAD", default=False)
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
