"""Steps of a mesh: what one path of a case makes of the world.

The disk is explicit. Only a `Persist` or a `Restore` writes it and only a restart reads
it, through the shipped `recover`. A crash between two such writes of a step is a step
of its own: the disk has the first ones, nothing was sent, and the agent begins again. A
crash before the first is a restart. One after the last is the whole step, of which some
packets are lost, and then a restart. A `Discard` is carried out at any later moment, or
never: see `round_history`.

Trusted: this file. It says what an output does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Final, get_args

from primacy import messages as wire
from primacy import outputs as effects
from primacy import recovery
from primacy.state import Durable, State
from primacy_proofs.smt import symbols as on
from primacy_proofs.smt.solver import (
    INT,
    Expr,
    all_of,
    any_of,
    choose,
    constant,
    differ,
    equal,
    exists,
    is_same,
    negation,
    simplify,
    truth,
)
from primacy_proofs.symbolic.containers import (
    Answered,
    Served,
    expr_of_log,
    expr_of_segment,
    expr_of_set,
)
from primacy_proofs.symbolic.paths import MeaninglessError, Path, paths
from primacy_proofs.symbolic.records import columns, lift_record, lower
from primacy_proofs.symbolic.values import expr_of_agent, expr_of_bool, expr_of_int
from primacy_proofs.system.history import ghost_changes
from primacy_proofs.system.lifting import INSTALL, RESTART, UNBOUND, Case, config
from primacy_proofs.system.log_history import Disk
from primacy_proofs.system.round_history import round_changes
from primacy_proofs.system.world import (
    DISK_COLUMNS,
    FUNCTIONS,
    INSTALLING,
    ME,
    PREFIX,
    STATE_COLUMNS,
    WORKED,
    Change,
    World,
    field,
    is_me,
)

SILENT: Final = (effects.Arm, effects.Disarm)
"""Outputs that do not leave the agent."""
SENT: Final = {effects.Send, effects.Broadcast}
OF_OTHER_ROLLS: Final = tuple(
    kind.__name__
    for kind in (
        wire.PreVoteRequest,
        wire.VoteRequest,
        wire.Heartbeat,
        wire.Append,
        wire.Install,
        wire.TransferNow,
    )
)
"""Packets of candidates and of leaders: of agents on a roll that may be a later one."""
STAYING: Final = tuple({*get_args(effects.Output), Served} - SENT)
"""Outputs that put no packet on the network."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One change of the world: when it may happen, and what is after it."""

    case: str
    number: int
    condition: Expr
    after: World
    path: Path[tuple[State, effects.Outputs]]
    outputs: effects.Outputs
    is_crash: bool = False
    merged: int = 1

    @property
    def name(self) -> str:
        """Name the step."""
        crash = ", crash" if self.is_crash else ""
        return f"{self.case} path {self.number}{crash}"


def steps(case: Case) -> Iterator[Transition]:
    """List the steps of a case, paths that do the same taken together."""
    groups: dict[tuple[str, ...], list[Transition]] = {}
    for number, path in enumerate(case.paths, start=1):
        if path.error is not None or path.result is None:
            continue
        for step in _of_path(case, number, path):
            groups.setdefault(_outcome(step), []).append(step)
    for group in groups.values():
        first = group[0]
        condition = any_of(*(step.condition for step in group))
        yield Transition(
            first.case,
            first.number,
            all_of(case.given, condition),
            first.after,
            first.path,
            first.outputs,
            first.is_crash,
            len(group),
        )


def _of_path(
    case: Case, number: int, path: Path[tuple[State, effects.Outputs]]
) -> Iterator[Transition]:
    if path.result is None:
        return
    after, outputs = path.result
    disks = tuple(_disks(outputs))
    changes = _state_changes(lower(after))
    changes |= _disk_changes(disks) | _sent_changes(outputs, after)
    changes |= ghost_changes(after, disks, outputs)
    changes |= round_changes(case.name, after, disks, outputs)
    changes |= _heard(case)
    yield Transition(case.name, number, path.condition, World(changes), path, outputs)
    for written in range(1, len(disks)):
        yield from _crashes(case, number, path, disks[:written])


def _heard(case: Case) -> dict[str, Change]:
    """Note whether the packet is of an agent off the roll; a client's is nobody's.

    An agent may hear a candidate or a leader of a later electorate than its own roll
    tells: that its packet is no worker's is said by laws about those.
    """
    if case.packet is None or case.name in (*UNBOUND, *OF_OTHER_ROLLS):
        return {}
    sender = field(case.name, "sender", case.packet)
    sets = (FUNCTIONS[f"roll.{part}"](ME) for part in ("electors", "outgoing"))
    is_voter = any_of(*(on.member(sender, each) for each in sets))
    return {WORKED: lambda _: negation(is_voter)}


def _crashes(
    case: Case,
    number: int,
    path: Path[tuple[State, effects.Outputs]],
    disks: tuple[Disk, ...],
) -> Iterator[Transition]:
    """Crash after some of the `Persist`s, and begin again from the disk."""
    disk: Durable = lift_record(Durable, disks[-1])
    for again in paths(lambda: recovery.recover(config(), disk)):
        if again.result is None:
            raise MeaninglessError("a restart fails")
        recovered, begun = again.result
        changes = _state_changes(lower(recovered)) | _disk_changes(disks)
        changes |= ghost_changes(recovered, disks, ())
        changes |= round_changes(RESTART, recovered, disks, begun)
        condition = all_of(path.condition, again.condition)
        yield Transition(case.name, number, condition, World(changes), path, (), True)


