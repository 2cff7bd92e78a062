"""One change of the register at a time."""

from django.contrib.contenttypes.models import ContentType


def lock_register() -> None:
    """Wait until no other import or change of links is under way; held until the transaction ends.

    SQLite's IMMEDIATE transactions wait for each other by themselves; elsewhere the row that names School's table stands for the
    whole register. The lock leaves room for those who only point to the row (permissions do).
    """
    ContentType.objects.select_for_update(no_key=True).get(app_label="schools", model="school")
