"""Publishing: what was published, what publishing a period would do, publishing it, the files of what was published."""

from datetime import date

from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.periods import AcademicYear
from schools.core.row_ids import row_id
from schools.office.frame.lane import heavy
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today
from schools.office.reach.forms.publications import PeriodForm
from schools.office.reach.views.tables import tabs
from schools.reach.actions.publishing import (
    Preview,
    bundle_of,
    preview_publication,
    publish,
    words_of_missing,
    words_of_no_room,
)
from schools.reach.bundles import zipped
from schools.reach.models import Publication
from schools.reach.queries.since_published import with_changes

ZIP = "application/zip"


@allowed("read_reach", posts={"publish": "publish_reach"})
@heavy(posts=True)
def publications(request: SignedInRequest) -> HttpResponse:
    """Show what was published and, for a period in the address, what publishing it would do. `do` publishes it."""
    data = request.POST if request.method == "POST" else (request.GET if "period" in request.GET else None)
    form = PeriodForm(data, last_year=AcademicYear(AcademicYear.of(today()).start - 1))
    if request.method == "POST" and form.is_valid():
        agreed = row_id(request.POST.get("despite_missing")) or 0
        no_room = row_id(request.POST.get("despite_no_room")) or 0
        try:
            publication = publish(
                form.cleaned_data["period"], by=request.user, now=timezone.now(), despite_missing=agreed, despite_no_room=no_room
            )
        except RuleBroken as broken:
            return _page(request, form, reasons=broken.reasons)
        messages.success(request, f"{publication} is published. Download it, and put the folder where people find it.")
        return redirect("admin:publications")
    return _page(request, form, reasons=[])


@allowed("read_reach")
@heavy()
def files(request: SignedInRequest, publication_id: int) -> HttpResponse:
    """Send what was published as a zip."""
    publication = get_object_or_404(Publication, pk=publication_id)
    folder = f"published_{publication.period.replace('/', '-')}"
    content = zipped(bundle_of(publication), folder)
    return HttpResponse(content, content_type=ZIP, headers={"Content-Disposition": f'attachment; filename="{folder}.zip"'})


def _page(request: SignedInRequest, form: PeriodForm, *, reasons: list[str]) -> HttpResponse:
    may_publish = request.user.has_perm("schools.publish_reach")
    preview = None
    if may_publish and form.is_bound and form.is_valid():
        preview = preview_publication(form.cleaned_data["period"], by=request.user, now=timezone.now())
    # Of all that was kept of each, which is much, this number alone is read; None where it was not kept yet.
    listed = Publication.objects.select_related("published_by").defer("counts").annotate(windows_open=F("counts__windows_open"))
    return page(
        request,
        "office/reach/publications.html",
        "Published",
        form=form,
        wrong_forms=[form] if form.is_bound and form.errors else [],
        reasons=reasons or (preview.reasons if preview else []),
        preview=preview,
        missing=_missing(preview),
        no_room=words_of_no_room(preview.no_room) if preview and preview.no_room else "",
        pupils_without_room=sum(place.pupils for place in preview.no_room) if preview else 0,
        months=[f"{date.fromisoformat(f'{month}-01'):%B %Y}" for month in preview.months] if preview else [],
        may_publish=may_publish,
        publications=with_changes(listed, now=timezone.now()),
        **tabs(request),
    )


def _missing(preview: Preview | None) -> str:
    return words_of_missing(preview.period, preview.unreported) if preview and preview.unreported.sessions else ""
