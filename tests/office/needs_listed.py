"""The rows behind a line of home, for tests of several lines."""

from typing import Any

from django.test import Client


def listed(client: Client, key: str) -> list[Any]:
    """The rows of the need: home's number says how many, and its link lists them."""
    line = next(line for line in client.get("/admin/").context["lines"] if line.need.key == key)
    rows = list(client.get(line.address).context["cl"].queryset)
    assert len(rows) == line.number, key
    return rows
