"""Made-up histories: a fixed country whose schools and authorities move, and whatever sessions hypothesis thinks of."""

from datetime import date, time

from hypothesis import strategies as st

from tests.reach.naive import History, Meeting, Place, Pupils, Spot

FIRST, LAST = date(2024, 8, 1), date(2026, 7, 31)
"""Two academic years."""

LONG_AGO = date(2020, 8, 1)
"""Six academic years: long enough for whoever was in Reception to reach Year 5."""

MOVED = date(2025, 9, 1)
"""The day on which the authority South moved from Valley, in the region West, to Coast, in the region East."""

NORTH = Spot("North", "Valley", "West")
SOUTH_BEFORE = Spot("South", "Valley", "West")
SOUTH_AFTER = Spot("South", "Coast", "East")
UNHELD = Spot("Island", None, None)
NOWHERE = Spot(None, None, None)
SPOTS = (NORTH, SOUTH_BEFORE, SOUTH_AFTER, UNHELD, NOWHERE)
ENGLISH, WELSH = (0, 1, 2, 3, 4), (5,)

DAYS = (
    date(2024, 7, 31), FIRST, date(2024, 10, 7), date(2025, 7, 31), date(2025, 8, 1), date(2025, 8, 31), MOVED,
    date(2026, 3, 2), LAST, date(2026, 8, 1), LONG_AGO, date(2021, 10, 4), date(2022, 10, 3), date(2023, 10, 2),
)  # fmt: skip
KINDS = ("ks2-assembly", "workshop-5-6", "online-ks2", "send", "parents")


def in_north(_: date) -> Spot:
    return NORTH


def in_south(day: date) -> Spot:
    return SOUTH_AFTER if day >= MOVED else SOUTH_BEFORE


def from_north_to_south(day: date) -> Spot:
    """A school that changed its authority on New Year's Day 2025."""
    return in_south(day) if day >= date(2025, 1, 1) else NORTH


def unheld(_: date) -> Spot:
    return UNHELD


def nowhere(_: date) -> Spot:
    return NOWHERE


WHEREABOUTS = (in_north, in_south, from_north_to_south, unheld, in_south, nowhere)


SOURCES = ("coordinator", "list", "register")
ROLLS = [(year, group, source) for year in (2023, 2024, 2025, 2026) for group in (2, 5, 6) for source in SOURCES]

WHOLE_ROLLS = [[(2025, group, source) for group in range(7)] for source in SOURCES]


@st.composite
def schools(draw: st.DrawFn) -> list[Place]:
    """Six schools in chains and lineages of any shape; the last one is Welsh and without any authority."""
    chains = [draw(st.sampled_from((number, number, max(0, number - 1), 0))) for number in range(6)]
    lineages = [draw(st.sampled_from((number, 0, 1))) for number in range(6)]
    return [
        Place(
            chain=chains[number],
            lineage=lineages[chains[number]],
            nation="england" if number in ENGLISH else "wales",
            sector=draw(st.sampled_from(("mainstream", "mainstream", "special"))),
            status=draw(st.sampled_from(("open", "closing", "closed", "proposed"))),
            ages=draw(st.sampled_from(((4, 11), (4, 7), (11, 18), (2, 4)))),
            opened=draw(st.sampled_from((None, date(2020, 9, 1), LAST, date(2026, 8, 1)))),
            closed=draw(st.sampled_from((None, date(2025, 8, 31), LAST))),
            spot_on=WHEREABOUTS[number],
            # Every third school's roll is not known at all: its children are in no coverage.
            pupils=draw(st.sampled_from((None, 0, 61, 210))) if is_known else None,
            rolls=[
                (*key, draw(st.sampled_from((0, 11, 30))))
                for key in draw(st.lists(st.sampled_from(ROLLS), unique=True, max_size=3) | st.sampled_from(WHOLE_ROLLS))
            ]
            if is_known
            else [],
        )
        for number in range(6)
        for is_known in [draw(st.sampled_from((True, True, False)))]
    ]


@st.composite
def meetings(draw: st.DrawFn, *, number: int) -> Meeting:
    """A session of any stage; the number makes its time its own."""
    host = draw(st.integers(0, 5))
    day = draw(st.sampled_from(DAYS))
    stage = draw(st.sampled_from(("delivered", "delivered", "delivered", "delivered", "scheduled", "cancelled")))
    # Of the long years such groups, too, that the same children sit in again.
    groups = (max(0, 5 - (2025 - day.year)), 5) if day.year < 2024 else (4, 5, 6)
    who = st.tuples(st.sampled_from((host, host, draw(st.integers(0, 5)))), st.sampled_from(groups))
    counts = st.sampled_from((None, 0, 7, 20, 28, 29, 30, 31, 45, 60))
    spots = st.sampled_from(SPOTS)
    of_school = {school: draw(spots) for school in range(6)}  # one place, frozen for all its year groups
    people = draw(st.lists(st.integers(0, 2), unique=True, max_size=3))
    return Meeting(
        host=host,
        kind=draw(st.sampled_from(KINDS)),
        day=day,
        stage=stage,
        spot=draw(spots),  # anywhere at all: what was frozen counts, not where the school is
        visit=draw(st.integers(0, 1)),
        starts=time(9, number),
        ends=time(10, draw(st.integers(0, 59))),
        until=draw(st.sampled_from((None, None, day, date(2026, 11, 30)))),
        again=draw(st.booleans()),
        basis=draw(st.sampled_from(("counted", "spread", "school"))),
        adults=draw(st.one_of(st.none(), st.integers(0, 30))),
        language=draw(st.sampled_from(("en", "en", "cy"))),
        headcounts=[
            Pupils(school, group, draw(counts), of_school[school])
            for school, group in draw(st.lists(who, unique=True, max_size=5))
        ],
        covers=[
            (
                person,
                draw(st.sampled_from(("presenter", "trainee", "observer"))) if place else "lead",
                draw(st.sampled_from(("attended", "attended", "absent", "accepted"))),
            )
            for place, person in enumerate(people)
        ],
    )


@st.composite
def links(draw: st.DrawFn, places: list[Place]) -> list[tuple[int, int, str, date | None]]:
    """Up to two links between schools of one lineage, also within a chain; each pair of schools has one at most."""
    pairs = [(old, new) for new in range(6) for old in range(new) if places[old].lineage == places[new].lineage]
    if not pairs:
        return []
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=2))
    kinds = st.sampled_from(("merged", "merged", "split", "successor", "feeder"))
    days = st.sampled_from((None, date(2025, 1, 1), MOVED, date(2024, 10, 7), date(2025, 10, 1)))
    return [(*pair, draw(kinds), draw(days)) for pair in chosen]


@st.composite
def histories(draw: st.DrawFn, most: int = 8) -> History:
    """A whole history and the days of the report."""
    places = draw(schools())
    return History(
        schools=places,
        meetings=[draw(meetings(number=number)) for number in range(draw(st.sampled_from((most, most, 3, 1, 0))))],
        first_day=draw(st.sampled_from((FIRST, date(2025, 8, 1), date(2025, 8, 1), LONG_AGO))),
        last_day=LAST,
        as_of=draw(st.sampled_from((date(2026, 11, 24), date(2026, 7, 31), date(2026, 3, 3)))),
        cycles={"Valley": draw(st.sampled_from((2, 2, 1, 4))), "Coast": 1},
        links=draw(links(places)),
    )
