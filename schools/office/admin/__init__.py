"""Every ModelAdmin of the office, one module a slice."""

from schools.office.admin import accounts, delivery, directory, materials, messages, programme, visits, volunteers

__all__ = ["accounts", "delivery", "directory", "materials", "messages", "programme", "visits", "volunteers"]
