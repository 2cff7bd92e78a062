"""Every setting has a range: what lies outside stops the start with a sentence that names the setting and says what to do."""

import ast
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from speakout.settings.environment import KNOWN, MOVED

ROOT = Path(settings.BASE_DIR)
Load = Callable[..., ModuleType]

NEEDED = {
    "SPEAKOUT_SECRET_KEY": "a-key-of-this-test-alone",
    "SPEAKOUT_ALLOWED_HOSTS": "speakout.example.org",
    "SPEAKOUT_DATABASE_URL": "postgres://speakout@localhost/speakout",
    "SPEAKOUT_MAIL_URL": "smtp+tls://name:p%40ss@mail.example.org",
    "SPEAKOUT_MAIL_FROM": "speakout@example.org",
}
CLIENT = {"SPEAKOUT_OIDC_CLIENT": "speakout", "SPEAKOUT_OIDC_SECRET": "a-secret"}
OF_PROVIDER = {"SPEAKOUT_MAIL_SECRET": "a-secret-of-the-provider"}
TEMPLATE = "26785a09-ab16-4eb0-8407-a37497a57506"
NOTIFY_KEY = f"live-{TEMPLATE}-3d844edf-8d35-48ac-975b-e847b4f122b0"
OF_NOTIFY = {
    "SPEAKOUT_SMS": "notify",
    "SPEAKOUT_SMS_KEY": NOTIFY_KEY,
    "SPEAKOUT_SMS_TEMPLATE": TEMPLATE,
    "SPEAKOUT_SMS_SECRET": "a-secret-of-the-callbacks",
}
AGE_KEY = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
ANOTHER_POSTGRES = (
    ["postgres://u:p%40@h/n", "postgresql:///n?host=/run"],
    ["mysql://h/n", "postgres://h", "sqlite:////tmp/x.sqlite3"],
)
SWITCH = (["true", "FALSE", "on", "off", "yes", "no", "1", "0"], ["maybe", "2", "tru", "-1"])
PLACE = (["/srv/backups"], ["backups", "./x", "~/x"])
ANY: tuple[list[str], list[str]] = (["x"], [])
ELSEWHERE = {"CHROMIUM", "HISTORIES", "SCREENSHOTS"}
"""Read by the browser tests alone."""

