"""The office's admin site."""

from django.contrib.admin import AdminSite


class OfficeSite(AdminSite):
    """The coordinator's admin."""

    site_header = "Speakout office"
    site_title = "Speakout office"
    index_title = "Home"
