"""Mutation testing of core: mutants with one fault each, and what detects it.

`catalog` holds the mutants as data, `mutant` says what one is. `expectation` says where
the checker kills each, `detectors` which programs look for the fault, `kill_matrix`
which of them find it; `runner` runs them for the command `primacy mutants`.
"""
