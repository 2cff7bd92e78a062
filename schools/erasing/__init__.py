"""Erasing a person: the registry of every column that may hold or name somebody, and what becomes of each.

It finds people by references and by their own earlier values, takes them out, scans the database and keeps a sheet about it.
What is erased again after a restore is decided higher up (schools/backups); no page and no mail is made here.
"""
