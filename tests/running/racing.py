"""What the processes of test_lane.py do; Django is set up when they are called, not when they are imported."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

PLACES = 2
PAUSE = 0.02
"""Seconds for which a page is made, and after which who waits comes again."""
FILES = "django.core.cache.backends.filebased.FileBasedCache"


@contextmanager
def installation(folder: str) -> Generator[None]:
    """So many places, and a cache that the processes share."""
    from django.test import override_settings

    caches = {"default": {"BACKEND": FILES, "LOCATION": f"{folder}/cache"}}
    with override_settings(SPEAKOUT_HEAVY_AT_ONCE=PLACES, CACHES=caches):
        yield


def pass_once(folder: str, number: int) -> int:
    """Come again and again until our page is made; return the most pages that we saw being made, ours included."""
    from django.http import HttpResponse
    from django.utils import timezone

    from schools.running.lane import Turn, in_lane

    mine = Path(folder) / f"{number}.made"

    def make() -> HttpResponse:
        mine.touch()
        time.sleep(PAUSE)
        at_once = len(list(Path(folder).glob("*.made")))
        mine.unlink()
        return HttpResponse(str(at_once))

    with installation(folder):
        while isinstance(answer := in_lane(f"person:{number}", make, now=timezone.now()), Turn):
            time.sleep(PAUSE)
    return int(answer.content)


def never_end(folder: str) -> None:
    """Take every place and keep them, until killed."""
    from django.http import StreamingHttpResponse
    from django.utils import timezone

    from schools.running.lane import in_lane

    with installation(folder):
        people = [f"person:{number}" for number in range(PLACES)]
        kept = [in_lane(who, lambda: StreamingHttpResponse(["…"]), now=timezone.now()) for who in people]
        (Path(folder) / "kept").write_text(str(len(kept)))
        time.sleep(600)
