"""A booking that is undone while somebody begins to work on it, by real processes: it goes whole, or it stays whole."""

from datetime import datetime

import pytest

from schools.models import Batch, ContactLog, Cover, School, Session, User, Visit
from schools.visits.actions.booked import book_to_undo
from schools.visits.actions.undoable import held
from tests.factories import AreaFactory, SchoolFactory, able_volunteer, manager
from tests.mail_server import MailServer
from tests.processes import together
from tests.visits.test_unbooking import assembly
from tests.visits.test_undoable_races import server  # noqa: F401  # the fixture
from tests.visits.undoable_racing import act, later

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 3


def booked(school: School, by: User, now: datetime) -> tuple[Batch, Visit]:
    """A booking of the school without people, and its visit."""
    batch = held(lambda: book_to_undo(school, [assembly()], by=by, now=now), now=now)
    return batch, Visit.objects.get(school=school)


def hangs_on(what: str, visit: Visit) -> bool:
    """Whether what the other one did stands."""
    if what == "talk":
        return ContactLog.objects.filter(visit=visit).exists()
    if what == "confirm":
        return Visit.objects.filter(pk=visit.pk, stage="confirmed").exists()
    return Cover.objects.filter(session__visit=visit, state="accepted").exists()


@pytest.mark.exhaustive
@pytest.mark.parametrize("what", ["take", "assign", "talk", "confirm"])
def test_a_booking_goes_whole_or_stays_whole_while_somebody_begins_to_work_on_it(
    what: str,
    server: MailServer,  # noqa: F811  # the fixture
    now: datetime,
) -> None:
    area, by = AreaFactory(), manager()
    volunteer = able_volunteer(area, signs_in=True)
    for number in range(ROUNDS):
        batch, visit = booked(SchoolFactory(area=area, name=f"Ash {number}"), by, now)
        undoes = ("undo", server.port, by.pk, batch.pk, later(now, 30), number * 0.05)
        undone, done = together(act, [undoes, (what, server.port, visit.pk, volunteer.pk, later(now, 30))])
        assert undone == ""
        left = Batch.objects.get(pk=batch.pk).left_alone
        if Visit.objects.filter(pk=visit.pk).exists():
            assert (done, hangs_on(what, visit)) == ("", True)
            assert left, "it says what hangs on it"
            assert Session.objects.filter(visit=visit).count() == 1
            Session.objects.filter(visit=visit).update(stage="cancelled", cancelled_code="other")  # the volunteer is free again
        else:
            assert done, "a sentence for who came too late"
            assert not hangs_on(what, visit)
            assert left == []
