"""Which runs are fair, decided on a graph of numbers.

Contract: a claim that something happens in the end fails exactly if some fair run
avoids it for ever. A run that never ends stays at last within one strongly connected
component of the states that avoid the goal. So it is enough to look at those
components, and to ask of each whether a fair run can stay in it.

Every edge belongs to a *class*, or to none. What belongs to none may happen and never
has to. A class is *enabled* in a state if one of its edges leaves it, or if a bound
alone withholds it. Weak fairness: a class that is enabled from some moment on is taken
again. Strong fairness: a class that is enabled again and again is taken again. A run
may also rest for ever, so a single state is a component too, and a self-loop takes its
class like any other edge.

- A weak class that is enabled in every state of a component, and taken nowhere in it,
  makes the component unfair, and with it all of its parts.
- A strong class that is enabled in some of its states, and taken nowhere in it, cannot
  be enabled for ever in a fair run: those states are taken away, and the rest is
  decided anew.
- What is left is fair: a walk through all of its states and edges is a fair run.

Source: Emerson and Lei, "Modalities for model checking" (1987), for the strong part;
Tarjan, "Depth-first search and linear graph algorithms" (1972), for the components.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

UNFAIR: Final = -1
"""The class of an edge that never has to be taken."""


@dataclass(frozen=True, slots=True)
class Edges:
    """A state graph as rows of numbers: the edges of state s are first[s]..first[s+1].

    Its maker numbers states and classes as it likes.
    """

    first: Sequence[int]
    """For each state its first edge, and at the end how many there are."""
    target: Sequence[int]
    """For each edge the state that it leads to."""
    fairness: Sequence[int]
    """For each edge its class, or `UNFAIR`."""
    withheld: Sequence[frozenset[int]] = ()
    """For each state the classes that a bound alone withholds; empty: none anywhere."""
    strong: frozenset[int] = frozenset()
    """The classes to which fairness is strong; to all others it is weak."""

    @property
    def states(self) -> int:
        """Tell how many states there are."""
        return len(self.first) - 1

    def of(self, state: int) -> range:
        """List the edges of a state."""
        return range(self.first[state], self.first[state + 1])

    def enabled(self, state: int) -> frozenset[int]:
        """Name the classes that are enabled in a state."""
        found = {self.fairness[edge] for edge in self.of(state)} - {UNFAIR}
        return frozenset(found | self.held(state))

    def held(self, state: int) -> frozenset[int]:
        """Name the classes that a bound withholds in a state."""
        return self.withheld[state] if self.withheld else frozenset()


@dataclass(frozen=True, slots=True)
class Avoidance:
    """What can be seen of the runs that have not reached their goal."""

    states: frozenset[int]
    """Reached without passing a goal."""
    components: int
    """Their strongly connected components, single states among them."""
    largest: int
    """How many states the largest of them has."""
    unfair: int
    """How many of those in which a run could go round are unfair."""
    cut: frozenset[int]
    """Those in which a bound withholds what would have to happen."""
    fair: tuple[tuple[int, ...], ...]
    """The parts in which a fair run can stay for ever: each is a counterexample."""


def avoidance(edges: Edges, starts: Collection[int], goal: Sequence[bool]) -> Avoidance:
    """Find all parts of the graph where a fair run from a start avoids the goal."""
    region = _avoiding(edges, starts, goal)
    parts = list(components(edges, region))
    judged = [(whole, list(_fair_parts(edges, whole))) for whole in parts]
    fair = [part for _, found in judged for part in found]
    return Avoidance(
        states=frozenset(region),
        components=len(parts),
        largest=max(map(len, parts), default=0),
        unfair=sum(not found and _has_edges(edges, whole) for whole, found in judged),
        cut=frozenset(state for state in region if edges.held(state)),
        fair=tuple(tuple(sorted(part)) for part in fair),
    )


def _avoiding(
    edges: Edges, starts: Collection[int], goal: Sequence[bool]
) -> dict[int, None]:
    """List what can be reached without passing a goal, in breadth-first order."""
    region = dict.fromkeys(start for start in starts if not goal[start])
    queue = deque(region)
    while queue:
        for edge in edges.of(queue.popleft()):
            state = edges.target[edge]
            if state not in region and not goal[state]:
                region[state] = None
                queue.append(state)
    return region


# --- strongly connected components ----------------------------------------------------


@dataclass(slots=True)
class _Dive:
    """What Tarjan's search knows."""

    edges: Edges
    inside: Collection[int]
    order: dict[int, int] = field(default_factory=dict)
    """When each state was entered."""
    lowest: dict[int, int] = field(default_factory=dict)
    """The earliest state on the stack that it is known to lead back to."""
    stack: list[int] = field(default_factory=list)
    open: set[int] = field(default_factory=set)
    """What is on the stack."""

    def enter(self, state: int) -> Iterator[int]:
        """Enter a state, and list where its edges lead."""
        self.order[state] = self.lowest[state] = len(self.order)
        self.stack.append(state)
        self.open.add(state)
        return (self.edges.target[edge] for edge in self.edges.of(state))

    def component(self, root: int) -> set[int]:
        """Take a component from the stack, down to the state that was entered first."""
        at = len(self.stack) - 1
        while self.stack[at] != root:
            at -= 1
        found = set(self.stack[at:])
        del self.stack[at:]
        self.open -= found
        return found


