"""The office's admin site: the stock admin, with a home page that says what needs somebody, and pages of our own."""

from typing import Any, cast

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver
from django.utils.functional import SimpleLazyObject
from django.utils.text import slugify

from schools.office.frame.list_names import LISTS


class OfficeSite(AdminSite):
    """The coordinator's admin."""

    site_header = "Speakout office"
    site_title = "Speakout office"
    index_title = "Home"
    enable_nav_sidebar = False

    def __init__(self, name: str = "admin") -> None:
        """Without “delete selected”: rows go one at a time, each only where nothing rests on it."""
        super().__init__(name)
        self.disable_action("delete_selected")

    def get_urls(self) -> list[URLResolver | URLPattern]:
        """Our own pages before the stock admin's."""
        from schools.office.urls import urlpatterns  # views need models, which are not loaded when the site is made

        return [*urlpatterns, *super().get_urls()]

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """There is one page to change a password, with its limits and its mail: that of signing in."""
        return redirect("account_change_password")

    def password_change_done(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Nobody comes here any more."""
        return redirect("account_change_password")

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """What every page knows: which of our own pages the user may open."""
        return super().each_context(request) | {
            "may_book": request.user.has_perm("schools.add_visit"),
            "may_import": request.user.has_perm("schools.add_importrun"),
            "may_read_reach": request.user.has_perm("schools.read_reach"),
        }

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """What needs somebody now; who only reads figures is led to them."""
        from schools.office.home.views import home_context

        if not request.user.has_perm("schools.view_session") and request.user.has_perm("schools.read_reach"):
            return redirect("admin:reach")
        return super().index(request, (extra_context or {}) | home_context(request))

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Home's lists, as LISTS has them, of those that the user may open; of our app by its name, every table."""
        if app_label:
            return super().get_app_list(request, app_label)
        # Every page has them in its context and few show them: they are put together when a template asks.
        tables_of = super().get_app_list
        return cast("list[Any]", SimpleLazyObject(lambda: _lists(tables_of(request))))


def _lists(apps: list[Any]) -> list[Any]:
    tables = {model["object_name"]: model for app in apps for model in app["models"]}
    return [
        {
            "name": heading,
            "app_label": slugify(heading),
            "app_url": f"#{slugify(heading)}",
            "has_module_perms": True,
            "models": [tables[table] | {"name": words} for table, words in names.items() if table in tables],
        }
        for heading, names in LISTS.items()
        if tables.keys() & names.keys()
    ]
