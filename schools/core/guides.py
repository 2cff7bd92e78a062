"""The guides of docs/ as HTML: read from the files that ship with the app, safe under the content security policy.

Raw HTML in a guide is shown as text. Pictures come from the static files (docs/pictures, under `guide/`). What only
developers and operators need stands between two marks and is left out.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from django.conf import settings
from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

DOCS = Path(settings.BASE_DIR) / "docs"

GUIDES = {
    "office": "office-guide.md",
    "volunteer": "volunteer-guide.md",
    "files": "imports.md",
    "figures": "figures.md",
    "words": "words.md",
}
"""The file of each guide in docs/, by its name in addresses; the other documents are for developers and operators."""

NOT_ON_PAGES = re.compile(r"<!-- not on the pages -->.*?<!-- on the pages -->\n?", re.DOTALL)
"""What whoever reads a guide in the app has no use for: commands, modules, tests. On GitHub the marks are not seen."""

_markdown = MarkdownIt("js-default")


@dataclass(frozen=True)
class Guide:
    """A guide, ready to be shown."""

    name: str
    """Its name in addresses."""
    title: str
    html: SafeString
    """Everything below the title."""
    sections: tuple[tuple[str, str], ...]
    """The anchor and the words of each heading, in their order."""
    chapters: tuple[tuple[str, str], ...]
    """Those of `sections` that are headings of the second level."""


@cache
def guide_named(name: str, *, address: str) -> Guide:
    """Return the guide. `address` is that of a guide, with `{name}` where its name stands: links between guides become such.

    It is rendered once for each process. Raises KeyError for a name that GUIDES does not have.
    """
    tokens = _markdown.parse(NOT_ON_PAGES.sub("", (DOCS / GUIDES[name]).read_text(encoding="utf-8")))
    headings = tuple(_give_anchors(tokens))
    sections = tuple((anchor, words) for _, anchor, words in headings)
    chapters = tuple((anchor, words) for tag, anchor, words in headings if tag == "h2")
    # The first heading is the title of the page, which shows it by itself.
    html = _markdown.renderer.render(list(_made_ours(tokens[3:], address)), _markdown.options, {})
    safe = mark_safe(html)  # noqa: S308  # our own files, and no raw HTML of theirs is rendered
    return Guide(name, headings[0][2], safe, sections, chapters)


def missing_guides() -> list[str]:
    """Return the files of GUIDES that are not where the app looks for them."""
    return [file for file in GUIDES.values() if not (DOCS / file).is_file()]


def anchor_of(heading: str) -> str:
    """Return the anchor of a heading, as it is on GitHub: small, hyphens for spaces, no other signs."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def _give_anchors(tokens: Sequence[Token]) -> Iterable[tuple[str, str, str]]:
    """Give each heading its anchor; yield its level (h1, h2, …), anchor and words. Of equal anchors the second ends in -1."""
    seen: Counter[str] = Counter()
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            words = "".join(part.content for part in inline.children or ())
            anchor = anchor_of(words)
            opening.attrSet("id", f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor)
            seen[anchor] += 1
            yield opening.tag, str(opening.attrGet("id")), words


def _made_ours(tokens: Iterable[Token], address: str) -> Iterable[Token]:
    """Yield the tokens with links between guides, pictures from the static files, and tables in boxes that scroll."""
    for token in tokens:
        token.children = list(_made_ours(_without_dead_links(token.children), address)) if token.children else token.children
        match token.type:
            case "link_open":
                token.attrSet("href", _address_of(str(token.attrGet("href")), address))
            case "image":
                token.attrSet("src", static(f"guide/{Path(str(token.attrGet('src'))).name}"))
                token.attrSet("loading", "lazy")
            case "table_open":
                yield _html('<div class="table-scroll" role="group" aria-label="Table" tabindex="0">')
                token.attrSet("class", "office-table")
            case "th_open" | "td_open":
                # Aligned columns come with an inline style, which the policy refuses.
                token.attrs.pop("style", None)
        yield token
        if token.type == "table_close":
            yield _html("</div>")


def _html(text: str) -> Token:
    return Token("html_block", "", 0, content=text)


def _without_dead_links(tokens: Iterable[Token]) -> Iterable[Token]:
    """Yield the tokens without links to files that are no guides; their words stay."""
    dead = False
    for token in tokens:
        if token.type == "link_open":
            dead = not _leads_somewhere(str(token.attrGet("href")))
        if token.type not in {"link_open", "link_close"} or not dead:
            yield token


def _leads_somewhere(href: str) -> bool:
    file = href.partition("#")[0]
    return not file or file in GUIDES.values() or file.startswith("https://")


def _address_of(href: str, address: str) -> str:
    file, sign, anchor = href.partition("#")
    names = {file: name for name, file in GUIDES.items()}
    return f"{address.format(name=names[file])}{sign}{anchor}" if file in names else href
