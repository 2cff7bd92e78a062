"""The coordinator's admin: the site, booking, reach pages and every ModelAdmin.

Pages of the office are here. Rules and actions are not here; the office only calls them.
"""
