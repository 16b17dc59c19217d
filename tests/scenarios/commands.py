"""The commands of transcripts, each a function of the stage and its words.

Source: docs/scenarios.md.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product

from primacy.codec import PACKETS
from primacy.messages import ChangeKind, Timer
from primacy.types import AgentId
from tests.scenarios.language import (
    BadFormError,
    Chosen,
    NotUnderstood,
    chosen,
    number,
)
from tests.scenarios.setting import disk, elect, mesh
from tests.scenarios.stage import Stage, written

KINDS = tuple(kind.__name__ for kind in PACKETS)


@dataclass(frozen=True, slots=True)
class Form:
    """A command: how it is written, and what obeys it."""

    written: str
    obey: Callable[[Stage, Sequence[str]], list[str]]


def obeyed(stage: Stage, words: Sequence[str]) -> list[str]:
    """Obey a command; tell what happened."""
    form = COMMANDS.get(words[0])
    if form is None:
        known = ", ".join(COMMANDS)
        raise NotUnderstood(f"{words[0]!r} is no command: {known}")
    try:
        return form.obey(stage, words[1:])
    except BadFormError:
        raise NotUnderstood(
            f"{' '.join(words)!r} is not of the form: {form.written}"
        ) from None


# --- steps ----------------------------------------------------------------------------


def elapse(stage: Stage, words: Sequence[str]) -> list[str]:
    """Let an armed timer run out."""
    timers = {timer.value: timer for timer in Timer}
    match words:
        case [name, timer, *rest] if timer in timers:
            how = _how(rest, "elapse")
            return stage.stepped(
                name,
                f"elapses {timer}",
                lambda: stage.cluster.elapse(
                    name, timers[timer], how.now, outputs_done=how.outputs_done
                ),
            )
    raise BadFormError


def _how(words: Sequence[str], what: str) -> Chosen:
    """Read when a request or timer comes, and how it ends."""
    how = chosen(words, (), ())
    if replace(how, now=0, outputs_done=None) != Chosen():
        raise NotUnderstood(f"{what} takes no packet")
    return how


def write(stage: Stage, words: Sequence[str]) -> list[str]:
    """Let a client write."""
    match words:
        case [name, command, *rest]:
            stage.ask(command)
            done = _how(rest, "write").outputs_done
            return stage.stepped(
                name,
                f"is asked to write {command}",
                lambda: stage.cluster.write(name, command, command, outputs_done=done),
            )
    raise BadFormError


def forward(stage: Stage, words: Sequence[str]) -> list[str]:
    """Let a runtime send a write on."""
    match words:
        case [name, command, "to", target, "token", token]:
            term = number(token)
            stage.node(target)
            sent = stage.cluster.forward(name, target, command, command, term).sent
            return [f"{name} sends on {written(flight)}" for flight in sent]
    raise BadFormError


def read(stage: Stage, words: Sequence[str]) -> list[str]:
    """Let a client read by read index."""
    match words:
        case [name, request, *rest]:
            stage.ask(request)
            how = _how(rest, "read")
            return stage.stepped(
                name,
                f"is asked to read, {request}",
                lambda: stage.cluster.read(
                    name, request, how.now, outputs_done=how.outputs_done
                ),
            )
    raise BadFormError


def lease_read(stage: Stage, words: Sequence[str]) -> list[str]:
    """Let a client read under the lease."""
    match words:
        case [name, request, "at", now]:
            stage.ask(request)
            instant = number(now)
            return stage.stepped(
                name,
                f"is asked to read under its lease, {request}",
                lambda: stage.cluster.lease_read(name, request, instant),
            )
    raise BadFormError


def transfer(stage: Stage, words: Sequence[str]) -> list[str]:
    """Let an operator ask for a transfer."""
    match words:
        case [name, "to", target]:
            stage.node(target)
            return stage.stepped(
                name,
                f"is asked to hand over to {target}",
                lambda: stage.cluster.transfer(name, f"to-{target}", target),
            )
    raise BadFormError


# --- members --------------------------------------------------------------------------


def change(stage: Stage, words: Sequence[str]) -> list[str]:
    """Let an operator ask for a change of one agent."""
    kinds = {kind.value: kind for kind in ChangeKind}
    match words:
        case [name, kind, target, *rest] if kind in kinds:
            stage.node(target)
            done = _how(rest, "change").outputs_done
            request = stage.new_request(f"{kind}-{target}")
            return stage.stepped(
                name,
                f"is asked to {kind} {target}",
                lambda: stage.cluster.change(
                    name, request, kinds[kind], target, outputs_done=done
                ),
            )
    raise BadFormError


def replace_electors(stage: Stage, words: Sequence[str]) -> list[str]:
    """Let an operator ask for another electorate."""
    match words:
        case [name, "by", *electors] if electors:
            for each in electors:
                stage.node(each)
            request = stage.new_request("replace")
            return stage.stepped(
                name,
                f"is asked to make the electors {' '.join(electors)}",
                lambda: stage.cluster.replace_electors(name, request, *electors),
            )
    raise BadFormError


def join(stage: Stage, words: Sequence[str]) -> list[str]:
    """Let an agent begin that no configuration names."""
    (name,) = _name(stage, words)
    return stage.stepped(name, "begins", lambda: stage.cluster.join(name))


def lose_disk(stage: Stage, words: Sequence[str]) -> list[str]:
    """Let an agent stop for ever."""
    (name,) = _name(stage, words)
    stage.cluster.lose_disk(name)
    return [f"{name} is lost with its disk"]


def snapshot(stage: Stage, words: Sequence[str]) -> list[str]:
    """Let an agent save what it applied, and drop the entries for that."""
    match words:
        case [name, index, *rest]:
            last = number(index)
            done = _how(rest, "snapshot").outputs_done
            return stage.stepped(
                name,
                f"has a snapshot of {last}",
                lambda: stage.cluster.snapshot(name, last, outputs_done=done),
            )
    raise BadFormError


# --- power, and the resource ----------------------------------------------------------


def crash(stage: Stage, words: Sequence[str]) -> list[str]:
    """Let an agent lose power."""
    (name,) = _name(stage, words)
    return stage.stepped(name, "loses power", lambda: stage.cluster.crash(name))


def restart(stage: Stage, words: Sequence[str]) -> list[str]:
    """Let an agent recover from its disk."""
    (name,) = _name(stage, words)
    return stage.stepped(name, "restarts", lambda: stage.cluster.restart(name))


def pause(stage: Stage, words: Sequence[str]) -> list[str]:
    """Let an agent handle nothing."""
    (name,) = _name(stage, words)
    stage.cluster.pause(name)
    return [f"{name} is paused"]


def resume(stage: Stage, words: Sequence[str]) -> list[str]:
    """Let a paused agent go on."""
    (name,) = _name(stage, words)
    stage.cluster.resume(name)
    return [f"{name} goes on"]


def take_token(stage: Stage, words: Sequence[str]) -> list[str]:
    """Let a leader decide on an effect."""
    (name,) = _name(stage, words)
    stage.cluster.prepare_effect(name)
    return [f"{name} is about to act under token {stage.node(name).effect}"]


def act(stage: Stage, words: Sequence[str]) -> list[str]:
    """Let an agent act on the resource under the token that it took."""
    (name,) = _name(stage, words)
    token = stage.node(name).effect
    verdict = stage.cluster.act(name).verdict
    assert verdict is not None
    return [f"the resource: token {token} of {name} {verdict.value}"]


def _name(stage: Stage, words: Sequence[str]) -> tuple[str]:
    if len(words) != 1:
        raise BadFormError
    stage.node(words[0])
    return (words[0],)


# --- the network ----------------------------------------------------------------------


def deliver(stage: Stage, words: Sequence[str]) -> list[str]:
    """Let packets arrive."""
    if words and words[0] == "all":
        return stage.deliver_all(_chosen(stage, words[1:]))
    choice = _chosen(stage, words)
    return stage.heard(stage.one(choice), choice)


def drop(stage: Stage, words: Sequence[str]) -> list[str]:
    """Lose packets."""
    if words and words[0] == "all":
        lost = stage.meant(_named(stage, words[1:]))
        if not lost:
            raise NotUnderstood("no such packet is on its way")
    else:
        lost = [stage.one(_named(stage, words))]
    for flight in lost:
        stage.cluster.drop(flight.number)
    return [f"lost: {written(flight)}" for flight in lost]


def duplicate(stage: Stage, words: Sequence[str]) -> list[str]:
    """Double a packet."""
    flight = stage.one(_named(stage, words))
    stage.cluster.duplicate(flight.number)
    return [f"doubled: {written(flight)}"]


def _chosen(stage: Stage, words: Sequence[str]) -> Chosen:
    return chosen(words, KINDS, tuple(stage.cluster.names))


def _named(stage: Stage, words: Sequence[str]) -> Chosen:
    """Read which packets are meant, where none arrives."""
    choice = _chosen(stage, words)
    if replace(choice, now=0, is_kept=False, outputs_done=None) != choice:
        raise NotUnderstood("at, keep and crash after are for packets that arrive")
    return choice


def cut(stage: Stage, words: Sequence[str]) -> list[str]:
    """Cut links: both ways between sides, or one way from one to others."""
    return _links(stage, words, stage.cluster.cut, "cut")


def heal(stage: Stage, words: Sequence[str]) -> list[str]:
    """Heal links, all of them if none is named."""
    if words:
        return _links(stage, words, stage.cluster.heal, "healed")
    for sender, target in sorted(stage.cluster.cuts):
        stage.cluster.heal(sender, target)
    return ["healed: all links"]


def _links(
    stage: Stage,
    words: Sequence[str],
    change: Callable[[str, str], object],
    said: str,
) -> list[str]:
    """Change the links between sides, both ways, or one way from one to another."""
    sides: list[list[str]] = [[]]
    for word in words:
        if word in {"|", "->"}:
            sides.append([])
        else:
            stage.node(word)
            sides[-1].append(word)
    is_one_way = "->" in words
    is_mixed = is_one_way and (len(sides) > 2 or "|" in words)
    if len(sides) < 2 or not all(sides) or is_mixed:
        raise BadFormError
    for one, other in combinations(sides, 2):
        for sender, target in product(one, other):
            if sender == target:
                raise NotUnderstood(f"{sender} is on both sides")
            change(sender, target)
            if not is_one_way:
                change(target, sender)
    return [f"{said}: {' '.join(words)}"]


# --- what can be seen -----------------------------------------------------------------


def show(stage: Stage, words: Sequence[str]) -> list[str]:
    """Show agents, the network or the resource."""
    match words:
        case ["all"]:
            shown = list(stage.cluster.names)
        case ["network"]:
            flying = [written(one) for one in stage.cluster.flights.values()]
            cuts = [f"{one} -> {two}" for one, two in sorted(stage.cluster.cuts)]
            return [
                f"cut: {', '.join(cuts) or '-'}",
                *(f"on its way: {one}" for one in flying or ["-"]),
            ]
        case ["resource"]:
            return [f"the resource: highest token {stage.cluster.gate.fence.highest}"]
        case []:
            raise BadFormError
        case _:
            shown = [AgentId(word) for word in words]
    return stage.shown(shown)


PACKET = "[AGENT] [KIND] [from AGENT] [term N] [round N] [first|last]"
COMMANDS: Mapping[str, Form] = {
    "mesh": Form(
        "mesh AGENT... [workers AGENT...] [joiners AGENT...] "
        "[lease N drift N] [batch N]",
        mesh,
    ),
    "disk": Form("disk AGENT: term N, vote AGENT|-, log ENTRY...", disk),
    "elect": Form("elect AGENT", elect),
    "elapse": Form("elapse AGENT election|heartbeat [at N] [crash after N]", elapse),
    "deliver": Form(f"deliver [all] {PACKET} [at N] [keep] [crash after N]", deliver),
    "drop": Form(f"drop [all] {PACKET}", drop),
    "duplicate": Form(f"duplicate {PACKET}", duplicate),
    "cut": Form("cut AGENT... | AGENT... or cut AGENT... -> AGENT...", cut),
    "heal": Form("heal [AGENT... | AGENT... or AGENT... -> AGENT...]", heal),
    "crash": Form("crash AGENT", crash),
    "restart": Form("restart AGENT", restart),
    "write": Form("write AGENT COMMAND [crash after N]", write),
    "forward": Form("forward AGENT COMMAND to AGENT token N", forward),
    "read": Form("read AGENT REQUEST [at N] [crash after N]", read),
    "lease-read": Form("lease-read AGENT REQUEST at N", lease_read),
    "transfer": Form("transfer AGENT to AGENT", transfer),
    "join": Form("join AGENT", join),
    "change": Form(
        "change AGENT admit|promote|demote|dismiss AGENT [crash after N]", change
    ),
    "replace": Form("replace AGENT by AGENT...", replace_electors),
    "snapshot": Form("snapshot AGENT INDEX [crash after N]", snapshot),
    "lose-disk": Form("lose-disk AGENT", lose_disk),
    "pause": Form("pause AGENT", pause),
    "resume": Form("resume AGENT", resume),
    "take-token": Form("take-token AGENT", take_token),
    "act": Form("act AGENT", act),
    "show": Form("show all|network|resource|AGENT...", show),
}
"""Every command, in the order in which docs/scenarios.md explains them."""
