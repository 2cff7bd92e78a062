"""Reading a mail as people do: its text, its HTML, and the facts that both have to hold."""

import re
from email.message import EmailMessage as Received
from email.parser import BytesParser
from email.policy import default
from html.parser import HTMLParser
from typing import Any, cast

from django.core.mail import EmailMessage

BLOCKS = {"p", "li", "br", "td", "title", "div"}


class Shown(HTMLParser):
    """The lines of an HTML mail as they are shown, its addresses, and every tag and attribute."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.lines = [""]
        self.addresses: list[str] = []
        self.buttons: list[str] = []
        self.tags: set[str] = set()
        self.attributes: dict[str, list[str]] = {}
        self._hidden = ""
        self._in_button = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, []).append(value or "")
        found = dict(attrs)
        self._in_button = self._in_button or (tag == "table" and found.get("class") == "button")
        if tag == "a":
            self.addresses.append(found.get("href") or "")
            if self._in_button:
                self.buttons.append(found.get("href") or "")
        if tag in {"style", "title"}:
            self._hidden = tag
        if tag in BLOCKS:
            self.lines.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._hidden:
            self._hidden = ""
        if tag == "table":
            self._in_button = False
        if tag in BLOCKS:
            self.lines.append("")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.lines[-1] += data

    @property
    def shown(self) -> list[str]:
        """The lines without those that are blank; white space counts once, as in a browser."""
        lines = (" ".join(line.split()) for line in self.lines)
        return [line for line in lines if line]


def html_of(mail: EmailMessage) -> str:
    """The HTML of a mail: the first form beside its text; only what is for a calendar stands behind it."""
    html, *others = cast("Any", mail).alternatives
    assert html.mimetype == "text/html"
    assert [other.mimetype.partition(";")[0] for other in others] in ([], ["text/calendar"])
    return str(html.content)


def lines_of_text(text: str) -> list[str]:
    """The lines of the text as its HTML has them: bullets are drawn there, and addresses stand behind words."""
    below = re.sub(r"(?m)^([^/\n]+: )(https?://\S+)$", r"\1\n\2", text.replace("\n-- \n", "\n"))
    lines = (" ".join(line.removeprefix("- ").split()) for line in below.split("\n"))
    return [line for line in lines if line]


def received(mail: EmailMessage) -> Received:
    """The mail as its reader’s program gets it, from the bytes that went out."""
    return BytesParser(policy=default).parsebytes(mail.message().as_bytes())


def everything_in(mail: EmailMessage) -> str:
    """All that its reader’s program gets, decoded: headers, text, HTML, files, and what is for a calendar."""
    whole = received(mail)
    headers = [f"{name}: {value}" for name, value in whole.items()]
    parts = [(part.get_content_type(), str(part.get_content())) for part in whole.walk() if not part.is_multipart()]
    # A long line of a calendar goes on in the next one.
    return "\n".join([*headers, *(re.sub(r"\r?\n[ \t]", "", text) if "calendar" in kind else text for kind, text in parts)])


def assert_says_the_same(mail: EmailMessage) -> Shown:
    """The HTML shows the lines of the text, in order, and leads to the same addresses; it loads nothing and runs nothing."""
    shown, text = Shown(html_of(mail)), lines_of_text(str(mail.body))
    addresses = [line for line in text if re.fullmatch(r"https?://\S+", line)]
    # A line that ends with a colon and the address below it are one link in HTML.
    behind = {address for address in shown.addresses if address not in shown.shown}
    expected = [line for line in text if line not in behind]
    assert [line.removesuffix(":") for line in shown.shown] == [line.removesuffix(":") for line in expected]
    assert set(shown.addresses) <= set(addresses)
    assert behind <= set(addresses)
    assert shown.tags.isdisjoint({"img", "script", "link", "iframe", "form", "object", "svg"})
    assert [name for name in shown.attributes if name.startswith("on") or name in {"src", "background", "srcset"}] == []
    return shown
