"""What holds for the whole house: its slices, its promises, its doors, and that its documents tell the truth about it."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import CheckConstraint, Model, UniqueConstraint
from django.urls import URLPattern, URLResolver, get_resolver

from tests.house import assert_none, assert_stated
from tests.profiles import more_in_the_long_gate

ROOT = Path(settings.BASE_DIR)

SLICES = (
    "core", "accounts", "running", "charity", "messages", "programme", "directory", "volunteers", "recovery", "visits",
    "materials",
    "delivery", "reach", "erasing", "keeping", "backups", "planning", "office", "portal", "school_portal", "demo",
)  # fmt: skip
"""From the ground up: a table may point to tables of its own slice and of those before it."""

BESIDE = ({"messages", "programme"}, {"accounts", "running"}, {"office", "portal", "school_portal", "demo"})
"""Slices that do not know each other."""

PUBLIC = {
    "admin:login",  # leads to the sign-in page
    "account_login",
    "account_logout",
    "account_inactive",
    "account_signup",  # says that people are invited
    "account_email_verification_sent",
    "account_confirm_email",
    "account_confirm_login_code",  # there is no code without a sign-in that has begun
    "account_request_login_code",
    "admin:calendar-feed",  # calendars cannot sign in; the secret lets them in
    "invitation",  # the secret in the link lets in, once
    "way-back",  # the signed link says for whom and what for; only a POST acts
    "address-change",  # the secret in the link is what one end says yes with
    "opt-out",  # the signed link ends the mails of one kind to one person, and nothing else
    "answer",  # the link is signed, for one person and one answer
    "school-dates",  # the link is signed, for one person at a school and the dates that were offered to it
    "school-visit",  # the link is signed, for one person at a school and one visit
    "school-change",  # likewise
    "school-pack",
    "school-pack-file",
    "school-certificate",
    "school-contact",
    "school-roll",
    "school-site",
    "school-contact-confirm",  # the link is signed, for one person whom a school named
    "ask",  # a school asks for a visit without an account
    "ask-area",
    "ask-school",
    "ask-unlisted",
    "ask-sent",
    "ask-confirm",  # the link is signed, for one request
    "dose-json",  # as reach-json
    "reach-json",  # programs do not sign in; each has a token
    "calendar-feed",  # calendars do not sign in; the secret in the address lets them read
    "privacy",  # what the charity wants everybody to read
    "accessibility",  # likewise
    "cookies",  # what is stored on the reader’s own device
    "manifest",  # how the app is called
    "service-worker",  # which files a phone keeps
    "phone",  # what is on the phone; the phone fills it, the server knows nothing of it
    "phone-token",  # says to whoever asks who they are
    "mfa_login_webauthn",  # a passkey in place of a code
    "openid_connect_login",  # the charity's own accounts in place of a code; off unless the settings name them
    "openid_connect_callback",  # where their provider sends back
    "socialaccount_login_cancelled",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "mfa_authenticate",  # there is no second factor without a password before it
}
"""The only URLs, by name, that somebody reaches without signing in."""


def tables() -> list[type[Model]]:
    """Our own tables; those of history follow from them."""
    return [model for model in apps.get_app_config("schools").get_models() if not hasattr(model, "history_object")]


def slice_of(model: type[Model]) -> str:
    return model.__module__.split(".")[1]


def named_urls(resolver: URLResolver | None = None, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every URL of the project with its full name, as reverse() takes it."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from named_urls(pattern, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace)
        else:
            yield f"{namespace}{pattern.name or ''}", pattern


def test_every_table_lives_in_a_slice() -> None:
    strays = [f"{model.__module__}.{model.__name__}" for model in tables() if slice_of(model) not in SLICES]
    assert_none(strays, to_do="Move each table into the models of a slice, schools/SLICE/models.")


def test_every_slice_of_the_folder_is_in_the_order_and_says_what_lives_in_it() -> None:
    found = {folder.parent.name for folder in (ROOT / "schools").glob("*/__init__.py")} - {"management", "migrations"}
    assert_stated(
        found,
        SLICES,
        add="Put each new slice at its height into SLICES (tests/test_house.py), into import-linter's layers in "
        "pyproject.toml, and into the map in README.md.",
        remove="These folders are gone: take each out of SLICES (tests/test_house.py), pyproject.toml and the map in README.md.",
    )
    for name in SLICES:
        words = (ROOT / "schools" / name / "__init__.py").read_text().partition('"""')[2].partition('"""')[0]
        assert len(words.strip().splitlines()) >= 3, (
            f"schools/{name}/__init__.py: say in three lines what lives here and what not"
        )
        assert re.search(r"\b[Nn]o(t|thing)?\b", words), f"schools/{name}/__init__.py: say what does not live here"


def test_foreign_keys_point_down_the_slices() -> None:
    wrong = []
    for model in tables():
        for field in model._meta.get_fields():
            target = field.related_model if field.concrete and field.is_relation else None
            if not (isinstance(target, type) and target._meta.app_label == "schools"):
                continue
            here, there = slice_of(model), slice_of(target)
            if SLICES.index(there) > SLICES.index(here) or (here != there and any({here, there} <= pair for pair in BESIDE)):
                wrong.append(f"{model.__name__}.{field.name} ({here}) points up to {target.__name__} ({there})")
    assert_none(wrong, to_do="Turn each foreign key round, or move the table into the higher of both slices.")


def test_every_constraint_carries_a_sentence_of_its_own() -> None:
    sentences: dict[str, str] = {}
    for model in tables():
        for constraint in model._meta.constraints:
            assert isinstance(constraint, CheckConstraint | UniqueConstraint), constraint
            sentence = constraint.violation_error_message
            to_do = f"{constraint.name}: write a whole sentence as its violation_error_message (now: “{sentence}”)."
            assert sentence != constraint.default_violation_error_message, to_do
            assert re.fullmatch(r"[A-Z].*[.]", str(sentence)), to_do
            sentences[constraint.name] = str(sentence)
    assert len(sentences) > 50


def test_every_choice_is_a_promise_of_the_database_too() -> None:
    # Choices alone constrain a form, not the table.
    bare = []
    for model in tables():
        checked = " ".join(str(one.condition) for one in model._meta.constraints if isinstance(one, CheckConstraint))
        bare += [
            f"{model.__name__}.{field.name}"
            for field in model._meta.concrete_fields
            if field.choices and f"'{field.name}" not in checked
        ]
    assert_none(bare, to_do="Add a CheckConstraint to the table that holds the field to its choices.")


def test_only_these_urls_open_without_signing_in() -> None:
    open_doors = {name for name, pattern in named_urls() if not getattr(pattern.callback, "login_required", True)}
    assert_stated(
        open_doors,
        PUBLIC,
        add="Anybody opens these without signing in. Take login_not_required off the view, or add the URL's name with "
        "its reason to PUBLIC (tests/test_house.py).",
        remove="These need a sign-in or are gone: take each out of PUBLIC (tests/test_house.py).",
    )


def test_templates_hold_no_inline_script_style_or_handler() -> None:
    # The content-security-policy lets none of them run; a tag needs the request's nonce.
    wrong = []
    for path in [*(ROOT / "templates").rglob("*.*"), *(ROOT / "schools").rglob("templates/**/*.html")]:
        if path.is_relative_to(ROOT / "templates" / "messages"):
            continue  # no page but a mail: mail programs load no files
        text = re.sub(r"{%\s*comment.*?endcomment\s*%}|{#.*?#}", "", path.read_text(), flags=re.DOTALL)
        found = re.finditer(r"<(script|style)\b[^>]*>|\s(on[a-z]+|style)\s*=\s*[\"']|javascript:", text)
        wrong += [f"{path.relative_to(ROOT)}: {one[0].strip()}" for one in found if not (one[1] and "nonce" in one[0])]
    assert_none(wrong, to_do="Move it into a file under static/, or give the script or style tag the request's nonce.")


def names_in(pattern: str, *places: str) -> set[str]:
    """What the pattern finds in the files of these folders or files of the repository."""
    files = [file for place in places for file in ([ROOT / place] if (ROOT / place).is_file() else (ROOT / place).rglob("*"))]
    texts = (file.read_text(errors="ignore") for file in files if file.is_file() and "__pycache__" not in file.parts)
    return {name for text in texts for name in re.findall(pattern, text)}


def test_operations_name_every_setting_and_no_other() -> None:
    known = names_in(r"\bSPEAKOUT_[A-Z_]+\b", "speakout", "schools", "bin", "tests/e2e")
    assert_stated(
        known,
        names_in(r"\bSPEAKOUT_[A-Z_]+\b", "docs/operations.md"),
        add="Add each setting to the table “Settings” in docs/operations.md.",
        remove="Nothing reads these settings: take each out of docs/operations.md.",
    )


def test_operations_name_every_command_and_no_other() -> None:
    ours = {f"manage.py {file.stem}" for file in (ROOT / "schools/management/commands").glob("[!_]*.py")}
    ours |= {f"bin/{file.name}" for file in (ROOT / "bin").iterdir()}
    table = re.findall(r"^\| `(manage\.py \w+|bin/\w+)", (ROOT / "docs/operations.md").read_text(), flags=re.MULTILINE)
    assert_stated(
        ours,
        table,
        add="Add a line for each to the table “The commands” in docs/operations.md.",
        remove="There is no such command: take each out of the table “The commands” in docs/operations.md.",
    )
    assert len(table) == len(set(table)), "docs/operations.md names a command twice in “The commands”: leave one line of it."


def test_texts_name_a_session_in_the_words_of_its_nation_and_not_by_its_type() -> None:
    found = names_in(r"\{\s*([\w.\[\]]+\.type(?:\.name)?)\b\s*\}", "schools", "templates")
    # A line of a template is of no nation; the other is the kind of an input of allauth's forms.
    assert_none(
        sorted(found - {"self.type", "attrs.type"}),
        to_do="Name the session in the words of its nation: write `session.name` or `type.name_in(nation)`.",
    )


def test_readme_maps_every_slice() -> None:
    mapped = re.findall(r"^\| `(\w+)/` \|", (ROOT / "README.md").read_text(), flags=re.MULTILINE)
    assert_stated(
        SLICES,
        mapped,
        add="Add a line for each slice to the table “The map” in README.md.",
        remove="There is no such slice: take each out of the table “The map” in README.md.",
    )
    assert len(mapped) == len(set(mapped)), "README.md maps a slice twice in the table “The map”: leave one line of it."


PRODUCTION = {
    "SPEAKOUT_SECRET_KEY": "a-key-of-this-test-alone",
    "SPEAKOUT_ALLOWED_HOSTS": "speakout.example.org,www.example.org",
    "SPEAKOUT_DATABASE_URL": "postgres://speakout@localhost/speakout",
    "SPEAKOUT_MAIL_URL": "smtp+tls://name:p%40ss@mail.example.org",
    "SPEAKOUT_MAIL_FROM": "speakout@example.org",
}
"""What production asks for; nothing of it has a default."""


def production(words: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run `words` after importing production's settings as `s` in an environment that says nothing else about Speakout."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SPEAKOUT_")}
    return subprocess.run(  # noqa: S603  # our own words
        [sys.executable, "-c", f"import speakout.settings.production as s; {words}"],
        env=environment | changes, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("missing", more_in_the_long_gate([*PRODUCTION]))
def test_production_does_not_start_without(missing: str) -> None:
    answer = production("pass", **{name: value for name, value in PRODUCTION.items() if name != missing})
    assert answer.returncode != 0
    assert missing in answer.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("words", "changes", "told"),
    [
        ("s.DEBUG, s.SPEAKOUT_STAFF_SECOND_FACTOR, s.SECURE_SSL_REDIRECT", {}, "False True True"),
        ("s.SPEAKOUT_STAFF_SECOND_FACTOR", {"SPEAKOUT_STAFF_SECOND_FACTOR": "false"}, "False"),
        ("s.SPEAKOUT_DEMO_ALLOWED", {}, "False"),
        ("s.ALLOWED_HOSTS", {}, "['speakout.example.org', 'www.example.org']"),
        ("s.SECURE_PROXY_SSL_HEADER, s.ALLAUTH_TRUSTED_PROXY_COUNT", {}, "None 0"),
        (
            "s.SECURE_PROXY_SSL_HEADER, s.ALLAUTH_TRUSTED_PROXY_COUNT",
            {"SPEAKOUT_PROXIES": "1"},
            "('HTTP_X_FORWARDED_PROTO', 'https') 1",
        ),
        ("s.MAILERS['default']['OPTIONS']['password']", {}, "p@ss"),
        ("[s.MAILERS['default']['OPTIONS'][name] for name in ('port', 'use_tls', 'timeout')]", {}, "[587, True, 30]"),
        (
            "s.DATABASES['default']['OPTIONS']['pool'], s.DATABASES['default']['CONN_MAX_AGE']",
            {},
            "{'min_size': 1, 'max_size': 10, 'timeout': 10, 'reconnect_timeout': 5} 0",
        ),
    ],
)  # fmt: skip
def test_production_settings_say(words: str, changes: dict[str, str], told: str) -> None:
    answer = production(f"print({words})", **PRODUCTION | changes)
    assert (answer.stdout.strip(), answer.stderr) == (told, "")


def test_a_mail_address_of_another_kind_is_refused_in_a_sentence() -> None:
    answer = production("pass", **PRODUCTION | {"SPEAKOUT_MAIL_URL": "mail.example.org"})
    assert answer.stderr.splitlines()[-1].startswith(
        "django.core.exceptions.ImproperlyConfigured: SPEAKOUT_MAIL_URL must be smtp+tls://"
    )


def test_locks_name_no_registry() -> None:
    wrong = [file.name for file in (ROOT / "requirements").iterdir() if re.search(r"://|--(extra-)?index", file.read_text())]
    assert_none(wrong, to_do="Write the locks anew with `make lock`, which leaves the registry's address out.")


def test_the_list_of_the_longest_tests_and_the_journeys_name_only_tests_that_are_there() -> None:
    journeys = re.findall(r'^    "(tests/.*)",$', (ROOT / ".ci" / "longest").read_text(), re.MULTILINE)
    assert journeys
    gone = []
    for line in [*journeys, *(ROOT / "tests" / "long_tests.txt").read_text().splitlines()]:
        file, *_, name = line.split("::")
        path = ROOT / file
        if not path.exists() or not re.search(rf"\bdef {name}\(|\b{name} = ", path.read_text()):
            gone.append(line)
    to_do = (
        "Give the line in tests/long_tests.txt or .ci/longest the new name, or delete it. docs/testing.md says how to measure."
    )
    assert_none(gone, to_do=to_do)


def test_histories_are_played_in_files_of_tests_where_the_soak_finds_them() -> None:
    plays = re.compile(r"^from hypothesis\.stateful import .*run_state_machine_as_test", re.MULTILINE)
    others = (file for file in (ROOT / "tests").rglob("*.py") if not file.name.startswith("test_"))
    hidden = [str(file.relative_to(ROOT)) for file in others if plays.search(file.read_text())]
    assert_none(hidden, to_do="Play them in a file of tests: tests/conftest.py marks its tests for the soak.")
