"""`manage.py migrate`: Django's, which makes an empty database as it is today instead of taking it through every version.

Migrations make the tables that the models say, and data that they move is not there yet (tests/test_migrations.py holds both). So
on an empty database the models make the tables, at once, and all migrations count as applied: a tenth of the time.
"""

from typing import Any

from django.apps import apps
from django.core.management.base import CommandParser, no_translations
from django.core.management.commands import migrate
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import DEFAULT_DB_ALIAS, connections, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor

ONLY_A_PART = ("app_label", "fake", "fake_initial", "plan", "check_unapplied", "prune", "step_by_step")
"""Options with which not all migrations shall be applied now, or each by itself."""


class Command(migrate.Command):
    """Makes the tables of an empty database, or brings those that are there up to this version."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Add a way to apply every migration, on an empty database too."""
        super().add_arguments(parser)
        parser.add_argument("--step-by-step", action="store_true", help="apply each migration, on an empty database too")

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        """Make the tables at once where there is none, else do as Django does."""
        connection = connections[options["database"]]
        if any(options[name] for name in ONLY_A_PART) or is_in_use(connection):
            super().handle(*args, **options)
            return
        executor = MigrationExecutor(connection)
        plan = [migration for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]
        if not plan:  # the tests' settings: there are no migrations
            super().handle(*args, **options)
            return
        verbosity, interactive = options["verbosity"], options["interactive"]
        emit_pre_migrate_signal(verbosity, interactive, connection.alias)
        make_tables(connection, executor, plan)
        emit_post_migrate_signal(verbosity, interactive, connection.alias)
        if verbosity:
            self.stdout.write(f"The database was empty: its tables are made, and {len(plan)} migrations count as applied.")


def is_in_use(connection: BaseDatabaseWrapper) -> bool:
    """Whether it has tables, or is another name for the primary or its replica (schools/core/databases.py)."""
    return connection.alias != DEFAULT_DB_ALIAS or bool(connection.introspection.table_names())


def make_tables(connection: BaseDatabaseWrapper, executor: MigrationExecutor, plan: list[Migration]) -> None:
    """Make the tables of all models and note the migrations, all or nothing."""
    with connection.schema_editor() as editor:
        for model in apps.get_models():
            if model._meta.can_migrate(connection) and router.allow_migrate_model(connection.alias, model):
                editor.create_model(model)
        editor.create_model(executor.recorder.Migration)
        for migration in plan:
            executor.record_migration(migration.app_label, migration.name)
    executor.check_replacements()
