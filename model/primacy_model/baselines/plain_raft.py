"""A plain Raft election as a world of actors, to measure engines and other tools by.

An agent times out and stands in the next term, votes, counts a vote, wins, steps down
for a higher term, and restarts without its role and the votes it counted. A vote that
is denied is not answered. `plain_raft.pml` is the same in Promela, state for state.

Source: Ongaro 2014, section 3.4.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import permutations

from primacy_model.checker.actors import (
    Actors,
    Assembled,
    Claim,
    Move,
    Symmetry,
    Whole,
    initial_whole,
)
from primacy_model.checker.model import Kind, Value


@dataclass(frozen=True, slots=True)
class RaftAgent:
    """The state of an agent."""

    term: int = 0
    role: str = "follower"
    vote: int = -1
    votes: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class RaftMessage:
    """A request for a vote, or a vote."""

    kind: str
    term: int
    sender: int


RaftMove = Move[RaftAgent, RaftMessage, None]


@dataclass(frozen=True)
class PlainRaft(Actors[RaftAgent, RaftMessage, None, None]):
    """How many agents, and in how many terms they may stand."""

    size: int = 3
    terms: int = 2
    name: str = "plain-raft"
    summary: str = "A plain Raft election, by which engines are measured."
    kinds: Sequence[str] = (
        "time out",
        "restart",
        "step down",
        "vote",
        "count",
        "win",
    )

    @property
    def agents(self) -> Sequence[str]:
        """Name the agents by letters."""
        return [chr(ord("a") + place) for place in range(self.size)]

    @property
    def bounds(self) -> Mapping[str, int | str]:
        """Say what is limited."""
        return {"agents": self.size, "terms": self.terms}

    @property
    def claims(self) -> Sequence[Claim[RaftAgent, None, None]]:
        """Claim that a term has one leader, and that there is one."""
        return (
            Claim("S1", "election safety", Kind.ALWAYS, _led, _is_one_a_term),
            Claim("elected", "a leader is elected", Kind.SOMETIMES, _led, _is_led),
        )

    @property
    def symmetries(self) -> Sequence[Symmetry]:
        """Let all agents change places."""
        first, *others = permutations(range(self.size))
        assert first == tuple(range(self.size))
        return [Symmetry(goals, partial(_renamed, goals=goals)) for goals in others]

    def initial(self) -> Whole[RaftAgent, RaftMessage, None, None]:
        """Begin without a vote."""
        return initial_whole((RaftAgent(),) * self.size)

    def acts(self, place: int, local: RaftAgent, _: None) -> Iterator[RaftMove]:
        """Time out, win or restart."""
        if local.role != "leader" and local.term < self.terms:
            term, own = local.term + 1, frozenset({place})
            ask = RaftMessage("request", term, place)
            others = [(at, ask) for at in range(self.size) if at != place]
            stands = RaftAgent(term, "candidate", place, own)
            yield Move("time out", "times out", stands, tuple(others))
        if local.role == "candidate" and 2 * len(local.votes) > self.size:
            yield Move("win", "wins", replace(local, role="leader"))
        yield Move("restart", "restarts", RaftAgent(local.term, "follower", local.vote))

    def hears(
        self, place: int, local: RaftAgent, _: None, message: RaftMessage
    ) -> Iterator[RaftMove]:
        """Step down, vote, or count a vote."""
        if message.term > local.term:
            yield Move("step down", "steps down", RaftAgent(message.term))
        elif message.term < local.term:
            return
        elif message.kind == "vote":
            if local.role == "candidate":
                votes = local.votes | {message.sender}
                yield Move("count", "counts a vote", replace(local, votes=votes))
        elif local.vote in (-1, message.sender):
            answer = (message.sender, RaftMessage("vote", local.term, place))
            voted = replace(local, vote=message.sender)
            yield Move("vote", "votes", voted, (answer,))

    def fields(self, local: RaftAgent) -> Mapping[str, Value]:
        """Show an agent."""
        vote = self.agents[local.vote] if local.vote >= 0 else ""
        return {"role": local.role, "term": local.term, "vote": vote}

    def told(self, message: RaftMessage) -> tuple[int, str]:
        """Tell who sent a message, and what it says."""
        return message.sender, f"{message.kind} (term {message.term})"


def _renamed(value: Hashable, goals: Sequence[int]) -> Hashable:
    """Change the places that stand in a state or a message."""
    match value:
        case RaftAgent(vote=vote, votes=votes):
            vote = goals[vote] if vote >= 0 else vote
            moved = frozenset(goals[each] for each in votes)
            return replace(value, vote=vote, votes=moved)
        case RaftMessage(sender=sender):
            return replace(value, sender=goals[sender])
        case _:
            return value


def _led(_: int, local: RaftAgent) -> Hashable:
    return local.term if local.role == "leader" else 0


def _is_one_a_term(led: tuple[Hashable, ...]) -> bool:
    terms = [term for term in led if term != 0]
    return len(terms) == len(set(terms))


def _is_led(led: tuple[Hashable, ...]) -> bool:
    return any(led)


def scopes() -> tuple[Assembled[RaftAgent, RaftMessage, None, None], ...]:
    """List elections of some sizes; the largest takes a compiled engine seconds."""
    sizes = ((3, 2), (3, 3), (4, 2), (5, 1))
    return tuple(
        Assembled(PlainRaft(size, terms, f"plain-raft-{size}x{terms}"))
        for size, terms in sizes
    )
