"""The office as Django's admin: our site is the default one."""

from django.contrib.admin.apps import SimpleAdminConfig


class OfficeConfig(SimpleAdminConfig):
    """Registers every ModelAdmin of the office once models are loaded."""

    default_site = "schools.office.site.OfficeSite"

    def ready(self) -> None:
        """Import the ModelAdmins; nothing else registers on our site."""
        super().ready()
        import schools.office.admin  # noqa: F401  # registers itself
