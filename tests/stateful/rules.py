"""Single actions of an adversary: what may happen to an agent, a packet, a link.

Each rule is one action.

Contract: a rule changes a cluster through the cluster's calls alone, and each call
judges all claims, so every state on the way is judged.

Source: docs/adversary.md; docs/assumptions.md, "Faults".
"""

from __future__ import annotations

from collections import Counter
from typing import ClassVar

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from primacy import AgentId, ChangeKind, State, Timer, dumps
from primacy.outputs import Reason
from primacy_model.mesh.invalid_packets import (
    Believed,
    accepted_invalid,
    invalid_packets,
)
from tests.stateful.configurations import ConfiguringMachine
from tests.stateful.driver import Driver, mesh_of
from tests.stateful.failure_report import report_failure

SIZES = [
    *[(3, 0, 0)] * 2,
    *[(3, 0, 1)] * 2,
    (3, 0, 2),
    (2, 0, 0),
    (3, 1, 0),
    (3, 1, 1),
    *[(5, 0, 0)] * 2,
    (4, 0, 0),
    (1, 1, 0),
    (2, 1, 1),
    (3, 2, 0),
    (1, 0, 2),
    (5, 2, 0),
    (6, 1, 0),
    (7, 0, 0),
]
"""Electors, workers, and those that may join; small ones first, for a failure shrinks
towards them."""

WHO = st.integers(0, 6)
"""Picks an agent of those at hand, counted around."""
WHICH = st.integers(0, 20)
"""Picks a packet in flight of those at hand, counted around; 0 is the oldest."""
SOME = st.integers(0, 127)
"""Picks a set of agents: one bit for each."""
BUT = st.just(0) | st.sampled_from([1, 2, 4, 8, 16]) | SOME
"""Picks who is left out: often nobody, or one."""
SHAPES = ["alone", "split", "one link", "deaf", "mute", "hub"]
"""Shapes of a partition."""
MOST_LIES = 150
"""Picks a packet that cannot be, of those at hand, counted around."""
CRASH = st.sampled_from([None] * 9 + [0, 1, 2, 3])
"""After how many outputs power fails, if it does."""


def _believed(state: State) -> tuple[Believed, ...]:
    """List what would not be rejected; what raises, the cluster will find."""
    try:
        return accepted_invalid(state)
    except Exception:  # noqa: BLE001 - a mutant may raise anything
        return ()


