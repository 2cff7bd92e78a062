"""The form with which a manager imports a register."""

from typing import Any

from django import forms

from schools.core.periods import AcademicYear
from schools.core.tables import KINDS
from schools.directory.actions import ImportOptions, Upload, academic_year_of_file, day_in_name
from schools.directory.registers import REGISTERS
from schools.office.frame.fields import DayField

MOST_MEGABYTES = 150
NO_TABLE = f"This is not a table that can be read. Choose a file that ends in {', '.join(KINDS[:-1])} or {KINDS[-1]}."
TOO_LARGE = f"This file is larger than {MOST_MEGABYTES} MB. Pack it as .zip or .csv.gz, or check that it is the right one."
LABELS = {
    "gias": "England (GIAS, all establishments)",
    "scotland": "Scotland (summary statistics, or school roll)",
    "wales": "Wales (address list of schools)",
    "northern-ireland": "Northern Ireland (list of institutions)",
}

PUBLISHED = (
    (
        "England",
        "Get Information about Schools, “Establishment fields”",
        "https://get-information-schools.service.gov.uk/Downloads",
    ),
    ("Scotland", "School level summary statistics", "https://www.gov.scot/publications/school-level-summary-statistics/"),
    ("Wales", "Address list of schools", "https://www.gov.wales/address-list-schools"),
    ("Northern Ireland", "the Department of Education’s institution search", "https://www.education-ni.gov.uk/"),
)
"""Where each nation publishes its register of schools: the nation, the name of the list, the address."""


class TableField(forms.FileField):
    """A file with a table. Its content is read later, in the background."""

    widget = forms.ClearableFileInput(attrs={"accept": ",".join((*KINDS, ".gz"))})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.error_messages |= {
            "required": "Choose the file.",
            "empty": "This file is empty. Save or download it again.",
            "max_length": "The file’s name is too long. Give it a shorter one.",
        }

    def to_python(self, data: Any) -> Any:
        """Return the file; refuse one that is too large, or that we cannot read by its name."""
        file = super().to_python(data)
        if file is not None and not str(file.name).lower().endswith(KINDS):
            raise forms.ValidationError(NO_TABLE)
        if file is not None and (file.size or 0) > MOST_MEGABYTES * 1_000_000:
            raise forms.ValidationError(TOO_LARGE)
        return file


class RegisterForm(forms.Form):
    """A register's file, and what we must know to read it."""

    register = forms.ChoiceField(choices=[(name, LABELS.get(name, name)) for name in REGISTERS], label="Which register")
    file = TableField(label="The register’s file", max_length=150, help_text=f"{', '.join(KINDS[:-1])} or {KINDS[-1]}.")
    links = TableField(
        label="File of links",
        max_length=150,
        required=False,
        help_text="England alone: says which school followed which. It comes with the register.",
    )
    day = DayField(
        label="As of",
        required=False,
        help_text="The day that the file speaks of; what is known of a later day stays. Blank: the day or the school year in the "
        "file’s name, or today.",
    )
    complete = forms.BooleanField(
        label="This is the whole register of its nation",
        required=False,
        help_text="Schools that it does not name are marked as missing and listed; none is closed or deleted.",
    )
    authority_column = forms.CharField(
        label="Column that names the authority",
        max_length=100,
        required=False,
        help_text="Northern Ireland alone: its list names none, and a school without authority lies in no area. Add a column "
        "with the district to your copy, and write its name here.",
    )

    def __init__(self, *args: Any, today: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_day(self) -> Any:
        """Refuse a day in the future."""
        day = self.cleaned_data["day"]
        if day and day > self.today:
            raise forms.ValidationError("This day is still to come. A register says what is so already; import it on that day.")
        return day

    def clean(self) -> None:
        """Refuse links except for England, and a column of the authority where the register names authorities itself."""
        register = self.cleaned_data.get("register")
        if register != "gias" and self.cleaned_data.get("links"):
            self.add_error("links", "Only England’s register has a file of links. Leave it out.")
        if self.cleaned_data.get("authority_column") and not (register and REGISTERS[register].chosen_authority):
            self.add_error("authority_column", "This register names the authority of each school itself. Leave it blank.")

    def options(self) -> ImportOptions:
        """Return the options of the import, from the form and from the file's name."""
        data = self.cleaned_data
        name = str(data["file"].name)
        day = data["day"] or day_in_name(name, today=self.today)
        year: AcademicYear | None = academic_year_of_file(name, day=day, today=self.today)
        return ImportOptions(
            register=data["register"],
            day=day or (year.first_day if year else self.today),
            complete=data["complete"],
            roll_year=year.start if year else None,
            authority_column=data["authority_column"],
        )

    def uploads(self) -> tuple[Upload, Upload | None]:
        """Return the register's file, and the file of its links; None where there is none."""
        file, links = self.cleaned_data["file"], self.cleaned_data["links"]
        return Upload(str(file.name), file), Upload(str(links.name), links) if links else None
