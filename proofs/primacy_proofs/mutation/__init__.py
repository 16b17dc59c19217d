"""Mutation testing of the proofs: each theorem refuses a core with a fault.

`mutants` reads what is expected, `runner` proves about a changed copy of core, and
`detector` does so for the kill matrix of `primacy_model.mutation`.
"""
