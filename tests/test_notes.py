"""Every box for notes says that no child's name belongs there, and whom to phone with a worry (rule 12)."""

from html.parser import HTMLParser

import pytest
from django.core.cache import cache
from django.test import Client

from schools.charity.models import Charity
from schools.charity.notes import NOTES, about_notes, about_staff
from tests.audience import ROLES
from tests.house import assert_none
from tests.test_audience import World, address_of, world  # noqa: F401  # a fixture
from tests.test_house import named_urls

NO_NOTES = {
    "pasted": "rows of a table",
    "labels": "labels of equipment",
    "words": "what mails say, and what anybody may read",
    "draft": "what anybody may read, before it is published",
    "text": "the agreement, and a text of messages",
    "address": "the charity's own",
}
"""Boxes of many lines that are for no notes, and what is written there."""


class Boxes(HTMLParser):
    """Reads the boxes for words of a page, and the texts that describe them."""

    def __init__(self) -> None:
        super().__init__()
        self.boxes: list[tuple[str, str]] = []
        """The name of each box, and the ids of what describes it."""
        self.texts: dict[str, str] = {}
        self._open: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "").rpartition("-")[2]
        of_one_line = tag == "input" and given.get("type", "text") == "text" and name.endswith(NOTES)
        if (tag == "textarea" and name not in NO_NOTES) or of_one_line:
            self.boxes.append((given.get("name", ""), given.get("aria-describedby", "")))
        if tag not in {"input", "br", "img", "hr", "link", "meta"}:
            self._open.append((tag, given.get("id", "")))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        before = len(self._open)
        self.handle_starttag(tag, attrs)
        del self._open[before:]

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        for _, of in self._open:
            if of:
                self.texts[of] = self.texts.get(of, "") + data

    def without(self, sentence: str) -> list[str]:
        """The names of the boxes that nothing with the sentence describes."""
        return [
            name
            for name, ids in self.boxes
            if not any(sentence in " ".join(self.texts.get(each, "").split()) for each in ids.split())
        ]


@pytest.mark.slow
@pytest.mark.parametrize("role", "MCV")
def test_each_box_for_notes_says_what_never_belongs_there(role: str, world: World) -> None:  # noqa: F811  # the fixture
    Charity.objects.update(safeguarding_phone="+441632960123", concern_name="Mary Bell", concern_phone="+441632960456")
    user = world.people[role]
    assert user is not None
    client = Client()
    client.force_login(user)
    wrong, seen = [], set()
    for name, pattern in named_urls():
        if name in {"account_logout", "admin:logout"}:
            continue
        cache.clear()
        answer = client.get(address_of(name, pattern, world))
        if answer.status_code != 200 or not answer.headers["Content-Type"].startswith("text/html"):
            answer.getvalue()
            continue
        boxes = Boxes()
        boxes.feed(answer.getvalue().decode())
        seen |= {f"{name} {box}" for box, _ in boxes.boxes}
        wrong += [f"{name}: {box}, to a {ROLES[role]}" for box in boxes.without(about_notes())]
    assert_none(wrong, to_do="Make it a NoteField (schools/charity/notes.py), or name it in NO_NOTES with what is written there.")
    assert seen, "there are boxes for notes"


def test_the_sentence_names_the_numbers_of_the_charity(db: None) -> None:
    Charity.objects.update(safeguarding_phone="+441632960123")
    assert about_notes() == (
        "Never a child’s name. Not for a worry about a child: phone 01632 960123. "
        "A concern about somebody who works for us goes to our safeguarding lead by phone, 01632 960123, never into a note."
    )
    Charity.objects.update(concern_phone="+441632960456")
    assert about_staff() == (
        "A concern about somebody who works for us goes to our named person by phone, 01632 960456, never into a note."
    )
    Charity.objects.update(concern_name="Mary Bell, trustee")
    assert about_staff() == (
        "A concern about somebody who works for us goes to Mary Bell, trustee by phone, 01632 960456, never into a note."
    )


def test_without_any_number_of_the_charity_the_boxes_lead_to_the_areas_duty_phone(db: None) -> None:
    Charity.objects.update(safeguarding_phone="", concern_phone="", concern_name="Mary Bell")
    assert "Not for a worry about a child: tell the school’s safeguarding lead" in about_notes()
    assert about_staff() == (
        "A concern about somebody who works for us never goes into a note: phone your area’s duty number, and ask for our "
        "safeguarding lead."
    )
