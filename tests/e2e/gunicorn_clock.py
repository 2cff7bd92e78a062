"""The clock of gunicorn's workers in the browser tests: their day is the tests' day (`--config` of gunicorn names this file)."""

import os
from datetime import datetime
from typing import Any

import time_machine


def post_worker_init(worker: Any) -> None:
    """Set the clock once the worker is ready, as far on as the tests' clock is; time goes on from there."""
    time_machine.travel(datetime.fromisoformat(os.environ["TESTS_NOW"]), tick=True).start()
