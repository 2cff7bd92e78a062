"""Everything that can be done by a POST is undone by a press, asks first, or is corrected where it was typed; here stands how."""

from collections import Counter

from tests.house import assert_none, assert_stated
from tests.test_audience_of_actions import ACTIONS

BAR = {
    # The bar that stands after it, for as long as it stays as it was left (rule 23).
    "admin:book-at": " book",
    "admin:visit-add": "",
    "admin:visit-guests": "store take-off",
    "admin:visit-detail": "confirm decline cancel put-on request-seen know-asker",
    "admin:request-detail": "join know-asker request-seen",
    "admin:visit-day": "assign offer accept decline unask",
    "admin:take-off": "take-off",
    "admin:visit-edit": "",
    "admin:session-detail": "cancel accept decline",
    "admin:session-edit": "store",
    "admin:observing": "yes no",
    "admin:drop-out": "put ask nobody",
    "admin:visit-move": "",
    "admin:volunteer-detail": "step end",
    "admin:offer-dates": "offer know-asker",
    "admin:visit-dates": "offer",
    "admin:log-talk": "talk request agreement",
    "admin:call": "no-answer later wants not-this-year",
    "admin:bulk-confirm": "",
    "admin:bulk-snow": "",
    "admin:bulk-reassign": "",
    "admin:bulk-hand-over": "",
    "admin:bulk-chase": "",
    "admin:feeders": "accept refuse",
    "admin:tell": "",
    "admin:invite": "invite",
}
"""By URL, the buttons (blank: the form itself) after which the undo bar stands."""

BY_ANOTHER = {
    # The portal: one's own places and days.
    "take": "give-back",
    "observe-morning": "observe-morning back",
    "observe-morning back": "observe-morning",
    "away": "away-end",
    "away-end": "away",
    "answer": "answer",  # the page then has a button that takes the answer back
    # Pages for schools.
    "school-change move": "school-change take-back",
    "school-change take-back": "school-change move",
    "school-dates choose": "admin:visit-detail cancel",
    "school-change cancel": "admin:batch undo",
    # The office.
    "admin:session-people add": "admin:session-people take-back",
    "admin:session-people take-back": "admin:session-people add",
    "admin:visit-detail undo-take": "admin:visit-detail take",
    "admin:visit-detail not-seen": "admin:visit-detail saw-to",
    "admin:visit-detail change-not-seen": "admin:visit-detail change-seen",
    "admin:duplicates one": "admin:duplicates apart",
    "admin:trustees name": "admin:trustees end",
    "admin:reach-readers make": "admin:reach-readers revoke",
    "admin:calendar-address make": "admin:calendar-address end",
    "admin:school-group no-answer": "admin:school-group undo",
    "admin:school-group later": "admin:school-group undo",
    "admin:school-group wants": "admin:school-group undo",
    "admin:school-group not-this-year": "admin:school-group undo",
    "admin:school-group undo": "admin:school-group later",
    "admin:merged undo": "admin:merge merge",
    "admin:feeders undo": "admin:feeders accept",
    "admin:parcels": "admin:parcels",  # “Correct the day”, at the parcel
}
"""What takes it back: another button, or the same page once more. Each is “URL button”."""

SAID_WITH_UNDO = {
    "admin:visit-detail take": "admin:visit-detail undo-take",
    "admin:visit-detail take-all": "admin:visit-detail undo-take",
    "admin:visit-detail leave": "admin:visit-detail undo-take",
    "admin:visit-detail saw-to": "admin:visit-detail not-seen",
    "admin:visit-detail change-seen": "admin:visit-detail change-not-seen",
    "admin:duplicates apart": "admin:duplicates one",
    "admin:stand-ins add": "admin:stand-ins end",
    "admin:stand-ins end": "admin:stand-ins add",
    "admin:school-detail share": "admin:school-detail unshare",
    "admin:school-detail unshare": "admin:school-detail share",
    "admin:school-detail feeds": "admin:school-detail unlink",
    "admin:school-detail fed-by": "admin:school-detail unlink",
    "admin:school-detail unlink": "admin:school-detail feeds",
    "admin:doubts confirm": "admin:doubts doubt",
    "admin:doubts doubt": "admin:doubts confirm",
    "admin:reach subscribe": "admin:reach unsubscribe",
    "admin:reach unsubscribe": "admin:reach subscribe",
    "admin:message-text store": "admin:message-text built-in",
    "admin:message-text built-in": "admin:message-text store",
    "admin:public-text take-down": "admin:public-text publish",
    "admin:piece": "admin:piece",  # written off, found, moved: the opposite goes into the ledger
    "admin:store-stock": "admin:store-stock",  # likewise; new pieces are written off one by one
}
"""By the button after which a bar is said once, the button that the bar presses, so that nobody looks for it on the page.

test_take_back_bars.py in tests/office and in tests/school_portal, and tests/office/test_stock_taken_back.py, press each. There is
no bar where the press changed nothing, since somebody was quicker, nor where its button could not bring back all that was.
"""

