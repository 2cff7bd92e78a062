"""The office's admin site: the stock admin with pages of our own and a home page that says what needs somebody."""

from typing import Any, cast

from django.apps import apps
from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.text import slugify

from schools.charity.queries import current
from schools.office.frame.list_names import LISTS


class OfficeSite(AdminSite):
    """The coordinator's admin."""

    index_title = "Home"
    enable_nav_sidebar = False

    def __init__(self, name: str = "admin") -> None:
        """Remove “delete selected”: rows are deleted one at a time, and only where nothing refers to them."""
        super().__init__(name)
        self.disable_action("delete_selected")

    def get_urls(self) -> list[URLResolver | URLPattern]:
        """Return our own pages, then those of the stock admin."""
        from schools.office.urls import urlpatterns  # views need models, which are not loaded when the site is made

        return [*urlpatterns, *super().get_urls()]

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Redirect to the one page that changes passwords, the sign-in's, with its limits and its mail."""
        return redirect("account_change_password")

    def password_change_done(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Redirect as above; nothing leads here any more."""
        return redirect("account_change_password")

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Return what every page knows, with which of our own pages the user may open."""
        return super().each_context(request) | {
            "site_header": f"{current().brand} office",
            "site_title": f"{current().brand} office",
            "may_book": request.user.has_perm("schools.add_visit"),
        }

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the home page; who may only read figures is redirected to them."""
        from schools.office.home.views import home_context

        if not request.user.has_perm("schools.view_session") and request.user.has_perm("schools.read_reach"):
            return redirect("admin:reach")
        return super().index(request, (extra_context or {}) | home_context(request))

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return home's lists (LISTS) of tables that the user may open; for our app by its name, every table."""
        if app_label:
            return super().get_app_list(request, app_label)
        # Every page has the lists in its context, but few pages show them: so they are made only when a template asks for them.
        return cast("list[Any]", SimpleLazyObject(lambda: self._lists(request)))

    def _lists(self, request: HttpRequest) -> list[dict[str, Any]]:
        lists = []
        for heading, names in LISTS.items():
            rows = (self._table(request, table, words) for table, words in names.items())
            if tables := [row for row in rows if row is not None]:
                anchor = slugify(heading)
                lists.append({"name": heading, "app_label": anchor, "models": tables})
        return lists

    def _table(self, request: HttpRequest, table: str, words: str) -> dict[str, Any] | None:
        """Return what the list says of the table; None where the user may not open it."""
        perms = self.get_model_admin(apps.get_model("schools", table)).get_model_perms(request)
        if not any(perms.values()):
            return None
        address = f"admin:schools_{table.lower()}"
        return {
            "object_name": table,
            "name": words,
            "admin_url": reverse(f"{address}_changelist") if perms["change"] or perms["view"] else None,
            "add_url": reverse(f"{address}_add") if perms["add"] else None,
        }
