"""A search that stopped, in a folder: how it is left there, and who may go on with it.

Each scope has a folder of its own. A header names the folder with the rows and the
numbered values, and is put in its place last of all: until then what was saved before
still stands.

Contract: what is read back is what was saved, for the same world, by the same engine,
the same reductions, the same core and model. All else is refused in one sentence, and
before anything is unpickled.

Unpickling runs what the file says. Resume only what you saved yourself.
"""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import json
import os
import pickle
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import quote

from primacy_model.checker.actors import Actors
from primacy_model.checker.limits import Saving
from primacy_model.engines import assumption_check
from primacy_model.engines.transition_tables import Tables
from primacy_model.version import core_version

FORMAT: Final = 1
HEADER: Final = "header.json"
TABLES: Final = "tables.pickle"
FRESH: Final = "rows-"
"""How the names of folders with rows begin."""
ASKED_AGAIN: Final = 1_000
"""How many questions are asked again before a search goes on."""


class RefusedError(Exception):
    """Something that cannot be resumed; the message is one sentence."""


class Storable(Protocol):
    """What an engine keeps of a world."""

    @property
    def size(self) -> int:
        """Count the rows."""

    def save(self, folder: Path) -> None:
        """Write the rows, and tell the tables all values that rows speak of."""

    def load(self, folder: Path, moves: int) -> None:
        """Take over rows, and the number of moves that were made."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Who saves: only the same may go on."""

    format: int
    scope: str
    bounds: Mapping[str, int | str]
    engine: str
    reductions: Mapping[str, bool]
    python: str
    primacy: str
    source: str
    """A digest of core and model, and of the file that makes the world."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Where a search stopped."""

    levels: tuple[int, ...]
    """How many states are in each level, to the one that was being expanded."""
    begin: int
    """The first row that is to be expanded, or expanded again."""
    moves: int
    """How many moves were made before it."""
    reached: Mapping[str, tuple[int, int]]
    """The first row in which a claim holds, by claim, and its depth."""
    seconds: float
    """Of CPU time, so far."""
    orbits: tuple[tuple[int, int], ...] = ()
    """The columns and numbers that symmetries met, in this order."""


def origin(
    actors: Actors[Any, Any, Any, Any],
    engine: str,
    reductions: Mapping[str, bool],
) -> Origin:
    """Tell who saves."""
    return Origin(
        FORMAT,
        actors.name,
        dict(actors.bounds),
        engine,
        dict(reductions),
        f"{sys.version_info.major}.{sys.version_info.minor}, {sys.byteorder} endian",
        core_version(),
        _source(type(actors)),
    )


@cache
def _source(world: type) -> str:
    """Digest the text of core and model, and of the file that makes the world."""
    told = hashlib.sha256()
    for file in _texts(world):
        told.update(file.name.encode())
        told.update(file.read_bytes())
    return told.hexdigest()[:16]


def _texts(world: type) -> Iterator[Path]:
    for name in ("primacy", "primacy_model"):
        found = importlib.util.find_spec(name)
        for folder in (found and found.submodule_search_locations) or ():
            yield from sorted(Path(folder).rglob("*.py"))
    try:
        file = inspect.getsourcefile(world)
    except TypeError:  # it was made where no file is
        return
    if file is not None and Path(file).is_file():
        yield Path(file)


def place(folder: Path, scope: str) -> Path:
    """Name the folder of one scope."""
    return folder / quote(scope, safe="")


def holds(folder: Path, scope: str) -> bool:
    """Tell whether something was saved of a scope."""
    return place(folder, scope).exists()


# --- saving ---------------------------------------------------------------------------


def write(
    folder: Path, origin: Origin, stop: Stop, tables: Tables, store: Storable
) -> Path:
    """Save a search, in place of what was saved of the scope before; tell where."""
    here = place(folder, origin.scope)
    here.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=FRESH, dir=here))
    try:
        store.save(fresh)
        with (fresh / TABLES).open("wb") as file:
            pickle.dump(tables.remembered(), file, pickle.HIGHEST_PROTOCOL)
        files = sorted(fresh.iterdir())
        header = {
            **asdict(origin),
            "stop": asdict(stop),
            "rows": fresh.name,
            "states": store.size,
            "files": {file.name: _digest(file) for file in files},
        }
        written = fresh / HEADER
        written.write_text(json.dumps(header, indent=1) + "\n", encoding="utf-8")
        for each in (*files, written):
            _sync(each)
        written.replace(here / HEADER)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    for other in here.glob(f"{FRESH}*"):
        if other.name != fresh.name:  # since 3.12 `mkdtemp` gives an absolute path
            shutil.rmtree(other, ignore_errors=True)
    return here


