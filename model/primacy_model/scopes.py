"""The scopes of all models, by their names.

Each model has scopes that are explored when none is named; some have deeper ones.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Final

from primacy_model.baselines.literal_seed import scopes as literal_scopes
from primacy_model.baselines.plain_raft import scopes as plain_scopes
from primacy_model.checker.model import Scope
from primacy_model.mesh.scopes import DEEP, DEFAULT
from primacy_model.synchrony.scopes import DEEP_LIVING, LIVING
from primacy_model.timed import scopes

Scopes = tuple[Scope[Hashable], ...]


def _any(*groups: Iterable[object]) -> Scopes:
    """Forget of what sort the states of some scopes are."""
    return tuple(scope for group in groups for scope in group)  # type: ignore[misc] # all are scopes


_DEFAULT: Final[Mapping[str, Scopes]] = {
    "mesh": _any(DEFAULT, scopes.scopes()),
    "liveness": _any(LIVING),
    "drift-exceeded": _any(scopes.negative_controls()),
    "literal-seed": _any(literal_scopes()),
    "plain-raft": _any(plain_scopes()),
}
_DEEPER: Final[Mapping[str, Scopes]] = {
    "mesh": _any(DEEP, scopes.deep()),
    "liveness": _any(DEEP_LIVING),
}
MODELS: Final = tuple(_DEFAULT)
"""The models that have scopes."""


def default(model: str) -> Sequence[Scope[Hashable]]:
    """List the scopes of a model that are explored when none is named."""
    return _DEFAULT[model]


def list_all(model: str) -> Sequence[Scope[Hashable]]:
    """List every scope of a model, those that are explored only when named last."""
    return (*default(model), *_DEEPER.get(model, ()))


def by_name() -> Mapping[str, Scope[Hashable]]:
    """List every scope by its name."""
    return {scope.name: scope for model in MODELS for scope in list_all(model)}


def find(name: str) -> Scope[Hashable]:
    """Find a scope by its name. Raise `KeyError` if there is none."""
    return by_name()[name]
