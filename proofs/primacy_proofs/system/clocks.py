"""Clocks: true time, the clock of each agent, and what a timer or an instant tells.

True time is a real number that only grows; nobody reads it. An agent reads its own
clock, which begins anew with each life of the agent. `PROMISE` is the least true time
that the minimum election timeout takes on any clock within the drift bound. All that
the laws of leases need of clocks is `clock_facts`; `drift` derives it from the bound.

Trusted: this file. It says what a clock is, and what a runtime owes about instants and
timers: runtime.timer-not-early, timer-replaced, lease-instant, round-instant,
clock-bound, same-promise and request-ids of docs/specification.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from primacy.messages import Elapsed, LeaseRead, Read, Timer
from primacy_proofs.smt import symbols as on
from primacy_proofs.smt.solver import (
    INT,
    REAL,
    TRUE,
    Expr,
    all_of,
    constant,
    equal,
    forall,
    function,
    implies,
    negation,
)
from primacy_proofs.system.world import FUNCTIONS, ME

PROMISE: Final = constant("promise", REAL)
"""The least true time in which a minimum election timeout can pass."""
MINIMUM: Final = constant("election_timeout_ms", INT)

clock: Final = function("clock", on.AGENT, INT, REAL, INT)
"""What the clock of an agent shows in one of its lives, at an instant of true time."""
lease_of: Final = function("lease_ms", on.AGENT, INT)


def clock_facts() -> tuple[Expr, ...]:
    """State that a lease is over when the shortest promise may be."""
    who, life = constant("a", on.AGENT), constant("l", INT)
    begun, now = constant("x", REAL), constant("y", REAL)
    then, shown = clock(who, life, begun), clock(who, life, now)
    is_over = implies(now >= begun + PROMISE, shown >= then + lease_of(who))
    return (forall([who, life, begun, now], is_over, [[then, shown]]),)


def drift() -> Iterator[tuple[str, list[Expr], Expr]]:
    """Derive `clock_facts` from the bound that `Config` checks: hypotheses, goal.

    All quantities are reals: `per` is a million, `off` the drift bound, `promise` the
    election timeout on a clock that is `off` fast, `lease` no longer than the longest.
    """
    names = ("per", "off", "timeout", "promise", "lease", "passed", "shown")
    per, off, timeout, promise, lease, passed, shown = (
        constant(f"drift {name}", REAL) for name in names
    )
    bound = [per > 0, off >= 0, off < per, timeout >= 0, lease >= 0]
    fast = equal(promise * (per + off), timeout * per)
    longest = lease * (per + off) <= timeout * (per - off)
    slow = shown * per >= passed * (per - off)
    yield (
        "a lease is over when the shortest promise may be",
        [*bound, fast, longest, slow, passed >= promise],
        shown >= lease,
    )
    measured = constant("drift measured", REAL)
    quick = measured * per <= passed * (per + off)
    yield (
        "a promise that was measured has lasted",
        [*bound, fast, quick, measured >= timeout],
        passed >= promise,
    )


def is_past(instant: Expr) -> Expr:
    """Tell whether an instant of the agent's clock is not in the future."""
    return instant <= clock(ME, FUNCTIONS["life"](ME), FUNCTIONS["time"]())


def local_facts(name: str, values: Mapping[str, Expr]) -> Expr:
    """State what a runtime owes about a local message."""
    time = FUNCTIONS["time"]()
    if name == Elapsed.__name__:
        is_election = equal(values["timer"], on.TIMERS[Timer.ELECTION])
        ripe = implies(is_election, time >= FUNCTIONS["due"](ME))
        return all_of(ripe, is_past(values["now"]))
    if name == Read.__name__:
        was_asked = FUNCTIONS["asked"](values["request"])
        return all_of(was_asked, is_past(values["now"]))
    if name == LeaseRead.__name__:
        request, taken = values["request"], constant("taken", REAL)
        shown = clock(ME, FUNCTIONS["life"](ME), taken)
        return all_of(
            FUNCTIONS["asked"](request),
            FUNCTIONS["asked.at"](request) <= taken,
            taken <= time,
            values["now"] >= shown,
        )
    return TRUE


def later() -> Expr:
    """Name an instant of true time that is not before the present one."""
    return constant("later", REAL)


def is_later() -> Expr:
    """State that it is not."""
    return negation(later() < FUNCTIONS["time"]())
