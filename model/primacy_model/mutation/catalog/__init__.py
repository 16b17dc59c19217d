"""The catalogue of mutants: one TOML file for each module of core.

`<module>.toml` holds the mutants that edit `core/primacy/<module>.py`, in the order of
what they edit. Everything about a mutant stands in its entry; to add one, add an entry:

    [[mutant]]
    id = "vote-repeated-to-any"
    harm = "safety"                 # or "liveness"
    source = "protocol, S4"
    clause = "vote.repeated"        # of docs/specification.md
    fault = "how the clause is broken"
    survives = "..."                # only if too few detectors kill it: why

    [[mutant.edit]]                 # one or more
    before = '''text of the module'''
    after = '''its replacement'''
    times = 1                       # how often `before` occurs; 1 if left out

    [[mutant.check]]                # a kill expected of `check`; `primacy mutants`
    breaks = "S4"                   # explores the first, without one a search plan
    depth = 9                       # no shortest counterexample is longer
    scope = "regular-election"      # or `timed`, `liveness` or an `arena`
    retest = false                  # no test repeats it; true if left out

    [mutant.check.arena]            # instead of `scope`: fields of a shape
    terms = 2
    budgets = { crashes = 1 }
    script = ["a write, lose", "b-takes-over"]
    forgets = false                 # nothing obsolete is forgotten; true if left out

    [mutant.prove]                  # what the proofs are asked
    units = ["VoteRequest"]
    groups = ["election"]           # of laws; all of them if left out
    expect = "killed"               # or "survives", with a `reason`; if left out
                                    # `primacy prove --mutants` does not ask

`timed = { scope = "lease-read", forgets = false, says_more = false, rounds = 3 }` takes
a timed scope, `liveness = "emerges"` with `loop = 4` one of the claims about runs.
`mutants` loads the files; `table` refuses unknown and missing keys.
"""
