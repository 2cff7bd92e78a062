"""Settings for the tests: fast password hashes, mail in memory, plain static files."""

from speakout.settings.development import *  # noqa: F403  # see development.py

DEBUG = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
# Fixed here, whatever the developer's environment says.
SPEAKOUT_STAFF_SECOND_FACTOR = False
