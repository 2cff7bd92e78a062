"""Bulk work: tick rows, look at what that changes, do exactly that, undo it once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from schools.accounts.models import Role, User
from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.words import long_day, time_range
from schools.directory.models import Area, School
from schools.office.bookings.forms.bulk import HandOverForm, ManyConfirmForm, ReassignForm, SnowForm
from schools.office.bookings.views.batches import after, undo_bar
from schools.office.frame import query_params
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today, visible_rows
from schools.visits.actions import bulk, cancel_day
from schools.visits.models import Batch, ContactLog, Cover, Session, Visit, VisitStage
from schools.visits.rules import reasons_not_theirs, reasons_not_to_confirm

MOST_ROWS = 300
"""Visits, or sessions without an outcome, on one page; of more it says so and offers to choose an area."""

MOST_BATCHES = 20

type Do = Callable[[list[int], dict[str, Any]], Batch]


@dataclass(frozen=True)
class Row:
    """One row that can be ticked; `reasons` say why it can't be changed."""

    pk: int
    name: str
    note: str
    group: str = ""
    """What it is listed under, and ticked with: a school."""
    wider: str = ""
    """What its group is ticked with: an authority."""
    reasons: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Bulk:
    """One kind of bulk work: its rows, its form, its words."""

    title: str
    means: str
    verb: str
    empty: str
    rows: Sequence[Row]
    form: forms.Form | None = None
    by_group: str = ""
    """What a group of rows is called, where whole groups can be ticked."""
    day: date | None = None
    """The day that the rows are of, where another can be chosen."""
    more: int = 0
    """How many rows there are beside those shown."""

    @property
    def groups(self) -> list[tuple[str, list[Row]]]:
        """The rows by group, in their order."""
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            found.setdefault(row.group, []).append(row)
        return list(found.items())

    @property
    def wider(self) -> list[str]:
        """Whole authorities that can be ticked."""
        return sorted({row.wider for row in self.rows if row.wider})


@allowed("view_visit")
def index(request: SignedInRequest) -> HttpResponse:
    """What can be done to many at once, and what was done lately."""
    batches = Batch.objects.for_user(request.user, on=today()).select_related("by").defer("changes")[:MOST_BATCHES]
    return page(
        request,
        "office/bookings/bulk_index.html",
        "Many at once",
        batches=batches,
        may_hand_over=request.user.has_perm("schools.change_areacoordinator"),
        **undo_bar(request),
    )


def _ticked(request: SignedInRequest, work: Bulk) -> list[int]:
    """The rows that were ticked, one by one or with their whole group; only those that can be changed."""
    posted = set(request.POST.getlist("row"))
    groups, wider = set(request.POST.getlist("group")), set(request.POST.getlist("wider"))
    everything = "everything" in request.POST
    return [
        row.pk
        for row in work.rows
        if not row.reasons and (everything or str(row.pk) in posted or row.group in groups or row.wider in wider)
    ]


def _reasons_not_ticked(request: SignedInRequest, step: str, chosen: list[int]) -> list[str]:
    if step not in {"look", "go"}:
        return []
    # What was looked at is carried row by row: exactly that is done, or it is looked at once more.
    if step == "go" and {str(pk) for pk in chosen} != set(request.POST.getlist("row")):
        return ["Some of these rows were changed since you looked. Look at them once more."]
    return [] if chosen else ["Tick at least one."]


def _steps(request: SignedInRequest, work: Bulk, do: Do, *, to: str) -> HttpResponse:
    """Choose, look, do: the three steps of each kind of bulk work; `to` is the page that comes afterwards."""
    step = request.POST.get("do", "") if request.method == "POST" else ""
    chosen = _ticked(request, work) if step else []
    valid = work.form is None or not step or step == "change" or work.form.is_valid()
    reasons = _reasons_not_ticked(request, step, chosen)
    if step in {"look", "go"} and valid and not reasons:
        try:
            if step == "go":
                return after(request, do(chosen, work.form.cleaned_data if work.form else {}), to)
            return _look(request, work, chosen)
        except RuleBroken as broken:
            reasons = broken.reasons
    return page(
        request,
        "office/bookings/bulk_choose.html",
        work.title,
        work=work,
        chosen=chosen,
        reasons=reasons,
        refusals=[work.form] if work.form and step in {"look", "go"} and work.form.errors else [],
        hushed=step not in {"look", "go"},
        **_areas(request),
    )


def _areas(request: SignedInRequest) -> dict[str, Any]:
    """The areas to choose from, where there are several, and the chosen one (None: all of them)."""
    areas = list(Area.objects.for_user(request.user, on=today()))
    wanted = query_params.row_id(request.GET.get("area"))
    return {
        "areas": areas if len(areas) > 1 else [],
        "area": next((area for area in areas if area.pk == wanted), None),
    }


