"""The boxes for notes on a page, and the texts that describe them (rule 12)."""

from html.parser import HTMLParser

from schools.charity.notes import NOTES

NO_NOTES = {
    "pasted": "rows of a table",
    "labels": "labels of equipment",
    "words": "what mails say, and what anybody may read",
    "draft": "what anybody may read, before it is published",
    "text": "the agreement, and a text of messages",
    "address": "the charity's own",
    "credentials": "the charity's own",
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