RANGES: dict[str, tuple[list[str], list[str]]] = {
    "ADDRESS": (
        ["https://speakout.example.org", "https://x.org:8443/"],
        ["speakout.example.org", "ftp://x.org", "https://x.org/portal", "https://a:b@x.org", "https://x.org:port"],
    ),
    "ALLOWED_HOSTS": (
        ["speakout.example.org", "a.org, .b.org", "[::1]", "192.0.2.1"],
        ["https://a.org", "a.org:443", "a b", "a.org,*", "a_b!"],
    ),
    "BACKUP_DAYS": (["1", "366"], ["0", "367", "-1", "7.5", "week"]),
    "BACKUP_FOLDER": PLACE,
    "BACKUP_IDENTITY": PLACE,
    "BACKUP_KEY": ([AGE_KEY], [AGE_KEY[:-1], "AGE-SECRET-KEY-1QQQ", "age1", AGE_KEY.upper()]),
    "BACKUP_MONTHS": (["0", "60"], ["61", "-1", "x"]),
    "BACKUP_WEEKS": (["0", "104"], ["105", "-1", "x"]),
    "CSRF_TRUSTED_ORIGINS": (["https://a.org,https://b.org:8443"], ["a.org", "https://a.org/x"]),
    "DATABASE_URL": (
        ["postgres://u:p%40@h/n", "postgresql:///n?host=/run", "sqlite:////tmp/x.sqlite3"],
        ["mysql://h/n", "postgres://h", "/srv/x.sqlite3", "sqlite:///"],
    ),
    "DEBUG": SWITCH,
    "DIRECT_URL": ANOTHER_POSTGRES,
    "ERASURES": PLACE,
    "HEAVY_AT_ONCE": (["0", "1", "100"], ["-1", "101", "1.5", "many"]),
    "HSTS_PRELOAD": SWITCH,
    "HSTS_SUBDOMAINS": SWITCH,
    "KEEP_ACCESS_MONTHS": (["12", "120"], ["11", "121", "for ever", "1.5"]),
    "KEEP_ADDRESSES_MONTHS": (["1", "120"], ["0", "121", "for ever", "1.5"]),
    "KEEP_AWAY_MONTHS": (["1", "120"], ["0", "121", "for ever", "1.5"]),
    "KEEP_CERTIFICATES_MONTHS": (["1", "12"], ["0", "13", "for ever", "1.5"]),
    "KEEP_COLLEAGUES_MONTHS": (["12", "240"], ["11", "241", "for ever", "1.5"]),
    "KEEP_CONTACTS_MONTHS": (["12", "240"], ["11", "241", "for ever", "1.5"]),
    "KEEP_CONVERSATIONS_MONTHS": (["24", "240"], ["23", "241", "for ever", "1.5"]),
    "KEEP_ENQUIRERS_MONTHS": (["3", "120"], ["2", "121", "for ever", "1.5"]),
    "KEEP_IMPORTS_MONTHS": (["1", "120"], ["0", "121", "for ever", "1.5"]),
    "KEEP_IMPORT_FILES_DAYS": (["1", "366"], ["0", "367", "for ever", "1.5"]),
    "KEEP_INVITATIONS_MONTHS": (["1", "120"], ["0", "121", "for ever", "1.5"]),
    "KEEP_LOG_MONTHS": (["6", "120"], ["5", "121", "for ever", "1.5"]),
    "KEEP_MESSAGES_MONTHS": (["6", "120"], ["5", "121", "for ever", "1.5"]),
    "KEEP_NOTES_MONTHS": (["24", "240"], ["23", "241", "for ever", "1.5"]),
    "KEEP_NOTICES_YEARS": (["25", "100"], ["24", "101", "for ever", "1.5"]),
    "KEEP_QUESTIONS_MONTHS": (["1", "120"], ["0", "121", "for ever", "1.5"]),
    "KEEP_RECOVERIES_MONTHS": (["12", "120"], ["11", "121", "for ever", "1.5"]),
    "KEEP_REQUESTS_DAYS": (["8", "366"], ["7", "367", "for ever", "8.5"]),
    "KEEP_TASKS_DAYS": (["1", "366"], ["0", "367", "for ever", "1.5"]),
    "KEEP_UNDOING_MONTHS": (["1", "120"], ["0", "121", "for ever", "1.5"]),
    "KEEP_VOLUNTEERS_MONTHS": (["12", "240"], ["11", "241", "for ever", "1.5"]),
    "LOG": (["plain", "json"], ["JSON", "text", "1"]),
    "LOOKS_KEPT_YEARS": (["1", "100"], ["0", "101", "-1", "6.5", "ever"]),
    "MAIL_FROM": (["a@example.org", "Speakout <a@example.org>"], ["Speakout", "a@", "@b", "a b@c d"]),
    "MAILS_PER_MINUTE": (["0", "1000"], ["-1", "1001", "many", "1.5"]),
    "MAIL_SECRET": (["a-secret-of_16ch", "a" * 200], ["short", "a secret with spaces", "a" * 201, "p@ss:word/of-sixteen"]),
    "MAIL_URL": (
        ["smtp://h", "smtp+ssl://u:p@h:465", "anymail+postmark://a-server-token", "anymail+mailgun-eu://a-key-of-it@mg.a.org"],
        [
            "mail.example.org",
            "http://h",
            "smtp://",
            "smtp://h:x",
            "smtp://h:99999",
            "anymail+postmark://",
            "anymail+other://a-server-token",
            "anymail+mailgun://a-key-of-it",
            "anymail+postmark://a-server-token@example.org",
        ],
    ),
    "HOLD_DATES_DAYS": (["1", "60"], ["0", "61", "a week", "1.5"]),
    "OFFER_HOURS": (["24", "0.5", "720"], ["0", "-1", "721", "nan", "inf", "a day"]),
    "OIDC_CLIENT": ANY,
    "OIDC_DOMAINS": (["example.org", "Example.org, b.example.org"], ["@example.org", "example", "a b.org", "*.org"]),
    "OIDC_NAME": ANY,
    "OIDC_SECRET": ANY,
    "OIDC_SERVER": (
        ["https://accounts.google.com", "https://login.microsoftonline.com/0f8fad5b/v2.0/", "http://127.0.0.1:9000"],
        ["accounts.google.com", "http://accounts.google.com", "https://login.microsoftonline.com/common/v2.0", "https://?x"],
    ),
    "POOL_MAX": (["1", "1000"], ["0", "1001", "ten"]),
    "POOL_MIN": (["0", "100"], ["-1", "101", "x"]),
    "PORT": (["1", "65535"], ["0", "65536", "http"]),
    "PROXIES": (["0", "10"], ["-1", "11", "yes"]),
    "RECOVERY_HOURS": (["24", "336"], ["23", "337", "-1", "1.5", "soon"]),
    "REPLICA_URL": ANOTHER_POSTGRES,
    "SECRET_KEY": ANY,
    "SECRET_KEY_FALLBACKS": ANY,
    "SENTRY_DSN": (
        ["https://key@sentry.example.org/42"],
        ["sentry.example.org/42", "https://sentry.example.org/42", "https://key@h/x"],
    ),
    "SIGNED_IN_DAYS": (["1", "400"], ["0", "401", "-90", "1e2", "٣"]),
    "SMS": (["none"], ["None", "twilio", "stub"]),
    "SMS_KEY": ([NOTIFY_KEY, NOTIFY_KEY.partition("-")[2]], ["a-key", NOTIFY_KEY[:-1], NOTIFY_KEY.replace("-", "_")]),
    "SMS_PER_DAY": (["1", "100000"], ["0", "100001", "-1", "many"]),
    "SMS_SECRET": (["a-secret-of_16ch", "a" * 200], ["short", "a secret with spaces", "a" * 201]),
    "SMS_SENDER": ([TEMPLATE, TEMPLATE.upper()], ["Speakout", TEMPLATE[:-1]]),
    "SMS_TEMPLATE": ([TEMPLATE], ["template", f"{TEMPLATE}0"]),
    "STAFF_SECOND_FACTOR": SWITCH,
}
"""Of each setting values that are allowed, with the ends of its range, and values that are not."""

