"""What the racing processes of test_races.py do; Django is set up when they are called, not when they are imported."""

from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)
DAYS = [date(2026, 11, 26), date(2026, 11, 27), date(2026, 11, 30)]
SHIFTS = [-30, -20, 0, 20, 30, 45]
"""Where a storm moves visits to: these days, and so many minutes later."""


def claim_in_turn(volunteer_id: int, session_ids: list[int]) -> list[str]:
    """Claim each session, one after the other; "" where it worked, else the refusal."""
    from schools.core.errors import RuleBroken
    from schools.models import Session, User, Volunteer
    from schools.visits.actions import claim
    from schools.visits.queries import VisitDay

    volunteer = Volunteer.objects.get(pk=volunteer_id)
    answers = []
    for session in Session.objects.filter(pk__in=session_ids).select_related("visit__school").order_by("pk"):
        day = VisitDay(session.visit, session.day)
        try:
            claim(day, volunteer, role="presenter", by=User.objects.get(volunteer=volunteer), now=NOW, only=[session.pk])
        except RuleBroken as refusal:
            answers.append(" ".join(refusal.reasons))
        else:
            answers.append("")
    return answers


def replace_in_turn(leaving_id: int, instead_id: int, session_ids: list[int], by_id: int) -> list[str]:
    """Write down for each session that somebody can't make it and another goes; "" where it worked, else the refusal."""
    from schools.core.errors import RuleBroken
    from schools.models import Session, User, Volunteer
    from schools.visits.actions import drop_out
    from schools.visits.actions.undoable import held
    from schools.visits.queries import VisitDay

    by, leaving, instead = User.objects.get(pk=by_id), Volunteer.objects.get(pk=leaving_id), Volunteer.objects.get(pk=instead_id)
    answers = []
    for session in Session.objects.filter(pk__in=session_ids).select_related("visit__school").order_by("pk"):
        day = VisitDay(session.visit, session.day)
        said: dict[str, Any] = {"by": by, "now": NOW, "only": [session.pk], "instead": instead}
        try:
            held(partial(drop_out, day, leaving, **said), now=NOW)
        except RuleBroken as refusal:
            answers.append(" ".join(refusal.reasons))
        else:
            answers.append("")
    return answers


def remove_in_turn(session_ids: list[int], by_id: int) -> list[str]:
    """Take each session away, one after the other; "" where it worked, else the refusal."""
    from schools.core.errors import RuleBroken
    from schools.models import Session, User
    from schools.visits.actions.editing import remove_session

    by, answers = User.objects.get(pk=by_id), []
    for session in Session.objects.filter(pk__in=session_ids).order_by("pk"):
        try:
            remove_session(session, by=by, now=NOW)
        except RuleBroken as refusal:
            answers.append(" ".join(refusal.reasons))
        else:
            answers.append("")
    return answers


def claim_and_give_back(volunteer_id: int, visit_id: int, rounds: int) -> list[str]:
    """Claim the visit's day and give it back, again and again; every refusal in words."""
    from schools.core.errors import RuleBroken
    from schools.models import Session, User, Visit, Volunteer
    from schools.visits.actions import claim, withdraw
    from schools.visits.queries import VisitDay

    volunteer = Volunteer.objects.get(pk=volunteer_id)
    user = User.objects.get(volunteer=volunteer)
    day = VisitDay(Visit.objects.get(pk=visit_id), Session.objects.filter(visit=visit_id)[0].day)
    answers = []
    for _ in range(rounds):
        try:
            claim(day, volunteer, role="presenter", by=user, now=NOW)
            withdraw(day, volunteer, by=user, now=NOW)
        except RuleBroken as refusal:
            answers.append(" ".join(refusal.reasons))
    return answers


def _day_of(visit_id: int) -> Any:
    """The visit's day as it stands now: others move it."""
    from schools.models import Session, Visit
    from schools.visits.queries import VisitDay

    return VisitDay(Visit.objects.get(pk=visit_id), Session.objects.filter(visit=visit_id).order_by("pk")[0].day)


def _somebody_on(visit_id: int, otherwise: int, *, but: int) -> Any:
    """Somebody else who holds a place on the visit, else the one drawn."""
    from schools.models import Cover, Volunteer

    holding = Cover.objects.holding().exclude(volunteer=but).filter(session__visit=visit_id).select_related("volunteer").first()
    return holding.volunteer if holding else Volunteer.objects.get(pk=otherwise)


