"""The calendar of visit days, a month or a week at a time, and the same as a file for other calendars."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from schools.core.words import joined, short_time
from schools.directory.models import Area
from schools.office.chips import chip, chip_of_session
from schools.office.forms.calendar import MONTH, VOLUNTEERS, WEEK, CalendarForm, Span
from schools.office.rows import today
from schools.office.views.page import SignedInRequest, allowed, page
from schools.visits.calendars import calendar_of
from schools.visits.models import Cover, Session, SessionQuerySet, SessionStage
from schools.visits.queries import by_visit_day

MOST_SHOWN = 600
"""Sessions; where a month has more (a nation's), each day says how many."""

A_YEAR = timedelta(days=366)
MOST_IN_FILE = 5000


def _asked(request: SignedInRequest) -> tuple[CalendarForm, dict[str, Any]]:
    form = CalendarForm(request.GET, areas=Area.objects.for_user(request.user, on=today()))
    return form, form.asked(on=today())


def _sessions(request: SignedInRequest, asked: dict[str, Any], first: date, last: date) -> SessionQuerySet:
    """The sessions that were asked for with a day, or a day of their window, from `first` to `last`."""
    sessions = Session.objects.for_user(request.user, on=today())
    if asked["area"]:
        sessions = sessions.in_areas(Area.objects.filter(pk=asked["area"].pk), on=today())
    if asked["mine"]:
        sessions = sessions.filter(visit__coordinator=request.user)
    if asked["q"]:
        named = Cover.objects.live().filter(session=OuterRef("pk"), volunteer__name__icontains=asked["q"])
        sessions = sessions.filter(Q(visit__school__name__icontains=asked["q"]) | Q(Exists(named)))
    return sessions.filter(Q(day__range=(first, last)) | Q(until_day__gte=first, day__lt=first))


@allowed("view_session")
def calendar(request: SignedInRequest) -> HttpResponse:
    """Whole weeks of visit days: each a link, with its state in a shape and a word."""
    form, asked = _asked(request)
    span: Span = asked["span"]
    sessions = _sessions(request, asked, span.first, span.last)
    is_wide = sessions.order_by()[: MOST_SHOWN + 1].count() > MOST_SHOWN
    entries = _numbers(sessions, span) if is_wide else _entries(request, sessions, span, by=asked["by"])
    weeks = [
        [{"day": day, "within": span.holds(day), "entries": entries[day]} for day in span.days[start : start + 7]]
        for start in range(0, len(span.days), 7)
    ]
    rest = {name: request.GET[name] for name in ("area", "mine", "by", "q") if request.GET.get(name)}

    def address(to: Span) -> str:
        return "?" + urlencode({"view": to.kind, "day": to.day.isoformat()} | rest)

    return page(
        request,
        "office/calendar.html",
        "Calendar",
        form=form,
        span=span,
        weeks=weeks,
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


def _entries(request: HttpRequest, sessions: SessionQuerySet, span: Span, *, by: str) -> defaultdict[date, list[dict[str, Any]]]:
    """What each day says of its visit days; an online window stands on the first of its days that is shown."""
    rows = list(sessions.with_cover().select_related("type", "visit__school"))
    people = _people(rows)
    entries: defaultdict[date, list[dict[str, Any]]] = defaultdict(list)
    for visit_day, of_day in by_visit_day(rows):
        names = list(dict.fromkeys(name for session in of_day for name in people[session.pk]))
        nobody = "nobody yet" if any(session.type.presenters for session in of_day) else "the school by itself"
        school, who = visit_day.visit.school.name, joined(names) or nobody
        entries[max(visit_day.day, span.first)].append(
            {
                "visit_day": visit_day,
                "time": "" if of_day[0].type.is_online else short_time(of_day[0].starts),
                "title": who if by == VOLUNTEERS else school,
                "beside": school if by == VOLUNTEERS else who,
                "types": joined(dict.fromkeys(session.type.name_in(session.nation) for session in of_day)),
                "chip": _chip(of_day),
                "until": max(session.last_day for session in of_day) if of_day[0].type.is_online else None,
            }
        )
    return entries


def _chip(sessions: list[Session]) -> str:
    """A day is as well covered as the worst session of it that still stands."""
    standing = [session for session in sessions if session.stage != SessionStage.CANCELLED]
    if not standing:
        return chip_of_session(sessions[0])
    open_ones = [one for one in standing if one.stage == SessionStage.SCHEDULED and not one.is_covered]
    return chip_of_session((open_ones or standing)[0])


def _people(sessions: Iterable[Session]) -> defaultdict[int, list[str]]:
    """Who holds a place on each of the sessions."""
    people: defaultdict[int, list[str]] = defaultdict(list)
    covers = Cover.objects.holding().filter(session__in=[session.pk for session in sessions]).order_by("role", "pk")
    for session_id, name in covers.values_list("session_id", "volunteer__name"):
        people[session_id].append(name)
    return people


def _numbers(sessions: SessionQuerySet, span: Span) -> defaultdict[date, list[dict[str, Any]]]:
    """Of more visit days than anybody reads: how many each day has, and how many sessions need people."""
    days = (
        sessions.exclude(stage=SessionStage.CANCELLED)
        .filter(day__gte=span.first)
        .order_by()
        .values("day")
        .annotate(visits=Count("visit", distinct=True))
    )
    uncovered = sessions.filter(day__gte=max(span.first, today())).uncovered().order_by().values("day").annotate(open=Count("pk"))
    needing = dict(uncovered.values_list("day", "open"))
    entries: defaultdict[date, list[dict[str, Any]]] = defaultdict(list)
    for day, visits in days.values_list("day", "visits"):
        count = needing.get(day, 0)
        said = chip("needs", f"{count:,} need people") if count else chip("covered" if day >= today() else "quiet", "None open")
        entries[day].append({"number": f"{visits:,} {'visit' if visits == 1 else 'visits'}", "chip": said, "day": day})
    return entries


@allowed("view_session")
def ics(request: SignedInRequest) -> HttpResponse:
    """The sessions that were asked for, from the first day shown to a year later, for another calendar."""
    _, asked = _asked(request)
    first = asked["span"].first
    rows = list(_sessions(request, asked, first, first + A_YEAR).select_related("type", "visit__school")[:MOST_IN_FILE])
    people = _people(rows)
    notes = {session.pk: joined(people[session.pk]) or "Nobody yet" for session in rows if session.type.presenters}
    name = f"Speakout, {asked['area'] or ('my visits' if asked['mine'] else 'my areas')}"
    return HttpResponse(
        calendar_of(rows, name=name, now=timezone.now(), notes=notes),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="speakout_from_{first}.ics"'},
    )