SECRET = {
    "DATABASE_URL", "DIRECT_URL", "REPLICA_URL", "MAIL_URL", "MAIL_SECRET", "BACKUP_KEY", "SENTRY_DSN", "SMS_KEY", "SMS_SECRET",
}  # fmt: skip
"""What may hold a secret, so that a refusal does not repeat it."""


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Load:
    """Reads a settings module anew in an environment of the test's own."""

    def fresh(environment: dict[str, str], module: str = "production") -> ModuleType:
        for name in [name for name in os.environ if name.startswith("SPEAKOUT_")]:
            monkeypatch.delenv(name)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        # The address of a Sentry is read, but nothing is reported from a test.
        monkeypatch.setattr("speakout.settings.reporting.start_reporting", lambda dsn: None)
        for name in [name for name in sys.modules if name.startswith("speakout.settings.") and name.count(".") == 2]:
            if not name.endswith(("environment", "reporting", "logs")):
                monkeypatch.delitem(sys.modules, name)
        return __import__(f"speakout.settings.{module}", fromlist=["DEBUG"])

    return fresh


OF_PRODUCTION = ("SPEAKOUT_SECRET_KEY", "SPEAKOUT_MAIL_URL")
"""What development refuses: where it is set, an installation runs."""
NEEDED_BY = {"production": NEEDED, "development": {name: value for name, value in NEEDED.items() if name not in OF_PRODUCTION}}


def module_of(name: str) -> str:
    """The settings module that reads it: development alone reads DEBUG."""
    return "development" if name == "DEBUG" else "production"


CASES = [(name, value, index == 0) for name, values in RANGES.items() for index in (0, 1) for value in values[index]]


@pytest.mark.parametrize(("name", "value", "allowed"), CASES)
def test_a_setting_is_taken_within_its_range_and_refused_by_name_outside(
    load: Load, name: str, value: str, *, allowed: bool
) -> None:
    full, module = f"SPEAKOUT_{name}", module_of(name)
    environment = NEEDED_BY[module] | CLIENT | OF_PROVIDER | {full: value}
    if allowed:
        load(environment, module)
        return
    with pytest.raises(ImproperlyConfigured) as refused:
        load(environment, module)
    sentence = str(refused.value)
    assert sentence.startswith(f"{full} must be ")
    assert sentence.endswith("Correct it in the environment and start again.")
    assert (f"not “{value.rpartition(',')[2]}”" in sentence) is not (name in SECRET)


