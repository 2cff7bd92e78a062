"""The tags that write an office page's frame, and the addresses in it."""

import re
from datetime import date
from pathlib import Path

from django import forms
from django.conf import settings
from django.template import Context, Template
from django.urls import reverse

from schools.office.frame.pages import addresses
from schools.office.frame.tags import error_summary
from schools.volunteers.models import Volunteer

UPLOAD = ("_upload.html", "Show what it would change")
"""What reads a file is the next step of its page."""


def rendered(source: str, **context: object) -> str:
    """Return what the template renders, with its white space closed up."""
    html = Template("{% load frame %}" + source).render(Context(context))
    return re.sub(r"\s+", " ", re.sub(r"\s+(?=<)|(?<=>)\s+", "", html)).strip()


class BoxForm(forms.Form):
    pieces = forms.IntegerField()


def test_a_table_scrolls_in_a_box_that_its_heading_names() -> None:
    assert rendered('{% table "visits-heading" "narrow" %}<tbody></tbody>{% endtable %}') == (
        '<div class="table-scroll" role="group" aria-labelledby="visits-heading" tabindex="0">'
        '<table class="office-table narrow"><tbody></tbody></table></div>'
    )


def test_a_table_without_a_heading_has_a_label_which_is_escaped() -> None:
    html = rendered("{% table label=found %}<tbody></tbody>{% endtable %}", found='Schools like "Beck"')
    assert 'aria-label="Schools like &quot;Beck&quot;"' in html
    assert "aria-labelledby" not in html


def test_a_fact_stands_under_its_name_and_its_content_keeps_its_escaping() -> None:
    html = rendered("{% facts %}{% fact name %}<b>{{ value }}</b>{% endfact %}{% endfacts %}", name="A & B", value="1 < 2")
    assert html == '<dl class="facts"><div><dt>A &amp; B</dt><dd><b>1 &lt; 2</b></dd></div></dl>'


def test_the_name_of_a_fact_may_lead_somewhere() -> None:
    html = rendered('{% fact "Store" address="/admin/" %}7{% endfact %}')
    assert html == '<div><dt><a href="/admin/">Store</a></dt><dd>7</dd></div>'


def test_a_link_beside_the_heading_takes_a_query() -> None:
    source = '{% page_links %}{% page_link "admin:visit-move" 5 day="2026-12-01" back="/admin/" %}Move it{% endpage_link %}'
    html = rendered(source + "{% endpage_links %}")
    address = "/admin/visit/5/move/?day=2026-12-01&amp;back=/admin/"
    assert html == f'<ul class="object-tools"><li><a href="{address}">Move it</a></li></ul>'


def test_links_that_few_need_are_folded_at_the_end_of_those_beside_the_heading() -> None:
    link = '{% page_link "admin:parcels" 5 %}Parcels{% endpage_link %}'
    html = rendered("{% page_links %}{% more_links %}" + link + "{% endmore_links %}{% endpage_links %}")
    assert html == (
        '<ul class="object-tools"><li class="more-links"><details name="header"><summary>More</summary><ul class="user-menu">'
        '<li><a href="/admin/visit/5/parcels/">Parcels</a></li></ul></details></li></ul>'
    )


def test_what_shows_other_rows_looks_the_same_on_every_page() -> None:
    files = (Path(settings.BASE_DIR) / "templates" / "office").rglob("*.html")
    button = re.compile(r'<button[^>]*class="([^"]*)"[^>]*>\s*((?:Show|Search|Find)\b[^<]*?)\s*<')
    buttons = {file.name: button.findall(file.read_text(encoding="utf-8")) for file in files}
    looks = {(name, words): classes for name, found in buttons.items() for classes, words in found}
    assert len(looks) > 10
    assert {key: classes for key, classes in looks.items() if classes != "button" and key != UPLOAD} == {}


def test_whoever_shares_a_first_name_is_called_by_the_whole_name() -> None:
    people = [Volunteer(pk=number, name=name) for number, name in enumerate(("Eileen Wallace", "Eileen Holliday", "Asha Patel"))]
    source = "{% for person in people %}{% called_among person people %}, {% endfor %}{% called_among people.0 no_such_name %}"
    assert rendered(source, people=people) == "Eileen Wallace, Eileen Holliday, Asha, Eileen"


def test_the_error_summary_has_every_reason_and_leads_to_each_wrong_box() -> None:
    html = rendered("{% error_summary forms reasons %}", forms=[BoxForm({}), BoxForm({"pieces": "1"})], reasons=["It is late."])
    assert "<li>It is late.</li>" in html
    assert '<li><a href="#id_pieces">Pieces: This field is required.</a></li>' in html
    assert html.count("<li>") == 2


def test_nothing_wrong_needs_no_error_summary() -> None:
    assert error_summary([BoxForm({"pieces": "1"})], []) == ""
    assert rendered("{% error_summary no_such_name %}") == ""
    assert "That could not be done yet" in rendered("{% error_summary always=True %}")


def test_the_addresses_of_many_rows_are_those_that_each_has_by_itself() -> None:
    of_school, of_day = addresses("admin:call", 0), addresses("admin:visit-day", 0, date.min)
    for pk, day in ((7, date(2026, 10, 1)), (1000, date(2030, 1, 10))):
        assert of_school(pk) == reverse("admin:call", args=[pk])
        assert of_day(pk, day) == reverse("admin:visit-day", args=[pk, day])
