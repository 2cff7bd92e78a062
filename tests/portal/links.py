"""What the tests of answering from a mail share: a link as mails carry it, and what is on its page."""

import html
import re
from collections.abc import Sequence
from typing import Any

from django.test import Client
from django.urls import reverse

from schools.models import Cover, OutboxMessage, Session, Volunteer
from schools.visits.answer_links import Purpose, question_about, token_of

ACTION = re.compile(r'<form method="post" action="([^"]+)"')
HEADING = re.compile(r"<h1>\s*(.*?)\s*</h1>", re.DOTALL)
IN_MAIL = re.compile(r"^(?P<words>[^\n:]+): https?://[^/\s]+(?P<path>/answer/\S+)$", re.MULTILINE)


def path_to(volunteer: Volunteer, sessions: Sequence[Session], purpose: str = "yes") -> str:
    """The path of the link that a mail to the volunteer has about these sessions, as they stand in these objects."""
    assert volunteer.user is not None
    question = question_about(sessions, volunteer=volunteer.pk, purpose=Purpose(purpose))
    return reverse("answer", args=[token_of(question, volunteer.user)])


def links_in(body: object) -> list[tuple[str, str]]:
    """The words and the path of each link to answer in the text of a mail, in its order."""
    return [(match["words"], match["path"]) for match in IN_MAIL.finditer(str(body))]


def heading_of(answer: Any) -> str:
    """The heading of the page."""
    match = HEADING.search(answer.content.decode())
    assert match
    return html.unescape(match[1])


def button_of(answer: Any) -> str:
    """Where the page's one button leads; "" where it has none."""
    actions = ACTION.findall(answer.content.decode())
    assert len(actions) <= 1
    return html.unescape(actions[0]) if actions else ""


def press(path: str, client: Client | None = None) -> Any:
    """Open the link and press the button of its page; the page that is shown then."""
    client = client or Client()
    button = button_of(client.get(path))
    assert button
    return client.post(button, follow=True)


def everything() -> list[Any]:
    """The rows that a link could change."""
    tables: tuple[Any, ...] = (Cover, Cover.history.model, Session, OutboxMessage)
    return [list(table.objects.order_by("pk").values()) for table in tables]
