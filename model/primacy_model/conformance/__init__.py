"""Conformance of other runtimes: vectors that they pass, traces that they log.

`vectors` writes what the shipped core answers in situations that reach every path of
it; `traces` says whether a log of another runtime is one that the core allows. The
formats are described in docs/conformance.md. `recorder` imports nothing but `primacy`.
"""
