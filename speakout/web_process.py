"""What gunicorn does besides answering requests; `--config` names it (schools/running/processes.py)."""

from typing import Any


def post_worker_init(worker: Any) -> None:
    """Let a process that sends a long file say that it goes on: a file may take as long as somebody takes it.

    gunicorn calls this in each process that it has started.
    """
    from schools.running.web import give_signs_to  # the process has its settings only now

    give_signs_to(worker.notify)
