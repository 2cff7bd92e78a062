"""What every ModelAdmin of the office shares: rows by area, 404 for a stranger's row, deleting only what nothing rests on."""

from collections import defaultdict
from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import get_fields_from_path, unquote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Model, OrderBy, Q, QuerySet
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from simple_history.admin import SimpleHistoryAdmin

from schools.accounts.models import User
from schools.directory.models import School
from schools.office.frame import need_registry
from schools.office.frame.change_list import LONGEST_SEARCH, OfficeChangeList
from schools.office.frame.fields import FoundSelect, RowsField
from schools.office.frame.list_filters import NeedsFilter, ScopedRelatedFilter
from schools.office.frame.optimistic_forms import OfficeForm, OfficeInlineFormSet
from schools.office.frame.query_params import row_id
from schools.office.frame.visibility import today, visible_rows


class ScopedChoices:
    """Choices of related rows, in forms and inlines: only rows that the user may see."""

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> QuerySet[Model]:
        """The rows that a foreign key or many-to-many field may point to, for this user."""
        queryset = super().get_field_queryset(db, db_field, request)  # type: ignore[misc]  # of BaseModelAdmin, beside which it stands
        if queryset is None:
            queryset = db_field.remote_field.model._default_manager.all()
        return visible_rows(queryset, signed_in(request), on=today())

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """One row; where it is found by typing, nonsense in its place is refused and breaks nothing."""
        of_admin: Any = self
        if db_field.name in of_admin.get_autocomplete_fields(request):
            kwargs.setdefault("widget", FoundSelect(db_field, of_admin.admin_site, using=kwargs.get("using")))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]  # as above

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Several rows at once; a number that no row can have is refused like any other that cannot be chosen."""
        return super().formfield_for_manytomany(db_field, request, **{"form_class": RowsField, **kwargs})  # type: ignore[misc]  # as above


def _said_in(model: type[Model], fields: Iterable[str], word: str) -> Q:
    """Whether one of the fields has the word; a field may lead to other tables, or name its lookup.

    Table by table: joined, a database would look the word up in every row of all of them together.
    """
    found, elsewhere = [], defaultdict(list)
    for field in fields:
        name, _, rest = field.partition("__")
        if rest and (related := model._meta.get_field(name).related_model):
            elsewhere[name, related].append(rest)
        elif model is School:
            found = [Q(pk__in=School.objects.named(word).order_by().values("pk"))]
        else:
            found.append(Q((field if rest else f"{field}__icontains", word)))
    for (name, related), rest_of in elsewhere.items():
        rows = related._default_manager.filter(_said_in(related, rest_of, word)).order_by()
        found.append(Q((f"{name}__in", rows.values("pk"))))
    return reduce(or_, found, Q(pk__in=()))


class OfficeAdmin(ScopedChoices, admin.ModelAdmin):
    """A table of the office: the user's own rows, permissions from their groups, no bulk deletion."""

    form = OfficeForm

    may_be_deleted = False
    """Whether a row on which nothing rests may be deleted by somebody whose group allows it."""

    page_name = ""
    """The name of the URL of a row's own page; blank: its form is its page."""

    fixed_once_made: tuple[str, ...] = ()
    """Fields that are chosen when the row is made and never changed: what it belongs to."""

    added_by = ""
    """The field that keeps who added the row; nobody types it."""

    list_per_page = 50
    list_max_show_all = 200
    show_full_result_count = True

    class Media:
        js = ("office/autocomplete.js",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        """The rows that the user may see: of their areas, all for a manager."""
        return visible_rows(super().get_queryset(request), signed_in(request), on=today())

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        """Each word of the term is in one of the search fields; schools are found as everywhere, by the index of their names."""
        if len(search_term) > LONGEST_SEARCH:  # as only what chooses a row may ask
            return queryset.none(), False
        for word in dict.fromkeys(search_term.split()):
            queryset = queryset.filter(_said_in(self.model, self.get_search_fields(request), word))
        return queryset, False

    def read_for_list(self, rows: Any) -> Any:
        """What a page of the list needs to know of its rows, so that they are not counted and searched with it."""
        return rows

    def page_of(self, obj: Any) -> str:
        """The address of the row's own page; blank: its form is its page."""
        return reverse(f"admin:{self.page_name}", args=[obj.pk]) if self.page_name else ""

    def response_post_save_add(self, request: HttpRequest, obj: Any) -> HttpResponseRedirect:
        """On to the row's own page, where it has one."""
        return redirect(page) if (page := self.page_of(obj)) else super().response_post_save_add(request, obj)

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponseRedirect:
        """Back to the row's own page, from which its form was opened."""
        return redirect(page) if (page := self.page_of(obj)) else super().response_post_save_change(request, obj)

    def get_changelist(self, request: HttpRequest, **_: Any) -> type[ChangeList]:
        """Our list."""
        return OfficeChangeList

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        """What needs somebody, where home counts such rows; then the declared filters, by related rows that the user may see."""
        first = [NeedsFilter] if need_registry.of_table(self.model) else []
        return [*first, *(self._scoped(one) for one in super().get_list_filter(request))]

    def get_ordering(self, request: HttpRequest) -> Any:
        """Of rows that need somebody the most pressing first, whose age home's line says; else as declared."""
        declared = super().get_ordering(request)
        wanted = request.GET.get(need_registry.PARAMETER)
        need = next((one for one in need_registry.of_table(self.model) if one.key == wanted), None)
        if need is None:
            return declared
        since = F(need.since) if isinstance(need.since, str) else need.since
        return [OrderBy(since), *declared]

    def _scoped(self, one: Any) -> Any:
        if isinstance(one, str) and get_fields_from_path(self.model, one)[-1].remote_field:
            return one, ScopedRelatedFilter
        return one

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        """Answer 404, as for any row that is not there; the stock admin would redirect, and so tell the two apart."""
        msg = f"There is no such {opts.verbose_name} among the rows that you may see."
        raise Http404(msg)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """The declared ones; and once the row is there, what it belongs to."""
        fixed = self.fixed_once_made if obj else ()
        return [*super().get_readonly_fields(request, obj), *fixed]

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:  # noqa: FBT001  # Django's signature
        """Store the row; a new one keeps who added it."""
        if self.added_by and not change:
            setattr(obj, self.added_by, request.user)
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the group allows it, the table is one of what people typed, and nothing rests on the row."""
        allowed = self.may_be_deleted and super().has_delete_permission(request, obj)
        return allowed and (obj is None or not rests_on(obj))

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The form; what is posted is compared with what is stored, and stored, while nobody else writes the row."""
        pk = row_id(unquote(object_id)) if object_id else None
        if request.method != "POST" or pk is None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        with transaction.atomic():
            list(self.model._default_manager.select_for_update(of=("self",)).filter(pk=pk))
            return super().changeform_view(request, object_id, form_url, extra_context)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The row's history, for those who may see the row."""
        self._visible_or_404(request, object_id)
        return super().history_view(request, object_id, extra_context)

    def _visible_or_404(self, request: HttpRequest, object_id: str) -> Any:
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            raise Http404
        return obj


class HistoryAdmin(OfficeAdmin, SimpleHistoryAdmin):
    """A table with history: who changed what, when, and what was there before."""

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """An earlier state, to be looked at. Posting would write it back past every rule, so it is refused."""
        if request.method != "GET":
            raise PermissionDenied
        self._visible_or_404(request, object_id)
        return super().history_form_view(request, object_id, version_id, extra_context)


class ReadOnly:
    """A table that the office shows but never writes: verbs or imports do."""

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        """Nobody adds a row here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes a row here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes a row here."""
        return False


class OfficeInline(ScopedChoices, admin.TabularInline):
    """Rows shown on the page of the row that they belong to."""

    extra = 0
    form = OfficeForm
    formset = OfficeInlineFormSet
    template = "office/frame/inline.html"
    show_change_link = True
    may_be_deleted = False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether rows may be ticked for deletion."""
        return self.may_be_deleted and super().has_delete_permission(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        """The rows that the user may see; what is posted is compared with them while nobody else writes them."""
        rows = visible_rows(super().get_queryset(request), signed_in(request), on=today())
        return rows.select_for_update(of=("self",)) if request.method == "POST" else rows


def rests_on(obj: Model) -> bool:
    """Whether a row of another table points to this one."""
    return any(
        relation.related_model._default_manager.filter(**{relation.field.name: obj}).exists()
        for relation in obj._meta.related_objects
    )


def signed_in(request: HttpRequest) -> User:
    user = request.user
    if not isinstance(user, User):
        raise PermissionDenied
    return user
