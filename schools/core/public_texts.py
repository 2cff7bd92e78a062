"""Texts that a charity writes for the public, as HTML: paragraphs, headings, lists, bold and links, and nothing else.

They are written in a part of Markdown. HTML that somebody types is shown as it was typed, never rendered. What stands in braces
is filled in where it has a value, and shown as it was typed where it has none.
"""

import re
from collections.abc import Iterable, Mapping

from django.utils.html import urlize
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

RULES = ("heading", "list", "emphasis", "link", "newline", "escape", "backticks")
FIRST, LAST = 2, 6
"""Levels of headings: the page's title is the first, and HTML has six."""

IN_BRACES = re.compile(r"\{([^{}]*)\}")
"""What is filled in, as people type it: “{charity}”."""

_markdown = MarkdownIt("zero", {"breaks": True}).enable(list(RULES))


def html_of(text: str, values: Mapping[str, str] | None = None) -> SafeString:
    """Return the text as HTML. Its highest headings are of the second level; web and e-mail addresses are links.

    `values` is what is filled in, by name. A value is words and never markup, whatever signs it has.
    """
    tokens = _markdown.parse(text)
    levels = [int(token.tag[1]) for token in tokens if token.type == "heading_open"]
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) - min(levels) + FIRST, LAST)}"
        token.children = list(_finished(token.children, values or {})) if token.children else token.children
    html: str = _markdown.renderer.render(tokens, _markdown.options, {})
    return mark_safe(html)  # noqa: S308  # no HTML of the text is rendered, and links lead to no scripts


def _finished(tokens: Iterable[Token], values: Mapping[str, str]) -> Iterable[Token]:
    """Yield the tokens of a line with what is filled in, and addresses in its words as links, except within a link."""
    within = 0
    for token in tokens:
        within += token.nesting if token.type.startswith("link_") else 0
        if token.type == "text":
            token.content = IN_BRACES.sub(lambda named: values.get(named[1]) or named[0], token.content)
        if token.type == "text" and not within:
            yield Token("html_inline", "", 0, content=urlize(token.content, autoescape=True))
        else:
            yield token
