"""Texts for the public: headings, lists, bold and links come out; HTML and anything that could run does not."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schools.core.public_texts import html_of
from tests.profiles import examples


def test_a_notice_has_headings_lists_paragraphs_bold_words_and_links() -> None:
    text = (
        "# What we keep\nYour name\nand address, at www.kind.example.org.\n\n- names\n- **phones**\n\n1. ask\n2. read\n\n"
        "## Whom to ask\n[Our page](https://kind.example.org/a?b=1&c=2) or office@kind.example.org"
    )
    assert html_of(text) == (
        "<h2>What we keep</h2>\n"
        '<p>Your name<br>\nand address, at <a href="https://www.kind.example.org">www.kind.example.org</a>.</p>\n'
        "<ul>\n<li>names</li>\n<li><strong>phones</strong></li>\n</ul>\n<ol>\n<li>ask</li>\n<li>read</li>\n</ol>\n"
        "<h3>Whom to ask</h3>\n"
        '<p><a href="https://kind.example.org/a?b=1&amp;c=2">Our page</a> or '
        '<a href="mailto:office@kind.example.org">office@kind.example.org</a></p>\n'
    )


@pytest.mark.parametrize(("text", "tags"), [("### Small\n##### Smaller", ["h2", "h4"]), ("# A\n###### B", ["h2", "h6"])])
def test_the_highest_heading_is_one_below_the_title(text: str, tags: list[str]) -> None:
    assert re.findall(r"<(h\d)>", html_of(text)) == tags


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"),
        ("<b onclick=x>", "<p>&lt;b onclick=x&gt;</p>\n"),
        ("[press](javascript:alert(1))", "<p>[press](javascript:alert(1))</p>\n"),
        ("![picture](https://other.example.org/a.png)", '<p>!<a href="https://other.example.org/a.png">picture</a></p>\n'),
        ("    four blanks before", "<p>four blanks before</p>\n"),
        ("AT&T", "<p>AT&amp;T</p>\n"),
        ("", ""),
    ],
)
def test_what_is_not_of_ours_is_shown_as_typed(text: str, shown: str) -> None:
    assert html_of(text) == shown


@pytest.mark.hypothesis
@settings(max_examples=examples(60))
@given(st.text(alphabet="<>\"'&#-*[]()!:/ \n1.`\\abjs@", max_size=60))
def test_no_text_brings_a_tag_an_attribute_or_a_script_of_its_own(text: str) -> None:
    ours = r'<(?:/?(?:p|h[2-6]|ul|ol|li|strong|em|code)|br|/a|a href="(?:https?:|mailto:|[^":]*")[^"<>]*"?|ol start="\d+")>'
    assert "<" not in re.sub(ours, "", html_of(text))
    assert "javascript:" not in re.findall(r'href="([^"]*)', html_of(text))
