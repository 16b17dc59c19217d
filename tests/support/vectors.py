"""Vectors as tests read them, and a mutant that is asked for them."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from primacy_model.conformance.situations import MADE, Twin, situation
from primacy_model.conformance.vectors import _text


def vectors_of(folder: Path) -> Iterator[dict[str, Any]]:
    """Read every vector of a folder."""
    told = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for name, row in told["files"].items():
        if row["holds"] == "vectors":
            for line in (folder / name).read_text(encoding="utf-8").splitlines():
                yield json.loads(line)


def lines_of(folder: Path) -> Iterator[str]:
    """Name every file of a folder."""
    for file in folder.rglob("*"):
        if file.is_file():
            yield file.relative_to(folder).as_posix()


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


class MutatedCore:
    """A core in which some modules are replaced, asked for vectors."""

    def __init__(self, replaced: Mapping[str, str]) -> None:
        self._twin = Twin(replaced)
        self._dumps = self._twin.module("codec").dumps

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._twin.close()

    def passes(self, vector: dict[str, Any]) -> bool:
        """Tell whether this core answers what a vector expects."""
        if vector["call"] == "config":
            return True
        given = {name: compact(value) for name, value in vector["given"].items()}
        asked = situation(vector["call"], "", MADE, given)
        expected = {name: compact(one) for name, one in vector["expected"].items()}
        try:
            answer, _ = self._twin.asked(asked)
            return expected == {n: _text(v, self._dumps) for n, v in answer.items()}
        except Exception:  # noqa: BLE001 - a mutant may fail in any way
            return False
