"""What the tests of delivery share: a delivered morning of two people, and how somebody reports it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

from schools.accounts.models import Role, User
from schools.delivery import actions
from schools.delivery.queries import Outcome
from schools.visits.models import Cover, Session
from tests.factories import CoverFactory, HeadcountFactory, SessionFactory, VolunteerFactory, user_with

NOON = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
"""Midday of the session's day, after its end."""


@dataclass(frozen=True)
class Morning:
    """One session with Year 5 and Year 6 expected, two people on it, and a trainee."""

    session: Session
    lead: Cover
    presenter: Cover
    trainee: Cover

    @property
    def school_id(self) -> int:
        return self.session.visit.school_id

    def outcome(self, year_5: int | None = 28, year_6: int | None = 31, **said: object) -> Outcome:
        """It went ahead, everybody came."""
        said = {"went_ahead": "yes", "attended": frozenset(cover.pk for cover in self.people), **said}
        headcounts = {(self.school_id, 5): year_5, (self.school_id, 6): year_6}
        return Outcome(headcounts=headcounts, **said)  # type: ignore[arg-type]  # whatever a test says

    @property
    def people(self) -> Iterable[Cover]:
        return (self.lead, self.presenter, self.trainee)


def user_of(cover: Cover) -> User:
    """The person who signs in and holds the cover."""
    assert cover.volunteer.user is not None
    return cover.volunteer.user


def morning(**session: object) -> Morning:
    """A morning to report on."""
    made: Session = SessionFactory(**session)
    for year_group, expected in ((5, 30), (6, None)):
        HeadcountFactory(session=made, year_group=year_group, expected=expected)
    covers = [
        CoverFactory(session=made, role=role, volunteer=VolunteerFactory(name=name, user=user_with(Role.VOLUNTEER, name=name)))
        for role, name in (("lead", "Asha Rao"), ("presenter", "Ben Okoro"), ("trainee", "Cat Lowe"))
    ]
    return Morning(made, *covers)


def report(
    one: Morning, outcome: Outcome | None = None, *, by: User | None = None, at: datetime = NOON, key: UUID | None = None
) -> Session:
    """The lead (or `by`) reports the outcome at noon."""
    said = outcome or one.outcome()
    return actions.record(one.session, said, key=key or uuid4(), by=by or user_of(one.lead), now=at)
