"""Importing a table: hand it in or paste it, match its columns, look at what it would change, apply exactly that."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.directory.actions import (
    ImportOptions,
    abandon,
    ask_for_preview,
    ask_to_apply,
    columns_read,
    matches_of,
    start_again,
)
from schools.directory.models import ImportRun, RunState
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today
from schools.office.registers.forms.tables import MatchForm, TableForm
from schools.office.registers.import_parts import STREAMED_PARTS, TABLE_PARTS, Part, rows_of, tabs_of
from schools.office.registers.import_words import table_lines_of
from schools.office.registers.kinds import KINDS, PageKind, kinds_of
from schools.office.registers.looks import log_looks, log_looks_at_complaints
from schools.office.registers.tasks import is_left_alone, is_seen_to, is_waiting, work_on_import

RUNS_A_PAGE, ROWS_A_PAGE = 20, 50


def own_runs(request: SignedInRequest) -> QuerySet[ImportRun]:
    """Return the imports of tables that the user may see: a manager all, a coordinator their own."""
    runs = ImportRun.objects.filter(register__in=kinds_of(request.user)).select_related("asked_by", "applied_by")
    return runs if request.user.is_manager else runs.filter(asked_by=request.user)


@allowed("add_contact", posts={"upload": "add_contact"})
def index(request: SignedInRequest) -> HttpResponse:
    """Show the form that takes a table, and the imports so far, the newest first."""
    kinds, chosen = kinds_of(request.user), request.GET.get("kind", "")
    form = TableForm(request.POST or None, request.FILES or None, kinds=kinds, initial={"kind": chosen})
    if request.method == "POST" and form.is_valid():
        options = ImportOptions(register=form.cleaned_data["kind"], day=today(), origin=form.cleaned_data["origin"])
        upload, now = form.upload(), timezone.now()
        run = ask_for_preview(upload, None, options, by=request.user, now=now, queue=work_on_import.enqueue)
        return redirect("admin:import-run", run.pk)
    return page(
        request,
        "office/registers/imports.html",
        "Import a table",
        form=form,
        error_forms=[form],
        kinds=kinds.values(),
        chosen=kinds[chosen].rows if chosen in kinds else "",
        runs=Paginator(own_runs(request).defer("report"), RUNS_A_PAGE).get_page(request.GET.get("page")),
    )


@allowed("add_contact", posts=dict.fromkeys(("apply", "again", "abandon", "match"), "add_contact"))
def detail(request: SignedInRequest, run_id: int) -> HttpResponse:
    """Show how far the import is, and its preview or report. `do` applies it, starts it again, matches columns or abandons it."""
    run = get_object_or_404(own_runs(request), pk=run_id)
    kind = KINDS[run.register]
    match_form = _match_form(request, run, kind)
    do = request.POST.get("do", "")
    if request.method == "POST" and (do != "match" or (match_form is not None and match_form.is_valid())):
        try:
            _do(request, run, match_form)
        except RuleBroken as broken:
            for reason in broken.reasons:
                messages.warning(request, reason)
        return redirect("admin:import-run", run.pk)
    has_preview = run.state in {RunState.READY, RunState.APPLYING, RunState.APPLIED} and run.report is not None
    may_invite = run.register == "volunteers" and request.user.has_perm("schools.change_volunteer")
    return page(
        request,
        "office/registers/import_run.html",
        f"Import of {kind.rows}",
        run=run,
        all_imports=reverse("admin:imports"),
        row_word="row",
        kind=kind,
        match_form=match_form,
        not_read=_not_read(run, kind),
        lacks_columns=run.header is not None and not set(kind.table.table.needs) <= set(_read(run, kind)),
        wrong_forms=[match_form] if do == "match" and match_form else [],
        is_being_written=run.is_being_written(),
        is_waiting=is_waiting(run, now=timezone.now()),
        is_silent=is_left_alone(run, now=timezone.now()),
        may_start_again=run.files.exists(),
        may_change=True,
        may_invite=may_invite,
        leads_on=not may_invite,  # whom to invite is looked at first
        problem=run.problem,
        **(_parts(request, run) if has_preview else {}),
    )


def _match_form(request: SignedInRequest, run: ImportRun, kind: PageKind) -> MatchForm | None:
    """Return the form that matches columns; None where there is nothing to match any more."""
    if run.state not in {RunState.READY, RunState.FAILED} or not run.header or not run.files.exists():
        return None
    data = request.POST if request.POST.get("do") == "match" else None
    return MatchForm(data, header=run.header, read=_read(run, kind), kind=kind)


def _not_read(run: ImportRun, kind: PageKind) -> list[str]:
    """Return the names of the file's columns that are none of ours, before it is applied."""
    if run.state not in {RunState.READY, RunState.FAILED} or not run.header:
        return []
    return [name for name, ours in zip(run.header, _read(run, kind), strict=True) if name and not ours]


