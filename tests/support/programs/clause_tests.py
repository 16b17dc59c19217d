"""The tests of core that cite a clause, under whatever core is imported.

`python -m tests.support.programs.clause_tests CLAUSE` runs those marked with it until
one fails, and prints one line of JSON: `core` is the file of the core, `property` the
test that failed, or null, `tests` how many were run. A clause that no test cites is
tested by none.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from typing import Final

import pytest

import primacy

OPTIONS: Final = ("-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "tests/core")


class Citing:
    """Keeps the tests that cite a clause, and notes the first that fails."""

    def __init__(self, clause: str) -> None:
        self.clause, self.failed, self.count = clause, "", 0

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out what cites other clauses."""
        items[:] = [
            item
            for item in items
            if any(self.clause in mark.args for mark in item.iter_markers("clause"))
        ]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what failed."""
        self.count += report.when == "call"
        if report.failed and not self.failed:
            self.failed = report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a module that a bent core does not let in."""
        if report.failed and not self.failed:
            self.failed = report.nodeid


def main(clause: str) -> None:
    """Run the tests of a clause, and tell which failed."""
    begun, citing = time.process_time(), Citing(clause)
    os.environ["CI"] = "1"  # no chance
    with contextlib.redirect_stdout(sys.stderr):
        pytest.main([*OPTIONS], plugins=[citing])
    told = {
        "core": primacy.__file__,
        "property": citing.failed or None,
        "tests": citing.count,
        "is_whole": citing.count > 0,
        "why": "" if citing.count else "no test cites the clause",
        "seconds": round(time.process_time() - begun, 1),
    }
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
