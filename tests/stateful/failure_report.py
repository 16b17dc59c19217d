"""The report of a run in which a claim breaks, or the core raises.

Contract: the transcript and the reproduction are those of the run that hypothesis
shows, the shrunk one, and they are written for no other.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ClassVar, Concatenate, ParamSpec, TypeVar

from hypothesis import note
from hypothesis.stateful import RuleBasedStateMachine

from primacy_model.simulation.cluster import Cluster, NotPossible
from primacy_model.simulation.record import reproduction, transcript
from tests.stateful.driver import Driver


class Failure:
    """The report of a failed run; written only if it is read."""

    def __init__(self, cluster: Cluster | None, error: Exception) -> None:
        self.cluster, self.error = cluster, error

    @property
    def steps(self) -> int:
        """Count the calls of the cluster."""
        return 0 if self.cluster is None else len(self.cluster.calls)

    def __repr__(self) -> str:
        if self.cluster is None:
            return "an agent fails as it starts"
        told = transcript(self.cluster, self.error)
        return f"{told}\n{reproduction(self.cluster, self.error)}"


class ReportingMachine(RuleBasedStateMachine):
    """A machine that drives a cluster, and remembers the last failure of its class."""

    failure: ClassVar[Failure | None] = None
    """After a search the shrunk one."""

    driver: Driver


Machine = TypeVar("Machine", bound=ReportingMachine)
Given = ParamSpec("Given")


def report_failure(
    rule: Callable[Concatenate[Machine, Given], None],
) -> Callable[Concatenate[Machine, Given], None]:
    """Tell the transcript and the reproduction of a run in which a rule fails."""

    @wraps(rule)
    def done(self: Machine, /, *args: Given.args, **kwargs: Given.kwargs) -> None:
        try:
            rule(self, *args, **kwargs)
        except NotPossible:
            raise  # a mistake of the machine
        except Exception as error:
            driver = getattr(self, "driver", None)
            failure = Failure(None if driver is None else driver.cluster, error)
            type(self).failure = failure
            note(failure)
            raise

    return done
