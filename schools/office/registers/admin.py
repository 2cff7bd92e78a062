"""Terms of nations and authorities."""

from django.contrib import admin

from schools.directory.models import Term
from schools.office.frame.model_admin import OfficeAdmin


@admin.register(Term)
class TermAdmin(OfficeAdmin):
    """Days on which schools are open: an authority's own, else its nation's; `import_terms` reads a file of them."""

    may_be_deleted = True
    list_display = ("name", "nation", "authority", "first_day", "last_day")
    list_select_related = ("authority",)
    list_filter = ("nation", ("authority", admin.EmptyFieldListFilter))
    date_hierarchy = "first_day"
    search_fields = ("name", "authority__name", "authority__gss")
    search_help_text = "Name of the term, authority or its GSS code."
    autocomplete_fields = ("authority",)
    fields = ("nation", "authority", "name", "first_day", "last_day")