def try_write(
    folder: Path, origin: Origin, stop: Stop, tables: Tables, store: Storable
) -> Saving:
    """Save a search; where that fails, tell why: what was found is not lost for it."""
    try:
        return Saving(write(folder, origin, stop, tables, store))
    except OSError as error:
        return Saving(place(folder, origin.scope), error.strerror or str(error))
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        why = f"its values cannot be pickled: {error}"
        return Saving(place(folder, origin.scope), why)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()


def _sync(path: Path) -> None:
    """Have a file on the disk."""
    with path.open("r+b") as file:  # Windows takes no file that is only read
        os.fsync(file.fileno())


# --- going on -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Saved:
    """A search that may be resumed."""

    folder: Path
    """With its rows and values."""
    stop: Stop

    def recall(self, tables: Tables) -> None:
        """Give all values their numbers again; ask the model some things again."""
        first = tables.first
        try:
            with (self.folder / TABLES).open("rb") as file:
                tables.recall(pickle.load(file))  # noqa: S301 - one's own; it is said
            if tables.row(tables.actors.initial()) != first:
                raise _refused(self.folder.parent, "the world now begins otherwise")
            assumption_check.check(tables, prunes=False, most=ASKED_AGAIN)
        except assumption_check.PromiseBrokenError as error:
            raise _refused(
                self.folder.parent, f"the model now answers otherwise: {error}"
            ) from None
        except _UNREADABLE as error:
            raise _refused(self.folder.parent, f"it cannot be read: {error}") from None

    def load(self, store: Storable) -> None:
        """Give an engine its rows."""
        try:
            store.load(self.folder, self.stop.moves)
        except _UNREADABLE as error:
            raise _refused(self.folder.parent, f"it cannot be read: {error}") from None


_UNREADABLE: Final = (
    AttributeError,
    EOFError,
    ImportError,
    IndexError,
    KeyError,
    OSError,
    TypeError,
    ValueError,
    pickle.UnpicklingError,
)
"""What may go wrong where a class has another shape, or a file is gone."""


def open_checkpoint(folder: Path, origin: Origin, most: int) -> Saved:
    """Find what was saved of a scope; refuse what is not whole, or not for us.

    `most` is the bound on states of the search that is to go on.
    """
    if not folder.is_dir():
        raise RefusedError(no_folder(folder))
    here = place(folder, origin.scope)
    if not here.exists():
        raise RefusedError(f"{folder} holds nothing of {origin.scope}.")
    header = _header(here)
    _require_same(here, header, origin)
    try:
        rows, states, files = header["rows"], header["states"], header["files"]
        stop = header["stop"]
        reached = {name: (row, depth) for name, (row, depth) in stop["reached"].items()}
        where = Stop(
            tuple(stop["levels"]),
            stop["begin"],
            stop["moves"],
            reached,
            stop["seconds"],
            tuple((column, number) for column, number in stop["orbits"]),
        )
        expected = {here / rows / name: told for name, told in files.items()}
    except (AttributeError, KeyError, TypeError, ValueError):
        raise _refused(here, f"its {HEADER} is not one that primacy writes") from None
    if most < states:
        raise _refused(
            here, f"it has {states:,} states, and the bound is {most:,}, which is less"
        )
    for file, told in expected.items():
        if not file.is_file() or _digest(file) != told:
            raise _refused(here, f"{file.name} is missing or not as it was saved")
    return Saved(here / rows, where)


def no_folder(folder: Path) -> str:
    """Say that there is no such folder."""
    return f"{folder} is no folder: nothing can be resumed from it."


def _header(here: Path) -> dict[str, Any]:
    try:
        header = json.loads((here / HEADER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        header = None
    if not isinstance(header, dict):
        raise _refused(here, f"it has no {HEADER} that primacy wrote")
    return header


def _require_same(here: Path, header: Mapping[str, object], origin: Origin) -> None:
    """Refuse what others saved, in the order of what matters."""
    for each in fields(origin):
        got, allowed = header.get(each.name), getattr(origin, each.name)
        if got != allowed:
            what = "source of core and model" if each.name == "source" else each.name
            raise _refused(here, f"its {what} is {got!r}, and allowed is {allowed!r}")


def _refused(here: Path, why: str) -> RefusedError:
    return RefusedError(f"{here} cannot be resumed: {why}.")
