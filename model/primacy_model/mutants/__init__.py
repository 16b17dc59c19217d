"""Bends of core: one guard removed or changed, and who notices.

`bend` says what a bend is, `catalogue` holds all of them. `kills` says where the
checker meets each and what breaks there, `finders` who else looks, `matrix` what it
comes to; `mutating` is the command `primacy mutants`. Which law of a theorem a bend
breaks is written in `primacy_proofs.mutants`.
"""
