"""The form of the questions after a visit."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from schools.delivery.models import QUESTIONS, Opinion
from schools.delivery.questions import ABOUT_PEOPLE, ABOUT_PUPILS, WORDS_OF_QUESTIONS
from schools.school_portal.forms import MOST_FREE, GivenForm
from schools.school_portal.queries import VisitPage
from schools.school_portal.word_boxes import free_box


def _is_asked(question: str, page: VisitPage) -> bool:
    if question == ABOUT_PEOPLE:
        return page.somebody_came
    return page.pupils_were_there or question not in ABOUT_PUPILS


class QuestionsForm(GivenForm):
    """Those of the five questions that are about what took place, and a comment."""

    do = "questions"

    def __init__(self, data: Mapping[str, str] | None, *, page: VisitPage) -> None:
        super().__init__(data)
        own = self.fields.pop("given_by")
        for name, words in WORDS_OF_QUESTIONS.items():
            if not _is_asked(name, page):
                continue
            self.fields[name] = forms.ChoiceField(
                label=words,
                choices=Opinion.choices,
                widget=forms.RadioSelect,
                required=False,
                error_messages={
                    "invalid_choice": _("%(question)s Choose one of the answers on this page.") % {"question": words}
                },
            )
        self.fields["comment"] = free_box(_("Anything that you would like to tell us about the visit"), page.link, most=MOST_FREE)
        self.fields["given_by"] = own

    @property
    def answers(self) -> dict[str, str]:
        """The answers by question; blank: not answered, or not asked."""
        return {name: self.cleaned_data.get(name, "") for name in QUESTIONS}

    def clean(self) -> dict[str, Any]:
        """Refuse a form in which nothing is said."""
        cleaned = super().clean() or {}
        if not any(cleaned.get(name) for name in (*QUESTIONS, "comment")):
            raise forms.ValidationError(_("Answer a question or write a comment; the rest may stay empty."))
        return cleaned
