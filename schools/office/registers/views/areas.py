"""An area's page: what it holds and who looks after it, and the form that sets it up, with who loses what."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.db import transaction
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe

from schools.accounts.models import User
from schools.accounts.requests import SignedInRequest
from schools.charity.published import stand
from schools.core.errors import RuleBroken
from schools.core.words import joined, long_day
from schools.directory.actions import set_up_area
from schools.directory.actions.locks import lock_register
from schools.directory.models import Area, Authority, School
from schools.directory.queries import area_holding, coordinators_in
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today, visible_rows
from schools.office.registers.area_years import picture_of
from schools.office.registers.forms.areas import AreaForm
from schools.reach.actions.drift import note_drift, what_would_move
from schools.visits.actions.bulk import visits_to_hand_over
from schools.visits.models import Visit


@allowed("add_area")
def add(request: SignedInRequest) -> HttpResponse:
    """Show the form of a new area, or store it."""
    return _set_up(request, None)


@allowed("view_area", posts={"store": "change_area"})
def detail(request: SignedInRequest, area_id: int) -> HttpResponse:
    """Show the area, and to those who may change it the form. `do` stores it."""
    areas = visible_rows(Area.objects.select_related("region"), request.user, on=today())
    with transaction.atomic():
        if request.method == "POST":
            lock_register()  # before the row, as imports do
        # If two people save at the same moment, the second waits here and is compared with what the first stored.
        rows = areas.select_for_update(of=("self",), no_key=True) if request.method == "POST" else areas
        return _set_up(request, get_object_or_404(rows, pk=area_id))


@allowed("view_area")
def poster(request: SignedInRequest, area_id: int) -> HttpResponse:
    """Show the poster by which schools of the area ask for a visit: a QR code and the address, to print on one sheet."""
    import segno  # draws QR codes, which two pages have

    areas = visible_rows(Area.objects.all(), request.user, on=today())
    area = get_object_or_404(areas, pk=area_id)
    address = f"{settings.SPEAKOUT_ADDRESS}{reverse('ask-area', args=[area.pk])}"
    drawn = segno.make(address, error="m").svg_inline(scale=3, border=2, omitsize=True, svgclass="qr", lineclass=None)
    code = mark_safe(drawn)  # noqa: S308  # drawn here from an address of ours
    is_open = stand()
    return page(request, "office/registers/poster.html", "Poster", area=area, address=address, code=code, is_open=is_open)


def _set_up(request: SignedInRequest, area: Area | None) -> HttpResponse:
    form = AreaForm(request.POST if request.method == "POST" else None, area=area, on=today())
    losses: list[str] = []
    if form.is_valid():
        from_day = form.cleaned_data["from_day"]
        leaving = {authority: area_holding(authority, on=from_day) for authority in form.cleaned_data["authorities"]}
        lost = (*_authorities_lost(leaving, from_day=from_day), *_coordinators_moved(form))
        losses = [*lost, *_region_left(form), *_figures_moved(form, leaving)]
        # Who loses something is named first: it is stored once just this was on the page.
        if not losses or request.POST.get("looked") == _digest(losses):
            try:
                stored = _store(request, form, leaving)
            except RuleBroken as broken:
                form.add_error(None, broken)
                if area:
                    area.refresh_from_db()
            else:
                messages.success(request, f"{stored} is stored.")
                return redirect("admin:area-detail", stored.pk)
    return _page(request, area, form, [] if form.errors else losses)


def _page(request: SignedInRequest, area: Area | None, form: AreaForm, losses: list[str]) -> HttpResponse:
    latest = F("to_day").desc(nulls_first=True)
    return page(
        request,
        "office/registers/area.html",
        str(area) if area else "Add an area",
        area=area,
        form=form,
        refusals=[form] if form.errors else [],
        losses=losses,
        looked=_digest(losses),
        holdings=area.holdings.select_related("authority").order_by(latest, "authority") if area else [],
        picture=picture_of(area, request.user, on=today()) if area else None,
        people=area.area_coordinators.select_related("user").order_by(latest, "user") if area else [],
        may_change=request.user.has_perm("schools.change_area"),
    )


def _store(request: SignedInRequest, form: AreaForm, leaving: Mapping[Authority, Area | None]) -> Area:
    with transaction.atomic():
        area = _set_up_now(form, leaving)
        flag, words = (CHANGE, f"Changed: {joined(form.changed_data)}.") if form.area else (ADDITION, "Added.")
        LogEntry.objects.log_actions(request.user.pk, [area], flag, change_message=words, single_object=True)
    touched = {area.pk, *(left.pk for left in leaving.values() if left)}
    note_drift(f"Area {area}: its authorities or its cycle changed", now=timezone.now(), by=request.user, areas=touched)
    return area


def _set_up_now(form: AreaForm, leaving: Mapping[Authority, Area | None]) -> Area:
    data = form.cleaned_data
    return set_up_area(
        form.area, form.facts, authorities=leaving, coordinators=list(data["coordinators"]), from_day=data["from_day"]
    )


def _figures_moved(form: AreaForm, leaving: Mapping[Authority, Area | None]) -> list[str]:
    """Return a sentence for each period whose figures move in areas that are there; none where the form is refused anyway."""
    areas = {area.pk for area in [*leaving.values(), form.area] if area}
    has_cycle = form.area is not None and "cycle_years" in form.changed_data
    if not areas or not (leaving or has_cycle):
        return []
    # What an import's own area held comes with all its days; a cycle is that of every period.
    is_dated = not has_cycle and all(area and not area.automatic for area in leaving.values())
    since = form.cleaned_data["from_day"] if is_dated else None
    try:
        return what_would_move(lambda: _set_up_now(form, leaving), areas, since=since, on=today())
    except RuleBroken:
        return []


def _region_left(form: AreaForm) -> Iterator[str]:
    """Yield what becomes of the figures by region where the area comes to another one, which has no day."""
    if form.area is None:
        return
    old, new = form.area.region, form.facts.region
    nation, name = new if isinstance(new, tuple) else (new.nation, new.name)
    if (nation, name) != (old.nation, old.name):
        yield (
            f"{form.area} comes to {name}, in the tables of every period: its schools, rolls and coverage are told there. "
            f"Sessions that were delivered stay in {old.name}."
        )


def _authorities_lost(leaving: Mapping[Authority, Area | None], *, from_day: date) -> Iterator[str]:
    """Yield a sentence for each authority that another area of the charity's own holds: who loses what."""
    since = max(from_day, today())
    for authority, area in leaving.items():
        if area is not None and not area.automatic:
            schools = School.objects.bookable().filter(authority=authority).count()
            visits = Visit.objects.filter(school__authority=authority).to_come(on=since).count()
            blind = joined(str(person) for person in coordinators_in(area, on=since))
            with_it = f"{schools} school{'s' * (schools != 1)} and {visits} visit{'s' * (visits != 1)} to come"
            no_more = f" {blind} no longer sees them." if blind else ""
            yield f"{area} loses {authority} on {long_day(from_day)}, with {with_it}.{no_more}"


