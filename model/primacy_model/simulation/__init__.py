"""A mesh of shipped agents that somebody drives, step by step, for as long as wanted.

`cluster` carries out what its driver decides and judges every step, `property_monitor`
holds the claims against what changed, `record` tells a run again: as a story, and as a
program that repeats it. Who drives decides everything: tests/stateful draws from
hypothesis, `primacy simulate` has a virtual clock and a seed.
"""
