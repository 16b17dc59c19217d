"""All mutants, loaded from the files of the catalogue."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from primacy_model.mutation.catalog.table import CatalogError, CatalogTable
from primacy_model.mutation.mutant import Edit, Harm, Mutant

FOLDER: Final = Path(__file__).parent
HARMS: Final = tuple(harm.value for harm in Harm)


class UnknownMutantError(LookupError):
    """No mutant has that id."""


@cache
def load_mutants(folder: Path = FOLDER) -> tuple[Mutant, ...]:
    """Load every mutant, file by file in the order of their names."""
    mutants: dict[str, Mutant] = {}
    for file in sorted(folder.glob("*.toml")):
        for mutant in _read_file(file):
            if mutant.id in mutants:
                other = mutants[mutant.id].module
                raise CatalogError(
                    f"{file.name}: the id {mutant.id!r} is taken in {other}.toml."
                )
            mutants[mutant.id] = mutant
    return tuple(mutants.values())


def find_mutant(name: str) -> Mutant:
    """Find a mutant by its id."""
    known = {mutant.id: mutant for mutant in load_mutants()}
    if name not in known:
        near = difflib.get_close_matches(name, known)
        meant = f"; did you mean {' or '.join(near)}?" if near else "."
        raise UnknownMutantError(f"no mutant is named {name!r}{meant}")
    return known[name]


def _read_file(file: Path) -> Iterator[Mutant]:
    try:
        content = CatalogTable(
            tomllib.loads(file.read_text(encoding="utf-8")), file.name
        )
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogError(f"{file.name} is not TOML: {error}.") from None
    content.require_keys(("mutant",))
    for table in content.tables("mutant"):
        name = table.text("id")
        where = f"{file.name}, {name}" if name else table.where
        yield _read(CatalogTable(table.values, where), file)


def _read(table: CatalogTable, file: Path) -> Mutant:
    table.require_keys(
        ("id", "harm", "source", "clause", "fault", "edit"),
        ("survives", "check", "prove"),
    )
    return Mutant(
        id=table.text("id"),
        harm=Harm(table.choice("harm", HARMS)),
        source=table.text("source"),
        clause=table.text("clause"),
        fault=table.text("fault"),
        module=file.stem,
        edits=_read_edits(table),
        survives=table.text("survives"),
        check=table.tables("check"),
        prove=table.table("prove") if "prove" in table else None,
    )


def _read_edits(table: CatalogTable) -> tuple[Edit, ...]:
    edits = []
    for each in table.tables("edit"):
        each.require_keys(("before", "after"), ("times",))
        edit = Edit(each.text("before"), each.text("after"), each.number("times", 1))
        if not edit.before:
            raise each.error("before", "must not be empty")
        edits.append(edit)
    if not edits:
        raise table.error("edit", "must not be empty")
    return tuple(edits)
