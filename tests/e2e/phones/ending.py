"""The end of a history: the line is good again, everybody signs in once more, and everybody gets what they are owed."""

from playwright.sync_api import Error

from tests.e2e.phones.report_page import ReportPage, ask
from tests.e2e.phones.world import Handset, Place, World


def ends(world: World) -> None:
    """Let everything through that still waits, then hold the world to its property."""
    world.proxy.heal()
    if not world.is_up:
        world.server.start()
        world.is_up = True
    for handset in world.phones:
        handset.signal(there=True)
        handset.tabs.clear()
        _closes_the_second_tab(handset)
    for handset in world.phones:
        for person in _people_of(world, handset):
            _sends_everything(world, handset, person)
    world.proxy.heal()
    for handset in world.phones:
        _stands(world, handset)
    _is_stored_once(world)


def _closes_the_second_tab(handset: Handset) -> None:
    """Nothing goes on in it; it may just be on its way to another page."""
    for _ in range(10):
        try:
            handset.pages[1].goto("about:blank")
        except Error:
            handset.pages[1].wait_for_timeout(100)
        else:
            return
    msg = "the second tab does not close"
    raise AssertionError(msg)


def _people_of(world: World, handset: Handset) -> list[str]:
    """Who has something to say on this phone; the one who holds it first."""
    places = [place for place in (*world.confirmed, *world.owed) if place.phone == handset.number]
    return sorted({place.person for place in places}, key=lambda person: (person != handset.person, person))


def _sends_everything(world: World, handset: Handset, person: str) -> None:
    world.arrives(handset, "/")
    if ask(handset.pages[0], "() => document.body.dataset.person || ''") == "" or handset.person != person:
        world.signs_in(handset, person)
        world.arrives(handset, "/")
    for turn in range(1, 200):
        mine = [row for row in world.rows(handset) if world.name_of(row["person"]) == person]
        if all(row["state"] == "refused" for row in mine):
            break
        # A page that is left takes what it sends with it, so that it stays open for a while.
        handset.pages[0].wait_for_timeout(250)
        if turn % 30 == 0:
            world.arrives(handset, "/phone/")
    else:
        msg = f"{person}'s report never goes: {mine}"
        raise AssertionError(msg)
    _sees_what_was_typed(world, handset, person)


def _sees_what_was_typed(world: World, handset: Handset, person: str) -> None:
    """What was typed and never confirmed stands in the form, or beside it."""
    for place, numbers in world.owed.items():
        if (place.phone, place.person) == (handset.number, person) and numbers:
            for _ in range(10):  # the tab may be on its way to another page, and a slow server's place takes the phone's own
                if tab := world.opens(handset, 0, place.report):
                    break
                handset.pages[0].wait_for_timeout(300)
            else:
                msg = f"the form of {place} does not open"
                raise AssertionError(msg)
            for _ in range(100):  # a phone that is slow shows it beside the form, late
                if numbers <= tab.form.shown():
                    break
                handset.pages[0].wait_for_timeout(50)
            else:
                msg = f"typed and gone at {place}: {numbers - tab.form.shown()}"
                raise AssertionError(msg)


def _stands(world: World, handset: Handset) -> None:
    """The last version that each person confirmed on this phone is stored, or stands here for them to see."""
    rows = world.rows(handset)
    for place, versions in world.confirmed.items():
        if place.phone != handset.number:
            continue
        last, written = versions[-1], world.written(place.report)
        mine = [ReportPage.number_in(row["entries"]) for row in rows if _is_of(world, row, place)]
        if last in world.discarded:
            continue
        assert last in written or mine == [last], f"{place} confirmed {versions}, but {written} is stored, {mine} on the phone"
        assert len(mine) <= 1, f"{place} has {mine} on the phone"
        # Once it is there, nothing that the same person said before it on this phone takes its place.
        if last in written:
            late = set(written[written.index(last) :]) & set(versions[:-1])
            assert not late, f"{place} confirmed {versions}, and {late} came after {last}: {written}"
        alone = [other for other in world.confirmed if other.report == place.report] == [place]
        if alone and place not in world.signed_out:
            assert (world.stored(place.report), mine) == (last, []), f"{place} confirmed {versions}: {written}, {mine}"


def _is_of(world: World, row: dict[str, str], place: Place) -> bool:
    return world.name_of(row["person"]) == place.person and row["url"] == ReportPage.path_of(world.days[place.report])


def _is_stored_once(world: World) -> None:
    for report in world.days:
        written = world.written(report)
        once = [number for number, before in zip(written, [None, *written], strict=False) if number != before]
        again = {number for number in once if once.count(number) > 1}
        assert not again - world.discarded - world.corrected, f"{again} is stored again: {written}"
