"""Two colleagues of a school, or of the office, at the same moment, in real processes: nothing is lost and nothing done twice."""

import pytest
import time_machine
from django.test import Client

from schools import models
from tests.factories import manager
from tests.processes import together
from tests.school_portal.answering import ask_kinds, press_in_turn, press_or_cancel, say_in_turn, take_in_turn
from tests.school_portal.visits import BEFORE, a_visit, boxes_of, path_of, sent

ROUNDS = 6

pytestmark = pytest.mark.django_db(transaction=True)


def pages() -> tuple[list[str], list[dict[str, str]]]:
    """The pages of several visits, and what two colleagues have both read there."""
    with time_machine.travel(BEFORE, tick=False):
        paths = [path_of(a_visit()) for _ in range(ROUNDS)]
        return paths, [boxes_of(Client().get(path)) for path in paths]


@pytest.mark.exhaustive
def test_of_two_who_say_different_things_about_the_same_one_is_kept_and_the_other_reads_it() -> None:
    paths, boxes = pages()
    said = [
        [{**seen, "parking": words, "given_by": name} for seen in boxes] for name, words in (("Jo", "Gate"), ("Sam", "Street"))
    ]
    answers = together(say_in_turn, [(paths, said[0]), (paths, said[1])])
    assert [sorted(both) for both in zip(*answers, strict=True)] == [[302, 409]] * ROUNDS
    kept = list(models.SchoolAnswer.objects.order_by("visit").values_list("given_by", "words"))
    assert kept == [("Jo", "Gate") if first == 302 else ("Sam", "Street") for first in answers[0]]


@pytest.mark.exhaustive
def test_two_who_say_different_things_about_different_ones_are_both_kept() -> None:
    paths, boxes = pages()
    said = [[{**seen, item: item, "given_by": "Jo"} for seen in boxes] for item in ("parking", "arrival")]
    assert together(say_in_turn, [(paths, said[0]), (paths, said[1])]) == [[302] * ROUNDS] * 2
    assert models.SchoolAnswer.objects.filter(state="open").count() == 2 * ROUNDS


def test_what_two_in_the_office_take_at_once_is_taken_once() -> None:
    with time_machine.travel(BEFORE, tick=False):
        visits = [a_visit() for _ in range(ROUNDS)]
        for visit in visits:
            assert sent(path_of(visit), lead="Lee Safe", agrees="on", role="head").status_code == 302
    ids = [visit.pk for visit in visits]
    answers = together(take_in_turn, [(ids, manager().pk), (ids, manager().pk)])
    assert [sorted(both) for both in zip(*answers, strict=True)] == [[0, 2]] * ROUNDS
    assert models.Contact.objects.filter(name="Lee Safe").count() == ROUNDS
    assert models.SchoolAgreement.objects.count() == ROUNDS


@pytest.mark.exhaustive
def test_what_colleagues_say_at_the_same_moment_is_one_alarm() -> None:
    paths, _boxes = pages()
    answers = together(press_in_turn, [(paths, ["nobody"]), (paths, ["nobody"]), (paths, ["nobody", "here", "nobody"])])
    assert {status for each in answers for status in each} == {302}
    standing = models.SchoolAlarm.objects.filter(over_at=None).values_list("visit", flat=True)
    assert len(standing) == len(set(standing)) == ROUNDS
    together(ask_kinds, [(number,) for number in range(3)])
    coordinator_of_each = models.SchoolAlarm.objects.filter(over_at=None).values_list("pk", "visit__coordinator")
    keys = set(models.OutboxMessage.objects.filter(kind="school-alarm").values_list("key", flat=True))
    assert {f"school-alarm:{alarm}:{user}" for alarm, user in coordinator_of_each} <= keys


def test_of_an_alarm_and_a_cancellation_at_once_no_alarm_stands_about_what_was_cancelled_first() -> None:
    with time_machine.travel(BEFORE, tick=False):
        visits = [a_visit() for _ in range(ROUNDS)]
        paths = [path_of(visit) for visit in visits]
    ids = [visit.pk for visit in visits]
    by = manager().pk
    pressed, _stood = together(press_or_cancel, [("press", paths, ids, by), ("cancel", paths, ids, by)])
    assert set(models.Visit.objects.values_list("stage", flat=True)) == {"cancelled"}
    raised = set(models.SchoolAlarm.objects.values_list("visit", flat=True))
    assert raised == {pk for pk, status in zip(sorted(ids), pressed, strict=True) if status == 302}
    assert set(pressed) <= {302, 409}
    assert ask_kinds(0) == 0, "what was cancelled is told by the news of the visit"
