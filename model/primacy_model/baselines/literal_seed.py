"""The seed read literally: a mesh of such agents, and the two worlds where it breaks.

This module decides when a timer may elapse, what the network does, who dies, and what
is claimed of it; the rules of an agent, with the seed's sentences, stand in
`literal_seed_agent`.

Contract: the seed gets the best of worlds, so that what breaks is broken by its rules
and not by bad luck.

Silences of the seed about the world, and how they are filled:
- Messages. Between agents that can talk nothing is lost, doubled or slow: no timer
  elapses, no heartbeat round begins and no agent dies before all that was sent on its
  side has arrived ("Requires reliable network connectivity").
- Timeouts. None elapses while a living leader or an open election is on the agent's
  side ("Set appropriate timeouts based on network conditions").
- Partitions. The agents fall into two sides while nothing is on its way. What is sent
  across is lost. It heals as a whole.
- Deaths. An agent dies for good. One that comes back is not modelled.
- A sitting leader may stand for the next term whenever it likes; here from term 1 only.

The network is a set of messages: delivery removes, and to send again what is on its way
changes nothing.

Source: the seed, by heading; protocol section 1, which says why it is not kept so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from primacy_model.baselines.literal_seed_agent import (
    NOBODY,
    Role,
    Rules,
    SeedAgent,
    SeedMessage,
    Turn,
)
from primacy_model.checker.model import (
    IN_FLIGHT,
    Action,
    Arrow,
    Event,
    Kind,
    Property,
    Value,
)

ALWAYS, SOMETIMES, RECOVERABLE = Kind.ALWAYS, Kind.SOMETIMES, Kind.RECOVERABLE

Sides = tuple[tuple[str, ...], ...]
"""The sides of the network: one when it is whole, two under a partition."""


@dataclass(frozen=True, slots=True)
class SeedState:
    """One global state."""

    agents: tuple[SeedAgent, ...]
    network: frozenset[SeedMessage]
    sides: Sides
    partitions: int
    """How many partitions have begun."""
    led: frozenset[tuple[int, str]]
    """Ghost: each term that had a leader, with that leader."""


@dataclass(frozen=True, slots=True)
class LiteralSeed:
    """A mesh that follows the seed to the letter."""

    name: str
    summary: str
    agents: tuple[str, ...]
    initial_leaders: tuple[str, ...]
    crashes: int = 0
    partitions: int = 0
    max_term: int = 4
    """No election without a leader begins beyond this term."""
    initial_again: bool = False
    """An initial election may start again whenever an agent sees no leader."""
    electorate_repair: bool = False
    """The repaired rule instead of the seed's."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """List what must happen somewhere in the state graph."""
        listed = ["deliver", "timeout", "window", "stand", "heartbeat"]
        if self.crashes:
            listed.append("crash")
        if self.partitions:
            listed.extend(("partition", "heal"))
        return tuple(listed)

    @property
    def bounds(self) -> dict[str, int | str]:
        """Tell what was limited."""
        return {
            "agents": len(self.agents),
            "initial leaders": len(self.initial_leaders),
            "crashes": self.crashes,
            "partitions": self.partitions,
            "terms": self.max_term,
            "a sitting leader stands": "from term 1",
            "initial election": "again" if self.initial_again else "once",
        }

    @property
    def properties(self) -> tuple[Property[SeedState], ...]:
        """List the claims: safety, liveness where agents die, and non-vacuity."""
        listed = [
            Property(
                "S1", "at most one agent is ever leader in a term", ALWAYS, is_safe
            ),
            Property("elected", "a leader is elected", SOMETIMES, has_leader),
            Property("heard", "a heartbeat is heard", SOMETIMES, has_follower),
            Property("tie", "a claimant knows of another", SOMETIMES, has_rivals),
        ]
        if self.crashes:
            listed.append(Property("L1", "a leader can come", RECOVERABLE, has_leader))
            listed.append(Property("loss", "a leader dies", SOMETIMES, has_lost_leader))
        if self.partitions:
            listed.append(Property("cut", "a partition begins", SOMETIMES, is_cut))
            listed.append(Property("heal", "a partition ends", SOMETIMES, has_healed))
        return tuple(listed)

    def initial(self) -> tuple[SeedState, ...]:
        """Begin with a whole network and agents that know no leader."""
        agents = tuple(SeedAgent(name) for name in self.agents)
        return (SeedState(agents, frozenset(), (self.agents,), 0, frozenset()),)

    def actions(self, state: SeedState) -> Iterator[Action]:
        """List deliveries, then what each agent may do, then the faults."""
        for message in sorted(state.network):
            label = f"deliver {message.label} from {message.sender}"
            yield Action("deliver", message.target, label, message)
        for agent in living(state):
            if is_quiet(state, companions(state, agent)):
                for kind, label in self._choices(state, agent):
                    yield Action(kind, agent.id, label, agent.id)
        if state.network:
            return
        if is_cut(state):
            yield Action("heal", "network", "heal", (self.agents,))
        elif state.partitions < self.partitions:
            for sides in splits(self.agents):
                yield Action("partition", "network", f"split {show(sides)}", sides)

    def successor(self, state: SeedState, action: Action) -> SeedState:
        """Carry out one action."""
        if action.kind == "heal":
            return replace(state, sides=(self.agents,))
        if action.kind == "partition":
            chosen = (each for each in splits(self.agents) if each == action.payload)
            begun = state.partitions + 1
            return replace(state, sides=next(chosen), partitions=begun)
        turn = self._turn(state, action)
        after = turn.agent
        agents = tuple(after if each.id == after.id else each for each in state.agents)
        near = {each.id for each in companions(state, after)}
        arriving = frozenset(each for each in turn.sent if each.target in near)
        network = (state.network - {action.payload}) | arriving
        is_leader = after.role is Role.LEADER
        led = state.led | {(after.term, after.id)} if is_leader else state.led
        return replace(state, agents=agents, network=network, led=led)

    def columns(self, state: SeedState) -> dict[str, dict[str, Value]]:
        """Show each agent, then the network."""
        shown: dict[str, dict[str, Value]] = {}
        for agent in state.agents:
            shown[agent.id] = {
                "role": agent.role.value,
                "term": agent.term,
                "leader": agent.leader or "none",
                "claims": " ".join(sorted(agent.claims)) or "none",
                "votes": " ".join(sorted(agent.votes)) or "none",
            }
        flights = (message.key for message in sorted(state.network))
        shown["network"] = {
            "sides": show(state.sides) if is_cut(state) else "whole",
            IN_FLIGHT: ", ".join(flights) or "none",
        }
        return shown

    def event(self, state: SeedState, action: Action) -> Event:
        """Draw the message that is heard, those that are sent, and say why."""
        if action.column == "network":
            return Event((), (), ())
        turn = self._turn(state, action)
        heard = action.payload
        received = (arrow(heard),) if isinstance(heard, SeedMessage) else ()
        notes = (turn.note,) if turn.note else ()
        return Event(received, tuple(arrow(message) for message in turn.sent), notes)

    def _choices(self, state: SeedState, agent: SeedAgent) -> Iterator[tuple[str, str]]:
        side = companions(state, agent)
        is_led = any(each.role is Role.LEADER for each in side)
        is_open = any(each.role is Role.CLAIMANT or each.standing for each in side)
        may_run = self._rules.may_claim(agent) or self._rules.may_elect(agent)
        if not is_led and agent.next_term <= self.max_term:
            if may_run and not is_open:
                yield "timeout", "hear no leader for the timeout"
            if agent.role is Role.CLAIMANT:
                yield "window", "close the claim window"
        if agent.standing:
            yield "retire", "give the election up"
        if agent.role is Role.LEADER:
            yield "heartbeat", "send heartbeats"
            if agent.term == 1 and agent.next_term == 2:
                yield "stand", "stand for the next term"
        if len(state.agents) - len(living(state)) < self.crashes:
            yield "crash", "die for good"

    def _turn(self, state: SeedState, action: Action) -> Turn:
        agent = next(each for each in state.agents if each.id == action.column)
        leads = (each.id for each in state.agents if each.role is Role.LEADER)
        leaders = frozenset(leads)
        match action.kind, action.payload:
            case "deliver", SeedMessage() as heard:
                return self._rules.on_message(agent, heard, leaders)
            case "timeout", _:
                return self._rules.on_silence(agent, leaders)
            case "window", _:
                return self._rules.on_window(agent, leaders)
            case "stand", _:
                return self._rules.stand(agent, leaders)
            case "retire", _:
                return self._rules.retire(agent)
            case "heartbeat", _:
                return Turn(agent, self._rules.heartbeats(agent))
            case "crash", _:
                return Turn(SeedAgent(agent.id, Role.DEAD, agent.term), ())
        raise AssertionError(action)

    @property
    def _rules(self) -> Rules:
        return Rules(
            self.agents,
            self.initial_leaders,
            self.initial_again,
            self.electorate_repair,
        )


