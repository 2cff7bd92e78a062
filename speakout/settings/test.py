"""Settings for the tests: fast password hashes, mail in memory, plain static files."""

from speakout.settings.development import *  # noqa: F403  # see development.py
from speakout.settings.development import DATABASES

DEBUG = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MAILERS = {"default": {"BACKEND": "tests.mailbox.Mailbox"}}
# Fixed here, whatever the developer's environment says.
SPEAKOUT_STAFF_SECOND_FACTOR = False
SPEAKOUT_SMS, SPEAKOUT_SMS_PER_DAY = "none", 100
# A test that does not read a file to its end would keep its place.
SPEAKOUT_HEAVY_AT_ONCE = 0
SPEAKOUT_BACKUP_FOLDER = SPEAKOUT_BACKUP_IDENTITY = SPEAKOUT_ERASURES = None
# Tests of races let twenty people write at once, who wait for one another: on a busy machine longer than production lets them.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"]["timeout"] = 240
    # Nothing of a test outlives a cut of the power.
    DATABASES["default"]["OPTIONS"]["init_command"] = (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON;"
    )
