"""The production settings as they are; the static files of a test run are gathered in a folder of their own."""

import os
from pathlib import Path

from speakout.settings.production import *  # noqa: F403  # all of them

STATIC_ROOT = Path(os.environ["TESTS_STATIC"])
