"""Profiles of hypothesis: no deadline anywhere, no chance in CI. And fewer collections.

States hold no cycles. To look for some after every 700 new objects takes a fifth of the
time of a test that keeps many states.
"""

import gc
import os

from hypothesis import settings

settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.register_profile(
    "quick", deadline=None, derandomize=True, max_examples=300, stateful_step_count=50
)
settings.register_profile(
    "deep", deadline=None, max_examples=1_000, stateful_step_count=100, print_blob=True
)
usual = "ci" if os.environ.get("CI") else "local"
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or usual)

gc.set_threshold(50_000, 20, 100)