def _outcome(step: Transition) -> tuple[str, ...]:
    """Tell steps apart by what they do to the world."""
    made = [
        f"{name}={step.after(name, *_sample(name)).sexpr()}"
        for name in sorted(step.after.changes)
    ]
    kinds = [type(output).__name__ for output in step.outputs]
    return (*made, *kinds, str(step.is_crash))


def _sample(name: str) -> tuple[Expr, ...]:
    declared = FUNCTIONS[name]
    return tuple(
        constant(f"x{place}", declared.domain(place))
        for place in range(declared.arity())
    )


# --- the agent and its disk -----------------------------------------------------------


def _at_me(value: Expr) -> Change:
    return lambda before, agent: choose(is_me(agent), value, before)


def _state_changes(values: tuple[Expr, ...]) -> dict[str, Change]:
    return {
        column.name: _at_me(value)
        for column, value in zip(STATE_COLUMNS, values, strict=True)
        if not is_same(value, FUNCTIONS[column.name](ME))
    }


def _disks(outputs: effects.Outputs) -> Iterator[Disk]:
    """List what is on the disk after each `Persist` and each `Restore`."""
    log, begin = (FUNCTIONS[f"disk.{part}"](ME) for part in ("log", "log.start"))
    for output in outputs:
        match output:
            case effects.Persist():
                after = expr_of_int(output.after)
                log = on.spliced(log, after, expr_of_segment(output.entries))
            case effects.Restore():
                begin = expr_of_int(output.index)
                rest = expr_of_bool(output.keeps_rest)
                log = simplify(choose(rest, log, _prefix(begin)))
            case _:
                continue
        vote = expr_of_agent(output.voted_for)
        yield expr_of_int(output.term), vote, log, begin


def _prefix(index: Expr) -> Expr:
    """Give what the snapshot that arrives stands for, up to an index."""
    whole = field(*PREFIX, INSTALLING)
    if is_same(index, field(INSTALL, "index", INSTALLING)):
        return whole
    return on.spliced(whole, index, on.EMPTY_SEGMENT_)


def _disk_changes(disks: tuple[Disk, ...]) -> dict[str, Change]:
    if not disks:
        return {}
    names = [f"disk.{column.name}" for column in DISK_COLUMNS]
    return {name: _at_me(value) for name, value in zip(names, disks[-1], strict=True)}


# --- what is sent ---------------------------------------------------------------------


def _sent_changes(outputs: effects.Outputs, after: State) -> dict[str, Change]:
    tests: dict[str, list[Change]] = {}
    for output in outputs:
        match output:
            case effects.Send():
                to = expr_of_agent(output.target)
                kind, test = _sending(output.packet, to, None)
                if isinstance(output.packet, wire.Install):
                    test = _with_prefix(test, output.packet, after)
            case effects.Broadcast():
                among = expr_of_set(output.targets)
                kind, test = _sending(output.packet, None, among)
            case Answered():
                kind, test = _answering(output)
            case _ if isinstance(output, STAYING):
                continue
            case _:
                raise MeaninglessError(f"{type(output).__name__} is no output")
        tests.setdefault(kind, []).append(test)
    return {f"sent.{kind}": _also(group) for kind, group in tests.items()}


def _also(tests: list[Change]) -> Change:
    return lambda before, packet: any_of(before, *(test(packet) for test in tests))


def _sending(
    packet: wire.Packet, to: Expr | None, among: Expr | None
) -> tuple[str, Change]:
    kind = type(packet).__name__
    values = lower(packet)

    def is_sent(sent: Expr) -> Expr:
        target = field(kind, "target", sent)
        reaches = [equal(target, to)] if to is not None else []
        reaches += [on.member(target, among)] if among is not None else []
        written = [
            equal(field(kind, column.name, sent), value)
            for column, value in zip(columns(type(packet)), values, strict=True)
        ]
        return all_of(*reaches, *written)

    return kind, is_sent


def _with_prefix(test: Change, install: wire.Install, after: State) -> Change:
    """Hide in a packet what its snapshot stands for: the beginning of a log."""
    index, log = expr_of_int(install.index), expr_of_log(after.durable.log)
    prefix = on.spliced(log, index, on.EMPTY_SEGMENT_)
    return lambda sent: all_of(test(sent), equal(field(*PREFIX, sent), prefix))


def _answering(output: Answered) -> tuple[str, Change]:
    """Send one reply for each read of another agent."""
    kind = wire.ReadIndexReply.__name__
    begun = constant("begun", INT)

    def is_sent(sent: Expr) -> Expr:
        of = {name: field(kind, name, sent) for name in _names(wire.ReadIndexReply)}
        to = field(kind, "target", sent)
        read = on.asked(output.reads, to, of["request"], of["index"], begun)
        return all_of(
            differ(to, output.me),
            equal(of["mesh"], output.mesh),
            equal(of["sender"], output.me),
            equal(of["term"], output.term),
            equal(of["granted"], truth(output.granted)),
            exists([begun], read, [[read]]),
        )

    return kind, is_sent


def _names(record: type) -> Iterable[str]:
    return (each.name for each in fields(record))
