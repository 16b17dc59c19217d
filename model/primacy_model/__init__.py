"""The model checker of primacy: worlds in which the shipped `step` runs, and a judge.

`primacy_model.model` says what a model is, `mesh` and `world` are the mesh as a model,
`scopes` lists what is explored, `oracle` explores it. Needs the extra `primacy[model]`.
"""
