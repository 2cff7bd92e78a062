"""Entries that are probably one person: the list of them, the page that makes two of them one, and the page that undoes it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.nations import Language
from schools.core.row_ids import row_id
from schools.core.words import joined, long_day
from schools.directory.models import Contact
from schools.office.frame.pages import allowed, page
from schools.office.frame.undo_bars import QUICKER, say_with_undo
from schools.office.frame.visibility import today, visible_rows
from schools.visits.actions.merging import (
    Preview,
    choices_between,
    merge_people,
    preview_merge,
    proposed,
    says_yes_to_sms,
    seen,
    undo_merge,
)
from schools.visits.actions.two_people import keep_apart, may_be_one
from schools.visits.models import Merge, MergeKind, TwoPeople
from schools.visits.queries.duplicates import duplicate_contacts, duplicate_volunteers
from schools.visits.rules.merging import CLEARANCES_APART
from schools.volunteers.actions import look_at
from schools.volunteers.models import LookPage, Volunteer

MOST_SHOWN = 100


@dataclass(frozen=True)
class Apart:
    """Two entries that are not the same person, as the page names them."""

    noted: TwoPeople
    first: Any
    second: Any


@allowed("change_volunteer", posts={"apart": "change_volunteer", "one": "change_volunteer"})
def duplicates(request: SignedInRequest) -> HttpResponse:
    """List volunteers and contacts of the user that are probably entered twice, what was merged lately, and who is two people.

    `do` notes that a pair is not the same person, or takes that back.
    """
    if request.method == "POST":
        (_keep_apart if request.POST["do"] == "apart" else _may_be_one)(request)
        return redirect("admin:duplicates")
    people, contacts = duplicate_volunteers(request.user, on=today()), duplicate_contacts(request.user, on=today())
    return page(
        request,
        "office/volunteers/duplicates.html",
        "Entered twice",
        people=people[:MOST_SHOWN],
        contacts=contacts[:MOST_SHOWN],
        more=len(people) > MOST_SHOWN or len(contacts) > MOST_SHOWN,
        merges=Merge.objects.for_user(request.user, on=today()).defer("moves").select_related("by")[:20],
        apart=_apart(request),
    )


def _keep_apart(request: SignedInRequest) -> None:
    """Note that the pair is not the same person. Raises Http404 for entries that the user may not see."""
    rows = _rows(request, request.POST.get("kind", ""))
    ids = [row_id(request.POST.get(name)) for name in ("kept", "gone")]
    left, right = (get_object_or_404(rows, pk=pk) for pk in ids)
    if left.pk == right.pk:
        raise Http404
    noted = keep_apart(left, right, by=request.user, now=timezone.now())
    words = f"{left} and {right} are two people: noted. They are no longer listed as entered twice."
    if noted:
        say_with_undo(request, words, {"do": "one", "noted": noted.pk})
    else:
        messages.info(request, QUICKER)


def _may_be_one(request: SignedInRequest) -> None:
    """Take back that a pair is not the same person. Raises Http404 for what the user may not see."""
    noted = TwoPeople.objects.for_user(request.user, on=today())
    row = noted.filter(pk=row_id(request.POST.get("noted")) or 0).first()
    # Somebody else may have been quicker.
    if row is not None and may_be_one(row):
        messages.success(request, "Taken back. If the two have something in common, they are listed again.")
    else:
        messages.info(request, "That was taken back already.")


def _apart(request: SignedInRequest) -> list[Apart]:
    """Return the latest pairs that the user may see and that are not the same person."""
    latest = list(TwoPeople.objects.for_user(request.user, on=today()).select_related("by")[:MOST_SHOWN])
    ids: dict[str, set[int]] = {kind: set() for kind in MergeKind.values}
    for noted in latest:
        ids[noted.kind] |= {noted.first_id, noted.second_id}
    rows: dict[str, dict[int, Any]] = {
        MergeKind.VOLUNTEER: Volunteer.objects.in_bulk(ids[MergeKind.VOLUNTEER]),
        MergeKind.CONTACT: Contact.objects.select_related("school").in_bulk(ids[MergeKind.CONTACT]),
    }
    pairs = [(noted, rows[noted.kind].get(noted.first_id), rows[noted.kind].get(noted.second_id)) for noted in latest]
    return [Apart(noted, first, second) for noted, first, second in pairs if first and second]


@dataclass(frozen=True)
class Difference:
    """A field in which two entries differ, with both values in words."""

    name: str
    label: str
    kept: str
    gone: str
    gone_wins: bool


@allowed("change_volunteer", posts={"merge": "change_volunteer"})
def merge(request: SignedInRequest, kind: str, kept_id: int, gone_id: int) -> HttpResponse:
    """Show what making two entries one would do; `do` does it."""
    rows = _rows(request, kind)
    kept = get_object_or_404(rows, pk=kept_id)
    if done := Merge.objects.filter(kind=kind, kept_id=kept.pk, gone_id=gone_id, undone_at=None).first():
        messages.info(request, f"{done.words} already.")
        return redirect("admin:merged", done.pk)
    gone = get_object_or_404(rows, pk=gone_id)
    reasons: list[str] = []
    preview: Preview | None = None
    now = timezone.localtime()
    try:
        if request.method == "POST":
            chosen = [name for name in choices_between(kept, gone) if request.POST.get(f"wins-{name}") == "gone"]
            done = merge_people(kept, gone, chosen=chosen, mark=request.POST.get("seen", ""), by=request.user, now=now)
            messages.success(request, f"{done.words}.")
            return redirect("admin:merged", done.pk)
        preview = preview_merge(kept, gone, by=request.user, now=now)
    except RuleBroken as broken:
        reasons = broken.reasons
        if CLEARANCES_APART in reasons:
            # No page of its own among the looks: it says of both what their own pages say of each.
            look_at([kept.pk, gone.pk], LookPage.VOLUNTEER, by=request.user, now=now)
    wins = proposed(kept, gone)
    return page(
        request,
        "office/volunteers/merge.html",
        "Make two entries one",
        kind=kind,
        kept=kept,
        gone=gone,
        differences=[_difference(name, kept, gone, gone_wins=name in wins) for name in choices_between(kept, gone)],
        preview=preview,
        mark=seen(kept, gone),
        reasons=reasons,
    )


def _rows(request: SignedInRequest, kind: str) -> "QuerySet[Any]":
    if kind == MergeKind.VOLUNTEER:
        return Volunteer.objects.for_user(request.user, on=today()).select_related("user").prefetch_related("areas")
    if kind == MergeKind.CONTACT and request.user.has_perm("schools.change_contact"):
        return visible_rows(Contact.objects.select_related("school"), request.user, on=today())
    raise Http404


def _difference(name: str, kept: Any, gone: Any, *, gone_wins: bool) -> Difference:
    label = str(kept._meta.get_field(name).verbose_name)
    return Difference(name, label.capitalize(), _in_words(kept, name), _in_words(gone, name), gone_wins)


def _in_words(row: Any, name: str) -> str:
    if name == "phone" and says_yes_to_sms(row):
        return f"{row.phone} (said yes to SMS)"
    display = getattr(row, f"get_{name}_display", None)
    value = display() if display else getattr(row, name)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return joined(Language(code).label for code in value if code in Language.values) or "–"
    return long_day(value) if isinstance(value, date) else str("–" if value in {None, ""} else value)


@allowed("change_volunteer", posts={"undo": "change_volunteer"})
def merged(request: SignedInRequest, merge_id: int) -> HttpResponse:
    """Show what was merged; `do` undoes it, and only once."""
    merges = Merge.objects.for_user(request.user, on=today()).select_related("by", "undone_by")
    done = get_object_or_404(merges, pk=merge_id)
    reasons: list[str] = []
    if request.method == "POST":
        try:
            done = undo_merge(done, by=request.user, now=timezone.localtime())
        except RuleBroken as broken:
            reasons = broken.reasons
        else:
            messages.success(request, f"Undone: {done.words}.")
            return redirect("admin:merged", done.pk)
    return page(request, "office/volunteers/merged.html", done.words, merge=done, number=len(done.moves), reasons=reasons)
