"""SMS in the histories of bookings: who said yes, STOP in between, quiet hours, and whoever takes them, who fails.

Who has an SMS believes it, also where its mail never comes. At any time one goes to nobody who does not want it, none twice, none
that is not so, and at night none of what can wait.
"""

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import rule

from schools.directory.actions.by_hand import set_sms_of_contact
from schools.messages.hours import is_quiet
from schools.messages.refusals import AddressRefused, Refused, TooMany
from schools.messages.sms import say_no, say_yes
from schools.messages.sms_reports import take_report
from schools.messages.sms_words import fits
from schools.messages.smtp import NoEntry, Unanswered
from schools.models import Contact, Cover, OutboxMessage, Session, User
from tests.messages.notify_server import answered, receipt
from tests.visits.alarms_in_histories import OF_ALARMS, OFFICE
from tests.visits.coordinators_in_histories import SOON as SOON_FOR_OFFICE
from tests.visits.mail_in_histories import Killed, Report
from tests.visits.reading import IN_SMS, Reader, key_of
from tests.visits.school_changes_in_histories import SchoolChangesInHistories

NOT_REACHED = {"SMS away": NoEntry("away"), "SMS busy": TooMany("429 too many")}
REFUSED = {"SMS refused": Refused("400 no"), "number refused": AddressRefused("400 phone_number")}
NETWORK = (*NOT_REACHED, *REFUSED, "SMS silent", "SMS silent, arrived", "SMS killed", "SMS, two senders", "STOP in between",
           "SMS fails later", "")  # fmt: skip
"""What happens to an SMS; "": it arrives, and that is reported."""
ON_PHONES = ("yes", "no SMS", "STOP", "another phone", "sms", "sms to a school", "sms to a coordinator", "sms on the day",
             *NETWORK[:-1])  # fmt: skip
"""What histories count of this."""
SOON = timedelta(hours=36)
JUST = timedelta(hours=12)

type Party = tuple[str, int]
"""A volunteer, a school or the coordinator."""
PARTIES: tuple[Party, ...] = (("person", 0), ("person", 1), ("person", 2), ("school", 0), ("school", 2), (OFFICE, 0))
NO_SMS_YET: tuple[Party, ...] = (("person", 2),)


