"""The one Django app: the tables of all slices, and what must exist after every migrate."""

from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, post_save, pre_migrate


def _keep_what_is_built_in(*, using: str, **_: Any) -> None:
    """Keep groups, permissions, the charity and its texts, built-in types and templates, triggers, the search and the planner."""
    # Imported here because these modules need the models, which are not loaded yet when Django imports this one.
    from schools.accounts.actions import keep_roles
    from schools.charity.actions import keep_charity, keep_public_texts
    from schools.core.planner import keep_planner_settings
    from schools.core.searchable import keep_search
    from schools.erasing.triggers import keep_earlier_values
    from schools.materials.triggers import keep_triggers
    from schools.programme.actions import keep_built_in_types
    from schools.reach.triggers import keep_changes_noted
    from schools.recovery.triggers import keep_record_as_it_is
    from schools.visits.actions.templates import keep_built_in_templates
    from schools.volunteers.triggers import keep_looks_as_they_are

    keep_roles(using=using)
    keep_charity(using=using)
    keep_public_texts(using=using)
    keep_built_in_types(using=using)
    keep_built_in_templates(using=using)
    keep_triggers(using=using)
    keep_looks_as_they_are(using=using)
    keep_record_as_it_is(using=using)
    keep_earlier_values(using=using)
    keep_changes_noted(using=using)
    keep_search(using=using)
    keep_planner_settings(using=using)


def _let_tables_be_rebuilt(*, using: str, **_: Any) -> None:
    """Take triggers away that stand in the way of a migration."""
    from schools.reach.triggers import let_tables_be_rebuilt

    let_tables_be_rebuilt(using=using)


def _give_slices_what_is_further_up() -> None:
    """Register with slices further down what they need of slices that they do not know."""
    from schools.charity.placeholders import register as register_placeholders
    from schools.directory import forgetting
    from schools.directory import sources as directory_sources
    from schools.directory.models import Contact
    from schools.erasing.taken_back import FORGETTER
    from schools.keeping.placeholders import PLACEHOLDERS
    from schools.messages import direct, opting_out, sources
    from schools.messages.sms import register_numbers
    from schools.planning.opting_out import OF_EARLIER_OBJECTION, OF_EARLIER_QUESTION, OF_OBJECTION, OF_QUESTION
    from schools.visits.contact_emails import NEW_CONTACT, OF_NEW_CONTACT
    from schools.visits.queries.merged_people import earlier_names
    from schools.volunteers import earlier_names as names_of_volunteers
    from schools.volunteers.emails import OF_INVITATION
    from schools.volunteers.models import Volunteer

    direct.register_holding({"invitation": OF_INVITATION, NEW_CONTACT: OF_NEW_CONTACT})
    register_numbers(Contact)
    register_placeholders(PLACEHOLDERS)
    sources.register(directory_sources.KEEPER)
    directory_sources.register_given(Volunteer)
    opting_out.register(directory_sources.OBJECTION, OF_OBJECTION)
    opting_out.register(directory_sources.OBJECTION_OF_CONTACT, OF_EARLIER_OBJECTION)
    opting_out.register(OF_QUESTION.in_links, OF_QUESTION)
    opting_out.register("school-due", OF_EARLIER_QUESTION)
    forgetting.register(FORGETTER)
    names_of_volunteers.register(earlier_names)


def _sqlite_has_json(*, connection: Any, **_: Any) -> None:
    """Let Django know that SQLite has JSON, which every SQLite that it supports has.

    Left to itself it finds out in a transaction that writes. While an import writes for minutes that fails, and Django takes it
    for an answer: every page of that thread would fail from then on.
    """
    if connection.vendor == "sqlite":
        connection.features.supports_json_field = True


class SchoolsConfig(AppConfig):
    """The app that holds Speakout's tables."""

    name = "schools"
    verbose_name = "Speakout"

    def ready(self) -> None:
        """Connect the receiver that keeps what is built in, and register our checks of settings and of the installation."""
        from allauth.mfa.signals import authenticator_added

        import schools.accounts.checks
        import schools.charity.checks
        import schools.core.checks
        import schools.keeping.checks  # noqa: F401  # all four register themselves
        from schools.accounts.proofs import keep_first_factor
        from schools.charity.models import Charity
        from schools.charity.queries import forget
        from schools.messages.direct import register as register_senders
        from schools.messages.kinds import register
        from schools.messages.texts import register as register_texts
        from schools.running.health import watch

        for place in ("running.checks", "messages.health", "office.registers.health", "recovery.health", "backups.health"):
            watch.register(import_module(f"schools.{place}").CHECKS)

        for place in (
            "visits.kinds", "visits.school_kinds", "visits.coordinator_kinds", "visits.school_request_kinds",
            "visits.school_reminders", "visits.volunteer_reminders", "visits.outcome_kinds", "visits.alarm_kinds",
            "visits.offer_kinds", "visits.school_change_kinds", "visits.chosen_kinds", "visits.contact_kinds",
            "volunteers.kinds", "planning.kinds",
        ):  # fmt: skip
            register(import_module(f"schools.{place}").KINDS)
        for place in ("volunteers", "recovery"):
            register_senders(import_module(f"schools.{place}.senders").OF_DIRECT)
        for place in ("visits", "volunteers", "planning"):
            register_texts(import_module(f"schools.{place}.texts").TEXTS)
        _give_slices_what_is_further_up()

        connection_created.connect(_sqlite_has_json, dispatch_uid="sqlite-has-json")
        authenticator_added.connect(keep_first_factor, dispatch_uid="keep-first-factor")
        pre_migrate.connect(_let_tables_be_rebuilt, sender=self, dispatch_uid="let-tables-be-rebuilt")
        post_migrate.connect(_keep_what_is_built_in, sender=self, dispatch_uid="keep-what-is-built-in")
        post_save.connect(forget, sender=Charity, dispatch_uid="read-the-charity-again")
