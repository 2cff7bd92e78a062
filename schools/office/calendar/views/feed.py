"""The secret address from which a calendar of one’s own reads the visits of one’s areas."""

from datetime import timedelta

from django.contrib.auth.decorators import login_not_required
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from schools.accounts.actions import end_office_feed, new_office_feed
from schools.accounts.models import OfficeFeed, User
from schools.accounts.queries import office_feed_reader
from schools.accounts.requests import SignedInRequest
from schools.charity.queries import current
from schools.core.rate_limits import take_slot
from schools.office.calendar.views.visits import A_YEAR, MOST_IN_FILE
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today
from schools.visits.calendars import calendar_of
from schools.visits.models import Session, SessionQuerySet

LOOKS_BACK = timedelta(days=92)
"""How far back it goes; calendars delete what its address no longer lists."""

MOST_READS, SPAN = 30, timedelta(hours=1)
"""How often an address is read in that time: every few minutes by several calendars, and no more."""


@allowed("view_session", posts={"make": "view_session", "end": "view_session"})
@never_cache
def address(request: SignedInRequest) -> HttpResponse:
    """Show whether there is an address, make a new one and show it this one time, or end it."""
    made = ""
    if request.method == "POST" and request.POST["do"] == "make":
        secret = new_office_feed(request.user, now=timezone.now())
        made = request.build_absolute_uri(reverse("admin:calendar-feed", args=[secret]))
    elif request.method == "POST":
        end_office_feed(request.user)
    kept = OfficeFeed.objects.filter(user=request.user).first()
    subscribe = f"webcal:{made.partition(':')[2]}"
    return page(
        request, "office/calendar/address.html", "Your areas in your own calendar", kept=kept, made=made, subscribe=subscribe
    )


@login_not_required
@never_cache
@require_safe
def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """Send the visits that the owner of this address may see at this moment; calendars cannot sign in, so the secret lets in."""
    user = office_feed_reader(secret)
    if user is None:
        raise Http404
    if not take_slot(f"office feed {user.pk}", limit=MOST_READS, seconds=int(SPAN.total_seconds())):
        headers = {"Retry-After": str(int(SPAN.total_seconds()))}
        return HttpResponse("This address is read too often.", status=429, content_type="text/plain", headers=headers)
    return HttpResponse(_feed_of(request, user), content_type="text/calendar; charset=utf-8")


def _feed_of(request: HttpRequest, user: User) -> bytes:
    """Return the sessions of the user’s areas; of the people who go only how many, because calendars are lent and shown."""
    days = (today() - LOOKS_BACK, today() + A_YEAR)
    rows = (
        Session.objects.for_user(user, on=today())
        .filter(day__range=days)
        .with_cover()
        .select_related("type", "visit__school", "site")
    )
    sessions = _as_many_as_fit(rows)
    links = {
        session.pk: request.build_absolute_uri(reverse("admin:visit-day", args=[session.visit_id, session.day]))
        for session in sessions
    }
    notes = {session.pk: _people(session) for session in sessions if session.type.presenters}
    name = f"{current().brand}, visits of {user}"
    return calendar_of(sessions, name=name, now=timezone.now(), notes=notes, links=links)


def _as_many_as_fit(rows: SessionQuerySet) -> list[Session]:
    """Return the sessions by their days: all that are to come, if they fit, and of the past the latest that fit beside them."""
    is_over, by_day = Q(until_day=None, day__lt=today()) | Q(until_day__lt=today()), ("day", "starts", "pk")
    coming = list(rows.exclude(is_over).order_by(*by_day)[:MOST_IN_FILE])
    past = rows.filter(is_over).order_by(*(f"-{column}" for column in by_day))[: MOST_IN_FILE - len(coming)]
    return sorted([*past, *coming], key=lambda session: (session.day, session.starts, session.pk))


def _people(session: Session) -> str:
    taken = session.places_taken
    people = "Nobody goes yet" if not taken else f"{taken} {'person goes' if taken == 1 else 'people go'}"
    return people if session.is_covered else f"{people}: it needs people"
