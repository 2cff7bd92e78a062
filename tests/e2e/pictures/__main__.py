"""Take the pictures of the guides: `python -m tests.e2e.pictures [NAME ...]`; all of them where no name is given.

The demo's charity is loaded into a database that is thrown away, with its usual seed and a clock that stands still, so every run
shows the same made-up people. Needs Chromium (SPEAKOUT_CHROMIUM) and what `bin/bootstrap e2e` installs. Exit 1 where a picture
is too large for the guides.
"""

import logging
import os
import sys
import tempfile

import django
import time_machine

with tempfile.TemporaryDirectory() as folder:
    os.environ["DJANGO_SETTINGS_MODULE"] = "speakout.settings.test"
    os.environ["SPEAKOUT_DATABASE_URL"] = f"sqlite:///{folder}/pictures.sqlite3"
    django.setup()
    # What the server and the tasks say of their own accord.
    logging.disable(logging.WARNING)
    # What these import needs Django's settings.
    from tests.e2e.conftest import NOW
    from tests.e2e.pictures.taking import load_demo, take_pictures

    with time_machine.travel(NOW, tick=False):
        load_demo()
        all_small = take_pictures(sys.argv[1:])
sys.exit(0 if all_small else 1)
