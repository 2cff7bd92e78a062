"""The coordinator's admin: the site, booking, reach pages and every ModelAdmin.

Lives here: screens of the office. Not here: rules and verbs, which it only calls.
"""
