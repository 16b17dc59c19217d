"""The laws: invariants, consequences and laws of steps."""
