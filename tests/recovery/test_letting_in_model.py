"""Histories of people who ask, agree, stop, lose their role and come back, beside a model in plain Python.

Whatever the order: nobody is let in but by two people who both may still act, never before the wait is over, never after a stop,
and once. The clock that does it may be dead for any time.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from schools import models
from schools.accounts.actions import change_role
from schools.accounts.models import Role
from schools.core.errors import RuleBroken
from schools.recovery import actions
from schools.recovery.models import Outcome, Recovery, StepHow
from tests import factories
from tests.profiles import examples
from tests.recovery import people
from tests.recovery.people import NOW, PHONE, WAIT

pytestmark = pytest.mark.django_db

SLOW = [HealthCheck.too_slow]

PATIENCE = timedelta(days=7)
who = st.sampled_from(["bea", "mo", "kim", "tess", "ravi"])


@dataclass
class Model:
    """What one request should be."""

    asked_by: str
    asked_at: datetime
    yes: list[str] = field(default_factory=list)
    takes_effect_at: datetime | None = None
    end: Outcome | None = None


class LettingIn(RuleBasedStateMachine):
    """One history of Ravi, who loses phones, three managers and a trustee."""

    users: ClassVar[dict[str, models.User]]
    tess: ClassVar[models.Trustee]

    @initialize()
    def begin(self) -> None:
        """Begin with a second factor and nothing asked."""
        self.outer = transaction.atomic()
        self.outer.__enter__()
        cache.clear()
        self.now = NOW
        self.since = dict.fromkeys(("bea", "mo", "kim"), NOW - timedelta(days=30))
        """Since when each manager of today is one."""
        self.trustee_counts = True
        self.requests: list[Model] = []
        self.has_factor = True

    def teardown(self) -> None:
        """Forget the history."""
        if hasattr(self, "outer"):
            transaction.set_rollback(True)
            self.outer.__exit__(None, None, None)

    @property
    def managers(self) -> set[str]:
        """The managers who count: of two weeks or more."""
        return {name for name, since in self.since.items() if since <= self.now - timedelta(days=14)}

    @property
    def open(self) -> Model | None:
        """The request that has not ended."""
        return next((each for each in self.requests if each.end is None), None)

    def row(self) -> Recovery | None:
        """The same in the database; the last one where none is open."""
        return Recovery.objects.order_by("-pk").first()

    @rule(name=who)
    def asks(self, name: str) -> None:
        """Somebody asks; what has lapsed or come due by then is written down first."""
        cache.clear()
        if name == "tess":
            return
        may_be = name in self.managers and self.has_factor_after_settling()
        may_be = may_be and (self.open is None or self.is_over(self.open))
        others = (self.managers - {name}) | ({"tess"} if self.trustee_counts else set())
        done = self.tries(lambda: actions.ask(self.users["ravi"], PHONE, by=self.users[name], now=self.now))
        assert done == bool(may_be and others)
        if done:
            self.settle()
            self.requests.append(Model(name, self.now))

    @rule(name=who)
    def agrees(self, name: str) -> None:
        """Somebody says yes."""
        row, model = self.row(), self.open
        if row is None:
            return
        by: Any = self.tess if name == "tess" else self.users[name]
        may = model is not None and model.takes_effect_at is None and self.now < model.asked_at + PATIENCE
        may = (
            may and name != getattr(model, "asked_by", "") and (self.trustee_counts if name == "tess" else name in self.managers)
        )
        assert self.tries(lambda: actions.agree(row, by=by, now=self.now)) == may
        if may and model is not None:
            model.yes.append(name)
            model.takes_effect_at = self.now + WAIT

    @rule()
    def ravi_stops(self) -> None:
        """Ravi presses the link in his mail."""
        row, model = self.row(), self.open
        if row is None:
            return
        assert self.tries(lambda: actions.stop(row, by=None, how=StepHow.LINK, now=self.now)) == (model is not None)
        if model is not None:
            model.end = Outcome.STOPPED

    @rule(days=st.sampled_from([1, 1, 2, 8, 14]))
    def time_passes(self, days: int) -> None:
        """Days go by, and no clock does anything."""
        self.now += timedelta(days=days)

    @rule()
    def clock_runs(self) -> None:
        """The job, or somebody who signs in."""
        actions.settle_due(now=self.now)
        self.settle()

    @rule(name=st.sampled_from(["bea", "mo", "kim"]), back=st.booleans())
    def role_changes(self, name: str, back: bool) -> None:
        """A manager becomes an analyst, or a manager again, who counts in two weeks."""
        change_role(self.users[name], Role.MANAGER if back else Role.ANALYST, now=self.now)
        if not back:
            self.since.pop(name, None)
        else:
            self.since.setdefault(name, self.now)

    @rule()
    def ravi_sets_up(self) -> None:
        """Ravi has a second factor again."""
        if not self.has_factor:
            people.with_factor(self.users["ravi"])
            self.has_factor = True

    @rule()
    def trustee_ends(self) -> None:
        """The trustee agrees to nothing more."""
        models.Trustee.objects.filter(pk=self.tess.pk).update(ended_at=self.now)
        self.trustee_counts = False

    @invariant()
    def the_database_says_the_same(self) -> None:
        """Second factors, ends and moments are those of the model."""
        if not hasattr(self, "requests"):
            return
        assert Authenticator.objects.filter(user=self.users["ravi"]).exists() == self.has_factor
        rows = [(row.outcome or None, row.takes_effect_at) for row in Recovery.objects.order_by("pk")]
        assert rows == [(each.end, each.takes_effect_at) for each in self.requests]

    def tries(self, act: Any) -> bool:
        """Whether it was done; False where it was refused."""
        try:
            act()
        except RuleBroken:
            return False
        return True

    def is_over(self, model: Model) -> bool:
        """Whether time has ended it, written down or not."""
        return self.now >= (model.takes_effect_at or model.asked_at + PATIENCE)

    def has_factor_after_settling(self) -> bool:
        """Whether Ravi has a second factor once what is due has been written down."""
        model = self.open
        takes = model is not None and model.takes_effect_at is not None and self.is_over(model) and self.are_two(model)
        return self.has_factor and not takes

    def are_two(self, model: Model) -> bool:
        """Whether both people may still act."""
        return model.asked_by in self.managers and any(
            (self.trustee_counts if name == "tess" else name in self.managers) for name in model.yes
        )

    def settle(self) -> None:
        """Do in the model what time does."""
        model = self.open
        if model is None or not self.is_over(model):
            return
        if model.takes_effect_at is None:
            model.end = Outcome.LAPSED
        elif self.are_two(model):
            model.end, self.has_factor = Outcome.DONE, False
        else:
            model.end = Outcome.OVER


def test_nobody_is_let_in_but_by_two_after_the_wait_and_without_a_stop() -> None:
    bea, mo = people.bea(), people.mo()
    kim = factories.manager(name="Kim Beck", email="kim@example.org")
    LettingIn.users = {"bea": bea, "mo": mo, "kim": kim, "ravi": people.coordinator()}
    LettingIn.tess = people.trustee(bea)
    phases = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)
    run_state_machine_as_test(
        LettingIn,
        settings=settings(
            max_examples=examples(12), stateful_step_count=20, deadline=None, phases=phases, suppress_health_check=SLOW
        ),
    )
