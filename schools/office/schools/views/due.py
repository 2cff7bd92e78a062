"""The due list: which schools to ask next, of one area or of all."""

from typing import Any
from urllib.parse import quote

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse

from schools.accounts.requests import SignedInRequest
from schools.core.csv import lines
from schools.core.snapshot import snapshot
from schools.core.xlsx import Sheet, workbook
from schools.directory.models import School
from schools.office.frame.lane import heavy
from schools.office.frame.list_files import WORKBOOK
from schools.office.frame.pages import addresses, allowed, page
from schools.office.frame.visibility import today
from schools.office.schools.due_columns import HEADER, headings, line
from schools.office.schools.due_list import DueList, with_schools
from schools.office.schools.forms.due import EVERY, SHOWS


@allowed("view_visit")
@snapshot()
def index(request: SignedInRequest) -> HttpResponse:
    """Show a page of the list, with the number of schools under each heading."""
    schools = DueList.of(request.user, request.GET, on=today())
    schools.form.offer_sorts(schools.sorts)
    chosen = schools.page(request.GET.get("page"))
    numbers = schools.numbers()
    here, query = request.GET.urlencode(), request.GET.copy()
    query.pop("page", None)
    rest = query.copy()
    rest.pop("show", None)
    return page(
        request,
        "office/schools/due.html",
        "Who is due",
        form=schools.form,
        show=schools.filters["show"],
        shows=[{"key": key, "words": words, "number": numbers.get(key)} for key, words in SHOWS],
        show_words=dict(SHOWS)[schools.filters["show"]],
        has_areas=schools.form.fields["area"].queryset.count() > 1,  # type: ignore[attr-defined]  # a ModelChoiceField
        is_wide=schools.is_wide,
        leaves_filters_out=schools.leaves_filters_out,
        how_many=chosen.how_many,
        order_words=dict(schools.sorts)[schools.sort].lower(),
        lines=_with_addresses(
            [line(row, school) for row, school in with_schools(chosen.rows)], request.get_full_path(), query=here
        ),
        pages=chosen.pages,
        query=query.urlencode(),
        here=here,
        headings=headings(query, sort=schools.sort, turned=bool(schools.filters["turned"]), orders=dict(schools.sorts)),
        rest=rest.urlencode(),
        may_book=request.user.has_perm("schools.add_visit"),
        may_log=request.user.has_perm("schools.add_contactlog"),
        every=EVERY,
        any_school=bool(chosen.rows) or School.objects.for_user(request.user, on=today()).exists(),
    )


def _with_addresses(lines: list[dict[str, Any]], here: str, *, query: str) -> list[dict[str, Any]]:
    """Give each line the addresses of its school's pages, each with the way back to the line's place in the list.

    The place is the line above, because a school that was booked has left the list; the first line has no other than itself.
    The card of a call opens above the list, so it needs no way back, but the list's filters, for the next school.
    """
    routes = {"page": "school-detail", "book": "book-at", "dates": "offer-dates"}
    address_of = {key: addresses(f"admin:{name}", 0) for key, name in routes.items()}
    card_of = addresses("admin:call", 0)
    for above, shown in zip([*lines[:1], *lines], lines, strict=False):
        pk, way_back = shown["school"].pk, "back=" + quote(f"{here}#due-{above['school'].pk}")
        shown |= {key: f"{address(pk)}?{way_back}" for key, address in address_of.items()}
        shown |= {"way_back": way_back, "card": f"{card_of(pk)}?{query}" if query else card_of(pk)}
    return lines


@allowed("view_visit")
@heavy()
def csv(request: SignedInRequest) -> HttpResponseBase:
    """Return the whole list as a file: the same filters, schools and order as on the page."""
    on = today()
    schools = DueList.of(request.user, request.GET, on=on)
    return StreamingHttpResponse(
        lines(HEADER, schools.file_rows()),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="due_{schools.filters["show"]}_as-of_{on}.csv"'},
    )


@allowed("view_visit")
@heavy()
def xlsx(request: SignedInRequest) -> HttpResponseBase:
    """Return the whole list as a workbook: as the CSV."""
    on = today()
    schools = DueList.of(request.user, request.GET, on=on)
    return StreamingHttpResponse(
        workbook([Sheet("Who is due", HEADER, schools.file_rows())]),
        content_type=WORKBOOK,
        headers={"Content-Disposition": f'attachment; filename="due_{schools.filters["show"]}_as-of_{on}.xlsx"'},
    )
