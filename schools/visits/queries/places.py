"""Where sessions are, as columns of queries: the same as `Session.where` says of one."""

from typing import Any

from django.db.models import Case, F, Q, When


def place_of(session: str = "") -> dict[str, Any]:
    """Return `easting` and `northing` of a session: of its site, else of its school’s own address; each NULL where unknown.

    `session` is the path to it, with the two underscores at its end; blank: the query is of sessions.
    """
    return {
        axis: Case(
            When(Q((f"{session}site__isnull", True)), then=F(f"{session}visit__school__{axis}")),
            default=F(f"{session}site__{axis}"),
        )
        for axis in ("easting", "northing")
    }
