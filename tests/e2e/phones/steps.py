"""What can happen in a history: each step gets the world, a phone, a tab and a number to choose by, and says what happened."""

from collections.abc import Callable

from playwright.sync_api import Error, Page

from tests.e2e.phone import PUT_AWAY
from tests.e2e.phones.faulty_proxy import OPENING, SENDING, ReleasedStorage
from tests.e2e.phones.report_page import ask
from tests.e2e.phones.world import MARKS, Handset, Tab, World

type Step = Callable[[World, Handset, int, int], str]
"""Returns what happened, under the name by which it is counted; "" for nothing."""


PRESS = """verb => {
    const button = document.querySelector(`#waiting [data-do=${verb}]`);
    if (!button || button.hidden) return null;
    const lines = [...button.closest("article").querySelectorAll(".pupils li")];
    const line = lines.find((one) => /(^|: )Year 5$/.test(one.firstChild.textContent));
    button.click();
    return line.lastChild.textContent;
}"""
"""Presses a button of what waits, and says of which number."""


def _reports_of(handset: Handset) -> list[str]:
    return [handset.person] if handset.person == "Tom" else ["both", handset.person]


def _tab(handset: Handset, tab: int) -> Tab | None:
    """The tab's form, if it stands there to be typed into."""
    known = handset.tabs.get(tab)
    return known if known and known.form.state() == "form" else None


def opens(world: World, handset: Handset, tab: int, choice: int) -> str:
    """Open a form in the tab."""
    if not handset.person:
        return ""
    reports = _reports_of(handset)
    opened = world.opens(handset, tab, reports[choice % len(reports)])
    return f"opened in tab {tab}" if opened else "not opened"


def types(world: World, handset: Handset, tab: int, choice: int) -> str:
    """Type a number and do not confirm it."""
    form = _tab(handset, tab)
    if form is None:
        return ""
    try:
        world.types(form)
    except Error:
        return ""  # the page went away under the fingers
    return "typed"


def confirms(world: World, handset: Handset, tab: int, choice: int) -> str:
    """Type a number, if none stands there, and press the button; the form is opened first where it is not."""
    form = _tab(handset, tab)
    if form is None:
        opens(world, handset, tab, choice)
        form = _tab(handset, tab)
    if form is None:
        return ""
    try:
        world.confirms(form)
    except Error:
        return ""
    return "confirmed"


def changes(world: World, handset: Handset, tab: int, choice: int) -> str:
    """Change what was just confirmed, and confirm it again."""
    form = handset.tabs.get(tab)
    if form is None or form.form.state() != "kept":
        return ""
    try:
        form.form.change()
        world.confirms(form)
    except Error:
        return ""
    return "changed"


def chooses(world: World, handset: Handset, tab: int, choice: int) -> str:
    """Decide about what stands beside the form, or start again."""
    form = _tab(handset, tab)
    if form is None:
        return ""
    page, owed = handset.pages[tab], world.owed[form.place]
    before = form.form.typed()
    beside = form.form.shown() - {before}
    verb = ("mine", "theirs", "start-again")[choice % 3]
    button = page.locator("#start-again") if verb == "start-again" else page.locator(f"[data-do={verb}]:visible").first
    if not button.is_visible():
        return ""
    pressed = button.element_handle()
    pressed.click()
    if verb != "start-again":
        pressed.wait_for_element_state("hidden")  # what stood beside the form is gone only now
    page.wait_for_timeout(60)
    owed -= {before} if verb == "start-again" else ({before} | beside) - form.form.shown()
    return f"chose {verb}"


def goes_home(world: World, handset: Handset, tab: int, choice: int) -> str:
    """Open Mine, which keeps pages and sends what waits."""
    world.goes(handset, tab, "/")
    return "went home"


def looks_at_the_phone(world: World, handset: Handset, tab: int, choice: int) -> str:
    """Open the page about the phone and press one of its buttons."""
    if not world.goes(handset, tab, "/phone/"):
        return ""
    verb = ("send", "correct", "correct", "discard", "none")[choice % 5]
    number = ask(handset.pages[tab], PRESS, verb)
    if number is None:
        return "looked at the phone"
    if verb == "discard":
        world.discarded.add(int(number))
    if verb == "correct":
        world.corrected.add(int(number))
    return f"pressed {verb}"


def hears_again(world: World, handset: Handset, tab: int, choice: int) -> str:
    """The signal goes, or comes back."""
    handset.signal(there=not handset.line.has_signal)
    return "signal back" if handset.line.has_signal else "signal lost"


