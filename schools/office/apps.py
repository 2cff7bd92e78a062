"""The office as Django's admin: our site is the default one."""

from django.contrib.admin.apps import SimpleAdminConfig


class OfficeConfig(SimpleAdminConfig):
    """Registers every ModelAdmin of the office, and what home counts, once models are loaded."""

    default_site = "schools.office.site.OfficeSite"

    def ready(self) -> None:
        """Import the ModelAdmins, which register themselves, and tell the lists of the needs that home declares."""
        super().ready()
        import schools.office.admin  # noqa: F401  # registers itself
        from schools.office.need_registry import register
        from schools.office.needs import NEEDS

        register(NEEDS)
