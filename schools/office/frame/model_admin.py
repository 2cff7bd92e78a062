"""The base of every ModelAdmin: rows by area, 404 for rows of others, deletion only of rows to which nothing refers."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import reduce
from operator import or_
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IS_POPUP_VAR, ActionLocation
from django.contrib.admin.utils import get_fields_from_path, unquote
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import F, JSONField, Model, OrderBy, Q, QuerySet
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from simple_history.admin import SimpleHistoryAdmin

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.core.history import CREATED, record_history
from schools.core.references import is_referenced
from schools.core.row_ids import row_id
from schools.core.search_index import Matching
from schools.core.search_words import Piece, clause_of, pieces_of
from schools.core.searchable import LONGEST_TEXT, Searchable, SearchableQuerySet, forgivingly, forgivingly_by_ids
from schools.directory.actions.locks import lock_register
from schools.office.frame import need_registry
from schools.office.frame.change_list import OfficeChangeList
from schools.office.frame.fields import NATIVE_BOXES, RowsField, TolerantAutocompleteSelect
from schools.office.frame.list_actions import BulkPage, bulk_actions, leave_out_nonsense
from schools.office.frame.list_files import Columns, file_urls
from schools.office.frame.list_filters import NeedsFilter, ScopedRelatedFilter
from schools.office.frame.optimistic_forms import OfficeForm, OfficeInlineFormSet
from schools.office.frame.values_in_words import columns_in_words
from schools.office.frame.visibility import today, visible_rows


class ScopedChoices:
    """Choices of related rows in forms and inlines: only rows that the user may see."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the field without the stock admin's icons beside it: other rows are added and changed in their own lists."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]  # of BaseModelAdmin, beside which it stands
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            box = field.widget
            box.can_add_related = box.can_change_related = box.can_delete_related = box.can_view_related = False
        return field

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> QuerySet[Model]:
        """Return the rows to which a foreign key or many-to-many field may point, for this user."""
        queryset = super().get_field_queryset(db, db_field, request)  # type: ignore[misc]  # of BaseModelAdmin, beside which it stands
        if queryset is None:
            queryset = db_field.remote_field.model._default_manager.all()
        return visible_rows(queryset, signed_in(request), on=today())

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the field for one row; where it is found by typing, an invalid id is refused instead of raising an error.

        An earlier state is only read, so its form has no list of all rows to choose from either.
        """
        of_admin: Any = self
        is_earlier_state = str(getattr(request.resolver_match, "url_name", "")).endswith("_simple_history")
        if is_earlier_state or db_field.name in of_admin.get_autocomplete_fields(request):
            kwargs.setdefault("widget", TolerantAutocompleteSelect(db_field, of_admin.admin_site, using=kwargs.get("using")))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]  # as above

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the field for several rows; an id that no row can have is refused like any invalid choice."""
        return super().formfield_for_manytomany(db_field, request, **{"form_class": RowsField, **kwargs})  # type: ignore[misc]  # as above


def _has_piece(model: type[Model], fields: Iterable[str], piece: Piece, *, forgiving: bool) -> Q:
    """Return the condition that one of the fields has the piece; a field may lead to other tables, or name its lookup.

    Schools and people are found by the index of their words. Each table has a subquery of its own: in a join, a database would
    look for the piece in every row of all tables together.
    """
    conditions, related_fields = [], defaultdict(list)
    searched: Iterable[str] = ()
    if issubclass(model, Searchable):
        searched = model.SEARCHED
        conditions.append(Q(pk__in=Matching(model._meta.db_table, [clause_of(piece, forgiving=forgiving)])))
    for field in fields:
        name, _, rest = field.partition("__")
        if rest and (related := model._meta.get_field(name).related_model):
            related_fields[name, related].append(rest)
        elif name not in searched:
            conditions.append(Q((field if rest else f"{field}__icontains", piece.typed)))
    for (name, related), rest_of in related_fields.items():
        rows = related._default_manager.filter(_has_piece(related, rest_of, piece, forgiving=forgiving)).order_by()
        leads = Q((f"{name}__in", rows.values("pk")))
        if model._meta.get_field(name).many_to_many:  # a row that leads to two of them is still one row
            leads = Q(pk__in=model._default_manager.filter(leads).order_by().values("pk"))
        conditions.append(leads)
    return reduce(or_, conditions, Q(pk__in=()))


