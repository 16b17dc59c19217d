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


class ClauseOutcome:
    """Counts the tests that are run, and notes the first that fails."""

    def __init__(self) -> None:
        self.failed, self.count = "", 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what failed."""
        self.count += report.when == "call"
        if report.failed and not self.failed:
            self.failed = report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a module that a mutated core makes fail."""
        if report.failed and not self.failed:
            self.failed = report.nodeid


def main(clause: str) -> None:
    """Run the tests of a clause, and print which failed."""
    begun, outcome = time.process_time(), ClauseOutcome()
    os.environ["CI"] = "1"  # no chance
    with contextlib.redirect_stdout(sys.stderr):
        pytest.main(["--clause", clause, *OPTIONS], plugins=[outcome])
    result = {
        "core": primacy.__file__,
        "property": outcome.failed or None,
        "tests": outcome.count,
        "is_whole": outcome.count > 0,
        "why": "" if outcome.count else "no test cites the clause",
        "seconds": round(time.process_time() - begun, 1),
    }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
