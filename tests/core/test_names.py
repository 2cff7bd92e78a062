"""Free text that may name a child is found; what volunteers usually write is not."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from schools.core import names
from schools.core.names import looks_like_a_name


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("A boy called Tom was upset.", "Tom"),
        ("Tom said that it hurt.", "Tom"),
        ("Aisha Khan was very quiet", "Aisha"),
        ("All well. Then O’Brien left early.", "O’Brien"),
        ("we spoke to Siân’s class", "Siân’s"),
        ("Year 5 were lovely, Zoë especially", "Zoë"),
    ],
)
def test_a_word_that_may_be_a_name_is_found(text: str, word: str) -> None:
    assert looks_like_a_name(text) == word


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The screen did not work, so we did without.",
        "Year 6 came late on Thursday. I’d book the hall next time.",
        "Sound was poor. Everybody was kind!\nThe KS2 assembly began at 10.",
        "SEND pupils sat at the front; they were asked first",
        "It was in English, not Welsh.",
    ],
)
def test_what_people_usually_write_is_not(text: str) -> None:
    assert looks_like_a_name(text) == ""


def test_the_script_of_a_phone_has_the_same_patterns() -> None:
    script = (Path(settings.BASE_DIR) / "schools/static/portal/judge.js").read_text(encoding="utf-8")
    patterns = script.partition("const NAMES = {")[2].partition("\n  };\n")[0]
    keys = re.split(r"^ {4}(\w+): ", patterns, flags=re.MULTILINE)[1:]
    found = {key: "|".join(re.findall(r"String\.raw`([^`]*)`", rest)) for key, rest in zip(keys[::2], keys[1::2], strict=True)}
    assert found == {"ordinary": names.ORDINARY, "beginnings": names.BEGINNINGS, "verbs": names.VERBS, "ends": names.ENDS}
