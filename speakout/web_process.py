"""What gunicorn does besides answering requests; `--config` names it (schools/running/processes.py)."""

from typing import Any


def on_starting(server: Any) -> None:
    """Keep addresses, which hold secrets, out of gunicorn's own lines; it calls this before it starts a process."""
    from schools.core.request_notes import mask_lines_of_gunicorn  # the project is on its way only now

    mask_lines_of_gunicorn()


on_reload = on_starting
"""Called once the log was set up anew, and before processes are started."""


def post_worker_init(worker: Any) -> None:
    """Let a process that sends a long file say that it goes on, and end it with the first one, which has started it.

    gunicorn calls this in each process that it has started. A file may take as long as somebody takes it.
    """
    from schools.running.web import end_with, give_signs_to  # the process has its settings only now

    give_signs_to(worker.notify)
    end_with(worker.ppid)
