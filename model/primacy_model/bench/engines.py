"""How fast worlds of actors are explored: by each engine, by the oracle, and by Spin.

`make bench` prints one table and writes `bench.json`. All explore the plain Raft
election, Spin its twin in Promela, which has the same states.

Contract: a row says how many states were found, with a plus where a bound ended the
search, and no row says whether that is fast. Seconds are of CPU, so that waiting does
not count; an engine that is compiled, and Spin's program, are compiled before their
time begins.

The bytes of an engine are its own account: rows, the way back, the index. Those of the
oracle are what the interpreter holds afterwards, with all edges. Those of Spin are its
stored states; its hash table, of a size that is chosen beforehand, is in its megabytes.
"""

from __future__ import annotations

import gc
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tracemalloc
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Final

from primacy_model.baselines.plain_raft import PlainRaft
from primacy_model.checker import reference_bfs
from primacy_model.checker.actors import Assembled
from primacy_model.engines import search
from primacy_model.engines.search import Engine

ORACLE: Final = "oracle"
FILE: Final = Path("bench.json")
SPIN: Final = "spin"
COMPILER: Final = "cc"
FLAGS: Final = ("-O2", "-DSAFETY", "-DNOREDUCE")
"""Spin's usual flags for a search of all states, without partial-order reduction."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large a world is, and whether it is searched without pruning too."""

    agents: int
    terms: int
    is_twice: bool = False

    @property
    def actors(self) -> PlainRaft:
        """Give the world."""
        return PlainRaft(self.agents, self.terms)


@dataclass(frozen=True, slots=True)
class BenchPlan:
    """What is measured."""

    sizes: tuple[Size, ...]
    bounds: Mapping[str, int]
    """How many states each engine may find."""
    warmed: Size
    """What is searched before anything is measured."""
    spun: Size
    """What Spin searches; one of the sizes."""


