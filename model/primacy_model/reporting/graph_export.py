"""Small state graphs as GraphML, DOT and a picture.

A node is the number of a state in breadth-first order; an edge carries the label of its
action. Contract: the same graph gives the same bytes; a graph of more than `MOST_NODES`
states is refused with a sentence, because nobody could read it; where matplotlib is not
installed, the other two are written.

Source: GraphML (http://graphml.graphdrawing.org), DOT (https://graphviz.org).
"""

from __future__ import annotations

import importlib.util
import io
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import networkx as nx

from primacy_model.checker.model import Model, State
from primacy_model.checker.reference_bfs import Exploration
from primacy_model.checker.trace import render_fields

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_NODES = 500
"""States of a graph that is still exported."""

MOST_LABELS = 40
"""States of a picture whose edges still carry labels."""

INK, GREY, RED = "#1b1f24", "#8c959f", "#cf222e"
PALE, BLUSH = "#ddf4ff", "#ffebe9"


class GraphTooLargeError(Exception):
    """A state graph with more states than a person can look at."""


def export(
    model: Model[State], exploration: Exploration[State], folder: Path
) -> tuple[Path, ...]:
    """Write the state graph of an exploration into a folder, in each format."""
    graph = number_states(model, exploration)
    folder.mkdir(parents=True, exist_ok=True)
    files = {"graphml": render_graphml(graph), "dot": render_dot(graph)}
    if can_draw():
        files["svg"] = render_picture(graph)
    paths = tuple(folder / f"{model.name}.{ending}" for ending in files)
    for path, text in zip(paths, files.values(), strict=True):
        path.write_text(text, encoding="utf-8", newline="\n")
    return paths


def can_draw() -> bool:
    """Tell whether the picture can be drawn here: it needs matplotlib."""
    return importlib.util.find_spec("matplotlib") is not None


def number_states(
    model: Model[State], exploration: Exploration[State]
) -> nx.MultiDiGraph[int]:
    """Give the states of a graph numbers, and write states and actions out.

    Raises `GraphTooLargeError` above `MOST_NODES` states.
    """
    if exploration.states > MOST_NODES:
        raise GraphTooLargeError(
            f"the graph of {model.name} has {exploration.states:,} states,"
            f" and only graphs of at most {MOST_NODES:,} are exported"
        )
    numbers = {state: number for number, state in enumerate(exploration.graph)}
    violation = exploration.violation
    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph(name=model.name)
    for state, number in numbers.items():
        depth = exploration.graph.nodes[state]["depth"]
        is_bad = violation is not None and violation.trace.last == state
        text = _describe(model, state)
        graph.add_node(number, depth=depth, state=text, violates=is_bad)
    for source, target, action in exploration.graph.edges(keys=True):
        label = f"{action.column}: {action.label}"
        graph.add_edge(numbers[source], numbers[target], label=label, kind=action.kind)
    return graph


def _describe(model: Model[State], state: State) -> str:
    columns = model.columns(state).items()
    return "; ".join(f"{name}: {', '.join(render_fields(c))}" for name, c in columns)


def render_graphml(graph: nx.MultiDiGraph[int]) -> str:
    """Write a numbered graph as GraphML."""
    buffer = io.BytesIO()
    nx.write_graphml_xml(graph, buffer)
    return buffer.getvalue().decode("utf-8") + "\n"


def render_dot(graph: nx.MultiDiGraph[int]) -> str:
    """Write a numbered graph as DOT."""
    lines = [f"digraph {_quote(graph.name)} {{"]
    for number, node in graph.nodes(data=True):
        tooltip, colour = _quote(node["state"]), _quote(_colour(graph, number))
        lines.append(f"    {number} [tooltip={tooltip}, color={colour}];")
    for source, target, edge in graph.edges(data=True):
        lines.append(f"    {source} -> {target} [label={_quote(edge['label'])}];")
    return "\n".join([*lines, "}"]) + "\n"


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def render_picture(graph: nx.MultiDiGraph[int]) -> str:
    """Draw a numbered graph as SVG, one row for each depth. It needs matplotlib."""
    import matplotlib as mpl  # noqa: PLC0415 - an extra
    from matplotlib.figure import Figure  # noqa: PLC0415 - an extra

    rows = Counter(depth for _, depth in graph.nodes(data="depth"))
    is_labelled = len(graph) <= MOST_LABELS
    spread = 2.2 if is_labelled else 0.45
    size = (max(6.0, spread * max(rows.values())), max(4.0, 1.1 * len(rows)))
    with mpl.rc_context({"svg.hashsalt": graph.name, "svg.fonttype": "path"}):
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots()
        axes.set_axis_off()
        axes.invert_yaxis()
        axes.set_title(
            f"{graph.name}: {len(graph)} states, {graph.number_of_edges()} transitions"
        )
        _draw(graph, axes, is_labelled=is_labelled)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def _draw(graph: nx.MultiDiGraph[int], axes: Axes, *, is_labelled: bool) -> None:
    places = nx.multipartite_layout(graph, subset_key="depth", align="horizontal")
    simple = nx.DiGraph(graph)
    nx.draw_networkx_nodes(
        simple,
        places,
        ax=axes,
        node_size=260 if is_labelled else 60,
        node_color=[_fill(graph, number) for number in graph],
        edgecolors=[_colour(graph, number) for number in graph],
    )
    nx.draw_networkx_edges(
        simple,
        places,
        ax=axes,
        edge_color=GREY,
        arrowsize=9,
        node_size=260 if is_labelled else 60,
        connectionstyle="arc3,rad=0.06",
    )
    if is_labelled:
        nx.draw_networkx_labels(simple, places, ax=axes, font_size=8, font_color=INK)
        labels = {
            (source, target): "\n".join(
                edge["label"] for edge in graph[source][target].values()
            )
            for source, target in simple.edges
        }
        nx.draw_networkx_edge_labels(
            simple,
            places,
            edge_labels=labels,
            ax=axes,
            font_size=6,
            font_color=INK,
            rotate=False,
            connectionstyle="arc3,rad=0.06",
        )


def _colour(graph: nx.MultiDiGraph[int], number: int) -> str:
    return RED if graph.nodes[number]["violates"] else INK


def _fill(graph: nx.MultiDiGraph[int], number: int) -> str:
    """Colour the states in which the world begins, and the one that is wrong."""
    if graph.nodes[number]["violates"]:
        return BLUSH
    return PALE if graph.nodes[number]["depth"] == 0 else "white"
