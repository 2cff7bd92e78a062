"""Forms as a browser without scripts sends them."""

import re
from collections.abc import Mapping
from html import unescape
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from django.http import HttpRequest
from django.test import Client

from schools.accounts.models import User


def hidden(body: str) -> dict[str, list[str]]:
    """The hidden boxes of a page's forms, as a browser would send them."""
    found: dict[str, list[str]] = {}
    for box in re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", body):
        name, value = re.search(r'name="([^"]+)"', box), re.search(r'value="([^"]*)"', box)
        if name and value:
            found.setdefault(name[1], []).append(value[1])
    return found


def saved(client: Client, address: str, typed: Mapping[str, Any]) -> Any:
    """The answer to what was typed into the form at the address."""
    return client.post(address, {**hidden(client.get(address).content.decode()), **typed})


def take_back(client: Client, answer: Any) -> Any:
    """Press *Undo this* in the bar that the page says once, as a browser would send it, and return what that leads to."""
    (form,) = re.findall(r'<form[^>]*aria-label="Undo: .*?</form>', answer.content.decode(), re.DOTALL)
    to = re.search(r'action="([^"]+)"', form)
    assert to
    boxes = {name: [unescape(value) for value in values] for name, values in hidden(form).items()}
    return client.post(unescape(to[1]), boxes, follow=True)


def shows_second_factor(client: Client, user: User) -> None:
    """Note in the session of who was signed in without a page that the second factor was shown, too."""
    request = HttpRequest()
    request.session = client.session
    record_authentication(request, user, method="mfa")
    request.session.save()
