"""The adversaries: hypothesis state machines that do their worst to a mesh.

Random actions seldom elect anybody, so a rule here is a plan that takes several, and
random actions fall in between. `Adversary` has no clocks: any timer may elapse at any
moment. `LeaseAdversary` has true time, and leaders that hold leases.

Source: docs/adversary.md.
"""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from primacy import ChangeKind, Timer
from primacy.messages import Append, Heartbeat, HeartbeatReply, Install
from tests.stateful.clock_driver import LENGTHS, ClockDriver
from tests.stateful.driver import mesh_of
from tests.stateful.failure_report import report_failure
from tests.stateful.rules import BUT, SOME, WHO, Rules


class Adversary(Rules):
    """Does to a mesh whatever may happen to it, by actions and by plans."""

    @precondition(Rules.has_ready)
    @rule(who=WHO, bits=BUT, loses=st.booleans(), is_clear=st.booleans())
    @report_failure
    def elect(self, who: int, bits: int, loses: bool, is_clear: bool) -> None:
        """Let an elector be elected by some others; before, all may be lost."""
        if is_clear:
            self.driver.clear()
        if loses:
            self.lose(0)
        self.driver.elect(self.elector(who), self.most(bits))

    @precondition(Rules.has_leader)
    @rule(who=WHO, bits=BUT)
    @report_failure
    def lead(self, who: int, bits: int) -> None:
        """Let a leader begin a round that some others hear and answer."""
        self.driver.begin_round(self.leader(who), self.most(bits))

    @precondition(Rules.has_rivals)
    @rule(
        one=WHO, other=WHO, bits=SOME, is_decided=st.booleans(), is_clear=st.booleans()
    )
    @report_failure
    def contest(
        self, one: int, other: int, bits: int, is_decided: bool, is_clear: bool
    ) -> None:
        """Let two electors stand in the same term; perhaps half of the votes each."""
        if is_clear:
            self.driver.clear()
        rivals = self.rivals(one, other)
        self.driver.contest(*rivals, self.driver.names)
        if is_decided:
            sides = self.some(bits), self.most(bits)
            for rival, side in zip(rivals, sides, strict=True):
                self.driver.talk([rival, *side], echoes=True)
                self.driver.talk([rival, *side], only=rival)

    @precondition(Rules.has_arrivals)
    @rule(bits=BUT, most=st.integers(1, 12), newest=st.booleans(), echoes=st.booleans())
    @report_failure
    def talk(self, bits: int, most: int, newest: bool, echoes: bool) -> None:
        """Deliver some of what some agents send to each other, in order or against."""
        self.driver.talk(self.most(bits), most, newest=newest, echoes=echoes)

    @precondition(Rules.has_arrivals)
    @rule(one=WHO, other=WHO)
    @report_failure
    def exchange(self, one: int, other: int) -> None:
        """Deliver everything between two agents."""
        self.driver.talk([self.agent(one), self.agent(other)])

    @precondition(Rules.has_arrivals)
    @rule(who=WHO)
    @report_failure
    def hear(self, who: int) -> None:
        """Deliver everything to one agent; what it answers stays on its way."""
        for number in self.driver.arriving():
            if self.driver.cluster.flights[number].target == self.agent(who) and (
                self.driver.cluster.can_arrive(number)
            ):
                self.driver.deliver(number)

    @precondition(Rules.has_arrivals)
    @rule(echoes=st.booleans())
    @report_failure
    def settle(self, echoes: bool) -> None:
        """Deliver everything until nothing is left."""
        self.driver.talk(self.driver.names, echoes=echoes)

    @precondition(Rules.has_leader)
    @rule(who=WHO, bits=SOME)
    @report_failure
    def replicate(self, who: int, bits: int) -> None:
        """Write at a leader while only some others hear it."""
        leader = self.leader(who)
        self.driver.write(leader)
        self.driver.talk([leader, *self.some(bits)])

    @precondition(Rules.has_leader)
    @rule(who=WHO, writes=st.integers(1, 2))
    @report_failure
    def strand(self, who: int, writes: int) -> None:
        """Write at a leader, and lose what it sends: its log goes another way."""
        cluster, leader = self.driver.cluster, self.leader(who)
        before = set(cluster.flights)
        for _ in range(writes):
            self.driver.write(leader)
        for number in sorted(set(cluster.flights) - before):
            cluster.drop(number)

    @precondition(Rules.has_leader)
    @rule(
        who=WHO,
        heir=WHO,
        is_cut=st.booleans(),
        goes_on=st.booleans(),
        acts_late=st.booleans(),
    )
    @report_failure
    def depose(
        self, who: int, heir: int, is_cut: bool, goes_on: bool, acts_late: bool
    ) -> None:
        """Let others elect one of them, whom the leader does not hear, and go on."""
        lost = self.leader(who)
        heirs = [name for name in self.driver.electors if name != lost] or [lost]
        chosen = heirs[heir % len(heirs)]
        others = [name for name in self.driver.names if name != lost]
        if is_cut:
            self.driver.isolate(lost)
        if goes_on:
            self.driver.cluster.prepare_effect(lost)
        if chosen == lost:
            return
        self.driver.elect(chosen, others)
        if goes_on and chosen in self.driver.leaders():
            self.driver.write(chosen)
            self.driver.begin_round(chosen, others)
            self.act_now(chosen)
            if acts_late and lost in self.acting():
                self.driver.after(self.driver.cluster.act(lost))

    # --- snapshots --------------------------------------------------------------------

    @precondition(Rules.has_leader)
    @rule(who=WHO, whom=WHO, writes=st.integers(1, 3), heals=st.booleans())
    @report_failure
    def fall_behind(self, who: int, whom: int, writes: int, heals: bool) -> None:
        """Cut an agent off until it needs a snapshot; perhaps it is heard again."""
        leader, behind = self.leader(who), self.agent(whom)
        if leader == behind:
            return
        self.driver.fall_behind(behind, leader, writes)
        if heals:
            self.driver.heal()
            for _ in range(2):
                self.driver.begin_round(leader, self.driver.joined())

    @precondition(Rules.has_leader)
    @rule(who=WHO, whom=WHO, outputs_done=st.sampled_from([None, 0, 1, 2]))
    @report_failure
    def half_install(self, who: int, whom: int, outputs_done: int | None) -> None:
        """Let power fail while an agent takes a snapshot of its leader."""
        driver, leader, behind = self.driver, self.leader(who), self.agent(whom)
        if leader == behind:
            return
        driver.fall_behind(behind, leader, 1)
        driver.heal()
        driver.await_timer(leader, Timer.HEARTBEAT)
        driver.elapse(leader, Timer.HEARTBEAT)
        driver.talk([leader, behind], about=(Heartbeat, HeartbeatReply))
        for number in driver.arriving():
            flight = driver.cluster.flights[number]
            if isinstance(flight.packet, Install) and driver.cluster.can_arrive(number):
                driver.deliver(number, outputs_done=outputs_done)

    @precondition(Rules.has_leader)
    @rule(who=WHO, whom=WHO, back=st.integers(1, 2))
    @report_failure
    def overtake(self, who: int, whom: int, back: int) -> None:
        """Let a snapshot arrive behind entries that were on their way before it."""
        driver, leader, behind = self.driver, self.leader(who), self.agent(whom)
        driver.clear()
        driver.complete(leader, driver.joined())
        if leader == behind or leader not in driver.leaders():
            return
        for _ in range(3):
            driver.write(leader)
        driver.talk([name for name in driver.joined() if name != behind])
        driver.snapshot(leader, back)
        driver.await_timer(leader, Timer.HEARTBEAT)
        driver.elapse(leader, Timer.HEARTBEAT)
        for kinds in ((Heartbeat, HeartbeatReply), (Append,), (Install,)):
            driver.talk([leader, behind], about=kinds)

    @precondition(Rules.has_leader)
    @rule(who=WHO, heir=WHO, writes=st.integers(2, 6))
    @report_failure
    def go_astray(self, who: int, heir: int, writes: int) -> None:
        """Let a leader go on alone until it needs another one's snapshot."""
        driver, lost = self.driver, self.leader(who)
        driver.clear()
        others = [name for name in driver.joined() if name != lost]
        heirs = [name for name in driver.electors if name != lost]
        if not heirs:
            return
        if lost not in driver.leaders():
            return
        driver.isolate(lost)
        driver.cluster.prepare_effect(lost)
        for _ in range(writes):
            driver.write(lost)
        chosen = heirs[heir % len(heirs)]
        driver.elect(chosen, others)
        if chosen in driver.leaders():
            driver.fall_behind(lost, chosen, 1)
            self.act_now(chosen)
            if lost in self.acting():
                driver.after(driver.cluster.act(lost))
            driver.heal()
            for _ in range(3):
                driver.begin_round(chosen, driver.joined())

    @rule(outputs_done=st.sampled_from([None, 0, 1]))
    @report_failure
    def restart_all(self, outputs_done: int | None) -> None:
        """Let all agents take snapshots, lose power and come back, and tell again."""
        for name in self.driver.joined():
            self.driver.snapshot(name, outputs_done=outputs_done)
            if self.driver.cluster.state(name) is not None:
                self.driver.after(self.driver.cluster.crash(name))
        self.driver.clear()
        for name in self.driver.ready():
            self.driver.snapshot(name)

    # --- members ----------------------------------------------------------------------

    @precondition(Rules.has_leader)
    @rule(who=WHO, kind=st.sampled_from(ChangeKind), whom=WHO, bits=BUT)
    @report_failure
    def reform(self, who: int, kind: ChangeKind, whom: int, bits: int) -> None:
        """Let a leader that some hear change an agent, until they know it."""
        leader, others = self.leader(who), self.most(bits)
        self.driver.complete(leader, others)
        if leader in self.driver.leaders():
            self.driver.change(leader, kind, self.target(leader, kind, whom))
            self.driver.complete(leader, others)

    @precondition(Rules.has_leader)
    @rule(who=WHO, chosen=SOME, bits=BUT, is_whole=st.booleans())
    @report_failure
    def reelect(self, who: int, chosen: int, bits: int, is_whole: bool) -> None:
        """Let a leader that some hear replace the electorate; perhaps to the end."""
        leader, others = self.leader(who), self.most(bits)
        self.driver.complete(leader, others)
        if leader in self.driver.leaders():
            self.driver.replace_electors(leader, self.members(leader, chosen))
            if is_whole:
                self.driver.complete(leader, others)
            else:
                self.driver.talk([leader, *others], 2 * len(others))

    @precondition(Rules.has_leader)
    @rule(who=WHO, whom=WHO)
    @report_failure
    def enlist(self, who: int, whom: int) -> None:
        """Let a leader that all hear admit an agent, and make it an elector."""
        driver, leader = self.driver, self.leader(who)
        driver.clear()
        for kind in (ChangeKind.ADMIT, ChangeKind.PROMOTE):
            driver.complete(leader, driver.joined())
            if leader in driver.leaders():
                driver.change(leader, kind, self.target(leader, kind, whom))
                driver.complete(leader, driver.joined())

    @precondition(Rules.has_leader)
    @rule(who=WHO, is_handing=st.booleans())
    @report_failure
    def retire(self, who: int, is_handing: bool) -> None:
        """Let a leader that all hear take itself off the roll, while it hands over."""
        driver, leader = self.driver, self.leader(who)
        driver.clear()
        driver.complete(leader, driver.joined())
        heirs = [name for name in driver.electors if name != leader]
        if leader not in driver.leaders() or not heirs:
            return
        if is_handing:
            request = f"t{driver.name_of_request()}"
            driver.after(driver.cluster.transfer(leader, request, heirs[0]))
        driver.change(leader, ChangeKind.DEMOTE, leader)
        driver.complete(leader, driver.joined())

    @precondition(Rules.has_leader)
    @rule(who=WHO, chosen=SOME, heir=WHO)
    @report_failure
    def bequeath(self, who: int, chosen: int, heir: int) -> None:
        """Let a leader begin to replace the electorate, and another one lead then."""
        driver, leader = self.driver, self.leader(who)
        driver.clear()
        driver.complete(leader, driver.joined())
        if leader not in driver.leaders():
            return
        driver.replace_electors(leader, self.members(leader, chosen))
        driver.talk(driver.joined(), only=leader, about=(Append,))
        driver.isolate(leader)
        heirs = [name for name in driver.electors if name != leader]
        if heirs:
            driver.elect(heirs[heir % len(heirs)], driver.joined())
            driver.complete(heirs[heir % len(heirs)], driver.joined())

    @precondition(Rules.has_leader)
    @rule(who=WHO, kind=st.sampled_from(ChangeKind), whom=WHO, bits=SOME)
    @report_failure
    def strand_change(self, who: int, kind: ChangeKind, whom: int, bits: int) -> None:
        """Let a leader change an agent while only some hear the entry."""
        cluster, leader = self.driver.cluster, self.leader(who)
        before, some = set(cluster.flights), self.some(bits)
        self.driver.change(leader, kind, self.target(leader, kind, whom))
        for number in sorted(set(cluster.flights) - before):
            if cluster.flights[number].target not in some:
                cluster.drop(number)


