"""How log lines look: plain, or JSON for programs that gather them. Both have the same fields."""

import logging
import time
from typing import Any

FIELDS = ("asctime", "levelname", "name", "request_id", "person", "message")


class PlainFormatter(logging.Formatter):
    """One line for each entry, with the time in UTC."""

    converter = time.gmtime  # type: ignore[assignment]  # typeshed has its own default in mind
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"


def logging_config(form: str, *, requests: str) -> dict[str, Any]:
    """Return Django's LOGGING; `form` is plain or json, `requests` the level from which lines of requests are written."""
    formatters = {
        "plain": {
            "()": "speakout.settings.logs.PlainFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s request=%(request_id)s person=%(person)s %(message)s",
        },
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "fmt": " ".join(f"%({field})s" for field in FIELDS),
            "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
        },
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "request": {"()": "schools.core.request_notes.RequestFilter"},
            "expected": {"()": "schools.core.request_notes.ExpectedFilter"},
        },
        "formatters": formatters,
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": form, "filters": ["request"]}},
        "root": {"handlers": ["console"], "level": "WARNING"},
        "loggers": {
            "speakout.requests": {"level": requests},
            # Without the handlers that Django gives it: in development they wrote each line a second time.
            "django": {"level": "INFO"},
            # What is not found or forbidden has its line as a request.
            "django.request": {"level": "ERROR", "filters": ["expected"]},
            # So has a scanner's wrong host, in one line and without the way to it.
            "django.security.DisallowedHost": {"handlers": [], "level": "CRITICAL"},
        },
    }