def _in_chosen_area(request: SignedInRequest, school: str) -> Q:
    """That the school (a look-up) lies in the area that the address names; anywhere, where it names none of the user's."""
    area = _areas(request)["area"]
    if area is None:
        return Q()
    schools = School.objects.in_areas(Area.objects.filter(pk=area.pk), on=today())
    return Q((f"{school}__in", schools.order_by().values("pk")))


def _look(request: SignedInRequest, work: Bulk, chosen: list[int]) -> HttpResponse:
    wanted = set(chosen)
    rows = [row for row in work.rows if row.pk in wanted]
    said = [] if work.form is None else [(box.label, _in_words(work.form, box.name) or "–") for box in work.form]
    return page(request, "office/bookings/bulk_look.html", f"{work.title}?", work=work, rows=rows, chosen=chosen, said=said)


def _in_words(form: forms.Form, name: str) -> str:
    value, field = form.cleaned_data[name], form.fields[name]
    if isinstance(value, date):
        return long_day(value)
    if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
        return str(dict(field.choices).get(value, value))  # type: ignore[arg-type]  # ours are lists of pairs
    return str(value)


def _visits_to_come(request: SignedInRequest) -> QuerySet[Visit]:
    visits = Visit.objects.for_user(request.user, on=today()).to_come(on=today()).filter(_in_chosen_area(request, "school"))
    return visits.select_related("school", "coordinator").order_by("school__name", "pk")


def _visit_rows(visits: QuerySet[Visit], user: User, *, confirming: bool) -> list[Row]:
    rows = list(visits[:MOST_ROWS])
    days: dict[int, list[date]] = {}
    for pk, day in Session.objects.scheduled().filter(visit__in=rows).order_by("day").values_list("visit", "day"):
        days.setdefault(pk, []).append(day)
    return [
        Row(
            visit.pk,
            str(visit),
            f"{', '.join(long_day(day) for day in sorted(set(days.get(visit.pk, []))))} · {visit.coordinator or 'nobody'}",
            reasons=reasons_not_theirs(visit, by=user, on=today()) or (reasons_not_to_confirm(visit) if confirming else []),
        )
        for visit in rows
    ]


def _form[F: forms.Form](request: SignedInRequest, kind: type[F], **facts: Any) -> F:
    return kind(request.POST if request.POST.get("do") in {"look", "go", "change"} else None, **facts)


@allowed("change_visit")
def confirm_many(request: SignedInRequest) -> HttpResponse:
    """Mark many planned visits as agreed."""
    planned = _visits_to_come(request).filter(stage=VisitStage.PLANNED)
    work = Bulk(
        title="Confirm many visits",
        means="Each visit that you tick is marked as agreed with its school.",
        verb="Confirm these visits",
        empty="No planned visit is waiting for its school’s yes.",
        rows=_visit_rows(planned, request.user, confirming=True),
        more=max(planned.count() - MOST_ROWS, 0),
        form=_form(request, ManyConfirmForm, initial={"agreed_on": today()}),
    )
    by, now = request.user, timezone.localtime()
    return _steps(request, work, lambda ids, said: bulk.confirm_many(ids, by=by, now=now, **said), to="admin:bulk")


@allowed("change_visit")
def reassign(request: SignedInRequest) -> HttpResponse:
    """Give many visits to another coordinator."""
    visits = _visits_to_come(request)
    work = Bulk(
        title="Give visits to another coordinator",
        means="Who looks after the visits from now on; what took place keeps its name.",
        verb="Give them these visits",
        empty="No visit of your areas is to come.",
        rows=_visit_rows(visits, request.user, confirming=False),
        more=max(visits.count() - MOST_ROWS, 0),
        form=_form(request, ReassignForm, people=_people(request.user)),
    )
    by, now = request.user, timezone.localtime()
    return _steps(request, work, lambda ids, said: bulk.reassign(ids, by=by, now=now, **said), to="admin:bulk")


def _people(user: User) -> QuerySet[User]:
    groups = Group.objects.filter(name__in=(Role.MANAGER.value, Role.COORDINATOR.value))
    can = Exists(User.groups.through.objects.filter(user=OuterRef("pk"), group__in=groups))
    return visible_rows(User.objects.filter(can, is_active=True), user, on=today())


