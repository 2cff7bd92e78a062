"""Asking for a visit, without an account: whether the door is open, who may press how often, and finding the school."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from django.db.models import Case, Q, Value, When
from django.http import HttpRequest

from schools.charity.published import stand
from schools.core.networks import network_of
from schools.core.periods import AcademicYear
from schools.core.rate_limits import take_slot
from schools.directory.accesses import access_to_hand_on, token_of
from schools.directory.models import Area, AreaAuthority, School, SchoolAccess
from schools.directory.models.areas import holds_on
from schools.planning.queries.due_year import not_due_until
from schools.school_portal.rebooked import Rebooked, rebooked
from schools.visits.models import BOOKED_STAGES, CALLED_OFF_STAGES, RequestState, VisitRequest
from schools.visits.queries.requests import contact_under_any_number, is_surely_there
from schools.visits.request_links import is_too_old
from schools.visits.rules.school_answers import is_called_off, is_over

ANSWERED_WITHIN = timedelta(days=14)
"""After so long whoever asked has been answered, or was forgotten."""
MOST_FOUND = 20
"""Schools that a search lists."""

HOUR, DAY = 60 * 60, 24 * 60 * 60
OF_NETWORK, OF_EVERYBODY = 20, 60
"""How often one network can ask in an hour (a council's schools may share one), and all networks together in ten minutes."""
LOOKED_FOR = 200
"""How often one network can look for a school by words in an hour: each is a search of the whole register."""
OF_ADDRESS_AND_SCHOOL, OF_ADDRESS, OF_SCHOOL = 3, 10, 10
"""Mails in a day: to one address about one school, to one address, and about one school to those whom we do not know there.

Somebody at a trust asks for all its schools in one afternoon.
"""
TEN_MINUTES = 10 * 60


def door_is_open() -> bool:
    """Return whether schools can ask for a visit: not before they can read what becomes of what they type."""
    return stand()


def may_ask(request: HttpRequest) -> bool:
    """Return whether this network may ask once more, across all processes; it is told where it may not.

    What all networks together may ask holds for whom we know as well: else whoever has used it up would learn by the answer which
    addresses are known.
    """
    slots = ((f"ask network {network_of(request)}", OF_NETWORK, HOUR), ("ask", OF_EVERYBODY, TEN_MINUTES))
    return all(take_slot(key, limit=most, seconds=seconds) for key, most, seconds in slots)


def may_look_for_school(request: HttpRequest) -> bool:
    """Return whether this network may look for a school by words once more, across all processes; it is told where it may not."""
    return take_slot(f"ask search {network_of(request)}", limit=LOOKED_FOR, seconds=HOUR)


def may_write_to(email: str, about: str, school: School | None) -> bool:
    """Return whether one more mail may go to the address, and about the school, today; `about` names that, None: it is not known.

    Nobody is told where it may not: that others asked with an address, or for a school, is not for everybody to know. Whom we
    know at the school is never stopped by what strangers ask there.
    """
    address = f"ask address {email.lower()}"
    slots = [(f"{address} school {about}", OF_ADDRESS_AND_SCHOOL), (address, OF_ADDRESS)]
    if school is None or contact_under_any_number(school, email) is None:
        slots.append((f"ask school {about}", OF_SCHOOL))
    return all(take_slot(key, limit=most, seconds=DAY) for key, most in slots)


def schools_named(words: str, area: Area | None, *, on: date) -> list[School]:
    """Return the schools that somebody means, those of the poster's area first; one more than `MOST_FOUND` where there are more.

    Registers are public, and only schools that can be visited are looked at; one wrong letter does no harm.
    """
    if not words:
        return []
    own = Q(pk__in=())
    if area is not None:
        own = Q(authority__in=AreaAuthority.objects.filter(holds_on(on), area=area).order_by().values("authority"))
    first = Case(When(own, then=Value(0)), default=Value(1))
    rows = School.objects.bookable().select_related("authority")
    return rows.first_named(words, MOST_FOUND + 1, lambda schools: schools.best_first(words, first))


@dataclass(frozen=True)
class Page:
    """What the page of a link shows of a request today."""

    request: VisitRequest
    state: str
    """“ask”: it can be confirmed; “old”: it is too late for that; “confirmed”."""
    knows: bool = False
    """Whether the reader is surely at the school, and so reads what we have with it."""
    due: AcademicYear | None = None
    """The year in which it is due again; None: it is due, or the reader may not know."""
    visit_token: str = ""
    """What opens the page of the visit that is there already; "" where there is none for the reader."""
    is_long_ago: bool = False
    """Whether it was confirmed so long ago that the school would have been answered by now."""

    is_over: bool = False
    """Whether the reader's visit was planned or agreed, and none of it is to come any more."""
    is_off: bool = False
    """Whether the reader's visit, or each session of it by itself, was cancelled or declined since."""
    rebooked: Rebooked | None = None
    """What was booked instead of it; None: nothing was, or it is not off."""

    @property
    def is_there(self) -> bool:
        """Whether a visit to the reader's school is planned or agreed, and still to come."""
        return self.knows and not self.is_over and not self.is_off and _is_booked(self.request)


def page_of(request: VisitRequest, *, on: date, now: datetime) -> Page:
    """Return what its page shows; who has a mailbox that we do not know learns that the request arrived, and nothing else."""
    if request.state == RequestState.UNCONFIRMED:
        return Page(request, "old" if is_too_old(request, now=now) else "ask")
    is_long_ago = now >= (request.confirmed_at or now) + ANSWERED_WITHIN
    if request.school is None or not is_surely_there(request):
        return Page(request, "confirmed", is_long_ago=is_long_ago)
    sessions = list(request.visit.sessions.all()) if request.visit is not None and _is_booked(request) else []
    is_off = is_called_off(sessions) or (request.visit is not None and request.visit.stage in CALLED_OFF_STAGES)
    has_ended = not is_off and is_over(sessions, on=on)
    token, again = _token(request, on=on), _rebooked(request, on=on) if is_off else None
    page = Page(request, "confirmed", knows=True, visit_token=token, is_over=has_ended, is_off=is_off, rebooked=again)
    if page.is_there or page.is_off or page.is_over:
        return page
    return Page(request, "confirmed", knows=True, due=not_due_until(request.school, on=on), is_long_ago=is_long_ago)


def _is_booked(request: VisitRequest) -> bool:
    return request.visit is not None and request.visit.stage in BOOKED_STAGES


def _token(request: VisitRequest, *, on: date) -> str:
    access, visit = _access(request, on=on), request.visit
    return token_of(access, visit.pk, visit.school_id) if access and visit else ""


def _rebooked(request: VisitRequest, *, on: date) -> Rebooked | None:
    return rebooked(request.visit, partial(_access, request, on=on), on=on) if request.visit is not None else None


def _access(request: VisitRequest, *, on: date) -> SchoolAccess | None:
    """Return by what the reader opens the page of the visit, or of what was booked instead; None: by nothing."""
    if request.visit is None or request.visit.school_id != request.school_id:
        return None
    return access_to_hand_on(request.contact, sent_to=request.email, on=on)
