"""The words of the protocol for what a counterexample shows.

Fields of agents and packets, what history remembers, values, decisions, the variables
of laws: nothing has a name that only the proofs use.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from itertools import groupby
from typing import Any, Final

from primacy.agents import AgentMap, AgentSet
from primacy.log import Entry, EntryKind, Log, Segment
from primacy.pending_reads import FollowerReads, LeaderReads
from primacy.types import NO_TERM
from primacy_proofs.laws.law import Law
from primacy_proofs.smt.solver import dissect
from primacy_proofs.symbolic.paths import Decision
from primacy_proofs.system.world import (
    ACCEPTING,
    ADMITTING,
    APPLYING,
    LEASING,
    RESTORING,
    SERVING,
    STARTING,
    WORKED,
)

FIELDS: Final = {
    "roll.electors": "electors",
    "roll.outgoing": "outgoing electors",
    "roll.workers": "workers",
    "roll.index": "index that set them",
    "roll.term": "term that set them",
    "wait": "timer waits for",
    "leader": "follows",
    "granted": "votes counted",
    "lowest_claim": "lowest claimant",
    "last_heartbeat": "last heartbeat (own clock)",
    "alive": "taken to be alive",
    "is_cut_off": "cut off",
    "parked": "parked reads",
    "match": "match index",
    "next": "next index",
    "installing": "snapshot sent up to",
    "log.start": "log begins behind",
    "seen": "rounds seen",
    "round": "heartbeat round",
    "lease_start": "lease round begun (own clock)",
    "lease_until": "lease until (own clock)",
    "lease_given": "lease given by its roll",
    "reads": "reads waiting",
    "due": "timer elapses not before",
    "life": "times begun anew",
}
"""Fields of agents whose name alone does not say enough; the last two are history's."""
SAID: Final = {
    "now": "its clock shows {0}",
    "roll.electors": "electors {0}",
    "roll.outgoing": "outgoing electors {0}",
    "roll.workers": "workers {0}",
    "prefix": "its snapshot stands for {0}",
    "granted": "granted: {0}",
    "accepted": "accepted: {0}",
    "transfer": "transfer: {0}",
}
"""Fields of messages, likewise."""
HISTORY_WORDS: Final = {
    "vote_cast": "{0} voted for {2} in term {1}",
    "led": "{1} led term {0}",
    "attached": "{1} attached token {0} to an effect",
    "admitted": "the resource admitted token {0} of {1}",
    ADMITTING: "the resource admits token {0} of {1}",
    "fence": "the resource's highest token: {value}",
    "leader_of": "the leader of term {0}: {value}",
    "led.log": "the log of the leader of term {0}: {value}",
    "campaign_log": "the log with which {1} stood in term {0}: {value}",
    "held": "{0}, in term {1}, held the entry of term {1} at index {2}",
    "blocked": "no entry of term {0} at index {1} can be committed any more",
    "ground": "the leader of term {0} set the roll at index {1} when it had committed "
    "up to index {value}",
    "chosen": "the leader of term {0} committed up to index {1}, by counting",
    "final": "a leader of term {0} or before committed up to index {1} or more",
    "final.term": "index {1}, for term {0}: committed by the leader of term {value}",
    "final.index": "index {1}, for term {0}: committed together with index {value}",
    "known": "committed by any leader so far: up to index {value}",
    "known.term": "committed at index {0}: an entry of term {value}",
    "known.body": "committed at index {0}: {value}",
    "known.by": "committed at index {0} by the leader of term {value}",
    "known.at": "committed at index {0} together with index {value}",
    ACCEPTING: "a write is reported as accepted at index {0} in term {1}",
    APPLYING: "given out to be applied at index {0}: {2} of term {1}",
    RESTORING: "put in place by a snapshot at index {0}: {2} of term {1}",
    STARTING: "the disk gets a log that begins behind index {0} of term {1}, "
    "electorate {2}, workers {3}, set at index {4} in term {5}",
    "time": "now is instant {value} of true time",
    "due": "the election timer of {0} elapses not before instant {value}",
    "life": "{0} has begun anew {value} times",
    "begun": "the leader of term {0} began heartbeat round {1}",
    "begun.at": "round {1} of term {0} began at instant {value} of true time",
    "late": "round {1} of term {0} began when a later leader was elected already",
    "acked": "{0} acknowledged round {value} of term {1}",
    "successor_term": "the first leader above term {0} is that of term {value}",
    "successor_at": "the first leader above term {0} was elected at instant {value}",
    "elects": "the first leader above term {0} had the vote of {1}",
    "leased": "the lease of the leader of term {0} counts from round {value}",
    "asked": "a client asked for read {0}",
    "asked.at": "read {0} was asked for at instant {value} of true time",
    "floor": "when read {0} was asked for, index {value} was committed",
    "floor.by": "when read {0} was asked for, the leader of term {value} had done so",
    "floor.at": "when read {0} was asked for, it had committed up to index {value}",
    SERVING: "read {0} is served at index {1}, confirmed by a round",
    LEASING: "read {0} is served at index {1}, under a lease",
    WORKED: "the message comes from a worker",
}
"""What history remembers."""
LOG_LEGEND: Final = (
    "a log is written from index 1, each entry as term:command; "
    "one that sets a roll as term:{electors}/{outgoing electors}+{workers}"
)
VARIABLES: Final = {
    ("Int", "t"): "term",
    ("Int", "u"): "term",
    ("Int", "r"): "round",
    ("Int", "s"): "round",
    ("Int", ""): "index",
    ("Agent", "v"): "voter",
    ("Agent", "c"): "candidate",
    ("Agent", ""): "agent",
    ("AgentSet", ""): "agents",
    ("Electorate", ""): "electorate",
    ("Text", ""): "read",
    ("Body", ""): "command",
}
"""What the variables of laws are, by sort and letter."""
UNNAMED: Final = {
    "come from leaders": "an entry stands in the log of the leader of its term",
    "agree with leaders": "up to an entry, a log is as the leader of its term had it",
    "terms never fall": "an entry has no lower term than one before it",
    "comes from a leader": "the sender of the packet led its term",
}
"""What laws say that are declared for several kinds of logs or packets."""