ASKS = {
    "opens a page of its own that says what happens, and whose button does it": (
        "take no", "give-back", "swap", "agreement", "opt-out", "invitation", "address-change", "way-back", "my-way-back",
        "school-contact-confirm", "ask-confirm", "school-dates none", "admin:erase erase", "admin:merge merge",
        "admin:authority-move", "admin:held-person know", "admin:held-request give",
        "admin:locked-out-person ask", "admin:locked-out-request agree", "admin:locked-out-request stop",
        "admin:message again", "admin:message leave",
    ),
    "shows a preview first, and does exactly that": (
        "admin:register-run apply", "admin:import-run apply", "admin:publications publish", "admin:public-text publish",
        "admin:batch undo", "admin:batch",
    ),
    "says before its button what it ends, and is folded where other buttons stand beside it": (
        "calendar-address", "admin:calendar-address end", "admin:volunteer-detail invite",
        "admin:visit-detail end-links", "admin:visit-detail after-all", "admin:trustees end", "admin:reach-readers revoke",
        "admin:return-close", "admin:return-sign-off", "admin:session-edit remove", "admin:offer-dates take-back",
        "admin:visit-dates take-back", "admin:visit-detail change-stands",
    ),
    "needs a reason typed": ("admin:unreachable again",),
    "asks once more about numbers that are far from expected": ("session-outcome", "day-outcome", "admin:day-outcome"),
    "lists what is signed off and asks for the period by name": ("admin:returns",),
}  # fmt: skip
"""How it asks first, and what does so."""

CORRECTED = {
    "the same form shows what is stored, to be changed again; the history keeps both": (
        "week", "profile", "language", "sms", "duty-contact", "school-visit prepare", "school-roll roll", "school-site site",
        "admin:session-edit site", "admin:school-detail contact",
        "admin:area-detail store", "admin:area-add",
        "admin:volunteer-add", "admin:session-kit", "admin:public-text keep", "admin:picking-list",
    ),
    "the ledger keeps it, and the next count puts it right": ("admin:stock-take",),
    "each session’s page of materials shows the pieces that were chosen, to choose others": ("admin:shortages",),
}  # fmt: skip
"""Where what was typed is put right, and what is corrected so."""

NEITHER = {
    "admin:visit-detail": "No button of the page was pressed, so it is shown as it was.",
    "told": "When somebody was told what a child said is never changed; a second line may be written (rule 12).",
    "admin:session-detail tell": "As “told”: a safeguarding notice is never changed or taken back.",
    "change-address": "Nothing changes until both mailboxes said yes by a link.",
    "ask": "Nothing is asked until whoever typed it confirms by a link.",
    "ask-area": "As “ask”: a link confirms it first.",
    "ask-school": "As “ask”: a link confirms it first.",
    "ask-unlisted": "As “ask”: a link confirms it first.",
    "school-contact": "As “ask”: whoever is named confirms first, and the office may leave ours.",
    "school-pack letter": "Only shows a letter; that it was read is written down and never unwritten (rule 13).",
    "school-pack letter-pdf": "As the letter on the page.",
    "school-pack read": "A school says that it has read something; read again, it says so with another day.",
    "admin:call undo": "Is an undo itself; the call is logged again on the same card.",
    "admin:charity trial": "Sends one mail to whoever pressed it.",
    "admin:registers upload": "Changes nothing: the file is read and previewed.",
    "admin:imports upload": "Changes nothing: the file is read and previewed.",
    "admin:register-run again": "Makes the preview anew, and changes nothing else.",
    "admin:import-run again": "Makes the preview anew, and changes nothing else.",
    "admin:import-run match": "Makes the preview anew with other columns.",
    "admin:register-run abandon": "Throws a preview away; the same file can be handed in again.",
    "admin:import-run abandon": "Throws a preview away; the same file can be handed in again.",
    "admin:message-text look": "Changes nothing: it shows how the words read.",
    "admin:stopped-mail again": "The mail is tried once more, as it was written for its reader.",
    "admin:stopped-mail leave": "The mail stays in the log with its words, and what it said is told by phone.",
}
"""What neither is undone nor asks, and why that does no harm."""


def stated() -> list[str]:
    """Each action that stands in one of the lists, “URL button”."""
    of_bar = [f"{name} {do}".strip() for name, buttons in BAR.items() for do in buttons.split(" ")]
    asking = [action for actions in ASKS.values() for action in actions]
    corrected = [action for actions in CORRECTED.values() for action in actions]
    return [*of_bar, *SAID_WITH_UNDO, *BY_ANOTHER, *asking, *corrected, *NEITHER]


def test_every_action_is_undone_or_asks_first_or_says_why_not() -> None:
    assert_stated(
        [f"{name} {do}".strip() for name, buttons in ACTIONS.items() for do in buttons],
        stated(),
        add="Let it be undone or ask first, and say how in BAR, SAID_WITH_UNDO, BY_ANOTHER, ASKS or CORRECTED; where neither is "
        "needed, say why in NEITHER (tests/test_undone_or_asked.py).",
        remove="There is no such action any more: take each out (tests/test_undone_or_asked.py).",
    )
    twice = [action for action, number in Counter(stated()).items() if number > 1]
    assert_none(twice, to_do="It stands in two lists: say one thing of it (tests/test_undone_or_asked.py).")


def test_what_takes_an_action_back_is_there() -> None:
    actions = {f"{name} {do}".strip() for name, buttons in ACTIONS.items() for do in buttons}
    assert_none(
        [f"{action}: {other}" for action, other in {**BY_ANOTHER, **SAID_WITH_UNDO}.items() if other not in actions],
        to_do="Name a button that there is, or say otherwise how it is undone (tests/test_undone_or_asked.py).",
    )


def test_what_does_neither_says_why_in_a_sentence() -> None:
    assert_none(
        [f"{action}: {why}" for action, why in NEITHER.items() if len(why) < 25 or not why.endswith(".")],
        to_do="Say in a sentence why it does no harm that it neither is undone nor asks (tests/test_undone_or_asked.py).",
    )
