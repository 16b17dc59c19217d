"""Which paths of the proofs the vectors take: counted by kind of message.

The proofs lift every way through `step`, through `recover`, and through what is
observed of a step. Each vector is a scene for them: exactly one path matches, and must
give what the vector expects.

Contract: a path is taken by a vector, or it is not counted.

`python -m tests.model.conformance.paths DIR` prints the table of docs/conformance.md.

Source: docs/conformance.md, "Paths of the proofs".
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from primacy import loads
from primacy.config import Config
from primacy.messages import Install, Received
from primacy.observation import observe
from primacy.state import Durable, State
from primacy_proofs.counterexamples import satisfiability
from primacy_proofs.system import lifting
from tests.support.lifted_cases import (
    CASES,
    OBSERVATION,
    Scene,
    done,
    judge,
    lifted,
    named,
    of_mesh,
    of_message,
)
from tests.support.vectors import vectors_of

Value = TypeVar("Value", State, Config, Durable)

INSTALL: Final = Install.__name__
"""Its vectors may hand over the snapshot of another log than the agent's."""
TITLES: Final[Mapping[str, str]] = {
    **{name: name.lower() for name in lifting.UNKNOWN},
    lifting.RESTART: "a restart",
    OBSERVATION: "what is observed of a step",
}


@dataclass(frozen=True)
class Taken:
    """What the vectors take of a case."""

    name: str
    sound: frozenset[int]
    """The places of the paths that keep the contracts of the containers."""
    taken: frozenset[int]

    @property
    def title(self) -> str:
        """Name it as the page does."""
        return TITLES.get(self.name, self.name)


def every_taken(folder: Path) -> Iterator[Taken]:
    """Count the paths of each case."""
    taken: dict[str, Counter[int]] = {name: Counter() for name in CASES}
    for vector in vectors_of(folder):
        for name, scene in _scenes(vector):
            taken[name][judge(lifted(name), scene)] += 1
    for name in CASES:
        paths = lifted(name).paths
        sound = frozenset(at for at, path in enumerate(paths) if path.error is None)
        places = frozenset(taken[name])
        assert places <= sound or name == INSTALL, "a vector breaks a contract"
        yield Taken(name, sound, places & sound)


def reachable(name: str) -> frozenset[int]:
    """Find the paths of a case that some small world takes; this takes minutes."""
    return frozenset(
        fate.number - 1 for fate in satisfiability.find_fates_of(name) if fate.agents
    )


def rows(folder: Path) -> Iterator[str]:
    """Write the rows of the table, and their sums."""
    sums = [0, 0, 0, 0]
    for each in every_taken(folder):
        counts = [len(each.sound), len(each.taken)]
        if each.name == OBSERVATION:
            yield f"| all of these | {' | '.join(f'{count:,}' for count in sums)} |"
            yield f"| {each.title} | {counts[0]} | {counts[1]} | | |"
            continue
        worlds = reachable(each.name)
        counts += [len(worlds), len(worlds & each.taken)]
        sums = [one + other for one, other in zip(sums, counts, strict=True)]
        yield f"| {each.title} | {' | '.join(map(str, counts))} |"


def _scenes(vector: Mapping[str, Any]) -> Iterator[tuple[str, Scene]]:
    """Make of a vector the scenes that it is for the proofs."""
    given = vector["given"]
    if vector["call"] == "recover":
        config, disk = _read(given["config"], Config), _read(given["durable"], Durable)
        values = of_mesh(config) | named(disk, "disk.")
        yield lifting.RESTART, Scene(values, False, 0, *_expected(vector))
    if vector["call"] == "step":
        state, after = (
            _read(each["state"], State) for each in (given, vector["expected"])
        )
        message: Any = loads(json.dumps(given["message"]))
        said = message.packet if isinstance(message, Received) else message
        name = type(said).__name__
        values = of_mesh(state.config) | named(state) | of_message(message)
        may_break = name == INSTALL
        yield name, Scene(values, may_break, 0, *_expected(vector))
        values = of_mesh(state.config) | named(state) | named(after, "after.")
        yield OBSERVATION, Scene(values, False, 0, after, observe(state, after))


def _expected(vector: Mapping[str, Any]) -> tuple[Any, Any]:
    """Take what a vector expects as what core did, without what is observed of it."""
    after = _read(vector["expected"]["state"], State)
    outputs: Any = tuple(
        loads(json.dumps(each)) for each in vector["expected"]["outputs"]
    )
    return done(lambda: (after, outputs))


def _read(value: object, kind: type[Value]) -> Value:
    return loads(json.dumps(value), kind)


if __name__ == "__main__":
    for row in rows(Path(sys.argv[1])):
        sys.stdout.write(f"{row}\n")
