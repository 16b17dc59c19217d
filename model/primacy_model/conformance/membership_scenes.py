"""Scenes in which agents join a mesh and leave it, played by hand from first to last.

A scene says what each agent is given; packets arrive in the order in which they were
sent, save those that the scene loses. It is played for vectors, of what each agent is
given, and for a trace of the whole mesh. What no agent of a mesh would send is in a
scene of its own, which makes no trace.

Source: docs/conformance.md, "Where vectors come from"; clauses `change.*`, `roll.*`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Final

from primacy import messages as wire
from primacy.agents import AgentSet
from primacy.config import Config
from primacy.dispatch import step
from primacy.electorate import Roll
from primacy.log import Entry, EntryKind, Segment
from primacy.messages import ChangeKind, Message, Packet, Timer
from primacy.outputs import Broadcast, Outputs, Persist, Send
from primacy.recovery import initial, recover
from primacy.role import Role, Wait
from primacy.state import Durable, State
from primacy.types import (
    NOBODY,
    AgentId,
    Command,
    Index,
    Instant,
    RequestId,
    Round,
    Term,
)
from primacy_model.conformance.random_situations import member
from primacy_model.conformance.recorder import Recorder, States

ADMIT, PROMOTE, DEMOTE, DISMISS = ChangeKind


class ScriptedMesh:
    """A mesh whose agents do what a scene says."""

    def __init__(
        self, names: str, electors: str, workers: str, recorder: Recorder | None = None
    ) -> None:
        self.configs = configure(names, electors, workers)
        self.told: list[tuple[State, Message]] = []
        """What the scene itself said, and what it shows."""
        self.delivered: list[tuple[State, Message]] = []
        self.restarts: list[tuple[Config, Durable]] = []
        self.states: dict[str, State] = {}
        self._disks: dict[str, Durable] = {}
        self._flying: deque[tuple[str, Packet]] = deque()
        self._silent: set[str] = set()
        self._arrived: tuple[str, Packet]
        self._recorder, self._requests, self._now = recorder, 0, 0

    # --- agents -----------------------------------------------------------------------

    def start(self, names: str) -> None:
        """Start agents for the first time."""
        for name in names:
            state, outputs = initial(self.configs[name])
            self.states[name], self._disks[name] = state, Durable()
            if self._recorder is not None:
                self._recorder.start(name, state, outputs)
            self._perform(name, outputs)

    def crash(self, names: str) -> None:
        """Stop agents, after all that they had to do."""
        for name in names:
            del self.states[name]
            if self._recorder is not None:
                self._recorder.crash(name)

    def restart(self, names: str) -> None:
        """Start agents again, from their disks."""
        for name in names:
            config, disk = self.configs[name], self._disks[name]
            self.restarts.append((config, disk))
            state, outputs = recover(config, disk)
            self.states[name] = state
            if self._recorder is not None:
                self._recorder.recover(name, disk, state, outputs)
            self._perform(name, outputs)

    def tell(self, name: str, message: Message) -> None:
        """Tell an agent something."""
        self.told.append((self.states[name], message))
        self._step(name, message)

    def _step(self, name: str, message: Message) -> None:
        state, outputs = step(self.states[name], message)
        self.states[name] = state
        if self._recorder is not None:
            self._recorder.step(name, message, state, outputs)
        self._perform(name, outputs)

    def _perform(self, name: str, outputs: Outputs) -> None:
        for output in outputs:
            match output:
                case Persist():
                    self._disks[name] = self._disks[name].after(output)
                case Send(target, packet):
                    self._flying.append((target, packet))
                case Broadcast(targets, packet):
                    self._flying.extend((each, packet) for each in targets.members)

    # --- the network ------------------------------------------------------------------

    def silence(self, names: str) -> None:
        """Lose whatever these agents are sent and send, and nothing of any other."""
        self._silent = set(names)

    def lose(self) -> None:
        """Lose all that is on its way."""
        self._flying.clear()

    def show(self, until: Callable[[], bool] = lambda: False) -> None:
        """Let packets arrive, and count each as what the scene says itself."""
        before = len(self.delivered)
        self.deliver(until)
        self.told += self.delivered[before:]
        del self.delivered[before:]

    def deliver(self, until: Callable[[], bool] = lambda: False) -> None:
        """Let packets arrive, each in its turn."""
        while self._flying and not until():
            name, packet = self._flying.popleft()
            if name in self.states and not {name, packet.sender} & self._silent:
                self._arrived = name, packet
                message = wire.Received(packet, self._tick())
                self.delivered.append((self.states[name], message))
                self._step(name, message)

    def repeat(self) -> None:
        """Let the packet that arrived last arrive again."""
        name, packet = self._arrived
        self.receive(name, packet)

    # --- what agents are given ------------------------------------------------------

    def _tick(self) -> Instant:
        self._now += 1
        return Instant(self._now)

    def _request(self) -> RequestId:
        self._requests += 1
        return RequestId(f"q{self._requests}")

    def elapse(self, name: str, timer: Timer = Timer.ELECTION) -> None:
        """Let a timer of an agent run out."""
        self.tell(name, wire.Elapsed(timer, self._tick()))

    def beat(self, name: str) -> None:
        """Let a leader begin a round, and all hear of it."""
        self.elapse(name, Timer.HEARTBEAT)
        self.deliver()

    def elect(self, name: str, until: Callable[[], bool] = lambda: False) -> None:
        """Let an agent stand until it leads; the others keep no promise."""
        for other, state in self.states.items():
            if other not in {name, *self._silent} and state.wait is Wait.PROMISE:
                self._wait(other)
        while self.states[name].role is not Role.LEADER:
            self._wait(name)
            self.deliver(until)

    def _wait(self, name: str) -> None:
        message = wire.Elapsed(Timer.ELECTION, self._tick())
        self.delivered.append((self.states[name], message))
        self._step(name, message)

    def leads(self, name: str) -> Callable[[], bool]:
        """Ask whether an agent leads."""
        return lambda: self.states[name].role is Role.LEADER

    def confirmed(self, name: str) -> int:
        """Name the last round that a quorum confirmed to a leader."""
        return self.states[name].leadership.confirmed_round

    def change(self, name: str, kind: ChangeKind, target: str) -> None:
        """Ask an agent to change the part of one."""
        detail = Command(f"{target}.example:7000")
        request, whom = self._request(), AgentId(target)
        self.tell(name, wire.Change(request, kind, whom, detail))

    def replace(self, name: str, electors: str) -> None:
        """Ask an agent to replace the electorate."""
        chosen, detail = AgentSet.of(electors), Command("")
        self.tell(name, wire.Replace(self._request(), chosen, detail))

    def write(self, name: str) -> None:
        """Ask an agent to write."""
        self.tell(name, wire.Write(self._request(), Command("set x")))

    def read(self, name: str) -> None:
        """Ask an agent for a read."""
        self.tell(name, wire.Read(self._request(), self._tick()))

    def read_under_lease(self, name: str) -> None:
        """Ask an agent for a read under its lease."""
        self.tell(name, wire.LeaseRead(self._request(), self._tick()))

    def transfer(self, name: str, target: str) -> None:
        """Ask an agent to hand leadership over."""
        self.tell(name, wire.Transfer(self._request(), AgentId(target)))

    def receive(self, name: str, packet: Packet) -> None:
        """Let an agent receive what nobody sent."""
        self.tell(name, wire.Received(packet, self._tick()))

    def lead(self, name: str) -> None:
        """Let an agent be elected, commit its no-op, and all know it."""
        self.elect(name)
        self.beat(name)
        self.beat(name)


def configure(names: str, electors: str, workers: str) -> dict[str, Config]:
    """Configure the agents of a scene; who is in neither part is an outsider."""
    return {name: member(name, electors, workers, lease_ms=9_000) for name in names}


# --- the scenes -----------------------------------------------------------------------


def _join(mesh: ScriptedMesh) -> None:
    """Admit an outsider and promote it; demote an elector and dismiss it."""
    mesh.start("abcw")
    mesh.change("b", ADMIT, "d")  # nobody leads
    mesh.elect("a", mesh.leads("a"))
    mesh.change("a", ADMIT, "d")  # nothing of its term is committed
    mesh.replace("a", "ab")
    mesh.deliver()
    mesh.beat("a")
    mesh.change("b", ADMIT, "d")  # it follows
    mesh.replace("b", "ab")
    for kind, target in (
        *((ADMIT, name) for name in ("a", "w", "")),
        *((PROMOTE, name) for name in ("b", "d")),
        *((DEMOTE, name) for name in ("w", "d")),
        *((DISMISS, name) for name in ("b", "d")),
    ):
        mesh.change("a", kind, target)
    for electors in ("", "abc", "abd"):
        mesh.replace("a", electors)
    mesh.read_under_lease("a")
    mesh.change("a", ADMIT, "d")
    mesh.read_under_lease("a")  # the change has ended the lease
    mesh.change("a", PROMOTE, "w")  # the roll is not committed
    mesh.replace("a", "ab")
    mesh.deliver()
    mesh.beat("a")
    mesh.read_under_lease("a")
    mesh.start("d")  # it learns of the mesh from the leader's heartbeat
    mesh.silence("cd")
    mesh.beat("a")
    mesh.elapse("a")  # the quorum check: c and d are not heard of any more
    mesh.change("a", PROMOTE, "d")  # two of four
    mesh.silence("c")
    mesh.beat("a")
    mesh.deliver()
    mesh.change("a", PROMOTE, "d")
    mesh.deliver()
    mesh.beat("a")
    mesh.change("a", DEMOTE, "c")
    mesh.deliver()
    mesh.silence("")
    mesh.beat("a")  # c learns that it is a worker
    mesh.elapse("c")
    mesh.elapse("c")
    mesh.change("a", DISMISS, "c")
    mesh.deliver()
    mesh.beat("a")
    mesh.transfer("a", "c")  # no elector
    mesh.transfer("a", "d")
    mesh.read_under_lease("a")  # it is handing leadership over
    mesh.change("a", ADMIT, "e")
    mesh.replace("a", "ab")
    mesh.deliver()
    mesh.beat("d")


def _hand_over(mesh: ScriptedMesh) -> None:
    """Let a leader demote itself, hand leadership over, and be dismissed."""
    mesh.start("abcw")
    mesh.lead("a")
    mesh.change("a", DEMOTE, "a")
    mesh.write("a")  # it leads and does not count itself
    mesh.deliver()
    mesh.read("a")
    mesh.beat("a")
    mesh.beat("b")
    mesh.change("b", DISMISS, "a")
    mesh.deliver()
    mesh.beat("b")


def _leave_alone(mesh: ScriptedMesh) -> None:
    """Let a leader demote itself and find no elector that has caught up."""
    mesh.start("abcw")
    mesh.lead("a")
    mesh.change("a", DEMOTE, "a")
    mesh.elapse("a", Timer.HEARTBEAT)  # it is not committed
    mesh.deliver()
    mesh.silence("bc")
    mesh.write("a")
    mesh.read("a")
    mesh.beat("a")
    mesh.elapse("a")  # it may not stand
    mesh.silence("")
    mesh.lead("b")


def _replace(mesh: ScriptedMesh) -> None:
    """Replace two electors in one change, then all of them by one agent."""
    mesh.start("abcde")
    mesh.lead("a")
    mesh.read_under_lease("a")
    mesh.silence("c")
    mesh.replace("a", "ade")
    mesh.change("a", ADMIT, "w")
    mesh.read_under_lease("a")
    mesh.write("a")
    mesh.deliver(lambda: not mesh.states["a"].roll.is_joint)
    mesh.change("a", ADMIT, "w")  # the settled roll is not committed
    mesh.deliver()
    mesh.beat("a")
    mesh.read_under_lease("a")
    mesh.silence("")
    mesh.beat("a")
    mesh.replace("a", "d")
    mesh.deliver()
    mesh.beat("a")
    mesh.deliver()
    mesh.beat("d")
    mesh.write("d")
    mesh.change("d", DEMOTE, "d")  # the last elector
    mesh.change("d", DISMISS, "e")
    mesh.deliver()


def _shrink(mesh: ScriptedMesh) -> None:
    """Let one of five electors remain, then grow to three at once."""
    mesh.start("abcde")
    mesh.lead("a")
    mesh.replace("a", "a")
    mesh.deliver(lambda: mesh.states["b"].roll.is_joint)
    mesh.lose()
    mesh.crash("a")
    mesh.restart("a")
    mesh.elapse("a")
    mesh.elapse("a")  # a quorum of one electorate, and of the other none
    mesh.lose()
    for name in "bcde":
        mesh.elapse(name)
    mesh.elapse("a")
    mesh.show(lambda: mesh.states["a"].role is Role.CANDIDATE)
    mesh.deliver()
    mesh.write("a")
    mesh.replace("a", "abc")  # b and c do not hold what is committed
    mesh.deliver()
    mesh.beat("a")
    mesh.replace("a", "abc")
    mesh.elapse("a", Timer.HEARTBEAT)  # it was a quorum alone, and is none now
    mesh.deliver()
    mesh.beat("a")


def _grow(mesh: ScriptedMesh) -> None:
    """Let a lone elector take a second one, and be alone again."""
    mesh.start("a")
    mesh.lead("a")
    mesh.change("a", ADMIT, "d")
    mesh.change("a", PROMOTE, "b")  # it never started
    mesh.replace("a", "ab")
    mesh.change("a", DEMOTE, "a")  # the last elector
    mesh.start("bd")
    mesh.beat("a")
    mesh.deliver()
    mesh.change("a", PROMOTE, "b")
    mesh.read("a")
    mesh.deliver()
    mesh.beat("a")
    mesh.change("a", DEMOTE, "b")
    mesh.deliver()
    mesh.change("a", DISMISS, "b")
    mesh.change("a", PROMOTE, "d")
    mesh.deliver()
    mesh.beat("a")
    mesh.crash("ad")
    mesh.restart("ad")
    mesh.elapse("d")
    mesh.lead("a")


def _settle_by_a_successor(mesh: ScriptedMesh) -> None:
    """Let a joint roll be completed by the next leader, which it takes off."""
    mesh.start("abcd")
    mesh.lead("a")
    mesh.replace("a", "cd")
    mesh.silence("a")
    mesh.deliver()
    mesh.silence("")
    mesh.replace("a", "cd")
    mesh.lose()
    mesh.write("a")
    mesh.silence("d")
    mesh.deliver(lambda: mesh.states["b"].roll.is_joint)
    mesh.lose()
    mesh.silence("")
    mesh.elapse("a", Timer.HEARTBEAT)
    mesh.deliver(lambda: mesh.states["c"].roll.is_joint)
    mesh.deliver(lambda: mesh.states["d"].roll.is_joint)
    mesh.crash("a")
    mesh.lose()
    mesh.elect("b", mesh.leads("b"))
    mesh.change("b", ADMIT, "a")
    mesh.deliver()
    mesh.beat("b")
    mesh.deliver()
    mesh.restart("a")
    mesh.elapse("a")
    mesh.elapse("a")
    mesh.deliver()


def _succeed_in_a_joint_roll(mesh: ScriptedMesh) -> None:
    """Elect an agent that has committed a joint roll and not what settles it."""
    mesh.start("abcd")
    mesh.lead("a")
    mesh.replace("a", "bd")
    mesh.deliver(lambda: not mesh.states["a"].roll.is_joint)
    mesh.lose()
    mesh.elapse("a", Timer.HEARTBEAT)
    mesh.deliver(lambda: _has_committed_joint_roll(mesh.states["b"]))
    mesh.deliver(lambda: _has_committed_joint_roll(mesh.states["d"]))
    mesh.lose()
    mesh.crash("a")
    mesh.elect("b", mesh.leads("b"))
    mesh.replace("b", "bcd")  # the joint roll is committed, and not settled
    mesh.change("b", ADMIT, "e")
    mesh.deliver()
    mesh.beat("b")


def _has_committed_joint_roll(state: State) -> bool:
    return state.roll.is_joint and state.roll.index <= state.commit_index


def _count_in_a_joint_roll(mesh: ScriptedMesh) -> None:
    """Let a quorum of one of two electorates count for nothing."""
    mesh.start("abcde")
    mesh.lead("a")
    mesh.replace("a", "bde")
    mesh.silence("c")
    mesh.deliver(lambda: mesh.states["e"].roll.is_joint)
    mesh.lose()
    mesh.crash("a")
    mesh.elapse("d")
    mesh.elapse("e")
    mesh.elapse("b")
    mesh.elapse("b")
    mesh.show()  # the pre-votes of d and e are none of the outgoing electorate
    mesh.silence("")
    mesh.elapse("c")
    mesh.elapse("b")
    mesh.deliver(lambda: mesh.states["b"].role is Role.CANDIDATE)
    mesh.silence("c")
    mesh.show()  # nor are their votes
    mesh.elapse("b")
    mesh.silence("de")
    mesh.deliver()
    mesh.elapse("b")
    mesh.silence("")
    mesh.show(mesh.leads("b"))
    mesh.silence("c")
    mesh.show()  # d and e hold the no-op
    mesh.elapse("b", Timer.HEARTBEAT)
    mesh.show()  # and acknowledge a round
    mesh.elapse("b")  # which is no quorum
    mesh.silence("")
    mesh.elect("b", mesh.leads("b"))
    mesh.silence("de")
    mesh.show()
    mesh.elapse("b", Timer.HEARTBEAT)
    mesh.show()
    mesh.silence("")
    mesh.beat("b")
    mesh.elapse("b")
    mesh.deliver()


def _count_no_index_below_a_roll(mesh: ScriptedMesh) -> None:
    """Let a write wait for the change behind it, by whose roll it is counted."""
    mesh.start("abc")
    mesh.lead("a")
    mesh.write("a")
    mesh.change("a", DEMOTE, "c")
    mesh.show()
    mesh.write("a")
    mesh.change("a", PROMOTE, "c")
    mesh.show()


def _lack_the_outgoing(mesh: ScriptedMesh) -> None:
    """Refuse to replace electors of whom one is not heard and one has not caught up."""
    mesh.start("abcde")
    mesh.lead("a")
    mesh.silence("c")
    mesh.write("a")
    mesh.deliver()
    mesh.silence("b")
    mesh.elapse("a", Timer.HEARTBEAT)
    mesh.deliver(lambda: mesh.confirmed("a") == mesh.states["a"].leadership.round)
    mesh.deliver(lambda: _has_heard(mesh.states["a"], "de"))
    mesh.lose()
    mesh.elapse("a")
    mesh.replace("a", "ade")
    mesh.replace("a", "bde")
    mesh.silence("")
    mesh.beat("a")
    mesh.replace("a", "ade")
    mesh.deliver()


def _has_heard(leader: State, names: str) -> bool:
    """Tell whether agents have acknowledged the last round."""
    last = leader.leadership.round
    return all(leader.leadership.seen.get(AgentId(name)) == last for name in names)


def _stand_off_the_roll(mesh: ScriptedMesh) -> None:
    """Let an agent stand that alone has the change that takes it off."""
    mesh.start("abc")
    mesh.lead("a")
    mesh.change("a", PROMOTE, "c")
    mesh.deliver()
    mesh.beat("a")
    mesh.change("a", DEMOTE, "c")
    mesh.deliver()
    mesh.beat("a")
    mesh.silence("b")
    mesh.change("a", DEMOTE, "a")
    mesh.deliver()
    mesh.crash("ac")
    mesh.restart("ac")
    mesh.silence("")
    mesh.elapse("c")
    mesh.elapse("c")  # the roll before has it as a worker
    mesh.elapse("b")
    mesh.elapse("b")
    mesh.deliver()  # its log is shorter
    mesh.elect("a", mesh.leads("a"))
    mesh.deliver()
    mesh.beat("a")
    mesh.elapse("a")  # it is known to be off the roll


def _keep_a_lease_void(mesh: ScriptedMesh) -> None:
    """Let rounds overtake a change that has ended a lease."""
    mesh.start("abcw")
    mesh.lead("a")
    confirmed = mesh.confirmed("a")
    mesh.elapse("a", Timer.HEARTBEAT)
    mesh.elapse("a", Timer.HEARTBEAT)
    mesh.deliver(lambda: mesh.confirmed("a") == confirmed + 1)
    mesh.read_under_lease("a")
    mesh.change("a", DISMISS, "w")
    mesh.elapse("a", Timer.HEARTBEAT)
    mesh.deliver(lambda: mesh.confirmed("a") == confirmed + 2)
    mesh.read_under_lease("a")  # confirmed, and begun before the lease's next round
    mesh.deliver()
    mesh.read_under_lease("a")


def _truncate(mesh: ScriptedMesh) -> None:
    """Let the next leader truncate a change that only its leader has."""
    mesh.start("abcd")
    mesh.lead("a")
    mesh.silence("a")
    mesh.change("a", PROMOTE, "d")
    mesh.deliver()
    mesh.elect("b")
    mesh.write("b")
    mesh.deliver()
    mesh.silence("")
    mesh.beat("b")
    mesh.change("b", PROMOTE, "d")
    mesh.deliver(lambda: mesh.states["a"].roll.electors.has(AgentId("d")))
    mesh.lose()
    mesh.silence("b")
    mesh.change("b", DEMOTE, "a")  # the one before is not committed
    mesh.elect("a", mesh.leads("a"))
    mesh.write("a")
    mesh.deliver()
    mesh.silence("")
    mesh.beat("a")


def _elect_an_unknown_agent(mesh: ScriptedMesh) -> None:
    """Elect an agent that a voter never heard of."""
    mesh.start("abcd")
    mesh.lead("a")
    mesh.change("a", ADMIT, "d")
    mesh.silence("c")
    mesh.deliver()
    mesh.beat("a")
    mesh.deliver()
    mesh.change("a", PROMOTE, "d")
    mesh.deliver()
    mesh.beat("a")
    mesh.crash("a")
    mesh.silence("")
    mesh.elect("d")
    mesh.beat("d")
    mesh.read("c")
    mesh.deliver()
    mesh.crash("cd")
    mesh.restart("acd")
    mesh.elapse("d")


def _stay_off_the_roll(mesh: ScriptedMesh) -> None:
    """Let an agent stand that never heard that it was dismissed."""
    mesh.start("abcd")
    mesh.lead("a")
    mesh.silence("c")
    mesh.change("a", DEMOTE, "c")
    mesh.deliver()
    mesh.change("a", DISMISS, "c")
    mesh.deliver()
    mesh.beat("a")
    mesh.silence("")
    mesh.elapse("c")
    mesh.elapse("c")
    mesh.deliver()
    mesh.change("a", ADMIT, "c")  # back again, under the old log
    mesh.deliver(lambda: _is_behind(mesh.states["a"], "c"))
    for _ in range(3):
        mesh.write("a")  # c is not in step
    mesh.deliver(lambda: _is_catching_up(mesh.states["a"], "c"))
    mesh.repeat()
    mesh.deliver()
    mesh.beat("a")
    mesh.deliver()


def _is_behind(leader: State, name: str) -> bool:
    """Tell whether a leader sends an agent what others have already."""
    return leader.leadership.next.get(AgentId(name)) <= leader.log.last_index


def _is_catching_up(leader: State, name: str) -> bool:
    """Tell whether an agent has acknowledged some of what others have already."""
    held = leader.leadership.match.get(AgentId(name))
    return held > 0 and _is_behind(leader, name)


def _forge(mesh: ScriptedMesh) -> None:
    """Give agents what no mesh would send while its roll changes."""
    mesh.start("abcd")
    mesh.lead("a")
    mesh.change("a", DEMOTE, "c")
    mesh.deliver()
    mesh.change("a", DISMISS, "c")
    mesh.deliver()
    mesh.beat("a")
    _answer_as_no_member(mesh)
    _ask_with_other_rolls(mesh)
    _send_rolls(mesh)


def _answer_as_no_member(mesh: ScriptedMesh) -> None:
    state = mesh.states["a"]
    last, term = state.log.last_index, state.log.last_term
    for name in ("c", "z"):
        head = (state.config.mesh, AgentId(name), state.term)
        for accepted, (index, of) in product(
            (True, False), ((last, term), (Index(last + 1), term), (Index(0), Term(0)))
        ):
            mesh.receive("a", wire.AppendReply(*head, accepted, index, of))
        for ahead in (0, 1):
            number = Round(state.leadership.round + ahead)
            mesh.receive("a", wire.HeartbeatReply(*head, number, last, term))
        mesh.receive("a", wire.ReadIndexRequest(*head, RequestId("f1")))
        mesh.receive("a", wire.Forward(*head, RequestId("f2"), Command("set y")))
        mesh.receive("a", wire.TransferNow(*head))
        mesh.receive("b", wire.ForwardReply(*head, RequestId("f2"), True, last))
    nobody = (state.config.mesh, NOBODY, state.term)
    mesh.receive("a", wire.AppendReply(*nobody, True, last, term))
    mesh.receive("b", wire.TransferNow(*nobody))


def _ask_with_other_rolls(mesh: ScriptedMesh) -> None:
    first, last = AgentSet.of("abc"), Index(6)
    three, two = Term(3), AgentSet.of("ab")
    rolls = (
        Roll(first, first, term=Term(1)),
        Roll(first, first, index=Index(1)),
        Roll(first, first, index=Index(-1), term=Term(1)),
        Roll(first, first, index=Index(7), term=three),
        Roll(first, first, index=Index(2), term=Term(4)),
        Roll(AgentSet.of("abcd"), AgentSet.of("abcd")),
        Roll(first, AgentSet.of("abd")),
        Roll(AgentSet.of("abd"), first),
        Roll(two, two, index=Index(2), term=Term(1)),
        Roll(two, AgentSet.of("bc"), index=Index(2), term=Term(1)),
        Roll(AgentSet.of("cz"), AgentSet.of("cz"), index=last, term=three),
        Roll(first, first, AgentSet.of("vwx")),
        Roll(two, two, AgentSet.of("c"), index=Index(2), term=Term(1)),
        Roll(two, two, AgentSet.of("c")),
    )
    state = mesh.states["b"]
    mesh.elapse("b")  # it keeps no promise any more
    for number, roll in enumerate(rolls):
        head = (state.config.mesh, AgentId("c"), Term(state.term + 3 + number))
        mesh.receive("b", wire.PreVoteRequest(*head, last, three, roll))
        mesh.receive("b", wire.VoteRequest(*head, last, three, roll, False))


def _send_rolls(mesh: ScriptedMesh) -> None:
    """Let an unknown leader send rolls that replace one another."""
    state = mesh.states["d"]
    term = Term(state.term + 30)
    head = (state.config.mesh, AgentId("z"), term)
    last = state.log.last_index
    at = (Index(last - 1), state.log.term_at(Index(last - 1)))
    joint = _roll_entry(term, "abd", "ab", "")
    settled = _roll_entry(term, "abd", "abd", "w")
    write = Entry(term, EntryKind.COMMAND, Command("set x"), RequestId("f3"))
    for entries in ((joint, settled), (joint, write), (write,), (joint,)):
        mesh.receive("d", wire.Append(*head, *at, Segment(entries), Index(0)))


def _roll_entry(term: Term, electors: str, outgoing: str, workers: str) -> Entry:
    return Entry(
        term,
        EntryKind.ROLL,
        Command("b.example:7000"),
        RequestId("f4"),
        AgentSet.of(electors),
        AgentSet.of(outgoing),
        AgentSet.of(workers),
    )


Scene = Callable[[ScriptedMesh], None]
_Cast = tuple[str, str, str]

SCENES: Final[Mapping[str, tuple[Scene, _Cast]]] = {
    "join": (_join, ("abcdw", "abc", "w")),
    "hand-over": (_hand_over, ("abcw", "abc", "w")),
    "leave-alone": (_leave_alone, ("abcw", "abc", "w")),
    "replace": (_replace, ("abcde", "abc", "de")),
    "shrink": (_shrink, ("abcde", "abcde", "")),
    "grow": (_grow, ("abd", "a", "b")),
    "successor": (_settle_by_a_successor, ("abcd", "abc", "d")),
    "joint": (_succeed_in_a_joint_roll, ("abcd", "abc", "d")),
    "truncate": (_truncate, ("abcd", "abc", "d")),
    "unknown-candidate": (_elect_an_unknown_agent, ("abcd", "abc", "")),
    "off-the-roll": (_stay_off_the_roll, ("abcd", "abc", "d")),
    "counting": (_count_in_a_joint_roll, ("abcde", "abc", "de")),
    "below-the-roll": (_count_no_index_below_a_roll, ("abc", "abc", "")),
    "outgoing": (_lack_the_outgoing, ("abcde", "abc", "de")),
    "taken-off": (_stand_off_the_roll, ("abc", "ab", "c")),
    "lease": (_keep_a_lease_void, ("abcw", "abc", "w")),
}
"""What is played, and by whom: all agents, the initial leaders, the workers."""
_FORGED: Final[tuple[Scene, _Cast]] = _forge, ("abcd", "abc", "d")
"""What no mesh plays."""


def play_all() -> Iterator[ScriptedMesh]:
    """Play each scene, the forged one last."""
    for scene, cast in (*SCENES.values(), _FORGED):
        mesh = ScriptedMesh(*cast)
        scene(mesh)
        yield mesh


def membership_traces(states: States) -> Iterator[tuple[str, str]]:
    """Give the name and the trace of each scene that a mesh plays."""
    for name, (scene, cast) in SCENES.items():
        lines: list[str] = []
        recorder = Recorder(
            lines.append,
            configure(*cast).values(),
            runtime=f"primacy, scene {name}",
            states=states,
            whole=True,
        )
        scene(ScriptedMesh(*cast, recorder))
        recorder.end()
        yield name, "".join(lines)
