"""The vocabulary of the proofs: sorts for core's types, symbols for its containers.

A symbol alone means nothing; `axioms` says what each promises. Two containers are
one value of their sort exactly if core's `==` says that they are equal.
"""

from __future__ import annotations

from typing import Final

from primacy.messages import Timer
from primacy.role import Role, Wait
from primacy_proofs.smt.solver import BOOL, INT, constant, enumeration, function, sort

AGENT: Final = sort("Agent")
SET: Final = sort("AgentSet")
MAP: Final = sort("AgentMap")
LOG: Final = sort("Log")
SEGMENT: Final = sort("Segment")
BODY: Final = sort("Body")
"""What an entry holds beside its term: kind, command and request."""
TEXT: Final = sort("Text")
"""Mesh keys, request ids and commands: only compared."""
ASKED: Final = sort("AskedReads")
PARKED: Final = sort("ParkedReads")

ROLE, _roles = enumeration("Role", [role.name for role in Role])
WAIT, _waits = enumeration("Wait", [wait.name for wait in Wait])
TIMER, _timers = enumeration("Timer", [timer.name for timer in Timer])
ROLES: Final = dict(zip(Role, _roles, strict=True))
WAITS: Final = dict(zip(Wait, _waits, strict=True))
TIMERS: Final = dict(zip(Timer, _timers, strict=True))

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
common = function("common", SET, SET, SET)
united = function("united", SET, SET, SET)
less = function("less", SET, SET, SET)
shared = function("shared", SET, SET, SET, AGENT)

agents_of = function("agents_of", MAP, SET)
get = function("get", MAP, AGENT, INT)
zero = function("zero", SET, MAP)
put = function("put", MAP, AGENT, INT, MAP)
put_all = function("put_all", MAP, SET, INT, MAP)
at_least = function("at_least", MAP, INT, SET)
suggestion = function("suggestion", MAP, SET, INT)

last = function("last", LOG, INT)
term_at = function("term_at", LOG, INT, INT)
body_at = function("body_at", LOG, INT, BODY)
append = function("append", LOG, INT, BODY, LOG)
spliced = function("spliced", LOG, INT, SEGMENT, LOG)
segment = function("segment", LOG, INT, INT, SEGMENT)
holds = function("holds", LOG, INT, SEGMENT, BOOL)
differs = function("differs", LOG, INT, SEGMENT, INT)
probe = function("probe", LOG, INT, INT, INT)

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
