"""One agent that follows the seed to the letter: who may claim, stand, vote and lead.

Each rule of the seed is quoted, with its heading, where it is encoded.

Contract: what the seed says is done, and where it is silent the choice that helps it is
taken. The rules see one agent and one message or timer; when a timer may elapse and
what the network does is decided in `literal_seed`.

Silences of the agent's rules, and how they are filled:
- A claim is answered by a claim of every initial leader that knows no leader and has a
  lower id than the claimant; one with a higher id waits.
- A claimant that knows of a lower id waits for it, and may claim again later.
- The term of an election is the next one that the agent knows of.
- "Majority of leader votes" counts all agents that are leaders at that moment, on both
  sides of a partition, whether the candidate knows them or not.
- A vote binds the voter for its term, and a voter stays what it was.
- Of two leaders in one term that hear each other the lower id stays.
- Logs are empty, so "Log consistency" always holds. The fencing token is the term.
- "Initial" has two readings. Once: only an agent that has never known a leader may
  start an initial election. Again (`initial_again`): any time that it sees none.

`electorate_repair` switches the repaired rule on: any initial leader may stand and
vote, and every election needs a majority of all initial leaders.

Source: the seed, by heading; protocol sections 1, 3 and 4 for the repaired rule.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

NOBODY = ""


class Role(Enum):
    """What an agent is now."""

    FOLLOWER = "follower"
    CLAIMANT = "claimant"
    CANDIDATE = "candidate"
    """It stands without being a leader: under the repaired rule only."""
    LEADER = "leader"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, order=True)
class SeedMessage:
    """A message on its way; a claim carries no term (0)."""

    sender: str
    target: str
    kind: str
    term: int = 0

    @property
    def label(self) -> str:
        """Name the message as a person reads it."""
        return f"{self.kind}(term {self.term})" if self.term else self.kind

    @property
    def key(self) -> str:
        """Name the message with its ends, the same wherever it is drawn."""
        return f"{self.sender} {self.label} {self.target}"


@dataclass(frozen=True, slots=True)
class SeedAgent:
    """One agent: what it is, and what it knows."""

    id: str
    role: Role = Role.FOLLOWER
    term: int = 0
    leader: str = NOBODY
    """The last leader that it has heard of."""
    claims: frozenset[str] = frozenset()
    """The claimants that a claimant knows of, itself among them."""
    standing: int = 0
    """The term that it stands for, 0 when it does not stand."""
    votes: frozenset[str] = frozenset()
    ballot: tuple[int, str] = (0, NOBODY)
    """The term of its last vote, and for whom."""

    @property
    def next_term(self) -> int:
        """Tell the first term that the agent has neither lived in nor voted in."""
        return max(self.term, self.ballot[0]) + 1


@dataclass(frozen=True, slots=True)
class Turn:
    """What an agent does in one action."""

    agent: SeedAgent
    sent: tuple[SeedMessage, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one mesh, in one reading."""

    agents: tuple[str, ...]
    initial_leaders: tuple[str, ...]
    initial_again: bool
    electorate_repair: bool

    def may_claim(self, agent: SeedAgent) -> bool:
        """Tell whether the agent may start an initial election when it hears nobody."""
        # Initial Leader Election: "Triggered when no leaders are detected"; "Only
        # agents with `isInitialLeader: true` can participate".
        is_initial = agent.id in self.initial_leaders
        may_again = self.initial_again and not self.electorate_repair
        return is_initial and (agent.leader == NOBODY or may_again)

    def may_elect(self, agent: SeedAgent) -> bool:
        """Tell whether the agent may stand and vote."""
        # Leader-Only Elections: "Only existing leaders can become candidates in
        # elections". Voting Process: "Only leaders can vote".
        if self.electorate_repair:
            return agent.id in self.initial_leaders
        return agent.role is Role.LEADER

    def has_majority(self, agent: SeedAgent, leaders: frozenset[str]) -> bool:
        """Tell whether the candidate has won; `leaders` are all leaders now."""
        # Regular Elections: "Requires majority of leader votes".
        electorate = leaders
        if self.electorate_repair:
            electorate = frozenset(self.initial_leaders)
        return 2 * len(agent.votes & electorate) > len(electorate)

    def on_silence(self, agent: SeedAgent, leaders: frozenset[str]) -> Turn:
        """Act on a timeout without a leader."""
        if self.may_claim(agent):
            return self._claim(replace(agent, leader=NOBODY), "sees no leader")
        return self.stand(agent, leaders)

    def on_window(self, agent: SeedAgent, leaders: frozenset[str]) -> Turn:
        """Close the claim window."""
        # Initial Leader Election: "Implements ID-based tie-breaking". The seed asks no
        # quorum here: the lowest id that the claimant knows of leads.
        lowest = min(agent.claims)
        idle = replace(agent, role=Role.FOLLOWER, claims=frozenset())
        if lowest != agent.id:
            return Turn(idle, (), f"waits for {lowest}")
        if self.electorate_repair:
            return self.stand(idle, leaders)
        return self._lead(idle, idle.next_term, "lowest id known")

    def stand(self, agent: SeedAgent, leaders: frozenset[str]) -> Turn:
        """Stand for the next term, and lead it where the own vote is a majority."""
        # Voting Process: "Candidate's role (must be leader)": a leader stays leader.
        term = agent.next_term
        is_leader = agent.role is Role.LEADER
        candidate = replace(
            agent,
            role=Role.LEADER if is_leader else Role.CANDIDATE,
            standing=term,
            votes=frozenset({agent.id}),
            ballot=(term, agent.id),
        )
        if self.has_majority(candidate, leaders):
            return self._lead(candidate, term, "majority")
        requests = self._to_all(agent, "VoteRequest", term)
        return Turn(candidate, requests, f"stands for term {term}")

    def retire(self, agent: SeedAgent) -> Turn:
        """Give up an election that was not won."""
        role = Role.LEADER if agent.role is Role.LEADER else Role.FOLLOWER
        idle = replace(agent, role=role, standing=0, votes=frozenset())
        return Turn(idle, (), "has no majority")

    def heartbeats(self, agent: SeedAgent) -> tuple[SeedMessage, ...]:
        """Make the heartbeats of a leader."""
        # Heartbeat System: "Regular heartbeats from leaders".
        return self._to_all(agent, "Heartbeat", agent.term)

    def on_message(
        self, agent: SeedAgent, heard: SeedMessage, leaders: frozenset[str]
    ) -> Turn:
        """Act on a message."""
        match heard.kind:
            case "Claim":
                return self._on_claim(agent, heard)
            case "Heartbeat":
                return _on_heartbeat(agent, heard)
            case "VoteRequest":
                return self._on_vote_request(agent, heard)
            case "Vote":
                return self._on_vote(agent, heard, leaders)
        raise AssertionError(heard)

    def _on_claim(self, agent: SeedAgent, heard: SeedMessage) -> Turn:
        # Initial Leader Selection: "Prevents multiple simultaneous initial elections":
        # who hears a claim joins that election or waits for it.
        if agent.role is Role.CLAIMANT:
            return Turn(replace(agent, claims=agent.claims | {heard.sender}))
        is_free = agent.role is Role.FOLLOWER and agent.leader == NOBODY
        if not is_free or agent.id not in self.initial_leaders:
            return Turn(agent, (), "takes no part")
        if heard.sender < agent.id:
            return Turn(agent, (), f"waits for {heard.sender}")
        return self._claim(agent, "has a lower id", heard.sender)

    def _claim(self, agent: SeedAgent, why: str, *others: str) -> Turn:
        # Initial Leader Selection: "Uses a timeout-based approach to handle multiple
        # initial leader candidates".
        claims = frozenset({agent.id, *others})
        claimant = replace(agent, role=Role.CLAIMANT, claims=claims)
        return Turn(claimant, self._to_all(agent, "Claim"), f"{why}, claims")

    def _on_vote_request(self, agent: SeedAgent, heard: SeedMessage) -> Turn:
        # Voting Process: "Only leaders can vote"; "Votes are granted based on: Term
        # number", "Log consistency", "Candidate's role (must be leader)".
        if not self.may_elect(agent):
            return Turn(agent, (), "may not vote")
        if heard.term < agent.next_term:
            return Turn(agent, (), "refuses an old term")
        voter = replace(agent, ballot=(heard.term, heard.sender))
        vote = SeedMessage(agent.id, heard.sender, "Vote", heard.term)
        return Turn(voter, (vote,), f"votes for {heard.sender}")

    def _on_vote(
        self, agent: SeedAgent, heard: SeedMessage, leaders: frozenset[str]
    ) -> Turn:
        # Raft-like Features: "Quorum-based voting requiring majority for leadership".
        if agent.standing != heard.term:
            return Turn(agent, (), "no longer stands")
        candidate = replace(agent, votes=agent.votes | {heard.sender})
        if not self.has_majority(candidate, leaders):
            return Turn(candidate)
        return self._lead(candidate, heard.term, "majority")

    def _lead(self, agent: SeedAgent, term: int, why: str) -> Turn:
        # Raft-like Features: "Term-based leadership validation".
        leader = SeedAgent(agent.id, Role.LEADER, term, agent.id, ballot=agent.ballot)
        note = f"becomes leader of term {term} ({why})"
        return Turn(leader, self.heartbeats(leader), note)

    def _to_all(
        self, agent: SeedAgent, kind: str, term: int = 0
    ) -> tuple[SeedMessage, ...]:
        others = (name for name in self.agents if name != agent.id)
        return tuple(SeedMessage(agent.id, name, kind, term) for name in others)


def _on_heartbeat(agent: SeedAgent, heard: SeedMessage) -> Turn:
    # Heartbeat System: "Term-based validation".
    is_rival = agent.role is Role.LEADER and heard.term == agent.term
    if heard.term < agent.term or (is_rival and agent.id < heard.sender):
        return Turn(agent, (), "refuses the heartbeat")
    follower = SeedAgent(
        agent.id, Role.FOLLOWER, heard.term, heard.sender, ballot=agent.ballot
    )
    return Turn(follower, (), f"follows {heard.sender}")
