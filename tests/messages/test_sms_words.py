"""An SMS is one part: counted as phone companies count, cut by whole facts, and its link whole or not there."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schools.messages.sms_words import GSM, GSM_OF_TWO, fits, in_one_sms, is_gsm, places
from tests.profiles import examples

LINK = "https://speakout.example.org/mornings/12/2026-11-24/"


@pytest.mark.parametrize(
    ("text", "number", "is_one_part"),
    [
        ("a" * 160, 160, True),
        ("a" * 161, 161, False),
        ("€" * 80, 160, True),
        ("€" * 80 + "a", 161, False),
        ("[]" * 40, 160, True),
        ("é£$\n" * 40, 160, True),
        ("ŵ" * 70, 70, True),
        ("ŵ" + "a" * 70, 71, False),
        ("\N{SCHOOL}" * 35, 70, True),
        ("\N{SCHOOL}" * 36, 72, False),
        ("", 0, True),
    ],
)
def test_places_are_counted_as_phone_companies_count_them(text: str, number: int, *, is_one_part: bool) -> None:
    assert (places(text), fits(text)) == (number, is_one_part)


def test_the_alphabet_has_as_many_characters_as_the_standard() -> None:
    """GSM 03.38 has 128 places, of which one leads to the second table, with ten characters that are in use."""
    assert (len(GSM), len(GSM_OF_TWO)) == (127, 10)
    assert not GSM & GSM_OF_TWO


def test_marks_of_printing_become_those_of_a_typewriter() -> None:
    assert in_one_sms(["You’re down for “Oak” – 9:15–10:45\N{NO-BREAK SPACE}am…"]) == 'You\'re down for "Oak" - 9:15-10:45 am...'


def test_letters_stay_while_there_is_room_and_lose_their_accents_before_a_fact_is_lost() -> None:
    assert in_one_sms(["Cancelled: Ysgol Llŷn, 9:15 am"]) == "Cancelled: Ysgol Llŷn, 9:15 am"
    facts = ["Cancelled: Ysgol Llŷn, Tue 24 Nov, 9:15 am", "Cancelled: Ysgol Tŷ Gwyn, Tue 24 Nov, 1:15 pm"]
    text = in_one_sms(facts, LINK)
    assert text == "Cancelled: Ysgol Llyn, Tue 24 Nov, 9:15 am\nCancelled: Ysgol Ty Gwyn, Tue 24 Nov, 1:15 pm\n" + LINK


def test_a_fact_is_worth_more_than_the_link_and_none_is_cut() -> None:
    fact = "Cancelled: " + "Oak " * 10 + "Primary, Tue 24 Nov, 9:15 am"
    assert in_one_sms([fact], LINK) == f"{fact.replace('  ', ' ')}\n{LINK}"
    assert in_one_sms([fact, "Moved: Ash, Tue 24 Nov, 1:15 pm"], LINK).splitlines()[1:] == ["Moved: Ash, Tue 24 Nov, 1:15 pm"]
    three = in_one_sms([fact, fact, fact], LINK).splitlines()
    assert three[-1] in {"(and 2 more: see your mail)", LINK}
    assert three[1] == "(and 2 more: see your mail)"
    assert in_one_sms(["a" * 200], LINK) == ""
    assert in_one_sms([], LINK) == ""


@settings(max_examples=examples(100))
@given(st.lists(st.text(min_size=1, max_size=90), min_size=1, max_size=5), st.sampled_from([LINK, ""]))
def test_whatever_is_told_is_one_part_and_the_link_is_whole(facts: list[str], link: str) -> None:
    text = in_one_sms(facts, link)
    assert places(text) <= (160 if is_gsm(text) else 70)
    assert not link or link not in text or text.endswith(link)
    assert "https" not in text.replace(LINK, "")
