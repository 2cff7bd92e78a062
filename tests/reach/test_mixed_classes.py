"""Classes of several year groups, told as one number on the day's form: every form of reach says what a second computation says.

Margaret tells of each session as people do, through the form. The naive computation gets what she typed, shares the mixed classes
out by itself, and adds up.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from schools import models
from schools.reach.rows import PLACE_CUTS, Cut
from tests import factories
from tests.portal.pages import client_of, day_url, opened, said_of, typed
from tests.profiles import examples
from tests.reach.histories import LAST, schools
from tests.reach.naive import History, Meeting, Place, Pupils
from tests.reach.naive_shares import Mixed, with_shares
from tests.reach.stored import Country
from tests.reach.test_all_forms import KINDS, all_forms_agree

ORDINARY: dict[int | None, tuple[int | None, ...]] = {None: (None, 0, 28), 0: (None, 0, 7), 10: (None, 0, 7), 30: (None, 15, 28)}
"""Counts that surprise nobody, by the number that was expected: of the others the form asks."""

MARGARET = 0
"""Her place among the people of a naive meeting."""

DAYS = (date(2024, 10, 7), date(2025, 8, 31), date(2025, 9, 1), date(2026, 3, 2), LAST)


@dataclass
class Told:
    """What Margaret tells of one session: numbers of year groups by themselves, and mixed classes."""

    host: int
    kind: str
    day: date
    again: bool
    basis: str
    expected: dict[int, int | None]
    alone: dict[int, int | None]
    mixed: list[Mixed]

    def meeting(self, place: Place, number: int) -> Meeting:
        """The session as the naive computation takes it."""
        spot = place.spot_on(self.day)
        counts = with_shares(self.alone, self.expected, self.mixed)
        return Meeting(
            host=self.host, kind=self.kind, day=self.day, stage="delivered", spot=spot, visit=number,
            starts=time(9, number), ends=time(10), again=self.again,
            basis="spread" if self.mixed and self.basis == "counted" else self.basis,
            headcounts=[Pupils(self.host, group, pupils, spot, self.expected.get(group)) for group, pupils in counts.items()],
            covers=[(MARGARET, "lead", "attended")],
        )  # fmt: skip

    def boxes(self, session: models.Session) -> dict[str, Any]:
        """What she types."""
        school = session.visit.school_id
        numbers = {f"pupils_{school}_{group}": "" if pupils is None else str(pupils) for group, pupils in self.alone.items()}
        boxes: dict[str, Any] = {f"pupils_{school}_5": "", **numbers, "count_basis": self.basis}
        for name, one in zip(("mixed", "mixed2", "mixed3"), self.mixed, strict=False):
            boxes |= {name: str(one.pupils), f"{name}_of": [str(group) for group in one.groups]}
        return boxes


@st.composite
def tellings(draw: st.DrawFn) -> Told:
    """One session with up to three mixed classes of any year groups, expected or not."""
    groups = draw(st.lists(st.integers(0, 6), unique=True, min_size=1, max_size=4))
    expected = {group: draw(st.sampled_from((None, 0, 10, 30, 30))) for group in groups}
    sets = st.lists(st.integers(0, 6), unique=True, min_size=2, max_size=4).map(sorted).map(tuple)
    return Told(
        host=draw(st.integers(0, 5)),
        kind=draw(st.sampled_from(("ks2-assembly", "ks2-assembly", "workshop-5-6", "send"))),
        day=draw(st.sampled_from(DAYS)),
        again=draw(st.booleans()),
        basis=draw(st.sampled_from(("counted", "counted", "school"))),
        expected=expected,
        alone={group: draw(st.sampled_from(ORDINARY[number])) for group, number in expected.items()},
        mixed=[Mixed(draw(sets), draw(st.sampled_from((0, 1, 7, 20, 31)))) for _ in range(draw(st.integers(0, 3)))],
    )


def told_on_the_form(country: Country, of: Told, meeting: Meeting, margaret: models.Volunteer, client: Client) -> None:
    """Let Margaret tell of the session, look at the form again, and send it as it opens: that changes nothing."""
    planned = [Pupils(of.host, group, None, meeting.spot, number) for group, number in of.expected.items()]
    session = country._session(replace(meeting, stage="scheduled", basis="counted", headcounts=planned, covers=[]))
    factories.CoverFactory(session=session, volunteer=margaret, role="lead", state="accepted")
    assert client.post(day_url(session), typed(session, **of.boxes(session))).status_code == 302
    stored = counted(session)
    assert stored[0] == [(one.groups, one.pupils) for one in of.mixed]
    again = {name: value for name, value in opened(client, session).items() if value is not None and name != "key"}
    boxes = {name: value for name, value in again.items() if name.startswith(("mixed", "pupils_", "count", "total"))}
    sent = {f"s{session.pk}-{name}": value for name, value in boxes.items()}
    sent |= {f"s{session.pk}-version": "1", f"s{session.pk}-went_ahead": "yes"}
    answer = client.post(
        day_url(session), {**typed(session), **said_of(session, **{f"pupils_{session.visit.school_id}_5": ""}), **sent}
    )
    assert answer.status_code == 302
    assert counted(session) == stored
    models.Session.objects.filter(pk=session.pk).update(pupils_are="again" if of.again else "new")


def counted(session: models.Session) -> tuple[list[tuple[tuple[int, ...], int]], dict[int, int | None]]:
    """The mixed classes as they are kept, each as its year groups and its one number; and the headcounts."""
    session.refresh_from_db()
    classes = [(tuple(sorted(map(int, row["shares"]))), sum(row["shares"].values())) for row in session.mixed_classes or ()]
    return classes, dict(session.headcounts.values_list("year_group", "pupils"))


@pytest.mark.django_db
@settings(deadline=None, max_examples=examples(6))
@given(
    places=schools(),
    told=st.lists(tellings(), min_size=1, max_size=4),
    cut=st.sampled_from((*PLACE_CUTS, *KINDS)),
    within=st.sampled_from((None, Cut.AREA)),
    areas=st.sampled_from((None, {"Valley"}, {"Valley", "Coast"})),
)
def test_mixed_classes_that_were_told_on_the_form_count_in_every_form_as_the_naive_computation_says(
    places: list[Place], told: list[Told], cut: Cut, within: Cut | None, areas: set[str] | None
) -> None:
    meetings = [one.meeting(places[one.host], number) for number, one in enumerate(told)]
    history = History(places, meetings, first_day=date(2024, 8, 1), last_day=LAST, as_of=date(2026, 11, 24))
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    cache.clear()
    with transaction.atomic(), time_machine.travel(now):
        country = Country(replace(history, meetings=[]))
        margaret = factories.able_volunteer(country.areas["Valley"], signs_in=True)
        client = client_of(margaret)
        for one, meeting in zip(told, meetings, strict=True):
            told_on_the_form(country, one, meeting, margaret, client)
        all_forms_agree(history, cut, None if cut.is_place else within, areas, now=now)
        transaction.set_rollback(True)
