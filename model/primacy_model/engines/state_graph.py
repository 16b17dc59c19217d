"""The whole state graph of a world of actors, as arrays or for networkx.

A search keeps the way back from each state and no other move. Here every move is kept,
in compressed sparse rows: the moves out of state `s` are those from `starts[s]` to
`starts[s + 1]`, each with its target and the number of its label. Nothing is pruned; a
move that changes nothing leads from a state to itself. States stand in breadth-first
order.

Source: docs/decisions/009-worlds-of-actors.md.
"""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import networkx as nx
import numpy as np

from primacy_model.checker.actors import Actors, Whole
from primacy_model.checker.limits import Limit, never_limited
from primacy_model.checker.reference_bfs import Progress
from primacy_model.engines.interning import BY_ITSELF, Numbers
from primacy_model.engines.transition_tables import Tables

MOST_NODES: Final = 100_000
"""States of a graph that is still given to networkx: it takes 1.5 kB for each."""

GraphArray = np.ndarray[Any, np.dtype[Any]]


class GraphBoundError(Exception):
    """A state graph that is larger than it may be."""


@dataclass(frozen=True, slots=True)
class Label:
    """What makes moves the same: who, what sort, and with which message."""

    place: int
    kind: str
    text: str
    message: Hashable | None
    """None if an actor moves by itself."""


StateRow = tuple[int, ...]
"""A cell of each actor, the ghost, and what all share."""
CellChange = tuple[int, tuple[tuple[int, int], ...], int, int]
"""The cell after, what is put where, what all share then, and the label."""


class StateGraph:
    """All states and all moves of a world."""

    def __init__(
        self,
        actors: Actors[Any, Any, Any, Any],
        *,
        forgets: bool = True,
        most: int | None = None,
        progress: Progress | None = None,
        limit: Limit = never_limited,
    ) -> None:
        """Explore a world. Raise `GraphBoundError` above `most` states."""
        self.actors = actors
        self._tables = Tables(actors, forgets)
        self._rows: list[StateRow] = [self._tables.first]
        self._known = {self._tables.first: 0}
        self._changes: dict[tuple[int, int, int], tuple[CellChange, ...]] = {}
        self._filled: dict[tuple[int, int, int], int] = {}
        self._labels: Numbers[Label] = Numbers()
        starts, targets, labels = array("q", [0]), array("i"), array("i")
        depths = array("i", [0])
        for number, row in enumerate(self._rows):  # it grows meanwhile
            for after, label in self._moves(row):
                target = self._known.setdefault(after, len(self._rows))
                if target == len(self._rows):
                    self._rows.append(after)
                    depths.append(depths[number] + 1)
                targets.append(target)
                labels.append(label)
            starts.append(len(targets))
            if progress is not None:
                progress(len(self._rows), len(self._rows) - number, depths[number])
            stopped_at = limit() if number % 1024 == 0 else ""
            if most is not None and len(self._rows) > most:
                stopped_at = f"the bound of {most:,} states"
            if stopped_at:
                raise GraphBoundError(
                    f"{actors.name} has more: stopped at {stopped_at}"
                )
        self.starts: GraphArray = np.frombuffer(starts, np.int64)
        self.targets: GraphArray = np.frombuffer(targets, np.int32)
        self.labels: GraphArray = np.frombuffer(labels, np.int32)
        self.depths: GraphArray = np.frombuffer(depths, np.int32)

    def __len__(self) -> int:
        """Count the states."""
        return len(self._rows)

    @property
    def names(self) -> list[Label]:
        """Give the labels by number."""
        return self._labels.values

    def whole(self, state: int) -> Whole[Any, Any, Any, Any]:
        """Give the world of a state."""
        return self._tables.whole(self._tables.taken_apart(self._rows[state]))

    def graph(self, *, as_text: bool = False) -> nx.DiGraph[int]:
        """Give the graph to networkx, for shortest paths, condensation, drawing.

        A node has its `depth` and its `state`, an edge the texts of its `actions`. As
        text, both can be written as GraphML. Raise `GraphBoundError` above `MOST_NODES`
        states.
        """
        if len(self) > MOST_NODES:
            raise GraphBoundError(
                f"{self.actors.name} has {len(self):,} states, and networkx is given"
                f" at most {MOST_NODES:,}: use the arrays"
            )
        graph: nx.DiGraph[int] = nx.DiGraph(name=self.actors.name)
        for state in range(len(self)):
            whole = self.whole(state)
            shown = repr(self.actors.columns(whole)) if as_text else whole
            graph.add_node(state, depth=int(self.depths[state]), state=shown)
            texts: dict[int, list[str]] = {}
            for move in range(self.starts[state], self.starts[state + 1]):
                label = self.names[self.labels[move]]
                text = f"{self.actors.agents[label.place]}: {label.text}"
                texts.setdefault(int(self.targets[move]), []).append(text)
            for target, actions in texts.items():
                told = "; ".join(actions) if as_text else tuple(actions)
                graph.add_edge(state, target, actions=told)
        return graph

    # --- moves ------------------------------------------------------------------------

    def _moves(self, row: StateRow) -> Iterator[tuple[StateRow, int]]:
        """List every move out of a row: the row after, and its label."""
        shared = row[-1]
        for place in range(self._tables.places):
            key = place, row[place], shared
            found = self._changes.get(key)
            if found is None:
                found = self._changes[key] = tuple(self._changed(*key))
            for cell, puts, then, label in found:
                after = list(row)
                after[place], after[-1] = cell, then
                for column, put in puts:
                    after[column] = self._put(column, after[column], put)
                yield tuple(after), label

    def _put(self, column: int, held: int, put: int) -> int:
        key = column, held, put
        found = self._filled.get(key)
        if found is None:
            found = self._filled[key] = self._tables.put(*key)
        return found

    def _changed(self, place: int, cell: int, shared: int) -> Iterator[CellChange]:
        """Ask what an actor may do in a cell, those moves too that change nothing."""
        tables = self._tables
        local, box = tables.split(place, cell)
        for message in (BY_ITSELF, *tables.held(box)):
            heard = (
                None
                if message == BY_ITSELF
                else tables.seats[place].messages.values[message]
            )
            for move in tables.asked((place, local, shared, message)):
                single = tables.numbered(place, shared, move)
                after = tables.after(place, cell, message, single)
                if after is not None:
                    told = Label(place, move.kind, move.label, heard)
                    puts = tables.puts.values[single.puts]
                    yield after, puts, single.shared, self._labels.of(told)
