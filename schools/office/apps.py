"""The office as Django's admin: our site is the default one."""

from importlib import import_module

from django.contrib.admin.apps import SimpleAdminConfig

ADMINS = (
    "accounts.admin",
    "accounts.mail_admin",
    "bookings.admin",
    "bookings.type_admin",
    "reach.admin",
    "registers.admin",
    "schools.admin",
    "sessions.admin",
    "sessions.outcome_admin",
    "stock.admin",
    "volunteers.admin",
    "volunteers.onboarding_admin",
)


class OfficeConfig(SimpleAdminConfig):
    """Registers every ModelAdmin of the office, and what home counts, once models are loaded."""

    default_site = "schools.office.site.OfficeSite"

    def ready(self) -> None:
        """Import the ModelAdmins, which register themselves, and tell the lists of the needs that home declares."""
        super().ready()
        for name in ADMINS:
            import_module(f"schools.office.{name}")
        from schools.office.frame.need_registry import register
        from schools.office.home.needs import NEEDS

        register(NEEDS)
