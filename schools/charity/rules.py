"""Reasons why a text cannot be published."""

import re
import unicodedata
from collections.abc import Mapping

from schools.charity.models import LONGEST_PUBLIC_TEXT
from schools.charity.placeholders import GIVE_IT
from schools.core.public_texts import IN_BRACES

GAP = re.compile(r"\[[^\]\n]*\](?!\()")
"""What a draft leaves open, such as “[say where]”; words in square brackets before an address in round ones are a link."""


def reasons_not_to_keep(words: str) -> list[str]:
    """Return the reasons why the words cannot be kept, not even as a draft."""
    reasons = []
    if not words.strip():
        reasons.append("There is no text. Write it, or begin with the draft that comes with the program.")
    if len(words) > LONGEST_PUBLIC_TEXT:
        reasons.append(f"It has {len(words):,} characters. Write at most {LONGEST_PUBLIC_TEXT:,}.")
    if any(unicodedata.category(sign) in {"Cc", "Cs"} and sign != "\n" for sign in words):
        reasons.append("It has a character that no page can show. Type it anew.")
    return reasons


def reasons_not_to_publish(words: str, values: Mapping[str, str]) -> list[str]:
    """Return the reasons why the words cannot be published; `values` is what is filled in, by name."""
    reasons = reasons_not_to_keep(words)
    for name in dict.fromkeys(IN_BRACES.findall(words)):
        if name not in values:
            reasons.append(f"Nothing can be filled in for {{{name}}}. The list beside the text has what can.")
        elif not values[name]:
            reasons.append(f"There is nothing to fill in for {{{name}}} yet. {GIVE_IT}")
    rest = IN_BRACES.sub("", words)
    if "{" in rest or "}" in rest:
        reasons.append("A brace stands alone. Braces are only for what is filled in, such as {charity}.")
    reasons += [f"“{gap}” is still open. Write what is true of you, or take it out." for gap in dict.fromkeys(GAP.findall(words))]
    return reasons