# Longer than 40 lines: it lists every verb that may race.
def _verbs(volunteer_id: int, visit_ids: list[int]) -> dict[str, Any]:
    """What one person does in the storm below, each with one visit's day and somebody else; the covers that were changed."""
    from schools.models import Cover, Session, User, Volunteer
    from schools.planning.actions import withdraw_and_ask_next
    from schools.visits import actions

    me = Volunteer.objects.get(pk=volunteer_id)
    user = User.objects.get(volunteer=me)
    said: dict[str, Any] = {"by": user, "now": NOW}

    def half(visit: int) -> list[int]:
        return list(Session.objects.filter(visit=visit).order_by("pk").values_list("pk", flat=True)[:1])

    def one_of(covers: Any, otherwise: int) -> int:
        """The visit of one of the covers, else the one drawn."""
        return covers.filter(session__visit__in=visit_ids).values_list("session__visit", flat=True).first() or otherwise

    def ask_somebody(visit: int, other: int) -> Any:
        mine = Cover.objects.holding().filter(volunteer=me)
        visit = one_of(mine, visit)
        held = list(mine.filter(session__visit=visit).values_list("session", flat=True)) or None
        return actions.swap(_day_of(visit), me, Volunteer.objects.get(pk=other), only=held, **said)

    def assign_somebody(visit: int, other: int) -> Any:
        return actions.assign_all(_day_of(visit), Volunteer.objects.get(pk=other), role="lead", **said)

    def drop_out(visit: int, other: int) -> Any:
        leaving = _somebody_on(visit, other, but=volunteer_id)
        batch = actions.drop_out(_day_of(visit), leaving, instead=me, only=half(visit), **said)
        return [change for change in batch.changes if change["after"]["state"] == "accepted"]

    def give_back(visit: int, other: int) -> Any:
        return withdraw_and_ask_next(_day_of(one_of(Cover.objects.holding().filter(volunteer=me), visit)), me, **said)

    def answer_offer(visit: int, other: int) -> Any:
        offered = one_of(Cover.objects.filter(volunteer=me, state="offered"), visit)
        return actions.claim(_day_of(offered), me, role="presenter", **said)

    return {
        "claim": lambda visit, other: actions.claim(_day_of(visit), me, role="presenter", **said),
        "claim half": lambda visit, other: actions.claim(_day_of(visit), me, role="presenter", only=half(visit), **said),
        "claim what was offered": answer_offer,
        "ask several": lambda visit, other: actions.offer_each(
            _day_of(visit), Volunteer.objects.filter(pk__in=[other, volunteer_id]), role="presenter", **said
        ),
        "decline": lambda visit, other: actions.decline(
            _day_of(one_of(Cover.objects.filter(volunteer=me, state="offered"), visit)), me, **said
        ),
        "give back": give_back,
        "ask somebody": ask_somebody,
        "assign somebody": assign_somebody,
        "come after all": lambda visit, other: actions.end_swap(_day_of(visit), me, **said),
        "take off": lambda visit, other: (
            actions.take_off(_day_of(visit), _somebody_on(visit, other, but=volunteer_id), **said).changes
        ),
        "drop out": drop_out,
    }


def _moves(user_id: int, visit_ids: list[int], draw: Any) -> dict[str, Any]:
    """What a coordinator does in the storm: move a visit to another day, earlier or later; the covers that were changed."""
    from schools.models import Session, User, Visit
    from schools.visits.actions.moving import move, plan_move
    from schools.visits.rules import later, slot_of

    by = User.objects.get(pk=user_id)

    def move_it(visit_id: int, other: int) -> Any:
        visit, minutes, to_day = Visit.objects.get(pk=visit_id), timedelta(minutes=draw.choice(SHIFTS)), draw.choice(DAYS)
        sessions = list(Session.objects.filter(visit=visit_id))
        if draw.random() < 0.5:  # a little earlier or later on its own day: whoever is on it stays
            to_day = sessions[0].day
        slots = {one.pk: later(slot_of(one), day=to_day, by=minutes) for one in sessions}
        to = {pk: slot for pk, slot in slots.items() if slot is not None}
        batch = move(visit, to, seen=plan_move(visit, to, by=by, now=NOW).digest, by=by, now=NOW)
        return [change for change in batch.changes if change["table"] == "cover"] or [None]

    return {"move": move_it}


def storm(role: str, who: int, others: list[int], visit_ids: list[int], rounds: int) -> list[tuple[str, int]]:
    """Do one thing after the other, drawn with the person's number as seed: what was done and how many covers it changed.

    `role` is “volunteer” (`who` is the volunteer) or “coordinator” (the user, who moves visits). A refusal changes none; whatever
    else went wrong (a deadlock, a locked database) is told by its name and -1.
    """
    import random

    from schools.core.errors import RuleBroken

    draw = random.Random(who)  # noqa: S311  # a draw that can be repeated, no secret
    verbs = _verbs(who, visit_ids) if role == "volunteer" else _moves(who, visit_ids, draw)
    often = ["claim", "claim", "claim what was offered"] if role == "volunteer" else []
    done = []
    for _ in range(rounds):
        name = draw.choice([*verbs, *often])
        try:
            covers = verbs[name](draw.choice(visit_ids), draw.choice(others))
        except RuleBroken:
            done.append((name, 0))
        except Exception as error:  # noqa: BLE001  # whatever it is, the test's process names it
            done.append((f"{name}: {type(error).__name__}: {error}", -1))
        else:
            done.append((name, len(covers)))
    return done


def take_each_others_place(volunteer_id: int, visit_id: int, rounds: int) -> list[str]:
    """Say yes to going instead of the one who says yes to going instead of me, again and again; what went wrong, in words."""
    from schools.core.errors import RuleBroken
    from schools.models import Cover, Session, User, Visit, Volunteer
    from schools.visits.actions import claim, swap
    from schools.visits.queries import VisitDay

    me = Volunteer.objects.get(pk=volunteer_id)
    user = User.objects.get(volunteer=me)
    day = VisitDay(Visit.objects.get(pk=visit_id), Session.objects.filter(visit=visit_id)[0].day)
    wrong = []
    for _ in range(rounds):
        try:
            cover = Cover.objects.holding().exclude(volunteer=me).filter(session__visit=visit_id).first()
            if cover is not None:
                swap(day, cover.volunteer, me, by=user, now=NOW)
            claim(day, me, role="presenter", by=user, now=NOW)
        except RuleBroken:
            continue
        except Exception as error:  # noqa: BLE001  # whatever it is, the test's process names it
            wrong.append(f"{type(error).__name__}: {error}")
    return wrong
