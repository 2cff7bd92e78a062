"""The production settings as they are; the static files of a test run are gathered in a folder of their own."""

from pathlib import Path

from speakout.settings.production import *  # noqa: F403  # all of them
from speakout.settings.production import env

STATIC_ROOT = Path(env.str("TESTS_STATIC"))
