"""The calendar of visit days, by month or by week, and the same as a file for other calendars."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from schools.accounts.requests import SignedInRequest
from schools.charity.queries import current
from schools.core.words import joined
from schools.directory.models import Area
from schools.office.calendar.days import entries_by_day, names_by_session, totals_by_day, within
from schools.office.calendar.forms import MONTH, VOLUNTEERS, WEEK, CalendarForm, Span
from schools.office.calendar.naming import Named
from schools.office.calendar.paper import paper_for
from schools.office.calendar.people import volunteer_rows
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today
from schools.visits.calendars import calendar_of
from schools.visits.models import Cover, Session, SessionQuerySet, SessionStage

MOST_SHOWN = 600
"""The most sessions that are listed one by one; of more, as a nation has in a month, each day shows only the number."""

A_YEAR = timedelta(days=366)
MOST_IN_FILE = 5000


def _form_and_choices(request: SignedInRequest) -> tuple[CalendarForm, dict[str, Any]]:
    form = CalendarForm(request.GET, areas=Area.objects.for_user(request.user, on=today()))
    return form, form.choices(on=today())


def _sessions(request: SignedInRequest, choices: dict[str, Any]) -> SessionQuerySet:
    """Return the sessions of the chosen area, or those that the user coordinates; `_named` searches them for a name."""
    sessions = Session.objects.for_user(request.user, on=today())
    if choices["area"]:
        sessions = sessions.in_areas(Area.objects.filter(pk=choices["area"].pk), on=today())
    if choices["mine"]:
        sessions = sessions.filter(visit__coordinator=request.user)
    return sessions


def _named(sessions: SessionQuerySet, named: Named | None) -> SessionQuerySet:
    """Return the sessions at one of the schools, with its pupils as guests, or with one of the volunteers; None: all of them."""
    if named is None:
        return sessions
    covers = Cover.objects.live().filter(session=OuterRef("pk"), volunteer__in=named.volunteers.order_by().values("pk"))
    at_schools = named.at_schools(sessions).order_by().values("pk")
    return sessions.filter(Q(pk__in=at_schools) | Q(Exists(covers)))


# Longer than 40 lines: it names each part of the page once.
@allowed("view_session")
def calendar(request: SignedInRequest) -> HttpResponse:
    """Show the visit days of whole weeks, or a row for each volunteer; every visit day is a link with its state as a chip."""
    form, choices = _form_and_choices(request)
    span: Span = choices["span"]
    sessions = _sessions(request, choices).filter(within(span.first, span.last))
    named = Named.by(choices["q"], request.user, on=today())
    shown = _named(sessions, named)
    is_wide = shown.order_by()[: MOST_SHOWN + 1].count() > MOST_SHOWN
    people = None
    if choices["by"] == VOLUNTEERS and not is_wide:
        people = volunteer_rows(sessions, span, user=request.user, area=choices["area"], named=named, on=today())
        is_wide = people is None
    rest = {name: request.GET[name] for name in ("area", "mine", "by", "q") if request.GET.get(name)}
    chosen = {"area": str(choices["area"].pk)} if choices["area"] else {}

    def address(to: Span) -> str:
        return "?" + urlencode({"view": to.kind, "day": to.day.isoformat()} | rest)

    def leads_to(day: date) -> str:
        return address(Span(WEEK, day)) if span.kind == MONTH else _list_of_day(day, choices)

    weeks = [] if people is not None else _weeks(shown, span, leads_to=leads_to if is_wide else None)
    return page(
        request,
        "office/calendar/calendar.html",
        "Calendar",
        form=form,
        span=span,
        choices=choices,
        people=people,
        weeks=weeks,
        is_empty=not people and not any(cell["entries"] for week in weeks for cell in week),
        is_narrowed=bool(choices["area"] or choices["mine"] or choices["q"]),
        today=today(),
        is_wide=is_wide,
        is_month=span.kind == MONTH,
        paper=paper_for(weeks) if span.kind == MONTH else None,
        before=address(span.previous),
        after=address(span.following),
        now=address(Span(span.kind, today())),
        month=address(Span(MONTH, span.day)),
        week=address(Span(WEEK, span.day)),
        board=f"{reverse('admin:week-board')}?{urlencode({'day': span.day.isoformat()} | chosen)}",
        file="?" + urlencode({"view": span.kind, "day": span.day.isoformat()} | rest),
        rest=urlencode(rest),
        has_areas=form.fields["area"].queryset.count() > 1,  # type: ignore[attr-defined]  # a ModelChoiceField
    )


def _list_of_day(day: date, choices: dict[str, Any]) -> str:
    """Return the address of the list of the day’s sessions, which knows areas; "" for visits of one’s own or of a name."""
    if choices["mine"] or choices["q"]:
        return ""
    area = {"area": choices["area"].pk} if choices["area"] else {}
    stages = {"stage__in": ",".join(stage for stage in SessionStage.values if stage != SessionStage.CANCELLED)}
    of_day = {"day__year": day.year, "day__month": day.month, "day__day": day.day}
    return f"{reverse('admin:schools_session_changelist')}?{urlencode(of_day | stages | area)}"


def _weeks(sessions: SessionQuerySet, span: Span, *, leads_to: Callable[[date], str] | None) -> list[list[dict[str, Any]]]:
    """Return a cell for each day; with `leads_to` it has the number of its visits, which leads there, else the visits."""
    entries = totals_by_day(sessions, span, on=today()) if leads_to else entries_by_day(sessions, span, on=today())
    cells = [
        {
            "day": day,
            "iso": day.isoformat(),
            "weekday": date_format(day, "l"),
            "month": date_format(day, "F"),
            "within": span.holds(day),
            "entries": entries[day],
            "leads_to": leads_to(day) if leads_to else "",
        }
        for day in span.days
    ]
    return [cells[start : start + 7] for start in range(0, len(cells), 7)]


@allowed("view_session")
def ics(request: SignedInRequest) -> HttpResponse:
    """Return the chosen sessions, from the first day shown to a year later, as a file for other calendars."""
    _, choices = _form_and_choices(request)
    first = choices["span"].first
    named = Named.by(choices["q"], request.user, on=today())
    shown = _named(_sessions(request, choices), named).filter(within(first, first + A_YEAR))
    rows = list(shown.select_related("type", "visit__school", "site")[:MOST_IN_FILE])
    people = names_by_session(rows)
    notes = {session.pk: joined(people[session.pk]) or "Nobody yet" for session in rows if session.type.presenters}
    name = f"{current().brand}, {choices['area'] or ('my visits' if choices['mine'] else 'my areas')}"
    return HttpResponse(
        calendar_of(rows, name=name, now=timezone.now(), notes=notes),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="speakout_from_{first}.ics"'},
    )
