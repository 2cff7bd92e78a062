"""What is so in the histories of bookings, from the rows alone; and about what a verb has something to do."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from functools import cached_property
from typing import ClassVar

from django.utils import timezone

from schools.core.words import long_day
from schools.models import Contact, Cover, Headcount, School, Session, User, Visit, Volunteer
from schools.visits.queries import VisitDay
from tests.visits.calendars_in_histories import morning_of
from tests.visits.mail_in_histories import MailInHistories
from tests.visits.reading import ASKED, DAYS, DOWN, OF_DAYS, Belief, Reader, key_of

TO_GO_TO = (0, 1)
"""The places of the visits to which somebody goes; those after the third were booked in the course of the history."""
WITH_NOBODY = (2,)
"""The place of the visit of which the school shows everything by itself."""


class Rows:
    """What stands in the tables that are looked at for every school, each read once, when somebody looks first."""

    @cached_property
    def sessions(self) -> list[Session]:
        """All sessions, with their visits and types."""
        return list(Session.objects.select_related("visit", "type"))

    @cached_property
    def coming(self) -> set[tuple[int, int]]:
        """Each session with a school of which pupils come to it, by their ids."""
        return set(Headcount.objects.values_list("session", "school"))

    @cached_property
    def schools(self) -> dict[int, str]:
        """Each school as mails write it, by its id."""
        return {school.pk: str(school) for school in School.objects.all()}

    @cached_property
    def addresses(self) -> dict[int, str]:
        """Where mail goes, by the id of the contact; "": nowhere."""
        return dict(Contact.objects.values_list("pk", "email"))


class TruthInHistories(MailInHistories):
    """What stands in the database."""

    volunteers: ClassVar[list[Volunteer]]
    bookings: ClassVar[list[Visit]]
    booked: list[Visit]
    """The same, or the visits that were booked in their place."""
    _rows: Rows | None = None

    @property
    def rows(self) -> Rows:
        """What stands there now."""
        return self._rows or Rows()

    @contextmanager
    def nothing_happens(self) -> Iterator[None]:
        """Look at the rows as they stand at the beginning: meanwhile nobody may write anything."""
        self._rows = Rows()
        try:
            yield
        finally:
            self._rows = None

    def day_of(self, visit: int) -> VisitDay:
        first = self.booked[visit].sessions.order_by("pk")[0]
        return VisitDay(self.booked[visit], first.day)

    def alive(self, visit: int) -> int:
        """Return the place of the visit; of another one, where nothing of this one takes place any more."""
        alive = set(
            Session.objects.scheduled().filter(visit__in=[each.pk for each in self.booked]).values_list("visit", flat=True)
        )
        places = [place for place in range(len(self.booked)) if visit not in TO_GO_TO or place not in WITH_NOBODY]
        return next(
            (place for place in sorted(places, key=lambda place: place != visit) if self.booked[place].pk in alive), visit
        )

    def somebody(self, visit: int, person: int, *, is_on_it: bool) -> int:
        """Return the person, or another one where only that one is on the visit, or is not on it as is wanted."""
        sessions = self.day_of(visit).sessions()
        live = set(Cover.objects.live().filter(session__in=sessions).values_list("volunteer", flat=True))
        others = sorted(range(len(self.volunteers)), key=lambda place: (place - person) % len(self.volunteers))
        return next((place for place in others if (self.volunteers[place].pk in live) == is_on_it), person)

    def users(self) -> list[User]:
        by_pk = {user.pk: user for user in User.objects.all()}
        return [by_pk[volunteer.user_id or 0] for volunteer in self.volunteers]

    def has_left(self, person: int) -> bool:
        return Volunteer.objects.filter(pk=self.volunteers[person].pk, status="left").exists()

    def covers(self, person: int) -> list[Cover]:
        covers = Cover.objects.filter(volunteer=self.volunteers[person]).select_related("session__visit", "session__type")
        return list(covers.order_by("pk"))

    def truth(self, person: int) -> dict[str, Belief]:
        """Return where they are expected, or asked to come, from the rows alone."""
        return {
            key_of(cover.session): (DOWN if cover.state == "accepted" else ASKED, long_day(cover.session.day))
            for cover in self.covers(person)
            if cover.state in {"accepted", "offered"} and cover.session.stage == "scheduled"
        }

    def still_to_come(self) -> set[str]:
        """Return the sessions, by `key_of`, that have not ended and of which nobody has reported how they went."""
        return {key_of(each) for each in self.rows.sessions if each.recorded_at is None and not self.has_ended(each)}

    def has_ended(self, session: Session) -> bool:
        """Return whether it is over by now; what a school shows by itself it may show until midnight of its last day."""
        return self.has_ended_on(session.until_day or session.day, session)

    def has_ended_on(self, day: date, session: Session) -> bool:
        """Return whether the session would be over by now, were that its last day."""
        if session.type.is_online:
            return day < timezone.localdate(self.now)
        return timezone.make_aware(datetime.combine(day, session.ends)) <= self.now

    def expects(self, reader: Reader, true: Mapping[str, Belief]) -> dict[str, Belief]:
        """Return what somebody believes, but for what is over by now for all that they know, and goes on without them.

        A visit whose day is over without a report may be moved: whoever was taken off it waits for nothing on the new day.
        """
        sessions = {key_of(each): each for each in self.rows.sessions}
        last_days = {key: OF_DAYS[days.split(" – ")[-1]] for key, (_, days) in reader.believes.items()}
        over = {key for key, day in last_days.items() if key in sessions and self.has_ended_on(day, sessions[key])}
        return {key: belief for key, belief in reader.believes.items() if key in true or key not in over}

    def with_their_mornings(self, sessions: Iterable[Session]) -> list[Session]:
        """Return those of the sessions that are of a morning, as a calendar has it, of which anything is still to come."""
        ordered, coming = list(sessions), self.still_to_come()
        to_come = {morning_of(each) for each in ordered if key_of(each) in coming}
        return [each for each in ordered if morning_of(each) in to_come]

    def nothing_is_over(self, spoken: set[str], ever: Mapping[str, Collection[str]]) -> None:
        """See that news are of what has not ended, as it is or as its reader has ever known it (days by `key_of`)."""
        today = long_day(timezone.localdate(self.now))
        days = [long_day(day) for day in DAYS]
        for session in self.rows.sessions:
            if (key := key_of(session)) in spoken and self.has_ended(session):
                later = [each for each in ever.get(key, ()) if days.index(each.split(" – ")[-1]) > days.index(today)]
                assert later, (session, "has ended, and is news to nobody")

    def short_of_people(self, first: date, last: date) -> list[Session]:
        """Return the sessions of these days to which too few people go, as a person would count them."""
        sessions = Session.objects.filter(stage="scheduled", day__range=(first, last), visit__stage__in=["planned", "confirmed"])
        coming = [each for each in sessions.select_related("type", "visit__school") if each.type.presenters > 0]
        return [each for each in coming if each.covers.filter(state="accepted").count() < each.type.presenters]
