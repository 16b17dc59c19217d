"""Bends of core: one guard removed or changed, and who notices.

`mutant` says what a bend is, `catalog` holds all of them. `catalog.kills` says where
the checker meets each and what breaks there, `detectors` who else looks, `kill_matrix`
what it comes to; `cli.mutants` is the command `primacy mutants`. Which law of a theorem
a bend breaks is written in `primacy_proofs.mutation.mutants`.
"""
