"""Colleagues at a school, and the office, who change the same visit at the same moment, in real processes."""

from datetime import timedelta

import pytest
import time_machine

from schools import models
from tests.factories import manager
from tests.processes import together
from tests.school_portal.changing import FAR, NOW, boxes, change_path
from tests.school_portal.changing_at_once import change_or_cancel
from tests.school_portal.visits import a_visit

ROUNDS = 4

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_two_colleagues_and_the_office_at_once_one_cancels() -> None:
    with time_machine.travel(NOW - timedelta(hours=1), tick=False):
        visits = [a_visit(day=FAR) for _ in range(ROUNDS)]
        paths = [change_path(visit) for visit in visits]
        typed = [boxes(path) for path in paths]
    ids, by = [visit.pk for visit in visits], manager().pk
    theirs = [[{**each, "why": "staff", "given_by": name} for each in typed] for name in ("Jo", "Sam")]
    runs = [("school", paths, theirs[0], ids, by), ("school", paths, theirs[1], ids, by), ("office", paths, [], ids, by)]
    answers = together(change_or_cancel, runs)
    for visit, *statuses in zip(visits, *answers, strict=True):
        row = models.Visit.objects.get(pk=visit.pk)
        changes = list(models.SchoolChange.objects.filter(visit=visit))
        by_school = row.cancelled_code == "school"
        assert (row.stage, len(changes)) == ("cancelled", int(by_school))
        assert statuses == ([302, 302, 409] if by_school else [409, 409, 302])
        assert set(row.sessions.values_list("stage", flat=True)) == {"cancelled"}
        assert models.Batch.objects.filter(words__contains=f"visit {row.reference} ").count() == 1