def test_the_table_of_ranges_has_every_setting() -> None:
    """A new setting is read by one of our readers, known by its name, and has its line in the table."""
    read = {
        str(node.value)
        for path in (ROOT / "speakout/settings").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and str(node.value).startswith("SPEAKOUT_") and str(node.value) not in MOVED
    } - {"SPEAKOUT_"}
    assert read == {f"SPEAKOUT_{name}" for name in RANGES}
    assert {f"SPEAKOUT_{name}" for name in RANGES.keys() | ELSEWHERE} == KNOWN


def test_nothing_in_the_settings_reads_the_environment_past_the_readers() -> None:
    for path in (ROOT / "speakout/settings").glob("*.py"):
        if path.name != "environment.py":
            assert "environ[" not in path.read_text(), path
            assert "environ.get" not in path.read_text(), path
            assert "getenv" not in path.read_text(), path


def values_of(module: ModuleType, *names: str) -> list[Any]:
    return [getattr(module, name) for name in names]


@pytest.mark.parametrize(("value", "is_on"), [("", False), ("true", True)])
def test_browsers_are_held_to_https_for_this_host_and_for_others_only_where_that_is_set(
    load: Load, value: str, *, is_on: bool
) -> None:
    production = load(NEEDED | {"SPEAKOUT_HSTS_SUBDOMAINS": value, "SPEAKOUT_HSTS_PRELOAD": value})
    assert production.SECURE_HSTS_SECONDS == 365 * 24 * 60 * 60
    assert (is_on, is_on) == (production.SECURE_HSTS_INCLUDE_SUBDOMAINS, production.SECURE_HSTS_PRELOAD)


def test_keys_of_before_are_a_list(load: Load) -> None:
    assert load(NEEDED).SECRET_KEY_FALLBACKS == []
    kept = load(NEEDED | {"SPEAKOUT_SECRET_KEY_FALLBACKS": "of-may, of-june,"})
    assert (kept.SECRET_KEY, kept.SECRET_KEY_FALLBACKS) == ("a-key-of-this-test-alone", ["of-may", "of-june"])


def test_blank_settings_have_their_defaults(load: Load) -> None:
    blank = {f"SPEAKOUT_{name}": " " for name in RANGES} | NEEDED
    names = ("SPEAKOUT_STAFF_SECOND_FACTOR", "SPEAKOUT_OFFER_HOURS", "SPEAKOUT_BACKUP_FOLDER", "SPEAKOUT_ADDRESS")
    assert values_of(load(blank), *names) == values_of(load(NEEDED), *names) == [True, 24, None, "https://speakout.example.org"]


def test_a_pool_that_ends_below_its_beginning_is_refused(load: Load) -> None:
    with pytest.raises(ImproperlyConfigured, match="SPEAKOUT_POOL_MAX must be a whole number from 20 to 1000, not “10”"):
        load(NEEDED | {"SPEAKOUT_POOL_MIN": "20", "SPEAKOUT_POOL_MAX": "10"})


@pytest.mark.parametrize("missing", CLIENT)
def test_a_server_of_openid_connect_needs_its_client_and_secret(load: Load, missing: str) -> None:
    server = {"SPEAKOUT_OIDC_SERVER": "https://accounts.google.com"}
    assert load(NEEDED | CLIENT | server).SECURE_CSP["form-action"][1:] == ["https://accounts.google.com"]
    with pytest.raises(ImproperlyConfigured, match=f"^{missing} must be set"):
        load(NEEDED | server | {name: value for name, value in CLIENT.items() if name != missing})