def waits(world: World, handset: Handset, tab: int, choice: int) -> str:
    """Nothing happens for a moment."""
    handset.pages[tab].wait_for_timeout((20, 100, 300, 700)[choice % 4])
    return "waited"


def fault_in_sending(world: World, handset: Handset, tab: int, choice: int) -> str:
    """Something will happen to the next request that sends a report."""
    world.proxy.plan("sending", SENDING[choice % len(SENDING)])
    return "fault planned"


def fault_in_opening(world: World, handset: Handset, tab: int, choice: int) -> str:
    """Something will happen to the next request for a page."""
    world.proxy.plan("opening", OPENING[choice % len(OPENING)])
    return "fault planned"


def restarts_the_server(world: World, handset: Handset, tab: int, choice: int) -> str:
    """The site goes down, or comes up again at the same address."""
    if world.is_up:
        world.server.stop()
    else:
        world.server.start()
    world.is_up = not world.is_up
    return "server up" if world.is_up else "server down"


def releases(world: World, handset: Handset, tab: int, choice: int) -> str:
    """Another release runs: every script has another name, and the old ones are gone."""
    ReleasedStorage.release += 1
    return "released"


def puts_away(world: World, handset: Handset, tab: int, choice: int) -> str:
    """The phone is put into a pocket for a moment; another release's worker takes over meanwhile."""
    ask(handset.pages[tab], PUT_AWAY)
    handset.pages[tab].wait_for_timeout(500)
    return "put away"


def closes_the_browser(world: World, handset: Handset, tab: int, choice: int) -> str:
    """The browser is closed with all its tabs, and opened again with what it keeps."""
    handset.pages[tab].wait_for_timeout(300)  # as long as fingers need from the form to the edge of the screen
    handset.restart()
    return "browser closed"


def expires(world: World, handset: Handset, tab: int, choice: int) -> str:
    """The sign-in of whoever holds the phone ends."""
    if not handset.person:
        return ""
    world.expire(handset)
    return "sign-in ended"


def hands_over(world: World, handset: Handset, tab: int, choice: int) -> str:
    """Somebody else signs in on this phone."""
    if not handset.line.has_signal or not world.is_up:
        return ""
    others = [person for person in MARKS if person != handset.person]
    world.signs_in(handset, others[choice % len(others)])
    return "handed over"


def signs_out(world: World, handset: Handset, tab: int, choice: int) -> str:
    """Sign out; where something is unsent or unfinished, discard it or stay."""
    if not handset.line.has_signal or not world.is_up or not handset.person or not world.goes(handset, 0, "/accounts/logout/"):
        return ""
    page = handset.pages[0]
    if page.locator("form[data-sign-out]").count() == 0:
        return ""  # the sign-in has ended by itself
    ask(page, "() => document.querySelector('form[data-sign-out] [type=submit]').click()")
    for _ in range(1000):
        page.wait_for_timeout(10)
        if "/login" in page.url or page.locator("#unsent").is_visible():
            break
    else:
        msg = "signing out does nothing"
        raise AssertionError(msg)
    if "/login" not in page.url:
        if choice % 2:
            world.goes(handset, 0, "/")
            return "stayed signed in"
        _leaves(page)
        _discards(world, handset)
    world.signed_out |= {place for place in world.confirmed if place.person == handset.person}
    handset.person = ""
    return "signed out"


def _leaves(page: Page) -> None:
    """Discard what is unsent and sign out: pressed again as long as the page says that there is no answer."""
    for turn in range(4000):
        if turn % 200 == 0:
            ask(page, "() => document.querySelector('#unsent [data-do=discard]').click()")
        page.wait_for_timeout(10)
        if "/login" in page.url:
            return
    msg = "signing out does nothing"
    raise AssertionError(msg)


def _discards(world: World, handset: Handset) -> None:
    for place in {*world.confirmed, *world.owed}:
        if (place.phone, place.person) == (handset.number, handset.person):
            world.discarded |= {*world.confirmed.get(place, [])}
            world.owed[place].clear()


WEIGHTS: dict[Step, int] = {
    opens: 3, types: 4, confirms: 7, changes: 3, chooses: 2, goes_home: 2, looks_at_the_phone: 3, hears_again: 2, waits: 2,
    fault_in_sending: 10, fault_in_opening: 4, restarts_the_server: 2, releases: 1, puts_away: 2, closes_the_browser: 1,
    expires: 1, hands_over: 1, signs_out: 2,
}  # fmt: skip
"""How often each step is drawn."""
STEPS: dict[str, Step] = {step.__name__: step for step in WEIGHTS}
