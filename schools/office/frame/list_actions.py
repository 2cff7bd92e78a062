"""What can be done with ticked rows of a list: they are taken to a page that shows first what becomes of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import Action, ActionLocation
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from schools.accounts.models import User
from schools.core.row_ids import row_id

ROW = "row"
"""The name in the address of a page of “Many at once” for each row that was ticked in a list."""

MOST_TAKEN = 200
"""Rows; more would make an address that servers cut off. A list shows so many at once at most."""


@dataclass(frozen=True)
class BulkPage:
    """A page of “Many at once” to which rows can be taken."""

    words: str
    """What the action is called in the list; it ends with an ellipsis, because the page asks first."""
    view: str
    permission: str


def bulk_actions(pages: Mapping[str, BulkPage], user: User) -> dict[str, Action]:
    """Return the actions of a list that the user may call."""
    return {
        name: Action(
            func=_taking_to(page),
            name=name,
            description=page.words,
            plural_description=page.words,
            locations=[ActionLocation.CHANGE_LIST],
        )
        for name, page in pages.items()
        if user.has_perm(f"schools.{page.permission}")
    }


def leave_out_nonsense(request: HttpRequest) -> None:
    """Take out of the ticked rows what no row has as its id: the stock admin would hand it to the database."""
    data = request.POST.copy()
    data.setlist(ACTION_CHECKBOX_NAME, [text for text in data.getlist(ACTION_CHECKBOX_NAME) if row_id(text) is not None])
    request.POST = data  # type: ignore[assignment]  # a copy that can be changed, as the stock admin makes one


def _taking_to(page: BulkPage) -> Callable[[Any, HttpRequest, QuerySet[Any]], HttpResponse | None]:
    def take(_: Any, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        """Lead to the page with the rows; where there are too many, say so."""
        ids = list(rows.order_by("pk").values_list("pk", flat=True)[: MOST_TAKEN + 1])
        if len(ids) > MOST_TAKEN:
            messages.warning(request, f"Tick at most {MOST_TAKEN} rows at a time, or choose them under “Many at once”.")
            return None
        return redirect(f"{reverse(f'admin:{page.view}')}?{urlencode([(ROW, pk) for pk in ids])}")

    return take
