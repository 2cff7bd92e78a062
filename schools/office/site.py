"""The office's admin site: the stock admin, with a home page that says what needs somebody, and pages of our own."""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver

SLICES = {
    "visits": "Visits and sessions",
    "directory": "Schools and areas",
    "reach": "Reach: returns, doubts, readers",
    "volunteers": "Volunteers",
    "materials": "Materials",
    "programme": "Programme",
    "delivery": "Outcomes received",
    "messages": "Messages",
    "accounts": "People who sign in",
}
"""The parts of the home page's list of tables, in its order: a slice and what people call it."""


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
        from schools.office.urls import urls_of  # views need models, which are not loaded when the site is made

        return [*urls_of(self), *super().get_urls()]

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
        from schools.office.views.home import home_context

        if not request.user.has_perm("schools.view_session") and request.user.has_perm("schools.read_reach"):
            return redirect("admin:reach")
        return super().index(request, (extra_context or {}) | home_context(request))

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """One app in slices: the list of tables is by slice, so that it reads like the house."""
        if app_label:
            return super().get_app_list(request, app_label)
        # Home and what every page knows both ask for it.
        if (known := vars(request).get("tables_by_slice")) is None:
            known = vars(request)["tables_by_slice"] = self._by_slice(request, super().get_app_list(request))
        tables: list[Any] = known
        return tables

    def _by_slice(self, request: HttpRequest, apps: list[Any]) -> list[Any]:
        slices: dict[str, list[Any]] = {name: [] for name in SLICES}
        for app in apps:
            for model in app["models"]:
                part = model["model"].__module__.split(".")[1]
                slices[part if part in SLICES else "accounts"].append(model)
        return [
            {
                "name": SLICES[name],
                "app_label": name,
                "app_url": f"{request.path}#{name}",
                "has_module_perms": True,
                "models": models,
            }
            for name, models in slices.items()
            if models
        ]
