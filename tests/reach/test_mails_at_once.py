"""The mails of the figures are written by several runs at once, in real processes: everybody gets one."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.processes import together

PEOPLE, RUNS = 6, 4


def run(now: datetime) -> tuple[int, int, list[str]]:
    """In a process of its own: how many it wrote, how many it found written, and to whom it sent mails."""
    from django.core import mail

    from schools.reach.actions import send_monthly

    mail.outbox = []
    written, known = send_monthly(now=now)
    return written, known, [one.to[0] for one in mail.outbox]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.exhaustive
def test_of_runs_at_the_same_moment_each_mail_is_written_and_sent_by_one() -> None:
    from schools.models import OutboxMessage
    from schools.reach.actions import subscribe
    from tests import factories

    people: list[Any] = [factories.manager() for _ in range(PEOPLE)]
    for user in people:
        subscribe(user, now=datetime(2026, 9, 1, tzinfo=UTC))
    for months, month in enumerate((10, 11, 12), start=1):
        answers = together(run, [(datetime(2026, month, 2, 7, tzinfo=UTC),)] * RUNS)
        assert sorted(to for _, _, sent in answers for to in sent) == sorted(user.email for user in people)
        assert sum(written for written, _, _ in answers) == PEOPLE
        assert [written + known for written, known, _ in answers] == [PEOPLE] * RUNS
        assert OutboxMessage.objects.filter(sent_at__isnull=False).count() == months * PEOPLE
