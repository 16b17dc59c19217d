"""The whole state graph: the oracle's states and moves, as arrays and for networkx."""

import io

import networkx as nx
import pytest

from primacy_model.baselines.plain_raft import PlainRaft
from primacy_model.checker import reference_bfs
from primacy_model.checker.actors import Assembled
from primacy_model.engines import state_graph
from primacy_model.engines.state_graph import GraphBoundError, StateGraph
from primacy_model.scopes import SCOPES

NAMES = ("worker", "fencing", "plain-raft-3x2")


def scope(name: str) -> Assembled[object, object, object, object]:
    found = SCOPES.find(name)
    assert isinstance(found, Assembled)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_it_has_the_states_and_the_moves_of_the_oracle(name: str) -> None:
    whole, judged = StateGraph(scope(name).actors), reference_bfs.explore(scope(name))
    worlds = [whole.whole(state) for state in range(len(whole))]
    assert set(worlds) == set(judged.graph)
    depths = dict(zip(worlds, whole.depths.tolist(), strict=True))
    assert all(depths[each] == judged.graph.nodes[each]["depth"] for each in depths)
    moves = set()
    for state, world in enumerate(worlds):
        for move in range(whole.starts[state], whole.starts[state + 1]):
            label = whole.names[whole.labels[move]]
            agent = whole.actors.agents[label.place]
            told = (agent, label.kind, label.text)
            moves.add((world, worlds[whole.targets[move]], *told))
    assert moves == {
        (source, target, action.column, action.kind, action.label)
        for source, target, action in judged.graph.edges(keys=True)
    }
    assert len(whole.targets) == judged.graph.number_of_edges()


def test_moves_that_change_nothing_are_kept() -> None:
    whole = StateGraph(scope("worker").actors)
    loops = [
        state
        for state in range(len(whole))
        if state in whole.targets[whole.starts[state] : whole.starts[state + 1]]
    ]
    assert loops


def test_networkx_is_given_states_and_actions() -> None:
    whole = StateGraph(PlainRaft(2, 1))
    graph = whole.graph()
    assert len(graph) == len(whole)
    path = nx.shortest_path(graph, 0, len(whole) - 1)
    assert len(path) == whole.depths[-1] + 1
    assert graph.nodes[0]["state"] == PlainRaft(2, 1).initial()
    assert any("a: times out" in graph.edges[0, after]["actions"] for after in graph[0])
    assert nx.is_directed_acyclic_graph(nx.condensation(graph))


def test_as_text_it_is_graphml() -> None:
    whole = StateGraph(PlainRaft(2, 1))
    file = io.BytesIO()
    nx.write_graphml_xml(whole.graph(as_text=True), file)
    file.seek(0)
    again = nx.read_graphml(file)
    assert len(again) == len(whole)
    assert again.number_of_edges() == whole.graph().number_of_edges()


def test_too_large_a_graph_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(GraphBoundError, match="stopped at the bound of 100 states"):
        StateGraph(PlainRaft(3, 2), most=100)
    with pytest.raises(GraphBoundError, match="stopped at enough"):
        StateGraph(PlainRaft(3, 2), limit=lambda: "enough")
    monkeypatch.setattr(state_graph, "MOST_NODES", 10)
    with pytest.raises(GraphBoundError, match="networkx is given at most 10"):
        StateGraph(PlainRaft(2, 1)).graph()
