"""How a transcript begins: a mesh, the disks of its agents, a leader.

Source: docs/scenarios.md.
"""

import re
import warnings
from collections.abc import Sequence
from dataclasses import replace

from primacy.agents import NO_AGENTS
from primacy.config import Config, EvenElectorateWarning, agents
from primacy.log import Entry, EntryKind, Log
from primacy.messages import Timer
from primacy.role import Role, Wait
from primacy.state import Durable
from primacy.types import AgentId, Command, Term
from primacy_model.mesh.agent import Node
from tests.scenarios import rendering
from tests.scenarios.language import BadFormError, Chosen, NotUnderstood, number
from tests.scenarios.stage import Stage, StagedCluster

LENGTHS = {
    "heartbeat": "heartbeat_interval_ms",
    "election": "election_timeout_ms",
    "leader": "leader_timeout_ms",
    "lease": "lease_ms",
    "drift": "clock_drift_ppm",
    "batch": "batch",
}
"""What a mesh may be given, and the name of the field."""
USUAL = {"heartbeat": 10, "election": 100, "leader": 150}


def mesh(stage: Stage, words: Sequence[str]) -> list[str]:
    """Start a mesh of agents with empty disks."""
    names: dict[str, list[str]] = {"electors": [], "workers": [], "joiners": []}
    lengths, part, rest = dict(USUAL), "electors", list(words)
    while rest:
        word = rest.pop(0)
        if word in names:
            part = word
        elif word in LENGTHS:
            if not rest:
                raise BadFormError
            lengths[word] = number(rest.pop(0))
        else:
            names[part].append(word)
    if not names["electors"]:
        raise BadFormError
    given = {LENGTHS[name]: length for name, length in lengths.items()}
    electors, workers = agents(*names["electors"]), agents(*names["workers"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EvenElectorateWarning)
        everyone = [*electors.members, *workers.members, *sorted(names["joiners"])]
        configs = [
            Config("mesh", name, electors, workers, **given) for name in everyone
        ]
    stage.begin(StagedCluster(configs))
    parts = [f"electors {rendering.told_names(electors)}"]
    if workers.size:
        parts.append(f"workers {rendering.told_names(workers)}")
    if names["joiners"]:
        parts.append(f"not begun {' '.join(sorted(names['joiners']))}")
    return [f"a mesh with empty disks: {', '.join(parts)}"]


def disk(stage: Stage, words: Sequence[str]) -> list[str]:
    """Let an agent begin from a disk: it lost power before the story begins."""
    told = re.fullmatch(r"(\S+): term (\d+), vote (\S+), log(.*)", " ".join(words))
    if told is None:
        raise BadFormError
    name, term, vote, log = told.groups()
    node = _untouched(stage, name)
    entries = [_entry(word) for word in log.split() if word != "none"]
    voted_for = AgentId("" if vote == "-" else vote)
    if voted_for:
        stage.node(voted_for)
    disk = Durable(Term(int(term)), voted_for, Log.of(entries))
    if disk.log.last_term > disk.term:
        raise NotUnderstood(f"the log of {name} ends above its term {term}")
    stage.cluster.crash(name)
    stage.cluster.nodes[AgentId(name)] = replace(
        node, state=None, armed=frozenset(), disk=disk
    )
    return stage.stepped(name, "restarts", lambda: stage.cluster.restart(name))


def _untouched(stage: Stage, name: str) -> Node:
    node = stage.node(name)
    if name in stage.touched:
        raise NotUnderstood(f"{name} has acted: a disk is given before that")
    return node


def _entry(word: str) -> Entry:
    """Read an entry of a log: `3`, `3:x`, for a no-op `3:-`, for a roll `3:[a,b;c]`."""
    term, _, what = word.partition(":")
    if not number(term):
        raise NotUnderstood("terms of entries begin at 1, got 0")
    if roll := re.fullmatch(r"\[([^<;]+)(?:<([^;]+))?(?:;(.+))?\]", what):
        electors, outgoing, workers = (
            agents(*part.split(",")) if part else NO_AGENTS for part in roll.groups()
        )
        old = outgoing if outgoing.size else electors
        return Entry(
            Term(number(term)),
            EntryKind.ROLL,
            electors=electors,
            outgoing=old,
            workers=workers,
        )
    kind = EntryKind.NOOP if what == "-" else EntryKind.COMMAND
    return Entry(Term(number(term)), kind, Command("" if what == "-" else what))


def elect(stage: Stage, words: Sequence[str]) -> list[str]:
    """Let an agent be elected by all that it reaches, and show what comes of it."""
    if len(words) != 1:
        raise BadFormError
    (name,) = words
    everything = Chosen()
    for _ in Wait:
        state = stage.cluster.state(name)
        if state is not None and state.role == Role.LEADER:
            break
        stage.cluster.elapse(name, Timer.ELECTION)
        stage.deliver_all(everything)
    else:
        raise NotUnderstood(f"{name} is not elected by letting its timer elapse")
    for _ in range(2):  # the second round tells what the first has committed
        stage.cluster.elapse(name, Timer.HEARTBEAT)
        stage.deliver_all(everything)
    return stage.shown(stage.cluster.names)
