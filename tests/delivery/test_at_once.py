"""Two people report at once, in real processes: one outcome."""

import os
import subprocess
import sys
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.db import connection

from schools.delivery.models import OutcomeSubmission
from schools.visits.models import Cover, Headcount, Session
from tests.delivery.outcomes import morning, user_of

PROGRAM = """
import sys, django
django.setup()
from datetime import UTC, datetime
from uuid import UUID
from django.conf import settings
from django.db import connection
connection.close()
settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = sys.argv[1]
from schools.accounts.models import User
from schools.delivery import actions
from schools.delivery.queries import Outcome
from schools.visits.models import Session
session, by = Session.objects.get(pk=sys.argv[2]), User.objects.get(pk=sys.argv[3])
pupils, key = int(sys.argv[4]), UUID(sys.argv[5])
said = Outcome("yes", {(session.visit.school_id, 5): pupils})
print("ready", flush=True)
sys.stdin.readline()
try:
    actions.record(session, said, key=key, by=by, now=datetime(2026, 11, 26, 12, tzinfo=UTC))
    print("stored", flush=True)
except actions.OutcomeDiffers as refusal:
    print("differs", [(row.what, row.stored, row.said) for row in refusal.differences if row.what == "Year 5"], flush=True)
"""


def record_at_once(session: Session, *sendings: tuple[int, int, UUID]) -> list[str]:
    """Each (user id, pupils of Year 5, key) in a process of its own, let go together; what each was told."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "speakout.settings.test")}
    database = str(connection.settings_dict["NAME"])
    processes = [
        subprocess.Popen(  # noqa: S603  # our own program and ids
            [sys.executable, "-c", PROGRAM, database, str(session.pk), *map(str, sending)],
            cwd=settings.BASE_DIR,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for sending in sendings
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return [process.communicate(timeout=60)[0].strip() for process in processes]


@pytest.mark.django_db(transaction=True)
def test_two_people_report_at_once_and_the_second_sees_what_differs() -> None:
    for _ in range(3):
        one = morning()
        told = record_at_once(one.session, (user_of(one.lead).pk, 28, uuid4()), (user_of(one.presenter).pk, 29, uuid4()))
        stored = Headcount.objects.get(session=one.session, year_group=5).pupils
        assert stored in {28, 29}
        other = 57 - stored
        assert sorted(told) == [f"differs [('Year 5', '{stored}', '{other}')]", "stored"]
        assert Session.objects.get(pk=one.session.pk).version == 1
        assert Cover.objects.filter(session=one.session, state="absent").count() == 3


@pytest.mark.django_db(transaction=True)
def test_one_form_sent_twice_at_once_is_stored_once_and_both_are_answered_well() -> None:
    one, key = morning(), uuid4()
    sending = (user_of(one.lead).pk, 28, key)
    assert record_at_once(one.session, sending, sending) == ["stored", "stored"]
    assert OutcomeSubmission.objects.filter(session=one.session).count() == 1
    assert Session.objects.get(pk=one.session.pk).version == 1
