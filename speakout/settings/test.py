"""The test suite: quick password hashes, mail in memory, plain static files."""

from speakout.settings.development import *  # noqa: F403  # see development.py

DEBUG = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
# Whatever the environment of whoever runs the tests says.
SPEAKOUT_STAFF_SECOND_FACTOR = False
