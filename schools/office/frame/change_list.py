"""The lists of the office: how many rows they have, and how rows are found by words and years."""

from datetime import date, datetime
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import PAGE_VAR, SEARCH_VAR, ChangeList, ChangeListSearchForm
from django.core.validators import MaxLengthValidator
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property

from schools.accounts.models import User
from schools.core.row_ids import row_id
from schools.core.searchable import LONGEST_TEXT
from schools.office.frame.empty_lists import empty_list_of
from schools.office.frame.list_files import ENDINGS

MANY = 10_000
"""Rows; finding the years of more rows takes longer than the rest of the page."""


class SearchForm(ChangeListSearchForm):
    """The search of a list: a few words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        too_long = f"Search for fewer words: at most {LONGEST_TEXT} characters. The list is not searched."
        self.fields[SEARCH_VAR].validators.append(MaxLengthValidator(LONGEST_TEXT, too_long))


class OfficeChangeList(ChangeList):
    """A list that says how many rows of what it has; its rows link to their own pages where they have one."""

    search_form_class = SearchForm

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self.user = cast("User", request.user)
        super().__init__(request, *args, **kwargs)
        # The stock admin would add them to each row's address, and look up for each which page that is.
        self.kept_filters, self.preserved_filters = urlencode(dict(parse_qsl(self.preserved_filters))), ""

    def get_filters_params(self, params: Any = None) -> Any:
        """Return what the list is filtered by. For values that no database takes, the stock list shows its error."""
        filters = super().get_filters_params(params)
        texts = [text for several in filters.values() for text in several]
        if any("\x00" in text or (text.isdecimal() and row_id(text) is None) for text in texts):
            raise IncorrectLookupParameters
        return filters

    def get_results(self, request: HttpRequest) -> None:
        """Read the rows of a page, with what the page says about them."""
        super().get_results(request)
        self.result_list = self.model_admin.read_for_list(self.result_list)  # type: ignore[attr-defined]  # as below

    def url_for_result(self, result: Model) -> str:
        """Return the address of the row's own page, or else of its form; it keeps what the list is filtered by."""
        page: str = self.model_admin.page_of(result)  # type: ignore[attr-defined]  # every ModelAdmin here is an OfficeAdmin
        address = page or super().url_for_result(result)
        return f"{address}{'&' if '?' in address else '?'}{self.kept_filters}" if self.kept_filters else address

    @cached_property
    def how_many(self) -> str:
        """Return a heading like “18 of 312 schools · open · Cumberland”."""
        name = self.opts.verbose_name if self.full_result_count == 1 else self.opts.verbose_name_plural
        filtered = self.result_count != self.full_result_count
        words = [
            f"{self.result_count:,} of {self.full_result_count:,} {name}" if filtered else f"{self.full_result_count:,} {name}"
        ]
        if self.query:
            words.append(f"“{self.query}”")
        return " · ".join([*words, *self._chosen()])

    @property
    def empty(self) -> dict[str, str] | None:
        """What the page says in place of the table where the user sees no row at all; None where there are some."""
        if self.full_result_count:
            return None
        words = empty_list_of(self.model)
        return {"here": words.here, "how": words.how, "link": words.link, "address": words.address_for(self.user)}

    @property
    def files(self) -> list[tuple[str, str]]:
        """The words and addresses of the list's files, with the same search, filters and order; empty where it has none."""
        if not self.model_admin.file_columns:  # type: ignore[attr-defined]  # as above
            return []
        query = self.get_query_string(remove=[PAGE_VAR])
        return [(f"Download as {ending.upper()}", f"{ending}/{query}") for ending in ENDINGS]

    @property
    def date_name(self) -> str:
        """The name of the day by which the list separates the years."""
        return str(get_fields_from_path(self.model, self.date_hierarchy)[-1].verbose_name)

    @cached_property
    def years(self) -> list[dict[str, Any]]:
        """Return the years to choose from where the list has MANY rows: those of the whole table.

        Otherwise the answer is empty: then the stock list finds the years of its rows.
        """
        field = self.date_hierarchy
        if not field or self.result_count < MANY or any(name.startswith(f"{field}__") for name in self.params):
            return []
        dated = self.root_queryset.filter(**{f"{field}__isnull": False}).order_by(field).values_list(field, flat=True)
        first, last = dated.first(), dated.last()
        years = range(_year(first), _year(last) + 1) if first and last else ()
        return [{"title": year, "link": self.get_query_string({f"{field}__year": str(year)})} for year in years]

    def _chosen(self) -> list[str]:
        """Return what the filters are set to; the first choice of each is “All”."""
        return [
            str(choice["display"])
            for spec in self.filter_specs
            for position, choice in enumerate(spec.choices(self))
            if position and choice["selected"]
        ]


def _year(when: date) -> int:
    return (timezone.localtime(when) if isinstance(when, datetime) else when).year
