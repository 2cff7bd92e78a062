"""Settings for real use: every secret comes from the environment and has no default; only HTTPS."""

from typing import Any
from urllib.parse import unquote

from speakout.settings import environment
from speakout.settings.base import *  # noqa: F403  # see development.py
from speakout.settings.base import INSTALLED_APPS, LOGGING, MIDDLEWARE, SPEAKOUT_SMS, TASK_QUEUES, databases
from speakout.settings.reporting import start_reporting

MAIL_PROVIDER, _mail_options = environment.provider("SPEAKOUT_MAIL_URL")
SPEAKOUT_MAIL_SECRET = environment.secret("SPEAKOUT_MAIL_SECRET")
if MAIL_PROVIDER:
    # Without it nobody would hear what came back.
    environment.required(environment.secret, "SPEAKOUT_MAIL_SECRET")
if SPEAKOUT_SMS == "stub":
    # People who said yes would wait for SMS that go nowhere.
    environment.refuse("SPEAKOUT_SMS", "none or notify in production", value=SPEAKOUT_SMS)


def mailer() -> dict[str, Any]:
    """Return Django's mailer. Each step of a try is given up after 30 seconds, but not the wait for the answer to the whole text.

    About that: schools/messages/smtp.py.
    """
    if MAIL_PROVIDER:
        anymail = f"anymail.backends.{MAIL_PROVIDER}.EmailBackend"
        backend = "schools.messages.provider.ProviderBackend"
        return {"BACKEND": backend, "OPTIONS": {"anymail": anymail, "options": _mail_options}}
    options = environment.required(environment.mailer, "SPEAKOUT_MAIL_URL") | {"timeout": 30}
    name, password = options.pop("username"), options.pop("password")
    if name:
        options |= {"username": unquote(name), "password": unquote(password or "")}
    return {"BACKEND": "schools.messages.smtp.CarefulBackend", "OPTIONS": options}


DEBUG = False
SECRET_KEY = environment.required(environment.text, "SPEAKOUT_SECRET_KEY")
# Keys of before: what they have signed is still believed, so that a new key signs nobody out.
SECRET_KEY_FALLBACKS = environment.texts("SPEAKOUT_SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = environment.required(environment.hosts, "SPEAKOUT_ALLOWED_HOSTS")
SPEAKOUT_ADDRESS = environment.address("SPEAKOUT_ADDRESS", f"https://{ALLOWED_HOSTS[0].removeprefix('.')}")
CSRF_TRUSTED_ORIGINS = environment.origins("SPEAKOUT_CSRF_TRUSTED_ORIGINS")
DATABASES = databases(environment.required(environment.text, "SPEAKOUT_DATABASE_URL"))
MAILERS = {"default": mailer()}
DEFAULT_FROM_EMAIL = SERVER_EMAIL = environment.required(environment.mail_address, "SPEAKOUT_MAIL_FROM")

# On by default; `check --deploy` fails where it is turned off.
SPEAKOUT_STAFF_SECOND_FACTOR = environment.switch("SPEAKOUT_STAFF_SECOND_FACTOR", default=True)

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": TASK_QUEUES}}

# One cache for all processes, because allauth counts failed sign-ins in it.
CACHES = {
    "default": {
        "BACKEND": "schools.core.cache.Cache",
        "LOCATION": "speakout_cache",
        # With more entries the table drops some that are still valid, and with them the counts of attempts.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

MIDDLEWARE = [
    *MIDDLEWARE[:3],
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Pages are compressed, for phones with a bad connection. Django adds random bytes, so that the length tells nothing about a
    # secret.
    "django.middleware.gzip.GZipMiddleware",
    *MIDDLEWARE[3:],
]
# Only what pages ask for is collected, and only under the names by which they ask.
STATIC_FILES = "speakout.static_files.ServedFilesConfig"
INSTALLED_APPS = [STATIC_FILES if app == "django.contrib.staticfiles" else app for app in INSTALLED_APPS]
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# How many of our proxies are in front of gunicorn. Their headers are trusted only then, because anybody can send such headers.
_proxies = environment.number("SPEAKOUT_PROXIES", 0, 0, 10)
ALLAUTH_TRUSTED_PROXY_COUNT = _proxies
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _proxies else None
SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365
# About other hosts of the charity's domain this installation decides nothing unless it is told to.
SECURE_HSTS_INCLUDE_SUBDOMAINS = environment.switch("SPEAKOUT_HSTS_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = environment.switch("SPEAKOUT_HSTS_PRELOAD", default=False)
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True

LOGGING["loggers"]["speakout.requests"]["level"] = "INFO"
if _sentry := environment.sentry("SPEAKOUT_SENTRY_DSN"):
    start_reporting(_sentry)

environment.refuse_unknown()
