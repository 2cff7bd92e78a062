"""Sharing out what was said once for a whole day over its sessions: plain values in, plain values out."""

from collections.abc import Mapping, Sequence

from schools.core.shares import apportion
from schools.delivery.queries import Amounts


def together(each: Sequence[int | None], *, comes_back: bool) -> int | None:
    """Return one number for the day from those of its sessions: of equipment, which comes back, the largest; else the sum.

    None where none of them is known.
    """
    known = [number for number in each if number is not None]
    if not known:
        return None
    return max(known) if comes_back else sum(known)


def share_out(number: int | None, weights: Sequence[int | None], *, comes_back: bool) -> list[int | None]:
    """Return the number of each session: all of it where it comes back, else a share by what was planned for each."""
    if number is None or comes_back:
        return [number] * len(weights)
    return list(apportion(number, weights))


def amounts_of_sessions(
    typed: Amounts, stored: Mapping[int, Amounts], planned: Mapping[int, int | None], *, comes_back: bool
) -> dict[int, Amounts]:
    """Return what arrived and what was used in each session, from the day's two numbers.

    `stored` are the numbers of the sessions that were told before, by session; `planned` what each session was to have. A number
    that was not changed leaves the sessions as they are, and says nothing of others.
    """
    shares: list[dict[int, int | None]] = []
    for position in (0, 1):
        before = {session: amounts[position] for session, amounts in stored.items()}
        number = typed[position]
        if before and number == together(list(before.values()), comes_back=comes_back):
            shares.append({session: before.get(session) for session in planned})
        else:
            each = share_out(number, list(planned.values()), comes_back=comes_back)
            shares.append(dict(zip(planned, each, strict=True)))
    arrived, used = shares
    return {session: (arrived[session], used[session]) for session in planned}
