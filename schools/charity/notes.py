"""What every box for a note says beside its own hint: what is never written there, and whom to phone instead (rule 12)."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.functional import lazy
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from schools.charity.queries import current, remembered

NOTES = ("note", "notes", "parking", "reason", "why", "dates_offered", "by_role")
"""How the names of columns and boxes end in which people write notes; room numbers, roles and names are none."""


def about_notes() -> str:
    """Return what no note may hold, and the number of the charity's safeguarding lead where there is one.

    Put together once in a request and language: many pages have it beside several boxes.
    """
    return remembered(f"about notes, {get_language()}", _about_notes)


def _about_notes() -> str:
    if phone := current().phone:
        whom = _("Not for a worry about a child: phone %(phone)s.") % {"phone": phone.as_national}
    else:
        whom = _("Not for a worry about a child: tell the school’s safeguarding lead, and phone your area’s duty number.")
    return f"{_('Never a child’s name.')} {whom} {about_staff()}"


def about_staff() -> str:
    """Return where a concern about somebody who works for the charity goes: to the named person, by phone.

    Until a manager gives that person's number, the safeguarding phone stands for it; without either, the area's duty number.
    """
    charity = current()
    if phone := charity.phone_for_concerns:
        facts = {"name": charity.concern_name or _("our named person"), "phone": phone.as_national}
        return _("A concern about somebody who works for us never goes into a note: phone %(name)s, %(phone)s.") % facts
    if phone := charity.phone:
        facts = {"name": _("our safeguarding lead"), "phone": phone.as_national}
        return _("A concern about somebody who works for us never goes into a note: phone %(name)s, %(phone)s.") % facts
    return _(
        "A concern about somebody who works for us never goes into a note: phone your area’s duty number, and ask for our "
        "safeguarding lead."
    )


def _with_warning(hint: Any) -> str:
    # The columns of some tables say the first sentence by themselves.
    own = str(hint).replace("Never a pupil's name.", "").strip()
    return f"{own} {about_notes()}".strip()


with_warning = lazy(_with_warning, str)
"""A hint with what no note may hold, worked out when it is shown: the charity's number may change, and so may the language."""


class NoteField(forms.CharField):
    """A box for a note: its hint says what never belongs there."""

    def __init__(self, *, rows: int = 0, help_text: Any = "", **kwargs: Any) -> None:
        if rows:
            kwargs["widget"] = forms.Textarea(attrs={"rows": rows})
        super().__init__(help_text=with_warning(help_text), **kwargs)


def warn_of_notes(fields: Iterable[tuple[str, forms.Field]]) -> None:
    """Put the warning beside each box of a form whose name says that it is for notes."""
    for name, field in fields:
        if name.endswith(NOTES) and isinstance(field, forms.CharField):
            field.help_text = with_warning(field.help_text)
