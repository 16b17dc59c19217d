"""Structured logs: one event a record, with its fields beside the words.

Contract: what strangers can cause is logged at a limited rate, and how often it was
left out stands in the next line. Records are those of `logging`, under the logger
"primacy_runtime"; the fields stand in `record.fields`. `JsonLines` writes both.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Final

from primacy import AgentSet, Observation

LOGGER: Final = logging.getLogger("primacy_runtime")
EVERY_S: Final = 5.0
"""How often the same kind of line may appear."""
MOST_KINDS: Final = 256


class EventLogger:
    """Tells what happens to one agent."""

    def __init__(self, mesh: str, agent: str) -> None:
        self._who = {"mesh": mesh, "agent": agent}
        self._last: dict[tuple[str, str], float] = {}
        self._left_out: dict[tuple[str, str], int] = {}

    def tell(self, event: str, level: int = logging.INFO, **fields: object) -> None:
        """Write one line."""
        self._write(event, level, fields)

    def _write(self, event: str, level: int, fields: Mapping[str, object]) -> None:
        if not LOGGER.isEnabledFor(level):
            return
        told = {**self._who, **fields}
        words = " ".join(f"{name}={_on_one_line(told[name])}" for name in told)
        LOGGER.log(level, "%s %s", event, words, extra={"event": event, "fields": told})

    def tell_observation(self, seen: Observation) -> None:
        """Log a transition, under the name and with the fields of its class."""
        name = re.sub("(?<=[a-z])(?=[A-Z])", " ", type(seen).__name__).lower()
        fields = {part: _plain(getattr(seen, part)) for part in seen.__slots__}
        self._write(name, logging.INFO, fields)

    def warn_rarely(self, event: str, about: str, **fields: object) -> None:
        """Write a warning, unless one of its kind was written a moment ago."""
        kind, now = (event, about), time.monotonic()
        if now - self._last.get(kind, -EVERY_S) < EVERY_S:
            self._left_out[kind] = self._left_out.get(kind, 0) + 1
            return
        if len(self._last) >= MOST_KINDS:
            self._last.clear()
            self._left_out.clear()
        self._last[kind] = now
        left_out = self._left_out.pop(kind, 0)
        more = {"left_out": left_out} if left_out else {}
        self._write(event, logging.WARNING, {"about": about, **fields, **more})


def _on_one_line(value: object) -> str:
    """Show a value so that nobody's words can pass for a line of this log."""
    text = str(value)
    return text if text.isprintable() else ascii(text)


def _plain(value: object) -> object:
    """Show a value of core as a reader of logs expects it."""
    if isinstance(value, AgentSet):
        return list(value.members)
    if is_dataclass(value):  # a roll
        return {part.name: _plain(getattr(value, part.name)) for part in fields(value)}
    return value.value if isinstance(value, Enum) else value


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record."""
        line: dict[str, object] = {
            "time": round(record.created, 3),
            "level": record.levelname.lower(),
            "event": getattr(record, "event", record.getMessage()),
        }
        fields = getattr(record, "fields", None)
        if isinstance(fields, dict):
            line.update(fields)
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)
