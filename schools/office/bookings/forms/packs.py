"""The form of a text or file that schools get beforehand."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from schools.core.errors import RuleBroken
from schools.office.frame.optimistic_forms import OfficeForm
from schools.programme.actions import attach
from schools.programme.models import MOST_MEGABYTES, FileKind, PackItem
from schools.programme.rules import reasons_not_to_attach, reasons_says_nothing, reasons_too_large

ACCEPTED = ",".join(f".{ending}" for ending in (*FileKind.values, "jpeg"))


class PackItemForm(OfficeForm):
    """What it is, its language and title; words, a file, or both. Another file takes the place of the one that is there."""

    file = forms.FileField(
        label="File",
        required=False,
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
        error_messages={
            "empty": "This file is empty. Look whether it is the right one, and choose it again.",
            "max_length": "The file’s name is too long. Give it a shorter one.",
        },
    )

    class Meta:
        model = PackItem
        fields = ("session_type", "kind", "language", "title", "words")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = f"A PDF, a Word file or slides without macros, or a PNG or JPEG picture, of {MOST_MEGABYTES} MB at most."
        there = f" It has {self.instance.file_words}; another file takes its place." if self.instance.size else ""
        self.fields["file"].help_text = f"{kinds}{there} It goes to schools as it is: no pupil’s name in it, and no volunteer’s."

    def stored(self, name: str) -> Any:
        """Return what is stored for the box; of the file its name and size."""
        return self.instance.file_words if name == "file" else super().stored(name)

    def clean_file(self) -> tuple[str, bytes] | None:
        """Return name and bytes; refuse what is too large before it is read, then what is no file that schools can open."""
        file: UploadedFile[bytes] | None = self.cleaned_data["file"]
        if file is None:
            return None
        name = str(file.name)
        if reasons := reasons_too_large(name, file.size or 0):
            raise RuleBroken(reasons)
        content = file.read()
        if reasons := reasons_not_to_attach(name, content):
            raise RuleBroken(reasons)
        return name, content

    def clean(self) -> Any:
        """Refuse a row that says nothing; put the file into the row, after the look at what was shown of it."""
        data = super().clean()
        if not self.errors:
            if file := self.cleaned_data["file"]:
                attach(self.instance, *file)
            if reasons := reasons_says_nothing(self.cleaned_data["words"], self.instance.size):
                raise RuleBroken(reasons)
        return data
