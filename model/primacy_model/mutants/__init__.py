"""Bends of core: one guard removed or changed, for the checker and for the proofs.

`bend` says what a bend is, `catalogue` holds all of them. Which property of a world one
breaks is written in `tests/mutants.py`, which law of a theorem in
`primacy_proofs.mutants`.
"""
