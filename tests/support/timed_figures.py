"""The figures of the timed scopes."""

from __future__ import annotations

PINNED = {
    "lease-exclusive": (316_137, 60),
    "lease-clocks": (1_552_145, 57),
    "lease-read": (43_946, 84),
    "lease-quarantine": (174_272, 68),
    "lease-transfer": (158_560, 62),
    "lease-pair": (180_907, 67),
    "change-lease": (265_771, 102),
}
"""For each scope: states, depth."""