class Rules(ConfiguringMachine):
    """Does to a mesh of 1 to 7 agents any single thing that may happen to it."""

    seen: ClassVar[Counter[str]] = Counter()
    """What happened in all runs of a class."""
    examples: ClassVar[int] = 0
    """How many runs were made before the first failure."""

    @initialize(
        size=st.sampled_from(SIZES),
        batch=st.sampled_from([1, 64, 2]),
        is_led=st.booleans(),
    )
    @report_failure
    def begin(self, size: tuple[int, int, int], batch: int, is_led: bool) -> None:
        """Start a mesh, fresh or with a leader that all have heard."""
        self.driver = self.driver_of(*size, batch)
        if is_led:
            first, *_ = self.driver.names
            self.driver.elect(first, self.driver.names)
            for _ in range(2):  # the second tells what was committed
                self.driver.begin_round(first, self.driver.names)

    def driver_of(
        self, electors: int, workers: int, newcomers: int, batch: int
    ) -> Driver:
        """Make the driver of a mesh."""
        return Driver(mesh_of(electors, workers, batch, newcomers))

    # --- who and which ----------------------------------------------------------------

    def agent(self, who: int) -> AgentId:
        """Pick an agent that has begun and has its disk."""
        joined = self.driver.joined()
        return joined[who % len(joined)]

    def elector(self, who: int) -> AgentId:
        """Pick an elector."""
        return self.driver.electors[who % len(self.driver.electors)]

    def rivals(self, who: int, other: int) -> tuple[AgentId, AgentId]:
        """Pick two electors, another one if there is one."""
        one = self.elector(who)
        others = [name for name in self.driver.electors if name != one] or [one]
        return one, others[other % len(others)]

    def has_rivals(self) -> bool:
        """Tell whether there are two electors."""
        return len(self.driver.electors) > 1

    def ready(self, who: int) -> AgentId:
        """Pick an agent that can handle a message."""
        ready = self.driver.ready()
        return ready[who % len(ready)]

    def leader(self, who: int) -> AgentId:
        """Pick an agent that leads."""
        leaders = self.driver.leaders()
        return leaders[who % len(leaders)]

    def some(self, bits: int) -> list[AgentId]:
        """Pick a set of agents."""
        names = self.driver.joined()
        return [name for at, name in enumerate(names) if bits >> at & 1]

    def most(self, bits: int) -> list[AgentId]:
        """Pick all agents but a set of them: nothing drawn is everybody."""
        left_out = self.some(bits)
        return [name for name in self.driver.joined() if name not in left_out]

    def has_ready(self) -> bool:
        """Tell whether anybody can handle a message."""
        return bool(self.driver.ready())

    def has_leader(self) -> bool:
        """Tell whether anybody leads."""
        return bool(self.driver.leaders())

    def has_flights(self) -> bool:
        """Tell whether anything is on its way."""
        return bool(self.driver.cluster.flights)

    def has_arrivals(self) -> bool:
        """Tell whether anything can be delivered."""
        return bool(self.driver.arriving())

    # --- the network ------------------------------------------------------------------

    @precondition(has_arrivals)
    @rule(which=WHICH, keep=st.booleans(), outputs_done=CRASH)
    @report_failure
    def deliver(self, which: int, keep: bool, outputs_done: int | None) -> None:
        """Deliver any packet in flight; it may stay to arrive again."""
        arriving = self.driver.arriving()
        number = arriving[which % len(arriving)]
        self.driver.deliver(number, keep=keep, outputs_done=outputs_done)

    @precondition(has_flights)
    @rule(which=WHICH, is_doubled=st.booleans())
    @report_failure
    def mishap(self, which: int, is_doubled: bool) -> None:
        """Lose any packet in flight, or double it."""
        numbers = list(self.driver.cluster.flights)
        number = numbers[which % len(numbers)]
        if is_doubled:
            self.driver.cluster.duplicate(number)
        else:
            self.driver.cluster.drop(number)

    @precondition(has_ready)
    @rule(who=WHO, which=st.integers(0, MOST_LIES))
    @report_failure
    def intrude(self, who: int, which: int) -> None:
        """Let a packet arrive that cannot be; one that is believed, if there is one."""
        name = self.ready(who)
        state = self.driver.cluster.state(name)
        assert state is not None
        every = [each.told for each in _believed(state)] or invalid_packets(state)
        lies = [each for each in every if each.reason != Reason.UNKNOWN_KIND]
        if lies:
            text = dumps(lies[which % len(lies)].packet)
            self.driver.after(self.driver.cluster.intrude(name, text))

    @precondition(has_flights)
    @rule(bits=SOME)
    @report_failure
    def lose(self, bits: int) -> None:
        """Lose all that is on its way to some agents; to all if none is drawn."""
        deaf = self.some(bits) or self.driver.names
        for flight in tuple(self.driver.cluster.flights.values()):
            if flight.target in deaf:
                self.driver.cluster.drop(flight.number)

    @rule(shape=st.sampled_from(SHAPES), who=WHO, other=WHO, bits=SOME)
    @report_failure
    def partition(self, shape: str, who: int, other: int, bits: int) -> None:
        """Cut links: one, all that an agent hears or says, all but a hub's, a split."""
        alone, names = [self.agent(who)], self.driver.names
        rest = [name for name in names if name not in alone]
        match shape:
            case "one link":
                self.driver.cut_between(alone, [self.agent(other)])
            case "deaf":
                self.driver.cut_between(rest, alone)
            case "mute":
                self.driver.cut_between(alone, rest)
            case "alone":
                self.driver.isolate(alone[0])
            case "hub":
                self.driver.cut_between(rest, rest)
            case _:
                side = self.some(bits)
                rest = [name for name in names if name not in side]
                self.driver.cut_between(side, rest)
                self.driver.cut_between(rest, side)

    @rule(is_clear=st.booleans())
    @report_failure
    def heal(self, is_clear: bool) -> None:
        """Heal every link; perhaps all agents go on too."""
        self.driver.heal()
        if is_clear:
            self.driver.clear()

    # --- agents -----------------------------------------------------------------------

    @precondition(has_ready)
    @rule(who=WHO, timer=st.sampled_from(Timer), outputs_done=CRASH)
    @report_failure
    def elapse(self, who: int, timer: Timer, outputs_done: int | None) -> None:
        """Let a timer elapse if it is armed: early, late, or in time."""
        self.driver.elapse(self.ready(who), timer, outputs_done)

    @rule(who=WHO)
    @report_failure
    def lose_power(self, who: int) -> None:
        """Crash an agent, or start one that is down."""
        name, cluster = self.agent(who), self.driver.cluster
        self.driver.after(
            cluster.restart(name)
            if cluster.state(name) is None
            else cluster.crash(name)
        )

    @rule(who=WHO, is_free=st.booleans())
    @report_failure
    def power_cycle(self, who: int, is_free: bool) -> None:
        """Let an agent run from its disk alone, perhaps until it may vote again."""
        name, cluster = self.agent(who), self.driver.cluster
        if cluster.state(name) is not None:
            cluster.crash(name)
        self.driver.after(cluster.restart(name))
        if is_free:
            self.driver.free(name)

    @rule(who=WHO)
    @report_failure
    def pause(self, who: int) -> None:
        """Pause an agent that runs, or resume one that is paused."""
        name, cluster = self.agent(who), self.driver.cluster
        if name in cluster.paused:
            cluster.resume(name)
        elif cluster.is_ready(name):
            cluster.pause(name)

    @precondition(has_ready)
    @rule(who=WHO, back=st.sampled_from([0, 0, 1, 2, 9]), outputs_done=CRASH)
    @report_failure
    def snapshot(self, who: int, back: int, outputs_done: int | None) -> None:
        """Let an agent take a snapshot; power may fail before core knows, or after."""
        self.driver.snapshot(self.ready(who), back, outputs_done)

    # --- members ----------------------------------------------------------------------

    @precondition(lambda self: self.driver.cluster.waiting)
    @rule()
    @report_failure
    def join(self) -> None:
        """Let a new agent begin, with an empty disk."""
        self.driver.after(self.driver.cluster.join(min(self.driver.cluster.waiting)))

    @precondition(lambda self: len(self.driver.joined()) > 2)
    @rule(who=WHO)
    @report_failure
    def lose_disk(self, who: int) -> None:
        """Let an agent stop for ever."""
        if not self.driver.cluster.lost:  # one is enough: it may be a minority
            self.driver.after(self.driver.cluster.lose_disk(self.agent(who)))

    @precondition(has_ready)
    @rule(
        who=WHO,
        is_led=st.booleans(),
        kind=st.sampled_from(ChangeKind),
        whom=WHO,
        outputs_done=CRASH,
    )
    @report_failure
    def change(
        self,
        who: int,
        is_led: bool,
        kind: ChangeKind,
        whom: int,
        outputs_done: int | None,
    ) -> None:
        """Ask any agent, or one that leads, for a change of any agent."""
        name = self.asked(who, is_led)
        self.driver.change(name, kind, self.target(name, kind, whom), outputs_done)

    @precondition(has_ready)
    @rule(who=WHO, is_led=st.booleans(), bits=SOME, outputs_done=CRASH)
    @report_failure
    def replace_electors(
        self, who: int, is_led: bool, bits: int, outputs_done: int | None
    ) -> None:
        """Ask any agent, or one that leads, for another electorate."""
        name = self.asked(who, is_led)
        self.driver.replace_electors(name, self.members(name, bits), outputs_done)

    def target(self, name: AgentId, kind: ChangeKind, who: int) -> AgentId:
        """Pick whom a change can be about in the eyes of an agent, or anybody."""
        state = self.driver.cluster.state(name)
        assert state is not None
        roll, names = state.roll, self.driver.names
        can = {
            ChangeKind.ADMIT: [one for one in names if not roll.members.has(one)],
            ChangeKind.PROMOTE: roll.workers.members,
            ChangeKind.DEMOTE: roll.electors.members,
            ChangeKind.DISMISS: roll.workers.members,
        }
        picked = can[kind] or self.driver.joined()
        return picked[who % len(picked)]

    def members(self, name: AgentId, bits: int) -> list[AgentId]:
        """Pick a set of members in the eyes of an agent."""
        state = self.driver.cluster.state(name)
        assert state is not None
        members = state.roll.members.members
        waiting = self.driver.cluster.waiting
        picked = [one for at, one in enumerate(members) if bits >> at & 1]
        return [one for one in picked if one not in waiting]

    # --- clients ----------------------------------------------------------------------

    @precondition(has_ready)
    @rule(who=WHO, is_led=st.booleans(), outputs_done=CRASH)
    @report_failure
    def write(self, who: int, is_led: bool, outputs_done: int | None) -> None:
        """Write at any agent, or at one that leads."""
        self.driver.write(self.asked(who, is_led), outputs_done)

    @precondition(has_ready)
    @rule(who=WHO, is_led=st.booleans(), is_heard=st.booleans())
    @report_failure
    def read(self, who: int, is_led: bool, is_heard: bool) -> None:
        """Read at any agent, or at one that leads; perhaps all is said that follows."""
        name, request = self.asked(who, is_led), f"r{self.driver.name_of_request()}"
        self.driver.after(
            self.driver.cluster.read(name, request, self.driver.now(name))
        )
        if is_heard:
            self.driver.talk(self.driver.names)

    def asked(self, who: int, is_led: bool) -> AgentId:
        """Pick whom a client asks."""
        return self.leader(who) if is_led and self.has_leader() else self.ready(who)

    @precondition(has_leader)
    @rule(who=WHO, heir=WHO, is_heard=st.booleans())
    @report_failure
    def transfer(self, who: int, heir: int, is_heard: bool) -> None:
        """Hand leadership to an elector; perhaps all is said before and after."""
        request = f"t{self.driver.name_of_request()}"
        name, heir_ = self.leader(who), self.elector(heir)
        if is_heard:
            self.driver.talk(self.driver.names)
        if not self.driver.cluster.is_ready(name):
            return
        self.driver.after(self.driver.cluster.transfer(name, request, heir_))
        if is_heard:
            self.driver.talk(self.driver.names)

    @precondition(has_ready)
    @rule(who=WHO, other=WHO)
    @report_failure
    def forward(self, who: int, other: int) -> None:
        """Send a write on to an agent, under the token that the sender knows."""
        name, number = self.ready(who), self.driver.name_of_request()
        state = self.driver.cluster.state(name)
        assert state is not None
        if name != self.agent(other):
            words = (f"w{number}", f"x{number}", state.term)
            self.driver.cluster.forward(name, self.agent(other), *words)

    @precondition(has_leader)
    @rule(who=WHO)
    @report_failure
    def prepare_effect(self, who: int) -> None:
        """Let an agent take its token, if it has one."""
        self.driver.cluster.prepare_effect(self.leader(who))

    @precondition(lambda self: any(self.acting()))
    @rule(who=WHO)
    @report_failure
    def act(self, who: int) -> None:
        """Let an agent present the token that it took."""
        acting = self.acting()
        self.driver.after(self.driver.cluster.act(acting[who % len(acting)]))

    def acting(self) -> list[AgentId]:
        """List who is about to act."""
        nodes = self.driver.cluster.nodes
        return [name for name in self.driver.ready() if nodes[name].effect]

    def act_now(self, name: AgentId) -> None:
        """Let a leader take its token and present it at once, if it still leads."""
        if name in self.driver.leaders():
            self.driver.cluster.prepare_effect(name)
            self.driver.after(self.driver.cluster.act(name))

    # --- what is seen -----------------------------------------------------------------

    def teardown(self) -> None:
        """Count what has happened."""
        if not hasattr(self, "driver"):
            return
        driver, history = self.driver, self.driver.cluster.history
        terms = len({term for term, _ in history.leaders})
        event(f"terms led: {min(terms, 5)}")
        seen = Counter(call.method for call in driver.cluster.calls) + driver.seen
        seen["deliver and keep"] = sum(
            dict(call.named).get("keep") is True for call in driver.cluster.calls
        )
        seen["three terms led"] = int(terms >= 3)
        seen["transferred"] = len(history.handed & history.leaders)
        seen["committed"] = len(history.committed)
        type(self).seen.update(seen)
        if type(self).failure is None:
            type(self).examples += 1
