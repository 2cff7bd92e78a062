"""Reasons why mails cannot say a text in other words."""

import re
import unicodedata

from schools.messages.texts import IN_BRACES, Part, Text

_MARKUP = re.compile(r"</?[a-z!][^<>]*>|&#?\w+;", re.IGNORECASE)
"""What HTML is made of. Mails are plain words, so their readers would see it."""
_SIGNATURE = re.compile(r"^--\s*$", re.MULTILINE)


def reasons_not_to_say(known: Text, words: str) -> list[str]:
    """Return the reasons why mails cannot say these words in place of the built-in text."""
    if not words.strip():
        return [f"{known.part.words} cannot be empty. Write something, or go back to the built-in one."]
    return [*_reasons_of_form(known.part, words), *_reasons_of_signs(words), *_reasons_of_placeholders(known, words)]


def _reasons_of_form(part: Part, words: str) -> list[str]:
    reasons = []
    if part is not Part.TEXT and len(words.splitlines()) > 1:
        reasons.append(f"{part.words} is one line. Take the line breaks out.")
    if len(words) > part.longest:
        reasons.append(f"It has {len(words):,} characters. Write at most {part.longest:,}.")
    return reasons


def _reasons_of_signs(words: str) -> list[str]:
    reasons = []
    if markup := _MARKUP.search(words):
        reasons.append(f"“{markup[0]}” would be read as it stands, since mails are plain words. Take it out.")
    if _SIGNATURE.search(words):
        reasons.append("A line of two hyphens ends the text of a mail. Take it out.")
    if any(unicodedata.category(sign) in {"Cc", "Cs"} and sign != "\n" for sign in words):
        reasons.append("It has a character that no mail can show. Type it anew.")
    return reasons


def _reasons_of_placeholders(known: Text, words: str) -> list[str]:
    named = IN_BRACES.findall(words)
    have = " and ".join(f"{{{name}}}" for name in known.placeholders)
    it_has = f"It has {have}." if have else "It has none."
    unknown = [name for name in dict.fromkeys(named) if name not in known.placeholders]
    reasons = [f"Nothing can be filled in for {{{name}}} in this text. {it_has}" for name in unknown]
    missing = [name for name in known.needed if name not in named]
    reasons += [f"{{{name}}} is missing. Write it where it is to be filled in." for name in missing]
    rest = IN_BRACES.sub("", words)
    if "{" in rest or "}" in rest:
        reasons.append("A brace stands alone. Braces are only for what is filled in, such as {where}.")
    return reasons
