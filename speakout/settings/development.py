"""Settings for a developer's machine and the demo: an embedded SQLite file, mail printed on the console."""

from speakout.settings import environment
from speakout.settings.base import *  # noqa: F403  # Django's usual idiom, clearer here than a list of names
from speakout.settings.base import BASE_DIR, database

# Else a command that nobody told its settings would work on the real database, with a key that stands here.
environment.refuse_production("SPEAKOUT_SECRET_KEY", "SPEAKOUT_MAIL_URL")
DEBUG = environment.switch("SPEAKOUT_DEBUG", default=True)
SECRET_KEY = "insecure-development-key-never-used-in-production"  # noqa: S105  # fixed on purpose, only for development
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]

(BASE_DIR / "var").mkdir(exist_ok=True)
DATABASES = {"default": database(environment.text("SPEAKOUT_DATABASE_URL") or f"sqlite:///{BASE_DIR}/var/speakout.sqlite3")}
MAILERS = {"default": {"BACKEND": "schools.messages.console.PlainBackend"}}
SPEAKOUT_DEMO_ALLOWED = True

environment.refuse_unknown()
