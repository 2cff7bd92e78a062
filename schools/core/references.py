"""Whether rows of other tables refer to a row."""

from collections.abc import Collection

from django.db.models import Model


def is_referenced(row: Model, *, but: Collection[type[Model]] = ()) -> bool:
    """Return whether a row of another table refers to this one; those of the tables `but` do not count."""
    return any(
        relation.related_model._default_manager.filter(**{relation.field.name: row}).exists()
        for relation in row._meta.related_objects
        if relation.related_model not in but
    )
