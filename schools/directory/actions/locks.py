"""The lock that lets only one change of the register run at a time."""

from django.contrib.contenttypes.models import ContentType


def lock_register() -> None:
    """Wait until no other import or change of links is running, and keep others waiting until the transaction ends.

    On SQLite IMMEDIATE transactions wait for each other by themselves. On PostgreSQL the row of ContentType for School stands for
    the whole register. The lock does not block rows that only point to it (as permissions do).
    """
    ContentType.objects.select_for_update(no_key=True).get(app_label="schools", model="school")