class PhonesInHistories(SchoolChangesInHistories):
    """What becomes of SMS, and what their readers believe."""

    def begin_phones(self, network: list[str]) -> None:
        """Begin with almost everybody who said yes; `network` is what happens to the first SMS."""
        self.network = list(network)
        self.consent: dict[Party, str] = dict.fromkeys(PARTIES, "")
        """The number to which each of them wants SMS; "": they want none."""
        self.phones = {party: f"+44740012340{place}" for place, party in enumerate(PARTIES)}
        self.dead: set[str] = set()
        """The numbers at which SMS cannot arrive."""
        self.handed: Counter[str] = Counter()
        self.last_words: dict[str, tuple[str, datetime, dict[str, int]]] = {}
        """By number the last SMS: its words, when it came, and how often what it is about had changed."""
        for party in PARTIES:
            if party not in NO_SMS_YET:
                self.says(party, wants=True)

    # Who wants them

    def says(self, party: Party, *, wants: bool) -> None:
        """Somebody says yes, to the phone that they have, or no."""
        if party[0] == "school":
            contact = Contact.objects.get(pk=self.contacts[party[1]].pk)
            contact.phone = self.phones[party]
            contact.save(update_fields=["phone"])
            set_sms_of_contact(contact, is_wanted=wants, by=self.by, now=self.now)
        elif wants:
            say_yes(self.user_of(party), self.phones[party], now=self.now)
        else:
            say_no(self.user_of(party))
        self.consent[party] = self.phones[party] if wants else ""
        if wants:
            self.dead.discard(self.phones[party])

    def user_of(self, party: Party) -> User:
        owner: Any = self.by.pk if party[0] == OFFICE else self.volunteers[party[1]].user_id
        return User.objects.get(pk=owner)

    @rule(party=st.sampled_from(PARTIES), how=st.sampled_from(["yes", "no SMS", "STOP", "another phone"]))
    def speaks_about_sms(self, party: Party, how: str) -> None:
        """Somebody wants SMS, or no more, on a page or by an answer; or has another phone, and says yes to that."""
        if how == "STOP":
            self.stops(self.phones[party])
        if how == "another phone":
            self.numbers += 1
            self.phones[party] = f"+4474001{self.numbers:05}"
        if how != "STOP":
            self.says(party, wants=how != "no SMS")
        self.seen[how] += 1

    def stops(self, number: str) -> None:
        """Somebody answers STOP from this number."""
        take_report(answered("Stop.", source_number=number.lstrip("+"), date_received=self.now.isoformat()), now=self.now)
        for party, theirs in self.consent.items():
            if theirs == number:
                self.consent[party] = ""

    # What becomes of one

    def sms_goes(self, sms: OutboxMessage, before_text: Callable[[], None]) -> None:
        """Stand in for whoever takes our SMS."""
        fault = self.network.pop(0) if self.network else ""
        if fault:
            self.seen[fault] += 1
        if fault in NOT_REACHED:
            raise NOT_REACHED[fault]
        if fault == "SMS, two senders":
            self.send_all()
        if fault == "STOP in between":
            self.stops(sms.to)
        before_text()
        assert fault != "STOP in between", "nothing leaves after a STOP"
        self.may_leave(sms)
        self.has_the_text(sms, fault)

    def has_the_text(self, sms: OutboxMessage, fault: str) -> None:
        """Whoever takes our SMS has this one, and refuses it, says nothing, or brings it to the phone."""
        if fault in REFUSED:
            self.dead.update([sms.to] if fault == "number refused" else [])
            raise REFUSED[fault]
        self.handed[sms.key] += 1
        assert self.handed[sms.key] == 1, "no SMS is handed over twice"
        if fault in {"SMS silent", "SMS fails later"}:
            # As far as we know it has arrived: what was so before it is news again.
            self.last_words.pop(sms.to, None)
        if fault == "SMS silent":
            raise Unanswered
        if fault == "SMS fails later":
            self.reports.append(self.receipt(sms, "temporary-failure"))
            return
        self.phone_rings(sms)
        if fault in {"SMS killed", "SMS silent, arrived"}:
            raise Killed if fault == "SMS killed" else Unanswered
        self.reports.append(self.receipt(sms, "delivered"))

    def receipt(self, sms: OutboxMessage, status: str) -> Report:
        """Return what the provider reports of it later."""
        post = receipt(sms.message_id, status, completed_at=self.now.isoformat())
        return Report(status, sms.to, lambda now: take_report(post, now=now))

    def phone_rings(self, sms: OutboxMessage) -> None:
        """Somebody reads an SMS: they want it, and every word of it is true at this moment."""
        self.seen["sms"] += 1
        party = next((party for party, number in self.consent.items() if number == sms.to), None)
        assert party is not None, "nobody said yes to this number"
        assert sms.to not in self.dead
        assert fits(sms.body), sms.body
        turns: dict[str, int] = {}
        if sms.kind in OF_ALARMS:
            self.seen["sms on the day"] += 1
            self.hears_of_alarm((party[0], self.by.pk if party[0] == OFFICE else party[1]), sms.body.splitlines()[0])
            turns = {sms.key: 1}  # what a school takes back and says again is another alarm in the same words
        elif party[0] == OFFICE:
            turns = self.office_reads_sms(sms)
        else:
            turns = self.reads_sms(party, sms)
        words, at, turns_then = self.last_words.get(sms.to, ("", self.now, {}))
        # It may have been otherwise in between.
        assert words != sms.body or self.now - at >= JUST or turns != turns_then, "the same is not said twice"
        self.last_words[sms.to] = sms.body, self.now, turns

    def reads_sms(self, party: Party, sms: OutboxMessage) -> dict[str, int]:
        """A volunteer, or somebody at a school, believes what it says; it is so.

        Return how often they have come to think something else of each session of which it speaks.
        """
        is_school, number = party[0] == "school", party[1]
        assert sms.kind in (["visits"] if is_school else ["mornings", "evening"])
        assert is_school or not self.has_left(number)
        reader: Reader = (self.school_readers if is_school else self.readers)[number]
        tomorrow: date = timezone.localdate(self.now) + timedelta(days=1)
        spoken = reader.read_sms(sms.body, self.online_by_school(), tomorrow=tomorrow)
        assert spoken, sms.body
        true = self.truth_of_school(number) if is_school else self.truth(number)
        wrong = {key for key in spoken if reader.believes.get(key) != true.get(key)}
        assert not wrong, (sms.body, true)
        assert not is_school or spoken <= self.read_by(number), "somebody else is named"
        self.seen["sms to a school"] += is_school
        if sms.kind != "evening":
            may_know_more = sms.beside is not None and sms.beside.to in self.may_have_read
            assert may_know_more or self.begins(spoken, reader) <= self.now + SOON, "nothing goes by SMS that can wait"
        else:
            assert not is_quiet(self.now)
        return {key: reader.turns[key] for key in spoken}

    def office_reads_sms(self, sms: OutboxMessage) -> dict[str, int]:
        """The coordinator reads who can't make what begins soon; return how often they have said so of each session."""
        self.seen["sms to a coordinator"] += 1
        assert sms.kind == "given-back"
        name, _, first = sms.body.splitlines()[0].replace(" was taken off: ", " can't make it: ").partition(" can't make it: ")
        fact = IN_SMS.fullmatch(first)
        assert fact is not None, sms.body
        covers = Cover.objects.filter(volunteer__name=name).select_related("session__type")
        theirs = [cover for cover in covers if key_of(cover.session) == fact["start"]]
        assert theirs
        assert not any(cover.state in {"offered", "accepted"} for cover in theirs), sms.body
        session: Session = theirs[0].session
        begins = timezone.make_aware(datetime.combine(session.day, session.starts))
        assert session.stage == "scheduled"
        assert begins <= self.now + SOON_FOR_OFFICE
        # Who takes it again and gives it back once more, says so in the same words.
        return {key_of(session): len(theirs)}

    def mend_phones(self) -> None:
        """Let every SMS arrive from now on."""
        self.network = []
