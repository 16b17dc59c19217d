"""Strict reading of a table of a catalogue file.

Contract: a key that is unknown, missing or of another type raises `CatalogError` with
one sentence that names the file, the mutant and the key.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


class CatalogError(ValueError):
    """A catalogue file does not say what it should."""


@dataclass(frozen=True, slots=True)
class CatalogTable:
    """A table, and where it stands."""

    values: Mapping[str, object]
    where: str
    """For errors: the file, the mutant and the name of the table."""

    def __contains__(self, key: object) -> bool:
        """Tell whether a key is given."""
        return key in self.values

    def require_keys(
        self, required: tuple[str, ...], optional: tuple[str, ...] = ()
    ) -> None:
        """Refuse a table that lacks a key, or has one that nothing reads."""
        known = (*required, *optional)
        for key in self.values:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                meant = f"; did you mean {near[0]!r}?" if near else "."
                raise CatalogError(f"{self.where}: unknown key {key!r}{meant}")
        for key in required:
            if key not in self.values:
                raise CatalogError(f"{self.where}: the key {key!r} is missing.")

    def text(self, key: str, default: str = "") -> str:
        """Read a string."""
        value = self.values.get(key, default)
        if not isinstance(value, str):
            raise self.error(key, "must be a string")
        return value

    def number(self, key: str, default: int = 0) -> int:
        """Read a number that is not negative."""
        value = self.values.get(key, default)
        if type(value) is not int or value < 0:
            raise self.error(key, "must be a whole number, 0 or more")
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """Read true or false."""
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            raise self.error(key, "must be true or false")
        return value

    def texts(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Read a list of strings."""
        value = self.values.get(key, default)
        texts = value if isinstance(value, list | tuple) else (value,)
        found = tuple(text for text in texts if isinstance(text, str))
        if not isinstance(value, list | tuple) or len(found) != len(texts):
            raise self.error(key, "must be a list of strings")
        return found

    def choice(self, key: str, choices: Sequence[str]) -> str:
        """Read one of some strings."""
        value = self.text(key)
        if value not in choices:
            raise self.error(key, f"must be one of {', '.join(choices)}")
        return value

    def table(self, key: str) -> CatalogTable:
        """Read a table below this one; it is empty if there is none."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise self.error(key, "must be a table")
        return CatalogTable(value, f"{self.where}, {key}")

    def tables(self, key: str) -> tuple[CatalogTable, ...]:
        """Read an array of tables below this one."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
            raise self.error(key, "must be an array of tables")
        return tuple(
            CatalogTable(each, f"{self.where}, {key} {number}")
            for number, each in enumerate(value, 1)
        )

    def error(self, key: str, what: str) -> CatalogError:
        """Make the error of a key."""
        return CatalogError(f"{self.where}: {key!r} {what}.")
