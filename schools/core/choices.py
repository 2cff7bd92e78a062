"""The template tag for the options of a list to choose from, written in one go: a nation has many areas."""

from collections.abc import Iterable, Iterator
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

type Group = tuple[str | None, list[dict[str, Any]], int]
"""A heading, None: without one; its options as the widget gives them; and the group's place, which nothing needs here."""
OPTION, SELECTED = '<option value="{}">{}</option>', '<option value="{}" selected>{}</option>'
"""Of an option's attributes `selected` alone is written: nothing of ours gives others."""


@register.simple_tag
def options(groups: Iterable[Group]) -> SafeString:
    """Write the groups of options that the widget of a list gives."""
    return mark_safe("\n".join(_lines(groups)))  # noqa: S308  # each line is escaped


def _lines(groups: Iterable[Group]) -> Iterator[SafeString]:
    for heading, of_group, _ in groups:
        if heading:
            yield format_html('<optgroup label="{}">', heading)
        for option in of_group:
            yield format_html(SELECTED if option["selected"] else OPTION, option["value"], option["label"])
        if heading:
            yield mark_safe("</optgroup>")
