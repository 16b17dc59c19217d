"""Small graphs are exported whole, large ones are refused with a sentence."""

import io
from pathlib import Path

import networkx as nx
import pydot
import pytest

from primacy_model.checker.reference_bfs import explore
from primacy_model.reporting import graph_export
from primacy_model.reporting.graph_export import number_states
from tests.support.toys import UNGUARDED, Drawn, Lock, parsed

DIAMOND = Drawn({"s": "ab", "a": "t", "b": "t"})

parses_dot = pytest.mark.filterwarnings("ignore::DeprecationWarning:pydot")
"""pydot's parser uses old names of pyparsing."""


def test_nodes_are_breadth_first_numbers_and_edges_are_labelled() -> None:
    graph = number_states(DIAMOND, explore(DIAMOND))
    assert list(graph) == [0, 1, 2, 3]
    assert [(s, t, edge["label"]) for s, t, edge in graph.edges(data=True)] == [
        (0, 1, "walker: go to a"),
        (0, 2, "walker: go to b"),
        (1, 3, "walker: go to t"),
        (2, 3, "walker: go to t"),
    ]
    assert graph.nodes[3]["state"] == "walker: at = t"


def test_graphml_is_read_back_by_networkx() -> None:
    graph = number_states(DIAMOND, explore(DIAMOND))
    text = graph_export.render_graphml(graph)
    read = nx.read_graphml(io.BytesIO(text.encode()), node_type=int)
    assert list(read) == [0, 1, 2, 3]
    assert {(s, t) for s, t, *_ in read.edges} == {(0, 1), (0, 2), (1, 3), (2, 3)}
    assert read.nodes[3]["depth"] == 2


@parses_dot
def test_dot_is_read_back_by_pydot() -> None:
    text = graph_export.render_dot(number_states(DIAMOND, explore(DIAMOND)))
    parsed = pydot.graph_from_dot_data(text)
    assert parsed is not None
    edges = [
        (edge.get_source(), edge.get_destination()) for edge in parsed[0].get_edges()
    ]
    assert edges == [("0", "1"), ("0", "2"), ("1", "3"), ("2", "3")]


@parses_dot
def test_quotes_in_labels_are_escaped_in_dot() -> None:
    model = Drawn({"s": ['say "x" \\']})
    text = graph_export.render_dot(number_states(model, explore(model)))
    assert pydot.graph_from_dot_data(text) is not None
    assert 'go to say \\"x\\"' in text


def test_a_picture_is_svg() -> None:
    root = parsed(graph_export.render_picture(number_states(DIAMOND, explore(DIAMOND))))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"


def test_a_loop_and_parallel_edges_can_be_drawn() -> None:
    model = Drawn({"s": "stt"})
    assert graph_export.render_picture(number_states(model, explore(model)))


def test_the_same_graph_gives_the_same_bytes(tmp_path: Path) -> None:
    first = graph_export.export(UNGUARDED, explore(UNGUARDED), tmp_path / "one")
    second = graph_export.export(UNGUARDED, explore(UNGUARDED), tmp_path / "two")
    assert [path.name for path in first] == [
        "unguarded-lock.graphml",
        "unguarded-lock.dot",
        "unguarded-lock.svg",
    ]
    assert [path.read_bytes() for path in first] == [
        path.read_bytes() for path in second
    ]


def test_a_graph_that_nobody_could_read_is_refused_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(graph_export, "MOST_NODES", 26)
    with pytest.raises(
        graph_export.GraphTooLargeError,
        match="of lock has 27 states, and only graphs of at most 26 are exported",
    ):
        number_states(Lock(), explore(Lock()))
