"""A check whether free text seems to name somebody: no child's name is ever stored (rule 12)."""

import re

ORDINARY = (
    r"I|I[’'](?:m|d|ve|ll)|Years?|Reception|Key|Stage|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
    r"|January|February|March|April|May|June|July|August|(?:Sept|Nov|Dec)ember|October"
    r"|Christmas|Easter|Eid|Diwali|Ramadan|English|Welsh|Irish|Gaelic|British|Scottish|Sign|Language"
    r"|Childline|Ofsted|Covid|Wi-?|Fi|Speakout|PowerPoint|YouTube|Teams|Zoom"
)
"""Words that begin with a capital but are nobody's name. A phone's script (judge.js) has this pattern and those below, too."""

BEGINNINGS = (
    r"The|This|That|It|He|She|They|We|You|There|One|Some|Somebody|Someone|Nobody|Everybody|Everyone|Who|What|All|Which"
    r"|Then|Later|Before|After|Our|Only|School|Staff|Teachers?|Children|Pupils|Nothing|Everything|Something|Sound|Screen|Room|Hall"
)
"""Words that often begin a sentence, before a verb such as “said”, and are nobody's name."""

VERBS = r"said|says|told|tells|asked|cried|was|is|has|had|came|wanted|disclosed|mentioned|left|lives"
"""Verbs that follow somebody's name."""

ENDS = r'[.!?:;•\n–—-]\s*["“‘(]*$|^[^\p{L}\p{N}_]*$'
"""What stands before the first word of a sentence, as a phone writes it."""

_ORDINARY = re.compile(ORDINARY)
_BEGINS = re.compile(BEGINNINGS)
_WORD = re.compile(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*")
_ENDS_SENTENCE = re.compile(ENDS.replace(r"[^\p{L}\p{N}_]", r"\W"))
_SAYS = re.compile(rf"\s+(?:{VERBS})\b")


def looks_like_a_name(text: str) -> str:
    """Return the first word of the text that may be a name, as it is written; "" where there is none.

    A word with a capital may be a name inside a sentence. At the beginning of a sentence it may be one when a verb such as “said”
    or another word with a capital follows. It finds too much rather than too little: the writer then looks again.
    """
    for match in _WORD.finditer(text):
        word = match[0]
        if len(word) < 2 or not _has_capital(word):
            continue
        if not _ENDS_SENTENCE.search(text[: match.start()]):
            return word
        after = text[match.end() :]
        following = _WORD.match(after.lstrip(" "))
        named_in_full = following is not None and _has_capital(following[0])
        if not _BEGINS.fullmatch(word) and (_SAYS.match(after) or named_in_full):
            return word
    return ""


def _has_capital(word: str) -> bool:
    """Return whether the word is written like a name: one capital, and not a word that every school uses."""
    return word[0].isupper() and not word[1:].isupper() and not _ORDINARY.fullmatch(word)
