"""How often Python searches what a process holds for garbage."""

import gc


def search_seldom() -> None:
    """Leave what is loaded by now out of the search for garbage, and search less often than Python does by itself.

    Nearly all that a process makes is gone without a search: only what refers to itself waits for one. A run over the messages of
    a national charity holds the rows of some weeks at once, and Python would go through them again and again. Web processes
    search as Python does: what each of them holds at once is little, and would only lie there for longer.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)