def components(edges: Edges, inside: Collection[int]) -> Iterator[set[int]]:
    """Find the strongly connected components of some states; every state is in one."""
    dive = _Dive(edges, inside)
    for start in inside:
        if start in dive.order:
            continue
        path = [(start, dive.enter(start))]
        while path:
            state, targets = path[-1]
            found = _next_new(dive, state, targets)
            if found is not None:
                path.append((found, dive.enter(found)))
                continue
            path.pop()
            if path:
                above = path[-1][0]
                dive.lowest[above] = min(dive.lowest[above], dive.lowest[state])
            if dive.lowest[state] == dive.order[state]:
                yield dive.component(state)


def _next_new(dive: _Dive, state: int, targets: Iterator[int]) -> int | None:
    """Go on along the edges of a state until one leads to what was never entered."""
    for target in targets:
        if target not in dive.inside:
            continue
        if target not in dive.order:
            return target
        if target in dive.open:
            dive.lowest[state] = min(dive.lowest[state], dive.order[target])
    return None


# --- fairness -------------------------------------------------------------------------


def _fair_parts(edges: Edges, whole: set[int]) -> Iterator[set[int]]:
    """Find the parts of a component in which a fair run can stay for ever."""
    undecided = [whole]
    while undecided:
        part = undecided.pop()
        taken = _taken(edges, part)
        enabled = Counter(c for state in part for c in edges.enabled(state))
        neglected = {
            name: count for name, count in enabled.items() if name not in taken
        }
        if any(
            count == len(part) and name not in edges.strong
            for name, count in neglected.items()
        ):
            continue  # no part of it is fair either
        wanted = edges.strong.intersection(neglected)
        if not wanted:
            yield part
            continue
        rest = {state for state in part if not wanted & edges.enabled(state)}
        undecided.extend(components(edges, rest))


def _has_edges(edges: Edges, part: Collection[int]) -> bool:
    """Tell whether a run can move and yet stay in a component."""
    return any(edges.target[edge] in part for state in part for edge in edges.of(state))


def _taken(edges: Edges, part: Collection[int]) -> set[int]:
    """Name the classes of the edges inside a part."""
    return {
        edges.fairness[edge]
        for state in part
        for edge in edges.of(state)
        if edges.target[edge] in part
    }


# --- ways -----------------------------------------------------------------------------

NodePath = tuple[int, ...]
"""Edges, one after the other."""


def lead_in(
    edges: Edges,
    beginnings: Collection[int],
    starts: Collection[int],
    avoided: Avoidance,
) -> tuple[int, NodePath, int]:
    """Find a shortest run from a beginning past a start into a fair part.

    The goal is not passed after the start. What is found is the beginning, the edges,
    and the number of the part.
    """
    home = {state: at for at, part in enumerate(avoided.fair) for state in part}
    pending = avoided.states.intersection(starts)

    def follow(node: int) -> Iterator[tuple[int, int]]:
        """Go anywhere before a start; once one was passed, avoid the goal."""
        state, is_pending = divmod(node, 2)
        for edge in edges.of(state):
            target = edges.target[edge]
            if not is_pending:
                yield edge, 2 * target
            if target in (avoided.states if is_pending else pending):
                yield edge, 2 * target + 1

    begun = [2 * state for state in beginnings]
    begun += [2 * state + 1 for state in beginnings if state in pending]
    first, way, last = _shortest(
        begun, follow, lambda _, node: node % 2 == 1 and node // 2 in home
    )
    return first // 2, way, home[last // 2]


def fair_loop(edges: Edges, part: Collection[int], entry: int) -> NodePath:
    """Walk within a fair part from a state back to it, so that repeating it is fair.

    Each weak class that is enabled at the entry is taken, or a state is visited in
    which it is not enabled. Each strong one that is enabled anywhere in the part is
    taken. Nothing is walked where a fair run may rest.
    """
    inside = frozenset(part)
    owed = set(edges.enabled(entry))
    owed.update(each for at in inside for each in edges.enabled(at) & edges.strong)

    def follow(state: int) -> Iterator[tuple[int, int]]:
        for edge in edges.of(state):
            if edges.target[edge] in inside:
                yield edge, edges.target[edge]

    def pays(edge: int | None, _: int) -> bool:
        return edge is not None and bool(_paid(edges, owed, edge))

    walk: list[int] = []
    at = entry
    while owed:
        _, way, at = _shortest([at], follow, pays)
        for edge in way:
            owed -= _paid(edges, owed, edge)
        walk += way
    _, back, _ = _shortest([at], follow, lambda _, state: state == entry)
    return (*walk, *back)


def _paid(edges: Edges, owed: set[int], edge: int) -> set[int]:
    """Name what is no longer owed once a run has gone along an edge."""
    enabled = edges.enabled(edges.target[edge])
    return {
        each
        for each in owed
        if each == edges.fairness[edge]
        or (each not in enabled and each not in edges.strong)
    }


def _shortest(
    sources: Sequence[int],
    follow: Callable[[int], Iterator[tuple[int, int]]],
    is_found: Callable[[int | None, int], bool],
) -> tuple[int, NodePath, int]:
    """Find a shortest way to what is wanted: where it begins, its edges, its end."""
    came: dict[int, tuple[int, int] | None] = dict.fromkeys(sources)
    queue: deque[int] = deque()
    for source in came:
        if is_found(None, source):
            return source, (), source
        queue.append(source)
    while queue:
        node = queue.popleft()
        for edge, target in follow(node):
            if is_found(edge, target):
                first, way = _way_to(came, node)
                return first, (*way, edge), target
            if target not in came:
                came[target] = node, edge
                queue.append(target)
    raise ValueError("there is no such way")


def _way_to(came: dict[int, tuple[int, int] | None], node: int) -> tuple[int, NodePath]:
    way: list[int] = []
    while (before := came[node]) is not None:
        node, edge = before
        way.append(edge)
    return node, tuple(reversed(way))
