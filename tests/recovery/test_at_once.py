"""Several who ask, agree, stop and come in at the same moment as it takes effect, in real processes."""

import pytest
from allauth.mfa.models import Authenticator

from schools import models
from schools.recovery.actions import agree, settle_due
from schools.recovery.models import Outcome, Recovery
from tests import factories
from tests.processes import together
from tests.recovery import people
from tests.recovery.people import NOW, WAIT, asked
from tests.recovery.racing import work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.exhaustive
def test_of_several_who_ask_and_agree_at_once_one_of_each_is_there() -> None:
    ravi, bea, mo = people.coordinator(), people.bea(), people.mo()
    kim = factories.manager(name="Kim Beck", email="kim@example.org")
    answers = together(work, [("ask", 0, who.pk, NOW) for who in (bea, mo, kim)])
    assert sorted(answers) == ["done", "refused", "refused"]
    recovery = Recovery.objects.get(user=ravi)
    others = [who for who in (bea, mo, kim) if who.pk != recovery.asked_by_id]
    answers = together(work, [("agree", recovery.pk, who.pk, NOW) for who in others for _ in range(2)])
    assert sorted(answers) == ["done", "refused", "refused", "refused"]
    assert list(recovery.steps.values_list("kind", flat=True)) == ["asked", "agreed"]


def test_a_stop_in_the_moment_of_the_effect_leaves_one_of_both_and_all_of_it() -> None:
    ravi, bea, mo = people.coordinator(), people.bea(), people.mo()
    recovery = agree(asked(ravi, bea), by=mo, now=NOW)
    due = NOW + WAIT
    answers = together(work, [(what, recovery.pk, 0, due) for what in ("stop", "settle", "stop", "settle")])
    recovery.refresh_from_db()
    is_done = recovery.outcome == Outcome.DONE
    assert Authenticator.objects.filter(user=ravi).exists() is not is_done
    assert sorted(answers)[-2:] == (["settled 0", "settled 1"] if is_done else ["settled 0", "settled 0"])
    assert answers.count("done") == (0 if is_done else 1)
    last = "done" if is_done else "stopped"
    assert list(recovery.steps.values_list("kind", flat=True)) == ["asked", "agreed", last]


def test_the_link_lets_in_once_however_often_it_is_pressed_at_once() -> None:
    ravi, bea, mo = people.coordinator(), people.bea(), people.mo()
    recovery = agree(asked(ravi, bea), by=mo, now=NOW)
    assert settle_due(now=NOW + WAIT) == 1
    answers = together(work, [("come in", recovery.pk, 0, NOW + WAIT) for _ in range(4)])
    assert sorted(answers) == ["done", "refused", "refused", "refused"]
    assert models.OutboxMessage.objects.filter(key__endswith=":come-in").count() == 1
