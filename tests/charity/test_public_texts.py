"""The texts that anybody may read: drafts that nobody else sees, whole versions, and what is filled in."""

from datetime import UTC, datetime

import pytest
from django.conf import settings
from hypothesis import HealthCheck, assume, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from schools.charity.actions import TextOvertaken, keep_draft, keep_public_texts, publish, take_down, version_of
from schools.charity.drafts import DRAFTS
from schools.charity.models import Charity, PublicText
from schools.charity.placeholders import all_placeholders, values
from schools.charity.published import Key, not_standing, reasons_not_to_blank, stand, standing
from schools.charity.queries import current, kept_for_one_request
from schools.charity.rules import GAP, reasons_not_to_publish
from schools.core.errors import RuleBroken
from schools.core.public_texts import IN_BRACES, html_of
from schools.keeping.periods import PERIODS
from tests.public_texts import published

pytestmark = pytest.mark.django_db

EN = "en-gb"
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


def publish_now(words: str, key: str = "privacy", language: str = EN) -> PublicText:
    return publish(key, language, words, seen=version_of(key, language), now=NOW)


def test_a_draft_is_read_by_nobody_until_it_is_published() -> None:
    keep_draft("privacy", EN, "We keep little.", seen=0)
    assert standing("privacy") is None
    publish_now("We keep little.")
    text = standing("privacy")
    assert text
    assert (text.words, text.version, text.published_at) == ("We keep little.", 1, NOW)
    keep_draft("privacy", EN, "We keep less.", seen=version_of("privacy", EN))
    text = standing("privacy")
    assert text
    assert (text.words, text.version) == ("We keep little.", 1)


def test_both_texts_have_to_stand_in_the_usual_language() -> None:
    assert not_standing() == ["Privacy notice", "Accessibility statement"]
    published("privacy")
    published("accessibility", language="cy")
    assert not_standing() == ["Accessibility statement"]
    assert not stand()
    published("accessibility")
    assert stand()
    take_down("privacy", EN, seen=version_of("privacy", EN))
    assert not stand()


def test_publishing_twice_makes_one_version_and_taking_down_keeps_the_words_as_a_draft() -> None:
    publish_now("We keep little.")
    publish("privacy", EN, "We keep little.", seen=0, now=NOW)  # the same button, pressed again
    assert PublicText.objects.get().version == 1
    take_down("privacy", EN, seen=version_of("privacy", EN))
    take_down("privacy", EN, seen=0)
    row = PublicText.objects.get()
    assert (row.words, row.draft, row.version) == ("", "We keep little.", 1)
    assert publish_now("We keep little.").version == 2


def test_of_two_managers_the_second_reads_what_the_first_stored() -> None:
    seen = version_of("privacy", EN)
    keep_draft("privacy", EN, "Mine.", seen=seen)
    with pytest.raises(TextOvertaken):
        keep_draft("privacy", EN, "Theirs.", seen=seen)
    with pytest.raises(TextOvertaken):
        publish("privacy", EN, "Theirs.", seen=seen, now=NOW)
    publish_now("Mine.")
    with pytest.raises(TextOvertaken):
        take_down("privacy", EN, seen=seen)
    assert PublicText.objects.get().words == "Mine."


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("", "There is no text."),
        ("Ask {contact}.", "There is nothing to fill in for {contact} yet."),
        ("Ask {nobody}.", "Nothing can be filled in for {nobody}."),
        ("Ask {us.", "A brace stands alone."),
        ("It is in [say where].", "“[say where]” is still open."),
        ("a\x07b", "It has a character that no page can show."),
        ("x" * 30_001, "It has 30,001 characters. Write at most 30,000."),
    ],
)
def test_what_cannot_stand_is_refused_with_what_to_do(words: str, reason: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        publish_now(words)
    assert any(reason in each for each in refused.value.reasons)
    assert not PublicText.objects.exists()


def test_a_link_in_square_brackets_is_no_gap() -> None:
    publish_now("Read [how](https://ico.org.uk/).")
    assert stand() is False


def test_what_a_published_text_fills_in_cannot_be_blanked() -> None:
    Charity.objects.update(reply_to="office@kind.example.org")
    published("privacy", "Ask {contact}.")
    assert [name for name, _ in reasons_not_to_blank(["reply_to", "name", "cycle_years"])] == ["reply_to"]
    assert list(reasons_not_to_blank(["name"])) == []


def test_nobody_publishes_what_fills_in_a_fact_that_a_colleague_has_just_blanked() -> None:
    Charity.objects.update(reply_to="office@kind.example.org")
    with kept_for_one_request():
        assert current().reply_to == "office@kind.example.org"
        Charity.objects.update(reply_to="")
        with pytest.raises(RuleBroken, match="contact"):
            publish_now("Ask {contact}.")


@pytest.mark.parametrize("key", Key)
def test_a_built_in_draft_leaves_open_what_nobody_can_know_and_knows_the_rest(key: Key) -> None:
    draft = DRAFTS[key]
    Charity.objects.update(
        name="Kind Words", address="1 High Street", reply_to="office@kind.example.org", data_protection="Tom Hale"
    )
    gaps = GAP.findall(draft)
    assert gaps
    assert len(reasons_not_to_publish(draft, values())) == len(set(gaps))
    assert reasons_not_to_publish(GAP.sub("nothing", draft), values()) == []


def test_the_notice_says_the_periods_of_the_purge(settings: object) -> None:
    names = {placeholder.name for placeholder in all_placeholders()}
    assert {f"{period.unit}_{period.name.replace('-', '_')}" for period in PERIODS} <= names
    assert set(IN_BRACES.findall(DRAFTS[Key.PRIVACY])) <= names
    settings.SPEAKOUT_KEEP_VOLUNTEERS_MONTHS = 84  # type: ignore[attr-defined]  # pytest-django's
    assert "{months_volunteers} months" in DRAFTS[Key.PRIVACY]
    assert "84 months" in html_of(DRAFTS[Key.PRIVACY], values())


def test_what_the_version_before_published_is_carried_over_once() -> None:
    charity = Charity.objects.get()
    charity.privacy_notice = "We keep little."
    charity.save()
    since = charity.history.latest("history_id").history_date
    charity.name = "Kind Words"
    charity.save()
    keep_public_texts()
    row = PublicText.objects.get()
    assert (row.key, row.language, row.words, row.version, row.published_at) == (
        "privacy", settings.LANGUAGE_CODE, "We keep little.", 1, since,
    )  # fmt: skip
    take_down("privacy", EN, seen=version_of("privacy", EN))
    keep_public_texts()
    assert PublicText.objects.get().words == ""


@given(value=st.text(max_size=40), before=st.text(alphabet="ab*_`[]()<>&\\ \n#-", max_size=20))
@examples(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_value_is_words_and_never_markup(value: str, before: str) -> None:
    assume("{" not in before)
    html = html_of(f"{before} {{name}}", {"name": f"<b>{value}</b> *x* [a](javascript:b)"})
    assert "<b>" not in html
    assert 'href="javascript' not in html
