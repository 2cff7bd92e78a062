"""What is held on somebody who asks for it, given once they are known by two steps; and how long what is kept."""

import json

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from schools.accounts.models import User
from schools.accounts.requests import SignedInRequest
from schools.core.csv import lines
from schools.core.errors import RuleBroken
from schools.directory.models import Contact, ImportFile
from schools.erasing.models import PersonKind
from schools.erasing.people import kind_of_row
from schools.erasing.rules import IMPORTS_OF_PEOPLE
from schools.keeping.access import give, held_for, know
from schools.keeping.held import Held, as_object, as_table
from schools.keeping.leaving import PEOPLE
from schools.keeping.models import PurgeRun, SubjectAccess
from schools.keeping.periods import PERIODS
from schools.keeping.waiting import named_in_notes
from schools.office.frame.lane import heavy
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today
from schools.office.volunteers.forms import KnowForm
from schools.office.volunteers.people import MOST_SHOWN, found_by_name, people_with_an_entry, person_or_404
from schools.recovery.reach import reach_of
from schools.volunteers.actions import look_at
from schools.volunteers.models import Clearance, LookPage, Volunteer

FORMATS = ("csv", "json")


@allowed("add_subjectaccess")
@heavy(with_query="elsewhere")
def held(request: SignedInRequest) -> HttpResponse:
    """Find who asked, by name, whether they sign in or not, are here or have left; and show who asked before."""
    rows = {
        PersonKind.VOLUNTEER: Volunteer.objects.all(),
        PersonKind.STAFF: User.objects.filter(volunteer=None),
        **people_with_an_entry(),
    }
    matches, done = found_by_name(request.GET, rows), SubjectAccess.objects.select_related("by")[:MOST_SHOWN]
    return page(request, "office/volunteers/held.html", "What is held on somebody", done=done, **matches)


@allowed("add_subjectaccess", posts={"know": "add_subjectaccess"})
def held_person(request: SignedInRequest, kind: str, person_id: int) -> HttpResponse:
    """Show how we can reach the person; `do` stores by which two steps they were known, and leads to what is held."""
    row = person_or_404(kind, person_id)
    form = KnowForm(request.POST or None, prefix="know", initial={"asked_on": today()})
    reasons: list[str] = []
    if request.method == "POST" and form.is_valid():
        try:
            access = know(row, **form.cleaned_data, by=request.user, now=timezone.now(), today=today())
        except RuleBroken as broken:
            reasons = broken.reasons
        else:
            return redirect("admin:held-request", access.pk)
    refusals = [form] if form.is_bound and form.errors else []
    return page(
        request, "office/volunteers/held_person.html", f"What is held on {row}", person=row, kind=kind, form=form,
        refusals=refusals, reasons=reasons, reach=reach_of(row),
    )  # fmt: skip


@allowed("view_subjectaccess", posts={"give": "change_subjectaccess"})
@heavy(posts=True)
def held_request(request: SignedInRequest, access_id: int) -> HttpResponse:
    """Show what is held on who asked, and what has to be looked at; `do` makes the file."""
    access = get_object_or_404(SubjectAccess.objects.select_related("by", "given_by"), pk=access_id)
    if request.method == "POST":
        kind = request.POST.get("format", "")
        if kind not in FORMATS:
            messages.error(request, "Choose CSV or JSON.")
            return redirect("admin:held-request", access.pk)
        try:
            given = give(access, set(request.POST.getlist("text")), by=request.user, now=timezone.now())
        except RuleBroken as broken:
            messages.error(request, " ".join(broken.reasons))
            return redirect("admin:held-request", access.pk)
        _log_look(given, by=request.user)
        return _file(given, access, kind)
    there: Held | None = None
    reasons: list[str] = []
    try:
        there = held_for(access)
        _log_look(there, by=request.user)
    except RuleBroken as broken:
        reasons = broken.reasons
    waiting = ImportFile.objects.filter(run__register__in=IMPORTS_OF_PEOPLE).exists()
    return page(
        request, "office/volunteers/held_request.html", f"What is held on {access.reference}", access=access, held=there,
        reasons=reasons, import_waits=waiting,
    )  # fmt: skip


def _log_look(held: Held, *, by: User) -> None:
    """Log that a manager saw whatever is held on the clearances of a volunteer: in the texts of the page, or in the file."""
    theirs = Clearance.objects.filter(volunteer__in=held.person.volunteers).order_by()
    look_at(theirs.values_list("volunteer", flat=True), LookPage.FILE, by=by, now=timezone.now())


def _file(given: Held, access: SubjectAccess, kind: str) -> HttpResponse:
    """Return the file that is handed out; its name is the reference, so that it tells nobody in a folder of downloads."""
    if kind == "json":
        head = {"about": given.person.name, "on": today().isoformat()}
        text = json.dumps(head | as_object(given), indent=2, ensure_ascii=False)
        answer = HttpResponse(text, content_type="application/json")
    else:
        rows = "".join(lines(("table", "row", "column", "value"), as_table(given)))
        answer = HttpResponse(rows, content_type="text/csv; charset=utf-8")
    name = access.reference.replace(":", "-")
    answer.headers["Content-Disposition"] = f'attachment; filename="speakout-held-{name}.{kind}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@allowed("view_purgerun")
def kept(request: SignedInRequest) -> HttpResponse:
    """Show how long what is kept, and what the last purge did."""
    finished = PurgeRun.objects.exclude(finished_at=None).first()
    latest = PurgeRun.objects.first()
    lines_of = {line["period"]: line for line in finished.report} if finished else {}
    now = timezone.now()
    to_decide = [
        (kind_of_row(row).value, row) for people in PEOPLE for row in people.left_for_managers(now).order_by("pk")[:MOST_SHOWN]
    ]
    in_notes = [
        (kind_of_row(row).value, row)
        for table in (Volunteer, Contact, User)
        for row in named_in_notes(table._default_manager.order_by("pk"))[:MOST_SHOWN]
    ]
    periods = [(period, lines_of.get(period.name)) for period in PERIODS]
    return page(
        request, "office/volunteers/kept.html", "How long what is kept", periods=periods, finished=finished,
        to_decide=to_decide, in_notes=in_notes,
        unfinished=latest if latest and latest.finished_at is None else None,
    )  # fmt: skip
