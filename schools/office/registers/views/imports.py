"""Importing a register: hand the file in, look at what it would change, apply exactly that, read the report."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.directory.actions import abandon, ask_for_preview, ask_to_apply, start_again
from schools.directory.models import ImportRun, RunState
from schools.directory.registers import REGISTERS
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today
from schools.office.registers.forms.imports import LABELS, PUBLISHED, RegisterForm
from schools.office.registers.import_parts import Tab, reasons_of, rows_of, tabs_of
from schools.office.registers.import_words import lines_of
from schools.office.registers.kinds import TABLES
from schools.office.registers.tasks import is_left_alone, is_seen_to, is_waiting, work_on_import

RUNS_A_PAGE, ROWS_A_PAGE = 20, 50
ON_THE_PAGE = {"with --day": "under “As of”", "leave --authority-column out": "leave the column of the authority blank"}
"""How a problem names options of the command, and how this page names them."""


@allowed("add_importrun", posts={"upload": "add_importrun"})
def index(request: SignedInRequest) -> HttpResponse:
    """Show all imports, the newest first, and the form that takes a register's file."""
    form = RegisterForm(request.POST or None, request.FILES or None, today=today())
    if request.method == "POST" and form.is_valid():
        register, links = form.uploads()
        run = ask_for_preview(register, links, form.options(), by=request.user, now=timezone.now(), queue=work_on_import.enqueue)
        return redirect("admin:register-run", run.pk)
    runs = ImportRun.objects.exclude(register__in=TABLES).select_related("asked_by", "applied_by").defer("report")
    return page(
        request,
        "office/registers/registers.html",
        "Registers",
        form=form,
        error_forms=[form],
        registers_of_nations=PUBLISHED,
        runs=Paginator(runs, RUNS_A_PAGE).get_page(request.GET.get("page")),
    )


@allowed("view_importrun", posts=dict.fromkeys(("apply", "again", "abandon"), "change_importrun"))
def detail(request: SignedInRequest, run_id: int) -> HttpResponse:
    """Show how far the import is, and its preview or report. `do` applies it, starts it again, or abandons it."""
    run = get_object_or_404(ImportRun.objects.select_related("asked_by", "applied_by"), pk=run_id)
    if run.register in TABLES:
        return redirect("admin:import-run", run.pk)
    if request.method == "POST":
        try:
            _do(request, run)
        except RuleBroken as broken:
            for reason in broken.reasons:
                messages.warning(request, reason)
        return redirect("admin:register-run", run.pk)
    has_preview = run.state in {RunState.READY, RunState.APPLYING, RunState.APPLIED} and run.report is not None
    return page(
        request,
        "office/registers/register_run.html",
        f"Import of {run.file_name}",
        run=run,
        all_imports=reverse("admin:registers"),
        wrong_forms=[],
        row_word="school",
        title_of_register=LABELS.get(run.register, run.register),
        authority_chosen=REGISTERS[run.register].chosen_authority if run.register in REGISTERS else "",
        problem=_on_the_page(run.problem),
        is_being_written=run.is_being_written(),
        is_waiting=is_waiting(run, now=timezone.now()),
        is_silent=is_left_alone(run, now=timezone.now()),
        may_start_again=run.files.exists(),
        may_change=request.user.has_perm("schools.change_importrun"),
        **(_parts(request, run) if has_preview else {}),
    )


def _do(request: SignedInRequest, run: ImportRun) -> None:
    do, now = request.POST["do"], timezone.now()
    if do == "apply":
        ask_to_apply(run, by=request.user, now=now, queue=work_on_import.enqueue)
        run.refresh_from_db(fields=["state"])
        if run.state == RunState.APPLIED:
            messages.success(request, "The import is applied. This is its report, and it stays here.")
    elif do == "again":
        start_again(run, now=now, queue=work_on_import.enqueue, is_seen_to=partial(is_seen_to, now=now))
    else:
        abandon(run)
        messages.success(request, "The import and its files are thrown away. Nothing was changed.")


def _on_the_page(problem: str) -> str:
    """Return the problem with the page's names of options instead of the command's."""
    for option, place in ON_THE_PAGE.items():
        problem = problem.replace(option, place)
    return problem


MOST_MISSING = 0.05
"""The share of the known schools that a whole register may lack before its page asks whether it is whole; we chose it.

A school that closed stands in a register, or is one of the few that a year takes away. One that lacks more was probably cut.
"""


def _parts(request: SignedInRequest, run: ImportRun) -> dict[str, Any]:
    """Return what the page needs to show the parts, and the rows of the chosen part."""
    on = today()
    tabs = tabs_of(run, on=on)
    key = request.GET.get("show", "")
    chosen = next((tab for tab in tabs if tab.part.key == key), tabs[0] if tabs else None)
    ignored = {**run.report["ignored_because"]} if run.report else {}
    links = (run.report or {}).get("links") or {}
    ignored |= {f"links {reason}": number for reason, number in links.get("ignored_because", {}).items()}
    context: dict[str, Any] = {"tabs": tabs, "chosen": chosen, "report": run.report, "ignored": sorted(ignored.items())}
    context["rows_ignored"] = sum(ignored.values())
    missing = context["newly_missing"] = next((tab.number for tab in tabs if tab.part.key == "missing"), 0)
    known = sum(run.report[name] for name in ("updated", "unchanged")) if run.report else 0
    context["looks_cut"] = missing > MOST_MISSING * (known + missing)
    if chosen:
        context["rows"] = _page_of(request, run, chosen)
    return context


def _page_of(request: SignedInRequest, run: ImportRun, chosen: Tab) -> Page[Any]:
    """Return a page of the chosen part's rows, each change with its lines of text and each visit with its reasons."""
    rows = Paginator(rows_of(run, chosen.part, on=today()), ROWS_A_PAGE).get_page(request.GET.get("page"))
    if chosen.part.drawn_as == "changes":
        rows.object_list = [(change, lines_of(change)) for change in rows.object_list]
    elif chosen.part.drawn_as == "visits":
        visits = list(rows.object_list)
        reasons = reasons_of(run, visits)
        rows.object_list = [(visit, reasons.get(visit.pk, [])) for visit in visits]
    return rows