def living(state: SeedState) -> tuple[SeedAgent, ...]:
    """List the agents that are not dead."""
    return tuple(each for each in state.agents if each.role is not Role.DEAD)


def companions(state: SeedState, agent: SeedAgent) -> tuple[SeedAgent, ...]:
    """List the living agents on the agent's side, itself among them."""
    side = next(side for side in state.sides if agent.id in side)
    return tuple(each for each in living(state) if each.id in side)


def is_quiet(state: SeedState, side: tuple[SeedAgent, ...]) -> bool:
    """Tell whether all that was sent on a side has arrived."""
    names = {agent.id for agent in side}
    return not any(message.target in names for message in state.network)


def splits(agents: tuple[str, ...]) -> Iterator[Sides]:
    """List the ways to cut the agents into two sides, the first agent's side first."""
    first, *others = agents
    for chosen in range(2 ** len(others) - 1):
        near = [name for bit, name in enumerate(others) if chosen >> bit & 1]
        far = tuple(name for name in others if name not in near)
        yield (first, *near), far


def show(sides: Sides) -> str:
    """Write the sides as a person reads them."""
    return " | ".join(" ".join(side) for side in sides)


def arrow(message: SeedMessage) -> Arrow:
    """Draw a message; the key is the message itself."""
    return Arrow(message.key, message.sender, message.target, message.label)


