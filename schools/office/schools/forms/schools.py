"""The form of a school."""

from typing import Any

from schools.core.words import long_day
from schools.directory.rules import is_closed_by_people, reasons_not_to_close
from schools.office.frame.optimistic_forms import OfficeForm
from schools.office.frame.visibility import today


class SchoolForm(OfficeForm):
    """A school. Of one that its register does not name any more, a manager says here whether it has closed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.says_closing = "closed" in self.fields and is_closed_by_people(self.instance)
        if self.says_closing:
            since = long_day(self.instance.missing_since)
            self.fields["status"].help_text = (
                f"The register does not name it since {since}, and never says that a school has closed. "
                "Ask the school, or its authority. A later register that names it opens it again."
            )
            self.fields["closed"].label = "Closed on"
            self.fields["closed"].help_text = "The last day on which it was open."

    def clean(self) -> Any:
        """Refuse a status that people cannot give the school, and a last day that does not go with it."""
        data = super().clean()
        if self.says_closing and {"status", "closed"} <= self.cleaned_data.keys():
            status, closed = self.cleaned_data["status"], self.cleaned_data["closed"]
            for reason in reasons_not_to_close(self.instance, status=status, closed=closed, on=today()):
                self.add_error("closed", reason)
        return data
