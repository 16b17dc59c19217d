"""Whether what a trace tells is what the specification allows, line by line.

Each start, restart and step is made again by core, and state and outputs must be the
same. So must what joins the lines: a disk is what was persisted, an agent that is down
does not step, a timer elapses only while it is armed, a request is asked once; where
the trace is whole, a packet was sent before it is received; where it has clocks, they
never go back and no timer is early.

Contract: it accepts a line only on what the lines before it have said, and raises at
the first that is not allowed.

Source: docs/specification.md; clauses `runtime.*`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from primacy import (
    AgentId,
    Arm,
    Broadcast,
    Change,
    Config,
    Disarm,
    Discard,
    Durable,
    Elapsed,
    FormatError,
    Forward,
    Instant,
    LeaseRead,
    Message,
    Output,
    Packet,
    Persist,
    Read,
    Received,
    Refused,
    Replace,
    RequestId,
    Restore,
    Send,
    Snapshotted,
    State,
    Term,
    Timer,
    Transfer,
    Write,
    dumps,
    initial,
    recover,
    step,
)
from primacy_model.conformance import differences
from primacy_model.conformance.clause_coverage import Touched
from primacy_model.conformance.differences import Part
from primacy_model.conformance.limits import (
    disk_error,
    entry_error,
    length_error,
    roll_error,
)
from primacy_model.conformance.recorder import digest
from primacy_model.conformance.trace_reader import Head, TraceLine

Outputs = Sequence[Output]

BEFORE: Final = "it never started in this trace"


class NotAllowedError(Exception):
    """A line that the specification does not allow, and why."""

    def __init__(
        self,
        line: TraceLine,
        why: str,
        parts: Sequence[Part] = (),
        clauses: Iterable[str] = (),
    ) -> None:
        super().__init__(why)
        self.line, self.why = line, why
        self.parts, self.clauses = tuple(parts), tuple(clauses)


@dataclass(slots=True)
class TracedAgent:
    """What the lines have told of one agent."""

    config: Config
    state: State | None = None
    """None while it is down, and before it starts."""
    disk: Durable | None = None
    """None before it starts: nobody knows it."""
    last: tuple[Durable, Outputs] | None = None
    """The disk before its last call, and the outputs of that call."""
    armed: dict[Timer, Instant | None] = field(default_factory=dict)
    """The armed timers, and when each may elapse if that is known."""
    now: Instant | None = None
    """The last instant of its clock since it started."""
    applied: int = 0
    """How far it ever applied entries, as far as the lines say."""
    least_start: int = 0
    """Where its disk begins at least: a `Discard` may be late."""


class TraceChecker:
    """Judges the lines of one trace, in their order."""

    def __init__(self, head: Head) -> None:
        self.head = head
        self.steps = 0
        self.touched = Touched()
        self._agents = {name: TracedAgent(each) for name, each in head.configs.items()}
        self._sent: Counter[bytes] = Counter()
        """How often each packet was sent to each agent."""
        self._heard: set[bytes] = set()
        self._asked: set[RequestId] = set()
        self._writes: dict[RequestId, Write] = {}
        self._passed_on: set[tuple[AgentId, RequestId, Term]] = set()
        """The writes that an agent was refused, which its runtime may forward."""
        self._forwarded: set[tuple[AgentId, RequestId, Term]] = set()
        """Those of them that were received."""

    @property
    def agents(self) -> int:
        """Count the agents that did anything."""
        return sum(agent.disk is not None for agent in self._agents.values())

    def judge(self, line: TraceLine) -> None:
        """Take a line, or raise if it is not allowed."""
        take = {
            "start": self._start,
            "recover": self._recover,
            "crash": self._crash,
            "step": self._step,
        }
        try:
            take[line.event](self._agents[line.agent], line)
        except FormatError as error:  # a packet too long, or a number too high
            raise NotAllowedError(
                line, f"it brings or leads to what cannot be written: {error}."
            ) from None

    # --- the life of an agent ---------------------------------------------------------

    def _start(self, agent: TracedAgent, line: TraceLine) -> None:
        if agent.disk is not None:
            raise NotAllowedError(
                line,
                "it has run before: after that only recover may begin it.",
                clauses=["runtime.own-disk"],
            )
        self._begin(agent, line, Durable(), initial(agent.config))

    def _recover(self, agent: TracedAgent, line: TraceLine) -> None:
        disk = line.durable
        assert disk is not None
        if agent.state is not None:
            raise NotAllowedError(
                line,
                "it runs: a crash has to come before.",
                clauses=["runtime.one-at-a-time"],
            )
        if agent.disk is None and self.head.whole:
            raise NotAllowedError(
                line,
                f"{BEFORE}, and the trace says that it is whole.",
                clauses=["runtime.own-disk"],
            )
        if agent.disk is not None and not _is_disk(agent, disk):
            raise NotAllowedError(
                line,
                "its disk is not what was persisted.",
                differences.compare_disks(agent.disk, disk),
                ["runtime.own-disk", "restart.from-disk"],
            )
        if wrong := disk_error(disk):
            raise NotAllowedError(line, wrong, clauses=["state.durable"])
        if wrong := roll_error(agent.config, disk.log):
            clauses = ["change.near", "change.own-term"]
            raise NotAllowedError(line, wrong, clauses=clauses)
        self._begin(agent, line, disk, recover(agent.config, disk))

    def _begin(
        self,
        agent: TracedAgent,
        line: TraceLine,
        disk: Durable,
        begun: tuple[State, Outputs],
    ) -> None:
        state, outputs = begun
        clauses = self.touched.began(agent.config, disk, outputs)
        self._compare(line, state, outputs, clauses)
        agent.state, agent.disk, agent.now = state, disk, None
        agent.applied = max(agent.applied, state.commit_index)
        agent.least_start = disk.log.start
        agent.armed.clear()
        self._perform(agent, outputs, None)

    def _crash(self, agent: TracedAgent, line: TraceLine) -> None:
        if agent.state is None:
            raise NotAllowedError(line, self._why_down(agent))
        assert agent.last is not None
        disk, outputs = agent.last
        done = len(outputs) if line.performed is None else line.performed
        if done > len(outputs):
            raise NotAllowedError(
                line, f"its last call gave {len(outputs)} outputs, not {done}."
            )
        for key in self._keys(outputs[done:]):
            self._sent[key] -= 1
            if self._sent[key] == 0 and key in self._heard:
                raise NotAllowedError(
                    line,
                    "a packet that it did not send before the crash was received.",
                    clauses=["runtime.in-order"],
                )
        for output in outputs[done:]:
            if isinstance(output, Refused):
                self._take_back(agent, line, output)
        for output in outputs[:done]:
            disk = _write(disk, output)
            if isinstance(output, Restore):
                agent.least_start = output.index
        agent.state, agent.disk = None, disk

    def _take_back(self, agent: TracedAgent, line: TraceLine, refused: Refused) -> None:
        """Let a refusal that was not performed be no reason to forward its write."""
        asked = agent.config.me, refused.request, refused.token
        if asked in self._forwarded:
            raise NotAllowedError(
                line,
                "a write whose refusal it did not give before the crash was forwarded.",
                clauses=["runtime.in-order", "runtime.forward"],
            )
        self._passed_on.discard(asked)

    def _why_down(self, agent: TracedAgent) -> str:
        return "it is down." if agent.disk is not None else f"{BEFORE}."

    # --- a step -----------------------------------------------------------------------

    def _step(self, agent: TracedAgent, line: TraceLine) -> None:
        before, message = agent.state, line.message
        assert message is not None
        if before is None:
            raise NotAllowedError(
                line, self._why_down(agent), clauses=["runtime.one-at-a-time"]
            )
        self._require_possible(agent, line, message)
        try:
            state, outputs = step(before, message)
        except (IndexError, ValueError):
            raise NotAllowedError(
                line, "core has no answer: no mesh brings an agent into this state."
            ) from None
        if wrong := entry_error(agent.config, message, outputs):
            raise NotAllowedError(line, wrong, clauses=["runtime.text"])
        clauses = self.touched.stepped(message, outputs, line.agent)
        self._compare(line, state, outputs, clauses)
        self.steps += 1
        now = _instant(message)
        if isinstance(message, Elapsed):
            agent.armed.pop(message.timer)
        agent.state, agent.now = state, agent.now if now is None else now
        agent.applied = max(agent.applied, state.commit_index)
        self._perform(agent, outputs, now)
        if isinstance(message, Write):
            refused = [each for each in outputs if isinstance(each, Refused)]
            self._writes[message.request] = message
            self._passed_on.update(
                (agent.config.me, each.request, each.token) for each in refused
            )

    def _require_possible(
        self, agent: TracedAgent, line: TraceLine, message: Message
    ) -> None:
        """Refuse a message that no runtime may give an agent now."""
        now = _instant(message)
        if wrong := length_error(agent.config, message):
            raise NotAllowedError(line, wrong, clauses=["runtime.text"])
        if self.head.clocks and None not in (now, agent.now) and now < agent.now:  # type: ignore[operator] # neither is None
            raise NotAllowedError(
                line,
                f"its clock went back from {agent.now} to {now}.",
                clauses=["runtime.monotonic-clock"],
            )
        match message:
            case Elapsed(timer, now):
                self._require_armed(agent, line, timer, now)
            case Snapshotted(index):
                self._require_applied(agent, line, index)
            case Received(packet):
                self._require_sent(agent, line, packet)
            case Write() | Read() | LeaseRead() | Transfer() | Change() | Replace():
                if message.request in self._asked:
                    raise NotAllowedError(
                        line,
                        f"the request {dumps_text(message.request)} was used before.",
                        clauses=["runtime.request-ids"],
                    )
                self._asked.add(message.request)

    def _require_applied(self, agent: TracedAgent, line: TraceLine, index: int) -> None:
        if self.head.whole and not 1 <= index <= agent.applied:
            raise NotAllowedError(
                line,
                f"no snapshot stands for index {index}: it applied {agent.applied}.",
                clauses=["runtime.snapshot"],
            )

    def _require_armed(
        self, agent: TracedAgent, line: TraceLine, timer: Timer, now: Instant
    ) -> None:
        if timer not in agent.armed:
            raise NotAllowedError(
                line,
                f"its {timer.value} timer is not armed.",
                clauses=["runtime.timer-replaced"],
            )
        due = agent.armed[timer]
        if self.head.clocks and due is not None and now < due:
            raise NotAllowedError(
                line,
                f"its {timer.value} timer elapses at {now}, not before {due}.",
                clauses=["runtime.timer-not-early"],
            )

    def _require_sent(
        self, agent: TracedAgent, line: TraceLine, packet: Packet
    ) -> None:
        if not self.head.whole:
            return
        if isinstance(packet, Forward):
            write = self._writes.get(packet.request)
            asked = packet.sender, packet.request, packet.term
            is_made = write is not None and write.command == packet.command
            if not is_made or asked not in self._passed_on:
                raise NotAllowedError(
                    line,
                    f"{packet.sender} was refused no such write under that token.",
                    clauses=["runtime.forward"],
                )
            self._forwarded.add(asked)
            return
        key = _key(agent.config.me, packet)
        if not self._sent[key]:
            kind = type(packet).__name__
            raise NotAllowedError(
                line,
                f"nobody has sent it this {kind} before.",
                clauses=["runtime.delivery"],
            )
        self._heard.add(key)

    # --- what a call leads to ---------------------------------------------------------

    def _compare(
        self, line: TraceLine, state: State, outputs: Outputs, clauses: Sequence[str]
    ) -> None:
        """Compare what core gives with what the line says."""
        if tuple(outputs) != line.outputs:
            parts = differences.compare_outputs(outputs, line.outputs)
            raise NotAllowedError(line, "its outputs are others.", parts, clauses)
        if line.state is not None and line.state != state:
            parts = differences.compare_states(state, line.state)
            raise NotAllowedError(line, "its state is another.", parts, clauses)
        if self.head.states == "digest" and line.digest != digest(state):
            parts = [("digest", digest(state)[:16], line.digest[:16])]
            raise NotAllowedError(line, "its state is another.", parts, clauses)

    def _perform(
        self, agent: TracedAgent, outputs: Outputs, now: Instant | None
    ) -> None:
        disk = agent.disk
        assert disk is not None
        agent.last = disk, outputs
        for output in outputs:
            match output:
                case Persist() | Discard() | Restore():
                    disk = _write(disk, output)
                case Arm(timer, least, _):
                    due = None if now is None else Instant(now + least)
                    agent.armed[timer] = due
                case Disarm(timer):
                    agent.armed.pop(timer, None)
        agent.disk = disk
        if self.head.whole:
            self._sent.update(self._keys(outputs))

    def _keys(self, outputs: Outputs) -> list[bytes]:
        """Name what is sent to whom."""
        if not self.head.whole:
            return []
        found: list[bytes] = []
        for output in outputs:
            match output:
                case Send(target, packet):
                    found.append(_key(target, packet))
                case Broadcast(targets, packet):
                    found += [_key(target, packet) for target in targets.members]
        return found


def _write(disk: Durable, output: Output) -> Durable:
    """Give the disk after an output, which may be none that writes."""
    match output:
        case Persist():
            return disk.after(output)
        case Discard():
            return disk.discarded(output)
        case Restore():
            return disk.restored(output)
        case _:
            return disk


def _is_disk(agent: TracedAgent, disk: Durable) -> bool:
    """Tell whether a disk is that of an agent, or has more of its beginning."""
    held, log = agent.disk, disk.log
    assert held is not None
    start = held.log.start
    if not agent.least_start <= log.start < start <= log.last_index:
        return disk == held
    roll = log.roll_at(start, agent.config.first_roll)
    return Durable(disk.term, disk.voted_for, log.compacted(start, roll)) == held


def _key(target: AgentId, packet: Packet) -> bytes:
    """Stand for a packet to an agent."""
    text = f"{target} {dumps(packet)}"
    return blake2b(text.encode(), digest_size=16).digest()


def _instant(message: Message) -> Instant | None:
    return getattr(message, "now", None)


def dumps_text(text: str) -> str:
    """Show a text short and in ASCII."""
    return ascii(text[:40])
