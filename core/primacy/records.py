"""How a handler changes a record: a changed copy, as `dataclasses.replace` makes it.

The library's function reads and writes every field through Python code, which was half
of the time of a step. This one copies the dictionary of a record without slots, so it
serves `State` and `Leadership` alone. Type checkers see the library's function and
check the names and types of the changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

__all__ = ["replace"]

Record = TypeVar("Record")

if TYPE_CHECKING:
    from dataclasses import replace
else:

    def replace(record: Record, /, **changes: object) -> Record:
        """Copy a frozen record that has no slots, with some fields changed."""
        changed = object.__new__(record.__class__)
        fields = changed.__dict__
        fields.update(record.__dict__)
        fields.update(changes)
        return changed