@pytest.mark.parametrize(
    ("address", "provider", "options"),
    [
        ("anymail+postmark://a-server-token", "postmark", {"server_token": "a-server-token"}),
        ("anymail+brevo://a%2Bkey%2Fof-it", "brevo", {"api_key": "a+key/of-it"}),
        ("anymail+mailgun://a-key-of-it@mg.a.org", "mailgun", {"api_key": "a-key-of-it", "sender_domain": "mg.a.org"}),
        ("smtp://h", "", {}),
    ],
)
def test_mail_goes_by_the_provider_that_its_address_names(
    load: Load, address: str, provider: str, options: dict[str, str]
) -> None:
    production = load(NEEDED | OF_PROVIDER | {"SPEAKOUT_MAIL_URL": address})
    mailer = production.MAILERS["default"]
    assert provider == production.MAIL_PROVIDER
    if provider:
        assert mailer["OPTIONS"] == {"anymail": f"anymail.backends.{provider}.EmailBackend", "options": options}
        with pytest.raises(ImproperlyConfigured, match=r"^SPEAKOUT_MAIL_SECRET must be set"):
            load(NEEDED | {"SPEAKOUT_MAIL_URL": address})
    else:
        assert mailer["BACKEND"] == "schools.messages.smtp.CarefulBackend"


@pytest.mark.parametrize("missing", [name for name in OF_NOTIFY if name != "SPEAKOUT_SMS"])
def test_sms_by_notify_need_key_template_and_secret(load: Load, missing: str) -> None:
    production = load(NEEDED | OF_NOTIFY)
    names = ("SPEAKOUT_SMS", "SPEAKOUT_SMS_KEY", "SPEAKOUT_SMS_TEMPLATE", "SPEAKOUT_SMS_SENDER", "SPEAKOUT_SMS_PER_DAY")
    assert values_of(production, *names) == ["notify", NOTIFY_KEY, TEMPLATE, "", 100]
    with pytest.raises(ImproperlyConfigured, match=f"^{missing} must be set"):
        load(NEEDED | {name: value for name, value in OF_NOTIFY.items() if name != missing})


def test_development_may_use_the_stub_of_sms(load: Load) -> None:
    assert load({"SPEAKOUT_SMS": "stub"}, "development").SPEAKOUT_SMS == "stub"


@pytest.mark.parametrize("name", NEEDED)
@pytest.mark.parametrize("value", [None, "", "  "])
def test_what_production_needs_is_asked_for_by_name(load: Load, name: str, value: str | None) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"^{name} must be set. Write it into the environment"):
        load({key: text for key, text in NEEDED.items() if key != name} | ({name: value} if value is not None else {}))


@pytest.mark.parametrize("module", ["development", "production"])
def test_a_setting_that_nothing_reads_is_refused_with_the_name_that_was_meant(load: Load, module: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"SPEAKOUT_PROXY is no setting\. Did you mean SPEAKOUT_PROXIES\?"):
        load(NEEDED_BY[module] | {"SPEAKOUT_PROXY": "1"}, module)


@pytest.mark.parametrize("name", OF_PRODUCTION)
def test_development_does_not_start_on_what_an_installation_has_set(load: Load, name: str) -> None:
    """A command of an installation that was not told its module would work on the real database with a key that anybody knows."""
    said = rf"^{name} is set, as for production, .*DJANGO_SETTINGS_MODULE='speakout\.settings\.production'.*take {name} out"
    with pytest.raises(ImproperlyConfigured, match=said):
        load({name: NEEDED[name]}, "development")
    assert load({name: "  "}, "development").DEBUG, "blank counts as not set"


@pytest.mark.parametrize("name", sorted(MOVED))
def test_a_setting_of_an_earlier_version_says_where_its_value_is_now(load: Load, name: str) -> None:
    """Zero kilometres an hour divided by zero, later; the page of the charity refuses it."""
    with pytest.raises(ImproperlyConfigured, match=rf"^{name} is no setting any more: .*/admin/charity/.*Take it out"):
        load(NEEDED | {name: "0"})


@pytest.mark.parametrize("command", ["check", "worker", "migrate"])
def test_a_command_ends_with_the_sentence_alone(command: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SPEAKOUT_")}
    environment |= {"DJANGO_SETTINGS_MODULE": "speakout.settings.production", "SPEAKOUT_STAFF_SECOND_FACTOR": "maybe"} | NEEDED
    ended = subprocess.run(  # noqa: S603  # our own command
        [sys.executable, "manage.py", command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == (
        "SPEAKOUT_STAFF_SECOND_FACTOR must be true or false, not “maybe”. Correct it in the environment and start again."
    )
    assert "Traceback" not in ended.stderr
