"""Rows that are dear to make, made once for all tests of a module or a class."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from pytest_django import DjangoDbBlocker


@contextmanager
def kept_for_several_tests(blocker: DjangoDbBlocker) -> Iterator[None]:
    """Take back at the end what is made inside; for a fixture of scope "module" or "class" that asks for `django_db_setup` too.

    What each test changes is taken back after it. Transactional tests cannot stand among them.
    """
    with blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)
