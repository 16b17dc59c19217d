"""The vocabulary of the proofs: sorts for core's types, symbols for its containers.

A symbol alone means nothing; `axioms` says what each promises. Two containers are
one value of their sort exactly if core's `==` says that they are equal.
"""

from __future__ import annotations

from typing import Final

from primacy.messages import ChangeKind, Timer
from primacy.role import Role, Wait
from primacy_proofs.smt.solver import BOOL, INT, constant, enumeration, function, sort

AGENT: Final = sort("Agent")
SET: Final = sort("AgentSet")
MAP: Final = sort("AgentMap")
LOG: Final = sort("Log")
SEGMENT: Final = sort("Segment")
BODY: Final = sort("Body")
"""What an entry holds beside its term: kind, command, request, and a roll's sets."""
ELECTORATE: Final = sort("Electorate")
"""The electors of a roll and the outgoing ones: what its quorums are counted in."""
TEXT: Final = sort("Text")
"""Mesh keys, request ids and commands: only compared."""
ASKED: Final = sort("LeaderReads")
PARKED: Final = sort("FollowerReads")

ROLE, _roles = enumeration("Role", [role.name for role in Role])
WAIT, _waits = enumeration("Wait", [wait.name for wait in Wait])
TIMER, _timers = enumeration("Timer", [timer.name for timer in Timer])
CHANGE, _changes = enumeration("ChangeKind", [change.name for change in ChangeKind])
ROLES: Final = dict(zip(Role, _roles, strict=True))
WAITS: Final = dict(zip(Wait, _waits, strict=True))
TIMERS: Final = dict(zip(Timer, _timers, strict=True))
CHANGES: Final = dict(zip(ChangeKind, _changes, strict=True))

NOBODY_: Final = constant("nobody", AGENT)
EMPTY_TEXT: Final = constant("no_text", TEXT)
EMPTY_SET: Final = constant("no_agents", SET)
EMPTY_MAP: Final = constant("no_numbers", MAP)
EMPTY_LOG_: Final = constant("empty_log", LOG)
EMPTY_SEGMENT_: Final = constant("empty_segment", SEGMENT)
NOOP_BODY: Final = constant("noop", BODY)
NO_ASKED: Final = constant("no_asked_reads", ASKED)
NO_PARKED: Final = constant("no_parked_reads", PARKED)

precedes = function("precedes", AGENT, AGENT, BOOL)
command_body = function("command", TEXT, TEXT, BODY)

member = function("member", AGENT, SET, BOOL)
size = function("size", SET, INT)
with_ = function("with", SET, AGENT, SET)
without = function("without", SET, AGENT, SET)
intersection = function("intersection", SET, SET, SET)
union = function("union", SET, SET, SET)
difference = function("difference", SET, SET, SET)
first = function("first", SET, AGENT)

electorate = function("electorate", SET, SET, ELECTORATE)
electors_of = function("electors_of", ELECTORATE, SET)
outgoing_of = function("outgoing_of", ELECTORATE, SET)
is_quorum = function("is_quorum", ELECTORATE, SET, BOOL)
near = function("near", ELECTORATE, ELECTORATE, BOOL)
"""They share a component, or both are settled and differ by one elector."""
shared = function("shared", ELECTORATE, SET, ELECTORATE, SET, AGENT)
"""A member of a quorum of one electorate and of a quorum of another, if they meet."""

get = function("get", MAP, AGENT, INT)
put = function("put", MAP, AGENT, INT, MAP)
put_all = function("put_all", MAP, SET, INT, MAP)
within = function("within", MAP, SET, MAP)
at_least = function("at_least", MAP, INT, SET)
suggestion = function("suggestion", MAP, ELECTORATE, INT)

last = function("last", LOG, INT)
term_at = function("term_at", LOG, INT, INT)
body_at = function("body_at", LOG, INT, BODY)
append = function("append", LOG, INT, BODY, LOG)
spliced = function("spliced", LOG, INT, SEGMENT, LOG)
segment = function("segment", LOG, INT, INT, SEGMENT)
holds = function("holds", LOG, INT, SEGMENT, BOOL)
differs = function("differs", LOG, INT, SEGMENT, INT)
probe = function("probe", LOG, INT, INT, INT, INT)
"""Of a log and its start, an index and a term."""

roll_body = function("roll", ELECTORATE, SET, TEXT, TEXT, BODY)
sets_roll = function("sets_roll", BODY, BOOL)
body_electorate = function("body_electorate", BODY, ELECTORATE)
body_workers = function("body_workers", BODY, SET)
roll_index = function("roll_index", LOG, INT, INT)
"""Where the roll was set that is in force at an index of a log, 0 for the first."""
electorate_at = function("electorate_at", LOG, INT, ELECTORATE)
workers_at = function("workers_at", LOG, INT, SET)
is_alike = function("is_alike", LOG, LOG, INT, BOOL)
"""Two logs have the same entries up to an index."""
unlike = function("unlike", LOG, LOG, INT, INT)
"""An index at which two logs differ, if they do up to one."""
FIRST_ELECTORS: Final = constant("electors", SET)
FIRST_WORKERS: Final = constant("workers", SET)
FIRST_ELECTORATE: Final = electorate(FIRST_ELECTORS, FIRST_ELECTORS)

length = function("length", SEGMENT, INT)
segment_term = function("segment_term", SEGMENT, INT, INT)
segment_body = function("segment_body", SEGMENT, INT, BODY)
single = function("single", INT, BODY, SEGMENT)
is_ordered = function("is_ordered", SEGMENT, INT, INT, BOOL)

asked_has = function("asked_has", ASKED, AGENT, TEXT, BOOL)
asked = function("asked", ASKED, AGENT, TEXT, INT, INT, BOOL)
asked_with = function("asked_with", ASKED, AGENT, TEXT, INT, INT, ASKED)
confirmed = function("confirmed", ASKED, INT, ASKED)
unconfirmed = function("unconfirmed", ASKED, INT, ASKED)

parks = function("parks", PARKED, TEXT, INT, BOOL)
parked_with = function("parked_with", PARKED, TEXT, INT, PARKED)
later = function("later", PARKED, INT, PARKED)
