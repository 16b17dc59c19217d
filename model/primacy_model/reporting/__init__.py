"""Counterexamples in words, pictures and files."""
