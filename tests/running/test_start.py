"""A web process is ready before its first request, and its workers share what it made ready."""

import json
import os
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from django.conf import settings

from schools.running.processes import PROCESSES, Place
from schools.running.start import template_names
from tests.test_house import PRODUCTION

ROOT = Path(settings.BASE_DIR)
LATER = {
    "anymail", "dns", "notifications_python_client", "pyrage", "python_calamine", "segno", "sentry_sdk", "typst", "vl_convert",
}  # fmt: skip
"""Packages that few pages need: each is imported by the first that does."""
SHARED = {"holidays.countries.united_kingdom", "schools.migrations.0001_baseline"}
"""Of what pages of every day import late and is large: read before, all processes share it."""
WORDS = """
import gc, json, sys
import speakout.wsgi
from django.db import connections
from django.template import engines
from django.urls import get_resolver
[loader] = engines["django"].engine.template_loaders
print(json.dumps({
    "addresses": len(get_resolver().namespace_dict["admin"][1].reverse_dict) > 100,
    "templates": sorted(loader.get_template_cache),
    "connections": [alias for alias in connections if connections[alias].connection is not None],
    "frozen": gc.get_freeze_count() > 100_000,
    "modules": sorted(sys.modules),
}))
"""


def test_a_process_has_its_addresses_and_templates_before_a_request_and_has_asked_no_database() -> None:
    """Where the database is away, it starts all the same: no server answers at the address in PRODUCTION."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SPEAKOUT_", "DJANGO_"))}
    done = subprocess.run(  # noqa: S603  # our own words
        [sys.executable, "-c", WORDS], env=environment | PRODUCTION, cwd=ROOT, capture_output=True, text=True, check=True
    )
    ready = json.loads(done.stdout)
    assert ready["addresses"]
    assert set(template_names()) <= set(ready["templates"])
    assert "portal/morning.html" in ready["templates"]
    assert ready["connections"] == [], "two workers would use one connection at once"
    assert ready["frozen"]
    assert not LATER & {name.partition(".")[0] for name in ready["modules"]}, "import them in the function that needs them"
    assert set(ready["modules"]) >= SHARED


def test_a_fresh_clone_has_the_packages_that_production_s_settings_name_so_that_it_can_start_what_production_starts() -> None:
    words = (ROOT / "speakout/settings/production.py").read_text(encoding="utf-8")
    lock = (ROOT / "requirements/dev.txt").read_text(encoding="utf-8")
    of_package = packages_distributions()
    named = {name for name in re.findall(r'"(\w+)\.[\w.]+"', words) if name in of_package}
    assert "whitenoise" in named
    missing = {name for name in named if f"\n{of_package[name][0].lower()}==" not in lock}
    assert not missing, "put them into requirements/dev.in, and run make lock"


def test_the_web_process_reads_the_application_once_for_all_its_workers() -> None:
    [web] = [process for process in PROCESSES if process.name == "web"]
    assert "--preload" in web.command(Place(root=ROOT))


FIRST = """
import os, signal, sys, time
from schools.running.web import end_with
first = os.getpid()
if not os.fork():
    end_with(first)
    print("ready", flush=True)
time.sleep(20)
print("outlived", flush=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that the one that started it has ended")
def test_a_process_ends_with_the_one_that_has_started_it() -> None:
    """Else it would keep the port, and whoever starts the first one again would not find it free."""
    with subprocess.Popen([sys.executable, "-c", FIRST], cwd=ROOT, stdout=subprocess.PIPE, text=True) as first:  # noqa: S603  # our own
        assert first.stdout is not None
        assert first.stdout.readline() == "ready\n"
        first.kill()
        # Until the last process that writes there has ended.
        assert first.stdout.read() == ""
