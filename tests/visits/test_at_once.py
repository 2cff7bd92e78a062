"""Twenty at once claim, drop, hand on, move and cancel the same few sessions: every promise holds, nobody waits in a circle."""

from collections import defaultdict
from datetime import time

import pytest

from schools.models import Batch, Cover, Session
from tests.factories import AreaFactory, SchoolFactory, SessionFactory, able_volunteer, manager
from tests.processes import together
from tests.visits.busy import do_again_and_again

ROUNDS = 5

pytestmark = pytest.mark.django_db(transaction=True)


def people_in_two_places() -> list[tuple[Cover, Cover]]:
    """Pairs of sessions that one person said yes to and that overlap, looked for the plain way."""
    held = defaultdict(list)
    said_yes = Cover.objects.filter(state__in=["accepted", "attended"], session__stage="scheduled")
    for cover in said_yes.select_related("session"):
        held[cover.volunteer_id].append(cover)
    return [
        (one, other)
        for covers in held.values()
        for one in covers
        for other in covers
        if one.pk < other.pk
        and one.session.day == other.session.day
        and one.session.starts < other.session.ends
        and other.session.starts < one.session.ends
    ]


@pytest.mark.exhaustive
@pytest.mark.slow
def test_twenty_at_once_claim_drop_hand_on_move_and_cancel_and_every_promise_holds() -> None:
    area = AreaFactory(auto_offers=True)
    for hour in (9, 10):
        # Two schools at the same time, so that being in two places is always near.
        for _ in range(2):
            visit = SessionFactory(visit__school=SchoolFactory(area=area), starts=time(hour, 0), ends=time(hour, 30)).visit
            SessionFactory(visit=visit, starts=time(hour, 30), ends=time(hour, 50))
    volunteers = [able_volunteer(area, signs_in=True) for _ in range(6)]
    by = manager()
    work = [("claim", volunteer.pk) for volunteer in [*volunteers, *volunteers[:2]]]
    work += [("drop", volunteer.pk) for volunteer in volunteers[:4]] + [("swap", volunteer.pk) for volunteer in volunteers[2:4]]
    work += [("move", by.pk)] * 4 + [("snow", by.pk)] * 2

    answers = together(do_again_and_again, [(kind, who, ROUNDS, seed) for seed, (kind, who) in enumerate(work)])

    assert len(work) == 20
    refusals = {reason for answer in answers for reason in answer}
    assert {reason for reason in refusals if reason.startswith("UNEXPECTED")} == set()
    assert people_in_two_places() == []
    for session in Session.objects.select_related("type"):
        covers = list(Cover.objects.filter(session=session))
        yes = [cover for cover in covers if cover.state == "accepted" and cover.role in {"lead", "presenter"}]
        assert len(yes) <= session.type.presenters
        live = [cover.volunteer_id for cover in covers if cover.state in {"accepted", "offered"}]
        assert len(live) == len(set(live))
    # Somebody got something done of each kind, else the race shows nothing.
    done = {kind for (kind, _), answer in zip(work, answers, strict=True) if len(answer) < ROUNDS}
    assert {"claim", "move", "snow"} <= done
    assert Batch.objects.filter(kind="move").exists()
    # No answer is lost: what somebody said last stands in the history of their cover.
    for cover in Cover.objects.all():
        assert cover.history.latest().state == cover.state