FULL: Final = BenchPlan(
    sizes=(Size(3, 3), Size(3, 4), Size(5, 2, is_twice=True)),
    bounds={
        ORACLE: 100_000,
        Engine.MEMO.value: 1_000_000,
        Engine.NUMPY.value: 10_000_000,
        Engine.NUMBA.value: 10_000_000,
    },
    warmed=Size(3, 3),
    spun=Size(3, 4),
)
QUICK: Final = BenchPlan(
    sizes=(Size(3, 2), Size(5, 2, is_twice=True)),
    bounds={
        ORACLE: 1_000,
        Engine.MEMO.value: 10_000,
        Engine.NUMPY.value: 10_000,
        Engine.NUMBA.value: 10_000,
    },
    warmed=Size(3, 1),
    spun=Size(3, 2),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """What one search of one world took."""

    engine: str
    model: str
    agents: int
    terms: int
    prunes: bool
    states: int
    is_bounded: bool
    """The search ended because it had found as many states as it may."""
    cpu_seconds: float
    bytes_per_state: float
    calls: int | None
    """How often the model was asked for moves, where that is counted."""

    @property
    def rate(self) -> float:
        """Tell how many states were found in a second."""
        return self.states / max(self.cpu_seconds, 0.001)


@dataclass(frozen=True, slots=True)
class Spun(Measured):
    """What Spin found, and what it took."""

    transitions: int
    """Steps that lead to another state."""
    errors: int
    own_seconds: float
    """What Spin itself reports, which passes while it waits too."""
    megabytes: float
    """All of its memory, the hash table included."""


def main(words: Sequence[str] | None = None) -> None:
    """Measure the engines, print a table and write bench.json here."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small worlds, for a test")
    report(QUICK if parser.parse_args(words).quick else FULL)


def report(plan: BenchPlan = FULL) -> None:
    """Print each row as soon as it is known, and write all of them into a file."""
    print(_laid_out("engine", "agents, terms", *HEADS))
    rows: list[Measured] = []
    for row in measure_all(plan):
        print(_shown(row), flush=True)
        rows.append(row)
    spun, told = None, [f"spin: not measured, for there is no {missing()}"]
    if missing() is None:
        _hint(SPIN)
        with tempfile.TemporaryDirectory() as folder:
            spun = spin(plan.spun, Path(folder))
        told = list(_compared(spun, rows))
    _hint("")
    print("\n".join(told))
    held = {
        "python": sys.version.split()[0],
        "engines": [asdict(row) for row in rows],
        "spin": None if spun is None else asdict(spun),
    }
    FILE.write_text(json.dumps(held, indent=1) + "\n", encoding="utf-8")


# The engines


def measure_all(plan: BenchPlan) -> Iterator[Measured]:
    """Measure the oracle and each engine that is installed, the slowest first."""
    for size in plan.sizes:
        _hint(f"{ORACLE}, {size.agents} agents, {size.terms} terms")
        yield _oracle(size, plan.bounds[ORACLE])
    for engine in Engine:
        if not engine.is_installed:
            continue
        _hint(f"{engine.value}, to warm up")
        search.explore(plan.warmed.actors, engine)
        for size in plan.sizes:
            for prunes in (True, False) if size.is_twice else (True,):
                _hint(f"{engine.value}, {size.agents} agents, {size.terms} terms")
                yield _engine(engine, size, plan.bounds[engine.value], prunes=prunes)


def _engine(engine: Engine, size: Size, most: int, *, prunes: bool) -> Measured:
    gc.collect()
    found = search.explore(size.actors, engine, prunes=prunes, max_states=most)
    return Measured(
        engine.value,
        size.actors.name,
        size.agents,
        size.terms,
        prunes,
        found.states,
        found.is_bounded,
        found.seconds,
        found.bytes / found.states,
        found.calls,
    )


def _oracle(size: Size, most: int) -> Measured:
    """Explore twice: a tenth for the memory, then for the time."""
    gc.collect()
    tracemalloc.start()
    try:
        found = reference_bfs.explore(Assembled(size.actors), max_states=most // 10)
        held = tracemalloc.get_traced_memory()[0] / found.states
    finally:
        tracemalloc.stop()
    del found
    gc.collect()
    begun = time.process_time()
    found = reference_bfs.explore(Assembled(size.actors), max_states=most)
    return Measured(
        ORACLE,
        size.actors.name,
        size.agents,
        size.terms,
        False,
        found.states,
        found.is_bounded,
        time.process_time() - begun,
        held,
        None,
    )


# Spin


def missing() -> str | None:
    """Name a program without which Spin does not run, if there is one."""
    for program in (SPIN, COMPILER):
        if shutil.which(program) is None:
            return program
    return None


def promela_source() -> str:
    """Read the plain Raft election in Promela."""
    path = resources.files("primacy_model.baselines") / "plain_raft.pml"
    return path.read_text(encoding="utf-8")


def spin(size: Size, folder: Path, source: str | None = None) -> Spun:
    """Search the twin of a world with Spin, which is compiled in a folder."""
    (folder / "twin.pml").write_text(source or promela_source(), encoding="utf-8")
    sized = f"-DN={size.agents}", f"-DT={size.terms}"
    preprocessor = f"-P{COMPILER} -E -x c"
    _run((SPIN, preprocessor, *sized, "-a", "twin.pml"), folder)
    _run((COMPILER, *FLAGS, "-o", "pan", "pan.c"), folder)
    begun = os.times()
    told = _run((str(folder / "pan"),), folder)
    ended = os.times()
    states = int(_figure(r"([\d.e+]+) states, stored", told))
    used = ended.children_user + ended.children_system
    return Spun(
        SPIN,
        size.actors.name,
        size.agents,
        size.terms,
        False,
        states,
        False,
        used - begun.children_user - begun.children_system,
        _figure(r"([\d.]+)\s+actual memory usage for states", told) * 2**20 / states,
        None,
        int(_figure(r"([\d.e+]+) transitions", told)) - 1,  # one enters the first state
        int(_figure(r"errors: (\d+)", told)),
        _figure(r"elapsed time ([\d.e+-]+) seconds", told),
        _figure(r"([\d.]+)\s+total actual memory usage", told),
    )


def _run(command: Sequence[str], folder: Path) -> str:
    done = subprocess.run(  # noqa: S603 # found by name on purpose
        command, cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {done.stdout}{done.stderr}")
    return done.stdout


def _figure(pattern: str, told: str) -> float:
    found = re.search(pattern, told)
    if found is None:
        raise RuntimeError(f"no {pattern} in what Spin reported:\n{told}")
    return float(found[1])


def _compared(spun: Spun, rows: Sequence[Measured]) -> Iterator[str]:
    """Show Spin beside the fastest engine that searched the same world to its end."""
    yield _shown(spun)
    yield (
        f"spin: {' '.join(FLAGS)}, {spun.own_seconds:.2f} s by its own clock,"
        f" {spun.megabytes:,.0f} MB with its hash table"
    )
    same = [
        row
        for row in rows
        if (row.agents, row.terms, row.states, row.is_bounded)
        == (spun.agents, spun.terms, spun.states, False)
    ]
    if same:
        best = max(same, key=lambda row: row.rate)
        yield (
            f"{best.engine}: {best.rate / spun.rate:.2f} times the states a second"
            f" of spin, {best.bytes_per_state / spun.bytes_per_state:.2f} times its"
            " bytes a state"
        )


# The table

HEADS: Final = ("pruned", "states", "CPU s", "k states/s", "bytes a state", "asked")


def _shown(row: Measured) -> str:
    return _laid_out(
        row.engine,
        f"{row.agents}, {row.terms}",
        "yes" if row.prunes else "no",
        f"{row.states:,}{'+' if row.is_bounded else ' '}",
        f"{row.cpu_seconds:.2f}",
        f"{row.rate / 1000:,.0f}",
        f"{row.bytes_per_state:,.0f}",
        "-" if row.calls is None else f"{row.calls:,}",
    )


def _laid_out(engine: str, size: str, *figures: str) -> str:
    cells = (f"{figure:>14}" for figure in figures)
    return f"{engine:<8}{size:<14}{''.join(cells)}"


def _hint(what: str) -> None:
    """Tell a person who watches what is being measured."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{what and f'measuring {what} ...'}")
        sys.stderr.flush()


if __name__ == "__main__":
    main()