class OfficeAdmin(ScopedChoices, admin.ModelAdmin):
    """A table of the office: rows that the user may see, permissions of the user's groups, no bulk deletion."""

    form = OfficeForm
    formfield_overrides = NATIVE_BOXES

    may_be_deleted = False
    """Whether a user with the permission may delete a row to which nothing refers."""

    page_name = ""
    """The name of the URL of a row's own page; blank means that its form is its page."""

    fixed_once_made: tuple[str, ...] = ()
    """Fields that are chosen when the row is made and never changed: what it belongs to."""

    added_by = ""
    """The field that keeps who added the row; it is filled in automatically. Blank means no such field."""

    file_columns: ClassVar[Columns] = {}
    """What the list's files say of each row (list_files); empty: the list has no files."""

    bulk_pages: ClassVar[Mapping[str, BulkPage]] = {}
    """Pages of “Many at once” to which ticked rows of the list can be taken, by the name of the action (list_actions)."""

    empty_value_display = "–"
    list_per_page = 50
    list_max_show_all = 200
    show_full_result_count = True
    show_facets = admin.ShowFacets.NEVER

    class Media:
        js = ("office/autocomplete.js",)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Return whether an address may filter by it: by no column that keeps whole records, which may name a clearance."""
        column = {field.name: field for field in self.opts.get_fields()}.get(lookup.partition("__")[0])
        return not isinstance(column, JSONField) and super().lookup_allowed(lookup, value, request)

    def get_urls(self) -> list[URLPattern]:
        """Return the addresses of the list's files, then those of the stock admin."""
        return [*file_urls(self, self.file_columns), *super().get_urls()]

    def get_actions(self, request: HttpRequest, action_location: ActionLocation = ActionLocation.CHANGE_LIST) -> dict[str, Any]:
        """Return what can be done with ticked rows: to take them to a page that shows first what becomes of them."""
        actions = super().get_actions(request, action_location)
        if action_location is not ActionLocation.CHANGE_LIST or IS_POPUP_VAR in request.GET:
            return actions
        return actions | bulk_actions(self.bulk_pages, signed_in(request))

    def action_checkbox(self, obj: Any) -> SafeString:
        """Return the box by which the row is ticked: that of the stock admin, which renders a template for each."""
        label = format_html(gettext("Select this object for an action - {}"), str(obj))
        box = '<input type="checkbox" name="{}" value="{}" class="action-select" aria-label="{}">'
        return format_html(box, ACTION_CHECKBOX_NAME, obj.pk, label)

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any], *where: Any, **named: Any) -> HttpResponse | None:
        """Do what was chosen with the ticked rows; an id that no row can have counts as not ticked."""
        leave_out_nonsense(request)
        return super().response_action(request, queryset, *where, **named)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        """Return the rows that the user may see: those of their areas, for a manager all."""
        return visible_rows(super().get_queryset(request), signed_in(request), on=today())

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        """Return the rows that have each piece of the text in one of the search fields; where none has, be forgiving.

        Schools and people come in the order in which they are probably meant, unless the list is put in order by a column.
        """
        pieces = pieces_of(search_term)
        if len(search_term) > LONGEST_TEXT:  # only the autocomplete can ask for so much
            return queryset.none(), False
        if not pieces:
            return queryset, False
        fields = self.get_search_fields(request)

        def search(forgiving: bool) -> QuerySet[Any]:  # noqa: FBT001  # what `forgivingly` calls
            conditions = [_has_piece(self.model, fields, piece, forgiving=forgiving) for piece in pieces]
            return queryset.filter(*conditions)

        # Of a searchable table the box that offers rows would read the ids of a thousand to show ten.
        by_ids = not issubclass(self.model, Searchable)
        rows = forgivingly_by_ids(pieces, queryset, search) if by_ids else forgivingly(pieces, search)
        by_column = ORDER_VAR in request.GET or need_registry.PARAMETER in request.GET
        return (rows if by_column else self.most_likely_first(request, rows, search_term)), False

    def most_likely_first(self, request: HttpRequest, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Return the rows in the order in which the user probably means them by the text."""
        return rows.best_first(text) if isinstance(rows, SearchableQuerySet) else rows

    def read_for_list(self, rows: Any) -> Any:
        """Return the rows of a page with what the list shows of them, so that counting and searching need not read it."""
        return rows

    def page_of(self, obj: Any) -> str:
        """Return the address of the row's own page; blank means that its form is its page."""
        return reverse(f"admin:{self.page_name}", args=[obj.pk]) if self.page_name else ""

    def response_post_save_add(self, request: HttpRequest, obj: Any) -> HttpResponseRedirect:
        """Redirect to the row's own page, where it has one."""
        return redirect(page) if (page := self.page_of(obj)) else super().response_post_save_add(request, obj)

    def response_post_save_change(self, request: HttpRequest, obj: Any) -> HttpResponseRedirect:
        """Redirect to the row's own page, where it has one; its form was opened from there."""
        return redirect(page) if (page := self.page_of(obj)) else super().response_post_save_change(request, obj)

    def get_changelist(self, request: HttpRequest, **_: Any) -> type[ChangeList]:
        """Return the office's own list."""
        return OfficeChangeList

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Return the columns of the list; times are said in words."""
        return columns_in_words(self.model, super().get_list_display(request))

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        """Return the filter by need, where home counts rows of the table, then the declared filters.

        Filters by related rows offer only rows that the user may see.
        """
        first = [NeedsFilter] if need_registry.of_table(self.model) else []
        return [*first, *(self._scoped(list_filter) for list_filter in super().get_list_filter(request))]

    def get_ordering(self, request: HttpRequest) -> Any:
        """Order rows with a need by how pressing they are, as home shows their age; otherwise by the declared ordering."""
        declared = super().get_ordering(request)
        wanted = request.GET.get(need_registry.PARAMETER)
        need = next((need for need in need_registry.of_table(self.model) if need.key == wanted), None)
        if need is None:
            return declared
        since = F(need.since) if isinstance(need.since, str) else need.since
        return [OrderBy(since), *declared]

    def _scoped(self, list_filter: Any) -> Any:
        if isinstance(list_filter, str) and get_fields_from_path(self.model, list_filter)[-1].remote_field:
            return list_filter, ScopedRelatedFilter
        return list_filter

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        """Raise 404, as for a row that does not exist: the stock admin's redirect would show which of the two it is."""
        msg = f"There is no such {opts.verbose_name} among the rows that you may see."
        raise Http404(msg)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Return the declared fields; for an existing row, also those that say what it belongs to."""
        fixed = self.fixed_once_made if obj else ()
        return [*super().get_readonly_fields(request, obj), *fixed]

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:  # noqa: FBT001  # Django's signature
        """Store the row; a new row keeps who added it."""
        if self.added_by and not change:
            setattr(obj, self.added_by, request.user)
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user has the permission, the table allows deletion, and nothing refers to the row."""
        allowed = self.may_be_deleted and super().has_delete_permission(request, obj)
        return allowed and (obj is None or not is_referenced(obj))

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show or store the form. What somebody else stores at the same moment is found and said, as if it had been there."""
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        try:
            return self._store_or_refuse(request, object_id, form_url, extra_context)
        except (IntegrityError, RuleBroken):
            # The form was checked before somebody else had stored the same. Checked once more it finds that, and says it.
            return self._store_or_refuse(request, object_id, form_url, extra_context)

    def _store_or_refuse(
        self, request: HttpRequest, object_id: str | None, form_url: str, extra_context: dict[str, Any] | None
    ) -> HttpResponse:
        """Store the form. Its row is locked, so that nobody changes it between the comparison and the storing."""
        pk = row_id(unquote(object_id)) if object_id else None
        with transaction.atomic():
            if pk is not None:
                self.lock_row(pk)
            return super().changeform_view(request, object_id, form_url, extra_context)

    def lock_row(self, pk: int) -> None:
        """Hold the row until its form is stored."""
        list(self.model._default_manager.select_for_update(of=("self",)).filter(pk=pk))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the row's history to those who may see the row; a list of what its form did says where the rest is kept."""
        row = self._visible_or_404(request, object_id)
        context = {"kept_elsewhere": self.kept_elsewhere(request, row)} | (extra_context or {})
        return super().history_view(request, object_id, context)

    def kept_elsewhere(self, request: HttpRequest, obj: Any) -> list[tuple[str, str]]:
        """Return what else is known of what happened with the row, in words, each with its address."""
        page = self.page_of(obj)
        return [("Its page has what is known of it now", page)] if page else []

    def _visible_or_404(self, request: HttpRequest, object_id: str) -> Any:
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            raise Http404
        return obj


class RegisterFirst(OfficeAdmin):
    """A table that registers write as well: its forms lock as imports do, so that neither waits for ever."""

    def lock_row(self, pk: int) -> None:
        """Hold the register, and then the row, until its form is stored."""
        lock_register()
        super().lock_row(pk)


class HistoryAdmin(OfficeAdmin, SimpleHistoryAdmin):
    """A table with history: who changed what and when, and the earlier states."""

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:  # noqa: FBT001  # Django's signature
        """Store the row; of one without history, what was stored before comes first, so that the change can be read."""
        if change and not obj.history.exists():
            record_history(
                self.model, [obj.pk], kind=CREATED, by_id=None, now=timezone.now(), reason="As it was when its history began."
            )
        super().save_model(request, obj, form, change)

    def get_history_queryset(self, request: HttpRequest, history_manager: Any, pk_name: str, object_id: Any) -> QuerySet[Model]:
        """Return the earlier states; of a table without foreign keys by a query of ours, because Django warns about theirs."""
        if any(field.many_to_one for field in self.model._meta.fields):
            return super().get_history_queryset(request, history_manager, pk_name, object_id)  # type: ignore[no-any-return]  # untyped
        earlier: QuerySet[Model] = history_manager.filter(**{pk_name: object_id}).select_related("history_user")
        return earlier

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Show an earlier state. A POST is refused: it would store the old state past every rule."""
        if request.method != "GET":
            raise PermissionDenied
        self._visible_or_404(request, object_id)
        if row_id(unquote(version_id)) is None:
            raise Http404
        return super().history_form_view(request, object_id, version_id, extra_context)


class ReadOnly:
    """A table that the office shows but does not change: actions or imports change it."""

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        """Return False: nobody adds a row here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: nobody changes a row here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: nobody deletes a row here."""
        return False


class OfficeInline(ScopedChoices, admin.TabularInline):
    """Rows on the page of the row to which they belong."""

    extra = 0
    empty_value_display = "–"
    form = OfficeForm
    formfield_overrides = NATIVE_BOXES
    formset = OfficeInlineFormSet
    template = "office/frame/inline.html"
    show_change_link = True
    has_row_names = True
    """Whether each row says its name above its boxes; needless where a box has it."""
    may_be_deleted = False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether rows may be ticked for deletion."""
        return self.may_be_deleted and super().has_delete_permission(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        """Return the rows that the user may see. A POST locks them, so that they do not change between comparison and storing."""
        rows = visible_rows(super().get_queryset(request), signed_in(request), on=today())
        return rows.select_for_update(of=("self",)) if request.method == "POST" else rows


def signed_in(request: HttpRequest) -> User:
    """Return the user who is signed in. Raises PermissionDenied where nobody is."""
    user = request.user
    if not isinstance(user, User):
        raise PermissionDenied
    return user
