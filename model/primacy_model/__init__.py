"""The model checker of primacy: worlds in which the shipped `step` runs, and a judge.

`checker.model` says what a model is, `mesh` is the mesh as a model, `scopes` lists what
is explored, `checker.reference_bfs` explores it. Needs the extra `primacy[model]`.
"""
