"""Calls: what each outcome writes down, what follows from it, and that undoing takes back all of it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from schools import models
from schools.core.errors import RuleBroken
from schools.directory.models import GroupKind, SchoolGroup
from schools.visits.actions.calls import Call, CalledMeanwhile, CallOutcome, log_call, log_call_together
from schools.visits.actions.cancelling import decline_visit
from schools.visits.actions.undoing import undo
from tests import factories

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 14, 15, tzinfo=UTC)
WEEK = date(2026, 12, 1)
CALLS = {
    "no-answer": Call(outcome=CallOutcome.NO_ANSWER, who="the office", note="It rang."),
    "later": Call(outcome=CallOutcome.LATER, who="Ruth", again_on=WEEK),
    "wants": Call(outcome=CallOutcome.WANTS, who="Ruth", month=date(2027, 1, 1)),
    "not-this-year": Call(outcome=CallOutcome.NOT_THIS_YEAR, who="Ruth", note="Building works."),
}


@pytest.fixture
def school() -> models.School:
    school: models.School = factories.SchoolFactory(name="Beck", area=factories.AreaFactory())
    return school


@pytest.fixture
def by(school: models.School) -> models.User:
    return factories.coordinator_of(models.Area.objects.get())


@pytest.mark.parametrize(
    ("outcome", "who", "note", "follow_up_on", "ask_again_on", "words"),
    [
        ("no-answer", "nobody", "2:15 pm: no answer.\nIt rang.", None, None, "no answer"),
        (
            "later", "Ruth", "2:15 pm: call again on Tue 1 December 2026.", WEEK, WEEK,
            "call again, ask again on Tue 1 December 2026",
        ),
        ("wants", "Ruth", "2:15 pm: they want a visit in January 2027.", None, None, "wants a visit in January 2027"),
        (
            "not-this-year", "Ruth", "2:15 pm: not this school year.\nBuilding works.", None, date(2027, 8, 1),
            "not this school year, ask again on Sun 1 August 2027",
        ),
    ],
)  # fmt: skip
def test_an_outcome_is_a_conversation_with_what_follows_and_undoing_takes_back_all(
    outcome: str,
    who: str,
    note: str,
    follow_up_on: date | None,
    ask_again_on: date | None,
    words: str,
    school: models.School,
    by: models.User,
) -> None:
    batch = log_call(school, CALLS[outcome], by=by, now=NOW, seen=None)
    log = models.ContactLog.objects.get()
    assert (log.who, log.note, log.day, log.how, log.by) == (who, note, NOW.date(), "phone", by)
    assert log.follow_up_on == follow_up_on
    school.refresh_from_db()
    assert school.ask_again_on == ask_again_on
    assert batch.words == f"Logged for Beck: {words}"
    visits = [(visit.stage, visit.preferred_month) for visit in models.Visit.objects.all()]
    assert visits == ([("requested", date(2027, 1, 1))] if outcome == "wants" else [])
    undone = undo(batch, by=by, now=NOW + timedelta(seconds=9))
    assert undone.left_alone == []
    assert not models.ContactLog.objects.exists()
    assert not models.Visit.objects.exists()
    school.refresh_from_db()
    assert school.ask_again_on is None


def test_undoing_puts_back_the_day_that_was_there(school: models.School, by: models.User) -> None:
    school.ask_again_on = date(2027, 3, 1)
    school.save()
    for outcome in ("wants", "not-this-year"):
        newest = models.ContactLog.objects.order_by("pk").last()
        batch = log_call(school, CALLS[outcome], by=by, now=NOW, seen=newest.pk if newest else None)
        undo(batch, by=by, now=NOW)
        school.refresh_from_db()
        assert school.ask_again_on == date(2027, 3, 1), outcome


def test_no_call_makes_a_school_wait_for_less_long_but_a_day_for_that_school_alone(
    together: list[models.School], by: models.User
) -> None:
    first, second, third = together
    models.School.objects.filter(pk__in=[first.pk, second.pk]).update(ask_again_on=date(2028, 9, 1))
    log_call_together([first, third], CALLS["later"], group=TRUST, by=by, now=NOW, seen=None)
    batch = log_call(second, CALLS["not-this-year"], by=by, now=NOW, seen=None)
    assert batch.words == "Logged for Croft: not this school year, ask again on Fri 1 September 2028"
    waits = models.School.objects.order_by("name").values_list("ask_again_on", flat=True)
    assert list(waits) == [date(2028, 9, 1), date(2028, 9, 1), WEEK]
    newest = models.ContactLog.objects.filter(school=second).latest("pk").pk
    log_call(second, CALLS["later"], by=by, now=NOW, seen=newest)
    assert list(waits.all()) == [date(2028, 9, 1), WEEK, WEEK]


def renumbered(school: models.School, **fields: Any) -> models.School:
    """The school under the number that it had before."""
    before: models.School = factories.SchoolFactory(status="closed", authority=school.authority, **fields)
    models.School.objects.filter(pk__in=[school.pk, before.pk]).update(chain=min(school.pk, before.pk))
    school.refresh_from_db()
    before.refresh_from_db()
    return before


def newest() -> int:
    return int(models.ContactLog.objects.latest("pk").pk)


def days() -> set[date | None]:
    return set(models.School.objects.values_list("ask_again_on", flat=True))


@pytest.mark.parametrize("own", [None, WEEK])
def test_a_school_has_one_day_under_all_its_numbers_and_a_call_about_several_makes_none_sooner(
    own: date | None, together: list[models.School], school: models.School, by: models.User
) -> None:
    before = renumbered(school, ask_again_on=date(2028, 8, 1))
    log_call_together([school], CALLS["later"], group=TRUST, by=by, now=NOW, seen=None)
    assert days() - {None} == {date(2028, 8, 1)}, "it is left alone for longer already"
    batch = log_call(school, CALLS["later"], by=by, now=NOW + timedelta(hours=1), seen=models.ContactLog.objects.get().pk)
    assert days() - {None} == {WEEK}, "of that school alone somebody has heard when"
    undo(batch, by=by, now=NOW + timedelta(hours=2))
    assert days() - {None} == {date(2028, 8, 1)}
    models.School.objects.filter(pk=school.pk).update(ask_again_on=own)
    first = log_call(school, CALLS["later"], by=by, now=NOW + timedelta(hours=3), seen=newest())
    log_call(school, CALLS["wants"], by=by, now=NOW + timedelta(hours=4), seen=newest())
    undo(first, by=by, now=NOW + timedelta(hours=5))
    assert days() == {None}, "they want a visit now"
    models.Visit.objects.all().delete()
    models.School.objects.filter(pk=school.pk).update(ask_again_on=own)
    models.School.objects.filter(pk=before.pk).update(ask_again_on=date(2028, 8, 1))
    visit = factories.VisitFactory(school=before, stage="requested", requested_on=NOW.date())
    batch = decline_visit(visit, ask_again_on=date(2027, 9, 1), by=by, now=NOW)
    assert days() - {None} == {date(2027, 9, 1)}
    undo(batch, by=by, now=NOW)
    assert days() - {None} == {date(2028, 8, 1), own} - {None}


def test_undoing_brings_no_day_of_an_earlier_number_back_beside_a_newer_one(school: models.School, by: models.User) -> None:
    renumbered(school, ask_again_on=date(2027, 3, 1))
    batch = log_call(school, CALLS["not-this-year"], by=by, now=NOW, seen=None)
    models.School.objects.filter(pk=school.pk).update(ask_again_on=WEEK)
    undo(batch, by=by, now=NOW + timedelta(hours=1))
    assert days() == {WEEK, None}, "somebody wrote a newer day on the page of the school"


def test_undoing_leaves_what_somebody_changed_since(school: models.School, by: models.User) -> None:
    batch = log_call(school, CALLS["not-this-year"], by=by, now=NOW, seen=None)
    models.School.objects.update(ask_again_on=date(2027, 4, 1))
    undone = undo(batch, by=by, now=NOW)
    assert undone.left_alone == ["Beck was changed since, so it stays as it is."]
    assert not models.ContactLog.objects.exists()
    school.refresh_from_db()
    assert school.ask_again_on == date(2027, 4, 1)


@pytest.mark.parametrize("since", ["the same", "no answer", "undone"])
def test_undoing_a_slip_leaves_when_a_school_is_asked_as_a_colleague_heard_it_since(
    since: str, school: models.School, by: models.User
) -> None:
    colleague = factories.coordinator_of(models.Area.objects.get(), name="Gwen Powell")
    batch = log_call(school, CALLS["not-this-year"], by=by, now=NOW, seen=None)
    call = CALLS["no-answer" if since == "no answer" else "not-this-year"]
    theirs = log_call(school, call, by=colleague, now=NOW, seen=models.ContactLog.objects.get().pk)
    if since == "undone":
        undo(theirs, by=colleague, now=NOW)
    left = undo(batch, by=by, now=NOW).left_alone
    school.refresh_from_db()
    stays = since == "the same"
    assert left == (["Beck stays as it is. Somebody has spoken with it since."] if stays else [])
    assert school.ask_again_on == (date(2027, 8, 1) if stays else None)
    assert not models.ContactLog.objects.filter(by=by).exists()


def test_a_request_that_is_undone_in_time_tells_the_school_nothing(school: models.School, by: models.User) -> None:
    models.Contact.objects.create(school=school, name="Ruth Bowness", email="ruth@example.org")
    batch = log_call(school, CALLS["wants"], by=by, now=NOW, seen=None)
    assert batch.held_until is not None
    undo(batch, by=by, now=NOW + timedelta(seconds=20))
    assert not models.OutboxMessage.objects.exists()


def test_the_second_of_two_colleagues_is_refused_and_told_what_was_logged(school: models.School, by: models.User) -> None:
    colleague = factories.coordinator_of(models.Area.objects.get(), name="Gwen Powell")
    log_call(school, CALLS["later"], by=colleague, now=NOW, seen=None)
    with pytest.raises(CalledMeanwhile) as stopped:
        log_call(school, CALLS["no-answer"], by=by, now=NOW, seen=None)
    assert stopped.value.reasons == [
        (
            "Gwen Powell logged a conversation with Beck since you opened this: “2:15 pm: call again on Tue 1 December 2026.”. "
            "Press once more if yours is another one."
        )
    ]
    assert models.ContactLog.objects.count() == 1
    log_call(school, CALLS["no-answer"], by=by, now=NOW, seen=stopped.value.log.pk)
    assert models.ContactLog.objects.count() == 2


@pytest.mark.parametrize("is_together", [False, True])
def test_what_a_colleague_has_logged_under_another_number_of_the_school_is_said_first_too(
    is_together: bool, school: models.School, by: models.User
) -> None:
    colleague, before = factories.coordinator_of(models.Area.objects.get(), name="Gwen Powell"), renumbered(school)
    log_call(before, CALLS["later"], by=colleague, now=NOW, seen=None)

    def log(seen: int | None) -> models.Batch:
        given: dict[str, Any] = {"by": by, "now": NOW, "seen": seen}
        if is_together:
            return log_call_together([school], CALLS["no-answer"], group=TRUST, **given)
        return log_call(school, CALLS["no-answer"], **given)

    with pytest.raises(CalledMeanwhile, match="Gwen Powell logged a conversation with") as stopped:
        log(None)
    assert models.ContactLog.objects.count() == 1
    log(stopped.value.log.pk)
    assert models.ContactLog.objects.count() == 2


def test_what_a_colleague_has_undone_since_stops_nobody(school: models.School, by: models.User) -> None:
    log_call(school, CALLS["no-answer"], by=by, now=NOW, seen=None)
    newest = models.ContactLog.objects.get().pk
    batch = log_call(school, CALLS["later"], by=by, now=NOW, seen=newest)
    shown = models.ContactLog.objects.exclude(pk=newest).get().pk
    undo(batch, by=by, now=NOW)
    log_call(school, CALLS["wants"], by=by, now=NOW, seen=shown)
    assert models.ContactLog.objects.count() == 2


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (Call(outcome=CallOutcome.LATER, who="Ruth"), "Choose when to call again."),
        (Call(outcome=CallOutcome.WANTS, who="Ruth", month=date(2026, 1, 1)), "That month has passed, or is too far away."),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    call: Call, reason: str, school: models.School, by: models.User
) -> None:
    with pytest.raises(RuleBroken) as refused:
        log_call(school, call, by=by, now=NOW, seen=None)
    assert refused.value.reasons[0].startswith(reason)
    assert not models.ContactLog.objects.exists()
    assert not models.Batch.objects.exists()


TRUST = SchoolGroup("england", GroupKind.TRUST, "2044", "Fell Trust")


@pytest.fixture
def together(school: models.School) -> list[models.School]:
    """Three schools of one trust."""
    others = [factories.SchoolFactory(name=name, authority=school.authority) for name in ("Croft", "Dale")]
    return [school, *others]


@pytest.mark.parametrize("outcome", CALLS)
def test_one_call_about_several_schools_is_with_each_of_them_and_undone_in_one_go(
    outcome: str, together: list[models.School], by: models.User
) -> None:
    batch = log_call_together(together, CALLS[outcome], group=TRUST, by=by, now=NOW, seen=None)
    logs = list(models.ContactLog.objects.order_by("school__name"))
    assert [log.school for log in logs] == together
    for log in logs:
        assert "One call with Fell Trust, about 3 schools." in log.note
    assert batch.words.startswith("Logged for 3 schools of Fell Trust: ")
    assert models.Visit.objects.count() == (3 if outcome == "wants" else 0)
    assert bool(batch.held_until) == (outcome == "wants")
    assert undo(batch, by=by, now=NOW + timedelta(seconds=9)).left_alone == []
    assert not models.ContactLog.objects.exists()
    assert not models.Visit.objects.exists()
    assert set(models.School.objects.values_list("ask_again_on", flat=True)) == {None}


def test_where_a_school_refuses_nothing_is_logged_for_any_and_each_reason_is_said(
    together: list[models.School], by: models.User
) -> None:
    for school in together[1:]:
        factories.VisitFactory(school=school, stage="requested")
    with pytest.raises(RuleBroken) as refused:
        log_call_together(together, CALLS["wants"], group=TRUST, by=by, now=NOW, seen=None)
    assert [reason.partition(" ")[0] for reason in refused.value.reasons] == ["Croft", "Dale"]
    assert not models.ContactLog.objects.exists()
    assert models.Visit.objects.count() == 2


def test_a_conversation_with_any_of_them_since_the_page_was_shown_is_said_first(
    together: list[models.School], by: models.User
) -> None:
    log_call(together[1], CALLS["no-answer"], by=by, now=NOW, seen=None)
    with pytest.raises(CalledMeanwhile) as refused:
        log_call_together(together, CALLS["later"], group=TRUST, by=by, now=NOW, seen=None)
    assert refused.value.log.school == together[1]
    log_call_together(together, CALLS["later"], group=TRUST, by=by, now=NOW, seen=refused.value.log.pk)
    assert models.ContactLog.objects.count() == 4


def test_the_same_call_sent_twice_is_one_conversation_with_each(together: list[models.School], by: models.User) -> None:
    log_call_together(together, CALLS["later"], group=TRUST, by=by, now=NOW, seen=None)
    newest = models.ContactLog.objects.latest("pk").pk
    again = log_call_together(together, CALLS["later"], group=TRUST, by=by, now=NOW, seen=newest)
    undo(again, by=by, now=NOW)
    assert models.ContactLog.objects.count() == 3


def test_a_call_about_no_school_or_about_very_many_is_refused(together: list[models.School], by: models.User) -> None:
    for schools, words in (([], "Tick at least one school"), (together * 34, "at most 100 schools")):
        with pytest.raises(RuleBroken, match=words):
            log_call_together(schools, CALLS["later"], group=TRUST, by=by, now=NOW, seen=None)


def asks(visit: models.Visit) -> None:
    facts = {"name": "Ruth", "email": "ruth@example.org", "asked_at": NOW, "confirmed_at": NOW, "state": "waits"}
    models.VisitRequest.objects.create(school=visit.school, visit=visit, **facts)


def is_offered_dates(visit: models.Visit) -> None:
    facts = {"half_days": ["2026-12-15-morning"], "people": 2, "held_until": WEEK, "offered_at": NOW}
    models.OfferedDates.objects.create(school=visit.school, visit=visit, **facts)


def gets_a_note(visit: models.Visit) -> None:
    models.Visit.objects.filter(pk=visit.pk).update(arrival_notes="Ring at the gate.")


@pytest.mark.parametrize("work", [asks, is_offered_dates, gets_a_note])
def test_a_visit_on_which_others_have_worked_since_stays_with_its_call(
    work: Callable[[models.Visit], None], school: models.School, by: models.User
) -> None:
    models.School.objects.update(ask_again_on=date(2027, 3, 1))
    batch = log_call(school, CALLS["wants"], by=by, now=NOW, seen=None)
    visit = models.Visit.objects.get()
    work(visit)
    left = undo(batch, by=by, now=NOW + timedelta(days=2)).left_alone
    assert [len(left), visit.sessions.count(), models.Visit.objects.count(), models.ContactLog.objects.count()] == [3, 0, 1, 1]
    assert models.VisitRequest.objects.count() + models.OfferedDates.objects.count() == (work is not gets_a_note)
    school.refresh_from_db()
    assert school.ask_again_on is None