@allowed("change_session")
def snow(request: SignedInRequest) -> HttpResponse:
    """Cancel a day at ticked authorities or schools."""
    day = query_params.day(request.GET.get("day")) or today()
    # A window that stays open longer is not of the day: the school shows it on another.
    of_day = Q(until_day=None) | Q(until_day=day)
    sessions = Session.objects.for_user(request.user, on=today()).scheduled().filter(of_day, day=day)
    sessions = sessions.filter(_in_chosen_area(request, "visit__school"))
    # All of them, however many: whoever ticks an authority means the whole of it.
    sessions = sessions.select_related("type", "visit__school__authority")
    people = _names_on(sessions)
    work = Bulk(
        title=f"Cancel {long_day(day)}",
        means="What you tick is cancelled, be it an authority, a school or one session. Schools and volunteers are to be told.",
        verb="Cancel these sessions",
        empty=f"Nothing is booked on {long_day(day)}.",
        by_group="Everything in",
        day=day,
        rows=[
            Row(
                session.pk,
                f"{session.name}, {time_range(session.starts, session.ends)}",
                ", ".join(people.get(session.pk, []))
                or ("nobody on it yet" if session.type.presenters else "shown by the school itself"),
                f"{session.visit.school}, {session.visit.school.authority or 'no authority'}",
                str(session.visit.school.authority or "no authority"),
                reasons_not_theirs(session.visit, by=request.user, on=today()),
            )
            for session in sorted(sessions, key=lambda one: (str(one.visit.school.authority), str(one.visit.school)))
        ],
        form=_form(request, SnowForm),
    )
    by, now = request.user, timezone.localtime()
    return _steps(request, work, lambda ids, said: cancel_day(day, ids, by=by, now=now, **said), to="admin:tell")


def _names_on(sessions: QuerySet[Session]) -> dict[int, list[str]]:
    names: dict[int, list[str]] = {}
    for cover in Cover.objects.live().filter(session__in=sessions.values("pk")).select_related("volunteer"):
        names.setdefault(cover.session_id, []).append(str(cover.volunteer))
    return names


@allowed("change_areacoordinator")
def hand_over(request: SignedInRequest) -> HttpResponse:
    """Hand an area over to another coordinator: choose, look at the visits that go along, do it."""
    form = HandOverForm(
        request.POST if request.method == "POST" else None, people=_people(request.user), initial={"from_day": today()}
    )
    step = request.POST.get("do", "") if request.method == "POST" else ""
    reasons: list[str] = []
    if step in {"look", "go"} and form.is_valid():
        said = form.cleaned_data
        try:
            if step == "go":
                return after(request, bulk.hand_over(by=request.user, now=timezone.localtime(), **said), "admin:bulk")
            reasons = bulk.reasons_not_to_hand_over(**said)
        except RuleBroken as broken:
            reasons = broken.reasons
        if not reasons:
            visits = bulk.visits_to_hand_over(said["area"], said["leaving"], from_day=said["from_day"])
            rows = _visit_rows(visits.select_related("school", "coordinator"), request.user, confirming=False)
            follow_ups = _follow_ups(said["area"], from_day=said["from_day"])
            return page(
                request,
                "office/bookings/hand_over_look.html",
                "Hand this area over?",
                form=form,
                rows=rows,
                follow_ups=follow_ups,
            )
    return page(
        request,
        "office/bookings/hand_over.html",
        "Hand an area over",
        form=form,
        reasons=reasons,
        refusals=[form] if step in {"look", "go"} and form.errors else [],
        hushed=step not in {"look", "go"},
    )


def _follow_ups(area: Area, *, from_day: date) -> int:
    schools = School.objects.in_areas(Area.objects.filter(pk=area.pk), on=from_day)
    return ContactLog.objects.filter(school__in=schools.values("pk"), follow_up_on__gte=from_day).count()


@allowed("change_session")
def chase(request: SignedInRequest) -> HttpResponse:
    """Ask who was on sessions without an outcome how they went."""
    missing = Session.objects.for_user(request.user, on=today()).outcome_missing(on=today()).filter(type__presenters__gt=0)
    missing = missing.filter(_in_chosen_area(request, "visit__school"))
    missing = missing.select_related("type", "visit__school").order_by("day", "starts", "pk")
    people = _names_on(missing)
    work = Bulk(
        title="Ask how sessions went",
        means="Everybody on a ticked session who gets mail is asked how it went; nobody twice on one day.",
        verb="Ask them",
        empty="No outcome is missing.",
        rows=[
            Row(session.pk, f"{session.visit.school}: {session}", ", ".join(people.get(session.pk, [])) or "nobody was on it")
            for session in missing[:MOST_ROWS]
        ],
        more=max(missing.count() - MOST_ROWS, 0),
    )
    step = request.POST.get("do", "") if request.method == "POST" else ""
    chosen = _ticked(request, work) if step else []
    if step == "go" and chosen:
        mailed, by_phone = bulk.chase_outcomes(chosen, by=request.user, now=timezone.localtime())
        rest = f" Ring these, who get no mail: {', '.join(by_phone)}." if by_phone else ""
        messages.success(request, f"{mailed} {'message is' if mailed == 1 else 'messages are'} on the way.{rest}")
        return redirect("admin:index")
    if step == "look" and chosen:
        return _look(request, work, chosen)
    reasons = _reasons_not_ticked(request, step, chosen)
    return page(
        request,
        "office/bookings/bulk_choose.html",
        work.title,
        work=work,
        chosen=chosen,
        reasons=reasons,
        refusals=[],
        **_areas(request),
    )
