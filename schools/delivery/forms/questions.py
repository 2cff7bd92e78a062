"""The question about a number that is far from the expected one: asked once, and the answer goes with the report.

The server writes beside each box what surprises nobody and what to ask about everything else. The phone's script asks by that,
and so it asks the same without signal.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from schools.delivery.rules import SURPRISE, ordinary_counts, question_about

SURE = "sure"
"""The name of the answers, in a part of the form: each says of which box and of which number somebody is sure."""

UNASKED = "unasked"
"""The name of a mark on reports that were made where nothing was asked, so that nobody is asked afterwards either."""

IT_IS_RIGHT = _("Yes, %(number)s is right")


@dataclass(frozen=True)
class Answer:
    """The box to tick below a surprising number."""

    name: str
    value: str
    words: str
    is_given: bool


def ask(form: forms.Form, name: str, *, expected: int | None) -> None:
    """Let the form's box ask about numbers that are far from the expected one; None: nobody knows what to expect."""
    box: Any = form.fields[name]
    box.expected, box.is_sure, box.answer = expected, False, None
    if expected is None:
        return
    least, most = ordinary_counts(expected)
    box.widget.attrs |= {
        "data-usual-least": least,
        "data-usual-most": most,
        "data-surprise": str(SURPRISE) % {"number": "{number}", "expected": f"{expected:,}"},
        "data-sure": form.add_prefix(SURE),
    }
    if form.initial.get(name) is not None:
        box.widget.attrs["data-known"] = form.initial[name]


def questions_in(form: forms.Form, cleaned: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each box with a surprising number of which nobody is sure yet, and the question; a stored number is asked no more."""
    data: Any = form.data
    if form.add_prefix(UNASKED) in data:
        return
    given = set(data.getlist(form.add_prefix(SURE)) if hasattr(data, "getlist") else data.get(form.add_prefix(SURE), ()))
    for name, box in form.fields.items():
        number = cleaned.get(name)
        question = question_about(number, getattr(box, "expected", None))
        if not question or number == form.initial.get(name):
            continue
        value = f"{name}={number}"
        words = str(IT_IS_RIGHT) % {"number": f"{number:,}"}
        box.answer = Answer(form.add_prefix(SURE), value, words, value in given)  # type: ignore[attr-defined]  # set by ask
        box.is_sure = value in given  # type: ignore[attr-defined]  # set by ask
        if value not in given:
            yield name, f"{question} {gettext('If it is right, tick the box; if not, change the number.')}"
