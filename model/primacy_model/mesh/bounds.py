"""The shape of a mesh: who is in it, what may happen, how often, and what must happen.

Nothing is bounded but what a shape bounds. What it allows it also promises: an action
of each kind has to happen somewhere in the state graph, or the scope is vacuous.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from primacy.agents import AgentSet
from primacy.config import Config, EvenElectorateWarning
from primacy.messages import Change, ChangeKind, Replace
from primacy.types import AgentId, Command, RequestId
from primacy_model.mesh.agent import COPIES, Budgets

BATCH: Final = 2
"""The most entries that an append carries in a world."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Who is in the mesh, what may happen in it, and how often."""

    electors: tuple[str, ...] = ("a", "b", "c")
    workers: tuple[str, ...] = ()
    terms: int = 1
    """No agent stands for a higher term."""
    budgets: Budgets = Budgets()
    network: str = "set"
    """`set` or `bag`."""
    begins: str = "fresh"
    """`fresh`: empty disks. `elected`: the first elector leads term 1. `rivals`: it
    leads on while the second was elected in term 2, and has sent its first entry."""
    impatient: tuple[str, ...] = ()
    """Whose election timer may elapse, beyond ending a promise; everyone's if empty."""
    crashers: tuple[str, ...] = ()
    """Who may crash; everyone if empty."""
    clients_at: tuple[str, ...] = ()
    """Where clients write and read; everywhere if empty."""
    snapshots_at: tuple[str, ...] = ()
    """Where snapshots are taken; everywhere if empty."""
    joiners: tuple[str, ...] = ()
    """Who begins on no roll."""
    changes: tuple[str, ...] = ()
    """What operators ask for, each any number of times: `admit d`, `promote d`,
    `demote a`, `dismiss d` or `replace a d`, which names the electors to be. Everyone
    is asked, or one alone: `demote a at b`."""
    down: tuple[str, ...] = ()
    """Who crashed before all begins, and never comes back."""
    intruders: bool = False
    """Every agent hears, at any moment, all packets that cannot be."""

    @property
    def agents(self) -> tuple[str, ...]:
        """List everyone, by id."""
        return tuple(sorted(self.electors + self.workers + self.joiners))

    @property
    def casts_votes(self) -> bool:
        """Tell whether anyone may be elected after all has begun."""
        led = {"fresh": 0, "elected": 1, "rivals": 2}
        return self.terms > led[self.begins]

    @property
    def returning(self) -> AgentSet:
        """Collect those that may be dismissed and admitted again."""
        asked = {tuple(change.split()[:2]) for change in self.changes}
        returning = {name for word, name in asked if ("admit", name) in asked}
        return AgentSet.of(name for name in returning if ("dismiss", name) in asked)

    @property
    def has_heirs(self) -> bool:
        """Tell whether a leader may be taken off the roll: it hands over by name."""
        return any(change.startswith(("demote", "replace")) for change in self.changes)


def request_of(change: str) -> tuple[Change | Replace, str]:
    """Give the request that asks for a change of the roll, and who is asked."""
    what, _, asked = change.partition(" at ")
    word, *names = what.split()
    request, detail = RequestId(what), Command("")
    if word == "replace":
        return Replace(request, AgentSet.of(names), detail), asked
    (name,) = names
    return Change(request, ChangeKind(word), AgentId(name), detail), asked


def config_of(shape: Shape, name: str, **lengths: int) -> Config:
    """Configure an agent; the lengths of time are those of `Config` if not told.

    An even electorate is explored on purpose, so nobody is warned of it.
    """
    electors, workers = AgentSet.of(shape.electors), AgentSet.of(shape.workers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EvenElectorateWarning)
        return Config("mesh", name, electors, workers, batch=BATCH, **lengths)


def kinds_of(shape: Shape) -> tuple[str, ...]:
    """List the kinds of actions that a shape promises to contain."""
    budgets = shape.budgets
    is_fresh = shape.begins == "fresh"
    is_elected = shape.casts_votes
    is_asked_elsewhere = any(name != "a" for name in shape.clients_at or ("a", "b"))
    promised = {
        "elapse election": True,
        "deliver Claim": is_fresh,
        "deliver PreVoteRequest": is_elected,
        "deliver PreVoteReply": is_elected,
        "deliver VoteRequest": is_elected,
        "deliver VoteReply": is_elected,
        "deliver Append": is_elected or budgets.writes or budgets.changes,
        "deliver AppendReply": is_elected or budgets.writes or budgets.changes,
        "elapse heartbeat": budgets.rounds,
        "deliver Heartbeat": budgets.rounds,
        "deliver HeartbeatReply": budgets.rounds,
        "write": budgets.writes,
        "read": budgets.reads,
        "deliver ReadIndexRequest": budgets.reads and is_asked_elsewhere,
        "deliver ReadIndexReply": budgets.reads and is_asked_elsewhere,
        "pause": budgets.effects,
        "act": budgets.effects,
        "crash": budgets.crashes,
        "restart": budgets.crashes,
        "split": budgets.partitions,
        "heal": budgets.partitions,
        "change": budgets.changes,
        "snapshot": budgets.snapshots,
        "deliver Install": budgets.snapshots,
        "transfer": budgets.transfers,
        "deliver TransferNow": budgets.transfers,
        "drop": budgets.drops,
        "duplicate": budgets.duplicates,
        "intrude": shape.intruders,
    }
    return tuple(kind for kind, is_promised in promised.items() if is_promised)


def bounds_of(shape: Shape) -> Mapping[str, int | str]:
    """Name every bound of a shape."""
    bounds: dict[str, int | str] = {"electors": len(shape.electors)}
    if shape.workers:
        bounds["workers"] = len(shape.workers)
    if shape.joiners:
        bounds["joiners"] = len(shape.joiners)
    bounds["terms"] = shape.terms
    bounds.update({name: left for name, left in asdict(shape.budgets).items() if left})
    bounds["network"] = shape.network
    if shape.network == "bag":
        bounds["copies"] = COPIES
    bounds["batch"] = BATCH
    bounds["begins"] = shape.begins
    for name, who in (
        ("impatient", shape.impatient),
        ("crashers", shape.crashers),
        ("clients at", shape.clients_at),
        ("snapshots at", shape.snapshots_at),
        ("down", shape.down),
    ):
        if who:
            bounds[name] = " ".join(who)
    if shape.changes:
        bounds["asked"] = ", ".join(shape.changes)
    if shape.intruders:
        bounds["intruders"] = "all that cannot be"
    return bounds
