"""The calendar of visit days, a month or a week at a time, and the same as a file for other calendars."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q
from django.http import HttpResponse
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.words import joined
from schools.directory.models import Area, School
from schools.office.calendar.days import days_of, numbers_of, people_on, within
from schools.office.calendar.forms import MONTH, VOLUNTEERS, WEEK, CalendarForm, Span
from schools.office.calendar.people import people_of
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today
from schools.visits.calendars import calendar_of
from schools.visits.models import Cover, Session, SessionQuerySet

MOST_SHOWN = 600
"""Sessions; where a month has more (a nation's), each day says how many."""

A_YEAR = timedelta(days=366)
MOST_IN_FILE = 5000


def _asked(request: SignedInRequest) -> tuple[CalendarForm, dict[str, Any]]:
    form = CalendarForm(request.GET, areas=Area.objects.for_user(request.user, on=today()))
    return form, form.asked(on=today())


def _sessions(request: SignedInRequest, asked: dict[str, Any]) -> SessionQuerySet:
    """The sessions of the area, or one's own, that were asked for; whoever is searched for apart."""
    sessions = Session.objects.for_user(request.user, on=today())
    if asked["area"]:
        sessions = sessions.in_areas(Area.objects.filter(pk=asked["area"].pk), on=today())
    if asked["mine"]:
        sessions = sessions.filter(visit__coordinator=request.user)
    return sessions


def _named(sessions: SessionQuerySet, name: str) -> SessionQuerySet:
    """Those at a school of the name, or with a volunteer of it."""
    if not name:
        return sessions
    named = Cover.objects.live().filter(session=OuterRef("pk"), volunteer__name__icontains=name)
    return sessions.filter(Q(visit__school__in=School.objects.named(name)) | Q(Exists(named)))


@allowed("view_session")
def calendar(request: SignedInRequest) -> HttpResponse:
    """Whole weeks of visit days, or a row for each volunteer: each day a link, with its state in a shape and a word."""
    form, asked = _asked(request)
    span: Span = asked["span"]
    sessions = _sessions(request, asked).filter(within(span.first, span.last))
    shown = _named(sessions, asked["q"])
    is_wide = shown.order_by()[: MOST_SHOWN + 1].count() > MOST_SHOWN
    people = None
    if asked["by"] == VOLUNTEERS and not is_wide:
        people = people_of(sessions, span, user=request.user, area=asked["area"], named=asked["q"], on=today())
        is_wide = people is None
    rest = {name: request.GET[name] for name in ("area", "mine", "by", "q") if request.GET.get(name)}

    def address(to: Span) -> str:
        return "?" + urlencode({"view": to.kind, "day": to.day.isoformat()} | rest)

    return page(
        request,
        "office/calendar/calendar.html",
        "Calendar",
        form=form,
        span=span,
        asked=asked,
        people=people,
        weeks=[] if people is not None else _weeks(shown, span, is_wide=is_wide),
        today=today(),
        is_wide=is_wide,
        is_month=span.kind == MONTH,
        before=address(span.previous),
        after=address(span.following),
        now=address(Span(span.kind, today())),
        month=address(Span(MONTH, span.day)),
        week=address(Span(WEEK, span.day)),
        file="?" + urlencode({"view": span.kind, "day": span.day.isoformat()} | rest),
        rest=urlencode(rest),
        has_areas=form.fields["area"].queryset.count() > 1,  # type: ignore[attr-defined]  # a ModelChoiceField
    )


def _weeks(sessions: SessionQuerySet, span: Span, *, is_wide: bool) -> list[list[dict[str, Any]]]:
    entries = numbers_of(sessions, span, on=today()) if is_wide else days_of(sessions, span, on=today())
    cells = [{"day": day, "within": span.holds(day), "entries": entries[day]} for day in span.days]
    return [cells[start : start + 7] for start in range(0, len(cells), 7)]


@allowed("view_session")
def ics(request: SignedInRequest) -> HttpResponse:
    """The sessions that were asked for, from the first day shown to a year later, for another calendar."""
    _, asked = _asked(request)
    first = asked["span"].first
    shown = _named(_sessions(request, asked), asked["q"]).filter(within(first, first + A_YEAR))
    rows = list(shown.select_related("type", "visit__school")[:MOST_IN_FILE])
    people = people_on(rows)
    notes = {session.pk: joined(people[session.pk]) or "Nobody yet" for session in rows if session.type.presenters}
    name = f"Speakout, {asked['area'] or ('my visits' if asked['mine'] else 'my areas')}"
    return HttpResponse(
        calendar_of(rows, name=name, now=timezone.now(), notes=notes),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="speakout_from_{first}.ics"'},
    )
