"""The three steps of bulk work: tick rows, look at what that changes, do exactly that."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from django import forms
from django.db.models import Q
from django.http import HttpResponse
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.row_ids import row_id
from schools.core.secrets import hash_of
from schools.core.words import long_day
from schools.directory.models import Area, School
from schools.office.bookings.bulk import BulkRow, BulkWork
from schools.office.frame.list_actions import ROW
from schools.office.frame.pages import page
from schools.office.frame.undo_bars import redirect_with_undo
from schools.office.frame.visibility import today
from schools.visits.actions.undoable import MessagesChanged, held, messages_of
from schools.visits.models import Batch
from schools.visits.planned_messages import PlannedMessages

type Do = Callable[[list[int], dict[str, Any]], Batch]
"""What is done with the ids of the ticked rows and with what was typed."""
type DoneBefore = Callable[[list[int], dict[str, Any]], Batch | None]
"""What has done the same with these rows, where somebody pressed twice; None: nothing has."""


def ticked_ids(request: SignedInRequest, work: BulkWork) -> list[int]:
    """Return the ids of the rows that were ticked, alone or all together, without rows that can't be changed."""
    posted = set(request.POST.getlist("row"))
    everything = "everything" in request.POST
    return [row.pk for row in work.rows if not row.reasons and (everything or str(row.pk) in posted)]


def posted_ids(request: SignedInRequest) -> list[int]:
    """Return the ids of the rows that the look has sent back, also of those to which this can't be done any more."""
    return [pk for text in request.POST.getlist("row") if (pk := row_id(text)) is not None]


def taken_ids(request: SignedInRequest) -> set[int]:
    """Return the ids of the rows that were ticked in a list and taken here; none where somebody came by themselves."""
    return {pk for text in request.GET.getlist(ROW) if (pk := row_id(text)) is not None}


def taken(request: SignedInRequest) -> Q:
    """Return the condition that a row was ticked in a list; no condition where none was taken here."""
    ids = taken_ids(request)
    return Q(pk__in=ids) if ids else Q()


def as_looked_at(rows: Iterable[BulkRow]) -> str:
    """Return the mark of rows as a preview shows them: another one once somebody changed what stands there."""
    return hash_of(repr([(row.pk, row.name, row.note) for row in rows]))


def reasons_not_ticked(request: SignedInRequest, work: BulkWork, step: str, chosen: list[int]) -> list[str]:
    """Return why the ticked rows can't be used for the step: some changed since they were looked at, or none is ticked."""
    if step not in {"look", "go"}:
        return []
    # The preview sends its rows back one by one. Exactly these are changed, as it showed them, or it is shown again.
    mark = as_looked_at(row for row in work.rows if row.pk in chosen)
    are_others = {str(pk) for pk in chosen} != set(request.POST.getlist("row")) or request.POST.get("looked", mark) != mark
    if step == "go" and are_others:
        return ["Some of these rows were changed since you looked. Look at them once more."]
    return [] if chosen else ["Tick at least one."]


def run_steps(
    request: SignedInRequest, work: BulkWork, do: Do, *, to: str, done_before: DoneBefore = lambda _ids, _typed: None
) -> HttpResponse:
    """Choose, look, do: show the page of the step, or do it and redirect to the page named `to`.

    What was done by a first click is no refusal of the second, which leads to the same bar (rule 18).
    """
    step = request.POST.get("do", "") if request.method == "POST" else ""
    came_ticked = [row.pk for row in work.rows if not row.reasons] if taken_ids(request) else []
    chosen = ticked_ids(request, work) if step else came_ticked
    valid = work.form is None or not step or step == "change" or work.form.is_valid()
    reasons = reasons_not_ticked(request, work, step, chosen)
    if step in {"look", "go"} and valid:
        typed = work.form.cleaned_data if work.form else {}
        done = reasons or _look_or_go(request, work, chosen, lambda: do(chosen, typed), to=to if step == "go" else "")
        if isinstance(done, HttpResponse):
            return done
        if step == "go" and (batch := done_before(posted_ids(request), typed)):
            return redirect_with_undo(request, batch, to)
        reasons = done
    return page(
        request,
        "office/bookings/bulk_choose.html",
        work.title,
        work=work,
        chosen=chosen,
        reasons=reasons,
        refusals=[work.form] if work.form and step in {"look", "go"} and work.form.errors else [],
        hushed=step not in {"look", "go"},
        **areas_to_choose(request),
    )


def _look_or_go(
    request: SignedInRequest, work: BulkWork, chosen: list[int], act: Callable[[], Batch], *, to: str
) -> HttpResponse | list[str]:
    """Do it and redirect to the page named `to`, or show what it would do (blank); return the reasons where it is refused."""
    now = timezone.localtime()
    try:
        if to:
            batch = held(act, now=now, seen=request.POST.get("mails", "")) if work.tells else act()
            return redirect_with_undo(request, batch, to)
        return preview(request, work, chosen, messages_of(act, now=now) if work.tells else None)
    except MessagesChanged as changed:
        return preview(request, work, chosen, changed.planned, reasons=changed.reasons)
    except RuleBroken as broken:
        return broken.reasons


def areas_to_choose(request: SignedInRequest) -> dict[str, Any]:
    """Return for a page's context the areas to choose from, where there are several, and the chosen one (None: all of them)."""
    areas = list(Area.objects.for_user(request.user, on=today()))
    wanted = row_id(request.GET.get("area"))
    return {
        "areas": areas if len(areas) > 1 else [],
        "area": next((area for area in areas if area.pk == wanted), None),
    }


def in_chosen_area(request: SignedInRequest, school: str) -> Q:
    """Return the condition that the school (a look-up) lies in the area of the address; no condition where it names none."""
    area = areas_to_choose(request)["area"]
    if area is None:
        return Q()
    schools = School.objects.in_areas(Area.objects.filter(pk=area.pk), on=today())
    return Q((f"{school}__in", schools.order_by().values("pk")))


def preview(
    request: SignedInRequest,
    work: BulkWork,
    chosen: list[int],
    planned: PlannedMessages | None,
    *,
    reasons: list[str] | None = None,
) -> HttpResponse:
    """Show the ticked rows, what was typed and whom that tells what, before anything is done."""
    wanted = set(chosen)
    rows = [row for row in work.rows if row.pk in wanted]
    typed = [] if work.form is None else [(box.label, _in_words(work.form, box.name) or "–") for box in work.form]
    return page(
        request,
        "office/bookings/bulk_look.html",
        f"{work.title}?",
        work=work,
        rows=rows,
        looked=as_looked_at(rows),
        chosen=chosen,
        typed=typed,
        planned=planned,
        reasons=reasons or [],
    )


def _in_words(form: forms.Form, name: str) -> str:
    value, field = form.cleaned_data[name], form.fields[name]
    if isinstance(value, date):
        return long_day(value)
    if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
        return str(dict(field.choices).get(value, value))  # type: ignore[arg-type]  # ours are lists of pairs
    return str(value)


def posted_form[F: forms.Form](request: SignedInRequest, kind: type[F], **arguments: Any) -> F:
    """Return the form with what was posted, where a button of the three steps was pressed; else an empty one."""
    return kind(request.POST if request.POST.get("do") in {"look", "go", "change"} else None, **arguments)
