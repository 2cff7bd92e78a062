"""Settings that every environment shares. Secrets have no default here."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_include_bootstrap
from django.utils.csp import CSP

from schools.core import sqlite
from speakout.settings import environment
from speakout.settings.logs import logging_config

BASE_DIR = Path(__file__).resolve().parent.parent.parent

INSTALLED_APPS = [
    "schools.apps.SchoolsConfig",
    "schools.office.apps.OfficeConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "django_tasks_db",
    "phonenumber_field",
    "simple_history",
]

MIDDLEWARE = [
    "schools.running.middleware.HealthMiddleware",
    "schools.running.request_log.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "schools.charity.middleware.CharityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "schools.recovery.middleware.WayBackMiddleware",
    "schools.accounts.middleware.LanguageMiddleware",
    "schools.accounts.middleware.DeviceMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "schools.accounts.middleware.StaffSecondFactorMiddleware",
    "schools.accounts.middleware.ProofMiddleware",
]

ROOT_URLCONF = "speakout.urls"
WSGI_APPLICATION = "speakout.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            # Named here because Django finds tags only in packages `templatetags` of apps.
            "libraries": {"choices": "schools.core.choices", "frame": "schools.office.frame.tags", "lean": "schools.portal.lean"},
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.csp",
                "schools.accounts.context_processors.second_factor",
                "schools.accounts.context_processors.single_sign_on",
                "schools.charity.context_processors.charity",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"


def pool() -> dict[str, Any]:
    """Return how many connections each process keeps: sizes from the environment, waits that are short.

    A page waits up to ten seconds for a connection. Once five seconds of trying to connect were in vain, the next page tries at
    once again: left to itself, the pool would wait longer from try to try, up to minutes after the database is back.
    """
    smallest = environment.number("SPEAKOUT_POOL_MIN", 1, 0, 100)
    largest = environment.number("SPEAKOUT_POOL_MAX", max(10, smallest), max(1, smallest), 1000)
    return {"min_size": smallest, "max_size": largest, "timeout": 10, "reconnect_timeout": 5}


LINE = {
    "connect_timeout": 5,
    "tcp_user_timeout": 20_000,
    "keepalives_idle": 20,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
"""When a server is given up that says nothing: a machine that lost its power ends no connection, and by itself Linux waits for
what was sent a quarter of an hour, and where nothing was, two hours. Nothing of it concerns a socket of the same machine."""


def database(url: str, name: str = "SPEAKOUT_DATABASE_URL") -> dict[str, Any]:
    """Return Django's settings for a database URL: SQLite tuned for one file and many readers, PostgreSQL with a pool."""
    config = environment.database_parts(url, name)
    if config["ENGINE"].endswith("sqlite3"):
        # With IMMEDIATE a writer waits for others at its first statement, so that no transaction fails half way with "locked".
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # FULL: a phone throws its copy of a report away once that is stored, so a commit must outlive a cut of the power.
            # secure_delete: not every build overwrites by itself what is deleted, and a backup copies free pages too.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;",
            "factory": sqlite.Connection,
        }
        # A file, because all processes of the concurrency tests must see it.
        config["TEST"] = {"NAME": f"{config['NAME']}.test"}
    else:
        config["CONN_MAX_AGE"] = 0
        # A connection is tried before it is used: after a restart of the database the pool would hand out dead ones.
        config["CONN_HEALTH_CHECKS"] = True
        # What the planner is told stands with the role (schools/core/planner.py): PgBouncer refuses options of a connection.
        config["OPTIONS"] = LINE | config.get("OPTIONS", {}) | {"pool": pool()}
        config["TEST"] = {"NAME": f"test_{config['NAME']}"}
    return config


def oidc_provider(oidc: dict[str, str], name: str) -> dict[str, Any]:
    """Return allauth's setting for the provider of OpenID Connect; without one there is none."""
    if not oidc:
        return {}
    details = {"server_url": oidc["server"], "oauth_pkce_enabled": True}
    app = {"provider_id": "charity", "name": name, "client_id": oidc["client"], "secret": oidc["secret"], "settings": details}
    return {"openid_connect": {"APPS": [app]}}


