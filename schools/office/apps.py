"""The office as Django's admin: our site is the default one."""

from importlib import import_module

from django.contrib.admin.apps import SimpleAdminConfig

ROOMS_WITH_TABLES = ("accounts", "bookings", "reach", "registers", "schools", "sessions", "stock", "volunteers")
"""The rooms that register ModelAdmins."""


class OfficeConfig(SimpleAdminConfig):
    """Registers every ModelAdmin of the office, and what home counts, once models are loaded."""

    default_site = "schools.office.site.OfficeSite"

    def ready(self) -> None:
        """Import the ModelAdmins, which register themselves, and tell the lists of the needs that home declares."""
        super().ready()
        for room in ROOMS_WITH_TABLES:
            import_module(f"schools.office.{room}.admin")
        from schools.office.frame.need_registry import register
        from schools.office.home.needs import NEEDS

        register(NEEDS)
