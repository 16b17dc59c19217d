"""Finite counterexamples to obligations that are not proved."""
