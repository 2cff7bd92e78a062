"""What the processes of test_runs do; imported by each before Django is set up, so it imports no models by itself."""

from datetime import UTC, datetime

NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)


def at_once(run_id: int, attempt: int) -> None:
    """A queue that waits for nothing."""
    worked_on(run_id, attempt)


def asked_to_apply(run_id: int, user_id: int) -> str:
    """Applied, or the refusal; its queue waits for nothing, so the import is applied when the answer comes."""
    from schools.core.errors import RuleBroken
    from schools.directory.actions import ask_to_apply
    from schools.models import ImportRun, User

    try:
        ask_to_apply(ImportRun.objects.get(pk=run_id), by=User.objects.get(pk=user_id), now=NOW, queue=at_once)
    except RuleBroken as broken:
        return broken.reasons[0]
    return "applied"


def worked_on(run_id: int, attempt: int) -> str:
    """What a worker does that was handed the task, perhaps not alone."""
    from schools.directory.actions import work

    work(run_id, attempt, clock=lambda: NOW)
    return ""