def law_said(law: Law) -> str:
    """Say what a law says, in a sentence."""
    for name, sentence in UNNAMED.items():
        if name in law.name and law.body.__doc__ is None:
            return sentence
    found = (inspect.getdoc(law.body) or "").partition("\n")[0]
    found = found.removeprefix("Say that ").rstrip(".")
    return found[:1].lower() + found[1:] if found[1:2].islower() else found


def variable_words(law: Law) -> Iterator[str]:
    """Say what each variable of a law is."""
    sorts = [str(sort.name()) for sort in law.sorts]
    parameters = inspect.signature(law.body).parameters
    letters = list(parameters)[len(parameters) - len(sorts) :]
    if len(letters) != len(sorts) or not all(len(each) == 1 for each in letters):
        places = iter("ij")
        letters = [next(places) if sort == "Int" else "n" for sort in sorts[1:]]
        letters.insert(0, "t" if sorts[0] == "Int" else "n")
    for letter, sort in zip(letters, sorts, strict=True):
        known = VARIABLES.get((sort, letter)) or VARIABLES.get((sort, ""), sort)
        yield f"{known} {letter} = "


def field_words(name: str) -> str:
    """Write the name of an agent's field for people."""
    on_disk = "disk: " if name.startswith("disk.") else ""
    plain = name.removeprefix("disk.")
    return on_disk + FIELDS.get(plain, plain.replace("_", " "))


def field_said(name: str, value: Any) -> str:  # noqa: ANN401 - of any sort
    """Say what a field of a message holds."""
    form = SAID.get(name, f"{name.replace('_', ' ')} {{0}}")
    return form.format(render_value(value))


def describe_history(name: str, arguments: Sequence[Any], value: Any) -> str:  # noqa: ANN401 - of any sort
    """Say what history remembers."""
    return HISTORY_WORDS[name].format(
        *map(render_value, arguments), value=render_value(value)
    )


# --- values ---------------------------------------------------------------------------


