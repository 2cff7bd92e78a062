"""Whether anybody goes without a reminder in the histories of bookings, without a pack, or without being asked how it went.

Who was told any news of the same since, or with whom somebody spoke in the days before, needs none. What they have still to be
told comes first; who is out of reach is looked for by others.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from schools.messages.hours import MANUAL_DAYS, QUIET_TO, is_quiet
from schools.models import ContactLog, Cover, MessageAbout, SchoolAlarm, Session
from schools.visits.volunteer_reminders import EVENING_FROM
from tests.visits.booked_in_histories import BookedInHistories
from tests.visits.contacts_in_histories import PARTY_OF
from tests.visits.reading import key_of

A_DAY, AN_HOUR = timedelta(days=1), timedelta(hours=1)
PACK_DAYS = 17
"""Two weeks, and a weekend."""
REMINDED = ("of tomorrow", "of the day after", "how it went", "a pack")
"""What histories count of this: that somebody was reminded, or asked, in time."""
TO_REMIND = ("two-days", "evening", "outcome", "school-pack")
"""The kinds of that, which no verb wakes but the pack."""

type Day = tuple[int, date]
"""A visit, by its id, and one of its days."""
type Unheard = tuple[str, int, str]
"""Who has still to be told of a session: the column of the party, its id, and the session by `key_of`."""


def moment(day: date, at: time) -> datetime:
    return timezone.make_aware(datetime.combine(day, at))


class RemindedInHistories(BookedInHistories):
    """Who has heard what of what comes next, once the kinds were asked."""

    def nobody_is_forgotten(self, before: datetime, missed: Collection[tuple[dict[str, Any], str]]) -> None:
        """See that everybody was reminded whose reminder has been due since that moment; `missed` have still to be told more."""
        unheard = {(name, party.pk, key) for each, key in missed for name, party in each.items()}
        due = self.due_since(before, unheard)
        for _ in range(2):  # where a sender was killed, the first run sends what comes before a pack
            if not all(is_said for _, is_said in due):
                self.wake("", kinds=TO_REMIND)
                due = self.due_since(before, unheard)
        for what, is_said in due:
            self.seen[what[0]] += 1
            assert is_said, what

    def due_since(self, before: datetime, unheard: Collection[Unheard]) -> list[tuple[tuple[Any, ...], bool]]:
        """Return what has been due since that moment, each with whether it was said."""
        with self.nothing_happens():
            return list(self.each_due(before, unheard))

    def each_due(self, before: datetime, unheard: Collection[Unheard]) -> Iterator[tuple[tuple[Any, ...], bool]]:
        for name, cover, since in self.going(before):
            if ("volunteer", cover.volunteer_id, key_of(cover.session)) not in unheard:
                yield (name, cover.volunteer_id, cover.session), self.has_heard(cover, since=since)
        for cover in self.back(before):
            yield (REMINDED[2], cover.volunteer_id, cover.session), self.was_asked(cover)
        if not self.was_quiet(weekends=True):
            for visit, school in self.to_prepare(before, unheard):
                yield (REMINDED[3], visit, school), self.has_its_pack(visit, school)

    def was_quiet(self, *, weekends: bool) -> bool:
        """Whether it is not the time to write, or was not an hour ago; to schools it is not at `weekends` either."""
        return any(is_quiet(moment, weekends=weekends) for moment in (self.now - AN_HOUR, self.now))

    # Volunteers

    def going(self, before: datetime) -> Iterator[tuple[str, Cover, datetime]]:
        """Yield the reminders that go since before that moment, of what, and since when news takes their place."""
        on, called_off = timezone.localdate(self.now), self.alarmed_days()
        for cover in self.down_for(stage="scheduled", day__range=(on + A_DAY, on + 2 * A_DAY)):
            session = cover.session
            if (session.visit_id, session.day) in called_off:
                continue
            evening = moment(session.day - A_DAY, EVENING_FROM)
            if before >= evening:
                yield REMINDED[0], cover, evening
            elif self.now < evening and before >= moment(session.day - 2 * A_DAY, QUIET_TO):
                yield REMINDED[1], cover, moment(session.day - 2 * A_DAY, time.min)

    def back(self, before: datetime) -> list[Cover]:
        """Return who has been back for more than an hour from what nobody has reported, until they would be asked once more."""
        on = timezone.localdate(self.now)
        of_days: defaultdict[tuple[int, int, date], list[Cover]] = defaultdict(list)
        for cover in self.down_for(stage="scheduled", day__range=(on - 2 * A_DAY, on)):
            of_days[cover.volunteer_id, cover.session.visit_id, cover.session.day].append(cover)
        ended = {key: moment(key[2], max(each.session.ends for each in theirs)) + AN_HOUR for key, theirs in of_days.items()}
        again = {key: moment(key[2] + 2 * A_DAY, time(9)) for key in of_days}
        return [theirs[0] for key, theirs in of_days.items() if ended[key] <= before and self.now < again[key]]

    def down_for(self, **of_session: Any) -> QuerySet[Cover]:
        """Return who is down for sessions like these that nobody has reported; not who has left."""
        sessions = Session.objects.filter(recorded_at=None, type__presenters__gt=0, **of_session)
        covers = Cover.objects.filter(state="accepted", session__in=sessions).exclude(volunteer__status="left")
        return covers.select_related("session__type").order_by("pk")

    def has_heard(self, cover: Cover, *, since: datetime) -> bool:
        """Whether a mail since then says where they go, or waits; or somebody spoke with them in the days before."""
        spoken = cover.told_at is not None and cover.told_at >= since - MANUAL_DAYS
        rows = MessageAbout.objects.filter(volunteer=cover.volunteer_id, visit=cover.session.visit_id)
        return spoken or self.is_named(rows, cover.session_id, since=since, kinds=TO_REMIND[:2])

    def is_named(self, rows: QuerySet[MessageAbout], session: int, *, since: datetime, kinds: Collection[str]) -> bool:
        """Whether news of the session, or a reminder of these kinds, went since then or waits, or failed."""
        recent = rows.filter(Q(message__sent_at__gte=since) | Q(message__sent_at=None) | Q(at__gte=since)).select_related(
            "message"
        )
        named = (row for row in recent if row.speaks_of is None or session in row.speaks_of)
        return any(not row.is_reminder or (row.message and row.message.kind in kinds) for row in named)

    def was_asked(self, cover: Cover) -> bool:
        """Whether they were asked how that day of the visit went, or are."""
        rows = MessageAbout.objects.filter(volunteer=cover.volunteer_id, visit=cover.session.visit_id)
        asked = rows.filter(message__key__startswith=f"outcome:{cover.volunteer_id}:")
        return asked.filter(message__key__endswith=f":{cover.session.day}").exists()

    # Schools

    def to_prepare(self, before: datetime, unheard: Collection[Unheard]) -> Iterator[tuple[int, int]]:
        """Yield the visits and schools, by id, to which a pack has been due since that moment, and of which nothing has begun.

        Not those with which somebody spoke lately. Whoever has begun to read is told of the visit first. Who has news of it by an
        SMS alone, since the mail was refused, waits for another address, and who may have none at all for the office.
        """
        on, off = timezone.localdate(self.now), self.alarmed_days()
        spoken = set(ContactLog.objects.filter(day__gte=on - timedelta(days=7)).values_list("school", flat=True))
        anew = set(MessageAbout.objects.filter(facts__startswith="anew:").values_list("visit", "school"))
        for number in range(len(self.school_readers)):
            school = self.parties[PARTY_OF[number]].pk
            coming: defaultdict[int, list[Session]] = defaultdict(list)
            for session in self.agreed_as_read_by(number):
                if session.day >= on and session.recorded_at is None and (session.visit_id, session.day) not in off:
                    coming[session.visit_id].append(session)
            for visit, sessions in coming.items():
                first = min(session.day for session in sessions)
                is_due = on < first and before >= moment(first - timedelta(days=PACK_DAYS), QUIET_TO)
                is_told = not any(("school", school, key_of(each)) in unheard for each in sessions)
                is_told = is_told and not self.waits_for_news(visit, school)
                if is_due and is_told and self.address_of(number) and school not in spoken and (visit, school) not in anew:
                    yield visit, school

    def waits_for_news(self, visit: int, school: int) -> bool:
        """Return whether the last news of the visit to the school was refused, or may not have arrived where none did before.

        The second where it was for a calendar alone: in words they were told at another address, which gave no answer either.
        """
        news = MessageAbout.objects.filter(visit=visit, school=school, is_reminder=False, message__isnull=False)
        rows = news.select_related("message").order_by("-message_id")[:2]
        told = [(row.message, row.speaks_of) for row in rows if row.message]
        if not told or told[0][0].stopped_at is None:
            return False
        (last, speaks_of), before = told[0], told[1:]
        return last.handed_over_at is None or (speaks_of == [] and bool(before) and before[0][0].sent_at is None)

    def has_its_pack(self, visit: int, school: int) -> bool:
        """Whether the pack went to the school, waits or failed."""
        return MessageAbout.objects.filter(visit=visit, school=school, message__kind="school-pack").exists()

    def alarmed_days(self) -> set[Day]:
        """Return what a school has called off on the day or the evening before."""
        return set(SchoolAlarm.objects.filter(what="call_off", over_at=None).values_list("visit", "day"))
