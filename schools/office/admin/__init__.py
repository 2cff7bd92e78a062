"""Every ModelAdmin of the office, one module a slice."""

from schools.office.admin import (
    accounts,
    delivery,
    directory,
    doors,
    materials,
    messages,
    programme,
    reach,
    templates,
    terms,
    visits,
    volunteers,
)

__all__ = [
    "accounts",
    "delivery",
    "directory",
    "doors",
    "materials",
    "messages",
    "programme",
    "reach",
    "templates",
    "terms",
    "visits",
    "volunteers",
]