def render_value(value: Any) -> str:  # noqa: ANN401 - of any sort
    """Write a value for people."""
    match value:
        case bool():
            return "yes" if value else "no"
        case "":
            return "nobody"
        case Enum():
            return str(value.value)
        case AgentSet():
            return "{" + " ".join(value.members) + "}"
        case AgentMap():
            pairs = zip(value.agents.members, value.values, strict=True)
            return " ".join(f"{agent}:{number}" for agent, number in pairs) or "-"
        case Log() | Segment():
            return " ".join(map(_entry, value.entries)) or "-"
        case LeaderReads():
            parts = (f"{r.request} of {r.requester}" for r in value.reads)
            places = (f"index {r.index}, round {r.round}" for r in value.reads)
            return "; ".join(map("{}: {}".format, parts, places)) or "-"
        case FollowerReads():
            listed = (f"{each.request}: index {each.index}" for each in value.reads)
            return "; ".join(listed) or "-"
        case (AgentSet() as electors, AgentSet() as outgoing):
            sets = (electors,) if outgoing == electors else (electors, outgoing)
            return "/".join(map(render_value, sets))
        case (EntryKind(), str(), str(), *_):
            return _entry(Entry(NO_TERM, *value)).partition(":")[2]
        case _:
            return str(value)


def _entry(entry: Entry) -> str:
    if entry.kind is EntryKind.NOOP:
        return f"{entry.term}:noop"
    if entry.kind is EntryKind.ROLL:
        voting = render_value((entry.electors, entry.outgoing))
        workers = f"+{render_value(entry.workers)}" if entry.workers.size else ""
        return f"{entry.term}:{voting}{workers}"
    named = dict.fromkeys((entry.command or "-", entry.request or "-"))
    return f"{entry.term}:{'/'.join(named)}"


# --- decisions ------------------------------------------------------------------------


def render_decisions(decisions: Iterable[Decision]) -> Iterator[tuple[str, str]]:
    """Tell a path: where, and what is asked, with the answer.

    What a line of core asks is not always what it says: of `if not f():` it asks `f()`,
    of records that it compares it asks part after part, and what follows from earlier
    questions it does not ask. That an index lies within a log is no question of the
    protocol; it is left out.
    """
    for (function, line), of_line in groupby(decisions, lambda d: (d.function, d.line)):
        module, _, name = function.partition(".")
        for question, answer in _asked(list(of_line)):
            yield f"{module}.py:{line}", f"{name}: {question} -> {answer}"


def _asked(decisions: list[Decision]) -> Iterator[tuple[str, str]]:
    answers = [render_value(decision.holds) for decision in decisions]
    source = decisions[0].source
    parts = _parts(source)
    if not parts:
        if answers[-1] == "no":
            yield source, answers[-1]
    elif len(parts) == 1:
        yield _of_part(parts[0], decisions[-1])
    elif len(answers) == len(parts):
        yield from map(_of_part, parts, decisions)
    else:
        yield f"{source} in part", ", ".join(answers)


def _of_part(part: str, decision: Decision) -> tuple[str, str]:
    is_plain = dissect(decision.condition).symbol == "not"
    question = part if is_plain else part.replace(" != ", " == ")
    return question, render_value(decision.holds)


def _parts(source: str) -> list[str]:
    """Take a line of core apart: the questions that it asks, if it asks any."""
    text, is_branch = source.removesuffix(":"), False
    for word in ("if ", "elif ", "while "):
        is_branch = is_branch or text.startswith(word)
        text = text.removeprefix(word)
    try:
        (stated,) = ast.parse(text).body
    except (SyntaxError, ValueError):
        return []
    asked = getattr(stated, "value", None)
    for each in ast.walk(stated):
        match each:
            case ast.Call(ast.Name("min" | "max" as name), [one, other]):
                sign = "<" if name == "min" else ">"
                return [f"{ast.unparse(other)} {sign} {ast.unparse(one)}"]
    if isinstance(asked, ast.BoolOp):
        # the last part of a value is not asked here
        some = asked.values if is_branch else asked.values[:-1]
    elif is_branch or isinstance(asked, ast.Compare):
        some = [asked] if isinstance(asked, ast.expr) else []
    else:
        return []
    return [ast.unparse(_denied(each)) for each in some]


def _denied(asked: ast.expr) -> ast.expr:
    is_not = isinstance(asked, ast.UnaryOp) and isinstance(asked.op, ast.Not)
    return asked.operand if is_not else asked  # type: ignore[attr-defined]  # as above
