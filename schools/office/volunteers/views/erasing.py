"""Erasing somebody: whom, what becomes of what, and the sheet that is printed afterwards."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from schools.accounts.models import User
from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.directory.models import ImportChange, ImportRun
from schools.erasing.actions import Decision, Plan, erase, preview_erasure, where_sure
from schools.erasing.models import Erasure, PersonKind
from schools.erasing.people import PersonRow, reference_of
from schools.erasing.places import Place
from schools.erasing.registry import Fate
from schools.messages.masking import words_to_show
from schools.messages.models import OutboxMessage
from schools.office.frame.lane import heavy
from schools.office.frame.pages import allowed, page
from schools.office.volunteers.forms import EraseForm
from schools.office.volunteers.people import MOST_SHOWN, found_by_name, people_with_an_entry, person_or_404
from schools.volunteers.models import Volunteer, VolunteerStatus

MOST_WRITTEN_ANEW = 200
"""Of so many texts another one can be written here; of the rest a tick says that one is kept. A form has at most 1,000 boxes, and
a box that is not ticked is none."""

CHOICES: dict[str, Any] = {"keep": "keep", "cut": "cut", "edit": "edit"}


@allowed("add_erasure")
@heavy(with_query="elsewhere")
def erasures(request: SignedInRequest) -> HttpResponse:
    """Show who can be erased, found by name, and who was."""
    others = people_with_an_entry()
    left = Volunteer.objects.filter(status=VolunteerStatus.LEFT)
    rows = {
        PersonKind.VOLUNTEER: left.exclude(pk__in=left.erased().values("pk")),
        PersonKind.STAFF: User.objects.filter(is_active=False, volunteer=None),
        **others,
        PersonKind.TRUSTEE: others[PersonKind.TRUSTEE].exclude(ended_at=None),
    }
    matches, done = found_by_name(request.GET, rows), Erasure.objects.select_related("by")[:MOST_SHOWN]
    return page(request, "office/volunteers/erasures.html", "Erased people", done=done, **matches)


OF_ANOTHER = (
    "What an import says of another volunteer, with this name in it. It may be about their clearance, so it is not shown here."
)
"""Who erases somebody looks at nobody else's clearance."""


@allowed("add_erasure", posts={"erase": "add_erasure"})
@heavy(posts=True)
def erase_person(request: SignedInRequest, kind: str, person_id: int) -> HttpResponse:
    """Show what becomes of what when the person is erased; `do` erases them, with what was decided about each note."""
    row = person_or_404(kind, person_id)
    form = EraseForm(request.POST or None, prefix="erase", reference=reference_of(row))
    reasons: list[str] = []
    if request.method == "POST" and form.is_valid():
        try:
            done = _erase(request, row)
        except RuleBroken as broken:
            reasons = broken.reasons
        else:
            messages.success(request, f"Erased. What was counted stays under {done.reference}.")
            return redirect("admin:erased", done.pk)
    plan = None
    try:
        plan = preview_erasure(row)
    except RuleBroken as broken:
        reasons = list(dict.fromkeys([*reasons, *broken.reasons]))
    return page(
        request,
        "office/volunteers/erase.html",
        f"Erase {row}",
        person=row,
        kind=kind,
        plan=plan,
        gone=sorted(plan.gone.items()) if plan else [],
        named=sorted(plan.named.items()) if plan else [],
        closed=sorted(plan.closed.items()) if plan else [],
        places=_lines(plan, request.POST, where_sure(row)) if plan else [],
        most_written_anew=MOST_WRITTEN_ANEW,
        form=form,
        refusals=[form] if form.is_bound and form.errors else [],
        reasons=reasons,
    )


def _erase(request: SignedInRequest, row: PersonRow) -> Erasure:
    decisions, mark = _decisions(request.POST), request.POST.get("mark", "")
    return erase(row, by=request.user, now=timezone.localtime(), decisions=decisions, mark=mark)


def _decisions(typed: QueryDict) -> dict[str, Decision]:
    """Return what was decided about each place, by its key."""
    decisions = {}
    for name, choice in typed.items():
        if name.startswith("choice-") and choice in CHOICES:
            key = name.removeprefix("choice-")
            decisions[key] = Decision(CHOICES[str(choice)], str(typed.get(f"text-{key}", "")).strip())
    return decisions


def _lines(plan: Plan, typed: QueryDict, proposed: Callable[[Place], Decision]) -> list[dict[str, Any]]:
    """Return a line for each place to decide about, with what was chosen before, or is proposed."""
    mails = OutboxMessage.objects.in_bulk({place.pk for place in plan.to_decide if place.model is OutboxMessage})
    return [
        {
            "key": place.key,
            "table": place.table,
            "column": _column(place),
            "text": _shown(place, mails),
            "choice": typed.get(f"choice-{place.key}", proposed(place).what_to_do),
            "typed": typed.get(f"text-{place.key}", str(place.text)),
            "may_edit": isinstance(place.text, str) and place.fate is Fate.NOTE,
            "is_ticked_alone": number >= MOST_WRITTEN_ANEW,
        }
        for number, place in enumerate(plan.to_decide)
    ]


def _shown(place: Place, mails: Mapping[int, OutboxMessage]) -> str:
    """Return what stands there as the office shows it: of a mail without what lets somebody in, or is its reader's alone."""
    if place.model is OutboxMessage:
        mail = mails.get(place.pk)  # it may have gone meanwhile
        return words_to_show(mail, str(place.text)) if mail else ""
    return OF_ANOTHER if _is_of_another(place) else str(place.text)


def _is_of_another(place: Place) -> bool:
    """Whether it is what an import says of another volunteer: the person's own rows and lines of it are gone by now."""
    runs = ImportRun.objects.filter(register="volunteers")
    if place.model is ImportRun:
        return place.column == "report" and runs.filter(pk=place.pk).exists()
    is_change = place.model is ImportChange and place.column in {"fields", "why"}
    return is_change and ImportChange.objects.filter(pk=place.pk, run__in=runs).exists()


def _column(place: Place) -> str:
    column: Any = place.model._meta.get_field(place.column)
    return str(column.verbose_name)


@allowed("view_erasure")
def erased(request: SignedInRequest, erasure_id: int) -> HttpResponse:
    """Show the sheet of an erasure, to be printed: numbers and decisions, no name."""
    done = get_object_or_404(Erasure.objects.select_related("by"), pk=erasure_id)
    kept = [line for line in done.sheet.get("decided", ()) if line[3] == "keep"]
    return page(
        request, "office/volunteers/erased.html", f"Erased: {done.reference}", erasure=done, sheet=done.sheet, kept=len(kept)
    )