def _read(run: ImportRun, kind: PageKind) -> list[str]:
    """Return for each column of the file which of ours it is; "" where it is not read."""
    return columns_read(run.header or [], kind.table.table, run.matches or {})


def _do(request: SignedInRequest, run: ImportRun, match_form: MatchForm | None) -> None:
    do, now = request.POST["do"], timezone.now()
    if do == "apply":
        ask_to_apply(run, by=request.user, now=now, queue=work_on_import.enqueue)
        run.refresh_from_db(fields=["state"])
        if run.state == RunState.APPLIED:
            messages.success(request, "The import is applied. This is its report, and it stays here. Nobody was mailed.")
    elif do == "again":
        start_again(run, now=now, queue=work_on_import.enqueue, is_seen_to=partial(is_seen_to, now=now))
    elif do == "match":
        if match_form is None:
            raise Http404
        header = run.header or []
        start_again(
            run,
            now=now,
            queue=work_on_import.enqueue,
            is_seen_to=partial(is_seen_to, now=now),
            matches=matches_of(header, match_form.chosen(header)),
        )
    else:
        abandon(run)
        messages.success(request, "The import and its file are thrown away. Nothing was changed.")


def _parts(request: SignedInRequest, run: ImportRun) -> dict[str, Any]:
    """Return what the page needs to show the parts, and the rows of the chosen part."""
    tabs = tabs_of(run, on=today(), parts=STREAMED_PARTS if KINDS[run.register].is_streamed else TABLE_PARTS)
    key = request.GET.get("show", "")
    chosen = next((tab for tab in tabs if tab.part.key == key), tabs[0] if tabs else None)
    report = run.report or {}
    ignored = sorted(report.get("ignored_because", {}).items())
    context: dict[str, Any] = {"tabs": tabs, "chosen": chosen, "report": report, "ignored": ignored}
    context["rows_ignored"] = report.get("ignored", 0)
    usable = sum(report.get(name, 0) for name in ("created", "updated", "unchanged", "ignored"))
    context["none_usable"] = bool(report.get("refused")) and not usable
    context["nothing_to_apply"] = run.state == RunState.READY and all(tab.part.of_changes is None for tab in tabs)
    if chosen:
        rows = Paginator(rows_of(run, chosen.part, on=today()), ROWS_A_PAGE).get_page(request.GET.get("page"))
        _log_looks(request, run, chosen.part, rows.object_list)
        if chosen.part.drawn_as == "table-changes":
            rows.object_list = [(change, table_lines_of(change)) for change in rows.object_list]
        context["rows"] = rows
    return context


def _log_looks(request: SignedInRequest, run: ImportRun, part: Part, rows: Iterable[Any]) -> None:
    """Log a look at each stored clearance that the page shows: in what changes, and in complaints (rule 13)."""
    if run.register != "volunteers":
        return
    if part.drawn_as == "table-changes":
        log_looks(rows, by=request.user, now=timezone.now())
    else:
        log_looks_at_complaints(rows, by=request.user, now=timezone.now())
