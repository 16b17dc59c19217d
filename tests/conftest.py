"""Profiles of hypothesis, a load beside the tests if one is wanted, fewer collections.

No profile has a deadline or minds slow draws: a machine may be busy. The one of CI
leaves nothing to chance. `pytest --busy 4` runs four busy loops beside the tests.

States hold no cycles. To look for some after every 700 new objects takes a fifth of the
time of a test that keeps many states.
"""

import gc
import os
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, settings

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
    told = "run that many busy loops beside the tests; none may need an idle machine"
    parser.addoption("--busy", type=int, default=0, metavar="LOOPS", help=told)


def pytest_configure(config: pytest.Config) -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        for _ in range(config.getoption("--busy")):
            loop = subprocess.Popen([sys.executable, "-c", LOOP])
            config.add_cleanup(loop.kill)
