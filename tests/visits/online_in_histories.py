"""What a school shows by itself, in the histories of bookings: beside sessions to which people go, and alone."""

from datetime import date, time
from typing import Any

from django.db.models import QuerySet
from hypothesis import strategies as st
from hypothesis.stateful import rule

from schools.models import MessageAbout, Session, SessionType
from schools.visits.actions import cancel_session
from schools.visits.queries.standings import Standing
from tests.factories import SessionFactory
from tests.visits.contacts_in_histories import PARTY_OF
from tests.visits.mail_in_histories import faults
from tests.visits.reading import days_as_known, days_of
from tests.visits.schools_in_histories import SchoolsInHistories

BESIDE = {"day": date(2026, 11, 30), "until_day": date(2026, 12, 11), "starts": time(8, 30), "ends": time(9)}
"""Alone on its first day: people come on the one after that."""
ALONE = {"day": date(2026, 12, 1), "until_day": date(2026, 12, 4), "starts": time(8, 40), "ends": time(9)}
ONLINE = ("online cancelled", "online moved", "online, in a mail", "online alone, in a mail")
"""What histories count of this."""


class OnlineInHistories(SchoolsInHistories):
    """What is done about sessions to which nobody goes."""

    @classmethod
    def make_online(cls) -> None:
        """Make one beside the sessions of the first visit, and one that is all of the third."""
        for number, name, window in ((0, "online-ks2", BESIDE), (2, "online-ks1", ALONE)):
            SessionFactory(visit=cls.bookings[number], type=SessionType.objects.get(slug=name), **window)

    def online_by_school(self) -> dict[tuple[str, str], str]:
        """Return the name of what a school shows by itself on these days: SMS name the school alone, mails the session.

        A guest shows what its host does; whoever is none any more may read that it does not.
        """
        rows = Session.objects.filter(type__channel="online").select_related("type", "visit__school")
        names = {session.type.name for session in rows}
        # What was moved and called off, both unheard, is named by the days that its reader waits for.
        online = {
            (str(self.parties[PARTY_OF[number]]), days): name
            for number, reader in enumerate(self.school_readers)
            for name in names & reader.ever.keys()
            for days in reader.ever[name]
        }
        # So is what a mail told of that came back later: when it was called off, it counted as read.
        types = {session.pk: session.type.name for session in rows}
        for told in MessageAbout.objects.filter(school__isnull=False).select_related("school"):
            standings = [Standing(*values) for values in told.says]
            online |= {
                (str(told.school), days_as_known(each)): types[each.session] for each in standings if each.session in types
            }
        online |= {(str(party), days_of(session)): session.type.name for session in rows for party in self.parties}
        for session in rows.prefetch_related("headcounts__school"):
            guests = [count.school for count in session.headcounts.all()]
            online |= {(str(school), days_of(session)): session.type.name for school in guests}
        return online | {(str(session.visit.school), days_of(session)): session.type.name for session in rows}

    @rule(visit=st.sampled_from([0, 2]), is_moved=st.booleans(), days=st.sampled_from([1, 7]), fault=faults)
    def online_changes(self, visit: int, is_moved: bool, days: int, fault: str | None) -> None:
        """What the school shows by itself is cancelled, or its days are others."""
        visit = next((place for place in (visit, 2 - visit) if self.online_of(place).exists()), visit)
        session = self.online_of(visit).first()
        if session is None:
            return
        given: dict[str, Any] = {"code": "illness", "note": "", "by": self.by, "now": self.now}
        if is_moved:
            self.does("online moved", lambda: self.move(visit, days, lambda each: each.type.is_online))
        else:
            self.does("online cancelled", lambda: cancel_session(session, **given))
        self.wake(fault)

    def online_of(self, visit: int) -> QuerySet[Session]:
        return self.booked[visit].sessions.scheduled().filter(type__channel="online")

    def nobody_goes_there(self, text: str) -> None:
        """See that a text for whoever goes to schools speaks of no day on which a school shows something by itself alone."""
        online = {session.type.name for session in Session.objects.filter(type__channel="online").select_related("type")}
        assert not any(name in text for name in online), text

    def days_to_go_to(self) -> set[str]:
        """Return each host with each of its days on which people are needed, as mails write them."""
        sessions = self.short_of_people(date(2026, 11, 1), date(2027, 6, 1))
        return {f"{session.visit.school}, {days_of(session)}" for session in sessions}
