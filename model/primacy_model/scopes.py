"""The registry of scopes, by model and by name.

Each model has scopes that are explored when none is named; some have deeper ones.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from primacy_model.baselines.literal_seed import scopes as literal_scopes
from primacy_model.baselines.plain_raft import scopes as plain_scopes
from primacy_model.checker.model import Scope
from primacy_model.mesh.scopes import DEEP, DEFAULT
from primacy_model.synchrony.scopes import DEEP_LIVING, LIVING
from primacy_model.timed import scopes

Scopes = tuple[Scope[Hashable], ...]


@dataclass(frozen=True)
class Registry:
    """Models, each with its scopes."""

    default: Mapping[str, Scopes]
    """The scopes of each model that are explored when none is named."""
    deeper: Mapping[str, Scopes] = field(default_factory=dict)
    """Those that are explored only when named, or all together."""

    def of_model(self, model: str) -> Scopes:
        """List every scope of a model, the deeper ones last."""
        return (*self.default[model], *self.deeper.get(model, ()))

    def list_all(self) -> Iterator[tuple[str, Scope[Hashable]]]:
        """List every scope, with the name of its model."""
        for model in self.default:
            for scope in self.of_model(model):
                yield model, scope

    def find(self, name: str) -> Scope[Hashable]:
        """Find a scope by its name. Raise `KeyError` if there is none."""
        return {scope.name: scope for _, scope in self.list_all()}[name]


def collect(*groups: Iterable[object]) -> Scopes:
    """Collect scopes, whatever the states of each are."""
    return tuple(scope for group in groups for scope in group)  # type: ignore[misc] # all are scopes


SCOPES: Final = Registry(
    default={
        "mesh": collect(DEFAULT, scopes.scopes()),
        "liveness": collect(LIVING),
        "drift-exceeded": collect(scopes.negative_controls()),
        "literal-seed": collect(literal_scopes()),
        "plain-raft": collect(plain_scopes()),
    },
    deeper={
        "mesh": collect(DEEP, scopes.deep()),
        "liveness": collect(DEEP_LIVING),
    },
)
"""The scopes of the protocol, and of what it is compared with."""
