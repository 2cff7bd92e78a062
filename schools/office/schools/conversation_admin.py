"""The admin list of conversations with schools."""

from typing import Any, ClassVar

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from schools.office.frame.list_files import Columns
from schools.office.frame.model_admin import OfficeAdmin
from schools.office.frame.optimistic_forms import OfficeForm
from schools.office.frame.visibility import today
from schools.visits.models import ContactLog
from schools.visits.rules.conversations import reasons_not_to_log


class ContactLogForm(OfficeForm):
    """A conversation with a school. The same rules hold as on the school's page of conversations."""

    def clean(self) -> Any:
        """Refuse impossible days, and a visit to another school."""
        data = super().clean()
        log: ContactLog = self.instance
        school = self.cleaned_data.get("school") or (log.school if log.pk else None)
        day, visit = self.cleaned_data.get("day"), self.cleaned_data.get("visit")
        if school is not None and day is not None:
            follow_up_on = self.cleaned_data.get("follow_up_on")
            for reason in reasons_not_to_log(school, day, follow_up_on=follow_up_on, visit=visit, on=today()):
                self.add_error(None, reason)
        return data


@admin.register(ContactLog)
class ContactLogAdmin(OfficeAdmin):
    """Conversations with schools."""

    form = ContactLogForm
    may_be_deleted = True
    added_by = "by"
    list_display = ("day", "school", "how", "who", "follow_up_on", "by", "next_step")
    # Without the note: what was said stays where it is looked after.
    file_columns: ClassVar[Columns] = {
        "day": lambda log: log.day,
        "school": lambda log: log.school.name,
        "nation": lambda log: log.school.nation,
        "register_id": lambda log: log.school.register_id,
        "how": lambda log: log.how,
        "who": lambda log: log.who,
        "dates_offered": lambda log: log.dates_offered,
        "follow_up_on": lambda log: log.follow_up_on,
        "by": lambda log: str(log.by),
    }
    list_select_related = ("school", "by")
    list_filter = ("how", ("follow_up_on", admin.EmptyFieldListFilter))
    date_hierarchy = "day"
    search_fields = ("school__name", "who", "note")
    autocomplete_fields = ("school", "visit")
    fields = ("school", "visit", "day", "how", "who", "note", "dates_offered", "follow_up_on")
    fixed_once_made = ("school",)

    @admin.display(description="what next")
    def next_step(self, log: ContactLog) -> SafeString:
        """Return a link to the page for the next conversation: whom to ring, what was said before, a form."""
        address = reverse("admin:log-talk", args=[log.school_id])
        return format_html(
            '<a href="{}">Log a conversation<span class="visually-hidden"> with {}</span></a>', address, log.school
        )
