"""How the part of a day's form about one session is laid out: what is needed on every morning first, the rest folded away."""

from typing import Any, Protocol

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Layout
from django import forms
from django.utils.translation import gettext

from schools.delivery import guests, mixed
from schools.delivery.guests import GuestBoxes
from schools.delivery.queries import SchoolGroup
from schools.visits.models import Session


class Part(Protocol):
    """What is laid out: a session, its boxes, and which of them are expected, unexpected and of guests."""

    session: Session
    fields: dict[str, forms.Field]
    expected: dict[str, SchoolGroup]
    unexpected: dict[str, SchoolGroup]
    guests: GuestBoxes

    def has_value(self, name: str) -> bool:
        """Whether the box has a value or an error."""


def plain_helper(*layout: Any) -> FormHelper:
    """Return a helper that draws these boxes with our own templates, inside a form that the page writes."""
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True
    helper.field_template = "delivery/_field.html"
    helper.layout = Layout(*layout)
    return helper


def helper_of(part: Part) -> FormHelper:
    """Return the order of the boxes: whether it went ahead, the children, and folded away what is seldom needed."""
    if not part.session.type.is_for_pupils:
        return plain_helper("version", "went_ahead", "cancelled_code", Div("adults", template="delivery/_children.html"))
    again = ["pupils_are"] if "pupils_are" in part.fields else []
    children = Div(_counts(*(part.expected or part.unexpected)), *again, _seldom(part), template="delivery/_children.html")
    children.can_tally = True
    return plain_helper("version", "went_ahead", "cancelled_code", children)


def _seldom(part: Part) -> Div:
    boxes: list[Any] = []
    if part.expected:
        boxes.append(_folded(part, gettext("Another year group was there"), _counts(*part.unexpected)))
    if "total" in part.fields:
        boxes.append(_folded(part, gettext("I only know how many came all together"), _counts("total")))
    boxes += _nested(part, [(str(words), [name, f"{name}_of"]) for name, words in mixed.LISTS.items()])
    if part.guests.are_shown:
        lists = part.guests.of_lists.items()
        boxes += _nested(part, [(str(guests.LISTS[name][0]), [name, _counts(*numbers)]) for name, numbers in lists])
    return _folded(part, gettext("Others came, or counted otherwise"), *boxes, "count_basis")


def _counts(*names: str) -> Div:
    return Div(*names, css_class="counts")


def _nested(part: Part, lists: list[tuple[str, list[Any]]]) -> list[Any]:
    """Fold each list into the one before it, so that the page stays short."""
    further: list[Any] = []
    for words, boxes in reversed(lists):
        further = [_folded(part, words, *boxes, *further)]
    return further


def _folded(part: Part, words: str, *boxes: Any) -> Div:
    """Return the boxes folded away; unfolded where one of them has a value or an error."""
    folded = Div(*boxes, template="delivery/_more.html")
    folded.words = words
    folded.is_open = any(part.has_value(name) for name in _names_in(folded))
    return folded


def _names_in(layout: Div) -> list[str]:
    return [name for box in layout.fields for name in ([box] if isinstance(box, str) else _names_in(box))]
