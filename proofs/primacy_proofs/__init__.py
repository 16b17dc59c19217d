"""Theorems about the code of `primacy` itself, and what their soundness needs."""
