"""Symbolic execution of Python by proxy values."""
