"""Benchmarks of core, of the reference search and of the engines."""
