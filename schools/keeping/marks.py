"""Addresses to which nothing can be sent, and which go with the last row that knew them."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from schools.erasing.others import is_somebodys
from schools.messages.models import SuppressedAddress
from schools.messages.suppression import forget


def forget_nobodys(addresses: Iterable[str]) -> None:
    """Erase what is kept about those of the e-mail addresses that nobody here has; called once the rows are gone.

    A stranger's address, or one that was mistyped, would else be kept for ever, without anybody by whom it could be erased. That
    its owner wants nothing more sent stays, under a hash.
    """
    for address in sorted(SuppressedAddress.objects.by_address(each for each in addresses if each)):
        if not is_somebodys(address):
            forget(address)


def delete_with_marks(rows: "QuerySet[Any]", *columns: str) -> None:
    """Delete the rows, with the marks of addresses that stand in these columns and are nobody's afterwards."""
    addresses = [address for row in rows.values_list(*columns) for address in row]
    rows.delete()
    forget_nobodys(addresses)
