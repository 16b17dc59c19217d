"""What all tests share: profiles of hypothesis, options, fewer collections.

No profile has a deadline or minds slow draws: a machine may be busy. The one of CI
leaves nothing to chance. `pytest --busy 4` runs four busy loops beside the tests,
`pytest --clause vote.log` only the tests that cite a clause of the specification.

States hold no cycles. To look for some after every 700 new objects takes a fifth of the
time of a test that keeps many states.
"""

import difflib
import fnmatch
import gc
import os
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, settings

from tests.support.traceability import SPECIFICATION, clauses

LOOP = "import os; parent = os.getppid()\nwhile os.getppid() == parent: pass"

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("local", patient)
settings.register_profile("ci", patient, derandomize=True, print_blob=True)
settings.register_profile(
    "quick", patient, derandomize=True, max_examples=300, stateful_step_count=50
)
settings.register_profile(
    "deep", patient, max_examples=1_000, stateful_step_count=100, print_blob=True
)
usual = "ci" if os.environ.get("CI") else "local"
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or usual)

gc.set_threshold(50_000, 20, 100)


def pytest_addoption(parser: pytest.Parser) -> None:
    what = "run that many busy loops beside the tests; none may need an idle machine"
    parser.addoption("--busy", type=int, default=0, metavar="LOOPS", help=what)
    what = "run only the tests that cite this clause of the specification, or vote.*"
    parser.addoption("--clause", metavar="NAME", help=what)


def pytest_configure(config: pytest.Config) -> None:
    name, known = config.getoption("--clause"), clauses(SPECIFICATION)
    if name is not None and not fnmatch.filter(known, name):
        near = difflib.get_close_matches(name, known)
        meant = f"; did you mean {' or '.join(near)}?" if near else "."
        raise pytest.UsageError(f"no clause is named {name!r}{meant}")
    if "PYTEST_XDIST_WORKER" not in os.environ:
        for _ in range(config.getoption("--busy")):
            loop = subprocess.Popen([sys.executable, "-c", LOOP])
            config.add_cleanup(loop.kill)


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    name = config.getoption("--clause")
    if name is None:
        return
    kept = [
        item
        for item in items
        if any(fnmatch.filter(mark.args, name) for mark in item.iter_markers("clause"))
    ]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept
