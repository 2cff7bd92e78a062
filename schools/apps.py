"""The one Django app: its slices' tables, and what must be there after every migrate."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


def _keep_what_is_built_in(*, using: str, **_: Any) -> None:
    """Groups and their permissions, built-in types and templates, the ledger's triggers, the names' index; after a flush too."""
    from schools.accounts.actions import keep_roles
    from schools.directory.name_index import keep_name_index
    from schools.materials.triggers import keep_triggers
    from schools.programme.actions import keep_built_in_types
    from schools.visits.actions.templates import keep_built_in_templates

    keep_roles(using=using)
    keep_built_in_types(using=using)
    keep_built_in_templates(using=using)
    keep_triggers(using=using)
    keep_name_index(using=using)


class SchoolsConfig(AppConfig):
    """Speakout."""

    name = "schools"
    verbose_name = "Speakout"

    def ready(self) -> None:
        """Connect the receiver that keeps groups and built-in types, and register our checks."""
        import schools.accounts.checks  # noqa: F401  # registers itself

        post_migrate.connect(_keep_what_is_built_in, sender=self, dispatch_uid="keep-what-is-built-in")
