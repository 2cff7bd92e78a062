"""What a box for notes says: no child's name, and whom to phone with a worry; tests/test_every_page.py reads it on each page."""

from schools.charity.models import Charity
from schools.charity.notes import about_notes, about_staff


def test_the_sentence_names_the_numbers_of_the_charity(db: None) -> None:
    Charity.objects.update(safeguarding_phone="+441632960123")
    assert about_notes() == (
        "Never a child’s name. Not for a worry about a child: phone 01632 960123. "
        "A concern about somebody who works for us goes to our safeguarding lead by phone, 01632 960123, never into a note."
    )
    Charity.objects.update(concern_phone="+441632960456")
    assert about_staff() == (
        "A concern about somebody who works for us goes to our named person by phone, 01632 960456, never into a note."
    )
    Charity.objects.update(concern_name="Mary Bell, trustee")
    assert about_staff() == (
        "A concern about somebody who works for us goes to Mary Bell, trustee by phone, 01632 960456, never into a note."
    )


def test_without_any_number_of_the_charity_the_boxes_lead_to_the_areas_duty_phone(db: None) -> None:
    Charity.objects.update(safeguarding_phone="", concern_phone="", concern_name="Mary Bell")
    assert "Not for a worry about a child: tell the school’s safeguarding lead" in about_notes()
    assert about_staff() == (
        "A concern about somebody who works for us never goes into a note: phone your area’s duty number, and ask for our "
        "safeguarding lead."
    )
