"""The office as Django's admin: our site is the default one."""

from importlib import import_module

from django.contrib.admin.apps import SimpleAdminConfig

ROOMS_WITH_TABLES = (
    "accounts",
    "bookings",
    "charity",
    "messages",
    "reach",
    "registers",
    "running",
    "schools",
    "sessions",
    "stock",
    "volunteers",
)
"""The rooms that register ModelAdmins."""


class OfficeConfig(SimpleAdminConfig):
    """The office as an app: when models are loaded, it registers every ModelAdmin, home's needs, and what is to be set up."""

    default_site = "schools.office.site.OfficeSite"

    def ready(self) -> None:
        """Import the ModelAdmins, which register themselves, and register the needs and the steps that home declares."""
        super().ready()
        for room in ROOMS_WITH_TABLES:
            import_module(f"schools.office.{room}.admin")
        from schools.office.frame.need_registry import register
        from schools.office.frame.setting_up import provide
        from schools.office.home.needs import NEEDS
        from schools.office.home.starting import starting

        register(NEEDS)
        provide(starting)
