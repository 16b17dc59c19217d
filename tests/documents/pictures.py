"""The pictures in the documents: packages by imports, roles by messages.

`python -m tests.documents.pictures` writes them into the pages; a test compares.

Contract: a picture is made from the code alone. An arrow between packages is an import
of one module by another; an arrow that follows from others is left out. An arrow
between roles is a change that `step` made in one of the scopes, or where a leader is
off the roll.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from unittest.mock import patch

import grimp
import networkx as nx

from primacy import (
    Config,
    Elapsed,
    Message,
    Received,
    agents,
    initial,
    recover,
    step,
)
from primacy.log import Log
from primacy.messages import Append, Heartbeat
from primacy.role import Role
from primacy.state import Durable, Result, State
from primacy.types import AgentId, Term
from primacy_model.engines.search import Engine, explore
from primacy_model.mesh.scopes import DEFAULT
from tests.support.builders import a_leader, heartbeat_elapsed, noop, roll_entry

DOCS: Final = Path(__file__).parents[2] / "docs"
PAGES: Final = (DOCS / "architecture.md", DOCS / "specification.md")
PACKAGES: Final = ("primacy_model", "primacy_proofs", "primacy_runtime")
SCOPES: Final = frozenset(
    {
        "initial-election",
        "initial-election-pair",
        "regular-election",
        "replication",
        "reads",
        "follower-reads",
        "partition-write",
        "transfer",
        "worker-crash",
    }
)
"""The scopes in which the changes of role are looked for: small ones."""

BLOCK: Final = re.compile(r"(<!-- picture: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)

Edges = Mapping[tuple[str, str], set[str]]


# --- packages -------------------------------------------------------------------------


def packages(root: str) -> nx.DiGraph[str]:
    """Give the parts of a package, and which imports which."""
    imports = grimp.build_graph(root, cache_dir=None)
    children = sorted(imports.find_children(root))
    for child in children:
        imports.squash_module(child)
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(child.removeprefix(f"{root}.") for child in children)
    for importer in children:
        for imported in imports.find_modules_directly_imported_by(importer):
            if imported in children:
                graph.add_edge(
                    *(n.removeprefix(f"{root}.") for n in (importer, imported))
                )
    return graph


def render_packages(root: str) -> str:
    """Draw the parts of a package, the arrows that follow from others left out."""
    reduced = nx.transitive_reduction(packages(root))
    lines = [
        f"    {importer} --> {' & '.join(imported)}"
        if (imported := sorted(reduced.successors(importer)))
        else f"    {importer}"
        for importer in sorted(reduced)
        if reduced.out_degree(importer) or not reduced.in_degree(importer)
    ]
    return "\n".join(["flowchart TD", *lines])


# --- roles and waits ------------------------------------------------------------------


def name_of(state: State) -> str:
    """Name a role, for a follower with its wait."""
    if state.role is Role.FOLLOWER:
        return f"follower_{state.wait.value}"
    name: str = state.role.value
    return name.replace("-", "_")


def cause(before: State, message: Message) -> str:
    """Name what a message is, a higher term where that is what matters."""
    match message:
        case Received(packet=Append() | Heartbeat() as packet):
            return type(packet).__name__
        case Received(packet) if packet.term > before.term and not getattr(
            packet, "granted", False
        ):
            return "a higher term"
        case Received(packet):
            return type(packet).__name__
        case Elapsed(timer):
            return f"{timer.value} timer"
        case _:
            return type(message).__name__


def changes() -> Edges:
    """Explore the scopes, and collect each change of role or wait with its causes."""
    found: dict[tuple[str, str], set[str]] = {}

    def note(before: State, message: Message) -> Result:
        after, outputs = step(before, message)
        if name_of(before) != name_of(after):
            edge = (name_of(before), name_of(after))
            found.setdefault(edge, set()).add(cause(before, message))
        return after, outputs

    with patch("primacy_model.mesh.actions.step", note):
        for scope in DEFAULT:
            if scope.name in SCOPES:
                explore(scope.actors, Engine.MEMO)
    return found


def departures() -> Edges:
    """Say what becomes of a leader that a committed change took off the roll."""
    held = Log.of([noop(1), roll_entry(1, "bc", workers="a")])
    leader, message = a_leader(held=held, commit=2), heartbeat_elapsed()
    after, _ = step(leader, message)
    return {(name_of(leader), name_of(after)): {cause(leader, message)}}


def beginnings() -> Edges:
    """Say in which role an elector begins, and in which it comes back."""
    config = Config("mesh", "a", agents("a", "b", "c"))
    voted = Durable(term=Term(1), voted_for=AgentId("a"))
    return {
        ("[*]", name_of(initial(config)[0])): {"initial"},
        ("[*]", name_of(recover(config, voted)[0])): {"recover"},
    }


def render_roles(*several: Edges) -> str:
    """Draw the roles, and by what they change."""
    together: dict[tuple[str, str], set[str]] = {}
    for edges in several:
        for edge, causes in edges.items():
            together.setdefault(edge, set()).update(causes)
    lines = [
        f"    {one} --> {other}: {', '.join(sorted(causes))}"
        for (one, other), causes in sorted(together.items())
    ]
    return "\n".join(["stateDiagram-v2", *lines])


# --- the pages ------------------------------------------------------------------------


def pictures() -> dict[str, str]:
    """Make every picture, by its name."""
    drawn = {root: render_packages(root) for root in PACKAGES}
    return drawn | {"roles": render_roles(beginnings(), changes(), departures())}


def names_in(page: str) -> list[str]:
    """List the pictures that a page has a place for."""
    return [found[2] for found in BLOCK.finditer(page)]


def with_pictures(page: str, drawn: Mapping[str, str]) -> str:
    """Put the pictures into their places."""
    return BLOCK.sub(
        lambda found: f"{found[1]}```mermaid\n{drawn[found[2]]}\n```\n{found[4]}", page
    )


if __name__ == "__main__":
    made = pictures()
    for path in PAGES:
        text = with_pictures(path.read_text(encoding="utf-8"), made)
        path.write_text(text, encoding="utf-8", newline="\n")
