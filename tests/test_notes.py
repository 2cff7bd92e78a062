"""What a box for notes says: no child's name, and whom to phone with a worry; tests/test_every_page.py reads it on each page."""

from schools.charity.models import Charity
from schools.charity.notes import NOTES, about_notes, about_staff
from schools.erasing.columns import COLUMNS
from tests.house import assert_stated

WITHOUT_THE_SENTENCE = {
    "Agreement.text": "what every volunteer reads",
    "ApiToken.name": "what a program is called",
    "Area.duty_phone": "a number",
    "Charity.address": "of the charity",
    "Charity.concern_name": "of the charity",
    "Charity.concern_phone": "of the charity",
    "Charity.credentials": "of the charity",
    "Charity.data_protection": "of the charity",
    "Charity.name": "of the charity",
    "Charity.privacy_notice": "an address of a page",
    "Charity.accessibility_statement": "an address of a page",
    "Charity.reply_to": "of the charity",
    "Charity.safeguarding_phone": "of the charity",
    "Charity.sender": "of the charity",
    "Contact.imported_from": "of a list of schools",
    "EditedText.text": "what mails say",
    "Feedback.comment": "a NoteField, called otherwise",
    "ImportFile.name": "of a file",
    "ImportRun.file_name": "of a file",
    "ImportRun.header": "of a file",
    "ImportRun.links_name": "of a file",
    "ImportRun.origin": "of a file",
    "PackItem.file_name": "of a file",
    "PackItem.title": "what schools read",
    "PackItem.words": "what schools read",
    "Piece.label": "of equipment",
    "PublicText.draft": "what anybody may read",
    "SafeguardingNotice.role_told": "says itself that it is a role alone; it is where a worry was told",
    "SchoolAnswer.words": "NoteFields on the page of a school, by what is asked",
    "Session.room": "what a room is called",
    "Site.address": "of a place",
    "Site.name": "of a place",
    "Store.address": "of a place",
    "Store.name": "of a place",
    "Store.postcode": "of a place",
    "VisitRequest.role": "a role",
    "VisitRequest.school_name": "of a school",
    "VisitTemplate.name": "of a template",
}
"""Columns that people type into and whose boxes do not say the sentence of notes, each with what is typed there."""


def test_every_column_that_people_type_into_has_the_sentence_beside_its_box_or_says_why_not() -> None:
    typed = {f"{table}.{name}" for table, fates in COLUMNS.items() for name in fates.get("note", "").split()}
    assert_stated(
        {column for column in typed if not column.endswith(NOTES)},
        WITHOUT_THE_SENTENCE,
        add="Let the box of each be a NoteField, named in NOTES (schools/charity/notes.py), or say here what is typed there.",
        remove="Take each out of WITHOUT_THE_SENTENCE: its box has the sentence, or the column is gone.",
    )


def test_the_sentence_names_the_numbers_of_the_charity(db: None) -> None:
    Charity.objects.update(safeguarding_phone="+441632960123")
    assert about_notes() == (
        "Never a child’s name. Not for a worry about a child: phone 01632 960123. "
        "A concern about somebody who works for us never goes into a note: phone our safeguarding lead, 01632 960123."
    )
    Charity.objects.update(concern_phone="+441632960456")
    assert about_staff() == (
        "A concern about somebody who works for us never goes into a note: phone our named person, 01632 960456."
    )
    Charity.objects.update(concern_name="Mary Bell, trustee")
    assert about_staff() == (
        "A concern about somebody who works for us never goes into a note: phone Mary Bell, trustee, 01632 960456."
    )


def test_without_any_number_of_the_charity_the_boxes_lead_to_the_areas_duty_phone(db: None) -> None:
    Charity.objects.update(safeguarding_phone="", concern_phone="", concern_name="Mary Bell")
    assert "Not for a worry about a child: tell the school’s safeguarding lead" in about_notes()
    assert about_staff() == (
        "A concern about somebody who works for us never goes into a note: phone your area’s duty number, and ask for our "
        "safeguarding lead."
    )
