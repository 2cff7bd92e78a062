"""The lock that lets only one addition of people run at a time, so that one address is not stored twice."""

from django.contrib.contenttypes.models import ContentType


def lock_newcomers() -> None:
    """Wait until nobody else adds volunteers, one or many, and keep others waiting until the transaction ends.

    The row of ContentType for Volunteer stands for the people who are still to come, as in lock_register.
    """
    ContentType.objects.select_for_update(no_key=True).get(app_label="schools", model="volunteer")
