"""Whether free text looks as if it named somebody: no child's name is ever stored (DESIGN.md, rule 12)."""

import re

_ORDINARY = re.compile(
    r"""I|I[’'](?:m|d|ve|ll)|Years?|Reception|Key|Stage|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day
    |January|February|March|April|May|June|July|August|(?:Sept|Nov|Dec)ember|October
    |Christmas|Easter|Eid|Diwali|Ramadan|English|Welsh|Irish|Gaelic|British|Scottish|Sign|Language
    |Childline|Ofsted|Covid|Wi-?|Fi|Speakout|PowerPoint|YouTube|Teams|Zoom""",
    re.VERBOSE,
)
"""Words that begin with a capital and are nobody's name."""

_BEGINS = re.compile(
    r"""The|This|That|It|He|She|They|We|You|There|One|Some|Somebody|Someone|Nobody|Everybody|Everyone|Who|What|All|Which
    |Then|Later|Before|After|Our|Only|School|Staff|Teachers?|Children|Pupils|Nothing|Everything|Something|Sound|Screen|Room|Hall""",
    re.VERBOSE,
)
"""Words that begin a sentence of which something is said, and are nobody's name."""

_WORD = re.compile(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*")
_ENDS_SENTENCE = re.compile(r"[.!?:;•\n–—-]\s*[\"“‘(]*$|^\W*$")
_SAYS = re.compile(r"\s+(?:said|says|told|tells|asked|cried|was|is|has|had|came|wanted|disclosed|mentioned|left|lives)\b")


def looks_like_a_name(text: str) -> str:
    """The first word of the text that may be a name, as written; "" where none does.

    A word with a capital that does not begin a sentence, or one that does and of which something is said or that another word
    with a capital follows. It finds too much rather than too little: whoever wrote it looks once more.
    """
    for found in _WORD.finditer(text):
        word = found[0]
        if len(word) < 2 or not _has_capital(word):
            continue
        if not _ENDS_SENTENCE.search(text[: found.start()]):
            return word
        after = text[found.end() :]
        following = _WORD.match(after.lstrip(" "))
        named_in_full = following is not None and _has_capital(following[0])
        if not _BEGINS.fullmatch(word) and (_SAYS.match(after) or named_in_full):
            return word
    return ""


def _has_capital(word: str) -> bool:
    """Whether it is written like a name: one capital, and no word of every school."""
    return word[0].isupper() and not word[1:].isupper() and not _ORDINARY.fullmatch(word)
