"""Which static files are collected for production: those that some page asks for. Packages bring along many more."""

from django.contrib.staticfiles.apps import StaticFilesConfig

UNUSED = (
    # Bootstrap: the portal has its reboot, in its short form, and nothing else.
    "css/bootstrap.*", "css/bootstrap-grid.*", "css/bootstrap-utilities.*", "css/bootstrap-reboot.css*",
    "css/bootstrap-reboot.rtl.*", "js/bootstrap.*",
    # htmx: the office has its second version, in its short form, without extensions.
    "django_htmx/ext/*", "django_htmx/htmax-*", "django_htmx/htmx-4*", "django_htmx/htmx-2.js", "django_htmx/django-htmx.js",
    # The stock admin: the long forms, which it takes with DEBUG alone; languages of which none is ours; what is read from right
    # to left; and its sidebar, which the office does not have.
    "admin/js/vendor/jquery/jquery.js", "admin/js/vendor/select2/select2.full.js", "admin/js/vendor/xregexp/xregexp.js",
    "admin/css/vendor/select2/select2.css", "admin/js/vendor/select2/i18n/[!e]*", "admin/js/vendor/select2/i18n/e[!n]*",
    "admin/css/*rtl.css", "admin/*/nav_sidebar.*",
)  # fmt: skip
"""Patterns of what packages bring and no page asks for: half of the files, and nine tenths of what takes time to compress."""


class ServedFilesConfig(StaticFilesConfig):
    """Django's static files, of which `collectstatic` leaves out what is unused."""

    ignore_patterns = (*StaticFilesConfig.ignore_patterns, *UNUSED)