class LeaseAdversary(Adversary):
    """Does the same in true time, while leaders hold leases."""

    driver: ClockDriver

    def driver_of(
        self, electors: int, workers: int, newcomers: int, batch: int
    ) -> ClockDriver:
        """Make a mesh with the longest lease that is allowed."""
        return ClockDriver(mesh_of(electors, workers, batch, newcomers, **LENGTHS))

    @rule(slots=st.integers(1, 7), bits=BUT)
    @report_failure
    def tick(self, slots: int, bits: int) -> None:
        """Let time pass; some clocks are at their worst, all if none is drawn."""
        for _ in range(slots):
            self.driver.tick(self.most(bits))

    @rule()
    @report_failure
    def hurry(self) -> None:
        """Wait no more for timers that plans would use; or wait again."""
        self.driver.is_hurried = not self.driver.is_hurried

    @rule(who=WHO)
    @report_failure
    def wear_out(self, who: int) -> None:
        """Let time pass until the election timer of an agent elapses."""
        name = self.agent(who)
        self.driver.pass_until(name, Timer.ELECTION)
        self.driver.elapse(name, Timer.ELECTION)

    @precondition(Rules.has_leader)
    @rule(who=WHO, heir=WHO, restarts=st.booleans())
    @report_failure
    def usurp(self, who: int, heir: int, restarts: bool) -> None:
        """Let an elector that lost patience ask for votes just behind a new lease."""
        driver, lost = self.driver, self.leader(who)
        others = [name for name in driver.electors if name != lost]
        if not others:
            return
        chosen = others.pop(heir % len(others))
        self.wear_out(driver.names.index(chosen))
        driver.begin_round(lost, others)
        for name in others if restarts else ():
            self.power_cycle(driver.names.index(name), is_free=False)
        was_hurried, driver.is_hurried = driver.is_hurried, True
        driver.elect(chosen, others)
        driver.is_hurried = was_hurried

    @precondition(Rules.has_leader)
    @rule(who=WHO)
    @report_failure
    def lease_read(self, who: int) -> None:
        """Read under a lease."""
        name, request = self.leader(who), f"l{self.driver.name_of_request()}"
        now = self.driver.now(name)
        self.driver.after(self.driver.cluster.lease_read(name, request, now))
