"""The version of the core that is installed, as files that are written name it."""

from __future__ import annotations

from importlib import metadata


def core_version() -> str:
    """Give the version of the distribution `primacy`."""
    try:
        return metadata.version("primacy")
    except metadata.PackageNotFoundError:
        return "not installed"
