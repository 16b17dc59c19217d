"""The page of the scopes: what each explores, how far, and what it shows.

`python -m tests.model.mesh.page > docs/model.md` explores every scope to its end, the
deep ones too, and writes the page; with `--default` the rows of the deep scopes are
taken from the page as it is. The figures on the page are what tests compare with.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from primacy_model.engines.search import Engine, best, explore
from primacy_model.mesh.model import Mesh
from primacy_model.mesh.properties import ALWAYS
from primacy_model.mesh.scopes import DEEP, DEFAULT, MeshScope

PAGE: Final = Path(__file__).parents[3] / "docs" / "model.md"


@dataclass(frozen=True, slots=True)
class Figures:
    """What exploring a scope gives."""

    states: int
    depth: int
    seconds: float
    """Of CPU time, with the engine `numba`."""


PREFACE: Final = """\
# The explored worlds

What `primacy check` explores, and `primacy check --deep`. Every state that can be
reached in a scope is visited; nothing is cut but by the bounds that are named. In each
state every safety property is checked: {always}. Each scope must also reach what its
row names, and every kind of move that its bounds allow must happen, or it is *vacuous*.

- **Bound**: all that is limited. A budget that is not named is 0. `batch` is how many
  entries an append carries. `impatient` agents stand on their own timer; the others
  only end a promise. Changes of the roll that are `asked` are so of every agent, or of
  the one that is named behind `at`. Agents that are `down` crashed before all begins.
- **States**: distinct states after forgetting obsolete packets ([engines](engines.md)).
- **Time**: CPU seconds with the engine `numba` on the machine of the other figures.

The page is made by `python -m tests.model.mesh.page > docs/model.md`. Tests explore the
default scopes again and compare states and depth. Those of up to {most:,} states are
compared with the oracle, state for state; so are the first levels of the others.
`make deep` goes on to {patient:,} states, and to the end of the lossy network.

"""

DEFAULT_TITLE: Final = "## By default\n\n"
DEEP_TITLE: Final = "\n## Deep\n\nWhat `--deep` adds.\n\n"
HEAD: Final = """\
| scope | what it shows | bound | reached | states | depth | time |
|---|---|---|---|---:|---:|---:|
"""
TAIL: Final = """
## What they do not show

A scope says nothing of larger meshes, higher terms or longer logs; [the
theorems](theorems.md) do. These worlds have no clocks: [timed worlds](timed.md) have.
They cannot tell whether something ever happens: [liveness](liveness.md) does.
"""

COMPARED: Final = 5_000
"""The most states of scopes that are compared with the oracle to their end."""
PATIENT: Final = 20_000
"""The same, for `make deep`."""


def measured(scope: MeshScope) -> Figures:
    """Explore a scope to its end."""
    begun = time.process_time()
    found = explore(scope.actors, best())
    if found.verdict.exit_code:
        raise SystemExit(f"{scope.name}: {found.verdict.value}")
    seconds = time.process_time() - begun
    return Figures(found.states, len(found.levels) - 1, seconds)


def figures(page: str) -> Mapping[str, Figures]:
    """Read the figures of a page."""
    found = {}
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 7 and cells[-1].endswith(" s"):
            states, depth = (int(cell.replace(",", "")) for cell in cells[4:6])
            seconds = float(cells[6].removesuffix(" s").replace(",", ""))
            found[cells[0].strip("`")] = Figures(states, depth, seconds)
    return found


def document(known: Mapping[str, Figures]) -> str:
    """Write the page."""
    always = ", ".join(f"{each.id} ({each.name})" for each in ALWAYS)
    return "".join(
        [
            PREFACE.format(always=always, most=COMPARED, patient=PATIENT),
            DEFAULT_TITLE,
            HEAD,
            *_rows(DEFAULT, known),
            DEEP_TITLE,
            HEAD,
            *_rows(DEEP, known),
            TAIL,
        ]
    )


def _rows(scopes: Sequence[MeshScope], known: Mapping[str, Figures]) -> Iterator[str]:
    for scope in scopes:
        found, mesh = known[scope.name], scope.actors
        assert isinstance(mesh, Mesh)
        bounds = "; ".join(f"{name} {value}" for name, value in mesh.bounds.items())
        cells = (
            f"`{scope.name}`",
            scope.summary,
            bounds,
            ", ".join(mesh.sometimes),
            f"{found.states:,}",
            f"{found.depth:,}",
            f"{found.seconds:,.1f} s",
        )
        yield f"| {' | '.join(cells)} |\n"


def main(words: Sequence[str]) -> None:
    """Explore, and write the page."""
    if best() is not Engine.NUMBA:
        raise SystemExit("the figures are those of the engine numba: install it")
    known = dict(figures(PAGE.read_text(encoding="utf-8"))) if PAGE.exists() else {}
    for scope in DEFAULT if "--default" in words else (*DEFAULT, *DEEP):
        sys.stderr.write(f"{scope.name}\n")
        known[scope.name] = measured(scope)
    sys.stdout.write(document(known))


if __name__ == "__main__":
    main(sys.argv[1:])
