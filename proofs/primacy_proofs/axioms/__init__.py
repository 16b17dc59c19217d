"""Axioms that replace the containers of core, and that of quorums."""
