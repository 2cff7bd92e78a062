"""The forms with which a table is handed in, and its columns are matched by hand."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from schools.charity.models import ONE_LINE
from schools.core.tables import KINDS as ENDINGS
from schools.directory.actions import OwnTable, Upload
from schools.office.registers.forms.imports import TableField
from schools.office.registers.kinds import PageKind

MOST_PASTED = 2_000_000
"""Characters that can be pasted; a larger table is handed in as a file."""
PASTED = "pasted.csv"


class TableForm(forms.Form):
    """A table: its kind, and its file or what was copied in a spreadsheet."""

    kind = forms.ChoiceField(label="What is in it", widget=forms.RadioSelect)
    file = TableField(label="The file", max_length=150, required=False, help_text=f"{', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}.")
    pasted = forms.CharField(
        label="Or paste it here",
        required=False,
        strip=False,
        max_length=MOST_PASTED,
        widget=forms.Textarea(attrs={"rows": 8, "autocomplete": "off", "spellcheck": "false"}),
        help_text="Copy the rows in your spreadsheet, with the row of column names, and paste them.",
        error_messages={"max_length": "This is too much to paste. Save the spreadsheet and hand in the file."},
    )

    origin = forms.CharField(
        label="Of people at schools: from where the list is",
        required=False,
        max_length=200,
        validators=[ONE_LINE],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="They read it in the first mail to an address that is new to you, such as “the council’s list of schools of "
        "May 2026”. Blank: they read “a list of people at schools”.",
    )

    def __init__(self, *args: Any, kinds: Mapping[str, PageKind], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["kind"]
        assert isinstance(choice, forms.ChoiceField)  # noqa: S101  # as declared above
        choice.choices = [(name, kind.label) for name, kind in kinds.items()]
        choice.error_messages |= {"required": "Choose what is in the table."}
        if not self.is_bound and self.initial.get("kind") in kinds:
            self.fields["pasted"].widget.attrs["autofocus"] = True

    def clean(self) -> None:
        """Ask for the file or the pasted rows: one of them."""
        file, pasted = self.cleaned_data.get("file"), self.cleaned_data.get("pasted", "")
        if self.errors.keys() & {"file", "pasted"}:
            return
        if file and pasted.strip():
            self.add_error("pasted", "There is a file and something pasted. Leave out one of them.")
        elif not file and not pasted.strip():
            self.add_error("file", "Choose the file, or paste the rows below.")
        elif pasted and "\0" in pasted:
            self.add_error("pasted", "This is no text of a spreadsheet. Copy the rows again.")

    def upload(self) -> Upload:
        """Return the file, or what was pasted as a file."""
        if file := self.cleaned_data["file"]:
            return Upload(str(file.name), file)
        return Upload(PASTED, io.BytesIO(as_csv(self.cleaned_data["pasted"]).encode()))


def as_csv(pasted: str) -> str:
    """Return rows copied in a spreadsheet as CSV. Cells are between tabs; without tabs between semicolons or commas."""
    text = pasted.replace("\r\n", "\n").replace("\r", "\n").lstrip("\n")
    first = text.partition("\n")[0]
    sign = next((sign for sign in "\t;," if sign in first), "\t")
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=sign, strict=True))
    except csv.Error:  # a quotation mark that begins a cell and means nothing: then none of them means anything
        rows = [line.split(sign) for line in text.splitlines()]
    target = io.StringIO()
    csv.writer(target).writerows(rows)
    return target.getvalue()


def in_words(column: str) -> str:
    """Return our name for a column as people read it, like “decided on”; a file may have it so, too."""
    return column.replace("_", " ")


class MatchForm(forms.Form):
    """Which column of a file is which of ours."""

    def __init__(self, *args: Any, header: Iterable[str], read: Iterable[str], kind: PageKind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.table: OwnTable = kind.table.table
        choices = [("", "not read"), *((name, in_words(name)) for name in kind.columns)]
        for number, (name, ours) in enumerate(zip(header, read, strict=True)):
            if name:
                self.fields[f"column-{number}"] = forms.ChoiceField(
                    label=name, choices=choices, required=False, initial=ours, error_messages={"invalid_choice": "Choose one."}
                )

    def clean(self) -> None:
        """Refuse two columns for one, and a needed column that nothing gives."""
        chosen = [str(value) for value in self.cleaned_data.values() if value]
        twice = [name for name, value in self.cleaned_data.items() if value and chosen.count(value) > 1]
        for name in twice:
            self.add_error(name, "Two columns cannot both be this one. Choose “not read” for one of them.")
        if missing := [name for name in self.table.needs if name not in chosen]:
            raise forms.ValidationError(
                f"Say which column is {' and which is '.join(map(in_words, missing))}: without it nothing can be read."
            )

    def chosen(self, header: Iterable[str]) -> list[str]:
        """Return for each column of the file what was chosen; "" for what is not read."""
        return [str(self.cleaned_data.get(f"column-{number}", "")) for number, _ in enumerate(header)]