def is_safe(state: SeedState) -> bool:
    """S1: at most one agent is ever leader in a term."""
    return len({term for term, _ in state.led}) == len(state.led)


def has_leader(state: SeedState) -> bool:
    """Tell whether a living agent leads."""
    return any(agent.role is Role.LEADER for agent in state.agents)


def has_follower(state: SeedState) -> bool:
    """Tell whether an agent has heard a heartbeat and follows."""
    return any(agent.leader not in (NOBODY, agent.id) for agent in state.agents)


def has_rivals(state: SeedState) -> bool:
    """Tell whether a claimant knows of another one."""
    return any(len(agent.claims) > 1 for agent in state.agents)


def has_lost_leader(state: SeedState) -> bool:
    """Tell whether an agent that has led is dead."""
    alive = {agent.id for agent in living(state)}
    return any(name not in alive for _, name in state.led)


def is_cut(state: SeedState) -> bool:
    """Tell whether the network is in two sides."""
    return len(state.sides) > 1


def has_healed(state: SeedState) -> bool:
    """Tell whether a partition is over."""
    return state.partitions > 0 and not is_cut(state)


def scopes() -> tuple[LiteralSeed, ...]:
    """List the two worlds in which the literal reading breaks."""
    agents = ("agent-1", "agent-2", "agent-3")
    return (
        LiteralSeed(
            name="literal-seed-lone-leader",
            summary="The literal reading, one death: the only leader may die for good.",
            agents=agents,
            initial_leaders=agents,
            crashes=1,
        ),
        LiteralSeed(
            name="literal-seed-partition",
            summary="The literal reading, one partition: two sides, two leaders.",
            agents=agents,
            initial_leaders=agents,
            partitions=1,
            max_term=3,
            initial_again=True,
        ),
    )
