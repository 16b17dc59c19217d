"""A program of a user of the core, to be checked against the wheel: a mesh in memory.

It is held to be free of errors by mypy, in its strict mode, and by pyright.
"""

from collections import deque

from primacy import (
    AgentId,
    Arm,
    Broadcast,
    Config,
    Disarm,
    Durable,
    Elapsed,
    Instant,
    Message,
    Output,
    Packet,
    Persist,
    Received,
    Send,
    State,
    Timer,
    agents,
    initial,
    step,
    token,
)


class EmbeddedMesh:
    """Agents whose network, disks and timers are kept in memory."""

    def __init__(self, *names: AgentId) -> None:
        self.disks: dict[AgentId, Durable] = {}
        self.states: dict[AgentId, State] = {}
        self.armed: set[tuple[AgentId, Timer]] = set()
        self.network: deque[tuple[AgentId, Packet]] = deque()
        for name in names:
            self.disks[name] = Durable()
            self.states[name], outputs = initial(Config("demo", name, agents(*names)))
            self.perform(name, outputs)

    def give(self, name: AgentId, message: Message) -> None:
        """Let an agent take one step."""
        self.states[name], outputs = step(self.states[name], message)
        self.perform(name, outputs)

    def perform(self, name: AgentId, outputs: tuple[Output, ...]) -> None:
        """Perform the outputs of a step in their order."""
        for output in outputs:
            match output:
                case Persist():
                    self.disks[name] = self.disks[name].after(output)
                case Send(target, packet):
                    self.network.append((target, packet))
                case Broadcast(targets, packet):
                    self.network.extend((each, packet) for each in targets.members)
                case Arm(timer):
                    self.armed.add((name, timer))
                case Disarm(timer):
                    self.armed.discard((name, timer))
                case _:
                    pass  # for observers

    def elapse(self, name: AgentId, timer: Timer) -> None:
        """Let a timer fire, and deliver all that comes of it."""
        self.armed.remove((name, timer))
        self.give(name, Elapsed(timer, Instant(0)))
        while self.network:
            target, packet = self.network.popleft()
            self.give(target, Received(packet, Instant(0)))


def main() -> None:
    """Elect a leader and print its fencing token."""
    mesh = EmbeddedMesh(AgentId("ada"), AgentId("bob"), AgentId("cyd"))
    mesh.elapse(AgentId("ada"), Timer.ELECTION)
    mesh.elapse(AgentId("ada"), Timer.ELECTION)
    print(token(mesh.states[AgentId("ada")]))  # noqa: T201 - a program


if __name__ == "__main__":
    main()
