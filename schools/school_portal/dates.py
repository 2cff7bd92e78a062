"""What the link to dates that were offered shows: what can be chosen, or what became of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from schools.directory.accesses import access_to_hand_on, read_token, token_of
from schools.directory.models import AccessPurpose, Contact, School, SchoolAccess
from schools.school_portal.asking import door_is_open
from schools.school_portal.days import moment_words
from schools.school_portal.queries import Dead
from schools.school_portal.rebooked import Rebooked, rebooked
from schools.visits.half_days import HalfDay
from schools.visits.models import (
    BOOKED_STAGES,
    ChangeWhat,
    OfferedDates,
    OfferedState,
    Session,
    Visit,
    VisitStage,
    VisitTemplateLine,
)
from schools.visits.models.offered_dates import LOOKED_AFTER
from schools.visits.queries.requests import numbers_of, visit_there
from schools.visits.queries.school_changes import changes_of
from schools.visits.rules.offered_dates import still_to_choose
from schools.visits.rules.school_answers import is_called_off, is_over, to_come
from schools.visits.rules.school_changes import first_day, half_day_of


@dataclass(frozen=True)
class DatesPage:
    """Everything that the page shows of the dates on a day; it writes nothing."""

    access: SchoolAccess
    offered: OfferedDates
    state: str
    """“open”: the school may choose; “chosen”, “booked”, “over”, “off”: of its visit; “none” suits; “lapsed”; “back”: taken back.

    “missed”: the day that it chose has passed, and nobody had booked it.
    Of dates that move a visit also “moved”, “wished”: the choice waits for us, and “stays”: nothing can be chosen any more.
    """
    half_days: list[HalfDay]
    """Those that can be chosen still, in order."""
    visit: Visit | None
    visit_token: str
    """What opens the page of the visit; "" where there is none for the reader."""
    sessions: list[Session]
    """Those of the visit, while it is booked."""
    is_answered: bool
    """Whether the school was offered other dates since, which nobody took back."""
    on: date
    """The day of the look."""
    day: date | None = None
    """The day of the visit that is to be moved, as it is now; None: it is off or over, or no visit is moved by these dates."""

    @property
    def chosen(self) -> HalfDay | None:
        """The half-day that the school chose; None: it has not."""
        return HalfDay.of(self.offered.chosen)

    @property
    def wished(self) -> list[HalfDay]:
        """The half-days to come that the school named instead; none where they move a visit, of which they are its wish."""
        return [half_day for half_day in HalfDay.of_all(self.offered.wished or ()) if half_day.day >= self.on]

    @cached_property
    def wish(self) -> Any:
        """The wish for another day of the visit that the dates were to move, where none of them suits; None: there is none."""
        if self.visit is None or self.offered.moves_from is None or self.state != "none":
            return None
        return changes_of(self.visit, on=self.on).filter(stands=True, what=ChangeWhat.MOVE).first()

    @property
    def wish_at(self) -> str:
        """When the school asked for it."""
        return moment_words(self.wish.at) if self.wish else ""

    @property
    def are_dates_offered(self) -> bool:
        """Whether the school has other dates to choose from instead of its wish."""
        return self.wish is not None and self.wish.are_dates_offered

    @property
    def is_looked_after(self) -> bool:
        """Whether the office has before it that none suits, and no other dates were offered since."""
        answered = self.offered.answered_at
        return answered is not None and not self.is_answered and timezone.localdate(answered) >= self.on - LOOKED_AFTER

    @property
    def may_name_days(self) -> bool:
        """Whether the school can say which half-days would do: with that none suits, and after it until others are offered."""
        is_new = self.offered.moves_from is None
        return self.state == "open" or (self.state == "none" and is_new and not self.is_answered)

    @cached_property
    def planned(self) -> list[tuple[str, int]]:
        """What we plan on the half-day: the name of each kind of session that fits the school, and its minutes. One query."""
        school = self.offered.school
        lines = VisitTemplateLine.objects.filter(template=self.offered.template_id, days_later=0, type__active=True)
        kinds = [line.type for line in lines.select_related("type").order_by("position", "pk")]
        groups = set(school.year_groups)
        fitting = [kind for kind in kinds if not kind.is_for_pupils or groups & set(kind.year_groups)]
        return [(kind.name_in(school.nation), kind.minutes) for kind in dict.fromkeys(fitting)]

    @property
    def is_agreed(self) -> bool:
        """Whether the visit is agreed that the school chose by these dates, and is on that half-day still."""
        visit, chosen = self.visit, self.chosen
        if chosen is None or visit is None or self.state != "booked" or visit.agreed_on is None:
            return False
        return _is_on(chosen, self.sessions)

    @cached_property
    def rebooked(self) -> Rebooked | None:
        """What was booked instead of the visit, where that does not take place; None: nothing was."""
        if self.visit is None or self.state != "off":
            return None
        return rebooked(self.visit, partial(_access_to_visits, self.access, self.offered, self.visit, on=self.on), on=self.on)

    @property
    def may_ask(self) -> bool:
        """Whether they can ask for a visit by themselves."""
        return door_is_open()


def opened_dates(token: str, *, on: date) -> DatesPage | Dead:
    """Return what the link shows today, or why it shows nothing; who did not get it from us learns nothing by it."""
    read = read_token(token, AccessPurpose.DATES, on=on)
    if read is None:
        return Dead.UNREADABLE
    if read.is_ended:
        return Dead.ENDED
    offered: Any = _offered(read.about[0], read.access.contact, on=on)
    if offered is None:
        return Dead.GONE
    if not offered.is_theirs:
        return _why_not_theirs(offered, read.access.contact)
    half_days = still_to_choose(offered, on=on)
    is_move = offered.moves_from is not None
    visit = offered.visit if is_move else _visit(offered, on=on)
    sessions = _sessions_of(visit)
    day = first_day(to_come(sessions, on=on)) if is_move else None
    of_new = _state(offered, visit, sessions, half_days, on=on)
    state = _state_of_move(offered, sessions, day, half_days) if is_move else of_new
    visit_token, is_answered = _token(read.access, offered, visit, on=on), offered.has_later
    return DatesPage(read.access, offered, state, half_days, visit, visit_token, sessions, is_answered, on, day)


def _why_not_theirs(offered: OfferedDates, contact: Contact | None) -> Dead:
    """Return why the dates are not for the person any more: they left, or are at the school under the number that it has since.

    Then its mails carry another link. One query at most.
    """
    schools = School.objects.filter(offered.school.under_any_number)
    is_there = contact is not None and Contact.objects.at(schools).filter(pk=contact.pk).exists()
    return Dead.ENDED if is_there else Dead.LEFT


def _offered(pk: int, contact: Contact | None, *, on: date) -> OfferedDates | None:
    """Return the dates, with what is so of them now: each a column of its own.

    Whether the person is at the school still, they may be chosen, a new visit is wanted, the choice is a wish that waits, others
    were offered since.
    """
    reader = Contact.objects.filter(pk=contact.pk if contact else 0)
    theirs = reader.filter(Q(school=OuterRef("school")) | Q(also_at=OuterRef("school")))
    still, wanted = (
        rows.filter(pk=OuterRef("pk")) for rows in (OfferedDates.objects.open_on(on), OfferedDates.objects.asked_for(on))
    )
    waits = OfferedDates.objects.waiting_to_be_moved(on=on).filter(pk=OuterRef("pk"))
    later = OfferedDates.objects.not_taken_back().filter(moves_from=None, offered_at__gt=OuterRef("offered_at"))
    # Apart, each by an index: with one OR, PostgreSQL would look at every school.
    own, other_number = later.filter(school=OuterRef("school")), later.filter(school__chain=OuterRef("school__chain"))
    says = {
        "is_theirs": Exists(theirs), "is_open": Exists(still), "is_asked_for": Exists(wanted), "is_waiting": Exists(waits),
        "has_later": Q(Exists(own)) | Q(Exists(other_number)),
    }  # fmt: skip
    rows: Any = OfferedDates.objects.select_related("school", "visit").annotate(**says)
    offered: OfferedDates | None = rows.filter(pk=pk).first()
    return offered


def _visit(offered: OfferedDates, *, on: date) -> Visit | None:
    """Return the visit that came of it, or that is booked with the school since."""
    if offered.state == OfferedState.CHOSEN:
        return offered.visit
    there = visit_there(numbers_of(offered.school), on=on)
    return there if there is not None and there.stage != VisitStage.REQUESTED else None


def _sessions_of(visit: Visit | None) -> list[Session]:
    """Return the sessions of the visit, if it is booked; one query at most."""
    return list(visit.sessions.all()) if visit is not None and visit.stage in BOOKED_STAGES else []


def _is_on(half_day: HalfDay, sessions: Iterable[Session]) -> bool:
    """Return whether one of the sessions that were not cancelled begins in the half-day."""
    return any(half_day_of([each]) == half_day for each in sessions)


def _state(offered: Any, visit: Visit | None, sessions: list[Session], half_days: list[HalfDay], *, on: date) -> str:
    if visit is not None and visit.stage in BOOKED_STAGES:
        return "off" if is_called_off(sessions) else "over" if is_over(sessions, on=on) else "booked"
    if offered.state == OfferedState.CHOSEN:
        return _state_of_choice(offered, visit, on=on)
    if offered.state == OfferedState.TAKEN_BACK or (offered.state == OfferedState.NONE and offered.is_asked_for):
        return str(offered.state)
    return "open" if offered.is_open and half_days else "lapsed"


def _state_of_choice(offered: OfferedDates, visit: Visit | None, *, on: date) -> str:
    """Return the state of dates of which the school has chosen one that is not booked."""
    if visit is None or visit.stage != VisitStage.REQUESTED:
        return "off"
    chosen = HalfDay.of(offered.chosen)
    return "missed" if chosen is not None and chosen.day < on else "chosen"


def _state_of_move(offered: Any, sessions: list[Session], day: date | None, half_days: list[HalfDay]) -> str:
    """Return the state of dates that move a visit with these sessions, which is on this day now; None: it is over, or off."""
    if day is None:
        return "off" if first_day(sessions) is None else "over"
    if offered.state == OfferedState.CHOSEN:
        chosen = HalfDay.of(offered.chosen)
        if chosen is not None and _is_on(chosen, sessions):
            return "moved"
        return "wished" if offered.is_waiting else "stays"
    if offered.state == OfferedState.NONE:
        return "none"
    return "open" if offered.is_open and half_days else "stays"


def _token(access: SchoolAccess, offered: OfferedDates, visit: Visit | None, *, on: date) -> str:
    """Return what opens the page of the visit, where this person has such links; a look makes none.

    A visit of another number of the school is opened by whoever is at that one.
    """
    if visit is None or visit.stage == VisitStage.REQUESTED:
        return ""
    of_visits = _access_to_visits(access, offered, visit, on=on)
    return token_of(of_visits, visit.pk, visit.school_id) if of_visits else ""


def _access_to_visits(access: SchoolAccess, offered: OfferedDates, visit: Visit, *, on: date) -> SchoolAccess | None:
    """Return by what this person opens the page of the visit, or of what was booked instead; None: by nothing."""
    return access_to_hand_on(access.contact, sent_to=access.email, on=on) if visit.school_id == offered.school_id else None
