"""Names are taken apart the same way whoever writes them, on the shapes of real names and on whatever is typed."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schools.core.search_words import (
    END_OF_NAME,
    GENERIC,
    has_near_forms,
    near_forms,
    pieces_of,
    places_of_address,
    plain,
    words_of,
    words_of_row,
)


@pytest.mark.parametrize(
    "names",
    [
        ("St Michael's", "St. Michaels", "saint michael’s", "SAINT MICHAELS", "St. Michael`s"),
        ("Allithwaite CofE", "Allithwaite C of E", "allithwaite c.e.", "Allithwaite (CE)", "Allithwaite C/E",
         "Allithwaite C. of E.",
         "Allithwaite Church of England"),
        ("Holy Cross RC School", "Holy Cross R.C. School", "holy cross roman catholic school", "Holy Cross Catholic School"),
        ("Hapton CofE/Methodist", "Hapton Church of England Methodist", "Hapton CE/Methodist"),
        ("Ysgol Llanddôna", "ysgol llanddona"),
        ("Bunscoil Bheanna Boirche Ó Néill", "bunscoil bheanna boirche o neill"),
        ("Ysgol Tŷ’r Ŵyn", "ysgol tyr wyn"),
        ("SS Peter & Paul", "Saints Peter and Paul", "st peter + paul"),
        ("Stoke-on-Trent", "stoke on trent"),
        ("Gt. Yarmouth Jnr", "great yarmouth junior"),
        ("Straße, Łódź, Ærø", "strasse lodz aero"),
    ],
)  # fmt: skip
def test_one_name_written_in_several_ways_has_the_same_words(names: tuple[str, ...]) -> None:
    assert len({tuple(words_of(name)) for name in names}) == 1, [words_of(name) for name in names]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("LA9 4XX", ["la9·4xx"]),
        ("la9 4", ["la9·4"]),
        ("ca145px", ["ca145px"]),
        ("Fellside, LA9 4XX", ["fellside", "la9·4xx"]),
        ("asha.bell@example.org", ["asha", "bell", "example", "org"]),
        ("123-4567", ["123", "4567"]),
        ("nice", ["nice"]),
        ("Pace Coffee Rcade", ["pace", "coffee", "rcade"]),
        ("", []),
        ("& – ’ _", ["and"]),
        ("李小龍", ["李小龍"]),
    ],
)
def test_a_text_has_these_words(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@given(st.text())
@example("ΐ İ ŉ ½ ¨a")
def test_taking_apart_what_was_taken_apart_changes_nothing(text: str) -> None:
    assert plain(plain(text)) == plain(text)
    words = words_of(text)
    assert all(word and not set(word) & set(" ¦№≈'’") for word in words)
    assert [word for piece in pieces_of(text.upper().lower()) for word in piece.words] == words_of(text.upper().lower())


@given(st.text(st.characters(codec="ascii")) | st.text())
@example("St. Mary`s & 'Old' SCHOOL")
def test_a_text_is_taken_apart_the_same_whether_an_accent_stands_behind_it_or_none(text: str) -> None:
    assert plain(f"{text}é") == f"{plain(text)}e"


@given(st.text(), st.text(), st.text(max_size=9))
def test_the_words_of_a_row_are_apart_by_single_blanks_and_begin_with_the_name(name: str, other: str, number: str) -> None:
    row = words_of_row(name, others=[other], numbers=[number], postcode="LA9 4XX")
    assert row == " ".join(row.split(" "))
    assert "" not in row.split(" ")
    assert row.split(f"{END_OF_NAME}")[0].split() == words_of(name)
    assert {"la94xx", "la9·4xx"} <= set(row.split(" "))


def differ_by_one(left: str, right: str) -> bool:
    """Whether one letter is wrong, missing, too many or elsewhere, tried out letter by letter."""
    shorter = {left} | {left[:at] + left[at + 1 :] for at in range(len(left))}
    return any(right == word or any(right == word[:at] + letter + word[at:] for at in range(len(word) + 1) for letter in right)
               for word in shorter)  # fmt: skip


@given(st.text("abcd", min_size=1, max_size=7), st.text("abcd", min_size=1, max_size=7))
@example("allithwaite", "alithwaite")
@example("michael", "micheal")
@example("grange", "grqnge")
def test_words_are_near_when_one_letter_differs(left: str, right: str) -> None:
    assert bool(near_forms(left) & near_forms(right)) == (differ_by_one(left, right) or differ_by_one(right, left))


def test_near_forms_are_kept_only_of_words_that_tell_names_apart() -> None:
    assert [word for word in ("allithwaite", "school", "john", "jo", "2nd", "saint") if has_near_forms(word)] == [
        "allithwaite",
        "john",
    ]
    assert all(word == plain(word) for word in GENERIC)


@pytest.mark.parametrize(
    ("address", "places"),
    [
        ("Church Road, Allithwaite, Grange-over-Sands, Cumbria", ["Allithwaite", "Grange-over-Sands", "Cumbria"]),
        ("1 High Street, Kendal", ["Kendal"]),
        ("St James's Passage, London", ["St James's Passage", "London"]),
        ("", []),
        (" , ,", []),
    ],
)
def test_an_address_names_places_but_no_street(address: str, places: list[str]) -> None:
    assert places_of_address(address) == places


def test_a_name_with_an_apostrophe_is_found_by_its_second_part() -> None:
    row = words_of_row("Aoife O’Neill").split(" ")
    assert {"aoife", "oneill", "neill"} <= set(row)
