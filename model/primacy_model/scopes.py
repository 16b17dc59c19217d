"""The scopes: what is explored, how far, and what each is for. One readable table.

A scope is a shape of the mesh (who, which budgets, how many terms and rounds), the
things that must happen in it at least once, and one sentence that says what it covers.
Nothing is bounded but what its shape bounds. The counts of states are pinned in
`tests/model/test_scopes.py`.

The `DEFAULT` scopes are what `primacy check` explores. The `DEEP` ones are explored
when they are named; each is a default scope with less left out.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from primacy_model.literal_seed import scopes as literal_scopes
from primacy_model.mesh import Mesh
from primacy_model.model import Action, Event, Property, Scope, Value
from primacy_model.plain_raft import scopes as plain_scopes
from primacy_model.properties import ALWAYS, SOMETIMES
from primacy_model.shape import Shape, bounds_of, kinds_of
from primacy_model.views import columns, event
from primacy_model.world import Budgets, World


@dataclass(frozen=True, slots=True)
class MeshScope:
    """A mesh of one shape, as a model that can be explored."""

    name: str
    summary: str
    shape: Shape
    sometimes: tuple[str, ...]
    """Names of what must be reached; see `properties.SOMETIMES`."""
    mesh: Mesh

    @property
    def kinds(self) -> Sequence[str]:
        """List what must happen at least once, by what the shape allows."""
        return kinds_of(self.shape)

    @property
    def bounds(self) -> Mapping[str, int | str]:
        """Tell what the shape limits."""
        return bounds_of(self.shape)

    @property
    def properties(self) -> Sequence[Property[World]]:
        """List every invariant, then what this scope must reach."""
        return (*ALWAYS, *(SOMETIMES[name] for name in self.sometimes))

    def initial(self) -> Iterable[World]:
        """Begin fresh, or with a leader."""
        is_fresh = self.shape.begins == "fresh"
        return (self.mesh.fresh() if is_fresh else self.mesh.elected(),)

    def actions(self, state: World) -> Iterator[Action]:
        """List what may happen next."""
        return self.mesh.actions(state)

    def successor(self, state: World, action: Action) -> World:
        """Carry out an action."""
        return self.mesh.successor(state, action)

    def columns(self, state: World) -> Mapping[str, Mapping[str, Value]]:
        """Show a world for people."""
        return columns(self.mesh, state)

    def event(self, state: World, action: Action) -> Event:
        """Show an action for people."""
        return event(self.mesh, state, action)


def _scope(
    name: str, summary: str, shape: Shape, sometimes: tuple[str, ...]
) -> MeshScope:
    return MeshScope(name, summary, shape, sometimes, Mesh(shape))


DEFAULT: Final = (
    _scope(
        "initial-election",
        "Two of three initial leaders claim, stand and win from empty disks.",
        Shape(terms=1, impatient=("a", "b")),
        ("elected", "contested"),
    ),
    _scope(
        "initial-election-pair",
        "Two initial leaders go through two terms from empty disks.",
        Shape(electors=("a", "b"), terms=2),
        ("elected", "elected-again", "contested"),
    ),
    _scope(
        "regular-election",
        "Two followers of a leader stand while one of them crashes and restarts.",
        Shape(
            begins="elected",
            terms=2,
            impatient=("b", "c"),
            crashers=("b", "c"),
            budgets=Budgets(crashes=1),
        ),
        ("elected-again", "contested"),
    ),
    _scope(
        "replication",
        "A write is replicated while a second leader takes over.",
        Shape(begins="elected", terms=2, impatient=("b",), budgets=Budgets(writes=1)),
        ("elected-again", "committed"),
    ),
    _scope(
        "reads",
        "The leader is read while another takes over unseen.",
        Shape(
            begins="elected",
            terms=2,
            impatient=("b",),
            clients_at=("a",),
            budgets=Budgets(rounds=1, reads=1),
        ),
        ("elected-again", "read-served"),
    ),
    _scope(
        "follower-reads",
        "A follower and the leader are read while a write is replicated.",
        Shape(
            begins="elected",
            terms=1,
            impatient=("b",),
            clients_at=("a", "c"),
            budgets=Budgets(rounds=1, reads=1, writes=1),
        ),
        ("committed", "read-served"),
    ),
    _scope(
        "fencing",
        "A leader pauses before it acts on a resource while another takes over.",
        Shape(
            begins="elected",
            terms=2,
            impatient=("b", "c"),
            budgets=Budgets(effects=2),
        ),
        ("elected-again", "effect-refused"),
    ),
    _scope(
        "partition",
        "The network splits and heals; leaders and followers act on both sides.",
        Shape(
            begins="elected",
            terms=2,
            impatient=("a", "b"),
            budgets=Budgets(partitions=1),
        ),
        ("elected-again", "both-sides"),
    ),
    _scope(
        "partition-write",
        "A leader takes a write on one side of a partition.",
        Shape(
            begins="elected",
            terms=2,
            impatient=("b",),
            clients_at=("a",),
            budgets=Budgets(partitions=1, writes=1),
        ),
        ("elected-again", "both-sides", "committed"),
    ),
    _scope(
        "worker",
        "A worker follows, hears nobody, and neither votes nor stands.",
        Shape(begins="elected", workers=("w",), terms=2, impatient=("b", "w")),
        ("elected-again", "committed"),
    ),
    _scope(
        "worker-reads",
        "A worker answers a heartbeat round and is read, and counts for nothing.",
        Shape(
            begins="elected",
            workers=("w",),
            terms=1,
            impatient=("a", "w"),
            clients_at=("w",),
            budgets=Budgets(rounds=1, reads=1),
        ),
        ("read-served",),
    ),
    _scope(
        "transfer",
        "The leader hands over on request while it checks its quorum and others stand.",
        Shape(
            begins="elected",
            terms=2,
            impatient=("a", "b"),
            budgets=Budgets(transfers=1),
        ),
        ("elected-again", "transferred"),
    ),
    _scope(
        "lossy-network",
        "Every packet is delivered once, lost, or duplicated within a budget.",
        Shape(
            electors=("a", "b"),
            terms=1,
            network="bag",
            budgets=Budgets(drops=1, duplicates=1),
        ),
        ("elected", "contested"),
    ),
)
"""What `primacy check` explores."""

DEEP: Final = (
    _scope(
        "initial-election-deep",
        "Three initial leaders claim, stand and win from empty disks.",
        Shape(terms=1),
        ("elected", "contested"),
    ),
    _scope(
        "regular-election-deep",
        "A follower stands in two more terms while another crashes and restarts.",
        Shape(
            begins="elected",
            terms=3,
            impatient=("b",),
            crashers=("c",),
            budgets=Budgets(crashes=1),
        ),
        ("elected-again",),
    ),
    _scope(
        "follower-reads-deep",
        "A follower is read while another elector takes over unseen.",
        Shape(
            begins="elected",
            terms=2,
            impatient=("b",),
            clients_at=("c",),
            budgets=Budgets(rounds=1, reads=1),
        ),
        ("elected-again", "read-served"),
    ),
    _scope(
        "transfer-deep",
        "The leader hands over on request while a client writes.",
        Shape(
            begins="elected",
            terms=2,
            impatient=("b",),
            clients_at=("a",),
            budgets=Budgets(transfers=1, writes=1),
        ),
        ("elected-again", "transferred"),
    ),
    _scope(
        "partition-deep",
        "A heartbeat round is begun while the network splits and heals.",
        Shape(
            begins="elected",
            terms=2,
            impatient=("b",),
            budgets=Budgets(partitions=1, rounds=1),
        ),
        ("elected-again", "both-sides"),
    ),
)
"""What is explored when it is named."""

MODELS: Final = ("mesh", "literal-seed", "plain-raft")
"""The models that have scopes."""


def default(model: str) -> Sequence[Scope[Hashable]]:
    """List the scopes of a model that are explored when none is named."""
    return {"literal-seed": _LITERAL, "plain-raft": _PLAIN}.get(model, _MESH)


def listed(model: str) -> Sequence[Scope[Hashable]]:
    """List every scope of a model, those that are explored only when named last."""
    return default(model) if model != "mesh" else (*_MESH, *_DEEP)


def named() -> Mapping[str, Scope[Hashable]]:
    """List every scope by its name."""
    return {scope.name: scope for scope in (*_MESH, *_DEEP, *_LITERAL, *_PLAIN)}


def find(name: str) -> Scope[Hashable]:
    """Find a scope by its name. Raise `KeyError` if there is none."""
    return named()[name]


Scopes = tuple[Scope[Hashable], ...]
_MESH: Final[Scopes] = DEFAULT  # type: ignore[assignment] # states are worlds
_DEEP: Final[Scopes] = DEEP  # type: ignore[assignment] # states are worlds
_LITERAL: Final[Scopes] = literal_scopes()  # type: ignore[assignment] # its own states
_PLAIN: Final[Scopes] = plain_scopes()  # type: ignore[assignment] # its own states
