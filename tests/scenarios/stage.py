"""The stage of a transcript: a cluster, and the words for what happens on it.

It lets agents step and tells what they did, and finds the packet that a command means.
The cluster runs the shipped `step` and judges all claims of `properties.ALWAYS` after
everything that happens.

Source: docs/scenarios.md.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from primacy.outputs import Outputs
from primacy.state import State
from primacy.types import AgentId
from primacy_model.mesh.agent import Node
from primacy_model.simulation.cluster import Cluster, Happened, InFlightPacket
from tests.scenarios import rendering
from tests.scenarios.language import Chosen, NotUnderstood

MOST_DELIVERIES = 1_000
"""How many packets `deliver all` delivers before it takes the mesh to be restless."""


class StagedCluster(Cluster):
    """A cluster that remembers the outputs of its last step in their order."""

    outputs: Outputs = ()

    def _performed(
        self,
        name: str,
        node: Node,
        state: State,
        outputs: Outputs,
        outputs_done: int | None = None,
    ) -> Happened:
        if outputs_done is not None and outputs_done >= len(outputs):
            raise NotUnderstood(
                f"the step has {len(outputs)} outputs, observations included: "
                f"there is no crash after {outputs_done} of them"
            )
        self.outputs = outputs[:outputs_done]
        return super()._performed(name, node, state, outputs, outputs_done)


class Stage:
    """A cluster, once there is one, who has acted on it, and what was asked."""

    def __init__(self) -> None:
        self._cluster: StagedCluster | None = None
        self.touched: set[str] = set()
        self.asked: set[str] = set()

    @property
    def cluster(self) -> StagedCluster:
        """Give the cluster; there is none before the first command."""
        if self._cluster is None:
            raise NotUnderstood("the first command of a transcript is: mesh a b c")
        return self._cluster

    def begin(self, cluster: StagedCluster) -> None:
        """Put a cluster on the stage, once."""
        if self._cluster is not None:
            raise NotUnderstood("a transcript has one mesh")
        self._cluster = cluster

    def node(self, name: str) -> Node:
        """Find an agent in the world."""
        nodes = self.cluster.nodes
        if name not in nodes:
            raise NotUnderstood(f"{name!r} is no agent: {', '.join(nodes)}")
        return nodes[AgentId(name)]

    def ask(self, request: str) -> None:
        """Refuse the name of a request that was used before (runtime.request-ids)."""
        if request in self.asked:
            raise NotUnderstood(f"{request} was asked for before: take a new name")
        self.asked.add(request)

    def new_request(self, name: str) -> str:
        """Name a request of an operator: a repeated one gets a number."""
        count = sum(each.rpartition("#")[0] == name for each in self.asked) + 1
        self.ask(f"{name}#{count}")
        return name if count == 1 else f"{name}#{count}"

    def shown(self, names: Iterable[AgentId]) -> list[str]:
        """Show agents, a line each."""
        return [f"{name}: {self._told(name)}" for name in names]

    def _told(self, name: AgentId) -> str:
        node = rendering.told_node(self.node(name))
        if name in self.cluster.waiting:
            return "has not begun"
        return f"lost with its disk; {node}" if name in self.cluster.lost else node

    # --- steps ------------------------------------------------------------------------

    def stepped(self, name: str, said: str, happen: Callable[[], object]) -> list[str]:
        """Let an agent step; tell its outputs and what changed in it."""
        before = self.node(name)
        self.cluster.outputs = ()
        happen()
        self.touched.add(name)
        after = self.node(name)
        told = rendering.told_outputs(self.cluster.outputs)
        if after.state is None:
            told.append(f"down; disk: {rendering.told_disk(after.disk)}")
        else:
            changes = rendering.told_changes(before.state, after.state)
            told += [f"now {changes}"] if changes else []
        return [f"{name} {said}", *(f"  {line}" for line in told or ["nothing"])]

    def heard(self, flight: InFlightPacket, choice: Chosen) -> list[str]:
        """Deliver a packet; tell what it did."""
        return self.stepped(
            flight.target,
            f"hears {rendering.told_packet(flight.packet)} from {flight.sender}",
            lambda: self.cluster.deliver(
                flight.number,
                choice.now,
                keep=choice.is_kept,
                outputs_done=choice.outputs_done,
            ),
        )

    def deliver_all(self, choice: Chosen) -> list[str]:
        """Deliver whatever can arrive, in the order of sending, and what follows."""
        if choice.is_kept or choice.outputs_done is not None or choice.which:
            raise NotUnderstood("deliver all takes no: keep, crash after, first, last")
        told: list[str] = []
        for _ in range(MOST_DELIVERIES):
            arriving = [
                one for one in self.meant(choice) if self.cluster.can_arrive(one.number)
            ]
            if not arriving:
                return told or ["nothing can arrive"]
            told += self.heard(arriving[0], choice)
        raise NotUnderstood(f"{MOST_DELIVERIES} packets were delivered, and more come")

    # --- packets ----------------------------------------------------------------------

    def meant(self, choice: Chosen) -> list[InFlightPacket]:
        """List the packets on their way that a choice fits, oldest first."""
        wanted = {
            "sender": choice.sender,
            "target": choice.target,
            "kind": choice.kind,
            "term": choice.term,
            "round": choice.round,
        }
        return [
            flight
            for flight in self.cluster.flights.values()
            if all(
                _traits(flight).get(name) == value
                for name, value in wanted.items()
                if value not in ("", None)
            )
        ]

    def one(self, choice: Chosen) -> InFlightPacket:
        """Find the one packet that is meant; equal ones are as good as one."""
        found = self.meant(choice)
        if not found:
            flying = [written(one) for one in self.cluster.flights.values()]
            rest = "; ".join(flying) or "nothing"
            raise NotUnderstood(f"no such packet is on its way, but: {rest}")
        if choice.which:
            return found[0 if choice.which == "first" else -1]
        first = found[0]
        if any(replace(other, number=first.number) != first for other in found):
            several = "; ".join(map(written, found))
            raise NotUnderstood(f"{len(found)} packets are meant, say more: {several}")
        return first


def _traits(flight: InFlightPacket) -> Mapping[str, object]:
    """Tell by what a packet can be named."""
    packet = flight.packet
    return {
        "sender": flight.sender,
        "target": flight.target,
        "kind": type(packet).__name__,
        "term": packet.term,
        "round": getattr(packet, "round", None),
    }


def written(flight: InFlightPacket) -> str:
    """Write a packet with its way."""
    packet = rendering.told_packet(flight.packet)
    return f"{packet} from {flight.sender} to {flight.target}"