def _coordinators_moved(form: AreaForm) -> Iterator[str]:
    """Yield a sentence for each new coordinator who has another area now, and for each who is let go."""
    data: dict[str, Any] = form.cleaned_data
    before = set(form.initial.get("coordinators", []))
    for person in data["coordinators"]:
        others = [row.area.name for row in person.coordinates_now if row.area != form.area]
        if person.pk not in before and others:
            yield f"{person} coordinates {joined(others)} now, and will have {data['name']} as well."
    gone = User.objects.filter(pk__in=before - {person.pk for person in data["coordinators"]})
    for person in gone:
        day = long_day(data["from_day"])
        first = f"{person} no longer coordinates {form.area} from {day} on, and no longer sees its rows."
        yield f"{first}{_visits_of_theirs(person, form.area, from_day=data['from_day'])}"


def _visits_of_theirs(person: User, area: Area | None, *, from_day: date) -> str:
    """Return a sentence where visits to come there are the person’s, who would see them no more; else blank."""
    visits = 0 if area is None or person.is_manager else visits_to_hand_over(area, person, from_day=from_day).count()
    if not visits:
        return ""
    number = "1 visit to come there is" if visits == 1 else f"{visits:,} visits to come there are"
    return f" {number} theirs: hand the area over instead, or give {'it' if visits == 1 else 'them'} to somebody else."


def _digest(sentences: list[str]) -> str:
    return hashlib.sha256("\n".join(sentences).encode()).hexdigest()[:16]