def databases(url: str) -> dict[str, dict[str, Any]]:
    """Return the primary and, where they are named, the way past PgBouncer and the replica (schools/core/databases.py).

    Raises ImproperlyConfigured, by its name, for a setting that names another kind of database.
    """
    aliases = {"default": database(url)}
    for alias, name in (("direct", "SPEAKOUT_DIRECT_URL"), ("replica", "SPEAKOUT_REPLICA_URL")):
        if not (other := environment.text(name)):
            continue
        aliases[alias] = database(other, name)
        if {"django.db.backends.postgresql"} != {config["ENGINE"] for config in (aliases["default"], aliases[alias])}:
            environment.refuse(name, "an address of PostgreSQL, like SPEAKOUT_DATABASE_URL")
        # No connection is kept by processes that read nothing heavy.
        aliases[alias]["OPTIONS"]["pool"]["min_size"] = 0
        aliases[alias]["TEST"] = {"MIRROR": "default"}
    if "direct" in aliases:
        # PgBouncer gives each transaction another server connection, and a cursor of the server would stay behind.
        aliases["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True
    if "replica" in aliases:
        # Whoever reads waits no longer than this for a replica that is away, and reads the primary then.
        aliases["replica"]["OPTIONS"] |= {"connect_timeout": 2, "tcp_user_timeout": 5_000}
        aliases["replica"]["OPTIONS"]["pool"]["timeout"] = 2
    return aliases


DATABASE_ROUTERS = ["schools.core.databases.Router"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "schools.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
# The beginning of every link in a mail, before the path.
_port = environment.number("SPEAKOUT_PORT", 8000, 1, 65535)
SPEAKOUT_ADDRESS = environment.address("SPEAKOUT_ADDRESS", f"http://127.0.0.1:{_port}")
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "schools.messages.adapter.OutboxAccountAdapter"
ACCOUNT_FORMS = {
    "login": "schools.accounts.forms.SignInForm",
    "request_login_code": "schools.accounts.forms.RequestCodeForm",
    "confirm_login_code": "schools.accounts.forms.CodeForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
# Whoever confirms an address in the browser in which they are signing in goes straight on. Elsewhere the link only confirms: it
# lets nobody in. Opening it changes nothing (ACCOUNT_CONFIRM_EMAIL_ON_GET stays off), because programs that look for viruses
# open links too.
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
# A code is valid long enough to look for it in the mail app; the sign-in that waits for it a little longer.
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 30 * 60
ACCOUNT_LOGIN_TIMEOUT = 35 * 60
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = 2
# Only digits, for a phone's number pad. With these limits the chance to guess a code within a year is below one in a thousand.
ACCOUNT_LOGIN_BY_CODE_FORMAT = {"numeric": True, "dashed": True, "length": 8}
_mails = "20/m/ip,3/m/key,30/d/key"
ACCOUNT_RATE_LIMITS = {"request_login_code": _mails, "reset_password": _mails}
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# Whoever has a password or a second factor reads by mail that it was changed.
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_SESSION_REMEMBER = True
# For so many seconds after signing in, people can add a way to sign in without proving again who they are.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
MFA_ADAPTER = "schools.charity.adapter.CharitySecondFactorAdapter"
MFA_FORMS = {
    "activate_totp": "schools.accounts.forms.AppForm",
    "authenticate": "schools.accounts.forms.SecondFactorForm",
    "reauthenticate": "schools.accounts.forms.SecondFactorAgainForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# A passkey is enough to sign in, so the phone must ask for a finger, a face or its own code.
MFA_WEBAUTHN_USER_VERIFICATION = "required"
SPEAKOUT_STAFF_SECOND_FACTOR = environment.switch("SPEAKOUT_STAFF_SECOND_FACTOR", default=False)
# Signing in with the charity's own accounts: Microsoft Entra, Google, or another provider of OpenID Connect.
# Nothing that the provider tells is stored (schools/accounts/single_sign_on.py).
_oidc = environment.single_sign_on("SPEAKOUT_OIDC_SERVER", client="SPEAKOUT_OIDC_CLIENT", secret="SPEAKOUT_OIDC_SECRET")  # noqa: S106  # names
SPEAKOUT_OIDC_NAME = (environment.text("SPEAKOUT_OIDC_NAME") or "the charity’s account") if _oidc else ""
SPEAKOUT_OIDC_DOMAINS = environment.domains("SPEAKOUT_OIDC_DOMAINS")
SOCIALACCOUNT_ADAPTER = "schools.accounts.single_sign_on.InvitedOnlyAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = False
SOCIALACCOUNT_PROVIDERS = oidc_provider(_oidc, SPEAKOUT_OIDC_NAME)
# The made-up charity has known passwords, so only a settings module can allow it, not an environment variable.
SPEAKOUT_DEMO_ALLOWED = False

# Backups (`manage.py backup`): where to, for which public key of age, and how many are kept.
SPEAKOUT_BACKUP_FOLDER = environment.place("SPEAKOUT_BACKUP_FOLDER")
SPEAKOUT_BACKUP_KEY = environment.age_key("SPEAKOUT_BACKUP_KEY")
SPEAKOUT_BACKUP_IDENTITY = environment.place("SPEAKOUT_BACKUP_IDENTITY")
SPEAKOUT_BACKUP_DAYS = environment.number("SPEAKOUT_BACKUP_DAYS", 7, 1, 366)
SPEAKOUT_BACKUP_WEEKS = environment.number("SPEAKOUT_BACKUP_WEEKS", 4, 0, 104)
SPEAKOUT_BACKUP_MONTHS = environment.number("SPEAKOUT_BACKUP_MONTHS", 6, 0, 60)
# References of those who were erased, kept apart from the database (schools/core/erasures.py).
SPEAKOUT_ERASURES = environment.place(
    "SPEAKOUT_ERASURES", SPEAKOUT_BACKUP_FOLDER / "erasures.csv" if SPEAKOUT_BACKUP_FOLDER else None
)

# How long what is kept of people (schools/keeping/periods.py; docs/retention.md says why).
SPEAKOUT_KEEP_MESSAGES_MONTHS = environment.number("SPEAKOUT_KEEP_MESSAGES_MONTHS", 24, 6, 120)
SPEAKOUT_KEEP_LOG_MONTHS = environment.number("SPEAKOUT_KEEP_LOG_MONTHS", 36, 6, 120)
SPEAKOUT_KEEP_QUESTIONS_MONTHS = environment.number("SPEAKOUT_KEEP_QUESTIONS_MONTHS", 12, 1, 120)
SPEAKOUT_KEEP_IMPORTS_MONTHS = environment.number("SPEAKOUT_KEEP_IMPORTS_MONTHS", 12, 1, 120)
SPEAKOUT_KEEP_IMPORT_FILES_DAYS = environment.number("SPEAKOUT_KEEP_IMPORT_FILES_DAYS", 30, 1, 366)
SPEAKOUT_KEEP_TASKS_DAYS = environment.number("SPEAKOUT_KEEP_TASKS_DAYS", 14, 1, 366)
SPEAKOUT_KEEP_REQUESTS_DAYS = environment.number("SPEAKOUT_KEEP_REQUESTS_DAYS", 14, 8, 366)
SPEAKOUT_KEEP_UNDOING_MONTHS = environment.number("SPEAKOUT_KEEP_UNDOING_MONTHS", 12, 1, 120)
SPEAKOUT_KEEP_INVITATIONS_MONTHS = environment.number("SPEAKOUT_KEEP_INVITATIONS_MONTHS", 12, 1, 120)
SPEAKOUT_KEEP_AWAY_MONTHS = environment.number("SPEAKOUT_KEEP_AWAY_MONTHS", 12, 1, 120)
SPEAKOUT_KEEP_ADDRESSES_MONTHS = environment.number("SPEAKOUT_KEEP_ADDRESSES_MONTHS", 12, 1, 120)
SPEAKOUT_KEEP_CERTIFICATES_MONTHS = environment.number("SPEAKOUT_KEEP_CERTIFICATES_MONTHS", 6, 1, 12)
SPEAKOUT_KEEP_NOTES_MONTHS = environment.number("SPEAKOUT_KEEP_NOTES_MONTHS", 72, 24, 240)
SPEAKOUT_KEEP_CONVERSATIONS_MONTHS = environment.number("SPEAKOUT_KEEP_CONVERSATIONS_MONTHS", 72, 24, 240)
SPEAKOUT_KEEP_NOTICES_YEARS = environment.number("SPEAKOUT_KEEP_NOTICES_YEARS", 75, 25, 100)
SPEAKOUT_KEEP_ACCESS_MONTHS = environment.number("SPEAKOUT_KEEP_ACCESS_MONTHS", 36, 12, 120)
SPEAKOUT_KEEP_RECOVERIES_MONTHS = environment.number("SPEAKOUT_KEEP_RECOVERIES_MONTHS", 36, 12, 120)
SPEAKOUT_KEEP_ENQUIRERS_MONTHS = environment.number("SPEAKOUT_KEEP_ENQUIRERS_MONTHS", 12, 3, 120)
SPEAKOUT_KEEP_VOLUNTEERS_MONTHS = environment.number("SPEAKOUT_KEEP_VOLUNTEERS_MONTHS", 72, 12, 240)
SPEAKOUT_KEEP_CONTACTS_MONTHS = environment.number("SPEAKOUT_KEEP_CONTACTS_MONTHS", 36, 12, 240)
SPEAKOUT_KEEP_COLLEAGUES_MONTHS = environment.number("SPEAKOUT_KEEP_COLLEAGUES_MONTHS", 72, 12, 240)

# How many heavy pages and files are made at the same moment, on all machines together; 0: as many as are asked for
# (schools/running/lane.py).
SPEAKOUT_HEAVY_AT_ONCE = environment.number("SPEAKOUT_HEAVY_AT_ONCE", 1, 0, 100)

FILE_UPLOAD_HANDLERS = [
    "schools.running.uploads.OfficeUploads",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# How long it is kept who looked at whose clearances: six years, within which somebody may go to court over it in England.
SPEAKOUT_LOOKS_KEPT_YEARS = environment.number("SPEAKOUT_LOOKS_KEPT_YEARS", 6, 1, 100)

# How many mails may go in a minute; 0: as many as there are (schools/messages/pace.py).
SPEAKOUT_MAILS_PER_MINUTE = environment.number("SPEAKOUT_MAILS_PER_MINUTE", 0, 0, 1000)
# The provider that takes mail by its programming interface, and the secret by which its reports are known. "": mail goes by SMTP.
MAIL_PROVIDER = SPEAKOUT_MAIL_SECRET = ""

# Who takes SMS (schools/messages/sms_ports.py), by what, and how many may go in a day, since each costs money.
SPEAKOUT_SMS = environment.choice("SPEAKOUT_SMS", "none", "stub", "notify")
SPEAKOUT_SMS_PER_DAY = environment.number("SPEAKOUT_SMS_PER_DAY", 100, 1, 100_000)
SPEAKOUT_SMS_KEY, SPEAKOUT_SMS_SECRET = environment.notify_key("SPEAKOUT_SMS_KEY"), environment.secret("SPEAKOUT_SMS_SECRET")
SPEAKOUT_SMS_TEMPLATE, SPEAKOUT_SMS_SENDER = environment.uuid("SPEAKOUT_SMS_TEMPLATE"), environment.uuid("SPEAKOUT_SMS_SENDER")
NOTIFY_SERVER = "https://api.notifications.service.gov.uk"
if SPEAKOUT_SMS == "notify":
    environment.required(environment.notify_key, "SPEAKOUT_SMS_KEY")
    environment.required(environment.uuid, "SPEAKOUT_SMS_TEMPLATE")
    # Without it nobody would hear what did not arrive, and who wants no more.
    environment.required(environment.secret, "SPEAKOUT_SMS_SECRET")

# Hours that one person has to answer before a morning that was given back is offered to the next (`manage.py send_offers`).
SPEAKOUT_HOLD_DATES_DAYS = environment.number("SPEAKOUT_HOLD_DATES_DAYS", 10, 1, 60)
SPEAKOUT_OFFER_HOURS = environment.hours("SPEAKOUT_OFFER_HOURS", 24, 24 * 30)

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_I18N = True
# A language is offered once schools/locale/ holds its catalogue.
LANGUAGES = [("en-gb", "English")]
USE_TZ = True
FORMAT_MODULE_PATH = ["speakout.formats"]
LOCALE_PATHS = [BASE_DIR / "schools" / "locale"]
PHONENUMBER_DEFAULT_REGION = "GB"
PHONENUMBER_DEFAULT_FORMAT = "NATIONAL"

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STATICFILES_DIRS: list[Path | tuple[str, Path]] = [
    Path(django_include_bootstrap.__file__).parent / "static",
    # Pictures of the guides, which the office shows (schools/core/guides.py).
    ("guide", BASE_DIR / "docs" / "pictures"),
]

SIMPLE_HISTORY_REVERT_DISABLED = True

_server = urlsplit(_oidc.get("server", ""))
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF, "data:"],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    # Browsers look where a form leads on to, too: the button on the sign-in page leads to the provider.
    "form-action": [CSP.SELF, *([f"{_server.scheme}://{_server.netloc}"] if _server.netloc else [])],
    "frame-ancestors": [CSP.NONE],
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: [] for name in ("accelerometer", "camera", "geolocation", "gyroscope", "magnetometer", "microphone", "payment", "usb")
}
X_FRAME_OPTIONS = "DENY"
# The database's sessions; the query that reads one brings along what every page says of the charity.
SESSION_ENGINE = "schools.charity.sessions"
# Browsers keep no cookie longer than 400 days.
SPEAKOUT_SIGNED_IN_DAYS = environment.number("SPEAKOUT_SIGNED_IN_DAYS", 90, 1, 400)
SESSION_COOKIE_AGE = 60 * 60 * 24 * SPEAKOUT_SIGNED_IN_DAYS
# So many hours pass before somebody who is locked out is let in again; until then they can stop it (schools/recovery).
SPEAKOUT_RECOVERY_HOURS = environment.number("SPEAKOUT_RECOVERY_HOURS", 48, 24, 336)

# Work that people do not wait for: mail, and what takes minutes, each with a worker of its own.
TASK_QUEUES = ["mail", "heavy"]
TASKS = {"default": {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend", "QUEUES": TASK_QUEUES}}

# Addresses without http:// in texts that people write are taken for https, as Django will by itself.
URLIZE_ASSUME_HTTPS = True

# runserver prints a line for each request itself.
LOGGING = logging_config(environment.choice("SPEAKOUT_LOG", "plain", "json"), requests="WARNING")
