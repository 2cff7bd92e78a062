"""Texts that a charity writes for the public, as HTML: paragraphs, headings, lists, bold and links, and nothing else.

They are written in a part of Markdown. HTML that somebody types is shown as it was typed, never rendered.
"""

from collections.abc import Iterable

from django.utils.html import urlize
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

RULES = ("heading", "list", "emphasis", "link", "newline", "escape", "backticks")
FIRST, LAST = 2, 6
"""Levels of headings: the page's title is the first, and HTML has six."""

_markdown = MarkdownIt("zero", {"breaks": True}).enable(list(RULES))


def html_of(text: str) -> SafeString:
    """Return the text as HTML. Its highest headings are of the second level; web and e-mail addresses are links."""
    tokens = _markdown.parse(text)
    levels = [int(token.tag[1]) for token in tokens if token.type == "heading_open"]
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) - min(levels) + FIRST, LAST)}"
        token.children = list(_with_links(token.children)) if token.children else token.children
    html: str = _markdown.renderer.render(tokens, _markdown.options, {})
    return mark_safe(html)  # noqa: S308  # no HTML of the text is rendered, and links lead to no scripts


def _with_links(tokens: Iterable[Token]) -> Iterable[Token]:
    """Yield the tokens of a line with addresses in its words as links, except within a link."""
    within = 0
    for token in tokens:
        within += token.nesting if token.type.startswith("link_") else 0
        if token.type == "text" and not within:
            yield Token("html_inline", "", 0, content=urlize(token.content, autoescape=True))
        else:
            yield token
